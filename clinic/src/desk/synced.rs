//! What a page saw while it was alone: its sightings join the list, and its checks the day.
use axum::Json;
use axum::extract::State;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Deserialize;
use serde_json::{Value, json};
use trust::time::Timestamp;
use verifier::{Seen, Sighting};

use super::Shared;
use super::body::Body;
use super::events::Event;
use super::kept::{self, Check, Face};
use super::refusal::{Answered, Refusal};
use super::session::{self, Session};
use crate::answer::{Answer, Verdict};
use crate::database::{self, DatabaseError, Statements};

/// So many entries at once; a page sends more in several calls.
const MOST: usize = 500;
/// A sighting is not kept longer than this, in seconds, whatever a page asks.
const LONGEST: i64 = 3600;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Sightings {
    entries: Vec<Entry>,
}

/// A check that the page made alone.
#[derive(Clone, Deserialize)]
struct Entry {
    /// Random, made by the page; sending an entry again changes nothing.
    id: String,
    /// The sighting's key, base64; null where the list was not asked.
    key: Option<String>,
    /// The credential's, base64.
    credential: Option<String>,
    keep_until: String,
    at: String,
    /// Without it the sighting is noted and no check kept.
    answer: Option<Answer>,
    /// Who was at the desk then; without it whoever hands the entry in.
    clerk: Option<String>,
    /// The clerk's comparison, where there was one.
    face: Option<Face>,
}

/// `POST /api/seen`
pub(crate) async fn seen(State(desk): State<Shared>, session: Session, body: Body) -> Answered {
    let Sightings { entries } = body.json()?;
    if entries.len() > MOST {
        return Err(Refusal::malformed("at most 500 entries at once"));
    }
    let now = desk.now();
    let entries: Result<Vec<_>, _> = entries.into_iter().map(|entry| parse(entry, &session, now)).collect();
    let entries = entries?;
    let joined =
        desk.database.run(move |statements| entries.iter().map(|handed| join(statements, handed)).collect());
    let results: Vec<Value> = joined.await?;
    desk.tell(Event::Check);
    desk.tell(Event::Queue);
    Ok(Json(json!({"results": results})))
}

/// What an entry comes to.
struct Handed {
    id: String,
    key: Option<String>,
    at: Timestamp,
    desk: String,
    sighting: Option<Sighting>,
    check: Option<Check>,
    face: Option<Compared>,
}

/// A comparison as it is kept.
struct Compared {
    word: &'static str,
    clerk: Option<String>,
    at: Timestamp,
}

fn parse(entry: Entry, session: &Session, now: Timestamp) -> Result<Handed, Refusal> {
    let time = |text: &str| {
        Timestamp::parse_rfc3339(text).map_err(|_| Refusal::malformed("a time is no RFC 3339 time"))
    };
    if !kept::is_name(&entry.id) {
        return Err(kept::NO_NAME);
    }
    let at = time(&entry.at)?.min(now);
    let keep_until = time(&entry.keep_until)?.min(now.plus_seconds(LONGEST));
    let sighting = match (&entry.key, &entry.credential) {
        (Some(key), Some(credential)) => Some(Sighting {
            presentation: hash(key)?,
            credential: hash(credential)?,
            received_at: at,
            keep_until,
        }),
        (None, None) => None,
        _ => return Err(Refusal::malformed("key and credential come together")),
    };
    let clerk = session::name(entry.clerk)?.or_else(|| session.clerk.clone());
    // A check that showed nobody has nobody to compare with.
    let showed = entry.answer.as_ref().is_some_and(|answer| answer.claims.is_some());
    let face = entry.face.filter(|_| showed).map(|face| {
        let (word, at) = (face.word(), time(&face.at)?.min(now));
        Ok::<_, Refusal>(Compared { word, clerk: session::name(face.clerk)?, at })
    });
    let face = face.transpose()?;
    let check = entry.answer.map(|answer| Check {
        id: entry.id.clone(),
        at,
        received_at: at,
        desk: session.desk.clone(),
        clerk,
        answer,
        entitlement: None,
        face: None,
    });
    Ok(Handed { id: entry.id, key: entry.key, at, desk: session.desk.clone(), sighting, check, face })
}

