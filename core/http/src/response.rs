//! One answer, read completely and within the limit.

use reqwest::header::{HeaderMap, RETRY_AFTER, WWW_AUTHENTICATE};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use crate::{Error, MalformedReason, Refusal, ServerCode, parse_json};

/// An answer of any status but a redirect.
#[derive(Debug, Clone)]
pub struct Response {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

/// The members of an error body (RFC 6749 section 5.2) that are acted on; the rest, and any text, is left behind.
#[derive(Deserialize, Default)]
struct ErrorBody {
    error: Option<String>,
    reason: Option<String>,
    attempts_left: Option<u32>,
}

impl Response {
    /// The HTTP status.
    pub fn status(&self) -> u16 {
        self.status
    }

    /// The bytes of the body.
    pub fn body(&self) -> &[u8] {
        &self.body
    }

    /// The body, given away.
    pub fn into_body(self) -> Vec<u8> {
        self.body
    }

    /// A header by name, where it is visible ASCII.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// The body as UTF-8.
    pub fn text(&self) -> Result<&str, Error> {
        std::str::from_utf8(&self.body).map_err(|_| Error::Malformed(MalformedReason::Text))
    }

    /// The body as JSON without duplicated members.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, Error> {
        parse_json(&self.body)
    }

    /// This answer where its status is 2xx.
    ///
    /// # Errors
    /// [`Error::Status`] with what the error body says.
    pub fn success(self) -> Result<Self, Error> {
        if (200..300).contains(&self.status) {
            return Ok(self);
        }
        let body: ErrorBody = self.json().unwrap_or_default();
        let code = body.error.as_deref().or_else(|| self.challenge_error());
        Err(Error::Status(Box::new(Refusal {
            status: self.status,
            code: ServerCode::from(code),
            reason: ServerCode::from(body.reason.as_deref()),
            attempts_left: body.attempts_left,
            retry_after: self.retry_after(),
        })))
    }

    /// The parameter `error` of `WWW-Authenticate` (RFC 6750 section 3, RFC 9449 section 7.1): a resource server need not say it
    /// in the body.
    fn challenge_error(&self) -> Option<&str> {
        let challenge = self.header(WWW_AUTHENTICATE.as_str())?;
        let parameters = challenge.split_once(' ')?.1.split(',');
        parameters.map(str::trim).find_map(|one| one.strip_prefix("error=\"")?.strip_suffix('"'))
    }

    /// `Retry-After` in seconds. The form with a date is not read: its use depends on two clocks.
    pub(crate) fn retry_after(&self) -> Option<u32> {
        self.headers
            .get(RETRY_AFTER)
            .and_then(|value| value.to_str().ok())
            .and_then(|text| text.trim().parse().ok())
    }
}

#[cfg(test)]
mod tests {
    use reqwest::header::HeaderValue;

    use super::*;

    fn refused(challenge: &'static str, body: &[u8]) -> ServerCode {
        let headers = HeaderMap::from_iter([(WWW_AUTHENTICATE, HeaderValue::from_static(challenge))]);
        Response { status: 401, headers, body: body.to_vec() }.success().unwrap_err().server_code()
    }

    #[test]
    fn reads_the_code_of_a_resource_server_from_the_header_where_the_body_has_none() {
        let nonce = "DPoP algs=\"ES256\", error=\"use_dpop_nonce\", error_description=\"x\"";
        assert_eq!(refused(nonce, b""), ServerCode::UseDpopNonce);
        assert_eq!(refused(nonce, br#"{"error":"invalid_token"}"#), ServerCode::InvalidToken);
        assert_eq!(refused("DPoP", b""), ServerCode::None);
    }
}
