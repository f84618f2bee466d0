//! To level 2.
use axum::extract::State;
use serde_json::json;
use trust::time::Timestamp;

use super::account::{Account, UNKNOWN_PERSON, change_account};
use super::answer::{Answer, Refusal, fresh};
use super::body::Body;
use super::database::{DatabaseError, Statements, values};
use super::evidence::{Proven, Purpose, begin, prove};
use super::message::Message;
use super::register::Person;
use super::standing::{Event, Lock};
use super::{Shared, status};

/// A card that expired does not stop the reading of the new one.
pub(super) const DESPITE: [Lock; 1] = [Lock::Expiry];

pub(super) async fn start(State(nation): State<Shared>, body: Body) -> Answer {
    let message = Message::receive(&nation, &body, &["step_up_start"])?;
    let account = message.account(&nation)?.in_use(&DESPITE)?;
    let person = nation.database.read(|statements| Person::find(statements, &account.person))?;
    let person = person.ok_or(UNKNOWN_PERSON)?;
    if !person.may_reach_level_2(nation.now().date()) {
        return Err(Refusal::new("too_young", "level 2 is for persons of six years or more"));
    }
    begin(&nation, &account.id, &message.key, Purpose::Level2)
}

pub(super) async fn verify(State(nation): State<Shared>, body: Body) -> Answer {
    let message = Message::receive(&nation, &body, &["step_up"])?;
    let account = message.account(&nation)?.in_use(&DESPITE)?;
    let proven = prove(&nation, &message, &account, Purpose::Level2)?;
    let now = nation.now();
    change_account(&nation, &account.id, |change, account| {
        account.apply(change, Event::PersonProven, now)?;
        Ok(keep(change, account, &proven, now)?)
    })?;
    status::publish_lists(&nation)?;
    Ok(fresh(json!({"level": 2, "verified_at": now.to_string(), "method": "chip+face"})))
}

/// Keeps what a proof showed with the account.
pub(super) fn keep(
    change: &dyn Statements,
    account: &Account,
    proven: &Proven,
    now: Timestamp,
) -> Result<(), DatabaseError> {
    let keep = "UPDATE account SET verified_at = $1, method = 'chip+face', portrait = $2, card_expires = $3 \
                WHERE id = $4";
    change.execute(keep, values![now.to_string(), proven.portrait, proven.card_expires, account.id])?;
    Ok(())
}
