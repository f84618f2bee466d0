//! What a request asks: the parameters of section 5, each checked before any is used.

use serde_json::{Map, Value};
use trust::time::Timestamp;

use super::encryption_key::EncryptionKey;
use super::request::{Expectation, ReplyTo, Requester};
use super::{
    ClientId, LONGEST_APPROVAL, RequestError, SKEW, TransactionData, TransactionError, VerifiedRegistration,
};
use crate::dcql::{Format, Query};

/// Bytes of `nonce` and `state`.
const LONGEST_NONCE: usize = 1024;

/// A request that the wallet may put to the person: built by [`verify`](super::verify) and [`read_unsigned`](super::read_unsigned)
/// alone.
#[derive(Clone, Debug, PartialEq)]
pub struct VerifiedRequest {
    client_id: ClientId,
    requester: Requester,
    registration: Option<VerifiedRegistration>,
    reply_to: ReplyTo,
    nonce: String,
    query: Query,
    transaction: Option<TransactionData>,
    encryption_key: Option<EncryptionKey>,
    expires_at: Option<Timestamp>,
}

impl VerifiedRequest {
    /// The client identifier in full: the audience of every presentation.
    pub const fn client_id(&self) -> &ClientId {
        &self.client_id
    }

    /// Who asks.
    pub const fn requester(&self) -> &Requester {
        &self.requester
    }

    /// What a registrar says of whoever asks.
    pub const fn registration(&self) -> Option<&VerifiedRegistration> {
        self.registration.as_ref()
    }

    /// Where the answer goes.
    pub const fn reply_to(&self) -> &ReplyTo {
        &self.reply_to
    }

    /// The nonce that every presentation is bound to.
    pub fn nonce(&self) -> &str {
        &self.nonce
    }

    /// What is asked.
    pub const fn query(&self) -> &Query {
        &self.query
    }

    /// What is to be approved.
    pub const fn transaction(&self) -> Option<&TransactionData> {
        self.transaction.as_ref()
    }

    /// The key to encrypt the answer to; nothing where it goes as it is (`direct_post`).
    pub const fn encryption_key(&self) -> Option<&EncryptionKey> {
        self.encryption_key.as_ref()
    }

    /// When it is too late to answer, where the request says so.
    pub const fn expires_at(&self) -> Option<Timestamp> {
        self.expires_at
    }
}

pub(super) fn read(
    claims: &Map<String, Value>,
    client_id: &ClientId,
    requester: Requester,
    reply_to: ReplyTo,
    expectation: &Expectation<'_>,
) -> Result<VerifiedRequest, RequestError> {
    let now = expectation.now;
    let (issued_at, expires_at) = in_time(claims, now)?;
    let text =
        |name: &'static str| claims.get(name).and_then(Value::as_str).ok_or(RequestError::Parameter(name));
    if text("response_type")? != "vp_token" {
        return Err(RequestError::Parameter("response_type"));
    }
    if claims.contains_key("redirect_uri") {
        return Err(RequestError::RedirectUri);
    }
    let encrypted = match text("response_mode")? {
        "direct_post" => false,
        "direct_post.jwt" => true,
        _ => return Err(RequestError::Parameter("response_mode")),
    };
    let nonce = text("nonce")?;
    if !is_url_safe(nonce) {
        return Err(RequestError::Parameter("nonce"));
    }
    let query = query(claims)?;
    let metadata = match claims.get("client_metadata") {
        None => None,
        Some(Value::Object(members)) => Some(members),
        Some(_) => return Err(RequestError::Parameter("client_metadata")),
    };
    understood(&query, metadata)?;
    // A presentation without holder binding is tied to its request by the state alone (section 5.3).
    let unbound = query.credentials().iter().any(|asked| !asked.requires_holder_binding());
    if unbound && reply_to.state.is_none() {
        return Err(RequestError::Parameter("state"));
    }
    let transaction = claims.get("transaction_data").map(|data| TransactionData::parse_all(data, &query));
    let transaction = transaction.transpose()?;
    if transaction.as_ref().is_some_and(|data| data.transaction().needs_number()) {
        let life = issued_at.zip(expires_at).map(|(from, to)| to.seconds_since(from));
        if life.is_none_or(|life| life > LONGEST_APPROVAL) {
            return Err(TransactionError::TooLong.into());
        }
    }
    let info = claims.get("verifier_info");
    Ok(VerifiedRequest {
        registration: VerifiedRegistration::find(info, client_id, &requester, expectation.registrars, now),
        encryption_key: if encrypted { Some(EncryptionKey::choose(metadata)?) } else { None },
        client_id: client_id.clone(),
        nonce: nonce.to_owned(),
        requester,
        reply_to,
        query,
        transaction,
        expires_at,
    })
}

