//! Opening an account and activating it with a one-time code: level 1.
use axum::extract::State;
use ring::rand::{SecureRandom, SystemRandom};
use serde_json::json;
use trust::time::Timestamp;

use super::account::{Account, UNKNOWN_PERSON, change_account};
use super::answer::{Answer, Refusal, fresh};
use super::body::Body;
use super::database::{Statements, values};
use super::mailbox::{send, tell};
use super::message::Message;
use super::register::Person;
use super::standing::{Event, Phase, Standing};
use super::{Nation, Shared, attested, device, random_text, sha256};

/// Seconds that a one-time code is good for.
const CODE_LIFE: i64 = 600;
/// Attempts at a one-time code.
const MOST_ATTEMPTS: u32 = 5;
/// Accounts opened for a person within an hour: each brings new attempts at a code, and a message to the phone.
const MOST_OPENINGS: i64 = 5;
const HOUR: i64 = 3600;

pub(super) async fn open(State(nation): State<Shared>, body: Body) -> Answer {
    let message = Message::receive(&nation, &body, &["open"])?;
    let (number, phone) = (message.text("personal_number")?, message.text("phone")?);
    let (name, now) = (message.text("device_name")?, nation.now());
    let attested = attested::of_instance(&nation, &message)?;
    count_opening(&nation, number)?;
    let (id, code) = (format!("acc_{}", random_text(12)?), one_time_code()?);
    let thumbprint = message.key.thumbprint_base64url();
    nation.database.change(|change| {
        registered(change, number, phone)?;
        let opened_at = give_way(change, number, now)?.unwrap_or(now.as_unix());
        device::is_new(change, &thumbprint)?;
        let account = "INSERT INTO account (id, person, phase, level, opened_at) VALUES ($1, $2, $3, 0, $4)";
        change.execute(account, values![id, number, Standing::opened().phase().name(), opened_at])?;
        device::add(change, &id, &thumbprint, name, message.sequence, now)?;
        if let Some(attested) = &attested {
            attested::keep(change, &id, &thumbprint, attested)?;
        }
        let activation = "INSERT INTO activation VALUES ($1, $2, $3, 0)";
        change.execute(activation, values![id, code_hash(&id, &code), now.as_unix() + CODE_LIFE])?;
        let text = format!("Mã kích hoạt / activation code: {code}");
        Ok::<_, Refusal>(send(change, phone, &text, now)?)
    })?;
    nation.journal.note(now, &id, format_args!("opened; one-time code {code}"));
    let masked: String = phone.chars().rev().take(3).collect::<Vec<_>>().into_iter().rev().collect();
    Ok(fresh(json!({"account": id, "code_sent_to": format!("•••• {masked}"), "code_expires_in": CODE_LIFE})))
}

/// Whether the register knows the person, alive, with this phone.
pub(super) fn registered(change: &dyn Statements, number: &str, phone: &str) -> Result<(), Refusal> {
    let person = Person::find(change, number)?.ok_or(UNKNOWN_PERSON)?;
    if person.deceased {
        return Err(Refusal::new("person_deceased", "the register says that this person has died"));
    }
    if person.phone != phone {
        return Err(Refusal::new("phone_not_registered", "this phone is not registered to this person"));
    }
    Ok(())
}

/// Counts an opening before anything is looked at: whoever guesses phones or codes is slowed, too.
pub(super) fn count_opening(nation: &Nation, person: &str) -> Result<(), Refusal> {
    let now = nation.now().as_unix();
    nation.database.change(|change| {
        Person::find(change, person)?.ok_or(UNKNOWN_PERSON)?;
        change.execute("DELETE FROM opening WHERE at <= $1", values![now - HOUR])?;
        let count = "SELECT count(*), coalesce(min(at), 0) FROM opening WHERE person = $1";
        let counted = change.one(count, values![person])?;
        if counted.get::<i64>(0)? >= MOST_OPENINGS {
            let wait = counted.get::<i64>(1)? + HOUR - now;
            let refusal = Refusal::new("too_many_attempts", "too many accounts were opened: wait");
            return Err(refusal.after_seconds(wait));
        }
        change.execute("INSERT INTO opening VALUES ($1, $2)", values![person, now])?;
        Ok(())
    })
}

