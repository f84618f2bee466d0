//! What the sandbox's operator can make happen: the nation's authorities, a death, a face that does not match.
use axum::extract::State;
use jiff::civil::Date;
use serde::Deserialize;
use serde_json::json;

use super::account::{Account, UNKNOWN_PERSON};
use super::answer::{Answer, Refusal, fresh};
use super::body::Body;
use super::database::{Statements, values};
use super::pending::{WAIT_SETTING, take_effect};
use super::register::Person;
use super::standing::{Event, Lock, Phase};
use super::{Nation, Shared, status};

const INVALID: &str = "invalid_request";

#[derive(Deserialize)]
struct FaceOutcome {
    number: String,
    matches: bool,
}

pub(super) async fn set_face_outcome(State(nation): State<Shared>, body: Body) -> Answer {
    let outcome: FaceOutcome = body.json(INVALID)?;
    let change = "UPDATE person SET face_matches = $1 WHERE number = $2";
    let row = values![outcome.matches, outcome.number];
    match nation.database.change(|statements| statements.execute(change, row))? {
        1 => Ok(fresh(json!({"done": true}))),
        _ => Err(UNKNOWN_PERSON),
    }
}

#[derive(Deserialize)]
struct Named {
    number: String,
}

/// A death locks the account for good and revokes every credential at once.
pub(super) async fn report_death(State(nation): State<Shared>, body: Body) -> Answer {
    let named: Named = body.json(INVALID)?;
    let done = change(&nation, &named.number, |change, account| {
        change.execute("UPDATE person SET deceased = 1 WHERE number = $1", values![named.number])?;
        match account {
            Some(account) => account.apply(change, Event::LockedFor(Lock::Death), nation.now()),
            None => Ok(()),
        }
    })?;
    // Others may hold this person's documents.
    status::publish_lists(&nation)?;
    Ok(done)
}

#[derive(Deserialize)]
struct LockFor {
    number: String,
    reason: String,
}

/// `terms`, `card_withdrawn` or `authority`: the reasons that others than the holder bring.
pub(super) async fn lock(State(nation): State<Shared>, body: Body) -> Answer {
    let asked: LockFor = body.json(INVALID)?;
    let reason = reason(&asked.reason)?;
    change(&nation, &asked.number, |change, account| match account {
        Some(account) => account.apply(change, Event::LockedFor(reason), nation.now()),
        None => Err(NO_ACCOUNT),
    })
}

/// Lifts every lock that an authority set.
pub(super) async fn unlock(State(nation): State<Shared>, body: Body) -> Answer {
    let named: Named = body.json(INVALID)?;
    change(&nation, &named.number, |change, account| {
        let account = account.ok_or(NO_ACCOUNT)?;
        let set: Vec<Lock> =
            account.standing.locks().iter().copied().filter(|lock| *lock != Lock::Holder).collect();
        if set.is_empty() {
            return Err(Refusal::new("not_locked", "no authority locked this account"));
        }
        set.into_iter().try_for_each(|lock| account.apply(change, Event::Lifted(lock), nation.now()))
    })
}

#[derive(Deserialize)]
struct RecoveryWait {
    seconds: u32,
}

/// How long a new phone or PIN waits from now on; 0 is what a counter's proof would do.
pub(super) async fn set_recovery_wait(State(nation): State<Shared>, body: Body) -> Answer {
    let wait: RecoveryWait = body.json(INVALID)?;
    let put = "INSERT INTO setting VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value";
    nation.database.change(|change| change.execute(put, values![WAIT_SETTING, wait.seconds]))?;
    Ok(fresh(json!({"done": true})))
}

/// A counter saw the person: what waits for the account takes effect now.
pub(super) async fn counter(State(nation): State<Shared>, body: Body) -> Answer {
    let named: Named = body.json(INVALID)?;
    change(&nation, &named.number, |change, account| {
        let account = account.ok_or(NO_ACCOUNT)?;
        let now = nation.now();
        let hurry = "UPDATE pending SET effective_at = $1 WHERE account = $2";
        if change.execute(hurry, values![now.as_unix(), account.id])? == 0 {
            return Err(Refusal::new("nothing_pending", "nothing waits for this account"));
        }
        take_effect(change, account, now)
    })
}

