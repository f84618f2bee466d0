//! Who works at a desk: login, the cookie, and the check that stands before every other call.
use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};

use axum::Json;
use axum::extract::{ConnectInfo, FromRequestParts, State};
use axum::http::header::{COOKIE, SET_COOKIE};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::digest::{SHA256, digest};
use serde::Deserialize;
use serde_json::json;
use trust::random::{Random, SystemRandom};
use trust::time::Timestamp;

use super::body::Body;
use super::refusal::{Answered, Refusal};
use super::{Desk, Shared, password};
use crate::database::{DatabaseError, Statements};

const NAME: &str = "sen_desk";
/// Seconds that a session lasts: a shift.
const LIFE: i64 = 12 * 3600;
/// Seconds after which a session is looked up again, so that one that was ended elsewhere ends here.
const TRUSTED: i64 = 30;
/// No name of a desk or clerk is longer, in characters.
const LONGEST_NAME: usize = 64;

type Hash = [u8; 32];

/// A session: which desk, which clerk, until when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Session {
    hash: Hash,
    /// The counter, `Quầy 1`.
    pub(crate) desk: String,
    /// The clerk, where they gave a name.
    pub(crate) clerk: Option<String>,
    until: Timestamp,
}

/// Sessions that were looked up a moment ago.
#[derive(Debug, Default)]
pub(crate) struct Sessions(Mutex<HashMap<Hash, (Session, Timestamp)>>);

impl Sessions {
    fn get(&self, hash: &Hash, now: Timestamp) -> Option<Session> {
        let sessions = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (session, looked_up) = sessions.get(hash)?;
        (0..TRUSTED).contains(&now.seconds_since(*looked_up)).then(|| session.clone())
    }

    fn put(&self, session: Session, now: Timestamp) {
        let mut sessions = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        sessions.retain(|_, (session, _)| session.until > now);
        sessions.insert(session.hash, (session, now));
    }

