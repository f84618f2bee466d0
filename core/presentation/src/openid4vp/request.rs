//! The wallet reads a request: first who signed it and where answers may go, then what it asks.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use credential::jose::{Jws, parse_json};
use serde_json::{Map, Value};
use trust::certificates::{CertificateAnchors, Purpose, VerifiedChain};
use trust::time::Timestamp;

use super::parameters::VerifiedRequest;
use super::{ClientId, LONGEST_REQUEST, LONGEST_SUBJECT, Prefix, RequestError, link, parameters};
use crate::shown::can_be_shown;

/// `typ` of a request object (RFC 9101, 10.8).
pub(super) const TYP: &str = "oauth-authz-req+jwt";

/// Parts of an encrypted JWT (RFC 7516, 7.1); a signed one has three.
const JWE_PARTS: usize = 5;

/// What the wallet knows when a request comes.
#[derive(Clone, Copy, Debug)]
pub struct Expectation<'a> {
    /// Who vouches for those who ask.
    pub verifiers: &'a CertificateAnchors,
    /// Who registers what they may ask for.
    pub registrars: &'a CertificateAnchors,
    /// Where the request was fetched from. Credo 0.6 names that as the audience, in place of the wallet; nobody else can be
    /// meant by it.
    pub fetched_from: Option<&'a str>,
    /// The nonce that the wallet sent when it fetched the request by POST.
    pub wallet_nonce: Option<&'a str>,
    /// Whether a request that nobody signed is read, too.
    pub unsigned: Unsigned,
    /// The time at the provider.
    pub now: Timestamp,
}

/// What becomes of a request that nobody signed (prefix `redirect_uri`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unsigned {
    /// It is refused, as HAIP wants.
    Refused,
    /// It is read, and names nobody: the person sees the host that gets the answer.
    NamesNobody,
}

/// Who asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Requester {
    /// The holder of a certificate, whose key signed the request.
    Certified {
        /// The certificate's subject (RFC 4514).
        subject: String,
        /// Its DNS names.
        dns_names: Vec<String>,
        /// The subject of the anchor that vouches for it.
        vouched_by: String,
        /// SHA-256 of the certificate.
        sha256: [u8; 32],
    },
    /// Nobody knows; the answer goes to this host.
    Unproven {
        /// The host, with its port where that is unusual.
        host: String,
    },
}

/// A request that is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{error}")]
pub struct Refused {
    /// Why.
    pub error: RequestError,
    /// Where the verifier can be told so; nothing where it is not proven who asks, for a stranger is told nothing.
    pub reply_to: Option<ReplyTo>,
}

/// Where the answer goes: checked against the client identifier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplyTo {
    pub(super) response_uri: String,
    pub(super) state: Option<String>,
}

/// Verifies a request object: its signature and certificate, that it is this client's and for this wallet, its time, and
/// every parameter that is used. `client_id` is the one in the link.
///
/// # Errors
/// [`Refused`] with the first defect found.
pub fn verify(
    object: &str,
    client_id: &ClientId,
    expectation: &Expectation<'_>,
) -> Result<VerifiedRequest, Refused> {
    let (claims, requester) = signed(object.trim(), client_id, expectation).map_err(untold)?;
    if claims.get("client_id").and_then(Value::as_str) != Some(client_id.as_str()) {
        return Err(untold(RequestError::OtherClient));
    }
    let reply_to = reply_to(&claims, client_id).map_err(untold)?;
    let checked = for_us(&claims, expectation)
        .and_then(|()| parameters::read(&claims, client_id, requester, reply_to.clone(), expectation));
    checked.map_err(|error| Refused { error, reply_to: Some(reply_to) })
}

/// Reads the bare parameters of a link, which nobody signed.
///
/// # Errors
/// [`RequestError::Unsigned`] unless the expectation takes such requests and the prefix is `redirect_uri`; then as [`verify`].
pub fn read_unsigned(
    parameters: &Map<String, Value>,
    client_id: &ClientId,
    expectation: &Expectation<'_>,
) -> Result<VerifiedRequest, Refused> {
    let Prefix::RedirectUri(address) = client_id.prefix() else {
        return Err(untold(RequestError::Unsigned));
    };
    // Nobody approves what nobody signed.
    if expectation.unsigned == Unsigned::Refused || parameters.contains_key("transaction_data") {
        return Err(untold(RequestError::Unsigned));
    }
    let mut claims = parameters.clone();
    for name in ["dcql_query", "client_metadata", "verifier_info"] {
        if let Some(Value::String(text)) = claims.get(name) {
            let value = parse_json(text.as_bytes()).map_err(|_| untold(RequestError::Parameter(name)))?;
            claims.insert(name.to_owned(), value);
        }
    }
    let host = link::plain_https(address, "client_id").map_err(untold)?;
    let host = host.origin().ascii_serialization().trim_start_matches("https://").to_owned();
    let reply_to = reply_to(&claims, client_id).map_err(untold)?;
    parameters::read(&claims, client_id, Requester::Unproven { host }, reply_to.clone(), expectation)
        .map_err(|error| Refused { error, reply_to: Some(reply_to) })
}