/// Makes room for a new account of a person: one that was never activated gives way. Tells when that was opened.
fn give_way(change: &dyn Statements, person: &str, now: Timestamp) -> Result<Option<i64>, Refusal> {
    let Some(earlier) = Account::of_person(change, person)? else { return Ok(None) };
    let earlier = earlier.settle(change, now)?;
    match earlier.standing.phase() {
        Phase::AwaitingCode | Phase::AwaitingConsent => {
            change.execute("DELETE FROM account WHERE id = $1", values![earlier.id])?;
            Ok(Some(earlier.opened_at))
        }
        Phase::Overdue => {
            Err(Refusal::new("activation_overdue", "the week for activating is over: call the hotline"))
        }
        Phase::Active | Phase::Recovery | Phase::Closed => {
            let text = "this person has an account on another device: move it with the card";
            Err(Refusal::new("already_active", text))
        }
    }
}

pub(super) async fn activate(State(nation): State<Shared>, body: Body) -> Answer {
    let message = Message::receive(&nation, &body, &["activate"])?;
    let account = message.account(&nation)?;
    match account.standing.phase() {
        Phase::AwaitingCode => {}
        Phase::Overdue => {
            return Err(Refusal::new(
                "activation_overdue",
                "the week for activating is over: call the hotline",
            ));
        }
        Phase::Active | Phase::Recovery | Phase::AwaitingConsent => {
            return Err(Refusal::new(
                "already_active",
                "the account is active already, or waits for consent",
            ));
        }
        Phase::Closed => return Err(Refusal::new("account_not_active", "the account is closed")),
    }
    // Counted before the check and in one statement: attempts at the same time do not share a count.
    let count = "UPDATE activation SET attempts = attempts + 1 WHERE account = $1 RETURNING code_hash, expires, attempts";
    let counted = nation.database.change(|change| change.one(count, values![account.id]))?;
    let (hash, expires, attempts): (Vec<u8>, i64, u32) = (counted.get(0)?, counted.get(1)?, counted.get(2)?);
    if attempts > MOST_ATTEMPTS {
        return Err(Refusal::new("too_many_attempts", "too many attempts: open the account again"));
    }
    if nation.now().as_unix() >= expires {
        return Err(Refusal::new("code_expired", "the code is too old: open the account again"));
    }
    let typed = code_hash(&account.id, message.text("code")?);
    if !bool::from(subtle::ConstantTimeEq::ct_eq(hash.as_slice(), typed.as_slice())) {
        let left = MOST_ATTEMPTS - attempts;
        return Err(Refusal::new("wrong_code", "the code is wrong").with("attempts_left", json!(left)));
    }
    let (account, ()) = change_account(&nation, &account.id, |change, account| {
        let person = Person::find(change, &account.person)?.ok_or(UNKNOWN_PERSON)?;
        match person.guardian_on(nation.now().date()) {
            None => account.apply(change, Event::CodeMatched, nation.now())?,
            Some(guardian) => {
                account.apply(change, Event::CodeMatchedInCare, nation.now())?;
                let text = "Người được giám hộ mở tài khoản; hãy đồng ý trong ứng dụng / a person in your care opened an \
                            account: consent in the app.";
                tell(change, guardian, text, nation.now())?;
            }
        }
        change.execute("DELETE FROM activation WHERE account = $1", values![account.id])?;
        Ok(())
    })?;
    nation.journal.note(nation.now(), &account.id, "the code was right");
    let (level, state) = (account.standing.level(), account.standing.phase().name());
    Ok(fresh(json!({"account": account.id, "level": level, "state": state})))
}

/// Six digits, each code as likely as any other.
pub(super) fn one_time_code() -> Result<String, Refusal> {
    let mut octets = [0; 8];
    SystemRandom::new().fill(&mut octets).map_err(|_| Refusal::broken())?;
    // The bias of 2^64 against 10^6 is below 10^-13.
    Ok(format!("{:06}", u64::from_be_bytes(octets) % 1_000_000))
}

fn code_hash(account: &str, code: &str) -> Vec<u8> {
    sha256(format!("{account}\n{code}").as_bytes())
}
