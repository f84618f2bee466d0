//! Questions to wallets (OpenID4VP 1.0, HAIP 1.0) by the portal, the bank's counter and its machines: a page begins one and looks
//! how it stands, a wallet fetches and answers it. They live in memory, as short as they are.
mod purpose;
mod reason;

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use credential::jose::compact;
use presentation::openid4vp::{Method, link};
use serde::Deserialize;
use serde_json::{Value, json};
use trust::anchors::Role;
use verifier::online::{Issuers, OnlineError, Session};

use super::answer::{Answer, Refusal, fresh};
use super::body::Body;
use super::{Nation, Shared, random_text, screens, vouched};
pub(super) use purpose::{Customer, Purpose};
pub(super) use reason::Reason;

/// Seconds that a code waits on a screen for a wallet.
const WAITS: i64 = 300;
/// Seconds after which nobody can look any more how a question stands.
const KEPT: i64 = 900;
/// More are not open at a time.
const MOST: usize = 20_000;
const REQUEST: &str = "application/oauth-authz-req+jwt";

/// One question.
struct Visit {
    purpose: Purpose,
    /// What the page that began it knows, and nobody who sees its code.
    view: String,
    began: i64,
    standing: Standing,
    /// What the browser of the same device gets from the wallet; without it the page learns nothing.
    code: Option<String>,
}

/// How a question stands.
enum Standing {
    Open(Box<Session>),
    /// An answer is being judged: there is no second one.
    Judged,
    Done(Value),
    Refused(Reason),
}

/// All open questions by their identifiers.
#[derive(Default)]
pub(super) struct Visits(Mutex<HashMap<String, Visit>>);