const fn untold(error: RequestError) -> Refused {
    Refused { error, reply_to: None }
}

/// The claims under a signature whose certificate is the client's and is believed.
fn signed(
    object: &str,
    client_id: &ClientId,
    expectation: &Expectation<'_>,
) -> Result<(Map<String, Value>, Requester), RequestError> {
    if matches!(client_id.prefix(), Prefix::RedirectUri(_)) {
        return Err(RequestError::ClientId);
    }
    if object.split('.').count() == JWE_PARTS {
        return Err(RequestError::Encrypted);
    }
    let jws = Jws::parse(object, LONGEST_REQUEST)?.of_type(TYP)?;
    let chain = x5c(jws.header().members())?;
    let chain = expectation.verifiers.verify(&chain, Purpose::Requests, expectation.now);
    let chain = chain.map_err(RequestError::Certificate)?;
    belongs_to(&chain, client_id)?;
    let verified = jws.verify(chain.key())?;
    let (leaf, anchor) = (chain.leaf(), chain.anchor());
    if !can_be_shown(leaf.subject(), LONGEST_SUBJECT) || !can_be_shown(anchor.subject(), LONGEST_SUBJECT) {
        return Err(RequestError::NoCertificate);
    }
    let requester = Requester::Certified {
        subject: leaf.subject().to_owned(),
        dns_names: leaf.dns_names().to_vec(),
        vouched_by: anchor.subject().to_owned(),
        sha256: leaf.sha256(),
    };
    Ok((verified.claims().clone(), requester))
}

/// The certificates of the header `x5c`, DER, leaf first (RFC 7515, 4.1.6: base64, not base64url).
pub(super) fn x5c(header: &Map<String, Value>) -> Result<Vec<Vec<u8>>, RequestError> {
    let certificates = header.get("x5c").and_then(Value::as_array).ok_or(RequestError::NoCertificate)?;
    let der = |certificate: &Value| STANDARD.decode(certificate.as_str()?).ok();
    certificates.iter().map(der).collect::<Option<Vec<_>>>().ok_or(RequestError::NoCertificate)
}

fn belongs_to(chain: &VerifiedChain, client_id: &ClientId) -> Result<(), RequestError> {
    let leaf = chain.leaf();
    let is_its_own = match client_id.prefix() {
        Prefix::X509Hash(hash) => leaf.sha256() == *hash,
        Prefix::X509SanDns(name) => leaf.dns_names().iter().any(|dns| dns.eq_ignore_ascii_case(name)),
        Prefix::RedirectUri(_) => false,
    };
    if is_its_own { Ok(()) } else { Err(RequestError::OtherCertificate) }
}

/// Where answers go, if this client may receive them there (sections 5.9.3 and 8.2), and the state to send along.
fn reply_to(claims: &Map<String, Value>, client_id: &ClientId) -> Result<ReplyTo, RequestError> {
    let given = match claims.get("response_uri") {
        Some(Value::String(address)) => Some(address.as_str()),
        None => None,
        Some(_) => return Err(RequestError::Parameter("response_uri")),
    };
    let address = match (client_id.prefix(), given) {
        (Prefix::RedirectUri(own), None) => own,
        (Prefix::RedirectUri(own), Some(address)) if own != address => return Err(RequestError::OtherHost),
        (_, address) => address.ok_or(RequestError::Parameter("response_uri"))?,
    };
    let url = link::plain_https(address, "response_uri")?;
    if let Prefix::X509SanDns(name) = client_id.prefix()
        && !url.host_str().is_some_and(|host| host.eq_ignore_ascii_case(name))
    {
        return Err(RequestError::OtherHost);
    }
    let state = match claims.get("state") {
        None => None,
        Some(Value::String(state)) if parameters::is_url_safe(state) => Some(state.clone()),
        Some(_) => return Err(RequestError::Parameter("state")),
    };
    Ok(ReplyTo { response_uri: address.to_owned(), state })
}

/// Audience and the wallet's own nonce (sections 5.8 and 5.10.1).
fn for_us(claims: &Map<String, Value>, expectation: &Expectation<'_>) -> Result<(), RequestError> {
    let audience = match claims.get("aud") {
        Some(Value::Array(only)) if only.len() == 1 => only.first(),
        other => other,
    };
    let audience = audience.and_then(Value::as_str).ok_or(RequestError::Audience)?;
    if audience != super::AUDIENCE && Some(audience) != expectation.fetched_from {
        return Err(RequestError::Audience);
    }
    match expectation.wallet_nonce {
        Some(sent) if claims.get("wallet_nonce").and_then(Value::as_str) != Some(sent) => {
            Err(RequestError::WalletNonce)
        }
        _ => Ok(()),
    }
}

impl ReplyTo {
    /// The address, https.
    pub fn response_uri(&self) -> &str {
        &self.response_uri
    }
}
