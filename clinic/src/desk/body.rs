//! Bodies of calls: bounded, of the type that was announced, and refused in our own words.
use axum::body::Bytes;
use axum::extract::{FromRequest, Request};
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use serde::de::DeserializeOwned;

use super::refusal::Refusal;

/// No body but a picture is longer, in bytes.
pub(crate) const LONGEST: usize = 1 << 20;
/// No picture is longer, in bytes.
pub(crate) const LONGEST_PICTURE: usize = 16 << 20;

/// The refusal of a longer body.
pub(crate) const fn too_large() -> Refusal {
    Refusal::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", "the body is longer than anything asked here")
}

/// A call's body and its media type.
pub(crate) struct Body {
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
    /// The body as a JSON record.
    pub(crate) fn json<T: DeserializeOwned>(&self) -> Result<T, Refusal> {
        if self.media_type != "application/json" {
            return Err(Refusal::new(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "media_type",
                "JSON is expected: Content-Type: application/json",
            ));
        }
        serde_json::from_slice(&self.bytes)
            .map_err(|_| Refusal::malformed("the body is not the JSON that is asked here"))
    }

    /// The body as it is.
    pub(crate) fn into_bytes(self) -> Bytes {
        self.bytes
    }
}
