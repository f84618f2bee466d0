//! The PIN as the server sees it: an Ed25519 key that only PIN and phone together can make, kept sealed. An instruction that
//! needs the PIN is signed twice, inside by that key and outside by the device, over the same challenge and number. Attempts
//! are counted before the check, in rounds with growing delay, then the PIN is blocked (security.md 4).
use axum::extract::State;
use credential::jose::parse_json;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::signature::{ED25519, UnparsedPublicKey};
use serde_json::{Value, json};
use trust::random::{Random, SystemRandom};

use super::account::Account;
use super::answer::{Answer, Refusal, fresh};
use super::authority::ServiceSecret;
use super::body::Body;
use super::database::{DatabaseError, Row, Statements, values};
use super::message::Message;
use super::{Nation, Shared, decode};

/// Attempts of a round.
const ROUND: u32 = 4;
/// Seconds to wait after each round; after the last the PIN is blocked.
const DELAYS: [i64; 4] = [60, 300, 3600, i64::MAX];
const MOST_ATTEMPTS: u32 = 16;
const KEY_LENGTH: usize = 32;
/// What an inner message says, and nothing else.
const MEMBERS: [&str; 5] = ["aud", "op", "account", "challenge", "seq"];

const MALFORMED: Refusal = Refusal::new("malformed_message", "the PIN's part of the message is wrong");

/// What is kept of an account's PIN.
struct Kept {
    id: String,
    sealed_key: Vec<u8>,
    rounds: Rounds,
}

/// How far the wrong attempts have come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Rounds {
    /// Wrong ones since the last right one.
    attempts: u32,
    /// Nothing is looked at before; 0 where nothing is waited for.
    wait_until: i64,
    /// The newest time at which the PIN was set or an attempt was counted: a clock that is set back begins no wait earlier.
    newest: i64,
}

impl Kept {
    fn load(statements: &dyn Statements, account: &str) -> Result<Option<Self>, DatabaseError> {
        let find = "SELECT id, sealed_key, attempts, wait_until, newest FROM pin WHERE account = $1";
        let read = |row: Row| {
            let (id, sealed_key) = (row.get(0)?, row.get(1)?);
            let rounds = Rounds { attempts: row.get(2)?, wait_until: row.get(3)?, newest: row.get(4)? };
            Ok(Self { id, sealed_key, rounds })
        };
        statements.row(find, values![account])?.map(read).transpose()
    }

    const fn is_blocked(&self) -> bool {
        self.rounds.are_over()
    }
}

impl Rounds {
    const fn are_over(&self) -> bool {
        self.attempts >= MOST_ATTEMPTS
    }

    /// Attempts that this round has left; a new one begins when it has none.
    const fn attempts_left(&self) -> u32 {
        ROUND - 1 - self.attempts.saturating_sub(1) % ROUND
    }

    /// As they are once another attempt at this time is counted.
    fn after_attempt(self, now: i64) -> Result<Self, Stop> {
        if self.are_over() {
            return Err(Stop::Blocked);
        }
        // A clock that goes back makes the wait longer, never shorter.
        if now < self.wait_until {
            return Err(Stop::Wait(self.wait_until.saturating_sub(now)));
        }
        let (attempts, newest) = (self.attempts + 1, self.newest.max(now));
        let round = usize::try_from(attempts / ROUND).unwrap_or(usize::MAX);
        let delay = DELAYS.get(round.wrapping_sub(1)).copied().filter(|_| attempts.is_multiple_of(ROUND));
        let wait_until = delay.map_or(0, |delay| newest.saturating_add(delay));
        Ok(Self { attempts, wait_until, newest })
    }
}

/// Why an attempt is not looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stop {
    Blocked,
    /// For so many seconds.
    Wait(i64),
}

pub(super) async fn pin(State(nation): State<Shared>, body: Body) -> Answer {
    let message = Message::receive(&nation, &body, &["pin_set", "pin_change", "pin_check"])?;
    let account = message.account(&nation)?.active()?;
    match message.text("op")? {
        "pin_set" => set(&nation, &account, &message)?,
        "pin_change" => {
            check(&nation, &account, &message)?;
            change(&nation, &account, &message)?;
        }
        _ => check(&nation, &account, &message)?,
    }
    Ok(fresh(json!({})))
}

/// Whether the PIN is set and how it stands, for the account's owner.
pub(super) fn shown(statements: &dyn Statements, account: &str) -> Result<Value, DatabaseError> {
    let kept = Kept::load(statements, account)?;
    Ok(kept.map_or(Value::Null, |kept| {
        let wait_until = Some(kept.rounds.wait_until).filter(|until| *until != 0 && !kept.is_blocked());
        json!({"id": kept.id, "blocked": kept.is_blocked(), "wait_until": wait_until})
    }))
}

/// Whether there is a PIN.
pub(super) fn is_set(statements: &dyn Statements, account: &str) -> Result<bool, DatabaseError> {
    Ok(Kept::load(statements, account)?.is_some())
}

/// Whether the PIN is blocked.
pub(super) fn is_blocked(statements: &dyn Statements, account: &str) -> Result<bool, DatabaseError> {
    Ok(Kept::load(statements, account)?.is_some_and(|kept| kept.is_blocked()))
}

fn set(nation: &Nation, account: &Account, message: &Message) -> Result<(), Refusal> {
    let (id, sealed) = new_key(nation, account, message)?;
    // A PIN that is there is changed with the PIN, not set anew.
    let now = nation.now().as_unix();
    let put = "INSERT INTO pin VALUES ($1, $2, $3, 0, 0, $4) ON CONFLICT (account) DO NOTHING";
    match nation.database.change(|change| change.execute(put, values![account.id, id, sealed, now]))? {
        1 => Ok(()),
        _ => Err(Refusal::new("pin_is_set", "there is a PIN: change it")),
    }
}

