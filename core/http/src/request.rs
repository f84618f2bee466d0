//! One request, before it is sent.

use http::Method;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use serde::Serialize;
use url::Url;

use crate::Error;

/// What is asked of a server. Nothing is sent before a [`Client`](crate::Client) takes it.
#[derive(Clone)]
pub struct Request {
    pub(crate) method: Method,
    pub(crate) url: Url,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
    pub(crate) idempotent: bool,
    pub(crate) limit: Option<usize>,
}

impl Request {
    /// A GET, which is idempotent.
    ///
    /// # Errors
    /// [`Error::BadAddress`] for anything but a https URL with a host and without user name.
    pub fn get(address: &str) -> Result<Self, Error> {
        Ok(Self { idempotent: true, ..Self::new(Method::GET, address)? })
    }

    /// A POST without body.
    pub fn post(address: &str) -> Result<Self, Error> {
        Self::new(Method::POST, address)
    }

    /// A POST of `body` as `application/json`.
    pub fn post_json<T: Serialize + ?Sized>(address: &str, body: &T) -> Result<Self, Error> {
        let body = serde_json::to_vec(body).map_err(|_| Error::Bug)?;
        Ok(Self::new(Method::POST, address)?.with_body("application/json", body))
    }

    /// A POST of name and value pairs as `application/x-www-form-urlencoded`.
    pub fn post_form(address: &str, fields: &[(&str, &str)]) -> Result<Self, Error> {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        Ok(Self::new(Method::POST, address)?
            .with_body("application/x-www-form-urlencoded", body.into_bytes()))
    }

    /// A POST of these bytes as this media type.
    pub fn post_body(address: &str, content_type: &'static str, body: Vec<u8>) -> Result<Self, Error> {
        Ok(Self::new(Method::POST, address)?.with_body(content_type, body))
    }

    fn new(method: Method, address: &str) -> Result<Self, Error> {
        let url = Url::parse(address).map_err(|_| Error::BadAddress)?;
        let plain = url.scheme() == "https"
            && url.has_host()
            && url.username().is_empty()
            && url.password().is_none()
            && url.fragment().is_none();
        if !plain {
            return Err(Error::BadAddress);
        }
        let headers = HeaderMap::from_iter([(ACCEPT, HeaderValue::from_static("application/json"))]);
        Ok(Self { method, url, headers, body: Vec::new(), idempotent: false, limit: None })
    }

    fn with_body(mut self, content_type: &'static str, body: Vec<u8>) -> Self {
        self.headers.insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
        self.body = body;
        self
    }

    /// Sets a header, in place of an earlier one of that name.
    ///
    /// # Errors
    /// [`Error::Bug`] where the value cannot stand in a header.
    pub fn header(mut self, name: &'static str, value: &str) -> Result<Self, Error> {
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|_| Error::Bug)?;
        let mut value = HeaderValue::from_str(value).map_err(|_| Error::Bug)?;
        value.set_sensitive(name == AUTHORIZATION);
        self.headers.insert(name, value);
        Ok(self)
    }

    /// Sets the access token (RFC 6750 section 2.1).
    pub fn bearer(self, token: &str) -> Result<Self, Error> {
        self.header("authorization", &format!("Bearer {token}"))
    }

    /// Says that sending this request twice has the effect of sending it once, so that it may be repeated.
    #[must_use]
    pub fn idempotent(mut self) -> Self {
        self.idempotent = true;
        self
    }

    /// Reads at most `bytes` of body instead of the client's limit.
    #[must_use]
    pub fn limit(mut self, bytes: usize) -> Self {
        self.limit = Some(bytes);
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_addresses_that_are_not_plain_https() {
        for address in [
            "http://127.0.0.1/",
            "ftp://example.vn/",
            "https://user@example.vn/",
            "https://user:word@example.vn/",
            "https://example.vn/#part",
            "//example.vn",
            "data:text/plain,x",
            "",
        ] {
            assert_eq!(Request::get(address).err(), Some(Error::BadAddress), "{address}");
        }
    }

    #[test]
    fn refuses_a_header_value_with_a_line_break() {
        let request = Request::get("https://example.vn/").unwrap();
        assert_eq!(request.bearer("a\r\nx-injected: 1").err(), Some(Error::Bug));
    }

    #[test]
    fn encodes_form_fields() {
        let request = Request::post_form("https://example.vn/token", &[("a", "1 &2"), ("b", "ễ")]).unwrap();
        assert_eq!(request.body, b"a=1+%262&b=%E1%BB%85");
    }
}
