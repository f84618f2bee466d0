//! Checks: what was scanned, to the answer, kept with it. The sighting and the check become durable in one transaction,
//! and no answer leaves before.
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Deserialize;
use serde_json::json;
use trust::time::Timestamp;
use verifier::{LONGEST_SCAN, Policy, Seen, SeenList, Sighting, answer_frames, portrait_address};

use super::body::Body;
use super::events::Event;
use super::kept::{self, Check};
use super::refusal::{Answered, Refusal};
use super::session::Session;
use super::{Shared, random_id};
use crate::answer::{Answer, Verdict};
use crate::database::{self, DatabaseError, Statements};
use crate::folder::Data;
use crate::picture::{self, PictureError};

/// No scan is longer, in bytes: the largest QR code holds 7,089 digits.
const LONGEST_TEXT: usize = 16 << 10;
/// Frames that a camera hands in at once: a few rounds of a loop.
const MOST_FRAMES: usize = 64;
const LATE: Refusal = Refusal::malformed("a scan began a minute ago at most");

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Scanned {
    /// Random, made by the caller; the server makes one where there is none.
    id: Option<String>,
    text: String,
    received_at: Option<String>,
    duration_ms: Option<u64>,
}

/// `POST /api/checks`
pub(crate) async fn text(State(desk): State<Shared>, session: Session, body: Body) -> Answered {
    let scanned: Scanned = body.json()?;
    if scanned.text.len() > LONGEST_TEXT {
        return Err(super::body::too_large());
    }
    let received_at = received_at(&scanned, desk.now())?;
    decide(&desk, session, scanned.id, vec![scanned.text], received_at).await
}