/// A counter saw the person and the papers: level 2 without a chip.
pub(super) async fn level_2(State(nation): State<Shared>, body: Body) -> Answer {
    let named: Named = body.json(INVALID)?;
    change(&nation, &named.number, |change, account| {
        let (account, now) = (account.ok_or(NO_ACCOUNT)?, nation.now());
        let person = Person::find(change, &named.number)?.ok_or(UNKNOWN_PERSON)?;
        if !person.may_reach_level_2(now.date()) {
            return Err(Refusal::new("too_young", "level 2 is for persons of six years or more"));
        }
        account.apply(change, Event::SeenAtCounter, now)?;
        let keep = "UPDATE account SET verified_at = $1, method = 'counter', card_expires = $2 WHERE id = $3";
        let until = person.residence_until.map(|day| day.to_string());
        change.execute(keep, values![now.to_string(), until, account.id])?;
        Ok(())
    })
}

#[derive(Deserialize)]
struct Residence {
    number: String,
    until: String,
}

/// A foreigner's residence goes on until another day.
pub(super) async fn set_residence(State(nation): State<Shared>, body: Body) -> Answer {
    let residence: Residence = body.json(INVALID)?;
    let until: Date =
        residence.until.parse().map_err(|_| Refusal::new(INVALID, "the day is written 2027-12-31"))?;
    let (until, lasts) = (until.to_string(), until >= nation.now().date());
    change(&nation, &residence.number, |change, account| {
        let put = "UPDATE person SET residence_until = $1 WHERE number = $2 AND residence_until IS NOT NULL";
        if change.execute(put, values![until, residence.number])? == 0 {
            return Err(Refusal::new("not_a_foreigner", "a citizen's residence has no end"));
        }
        if let Some(account) = account {
            let put = "UPDATE account SET card_expires = $1 WHERE id = $2 AND card_expires IS NOT NULL";
            change.execute(put, values![until, account.id])?;
            if lasts && account.standing.is_locked_for(Lock::Expiry) {
                account.apply(change, Event::Lifted(Lock::Expiry), nation.now())?;
            }
        }
        Ok(())
    })
}

/// The hotline lets a late activation go on.
pub(super) async fn hotline(State(nation): State<Shared>, body: Body) -> Answer {
    let named: Named = body.json(INVALID)?;
    change(&nation, &named.number, |change, account| {
        let account = account.ok_or(NO_ACCOUNT)?;
        if account.standing.phase() != Phase::Overdue {
            return Err(Refusal::new("not_overdue", "this activation is not late"));
        }
        account.apply(change, Event::HotlineHelped, nation.now())?;
        let again = "UPDATE account SET opened_at = $1 WHERE id = $2";
        change.execute(again, values![nation.now().as_unix(), account.id])?;
        Ok(())
    })
}

const NO_ACCOUNT: Refusal = Refusal::new("account_unknown", "this person has no account");

fn reason(name: &str) -> Result<Lock, Refusal> {
    match Lock::of_name(name) {
        Some(lock @ (Lock::Terms | Lock::CardWithdrawn | Lock::Authority)) => Ok(lock),
        _ => Err(Refusal::new(INVALID, "the reason is terms, card_withdrawn or authority")),
    }
}

/// Changes something about a person and the account, if there is one, in one step; the status lists follow at once.
fn change(
    nation: &Nation,
    number: &str,
    act: impl FnOnce(&dyn Statements, Option<&mut Account>) -> Result<(), Refusal>,
) -> Answer {
    let account = nation.database.change(|change| {
        Person::find(change, number)?.ok_or(UNKNOWN_PERSON)?;
        let account = Account::of_person(change, number)?;
        let mut account = account.map(|account| account.settle(change, nation.now())).transpose()?;
        act(change, account.as_mut())?;
        Ok::<_, Refusal>(account)
    })?;
    if let Some(account) = account {
        nation.journal.note(nation.now(), &account.id, "changed by the operator");
        account.follow(nation)?;
    }
    Ok(fresh(json!({"done": true})))
}
