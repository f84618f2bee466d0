//! Refusals: a status, a stable code, a sentence, and sometimes one more member.
use axum::Json;
use axum::http::StatusCode;
use axum::http::header::CACHE_CONTROL;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

/// A refusal as RFC 6749, 5.2 writes it.
#[derive(Clone, Debug)]
pub(super) struct Refusal {
    status: StatusCode,
    code: &'static str,
    description: &'static str,
    more: Option<(&'static str, Value)>,
}

impl Refusal {
    /// The caller did something wrong.
    pub(super) const fn new(code: &'static str, description: &'static str) -> Self {
        Self { status: StatusCode::BAD_REQUEST, code, description, more: None }
    }

    /// The caller may not do this.
    pub(super) const fn unauthorised(code: &'static str, description: &'static str) -> Self {
        Self { status: StatusCode::UNAUTHORIZED, code, description, more: None }
    }

    /// The sandbox itself is broken.
    pub(super) const fn broken() -> Self {
        Self {
            status: StatusCode::INTERNAL_SERVER_ERROR,
            code: "server_error",
            description: "the sandbox failed",
            more: None,
        }
    }

    pub(super) fn with(mut self, name: &'static str, value: Value) -> Self {
        self.more = Some((name, value));
        self
    }
}

impl From<rusqlite::Error> for Refusal {
    fn from(_: rusqlite::Error) -> Self {
        Self::broken()
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let mut body = json!({"error": self.code, "error_description": self.description});
        if let (Some((name, value)), Some(members)) = (self.more, body.as_object_mut()) {
            members.insert(name.to_owned(), value);
        }
        (self.status, [(CACHE_CONTROL, "no-store")], Json(body)).into_response()
    }
}

/// An answer that nobody may keep.
pub(super) fn fresh(body: Value) -> Response {
    ([(CACHE_CONTROL, "no-store")], Json(body)).into_response()
}

pub(super) type Answer = Result<Response, Refusal>;