impl Visits {
    fn lock(&self) -> MutexGuard<'_, HashMap<String, Visit>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Begins a question: what the page shows.
pub(super) fn begin(nation: &Nation, purpose: Purpose) -> Answer {
    let (id, view, now) = (random_text(16)?, random_text(16)?, nation.now());
    let response_uri = format!("{}/asking/response/{id}", nation.url);
    let (asker, question) = purpose.question(nation)?;
    let session = Session::new(&asker, question, &response_uri).map_err(|_| Refusal::broken())?;
    let code = (!purpose.is_on_another_screen()).then(|| random_text(16)).transpose()?;
    let link = link(asker.client_id(), &format!("{}/asking/request/{id}", nation.url), Method::Post);
    let standing = Standing::Open(Box::new(session));
    let visit = Visit { purpose, view: view.clone(), began: now.as_unix(), standing, code };
    let mut visits = nation.visits.lock();
    visits.retain(|_, visit| now.as_unix() - visit.began < KEPT);
    if visits.len() >= MOST {
        return Err(Refusal::wait("slow_down", "too many are asking at the moment", 5));
    }
    visits.insert(id, visit);
    Ok(fresh(json!({"view": view, "link": link, "qr": screens::qr(&link), "expires_in": WAITS})))
}

#[derive(Default, Deserialize)]
struct Fetch {
    wallet_nonce: Option<String>,
}

/// A wallet fetches the request by GET.
pub(super) async fn request(State(nation): State<Shared>, Path(id): Path<String>) -> Answer {
    connect(&nation, &id, None)
}

/// A wallet fetches the request by POST, with a nonce of its own.
pub(super) async fn request_by_post(
    State(nation): State<Shared>,
    Path(id): Path<String>,
    body: Body,
) -> Answer {
    let fetch: Fetch = body.form()?;
    let nonce = fetch.wallet_nonce.filter(|nonce| nonce.len() <= 512);
    connect(&nation, &id, nonce.as_deref())
}

const UNKNOWN: Refusal = Refusal::new("request_unknown", "there is no such question, or not any more");

fn connect(nation: &Nation, id: &str, wallet_nonce: Option<&str>) -> Answer {
    let now = nation.now();
    let mut visits = nation.visits.lock();
    let visit = visits.get_mut(id).filter(|visit| now.as_unix() - visit.began < WAITS).ok_or(UNKNOWN)?;
    let Standing::Open(session) = &mut visit.standing else { return Err(UNKNOWN) };
    let input = session.connect(wallet_nonce, now).map_err(|error| match error {
        OnlineError::Taken => Refusal::new("request_taken", "another wallet has this question"),
        _ => Refusal::broken(),
    })?;
    let signature = visit.purpose.asker(nation).key.sign(input.as_bytes())?;
    let headers = [(CONTENT_TYPE, REQUEST), (CACHE_CONTROL, "no-store")];
    Ok((headers, compact(&input, &signature)).into_response())
}

/// A wallet answers. Whatever comes of it, the question is over.
pub(super) async fn response(State(nation): State<Shared>, Path(id): Path<String>, body: Bytes) -> Answer {
    let (session, purpose, code) = {
        let mut visits = nation.visits.lock();
        let visit = visits.get_mut(&id).ok_or(UNKNOWN)?;
        let answered = Refusal::new("request_answered", "this question was answered already");
        let Standing::Open(_) = &visit.standing else { return Err(answered) };
        let Standing::Open(session) = std::mem::replace(&mut visit.standing, Standing::Judged) else {
            return Err(answered);
        };
        (session, visit.purpose.clone(), visit.code.clone())
    };
    let judged = judge(&nation, &id, *session, &purpose, &body);
    let (standing, answer) = match judged {
        Ok(done) => (Standing::Done(done), Ok(accepted(&nation, &purpose, code.as_deref()))),
        // A wallet that says no has said it well.
        Err(Reason::Declined) => (Standing::Refused(Reason::Declined), Ok(fresh(json!({})))),
        Err(reason) => (Standing::Refused(reason), Err(reason.refusal())),
    };
    if let Some(visit) = nation.visits.lock().get_mut(&id) {
        visit.standing = standing;
    }
    answer
}

/// What the wallet hears: on the same device, where the browser goes on.
fn accepted(nation: &Nation, purpose: &Purpose, code: Option<&str>) -> Response {
    match code {
        Some(code) => fresh(json!({"redirect_uri": format!("{}{}?code={code}", nation.url, purpose.page())})),
        None => fresh(json!({})),
    }
}

fn judge(
    nation: &Nation,
    id: &str,
    session: Session,
    purpose: &Purpose,
    body: &[u8],
) -> Result<Value, Reason> {
    let anchors = vouched::anchors(nation, Role::Documents).map_err(|_| Reason::Broken)?;
    let now = nation.now();
    let answer = session.answer(body, &Issuers { anchors: &anchors }, now).map_err(Reason::of)?;
    purpose.conclude(nation, id, &answer)
}

#[derive(Deserialize)]
struct Look {
    view: String,
    code: Option<String>,
}

/// How a question stands, for the page that began it.
pub(super) async fn state(State(nation): State<Shared>, body: Body) -> Answer {
    let look: Look = body.json("invalid_request")?;
    let now = nation.now();
    let visits = nation.visits.lock();
    let visit = visits.values().find(|visit| visit.view == look.view).ok_or(UNKNOWN)?;
    let refused = |reason: Reason| {
        let (vi, en) = reason.words();
        json!({"state": "refused", "reason": reason.code(), "vi": vi, "en": en})
    };
    Ok(fresh(match &visit.standing {
        Standing::Open(session) => match (session.number(), session.expires_at()) {
            (_, Some(expires_at)) if now >= expires_at => refused(Reason::TooLate),
            (_, None) if now.as_unix() - visit.began >= WAITS => refused(Reason::TooLate),
            (Some(number), Some(expires_at)) => {
                json!({"state": "connected", "number": number, "seconds": expires_at.seconds_since(now)})
            }
            (None, Some(_)) => json!({"state": "connected"}),
            (_, None) => json!({"state": "waiting"}),
        },
        Standing::Judged => json!({"state": "connected"}),
        // Whoever sent this link to somebody else has no code (OpenID4VP 1.0, 13.3).
        Standing::Done(_) if visit.code.is_some() && visit.code != look.code => json!({"state": "connected"}),
        Standing::Done(result) => json!({"state": "done", "result": result}),
        Standing::Refused(reason) => refused(*reason),
    }))
}