/// `POST /api/checks/picture`
pub(crate) async fn picture(State(desk): State<Shared>, session: Session, body: Body) -> Answered {
    let received_at = desk.now();
    let bytes = body.into_bytes();
    let permit =
        desk.pictures.acquire().await.map_err(|_| Refusal::broken("busy", "the desk is stopping"))?;
    let read = tokio::task::spawn_blocking(move || picture::read(&bytes)).await;
    drop(permit);
    let refused = |code, message| Refusal::new(StatusCode::UNPROCESSABLE_ENTITY, code, message);
    let text = read.unwrap_or(Err(PictureError::Unreadable)).map_err(|error| match error {
        PictureError::NoCode => refused("no_code", "no QR code was found in the picture"),
        PictureError::Unreadable => refused("picture_unreadable", "a PNG or JPEG picture is expected"),
    })?;
    decide(&desk, session, None, vec![text], received_at).await
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Frames {
    id: Option<String>,
    texts: Vec<String>,
}

/// `POST /api/checks/frames`
pub(crate) async fn frames(State(desk): State<Shared>, session: Session, body: Body) -> Answered {
    let frames: Frames = body.json()?;
    if frames.texts.is_empty() || frames.texts.len() > MOST_FRAMES {
        return Err(Refusal::malformed("one to sixty-four frames are expected"));
    }
    if frames.texts.iter().any(|text| text.len() > LONGEST_TEXT) {
        return Err(super::body::too_large());
    }
    let received_at = desk.now();
    decide(&desk, session, frames.id, frames.texts, received_at).await
}

/// When the first character came: a minute back at most, and never after now.
fn received_at(scanned: &Scanned, now: Timestamp) -> Result<Timestamp, Refusal> {
    let received_at = match (&scanned.received_at, scanned.duration_ms) {
        (_, Some(took)) => now.minus_seconds(i64::try_from(took.div_ceil(1000)).map_err(|_| LATE)?),
        (Some(time), None) => Timestamp::parse_rfc3339(time)
            .map_err(|_| Refusal::malformed("received_at is no RFC 3339 time"))?
            .min(now),
        (None, None) => now,
    };
    if now.seconds_since(received_at) > LONGEST_SCAN {
        return Err(LATE);
    }
    Ok(received_at)
}

/// Decides on one text, or on the frames of an animated code. A page that gives the check its name finds it again when the answer
/// is lost: what it then decides on alone and hands in under that name is this check and no second use of the code.
async fn decide(
    desk: &Shared,
    session: Session,
    id: Option<String>,
    texts: Vec<String>,
    received_at: Timestamp,
) -> Answered {
    let id = match id {
        Some(id) if !kept::is_name(&id) => return Err(kept::NO_NAME),
        Some(id) => id,
        None => random_id()?,
    };
    let now = desk.now();
    let data = desk.lists.data();
    let mut policy = desk.policy(&data);
    let (mut read, mut spent) = (Vec::with_capacity(texts.len()), Vec::new());
    for text in texts {
        let (readable, open) = desk.screens.read(&text, received_at);
        read.push(readable.text);
        spent.extend(readable.decrypted_for);
        policy.open_challenges = open;
    }
    let scan = Arc::new(Scan { texts: read, policy, data, received_at, now });
    let (first, portrait, sighting) = scan.prepare();
    let check = Check {
        id,
        at: now,
        received_at,
        desk: session.desk,
        clerk: session.clerk,
        answer: first,
        entitlement: None,
        face: None,
    };
    let scanned = Arc::clone(&scan);
    let settled =
        desk.database.run(move |statements| settle(statements, &scanned, sighting.as_ref(), &check));
    let check = settled.await?.ok_or(TAKEN)?;
    // Only now: while nothing is kept, the question waits for this answer still.
    if is_answer(&check.answer) {
        scan.texts.iter().for_each(|text| desk.screens.close_answered(text, &check.id));
    }
    // A question whose key is spent takes no other answer, also where this one was refused; a second scan of one that was taken
    // is none.
    if check.answer.replay != "seen" {
        for cnonce in &spent {
            desk.screens.close(cnonce, &check.id);
        }
    }
    desk.tell(Event::Check);
    // Shown now and never kept.
    let portrait = portrait.filter(|_| check.answer.face == "shown");
    let portrait = portrait.map(|jpeg| portrait_address(&jpeg));
    Ok(Json(json!({
        "id": check.id, "answer": check.answer, "received_at": received_at.to_string(),
        "decided_at": now.to_string(), "portrait": portrait,
    })))
}

/// Whether it answers one of the desk's questions.
fn is_answer(answer: &Answer) -> bool {
    answer.verdict != Verdict::Refused && answer.freshness.as_deref() == Some("challenged")
}

const TAKEN: Refusal = Refusal::conflict("check_known", "there is a check of this name already");

/// Notes the sighting, and keeps the check with the answer that this gives; nothing where another bears its name.
fn settle(
    statements: &mut dyn Statements,
    scan: &Scan,
    sighting: Option<&Sighting>,
    check: &Check,
) -> Result<Option<Check>, DatabaseError> {
    if kept::load(statements, &check.id)?.is_some() {
        return Ok(None);
    }
    let mut check = check.clone();
    if let Some(sighting) = sighting {
        let seen = database::note(statements, sighting, &check.desk)?;
        if seen != Seen::First {
            check.answer = scan.decide(&mut Noted(seen)).0;
        }
    }
    kept::keep(statements, &check)?;
    Ok(Some(check))
}

/// A scan and what it is judged with.
struct Scan {
    texts: Vec<String>,
    data: Arc<Data>,
    policy: Policy,
    received_at: Timestamp,
    now: Timestamp,
}

impl Scan {
    fn decide(&self, seen: &mut dyn SeenList) -> (Answer, Option<Vec<u8>>) {
        let Self { data, policy, received_at, now, .. } = self;
        let texts: Vec<&str> = self.texts.iter().map(String::as_str).collect();
        answer_frames(&texts, (&data.trust, &data.status), policy, seen, *received_at, *now)
    }

    /// The answer if the code is new, its portrait, and what must be noted for that; so the keys are used outside the
    /// transaction.
    fn prepare(&self) -> (Answer, Option<Vec<u8>>, Option<Sighting>) {
        let mut asked = Asked(None);
        let (answer, portrait) = self.decide(&mut asked);
        (answer, portrait, asked.0)
    }
}

/// Takes down what would be noted.
struct Asked(Option<Sighting>);

impl SeenList for Asked {
    fn note(&mut self, sighting: &Sighting) -> Seen {
        self.0 = Some(*sighting);
        Seen::First
    }
}

/// What was noted already.
struct Noted(Seen);

impl SeenList for Noted {
    fn note(&mut self, _: &Sighting) -> Seen {
        self.0
    }
}
