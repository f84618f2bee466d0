//! The answer on its way: the wallet's form, and the verifier that opens it (OpenID4VP 1.0, sections 8.2, 8.3 and 8.5).

use std::collections::BTreeMap;

use credential::jose::jwe::{DecryptionKey, Jwe, JweError, Parties, encrypt};
use credential::jose::parse_json;
use serde_json::{Map, Value};
use url::form_urlencoded;

use super::{ReplyTo, RequestError, VerifiedRequest, VpToken};

/// No answer is longer, in bytes.
pub const LONGEST_RESPONSE: usize = 1 << 20;

/// What the wallet posts as `application/x-www-form-urlencoded`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Form {
    /// Where: https. Redirects are not followed.
    pub address: String,
    /// Names and values.
    pub fields: Vec<(&'static str, String)>,
}

/// Why the wallet answers with no presentation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The person declined, or the wallet has not what is asked for: the verifier cannot tell which (section 15.5.1).
    AccessDenied,
    /// The request is at fault.
    Request(RequestError),
}

impl VerifiedRequest {
    /// The form with the presentations, encrypted where the request wants that.
    ///
    /// # Errors
    /// [`JweError`] where the system gives no random bytes.
    pub fn answer(&self, vp_token: &VpToken) -> Result<Form, JweError> {
        let mut payload = Map::from_iter([("vp_token".to_owned(), vp_token.to_json())]);
        if let Some(state) = &self.reply_to().state {
            payload.insert("state".to_owned(), Value::String(state.clone()));
        }
        let fields = match self.encryption_key() {
            Some(key) => {
                let payload = Value::Object(payload).to_string();
                let to = key.jwk().key();
                let jwe = encrypt(to, key.kid(), key.content(), Parties::default(), payload.as_bytes())?;
                vec![("response", jwe)]
            }
            None => self.reply_to().fields([("vp_token", vp_token.to_json().to_string())]),
        };
        Ok(Form { address: self.reply_to().response_uri.clone(), fields })
    }
}

impl ReplyTo {
    /// The form that says no. Errors are never encrypted.
    pub fn refusal(&self, refusal: Refusal) -> Form {
        let code = match refusal {
            Refusal::AccessDenied => "access_denied",
            Refusal::Request(error) => error.code(),
        };
        Form { address: self.response_uri.clone(), fields: self.fields([("error", code.to_owned())]) }
    }

    fn fields(&self, first: [(&'static str, String); 1]) -> Vec<(&'static str, String)> {
        first.into_iter().chain(self.state.clone().map(|state| ("state", state))).collect()
    }
}

/// Why the verifier cannot read an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ResponseError {
    /// Not a form with exactly one of `vp_token`, `response`, `error`, or a field twice, or too long.
    #[error("not the form of an answer")]
    Form,
    /// `state` is not that of this session.
    #[error("the answer belongs to another session")]
    State,
    /// It is encrypted where it should not be, or not where it should.
    #[error("the answer is not encrypted as asked")]
    NotAsAsked,
    /// It cannot be decrypted.
    #[error("the answer cannot be decrypted: {0}")]
    Jwe(JweError),
    /// `vp_token` is malformed.
    #[error("the presentations are malformed")]
    VpToken,
}

/// An answer as the verifier reads it: presentations that are not verified yet, or a refusal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Opened {
    /// Presentations.
    Presentations(VpToken),
    /// The wallet said no.
    Refused(RefusalCode),
}

/// What a wallet says instead of presenting (section 8.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RefusalCode {
    /// `access_denied`.
    AccessDenied,
    /// `invalid_request`, and every other code that faults the request.
    InvalidRequest,
    /// `invalid_transaction_data`.
    InvalidTransactionData,
    /// `vp_formats_not_supported`.
    FormatsNotSupported,
    /// Another code.
    Other,
}

/// Opens the body of a POST to the `response_uri` of one session. `key` is the one made for it, consumed here: a session takes
/// one answer.
///
/// # Errors
/// [`ResponseError`].
pub fn open(body: &[u8], state: &str, key: Option<DecryptionKey>) -> Result<Opened, ResponseError> {
    let mut fields = fields(body)?;
    let mut take = |name: &str| fields.remove(name);
    let (plain, encrypted, error, posted_state) =
        (take("vp_token"), take("response"), take("error"), take("state"));
    match (plain, encrypted, error, key) {
        (None, None, Some(code), _) => {
            same(posted_state.as_deref(), state)?;
            Ok(Opened::Refused(RefusalCode::from_text(&code)))
        }
        (Some(plain), None, None, None) => {
            same(posted_state.as_deref(), state)?;
            let value = parse_json(plain.as_bytes()).map_err(|_| ResponseError::VpToken)?;
            VpToken::from_json(&value).map(Opened::Presentations).map_err(|_| ResponseError::VpToken)
        }
        (None, Some(jwe), None, Some(key)) => {
            let jwe = Jwe::parse(&jwe, LONGEST_RESPONSE).map_err(ResponseError::Jwe)?;
            let payload = jwe.open(key).map_err(ResponseError::Jwe)?;
            let payload = parse_json(&payload).map_err(|_| ResponseError::VpToken)?;
            same(payload.get("state").and_then(Value::as_str), state)?;
            let value = payload.get("vp_token").ok_or(ResponseError::VpToken)?;
            VpToken::from_json(value).map(Opened::Presentations).map_err(|_| ResponseError::VpToken)
        }
        (Some(_), None, None, Some(_)) | (None, Some(_), None, None) => Err(ResponseError::NotAsAsked),
        _ => Err(ResponseError::Form),
    }
}

fn same(posted: Option<&str>, expected: &str) -> Result<(), ResponseError> {
    if posted == Some(expected) { Ok(()) } else { Err(ResponseError::State) }
}

fn fields(body: &[u8]) -> Result<BTreeMap<String, String>, ResponseError> {
    if body.len() > LONGEST_RESPONSE {
        return Err(ResponseError::Form);
    }
    let mut fields = BTreeMap::new();
    for (name, value) in form_urlencoded::parse(body) {
        if fields.insert(name.into_owned(), value.into_owned()).is_some() {
            return Err(ResponseError::Form);
        }
    }
    Ok(fields)
}

impl RefusalCode {
    fn from_text(code: &str) -> Self {
        match code {
            "access_denied" => Self::AccessDenied,
            "invalid_transaction_data" => Self::InvalidTransactionData,
            "vp_formats_not_supported" => Self::FormatsNotSupported,
            "invalid_request" | "invalid_client" | "invalid_request_uri_method" | "invalid_scope" => {
                Self::InvalidRequest
            }
            _ => Self::Other,
        }
    }
}
