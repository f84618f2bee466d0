//! Children and wards: the guardian consents to their accounts, locks and unlocks them, and holds their documents on the own
//! phone (Decree 69/2024/ND-CP, article 14).
use axum::extract::State;
use jiff::civil::Date;
use serde_json::{Value, json};

use super::account::{Account, UNKNOWN_ACCOUNT, change_account};
use super::answer::{Answer, Refusal, fresh};
use super::body::Body;
use super::database::{DatabaseError, Statements};
use super::message::Message;
use super::register::Person;
use super::standing::{Event, Lock};
use super::{Nation, Shared};

/// The person, if this one acts for them today.
pub(super) fn in_care(
    statements: &dyn Statements,
    guardian: &str,
    number: &str,
    today: Date,
) -> Result<Person, Refusal> {
    let person = Person::find(statements, number)?;
    let person = person.filter(|person| person.guardian_on(today) == Some(guardian));
    person.ok_or(Refusal::new("not_in_care", "this person is not in your care"))
}

/// Those in the holder's care, and how their accounts stand.
pub(super) async fn list(State(nation): State<Shared>, body: Body) -> Answer {
    let message = Message::receive(&nation, &body, &["wards"])?;
    let account = guardian(message.account(&nation)?)?;
    let today = nation.now().date();
    let cared_for = |statements: &dyn Statements| {
        let persons = Person::in_care_of(statements, &account.person, today)?.into_iter();
        let shown = persons.map(|person| {
            let account = Account::of_person(statements, &person.number)?;
            let account = account.map(|account| how_it_stands(statements, &account)).transpose()?;
            Ok(json!({
                "number": person.number, "name": person.name, "date_of_birth": person.birth.to_string(),
                "ward": person.is_ward, "account": account,
            }))
        });
        shown.collect::<Result<Vec<Value>, DatabaseError>>()
    };
    Ok(fresh(json!({"wards": nation.database.read(cared_for)?})))
}

fn how_it_stands(statements: &dyn Statements, account: &Account) -> Result<Value, DatabaseError> {
    let locks = account.standing.locks().iter().map(|lock| lock.name());
    Ok(json!({
        "account": account.id, "state": account.state(statements)?, "level": account.standing.level(),
        "locks": locks.collect::<Vec<_>>(),
    }))
}

/// What a guardian does with the account of a person in care.
pub(super) async fn act(State(nation): State<Shared>, body: Body) -> Answer {
    let operations = ["ward_consent", "ward_refuse", "ward_lock", "ward_unlock"];
    let message = Message::receive(&nation, &body, &operations)?;
    let account = guardian(message.account(&nation)?)?;
    let event = match message.text("op")? {
        "ward_consent" => Event::GuardianConsented,
        "ward_refuse" => Event::GuardianRefused,
        "ward_lock" => Event::LockedFor(Lock::Guardian),
        _ => Event::Lifted(Lock::Guardian),
    };
    let ward = ward_account(&nation, &account, message.text("ward")?)?;
    let (ward, state) = change_account(&nation, &ward.id, |change, ward| {
        in_care(change, &account.person, &ward.person, nation.now().date())?;
        ward.apply(change, event, nation.now())?;
        Ok(ward.state(change)?)
    })?;
    nation.journal.note(nation.now(), &ward.id, event.name());
    Ok(fresh(json!({"account": ward.id, "state": state})))
}

fn ward_account(nation: &Nation, guardian: &Account, number: &str) -> Result<Account, Refusal> {
    nation.database.read(|statements| {
        let person = in_care(statements, &guardian.person, number, nation.now().date())?;
        Account::of_person(statements, &person.number)?.ok_or(UNKNOWN_ACCOUNT)
    })
}

/// Only an account at level 2 acts for others.
fn guardian(account: Account) -> Result<Account, Refusal> {
    let account = account.active()?;
    if account.standing.level() < 2 {
        return Err(Refusal::new("level_required", "acting for others needs an account at level 2"));
    }
    Ok(account)
}
