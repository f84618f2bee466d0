//! Checks as they are kept, and the clerk's comparison of faces beside them.
use axum::Json;
use axum::extract::{Path, State};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use trust::time::Timestamp;

use super::body::Body;
use super::events::Event;
use super::refusal::{Answered, Refusal};
use super::session::Session;
use super::{Shared, queue};
use crate::answer::Answer;
use crate::database::{DatabaseError, Row, Statements};

/// A check as it is kept.
#[derive(Clone)]
pub(crate) struct Check {
    /// Random; says nothing of anybody.
    pub(crate) id: String,
    pub(crate) at: Timestamp,
    pub(crate) received_at: Timestamp,
    pub(crate) desk: String,
    pub(crate) clerk: Option<String>,
    pub(crate) answer: Answer,
    /// What the national portal said, as it was told.
    pub(crate) entitlement: Option<Value>,
    pub(crate) face: Option<Face>,
}

/// Why a check does not get its name from a page.
pub(crate) const NO_NAME: Refusal = Refusal::malformed("a check's name has 16 to 64 letters, digits, - or _");

/// Whether a page may call its check so.
pub(crate) fn is_name(id: &str) -> bool {
    (16..=64).contains(&id.len())
        && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte))
}

/// The clerk's comparison of a face.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Face {
    result: FaceResult,
    pub(crate) clerk: Option<String>,
    pub(crate) at: String,
}

impl Face {
    /// As it is kept.
    pub(crate) const fn word(&self) -> &'static str {
        self.result.word()
    }
}

/// What the clerk saw.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum FaceResult {
    Matches,
    Differs,
}

impl FaceResult {
    const fn word(self) -> &'static str {
        match self {
            Self::Matches => "matches",
            Self::Differs => "differs",
        }
    }
}

/// Kept in place of a result where the clerk took the last one back.
const WITHDRAWN: &str = "withdrawn";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Compared {
    result: FaceResult,
}

/// The local day of a time: Vietnam is seven hours ahead all year.
pub(crate) fn day(at: Timestamp) -> String {
    at.plus_seconds(7 * 3600).date().to_string()
}

/// `GET /api/checks/{id}`
pub(crate) async fn check(State(desk): State<Shared>, _: Session, Path(id): Path<String>) -> Answered {
    let check = find(&desk, id).await?;
    Ok(Json(json!({
        "id": check.id, "answer": check.answer, "received_at": check.received_at.to_string(),
        "decided_at": check.at.to_string(), "portrait": null, "desk": check.desk, "clerk": check.clerk,
        "face": check.face, "entitlement": check.entitlement,
    })))
}

/// The kept check of this name.
pub(crate) async fn find(desk: &Shared, id: String) -> Result<Check, Refusal> {
    let found = desk.database.run(move |statements| load(statements, &id)).await?;
    found.ok_or_else(Refusal::not_found)
}

/// The kept check of this name, for whoever serves the person on it: not where the clerk saw another face.
pub(crate) async fn find_served(desk: &Shared, id: String) -> Result<Check, Refusal> {
    let check = find(desk, id).await?;
    if check.is_somebody_else() {
        return Err(FACE_DIFFERS);
    }
    Ok(check)
}

/// Why nobody is served on a check.
pub(crate) const FACE_DIFFERS: Refusal =
    Refusal::conflict("face_differs", "the clerk saw another face: this person is not served");

impl Check {
    /// Whether the clerk saw another face.
    pub(crate) fn is_somebody_else(&self) -> bool {
        self.face.as_ref().is_some_and(|face| face.result == FaceResult::Differs)
    }
}

/// `POST /api/checks/{id}/face`
pub(crate) async fn face(
    State(desk): State<Shared>,
    session: Session,
    Path(id): Path<String>,
    body: Body,
) -> Answered {
    let Compared { result } = body.json()?;
    let now = desk.now();
    compared(&desk, &id, result.word(), session.clerk.clone(), now).await?;
    let face = Face { result, clerk: session.clerk, at: now.to_string() };
    Ok(Json(json!({"id": id, "face": face})))
}

/// `DELETE /api/checks/{id}/face`: the clerk takes the comparison back.
pub(crate) async fn withdraw_face(
    State(desk): State<Shared>,
    session: Session,
    Path(id): Path<String>,
) -> Answered {
    let now = desk.now();
    compared(&desk, &id, WITHDRAWN, session.clerk, now).await?;
    Ok(Json(json!({"id": id, "face": null})))
}

