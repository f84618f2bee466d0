//! The electronic identity account: opening, activation, state and locks.
use axum::Json;
use axum::extract::State;
use credential::jose::{Jwk, Jws};
use ring::rand::{SecureRandom, SystemRandom};
use rusqlite::{OptionalExtension, params};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::answer::{Answer, Refusal, fresh};
use super::database::OneTime;
use super::register::Person;
use super::{Nation, Shared, random_text, sha256, status};

/// Seconds that a challenge is good for.
const CHALLENGE_LIFE: i64 = 300;
/// Seconds that a one-time code is good for.
const CODE_LIFE: i64 = 600;
/// Attempts at a one-time code.
const MOST_ATTEMPTS: u32 = 5;
/// No message is longer: the files of a card come with the longest.
const LONGEST_MESSAGE: usize = 400 * 1024;
/// Seconds by which a device's clock may be off.
const SKEW: i64 = 300;

/// The body of every account call.
#[derive(Deserialize)]
pub(super) struct Envelope {
    jws: String,
}

/// A message whose signature, challenge and time were checked.
pub(super) struct Message {
    claims: Map<String, Value>,
    /// The instance key that signed it.
    pub(super) key: Jwk,
    sequence: i64,
}

/// An account, as the database keeps it.
pub(super) struct Account {
    pub(super) id: String,
    pub(super) person: String,
    pub(super) state: String,
    pub(super) level: u8,
    locked_by: Option<String>,
    verified_at: Option<String>,
    method: Option<String>,
    device_name: String,
    thumbprint: String,
}

impl Message {
    /// Checks everything that a message must fulfil whatever it asks for.
    pub(super) fn receive(nation: &Nation, envelope: &Envelope, operation: &str) -> Result<Self, Refusal> {
        let malformed = || Refusal::new("malformed_message", "the message is not a signed account message");
        let jws = Jws::parse(&envelope.jws, LONGEST_MESSAGE).map_err(|_| malformed())?;
        let jws = jws.of_type("sen-account+jwt").map_err(|_| malformed())?;
        let key = jws.header().jwk().cloned().ok_or_else(malformed)?;
        let verified =
            jws.verify(key.key()).map_err(|_| Refusal::new("bad_signature", "the signature is wrong"))?;
        let claims = verified.claims().clone();
        let text = |name: &str| claims.get(name).and_then(Value::as_str);
        if text("aud") != Some(&nation.url) {
            return Err(Refusal::new("wrong_audience", "the message is for another provider"));
        }
        if text("op") != Some(operation) {
            return Err(Refusal::new("wrong_operation", "the message is for another operation"));
        }
        let now = nation.now().as_unix();
        let sent = claims.get("iat").and_then(Value::as_i64);
        if sent.is_none_or(|sent| sent.abs_diff(now) > SKEW.unsigned_abs()) {
            return Err(Refusal::new("clock_skew", "the message's time is not now"));
        }
        let challenge = text("challenge").unwrap_or_default();
        if !nation.database().take_once(OneTime::Challenge, challenge, now)? {
            return Err(Refusal::new("challenge_unknown", "the challenge is unknown, used or too old"));
        }
        let sequence = claims.get("seq").and_then(Value::as_i64).ok_or_else(malformed)?;
        Ok(Self { claims, key, sequence })
    }

    /// A text member that the operation needs.
    pub(super) fn text(&self, name: &str) -> Result<&str, Refusal> {
        let missing = Refusal::new("malformed_message", "a member of the message is missing");
        self.claims.get(name).and_then(Value::as_str).ok_or(missing)
    }

    /// An object member that the operation needs.
    pub(super) fn object(&self, name: &str) -> Result<&Map<String, Value>, Refusal> {
        let missing = Refusal::new("malformed_message", "a member of the message is missing");
        self.claims.get(name).and_then(Value::as_object).ok_or(missing)
    }

