//! Refusals as the page gets them: a status, a stable code, a sentence. Nothing of a person is in any of them.
use axum::Json;
use axum::http::header::RETRY_AFTER;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use crate::database::DatabaseError;

/// Why a call was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    status: StatusCode,
    code: &'static str,
    message: &'static str,
    wait_seconds: Option<u64>,
}

/// What a call answers.
pub(crate) type Answered = Result<Json<Value>, Refusal>;

impl Refusal {
    pub(crate) const fn new(status: StatusCode, code: &'static str, message: &'static str) -> Self {
        Self { status, code, message, wait_seconds: None }
    }

    /// The call is not of the documented form.
    pub(crate) const fn malformed(message: &'static str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "malformed", message)
    }

    /// There is nothing of that name.
    pub(crate) const fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", "there is nothing at this address")
    }

    /// The thing is there and does not allow this.
    pub(crate) const fn conflict(code: &'static str, message: &'static str) -> Self {
        Self::new(StatusCode::CONFLICT, code, message)
    }

    /// The desk itself is broken: nothing was accepted.
    pub(crate) const fn broken(code: &'static str, message: &'static str) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, code, message)
    }

    /// Come back after so many seconds.
    pub(crate) const fn after(mut self, seconds: u64) -> Self {
        self.wait_seconds = Some(seconds);
        self
    }
}

impl From<DatabaseError> for Refusal {
    fn from(error: DatabaseError) -> Self {
        match error {
            DatabaseError::Conflict => {
                Self::broken("busy", "another desk was at the same data: try again").after(1)
            }
            _ => Self::broken("database", "the desk's data cannot be read or written: nothing was accepted"),
        }
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let body = json!({"error": {"code": self.code, "message": self.message}});
        let mut response = (self.status, Json(body)).into_response();
        if let Some(seconds) = self.wait_seconds {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}