/// Keeps a comparison, or that the last one was taken back.
async fn compared(
    desk: &Shared,
    id: &str,
    word: &'static str,
    clerk: Option<String>,
    now: Timestamp,
) -> Result<(), Refusal> {
    let name = id.to_owned();
    let kept = desk.database.run(move |statements| {
        let Some(check) = load(statements, &name)? else { return Ok(None) };
        if check.answer.claims.is_none() {
            return Ok(Some(false));
        }
        keep_face(statements, &name, word, clerk.clone(), now)?;
        Ok(Some(true))
    });
    match kept.await? {
        None => Err(Refusal::not_found()),
        Some(false) => Err(Refusal::conflict("nobody_shown", "this check showed nobody to compare with")),
        Some(true) => {
            desk.tell(Event::Check);
            // Whoever waited on this check may not wait any more.
            desk.tell(Event::Queue);
            Ok(())
        }
    }
}

/// When faces were last compared on this check, or that was taken back.
pub(crate) fn last_compared(
    statements: &mut dyn Statements,
    id: &str,
) -> Result<Option<Timestamp>, DatabaseError> {
    let query = "SELECT at FROM faces WHERE check_id = $1 ORDER BY number DESC LIMIT 1";
    let rows = statements.query(query, &[id.into()])?;
    rows.first().map(|row| row.int(0).map(Timestamp::from_unix)).transpose()
}

/// Every comparison is kept, so that taking one back leaves a trace; the last one counts. Whoever shows another face than the
/// card leaves the queue.
pub(crate) fn keep_face(
    statements: &mut dyn Statements,
    id: &str,
    word: &str,
    clerk: Option<String>,
    at: Timestamp,
) -> Result<(), DatabaseError> {
    let query = "SELECT COALESCE(MAX(number), 0) + 1 FROM faces WHERE check_id = $1";
    let number = statements.query(query, &[id.into()])?.first().ok_or(DatabaseError::Shape)?.int(0)?;
    let values = [id.into(), number.into(), word.into(), clerk.into(), at.as_unix().into()];
    statements.execute("INSERT INTO faces VALUES ($1, $2, $3, $4, $5)", &values)?;
    if word == FaceResult::Differs.word() {
        queue::leave(statements, id)?;
    }
    Ok(())
}

/// Keeps a check.
pub(crate) fn keep(statements: &mut dyn Statements, check: &Check) -> Result<(), DatabaseError> {
    let answer = serde_json::to_string(&check.answer).map_err(|_| DatabaseError::Shape)?;
    let values = [
        check.id.as_str().into(),
        day(check.at).into(),
        check.at.as_unix().into(),
        check.received_at.as_unix().into(),
        check.desk.as_str().into(),
        check.clerk.clone().into(),
        answer.into(),
        check.entitlement.as_ref().map(Value::to_string).into(),
    ];
    statements.execute("INSERT INTO checks VALUES ($1, $2, $3, $4, $5, $6, $7, $8)", &values).map(drop)
}

/// A check with the last comparison of faces.
macro_rules! checks {
    ($which:literal) => {
        concat!(
            "SELECT c.id, c.at, c.received_at, c.desk, c.clerk, c.answer, c.entitlement, f.result, f.clerk, f.at
                FROM checks c LEFT JOIN faces f ON f.check_id = c.id
                AND f.number = (SELECT MAX(number) FROM faces WHERE check_id = c.id) WHERE ",
            $which
        )
    };
}

/// The kept check of this name.
pub(crate) fn load(statements: &mut dyn Statements, id: &str) -> Result<Option<Check>, DatabaseError> {
    statements.query(checks!("c.id = $1"), &[id.into()])?.first().map(from_row).transpose()
}

/// The checks of a day, the newest first, so many at most.
pub(crate) fn of_day(
    statements: &mut dyn Statements,
    day: &str,
    most: i64,
) -> Result<Vec<Check>, DatabaseError> {
    let query = checks!("c.day = $1 ORDER BY c.at DESC, c.id DESC LIMIT $2");
    statements.query(query, &[day.into(), most.into()])?.iter().map(from_row).collect()
}

fn from_row(row: &Row) -> Result<Check, DatabaseError> {
    let face = row.maybe_text(7)?.map(|word| to_face(&word, row)).transpose()?.flatten();
    let entitlement = row.maybe_text(6)?.and_then(|text| serde_json::from_str(&text).ok());
    Ok(Check {
        id: row.text(0)?,
        at: Timestamp::from_unix(row.int(1)?),
        received_at: Timestamp::from_unix(row.int(2)?),
        desk: row.text(3)?,
        clerk: row.maybe_text(4)?,
        answer: serde_json::from_str(&row.text(5)?).map_err(|_| DatabaseError::Shape)?,
        entitlement,
        face,
    })
}

/// Nothing where the last comparison was taken back.
fn to_face(word: &str, row: &Row) -> Result<Option<Face>, DatabaseError> {
    let result = match word {
        "matches" => FaceResult::Matches,
        "differs" => FaceResult::Differs,
        WITHDRAWN => return Ok(None),
        _ => return Err(DatabaseError::Shape),
    };
    let at = Timestamp::from_unix(row.int(9)?).to_string();
    Ok(Some(Face { result, clerk: row.maybe_text(8)?, at }))
}