/// When the request was made and when it ends, where it says so and its time is now.
fn in_time(
    claims: &Map<String, Value>,
    now: Timestamp,
) -> Result<(Option<Timestamp>, Option<Timestamp>), RequestError> {
    let time = |name: &'static str| match claims.get(name) {
        None => Ok(None),
        Some(value) => {
            value.as_i64().map(|at| Some(Timestamp::from_unix(at))).ok_or(RequestError::Parameter(name))
        }
    };
    let (issued_at, not_before, expires_at) = (time("iat")?, time("nbf")?, time("exp")?);
    if [issued_at, not_before].into_iter().flatten().any(|at| at > now.plus_seconds(SKEW)) {
        return Err(RequestError::NotYetValid);
    }
    if expires_at.is_some_and(|at| at <= now) {
        return Err(RequestError::Expired);
    }
    Ok((issued_at, expires_at))
}

fn query(claims: &Map<String, Value>) -> Result<Query, RequestError> {
    match (claims.get("dcql_query"), claims.contains_key("scope")) {
        (Some(query), false) => Query::parse(query).map_err(RequestError::Query),
        (Some(_), true) => Err(RequestError::Parameter("scope")),
        (None, true) => Err(RequestError::Scope),
        (None, false) => Err(RequestError::Parameter("dcql_query")),
    }
}

/// Whether at least one format and algorithm of ours will do (`vp_formats_supported`, section 11.1).
fn understood(query: &Query, metadata: Option<&Map<String, Value>>) -> Result<(), RequestError> {
    let formats = match metadata.and_then(|metadata| metadata.get("vp_formats_supported")) {
        None => None,
        Some(Value::Object(formats)) => Some(formats),
        Some(_) => return Err(RequestError::Parameter("vp_formats_supported")),
    };
    let ours = |format: &Format| {
        if matches!(format, Format::Other(_)) {
            return false;
        }
        let Some(formats) = formats else { return true };
        let lists = |names: [&str; 2], values: &[Value]| {
            let listed = formats.get(format.as_str());
            listed.is_some_and(|listed| {
                names.iter().all(|name| match listed.get(name) {
                    Some(Value::Array(found)) => values.iter().any(|value| found.contains(value)),
                    other => other.is_none(),
                })
            })
        };
        match format {
            Format::MsoMdoc => {
                lists(["issuerauth_alg_values", "deviceauth_alg_values"], &[(-7).into(), (-9).into()])
            }
            _ => lists(["sd-jwt_alg_values", "kb-jwt_alg_values"], &["ES256".into()]),
        }
    };
    if query.credentials().iter().any(|asked| ours(asked.format())) {
        Ok(())
    } else {
        Err(RequestError::Formats)
    }
}

/// Letters, digits, `-`, `.`, `_`, `~`: what `nonce` and `state` may hold (section 5.2).
pub(super) fn is_url_safe(text: &str) -> bool {
    let fits = |c: u8| c.is_ascii_alphanumeric() || matches!(c, b'-' | b'.' | b'_' | b'~');
    (1..=LONGEST_NONCE).contains(&text.len()) && text.bytes().all(fits)
}
