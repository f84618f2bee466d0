//! Limits, so that nobody who sends much or slowly keeps the desk from its work, and the headers of every answer.
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderName, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use tokio::sync::Semaphore;

use super::body;
use super::refusal::Refusal;

/// Calls that are worked on at once.
const CALLS: usize = 256;
/// The longest that a body may take to come.
const SLOWEST: Duration = Duration::from_secs(15);
/// The longest that an answer may take; the national portal is slow.
const LONGEST: Duration = Duration::from_mins(1);

/// The page runs its own scripts and our WebAssembly, shows pictures that it made, and cannot be framed.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'self'; img-src 'self' data: blob:; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; \
     frame-ancestors 'none'; base-uri 'none'; form-action 'self'",
);

/// Room for calls.
#[derive(Clone)]
pub(crate) struct Room(Arc<Semaphore>);

impl Room {
    pub(crate) fn new() -> Self {
        Self(Arc::new(Semaphore::new(CALLS)))
    }
}

/// Takes the whole body, then gives the call its room and its time.
pub(crate) async fn bound(State(room): State<Room>, request: Request, next: Next) -> Response {
    let (head, body) = request.into_parts();
    let longest =
        if head.uri.path() == "/api/checks/picture" { body::LONGEST_PICTURE } else { body::LONGEST };
    // Read before room is taken: whoever sends slowly keeps nobody else out.
    let octets = match tokio::time::timeout(SLOWEST, axum::body::to_bytes(body, longest)).await {
        Ok(Ok(octets)) => octets,
        Ok(Err(_)) => return body::too_large().into_response(),
        Err(_) => {
            let status = StatusCode::REQUEST_TIMEOUT;
            return Refusal::new(status, "too_slow", "the body did not come in time").into_response();
        }
    };
    let Ok(_permit) = room.0.try_acquire() else {
        let status = StatusCode::SERVICE_UNAVAILABLE;
        return Refusal::new(status, "busy", "too many calls at once").after(1).into_response();
    };
    let call = next.run(Request::from_parts(head, Body::from(octets)));
    tokio::time::timeout(LONGEST, call).await.unwrap_or_else(|_| {
        Refusal::new(StatusCode::GATEWAY_TIMEOUT, "too_slow", "no answer in time").into_response()
    })
}

/// What every answer says to the browser.
pub(crate) async fn headers(request: Request, next: Next) -> Response {
    let is_data = request.uri().path().starts_with("/api");
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.insert(CONTENT_SECURITY_POLICY, POLICY);
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    headers.insert(
        HeaderName::from_static("permissions-policy"),
        HeaderValue::from_static("camera=(self), serial=(self), microphone=(), geolocation=()"),
    );
    if is_data {
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    response
}
