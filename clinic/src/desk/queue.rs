//! The queue: numbers count from 1 each day, and every step can be taken back.
use axum::Json;
use axum::extract::{Path, State};
use serde::{Deserialize, Serialize};
use serde_json::json;
use trust::time::Timestamp;

use super::body::Body;
use super::events::Event;
use super::kept;
use super::refusal::{Answered, Refusal};
use super::session::Session;
use super::{Shared, random_id};
use crate::answer::Verdict;
use crate::database::{DatabaseError, Row, Statements};

/// Under this lock a day's next number is given.
const NUMBERS: i64 = 0x0071_7565_7565;

/// Where in the queue somebody is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Step {
    Waiting,
    Called,
    Done,
    Left,
}

impl Step {
    const fn word(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Called => "called",
            Self::Done => "done",
            Self::Left => "left",
        }
    }

    fn parse(word: &str) -> Result<Self, DatabaseError> {
        let all = [Self::Waiting, Self::Called, Self::Done, Self::Left];
        all.into_iter().find(|step| step.word() == word).ok_or(DatabaseError::Shape)
    }
}

#[derive(Serialize)]
struct Entry {
    id: String,
    number: i64,
    state: Step,
    check: String,
    name: Option<String>,
    at: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Added {
    check: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Moved {
    state: Step,
}

/// `GET /api/queue`
pub(crate) async fn queue(State(desk): State<Shared>, _: Session) -> Answered {
    let day = kept::day(desk.now());
    let entries = desk.database.run(move |statements| {
        let query = "SELECT id, number, state, check_id, name, at FROM queue WHERE day = $1 ORDER BY number";
        statements.query(query, &[day.as_str().into()])?.iter().map(entry).collect::<Result<Vec<_>, _>>()
    });
    Ok(Json(json!({"entries": entries.await?})))
}

/// `POST /api/queue`. A check stands in the queue once: adding it again gives the same number, and who left waits again.
pub(crate) async fn add(State(desk): State<Shared>, _: Session, body: Body) -> Answered {
    let Added { check } = body.json()?;
    let check = kept::find_served(&desk, check).await?;
    if check.answer.verdict == Verdict::Refused {
        return Err(Refusal::conflict("refused", "this check was refused"));
    }
    let (id, now) = (random_id()?, desk.now());
    let name = check.answer.claims.and_then(|claims| claims.name);
    let added = desk.database.run(move |statements| append(statements, &id, &check.id, name.clone(), now));
    let entry = added.await?;
    desk.tell(Event::Queue);
    Ok(Json(json!({"entry": entry})))
}

/// `POST /api/queue/{id}`. From any state to any: a step is taken back like this. Where the clerk saw another face, out of it alone.
pub(crate) async fn step(
    State(desk): State<Shared>,
    _: Session,
    Path(id): Path<String>,
    body: Body,
) -> Answered {
    let Moved { state } = body.json()?;
    let moved = desk.database.run(move |statements| take(statements, &id, state));
    let entry = moved.await?.ok_or_else(Refusal::not_found)?;
    if entry.state != state {
        return Err(kept::FACE_DIFFERS);
    }
    desk.tell(Event::Queue);
    Ok(Json(json!({"entry": entry})))
}

/// Takes a step and gives the entry; nobody on whose check the clerk saw another face is served, so that entry stays as it is.
fn take(statements: &mut dyn Statements, id: &str, state: Step) -> Result<Option<Entry>, DatabaseError> {
    let query = "SELECT id, number, state, check_id, name, at FROM queue WHERE id = $1";
    let Some(held) = statements.query(query, &[id.into()])?.first().map(entry).transpose()? else {
        return Ok(None);
    };
    let check = kept::load(statements, &held.check)?;
    if state != Step::Left && check.is_some_and(|check| check.is_somebody_else()) {
        return Ok(Some(held));
    }
    statements.execute("UPDATE queue SET state = $1 WHERE id = $2", &[state.word().into(), id.into()])?;
    Ok(Some(Entry { state, ..held }))
}

/// Takes a check's person out of the queue, of whatever day.
pub(crate) fn leave(statements: &mut dyn Statements, check: &str) -> Result<(), DatabaseError> {
    let update = "UPDATE queue SET state = 'left' WHERE check_id = $1 AND state IN ('waiting', 'called')";
    statements.execute(update, &[check.into()]).map(drop)
}

fn append(
    statements: &mut dyn Statements,
    id: &str,
    check: &str,
    name: Option<String>,
    now: Timestamp,
) -> Result<Entry, DatabaseError> {
    statements.lock(NUMBERS)?;
    let day = kept::day(now);
    let held = "SELECT id, number, state, check_id, name, at FROM queue WHERE check_id = $1 AND day = $2";
    if let Some(row) = statements.query(held, &[check.into(), day.as_str().into()])?.first() {
        let held = entry(row)?;
        if held.state != Step::Left {
            return Ok(held);
        }
        let update = "UPDATE queue SET state = 'waiting' WHERE id = $1";
        statements.execute(update, &[held.id.as_str().into()])?;
        return Ok(Entry { state: Step::Waiting, ..held });
    }
    let next = "SELECT COALESCE(MAX(number), 0) + 1 FROM queue WHERE day = $1";
    let rows = statements.query(next, &[day.as_str().into()])?;
    let number = rows.first().ok_or(DatabaseError::Shape)?.int(0)?;
    let state = Step::Waiting;
    let values = [
        id.into(),
        day.into(),
        number.into(),
        check.into(),
        state.word().into(),
        name.clone().into(),
        now.as_unix().into(),
    ];
    statements.execute("INSERT INTO queue VALUES ($1, $2, $3, $4, $5, $6, $7)", &values)?;
    Ok(Entry { id: id.to_owned(), number, state, check: check.to_owned(), name, at: now.to_string() })
}

fn entry(row: &Row) -> Result<Entry, DatabaseError> {
    Ok(Entry {
        id: row.text(0)?,
        number: row.int(1)?,
        state: Step::parse(&row.text(2)?)?,
        check: row.text(3)?,
        name: row.maybe_text(4)?,
        at: Timestamp::from_unix(row.int(5)?).to_string(),
    })
}

/// How many wait today.
pub(crate) fn waiting(statements: &mut dyn Statements, day: &str) -> Result<i64, DatabaseError> {
    let query = "SELECT COUNT(*) FROM queue WHERE day = $1 AND state = 'waiting'";
    statements.query(query, &[day.into()])?.first().ok_or(DatabaseError::Shape)?.int(0)
}
