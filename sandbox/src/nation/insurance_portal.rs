//! A stand-in for the national insurance portal: the token call and the card look-up `KQNhanLichSuKCB2024` (Letter
//! 1923/BHXH-CNTT of 20 June 2024), answered from the register. Every person is insured as the register says, until the
//! operator sets another answer for one, or a fault for all.
//!
//! As at the portal, an answer has status 200 whatever its code `maKetQua`, and account and tokens may stand in the address.
mod card;

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::IntoResponse;
use serde::Deserialize;
use serde_json::{Value, json};
use trust::time::Timestamp;

use super::account::UNKNOWN_PERSON;
use super::answer::{Answer, Refusal, fresh};
use super::body::Body;
use super::register::Person;
use super::{Nation, Shared, random_text};

/// The sandbox's facility at the insurance portal.
pub const PORTAL_USER: &str = "00000_BV";
/// Its password: a word that stands nowhere else, so that it is found where it must not stand.
pub const PORTAL_PASSWORD: &str = "cong-tra-cuu-mau";
/// What is asked for: the MD5 of the password.
const PASSWORD_MD5: &str = "c96577cf3c149303c46832ab7951bb74";
/// Seconds that a token is good for.
const TOKEN_LIFE: i64 = 3600;
/// No fault keeps a caller waiting for longer, in milliseconds.
const SLOWEST: u64 = 30_000;

/// What the operator set, and the tokens that were given. A restart forgets both.
#[derive(Default)]
pub(super) struct Portal(Mutex<Standing>);

#[derive(Default)]
struct Standing {
    /// Access token to id token and end.
    tokens: HashMap<String, (String, i64)>,
    /// Personal number to the answer that was set.
    answers: HashMap<String, String>,
    fault: Fault,
}

/// What goes wrong at the portal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(tag = "fault", rename_all = "snake_case")]
enum Fault {
    /// Nothing.
    #[default]
    None,
    /// Answers late.
    Slow { milliseconds: u64 },
    /// Status 500 and a page.
    Broken,
    /// Status 200 and half a JSON text.
    BadJson,
    /// Forgets its tokens each time that it gave one.
    ForgetsTokens,
}

impl Portal {
    fn standing(&self) -> MutexGuard<'_, Standing> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[derive(Deserialize)]
struct Login {
    username: String,
    password: String,
}

/// `POST /api/token/take`.
pub(super) async fn take_token(State(nation): State<Shared>, body: Body) -> Answer {
    if let Some(answer) = go_wrong(&nation).await {
        return answer;
    }
    let Ok(login) = body.json::<Login>("invalid_request") else { return Ok(coded("205")) };
    if login.username != PORTAL_USER || !login.password.eq_ignore_ascii_case(PASSWORD_MD5) {
        return Ok(coded("401"));
    }
    let (access, id) = (random_text(32)?, random_text(32)?);
    let now = nation.now();
    let end = now.plus_seconds(TOKEN_LIFE);
    let mut standing = nation.insurance_portal.standing();
    standing.tokens.retain(|_, (_, end)| *end > now.as_unix());
    if standing.fault != Fault::ForgetsTokens {
        standing.tokens.insert(access.clone(), (id.clone(), end.as_unix()));
    }
    drop(standing);
    Ok(fresh(json!({
        "maKetQua": "200",
        "APIKey": {"access_token": access, "id_token": id, "token_type": "Bearer", "username": PORTAL_USER,
                   "expires_in": end.to_string()},
    })))
}

/// Who asks: in the address or in the body.
#[derive(Default)]
struct Caller {
    username: String,
    password: String,
    token: String,
    id_token: String,
}

impl Caller {
    fn of(query: Option<&str>, body: &Value) -> Self {
        let in_address: HashMap<String, String> =
            url::form_urlencoded::parse(query.unwrap_or_default().as_bytes()).into_owned().collect();
        let find = |name: &str| {
            let in_body = || body.get(name).and_then(Value::as_str).map(str::to_owned);
            in_address.get(name).cloned().or_else(in_body).unwrap_or_default()
        };
        Self {
            username: find("username"),
            password: find("password"),
            token: find("token"),
            id_token: find("id_token"),
        }
    }

