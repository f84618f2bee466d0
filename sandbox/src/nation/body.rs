//! Bodies of requests: bounded, of the type that was announced, and refused in our own words.
use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use serde::de::DeserializeOwned;

use super::answer::Refusal;

/// No body is longer, in bytes.
pub(super) const LONGEST: usize = 512 * 1024;

/// The refusal of a longer body.
pub(super) const fn too_large() -> Refusal {
    Refusal::new("too_large", "the body is longer than anything that is asked here")
        .of_status(StatusCode::PAYLOAD_TOO_LARGE)
}

const FORM: &str = "application/x-www-form-urlencoded";

/// A request's body and its media type.
pub(super) struct Body {
    media_type: String,
    bytes: Bytes,
}

impl<S: Send + Sync> FromRequest<S> for Body {
    type Rejection = Refusal;

    async fn from_request(request: Request, state: &S) -> Result<Self, Refusal> {
        let named = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
        let media_type = named.and_then(|named| named.split(';').next()).unwrap_or_default();
        let media_type = media_type.trim().to_ascii_lowercase();
        let bytes = Bytes::from_request(request, state).await.map_err(|_| too_large())?;
        Ok(Self { media_type, bytes })
    }
}

impl Body {
    /// The body as a JSON record, else a refusal with this code.
    pub(super) fn json<T: DeserializeOwned>(&self, code: &'static str) -> Result<T, Refusal> {
        let refused = Refusal::new(code, "the body is not the JSON that is asked here");
        if self.media_type != "application/json" {
            return Err(refused);
        }
        serde_json::from_slice(&self.bytes).map_err(|_| refused)
    }

    /// Whether the body says that it is a form.
    pub(super) fn is_form(&self) -> bool {
        self.media_type == FORM
    }

    /// The body as a form, else `invalid_request`. A field that stands twice is refused (RFC 6749, 3.2).
    pub(super) fn form<T: DeserializeOwned>(&self) -> Result<T, Refusal> {
        let refused = Refusal::new("invalid_request", "the body is not the form that is asked here");
        if !self.is_form() {
            return Err(refused);
        }
        let mut fields = serde_json::Map::new();
        for (name, value) in url::form_urlencoded::parse(&self.bytes) {
            if fields.insert(name.into_owned(), value.into_owned().into()).is_some() {
                return Err(refused);
            }
        }
        T::deserialize(serde_json::Value::Object(fields)).map_err(|_| refused)
    }
}
