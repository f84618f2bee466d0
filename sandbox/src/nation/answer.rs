//! Answers: JSON that nobody keeps, and refusals as RFC 6749, 5.2 writes them.
use axum::Json;
use axum::http::header::{ACCEPT, CACHE_CONTROL, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::database::DatabaseError;

/// A refusal: a status, a stable code, a sentence, and sometimes one more member.
#[derive(Clone, Debug)]
pub(super) struct Refusal {
    status: StatusCode,
    code: &'static str,
    description: &'static str,
    more: Option<(&'static str, Value)>,
    wait_seconds: Option<i64>,
}

impl Refusal {
    /// The caller did something wrong.
    pub(super) const fn new(code: &'static str, description: &'static str) -> Self {
        Self { status: StatusCode::BAD_REQUEST, code, description, more: None, wait_seconds: None }
    }

    /// The caller may not do this.
    pub(super) const fn unauthorised(code: &'static str, description: &'static str) -> Self {
        Self::new(code, description).of_status(StatusCode::UNAUTHORIZED)
    }

    /// Too many are asking: nothing was done, and the same request is welcome after so many seconds.
    pub(super) const fn wait(code: &'static str, description: &'static str, seconds: i64) -> Self {
        let mut refusal = Self::new(code, description).of_status(StatusCode::TOO_MANY_REQUESTS);
        refusal.wait_seconds = Some(seconds);
        refusal
    }

    /// Says when to ask again, with a new message: this one was used up. No 429, after which clients repeat by themselves.
    pub(super) const fn after_seconds(mut self, seconds: i64) -> Self {
        self.wait_seconds = Some(seconds);
        self.of_status(StatusCode::FORBIDDEN)
    }

    /// As [`Refusal::after_seconds`] where whoever refused could not know that a message was used up before.
    pub(super) const fn with_a_new_message(self) -> Self {
        match self.wait_seconds {
            Some(seconds) => self.after_seconds(seconds),
            None => self,
        }
    }

    /// The sandbox itself is broken.
    pub(super) const fn broken() -> Self {
        Self::new("server_error", "the sandbox failed").of_status(StatusCode::INTERNAL_SERVER_ERROR)
    }

    /// The stable code.
    pub(super) const fn code(&self) -> &'static str {
        self.code
    }

    /// What happened, in English.
    pub(super) const fn description(&self) -> &'static str {
        self.description
    }

    pub(super) const fn of_status(mut self, status: StatusCode) -> Self {
        self.status = status;
        self
    }

    pub(super) fn with(mut self, name: &'static str, value: Value) -> Self {
        self.more = Some((name, value));
        self
    }
}

/// Without a time to come back: what the request came with, a challenge or a code, may be used up, and clients that read a time
/// send the very same again.
impl From<DatabaseError> for Refusal {
    fn from(error: DatabaseError) -> Self {
        match error {
            DatabaseError::Unreachable | DatabaseError::InUse => {
                let refusal = Self::new("database", "the sandbox's database is away at the moment");
                refusal.of_status(StatusCode::SERVICE_UNAVAILABLE)
            }
            _ => Self::broken(),
        }
    }
}

impl From<super::SandboxError> for Refusal {
    fn from(_: super::SandboxError) -> Self {
        Self::broken()
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut body = json!({"error": self.code, "error_description": self.description});
        if let (Some((name, value)), Some(members)) = (self.more, body.as_object_mut()) {
            members.insert(name.to_owned(), value);
        }
        let mut response = (self.status, [(CACHE_CONTROL, "no-store")], Json(body)).into_response();
        if let Some(seconds) = self.wait_seconds {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds.max(1)));
        }
        if self.status == StatusCode::UNAUTHORIZED {
            // RFC 6750, 3: how to be let in.
            let challenge = HeaderValue::from_str(&format!("Bearer error=\"{}\"", self.code));
            if let Ok(challenge) = challenge {
                response.headers_mut().insert(WWW_AUTHENTICATE, challenge);
            }
        }
        response
    }
}

impl Refusal {
    /// Told on a page, which gets its status and its time to come back.
    pub(super) fn on(self, mut page: Response) -> Response {
        let answer = self.into_response();
        *page.status_mut() = answer.status();
        if let Some(wait) = answer.headers().get(RETRY_AFTER) {
            page.headers_mut().insert(RETRY_AFTER, wait.clone());
        }
        page
    }
}

/// Whether whoever asks wants JSON and no page.
pub(super) fn wants_json(headers: &HeaderMap) -> bool {
    let accepted = headers.get(ACCEPT).and_then(|value| value.to_str().ok());
    accepted.is_some_and(|accepted| accepted.contains("application/json"))
}

/// An answer that nobody may keep.
pub(super) fn fresh(body: Value) -> Response {
    ([(CACHE_CONTROL, "no-store")], Json(body)).into_response()
}

pub(super) type Answer = Result<Response, Refusal>;

/// There is nothing at this address.
pub(super) async fn nowhere() -> Refusal {
    Refusal::new("not_found", "there is nothing at this address").of_status(StatusCode::NOT_FOUND)
}

/// The address is right and the method is not.
pub(super) async fn wrong_method() -> Refusal {
    Refusal::new("method_not_allowed", "this address is asked in another way")
        .of_status(StatusCode::METHOD_NOT_ALLOWED)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked_back(refusal: Refusal) -> (u16, Option<String>) {
        let response = refusal.into_response();
        let wait = response.headers().get(RETRY_AFTER).map(|wait| wait.to_str().unwrap().to_owned());
        (response.status().as_u16(), wait)
    }

    /// Clients send the same again after a 429 or 503 that names a time: a challenge that is used up would then be unknown.
    #[test]
    fn names_a_time_to_send_the_same_again_only_where_nothing_was_used_up() {
        let busy = || Refusal::wait("slow_down", "too many are asking", 5);
        assert_eq!(asked_back(busy()), (429, Some("5".to_owned())));
        assert_eq!(asked_back(busy().with_a_new_message()), (403, Some("5".to_owned())));
        assert_eq!(asked_back(Refusal::broken().with_a_new_message()), (500, None));
        for away in [DatabaseError::Unreachable, DatabaseError::InUse] {
            assert_eq!(asked_back(away.into()), (503, None));
        }
    }
}