    fn is_known(&self, portal: &Portal, now: Timestamp) -> bool {
        let standing = portal.standing();
        let token = standing.tokens.get(&self.token);
        token.is_some_and(|(id, end)| *id == self.id_token && *end > now.as_unix())
            && self.username == PORTAL_USER
            && self.password.eq_ignore_ascii_case(PASSWORD_MD5)
    }
}

/// `POST /api/egw/KQNhanLichSuKCB2024`.
pub(super) async fn look_up(State(nation): State<Shared>, RawQuery(query): RawQuery, body: Body) -> Answer {
    if let Some(answer) = go_wrong(&nation).await {
        return answer;
    }
    let body: Value = body.json("invalid_request").unwrap_or_default();
    if !Caller::of(query.as_deref(), &body).is_known(&nation.insurance_portal, nation.now()) {
        return Ok(coded("401"));
    }
    let Ok(question) = serde_json::from_value::<card::Question>(body) else { return Ok(coded("205")) };
    let set = |number: &str| nation.insurance_portal.standing().answers.get(number).cloned();
    let today = card::today(nation.now());
    let answer = nation.database.read(|statements| card::answer(statements, &question, set, today))?;
    Ok(match answer {
        Ok(answer) => fresh(answer),
        Err(code) => coded(&code),
    })
}

/// An answer that says nothing of a person.
fn coded(code: &str) -> axum::response::Response {
    fresh(json!({"maKetQua": code, "ghiChu": format!("Kết quả thử nghiệm {code}")}))
}

async fn go_wrong(nation: &Nation) -> Option<Answer> {
    let fault = nation.insurance_portal.standing().fault;
    match fault {
        Fault::None | Fault::ForgetsTokens => None,
        Fault::Slow { milliseconds } => {
            tokio::time::sleep(Duration::from_millis(milliseconds.min(SLOWEST))).await;
            None
        }
        Fault::Broken => {
            let page = (StatusCode::INTERNAL_SERVER_ERROR, "<html>Server Error in '/' Application.</html>");
            Some(Ok(page.into_response()))
        }
        Fault::BadJson => Some(Ok("{\"maKetQua\": \"000\", \"ghiChu\": \"Thẻ".into_response())),
    }
}

/// `POST /sandbox/insurance-fault`: what goes wrong from now on; every token is forgotten, and how many were in use is told.
pub(super) async fn set_fault(State(nation): State<Shared>, body: Body) -> Answer {
    let fault: Fault = body.json("invalid_request")?;
    let mut standing = nation.insurance_portal.standing();
    standing.fault = fault;
    let forgotten = standing.tokens.drain().count();
    Ok(fresh(json!({"done": true, "tokens": forgotten})))
}

#[derive(Deserialize)]
struct SetAnswer {
    number: String,
    code: Option<String>,
}

/// `POST /sandbox/insurance-answer`: the code with which a person's card is answered from now on; none lifts it.
pub(super) async fn set_answer(State(nation): State<Shared>, body: Body) -> Answer {
    let asked: SetAnswer = body.json("invalid_request")?;
    let three_digits = |code: &String| code.len() == 3 && code.bytes().all(|digit| digit.is_ascii_digit());
    if asked.code.as_ref().is_some_and(|code| !three_digits(code)) {
        return Err(Refusal::new("invalid_request", "a code has three digits"));
    }
    if nation.database.read(|statements| Person::find(statements, &asked.number))?.is_none() {
        return Err(UNKNOWN_PERSON);
    }
    let mut standing = nation.insurance_portal.standing();
    match asked.code {
        Some(code) => standing.answers.insert(asked.number, code),
        None => standing.answers.remove(&asked.number),
    };
    Ok(fresh(json!({"done": true})))
}