    /// The account that the message names, if its device signed and the sequence rises.
    pub(super) fn account(&self, nation: &Nation) -> Result<Account, Refusal> {
        let id = self.text("account")?;
        let database = nation.database();
        // Checked and raised in one statement: of two messages with one number, one is refused.
        let raised = database.connection().execute(
            "UPDATE account SET seq = ?1 WHERE id = ?2 AND thumbprint = ?3 AND seq < ?1",
            params![self.sequence, id, self.key.thumbprint_base64url()],
        )?;
        let account = Account::find(database.connection(), id)?;
        let account = account.filter(|account| account.thumbprint == self.key.thumbprint_base64url());
        let account = account.ok_or(Refusal::new("account_unknown", "no such account on this device"))?;
        if raised == 0 {
            return Err(Refusal::new("sequence_replayed", "the message's number was used before"));
        }
        Ok(account)
    }
}

impl Account {
    fn find(connection: &rusqlite::Connection, id: &str) -> Result<Option<Self>, rusqlite::Error> {
        let query = "SELECT id, person, state, level, locked_by, verified_at, method, device_name, thumbprint \
                     FROM account WHERE id = ?1";
        connection
            .query_row(query, [id], |row| {
                Ok(Self {
                    id: row.get(0)?,
                    person: row.get(1)?,
                    state: row.get(2)?,
                    level: row.get(3)?,
                    locked_by: row.get(4)?,
                    verified_at: row.get(5)?,
                    method: row.get(6)?,
                    device_name: row.get(7)?,
                    thumbprint: row.get(8)?,
                })
            })
            .optional()
    }

    /// Only an active account may do things.
    pub(super) fn active(self) -> Result<Self, Refusal> {
        match self.state.as_str() {
            "active" => Ok(self),
            "locked" => Err(Refusal::new("account_locked", "the account is locked")),
            _ => Err(Refusal::new("account_not_active", "the account is not active")),
        }
    }
}

pub(super) async fn challenge(State(nation): State<Shared>) -> Answer {
    let (challenge, now) = (random_text(32)?, nation.now());
    nation.database().put_once(OneTime::Challenge, &challenge, now.as_unix() + CHALLENGE_LIFE)?;
    Ok(fresh(json!({"challenge": challenge, "server_time": now.as_unix(), "expires_in": CHALLENGE_LIFE})))
}

pub(super) async fn open(State(nation): State<Shared>, Json(envelope): Json<Envelope>) -> Answer {
    let message = Message::receive(&nation, &envelope, "open")?;
    let (number, phone) = (message.text("personal_number")?, message.text("phone")?);
    let mut database = nation.database();
    let person = Person::find(database.connection(), number)?;
    let person =
        person.ok_or(Refusal::new("unknown_person", "the register has no person with this number"))?;
    if person.deceased {
        return Err(Refusal::new("person_deceased", "the register says that this person has died"));
    }
    if person.phone != phone {
        return Err(Refusal::new("phone_not_registered", "this phone is not registered to this person"));
    }
    let thumbprint = message.key.thumbprint_base64url();
    let (id, code) = (format!("acc_{}", random_text(12)?), one_time_code()?);
    let expires = nation.now().as_unix() + CODE_LIFE;
    let change = database.transaction()?;
    let active = "SELECT 1 FROM account WHERE person = ?1 AND state IN ('active', 'locked')";
    if change.query_row(active, [number], |_| Ok(())).optional()?.is_some() {
        return Err(Refusal::new("already_active", "this person has an active account on another device"));
    }
    // An account that was opened but never activated gives way.
    change.execute("DELETE FROM account WHERE person = ?1 AND state = 'awaiting_code'", [number])?;
    change.execute(
        "INSERT INTO account (id, person, thumbprint, device_name, seq, state, level, code_hash, code_expires) \
         VALUES (?1, ?2, ?3, ?4, ?5, 'awaiting_code', 0, ?6, ?7)",
        params![id, number, thumbprint, message.text("device_name")?, message.sequence, code_hash(&id, &code), expires],
    )?;
    change.execute(
        "INSERT INTO message (phone, text, sent_at) VALUES (?1, ?2, ?3)",
        params![phone, format!("Mã kích hoạt / activation code: {code}"), nation.now().as_unix()],
    )?;
    change.commit()?;
    let masked = format!("•••• {}", phone.get(phone.len().saturating_sub(3)..).unwrap_or_default());
    Ok(fresh(json!({"account": id, "code_sent_to": masked, "code_expires_in": CODE_LIFE})))
}

