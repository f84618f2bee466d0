//! A new phone without the old one: the card is read again, the face is compared again, and after the waiting time the account
//! is on the new phone. The same proof, from the phone in use, frees a forgotten PIN.
use axum::extract::State;
use axum::response::Response;
use serde_json::json;
use trust::time::Timestamp;

use super::account::{Account, UNKNOWN_ACCOUNT, change_account};
use super::answer::{Answer, Refusal, fresh};
use super::body::Body;
use super::evidence::{Purpose, begin, prove};
use super::message::Message;
use super::opening::{count_opening, registered};
use super::pending::{Claim, Kind, wait};
use super::standing::{Event, Lock};
use super::{Nation, Shared, attested, device, pin};

/// The new phone asks for the account of a person.
pub(super) async fn start(State(nation): State<Shared>, body: Body) -> Answer {
    let message = Message::receive(&nation, &body, &["device_start"])?;
    let (number, phone) = (message.text("personal_number")?, message.text("phone")?);
    let attested = attested::of_instance(&nation, &message)?;
    count_opening(&nation, number)?;
    let thumbprint = message.key.thumbprint_base64url();
    let account = nation.database.change(|change| {
        registered(change, number, phone)?;
        device::is_new(change, &thumbprint)?;
        let account = Account::of_person(change, number)?.ok_or(UNKNOWN_ACCOUNT)?;
        may_move(&account)?;
        if let Some(attested) = &attested {
            // Of a key that is not the account's yet, and may never be; the proof that follows is by this very key.
            attested::keep(change, &account.id, &thumbprint, attested)?;
        }
        Ok::<_, Refusal>(account)
    })?;
    begin(&nation, &account.id, &message.key, Purpose::NewDevice)
}

/// The new phone brings the proof.
pub(super) async fn verify(State(nation): State<Shared>, body: Body) -> Answer {
    let message = Message::receive(&nation, &body, &["device"])?;
    let id = message.text("account")?;
    let account = nation.database.read(|statements| Account::load(statements, id))?;
    let account = account.ok_or(UNKNOWN_ACCOUNT)?;
    may_move(&account)?;
    let proven = prove(&nation, &message, &account, Purpose::NewDevice)?;
    let (name, thumbprint) = (message.text("device_name")?, message.key.thumbprint_base64url());
    let (account, effective_at) = change_account(&nation, &account.id, |change, account| {
        device::is_new(change, &thumbprint)?;
        may_move(account)?;
        let claim = Claim {
            kind: Kind::Device,
            thumbprint: &thumbprint,
            device_name: name,
            sequence: message.sequence,
        };
        wait(&nation, change, account, &claim, &proven)
    })?;
    nation.journal.note(nation.now(), &account.id, "a new phone is proven");
    Ok(accepted(&nation, &account.id, effective_at))
}

/// A forgotten PIN: the phone in use brings the proof that a new phone would.
pub(super) async fn recover_pin(State(nation): State<Shared>, body: Body) -> Answer {
    let message = Message::receive(&nation, &body, &["pin_recover_start", "pin_recover"])?;
    let account = message.account(&nation)?.in_use(&[Lock::Expiry])?;
    if !nation.database.read(|statements| pin::is_set(statements, &account.id))? {
        return Err(Refusal::new("no_pin", "no PIN has been set"));
    }
    if message.text("op")? == "pin_recover_start" {
        return begin(&nation, &account.id, &message.key, Purpose::NewPin);
    }
    let proven = prove(&nation, &message, &account, Purpose::NewPin)?;
    let thumbprint = message.key.thumbprint_base64url();
    let (account, effective_at) = change_account(&nation, &account.id, |change, account| {
        let claim =
            Claim { kind: Kind::Pin, thumbprint: &thumbprint, device_name: "", sequence: message.sequence };
        wait(&nation, change, account, &claim, &proven)
    })?;
    Ok(accepted(&nation, &account.id, effective_at))
}

fn accepted(nation: &Nation, account: &str, effective_at: i64) -> Response {
    let state = if nation.now().as_unix() >= effective_at { "active" } else { "waiting" };
    let at = Timestamp::from_unix(effective_at).to_string();
    fresh(json!({"account": account, "state": state, "effective_at": effective_at, "effective_at_text": at}))
}

fn may_move(account: &Account) -> Result<(), Refusal> {
    account.standing.after(Event::NewPhoneProven).map_err(|_| {
        if account.standing.locks().is_empty() {
            Refusal::new("account_not_active", "the account is not active")
        } else {
            Refusal::new("account_locked", "the account is locked")
        }
    })?;
    Ok(())
}
