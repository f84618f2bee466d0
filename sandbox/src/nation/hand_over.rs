//! From phone to phone: the old phone, with its PIN, names the new phone's key, which it read from the new phone's screen; the
//! new phone claims the account. What the old phone wants to pass on travels sealed to the new one; the server cannot read it.
use axum::extract::State;
use credential::jose::Jwk;
use serde_json::{Value, json};

use super::account::{UNKNOWN_ACCOUNT, change_account};
use super::answer::{Answer, Refusal, fresh};
use super::body::Body;
use super::database::{DatabaseError, Statements, values};
use super::mailbox::tell;
use super::message::Message;
use super::standing::Event;
use super::{Shared, attested, device, pending, pin};

/// Seconds in which the new phone has to claim the account.
const LIFE: i64 = 300;
/// Characters of what is passed on.
const LONGEST_SEALED: usize = 256 * 1024;

/// The old phone hands over.
pub(super) async fn give(State(nation): State<Shared>, body: Body) -> Answer {
    let message = Message::receive(&nation, &body, &["hand_over"])?;
    let account = message.account(&nation)?.active()?;
    // Possession of an unlocked phone is not enough.
    pin::check(&nation, &account, &message)?;
    let malformed = Refusal::new("malformed_message", "the new phone's key or parcel is wrong");
    let key = message.claims().get("new_key").and_then(|key| Jwk::from_json(key).ok());
    let thumbprint = key.ok_or(malformed.clone())?.thumbprint_base64url();
    let sealed = match message.claims().get("sealed") {
        None | Some(Value::Null) => None,
        Some(Value::String(sealed)) if sealed.len() <= LONGEST_SEALED => Some(sealed),
        Some(_) => return Err(malformed),
    };
    let (name, expires) = (message.text("device_name")?, nation.now().as_unix() + LIFE);
    change_account(&nation, &account.id, |change, account| {
        device::is_new(change, &thumbprint)?;
        account.standing.after(Event::HandedOver).map_err(|_| UNKNOWN_ACCOUNT)?;
        change.execute("DELETE FROM hand_over WHERE account = $1", values![account.id])?;
        let put = "INSERT INTO hand_over VALUES ($1, $2, $3, $4, $5)";
        change.execute(put, values![account.id, thumbprint, name, sealed, expires])?;
        Ok(())
    })?;
    Ok(fresh(json!({"expires_in": LIFE})))
}

/// What waits for the new phone.
struct Parcel {
    name: String,
    sealed: Option<String>,
}

/// The new phone claims the account, which its key alone names: it learns from the answer what the account is called. An answer
/// that was lost is given again, with the parcel as long as that is kept.
pub(super) async fn claim(State(nation): State<Shared>, body: Body) -> Answer {
    let message = Message::receive(&nation, &body, &["hand_over_claim"])?;
    let (thumbprint, now) = (message.key.thumbprint_base64url(), nation.now());
    let nothing = Refusal::new("no_hand_over", "no phone handed an account over to this key");
    let find = "SELECT account FROM hand_over WHERE thumbprint = $1 \
                UNION SELECT account FROM device WHERE thumbprint = $1 AND state = 'active'";
    let found = nation.database.read(|statements| statements.row(find, values![thumbprint]))?;
    let id: String = found.ok_or(nothing.clone())?.get(0)?;
    let (account, sealed) = change_account(&nation, &id, |change, account| {
        let parcel = parcel(change, &account.id, &thumbprint, now.as_unix())?;
        let in_use = "SELECT 1 FROM device WHERE thumbprint = $1 AND account = $2 AND state = 'active'";
        if change.exists(in_use, values![thumbprint, account.id])? {
            return Ok(parcel.and_then(|parcel| parcel.sealed));
        }
        let parcel = parcel.ok_or(nothing)?;
        // Not before: a phone asks again and again until there is something to take.
        if let Some(attested) = attested::of_new_phone(&nation, &message)? {
            attested::keep(change, &account.id, &thumbprint, &attested)?;
        }
        account.apply(change, Event::HandedOver, now)?;
        device::retire(change, &account.id, "replaced")?;
        // What waited was for the phone that is out of use, or would take the account from this one.
        pending::forget(change, &account.id)?;
        device::add(change, &account.id, &thumbprint, &parcel.name, message.sequence, now)?;
        let kept = "INSERT INTO hand_over VALUES ($1, $2, $3, $4, $5)";
        let expires = now.as_unix() + LIFE;
        change.execute(kept, values![account.id, thumbprint, parcel.name, parcel.sealed, expires])?;
        let text = format!("Tài khoản đã chuyển sang / the account moved to: {}", parcel.name);
        tell(change, &account.person, &text, now)?;
        Ok(parcel.sealed)
    })?;
    Ok(fresh(json!({
        "account": account.id, "level": account.standing.level(), "state": account.standing.phase().name(),
        "sealed": sealed,
    })))
}

fn parcel(
    change: &dyn Statements,
    account: &str,
    thumbprint: &str,
    now: i64,
) -> Result<Option<Parcel>, DatabaseError> {
    change.execute("DELETE FROM hand_over WHERE expires <= $1", values![now])?;
    let find = "SELECT name, sealed FROM hand_over WHERE account = $1 AND thumbprint = $2";
    let found = change.row(find, values![account, thumbprint])?;
    found.map(|row| Ok(Parcel { name: row.get(0)?, sealed: row.get(1)? })).transpose()
}