    fn remove(&self, hash: &Hash) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(hash);
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Login {
    password: String,
    clerk: Option<String>,
    desk: Option<String>,
}

/// `POST /api/session`
pub(crate) async fn log_in(
    State(desk): State<Shared>,
    ConnectInfo(caller): ConnectInfo<SocketAddr>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Refusal> {
    from_our_page(&headers)?;
    let login: Login = body.json()?;
    let (clerk, counter) = (name(login.clerk)?, name(login.desk)?);
    let now = desk.now();
    desk.attempts.begin(caller.ip(), now).map_err(|wait| {
        let status = StatusCode::TOO_MANY_REQUESTS;
        Refusal::new(status, "slow_down", "too many wrong passwords: wait and try again").after(wait)
    })?;
    let kept = desk.database.run(password::kept).await?;
    let fits = tokio::task::spawn_blocking(move || {
        kept.is_some_and(|sealed| password::fits(&login.password, &sealed))
    });
    if !fits.await.unwrap_or(false) {
        return Err(Refusal::new(StatusCode::UNAUTHORIZED, "wrong_password", "the password is wrong"));
    }
    desk.attempts.succeeded(caller.ip());
    let mut token = [0; 32];
    SystemRandom::new().fill(&mut token).map_err(|_| Refusal::broken("random", "no random bytes"))?;
    let session = Session {
        hash: hash(&token),
        desk: counter.unwrap_or_else(|| desk.name.clone()),
        clerk,
        until: now.plus_seconds(LIFE),
    };
    let kept = session.clone();
    desk.database.run(move |statements| keep(statements, &kept)).await?;
    desk.sessions.put(session, now);
    let cookie = format!(
        "{NAME}={}; Path=/; HttpOnly; SameSite=Strict; Max-Age={LIFE}",
        URL_SAFE_NO_PAD.encode(token)
    );
    Ok((StatusCode::NO_CONTENT, [(SET_COOKIE, cookie)]).into_response())
}

/// `GET /api/session`
pub(crate) async fn who(State(desk): State<Shared>, session: Session) -> Answered {
    Ok(Json(json!({"desk": session.desk, "clerk": session.clerk, "facility": desk.facility})))
}

/// `DELETE /api/session`
pub(crate) async fn log_out(State(desk): State<Shared>, session: Session) -> Result<Response, Refusal> {
    let hash = session.hash;
    let delete = "DELETE FROM sessions WHERE token = $1";
    desk.database.run(move |statements| statements.execute(delete, &[hash[..].into()])).await?;
    desk.sessions.remove(&hash);
    let gone = format!("{NAME}=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0");
    Ok((StatusCode::NO_CONTENT, [(SET_COOKIE, gone)]).into_response())
}

/// Calls that change something carry a header that no foreign page can send without asking first.
fn from_our_page(headers: &HeaderMap) -> Result<(), Refusal> {
    if headers.get("x-sen-desk").is_some_and(|value| value == "1") {
        return Ok(());
    }
    Err(Refusal::new(StatusCode::FORBIDDEN, "header_missing", "the header X-Sen-Desk: 1 is missing"))
}

impl FromRequestParts<Shared> for Session {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, desk: &Shared) -> Result<Self, Refusal> {
        let refused = Refusal::new(StatusCode::UNAUTHORIZED, "no_session", "log in first");
        let token = token(&parts.headers).ok_or(refused)?;
        let (hash, now) = (hash(&token), desk.now());
        let session = match desk.sessions.get(&hash, now) {
            Some(session) => session,
            None => look_up(desk, hash, now).await?.ok_or(refused)?,
        };
        if session.until <= now {
            return Err(refused);
        }
        if parts.method != Method::GET {
            from_our_page(&parts.headers)?;
        }
        Ok(session)
    }
}

async fn look_up(desk: &Arc<Desk>, hash: Hash, now: Timestamp) -> Result<Option<Session>, Refusal> {
    desk.sessions.remove(&hash);
    let found = desk.database.run(move |statements| load(statements, hash)).await?;
    if let Some(session) = &found {
        desk.sessions.put(session.clone(), now);
    }
    Ok(found)
}

fn token(headers: &HeaderMap) -> Option<Vec<u8>> {
    let cookies = headers.get_all(COOKIE).iter().filter_map(|line| line.to_str().ok());
    let mut pairs = cookies.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    let token = pairs.find_map(|(name, value)| (name == NAME).then_some(value))?;
    URL_SAFE_NO_PAD.decode(token).ok().filter(|token| token.len() == 32)
}

/// Only this is kept of a cookie: whoever reads the file cannot log in with it.
fn hash(token: &[u8]) -> Hash {
    let mut hash = [0; 32];
    hash.copy_from_slice(digest(&SHA256, token).as_ref());
    hash
}

/// A clerk's or a counter's name as it was given; nothing where it is blank.
pub(crate) fn name(given: Option<String>) -> Result<Option<String>, Refusal> {
    let given = given.map(|name| name.trim().to_owned()).filter(|name| !name.is_empty());
    let fits = |name: &String| name.chars().count() <= LONGEST_NAME && !name.chars().any(char::is_control);
    if given.as_ref().is_none_or(fits) {
        return Ok(given);
    }
    Err(Refusal::malformed("a name has at most 64 characters"))
}

fn keep(statements: &mut dyn Statements, session: &Session) -> Result<(), DatabaseError> {
    let values = [
        session.hash[..].into(),
        session.desk.as_str().into(),
        session.clerk.clone().into(),
        session.until.as_unix().into(),
    ];
    statements.execute("INSERT INTO sessions VALUES ($1, $2, $3, $4)", &values).map(drop)
}

fn load(statements: &mut dyn Statements, hash: Hash) -> Result<Option<Session>, DatabaseError> {
    let query = "SELECT desk, clerk, until FROM sessions WHERE token = $1";
    let rows = statements.query(query, &[hash[..].into()])?;
    let session = rows.first().map(|row| {
        let until = Timestamp::from_unix(row.int(2)?);
        Ok(Session { hash, desk: row.text(0)?, clerk: row.maybe_text(1)?, until })
    });
    session.transpose()
}
