//! A card that another phone reads for one that cannot: the reading waits here, sealed, for the phone that asked. In memory alone:
//! what a restart forgets is read again.
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use axum::extract::State;
use serde::Deserialize;
use serde_json::json;

use super::Shared;
use super::answer::{Answer, Refusal, fresh};
use super::body::Body;
use super::message::Message;
use super::step_up::DESPITE;

/// Seconds for finding the other phone and reading the card: those of the proof itself.
const LIFE: i64 = super::PROOF_LIFE;
/// Characters of a sealed reading.
const LONGEST_SEALED: usize = 256 * 1024;
/// More are not awaited at a time; whoever asks then must wait.
const MOST: usize = 1000;

/// What an account awaits.
struct Awaited {
    /// The hash of the key that it will be sealed to.
    to: String,
    sealed: Option<String>,
    expires: i64,
}

/// Readings that are awaited, one an account.
#[derive(Default)]
pub(super) struct Readings(Mutex<HashMap<String, Awaited>>);

impl Readings {
    /// Those that are awaited still.
    fn at(&self, now: i64) -> MutexGuard<'_, HashMap<String, Awaited>> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.retain(|_, awaited| awaited.expires > now);
        all
    }
}

#[derive(Deserialize)]
struct Given {
    to: String,
    sealed: String,
}

const NOT_AWAITED: Refusal = Refusal::new("no_reading_awaited", "no phone awaits a reading for this key");

/// The phone without a reader says that it awaits a reading, in place of an earlier one.
pub(super) async fn wait(State(nation): State<Shared>, body: Body) -> Answer {
    let message = Message::receive(&nation, &body, &["reading_await"])?;
    let account = message.account(&nation)?.in_use(&DESPITE)?;
    let to = message.text("to")?;
    if super::decode(to).is_none_or(|hash| hash.len() != 32) {
        return Err(Refusal::new("malformed_message", "the hash of the key is wrong"));
    }
    let now = nation.now().as_unix();
    let mut all = nation.readings.at(now);
    if all.len() >= MOST && !all.contains_key(&account.id) {
        return Err(Refusal::new("slow_down", "too many are asking at the moment").after_seconds(5));
    }
    all.insert(account.id, Awaited { to: to.to_owned(), sealed: None, expires: now + LIFE });
    Ok(fresh(json!({"expires_in": LIFE})))
}

/// The other phone gives the reading. It needs no account; a second reading replaces the first.
pub(super) async fn give(State(nation): State<Shared>, body: Body) -> Answer {
    let given: Given = body.json("malformed_message")?;
    if given.sealed.is_empty() || given.sealed.len() > LONGEST_SEALED {
        return Err(Refusal::new("malformed_message", "no reading has this length"));
    }
    let mut all = nation.readings.at(nation.now().as_unix());
    let awaited = all.values_mut().find(|awaited| awaited.to == given.to).ok_or(NOT_AWAITED)?;
    awaited.sealed = Some(given.sealed);
    Ok(fresh(json!({"given": true})))
}

/// The phone that asked takes the reading, as often as an answer is lost; null while there is none.
pub(super) async fn take(State(nation): State<Shared>, body: Body) -> Answer {
    let message = Message::receive(&nation, &body, &["reading_take"])?;
    let account = message.account(&nation)?.in_use(&DESPITE)?;
    let to = message.text("to")?;
    let all = nation.readings.at(nation.now().as_unix());
    let awaited = all.get(&account.id).filter(|awaited| awaited.to == to).ok_or(NOT_AWAITED)?;
    Ok(fresh(json!({"sealed": awaited.sealed})))
}