fn hash(text: &str) -> Result<[u8; 32], Refusal> {
    let bytes = STANDARD.decode(text).ok().and_then(|bytes| bytes.try_into().ok());
    bytes.ok_or_else(|| Refusal::malformed("a key is 32 bytes in base64"))
}

/// What the page could not know when it was alone. The person has been served: what looked genuine is a matter for a person now.
fn correct(answer: &mut Answer, seen: &str) {
    let reason = match seen {
        "again" => "replayed",
        "elsewhere" => "seen_elsewhere",
        _ => return,
    };
    if !answer.reasons.iter().any(|held| held == reason) {
        answer.reasons.push(reason.to_owned());
    }
    if seen == "again" {
        "seen".clone_into(&mut answer.replay);
        if answer.verdict == Verdict::Accepted {
            answer.verdict = Verdict::Unsure;
        }
    }
}

/// Whoever sends an entry again, since the answer to it was lost, gets the same answer, and the comparison of faces that is kept.
fn join(statements: &mut dyn Statements, handed: &Handed) -> Result<Value, DatabaseError> {
    let before = statements.query("SELECT result FROM synced WHERE id = $1", &[handed.id.as_str().into()])?;
    let seen = match before.first() {
        Some(row) => row.text(0)?,
        None => take_in(statements, handed)?.to_owned(),
    };
    let face = compare(statements, handed)?;
    Ok(json!({"id": handed.id, "key": handed.key, "seen": seen, "face": face}))
}

/// Notes the sighting of a new entry and keeps its check. One that the server made itself, and whose answer alone was lost, stays as it
/// was answered.
fn take_in(statements: &mut dyn Statements, handed: &Handed) -> Result<&'static str, DatabaseError> {
    let noted = handed.sighting.as_ref().map(|sighting| database::note(statements, sighting, &handed.desk));
    let made_here = kept::load(statements, &handed.id)?;
    let seen = match (noted.transpose()?, &made_here) {
        (Some(Seen::Again), Some(check)) => as_answered(&check.answer),
        (Some(Seen::First), _) => "first",
        (Some(Seen::Again), None) => "again",
        (Some(Seen::FirstHereAfterAnotherDesk), _) => "elsewhere",
        (Some(Seen::NotChecked) | None, _) => "not_checked",
    };
    let values = [handed.id.as_str().into(), seen.into(), handed.at.as_unix().into()];
    statements.execute("INSERT INTO synced VALUES ($1, $2, $3)", &values)?;
    if let (Some(check), None) = (&handed.check, made_here) {
        let mut check = check.clone();
        correct(&mut check.answer, seen);
        kept::keep(statements, &check)?;
    }
    Ok(seen)
}

/// How the code was seen when this was answered.
fn as_answered(answer: &Answer) -> &'static str {
    let says = |reason: &str| answer.reasons.iter().any(|held| held == reason);
    match () {
        () if says("replayed") => "again",
        () if says("seen_elsewhere") => "elsewhere",
        () => "first",
    }
}

/// Keeps the comparison where it is later than the last one that is kept: it may have been made after the entry was handed in
/// and before the answer came, or in place of one whose answer was lost. Gives the comparison that counts from now on.
fn compare(statements: &mut dyn Statements, handed: &Handed) -> Result<Option<Face>, DatabaseError> {
    let Some(check) = kept::load(statements, &handed.id)? else { return Ok(None) };
    let Some(Compared { word, clerk, at }) = &handed.face else { return Ok(check.face) };
    let last = kept::last_compared(statements, &handed.id)?;
    if check.answer.claims.is_none() || last.is_some_and(|last| *at <= last) {
        return Ok(check.face);
    }
    kept::keep_face(statements, &handed.id, word, clerk.clone(), *at)?;
    Ok(kept::load(statements, &handed.id)?.and_then(|check| check.face))
}
