//! One answer, read completely and within the limit.

use std::time::SystemTime;

use http::header::{DATE, HeaderMap, HeaderName, RETRY_AFTER, WWW_AUTHENTICATE};
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
    /// in the body. Who takes tokens of several schemes has a challenge for each, in fields of their own or in one (RFC 9110 section
    /// 11.6.1): the first that names an error counts.
    fn challenge_error(&self) -> Option<&str> {
        let fields = self.headers.get_all(WWW_AUTHENTICATE).iter().filter_map(|value| value.to_str().ok());
        let mut parts =
            fields.flat_map(|field| field.split(',')).map(|part| match part.trim().split_once(' ') {
                // The first parameter of a challenge stands behind its scheme.
                Some((scheme, parameter)) if !scheme.contains('=') => parameter.trim_start(),
                _ => part.trim(),
            });
        parts.find_map(|one| one.strip_prefix("error=\"")?.strip_suffix('"'))
    }

    /// `Retry-After` in seconds (RFC 9110 section 10.2.3). A date counts from the one in `Date` of the same answer, so that our
    /// clock plays no part; without that it says nothing.
    pub(crate) fn retry_after(&self) -> Option<u32> {
        let asked = self.header(RETRY_AFTER.as_str())?.trim();
        if let Ok(seconds) = asked.parse() {
            return Some(seconds);
        }
        let pause = self.date(&RETRY_AFTER)?.duration_since(self.date(&DATE)?).unwrap_or_default();
        Some(u32::try_from(pause.as_secs()).unwrap_or(u32::MAX))
    }

    fn date(&self, name: &HeaderName) -> Option<SystemTime> {
        httpdate::parse_http_date(self.header(name.as_str())?).ok()
    }
}

#[cfg(test)]
mod tests {
    use http::header::HeaderValue;

    use super::*;

    fn refused(challenges: &[&'static str], body: &[u8]) -> ServerCode {
        let mut headers = HeaderMap::new();
        for challenge in challenges {
            headers.append(WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
        }
        Response { status: 401, headers, body: body.to_vec() }.success().unwrap_err().server_code()
    }

    #[test]
    fn reads_the_code_of_a_resource_server_from_the_header_where_the_body_has_none() {
        let nonce = "DPoP algs=\"ES256\", error=\"use_dpop_nonce\", error_description=\"x\"";
        assert_eq!(refused(&[nonce], b""), ServerCode::UseDpopNonce);
        assert_eq!(refused(&[nonce], br#"{"error":"invalid_token"}"#), ServerCode::InvalidToken);
        for silent in [&["DPoP"][..], &[], &["Bearer error"], &["Bearer realm=\"error=\""]] {
            assert_eq!(refused(silent, b""), ServerCode::None, "{silent:?}");
        }
    }

    #[test]
    fn reads_the_code_of_a_resource_server_from_whichever_challenge_has_it() {
        let nonce = "DPoP error=\"use_dpop_nonce\", algs=\"ES256\"";
        for challenges in [
            &["Bearer realm=\"a\"", nonce][..],
            &["Bearer", nonce],
            &[nonce, "Bearer error=\"invalid_token\""],
            &["Bearer realm=\"a\", DPoP error=\"use_dpop_nonce\""],
        ] {
            assert_eq!(refused(challenges, b""), ServerCode::UseDpopNonce, "{challenges:?}");
        }
    }

    fn pause(retry_after: &'static str, date: Option<&'static str>) -> Option<u32> {
        let value = HeaderValue::from_static;
        let mut headers = HeaderMap::from_iter([(RETRY_AFTER, value(retry_after))]);
        headers.extend(date.map(|date| (DATE, value(date))));
        Response { status: 429, headers, body: Vec::new() }.retry_after()
    }

    #[test]
    fn reads_a_pause_in_seconds() {
        assert_eq!(pause(" 120 ", None), Some(120));
        for text in ["", "-1", "1.5", "soon", "4294967296"] {
            assert_eq!(pause(text, None), None, "{text}");
        }
    }

    #[test]
    fn reads_a_pause_until_a_date_by_the_servers_clock() {
        let sent = Some("Sun, 06 Nov 1994 08:49:37 GMT");
        assert_eq!(pause("Sun, 06 Nov 1994 08:51:37 GMT", sent), Some(120));
        // The forms that RFC 9110 section 5.6.7 calls obsolete.
        assert_eq!(pause("Sunday, 06-Nov-94 08:49:38 GMT", sent), Some(1));
        assert_eq!(pause("Sun Nov  6 08:49:38 1994", sent), Some(1));
        assert_eq!(pause("Sun, 06 Nov 1994 08:00:00 GMT", sent), Some(0));
        assert_eq!(pause("Fri, 31 Dec 9999 23:59:59 GMT", sent), Some(u32::MAX));
        assert_eq!(pause("Sun, 06 Nov 1994 08:51:37 GMT", None), None);
        assert_eq!(pause("Sun, 06 Nov 1994 08:51:37 GMT", Some("now")), None);
        assert_eq!(pause("Sun, 36 Nov 1994 08:51:37 GMT", sent), None);
    }
}
