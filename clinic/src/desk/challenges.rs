//! Two-way mode: questions for the counters' screens, and which check answered which. Questions live in memory: none outlives a
//! restart, and the seen-list alone sees to it that none is answered twice.
use std::path::Path as FilePath;
use std::sync::{Mutex, MutexGuard, PoisonError};

use axum::Json;
use axum::extract::{Path, State};
use presentation::frame;
use presentation::kbt::Kbt;
use presentation::qr;
use serde::Deserialize;
use serde_json::json;
use trust::time::Timestamp;
use verifier::{MEDICAL_CARE, NoQuestion, OpenChallenge, Questions, Readable, Wanted};

use super::body::Body;
use super::refusal::{Answered, Refusal};
use super::session::Session;
use super::{Shared, random_id};
use crate::desk_name::{DeskIdentity, DeskNameError};

/// Seconds after its end for which a question's outcome is told.
const TOLD: i64 = 300;
/// Questions that are remembered at once.
const MOST: usize = 256;

/// The desk's name, and what its screens ask.
pub(crate) struct Screens {
    identity: Option<DeskIdentity>,
    asked: Mutex<Asked>,
}

#[derive(Default)]
struct Asked {
    questions: Questions,
    shown: Vec<Shown>,
}

struct Shown {
    id: String,
    cnonce: Vec<u8>,
    expires_at: Timestamp,
    check: Option<String>,
}

impl Screens {
    /// With the key and certificate in this folder; without one the desk asks nothing.
    pub(crate) fn open(folder: Option<&FilePath>) -> Result<Self, DeskNameError> {
        let identity = folder.map(DeskIdentity::open).transpose()?;
        Ok(Self { identity, asked: Mutex::default() })
    }

    fn asked(&self) -> MutexGuard<'_, Asked> {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What to decide on, decrypted where it answers an open question, and the questions that are open to a scan whose first character
    /// came then.
    pub(crate) fn read(&self, scanned: &str, received_at: Timestamp) -> (Readable, Vec<OpenChallenge>) {
        let mut asked = self.asked();
        (asked.questions.decrypt(scanned, received_at), asked.questions.open(received_at))
    }

    /// Closes the question that this text answers, once its check is kept.
    pub(crate) fn close_answered(&self, text: &str, check: &str) {
        if let Some(cnonce) = cnonce(text) {
            self.close(&cnonce, check);
        }
    }

    /// Closes the question with this number, which this check was about.
    pub(crate) fn close(&self, cnonce: &[u8], check: &str) {
        let mut asked = self.asked();
        asked.questions.close(cnonce);
        for shown in asked.shown.iter_mut().filter(|shown| shown.cnonce == cnonce && shown.check.is_none()) {
            shown.check = Some(check.to_owned());
        }
    }
}

/// The number of the question that a text says it answers.
fn cnonce(text: &str) -> Option<Vec<u8>> {
    Kbt::parse(&frame::decode(text).ok()?).ok()?.claims().cnonce.clone()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Question {
    #[serde(default)]
    encrypted: bool,
    level: Option<u8>,
    purpose: Option<String>,
}

/// `POST /api/challenges`
pub(crate) async fn ask(State(desk): State<Shared>, _: Session, body: Body) -> Answered {
    let question: Question = body.json()?;
    if question.level.is_some_and(|level| !(1..=4).contains(&level)) {
        return Err(Refusal::malformed("a level is 1 to 4"));
    }
    let unnamed = Refusal::conflict("desk_unnamed", "nobody has given this desk a name: sen clinic enrol");
    let identity = desk.screens.identity.as_ref().ok_or(unnamed)?;
    let name = identity.name().ok_or(unnamed)?.name.clone();
    let (now, id) = (desk.now(), random_id()?);
    let level = question.level.unwrap_or(0).max(desk.demands.minimum_level);
    let wanted = Wanted {
        encrypted: question.encrypted,
        minimum_level: (level > 0).then_some(level),
        purpose: question.purpose.unwrap_or_else(|| MEDICAL_CARE.to_owned()),
        ..Wanted::default()
    };
    let mut asked = desk.screens.asked();
    let shown = identity.ask(&mut asked.questions, &wanted, now).map_err(|error| match error {
        DeskNameError::Question(NoQuestion::Wanted(_)) => {
            Refusal::malformed("the purpose has at most 64 bytes that a screen shows")
        }
        _ => Refusal::broken("desk_key", "the desk's key cannot be used"),
    })?;
    let code =
        qr::encode(&shown.text).map_err(|_| Refusal::broken("desk_name", "the question fits no code"))?;
    asked.shown.retain(|shown| now.seconds_since(shown.expires_at) < TOLD);
    if asked.shown.len() >= MOST {
        asked.shown.remove(0);
    }
    let answer = json!({
        "id": id, "text": shown.text, "svg": code.svg(), "expires_at": shown.expires_at.to_string(),
        "lifetime_seconds": shown.expires_at.seconds_since(now), "desk": name,
    });
    let (cnonce, expires_at) = (shown.cnonce, shown.expires_at);
    asked.shown.push(Shown { id, cnonce, expires_at, check: None });
    Ok(Json(answer))
}

/// `GET /api/challenges/{id}`
pub(crate) async fn state(State(desk): State<Shared>, _: Session, Path(id): Path<String>) -> Answered {
    let now = desk.now();
    let asked = desk.screens.asked();
    let shown = asked.shown.iter().find(|shown| shown.id == id).ok_or(Refusal::not_found())?;
    let state = match &shown.check {
        Some(_) => "answered",
        None if now < shown.expires_at => "waiting",
        None => "expired",
    };
    Ok(Json(json!({"state": state, "check": shown.check})))
}
