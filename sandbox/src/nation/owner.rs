//! What the holder asks of an account: to see it, to lock and unlock it, to end it.
use axum::extract::State;
use serde_json::json;

use super::account::{change_account, happens};
use super::answer::{Answer, fresh};
use super::body::Body;
use super::database::DatabaseError;
use super::message::Message;
use super::once::Once;
use super::standing::{Event, Lock};
use super::{Nation, Shared, device, pending, pin};

pub(super) async fn challenge(State(nation): State<Shared>) -> Answer {
    given(&nation, &nation.challenges)
}

/// For the key of a new phone, which is made and shown to the old one before the new phone says anything to the server.
pub(super) async fn key_challenge(State(nation): State<Shared>) -> Answer {
    given(&nation, &nation.key_challenges)
}

fn given(nation: &Nation, challenges: &Once) -> Answer {
    let now = nation.now().as_unix();
    let challenge = challenges.give("", now)?;
    Ok(fresh(json!({"challenge": challenge, "server_time": now, "expires_in": challenges.life()})))
}

pub(super) async fn show(State(nation): State<Shared>, body: Body) -> Answer {
    let account = Message::receive(&nation, &body, &["show"])?.account(&nation)?;
    let (state, devices, pin, pending) = nation.database.read(|statements| {
        let (state, devices) = (account.state(statements)?, device::shown(statements, &account.id)?);
        let (pin, pending) = (pin::shown(statements, &account.id)?, pending::shown(statements, &account.id)?);
        Ok::<_, DatabaseError>((state, devices, pin, pending))
    })?;
    let locks: Vec<_> = account.standing.locks().iter().map(|lock| lock.name()).collect();
    // Where others locked, too, the holder has to see that the own lock is not the only one.
    let locked_by = locks.iter().find(|lock| **lock != Lock::Holder.name()).or(locks.first());
    Ok(fresh(json!({
        "account": account.id, "level": account.standing.level(), "state": state, "verified_at": account.verified_at,
        "method": account.method, "locked_by": locked_by, "locks": locks, "devices": devices,
        "pin": pin, "pin_id": pin.get("id"), "pending": pending,
    })))
}

pub(super) async fn lock(State(nation): State<Shared>, body: Body) -> Answer {
    let account = Message::receive(&nation, &body, &["lock"])?.account(&nation)?.active()?;
    let account = happens(&nation, &account.id, Event::LockedFor(Lock::Holder))?;
    Ok(fresh(json!({"account": account.id, "state": "locked"})))
}

pub(super) async fn unlock(State(nation): State<Shared>, body: Body) -> Answer {
    let account = Message::receive(&nation, &body, &["unlock"])?.account(&nation)?;
    let account = happens(&nation, &account.id, Event::Lifted(Lock::Holder))?;
    Ok(fresh(json!({"account": account.id, "state": "active"})))
}

pub(super) async fn close(State(nation): State<Shared>, body: Body) -> Answer {
    let account = Message::receive(&nation, &body, &["close"])?.account(&nation)?;
    let (account, ()) = change_account(&nation, &account.id, |change, account| {
        account.apply(change, Event::ClosedByHolder, nation.now())?;
        // A new phone that waits for an account which ended learns that it gets none.
        pending::forget(change, &account.id)?;
        Ok(())
    })?;
    nation.journal.note(nation.now(), &account.id, Event::ClosedByHolder.name());
    Ok(fresh(json!({"account": account.id, "state": "closed"})))
}