pub(super) async fn activate(State(nation): State<Shared>, Json(envelope): Json<Envelope>) -> Answer {
    let message = Message::receive(&nation, &envelope, "activate")?;
    let account = message.account(&nation)?;
    let database = nation.database();
    if account.state != "awaiting_code" {
        return Err(Refusal::new("already_active", "the account is active already"));
    }
    // Counted before the check and in one statement: attempts at the same time do not share a count.
    let counted = database.connection().query_row(
        "UPDATE account SET code_attempts = code_attempts + 1 WHERE id = ?1 RETURNING code_hash, code_expires, code_attempts",
        [&account.id],
        |row| Ok((row.get::<_, Vec<u8>>(0)?, row.get::<_, i64>(1)?, row.get::<_, u32>(2)?)),
    );
    let (hash, expires, attempts) = counted?;
    if attempts > MOST_ATTEMPTS {
        return Err(Refusal::new("too_many_attempts", "too many attempts: open the account again"));
    }
    if nation.now().as_unix() >= expires {
        return Err(Refusal::new("code_expired", "the code is too old: open the account again"));
    }
    let right = subtle::ConstantTimeEq::ct_eq(
        hash.as_slice(),
        code_hash(&account.id, message.text("code")?).as_slice(),
    );
    if !bool::from(right) {
        let left = MOST_ATTEMPTS - attempts;
        return Err(Refusal::new("wrong_code", "the code is wrong").with("attempts_left", json!(left)));
    }
    database.connection().execute(
        "UPDATE account SET state = 'active', level = 1, code_hash = NULL WHERE id = ?1",
        [&account.id],
    )?;
    Ok(fresh(json!({"account": account.id, "level": 1, "state": "active"})))
}

pub(super) async fn show(State(nation): State<Shared>, Json(envelope): Json<Envelope>) -> Answer {
    let account = Message::receive(&nation, &envelope, "show")?.account(&nation)?;
    Ok(fresh(json!({
        "account": account.id, "level": account.level, "state": account.state, "verified_at": account.verified_at,
        "method": account.method, "locked_by": account.locked_by,
        "devices": [{"name": account.device_name, "thumbprint": account.thumbprint}],
    })))
}

pub(super) async fn lock(State(nation): State<Shared>, Json(envelope): Json<Envelope>) -> Answer {
    let account = Message::receive(&nation, &envelope, "lock")?.account(&nation)?.active()?;
    let change = "UPDATE account SET state = 'locked', locked_by = 'holder' WHERE id = ?1";
    nation.database().connection().execute(change, [&account.id])?;
    status::set_for_person(&nation, &account.person, status::SUSPENDED)?;
    Ok(fresh(json!({"account": account.id, "state": "locked"})))
}

pub(super) async fn unlock(State(nation): State<Shared>, Json(envelope): Json<Envelope>) -> Answer {
    let account = Message::receive(&nation, &envelope, "unlock")?.account(&nation)?;
    // A lock by death or authority is not the holder's to lift.
    if account.state != "locked" || account.locked_by.as_deref() != Some("holder") {
        return Err(Refusal::new("not_holder_lock", "this is not a lock that you set yourself"));
    }
    let change = "UPDATE account SET state = 'active', locked_by = NULL WHERE id = ?1";
    nation.database().connection().execute(change, [&account.id])?;
    status::set_for_person(&nation, &account.person, status::VALID)?;
    Ok(fresh(json!({"account": account.id, "state": "active"})))
}

/// Six digits, each code as likely as any other.
fn one_time_code() -> Result<String, Refusal> {
    let mut octets = [0; 8];
    SystemRandom::new().fill(&mut octets).map_err(|_| Refusal::broken())?;
    // The bias of 2^64 against 10^6 is below 10^-13.
    Ok(format!("{:06}", u64::from_be_bytes(octets) % 1_000_000))
}

fn code_hash(account: &str, code: &str) -> Vec<u8> {
    sha256(format!("{account}\n{code}").as_bytes())
}