fn change(nation: &Nation, account: &Account, message: &Message) -> Result<(), Refusal> {
    let (id, sealed) = new_key(nation, account, message)?;
    let put = "UPDATE pin SET id = $1, sealed_key = $2 WHERE account = $3";
    nation.database.change(|change| change.execute(put, values![id, sealed, account.id]))?;
    Ok(())
}

/// The new key and the name of the salt that it belongs to, once the key shows that the phone holds it.
fn new_key(nation: &Nation, account: &Account, message: &Message) -> Result<(String, Vec<u8>), Refusal> {
    let key = decode(message.text("pin_key")?).filter(|key| key.len() == KEY_LENGTH).ok_or(MALFORMED)?;
    let id = message.text("pin_id")?;
    if id.is_empty() || id.len() > 64 || !signed_by(&key, message, "pin_new")? {
        return Err(MALFORMED);
    }
    Ok((id.to_owned(), seal(&nation.authority.pins, &account.id, &key)?))
}

/// Checks the PIN. The attempt is counted before anything is looked at; only a right one takes the count back.
pub(super) fn check(nation: &Nation, account: &Account, message: &Message) -> Result<(), Refusal> {
    let now = nation.now().as_unix();
    let kept = count(nation, account, now)?;
    let key = open(&nation.authority.pins, &account.id, &kept.sealed_key)?;
    if signed_by(&key, message, "pin")? {
        let right = "UPDATE pin SET attempts = 0, wait_until = 0 WHERE account = $1";
        nation.database.change(|change| change.execute(right, values![account.id]))?;
        return Ok(());
    }
    if kept.is_blocked() {
        return Err(BLOCKED);
    }
    let left = kept.rounds.attempts_left();
    Err(Refusal::new("wrong_pin", "the PIN is wrong").with("attempts_left", json!(left)))
}

const BLOCKED: Refusal = Refusal::new("pin_blocked", "the PIN is blocked: recover the account");

/// Counts an attempt, and gives what it is to be checked against.
fn count(nation: &Nation, account: &Account, now: i64) -> Result<Kept, Refusal> {
    nation.database.change(|change| {
        let kept = Kept::load(change, &account.id)?.ok_or(Refusal::new("no_pin", "no PIN has been set"))?;
        let rounds = kept.rounds.after_attempt(now).map_err(|stop| match stop {
            Stop::Blocked => BLOCKED,
            Stop::Wait(seconds) => {
                Refusal::new("pin_delayed", "too many wrong PINs: wait").after_seconds(seconds)
            }
        })?;
        let put = "UPDATE pin SET attempts = $1, wait_until = $2, newest = $3 WHERE account = $4";
        change.execute(put, values![rounds.attempts, rounds.wait_until, rounds.newest, account.id])?;
        Ok(Kept { rounds, ..kept })
    })
}

/// Whether an inner message is by this key and about exactly the outer one.
fn signed_by(key: &[u8], message: &Message, member: &str) -> Result<bool, Refusal> {
    let (input, signature) = message.text(member)?.rsplit_once('.').ok_or(MALFORMED)?;
    let (header, payload) = input.split_once('.').ok_or(MALFORMED)?;
    let read = |part: &str| {
        let json = decode(part).and_then(|bytes| parse_json(&bytes).ok());
        json.and_then(|json| json.as_object().cloned()).ok_or(MALFORMED)
    };
    let (header, payload) = (Value::Object(read(header)?), read(payload)?);
    if header != json!({"alg": "EdDSA", "typ": "sen-pin+jwt"}) || payload.len() != MEMBERS.len() {
        return Err(MALFORMED);
    }
    if !MEMBERS
        .iter()
        .all(|name| payload.get(*name).is_some_and(|said| message.claims().get(*name) == Some(said)))
    {
        return Err(MALFORMED);
    }
    let signature = decode(signature).ok_or(MALFORMED)?;
    Ok(UnparsedPublicKey::new(&ED25519, key).verify(input.as_bytes(), &signature).is_ok())
}

/// Nonce and ciphertext: whoever steals the database has nothing to try PINs against.
fn seal(secret: &ServiceSecret, account: &str, key: &[u8]) -> Result<Vec<u8>, Refusal> {
    let mut nonce = [0; NONCE_LEN];
    SystemRandom::new().fill(&mut nonce).map_err(|_| Refusal::broken())?;
    let mut sealed = key.to_vec();
    let aad = Aad::from(account.as_bytes());
    cipher(secret)?
        .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), aad, &mut sealed)
        .map_err(|_| Refusal::broken())?;
    Ok([&nonce[..], &sealed].concat())
}

fn open(secret: &ServiceSecret, account: &str, sealed: &[u8]) -> Result<Vec<u8>, Refusal> {
    let (nonce, sealed) = sealed.split_first_chunk::<NONCE_LEN>().ok_or_else(Refusal::broken)?;
    let mut opened = sealed.to_vec();
    let aad = Aad::from(account.as_bytes());
    let key = cipher(secret)?
        .open_in_place(Nonce::assume_unique_for_key(*nonce), aad, &mut opened)
        .map_err(|_| Refusal::broken())?;
    Ok(key.to_vec())
}

fn cipher(secret: &ServiceSecret) -> Result<LessSafeKey, Refusal> {
    let key = UnboundKey::new(&AES_256_GCM, secret.octets()).map_err(|_| Refusal::broken())?;
    Ok(LessSafeKey::new(key))
}

#[cfg(test)]
mod tests;
