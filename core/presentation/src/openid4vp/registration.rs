//! What a verifier is registered for: an entry of `verifier_info` (OpenID4VP 1.0, section 5.11).
//!
//! The entry's `format` is [`FORMAT`], its `data` a JWT of the registrar (`typ` `sen-registration+jwt`, `x5c`), bound to the verifier by `sub`:
//!
//! ```json
//! {"sub": "portal.example.vn", "name": "Cổng dịch vụ", "purpose": "to sign you in", "iat": 0, "exp": 0,
//!  "may_ask": {"credentials": [{"id": "a", "format": "dc+sd-jwt", "meta": {"vct_values": ["..."]}, "claims": [{"path": ["name"]}]}]}}
//! ```
//! `sub` is the full client identifier, or a DNS name of the certificate that the request is signed with. `may_ask` is a
//! [query](crate::dcql): what is asked beyond it is over-asked, and the person is warned.

use credential::jose::{Jws, signing_input};
use serde_json::{Map, Value, json};
use trust::certificates::{CertificateAnchors, Purpose};
use trust::time::Timestamp;

use super::request::{Requester, x5c};
use super::{ClientId, SKEW};
use crate::dcql::{Candidate, Pointer, Query};
use crate::shown::can_be_shown;

/// The format of the entry.
pub const FORMAT: &str = "urn:vn:verifier-registration:1";
/// The type of the JWT.
pub(super) const TYP: &str = "sen-registration+jwt";
const LONGEST: usize = 32 * 1024;
const LONGEST_TEXT: usize = 160;

/// What a registrar says of whoever asks. Read by [`verify`](super::verify) alone.
#[derive(Clone, Debug, PartialEq)]
pub struct VerifiedRegistration {
    name: String,
    purpose: String,
    registrar: String,
    may_ask: Query,
}

impl VerifiedRegistration {
    /// The verifier's name in the register.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What the verifier asks for, in the register's words.
    pub fn purpose(&self) -> &str {
        &self.purpose
    }

    /// The subject of the registrar's certificate (RFC 4514).
    pub fn registrar(&self) -> &str {
        &self.registrar
    }

    /// Those of the claims of a credential that the verifier is not registered to ask for.
    pub fn over_asked(&self, credential: &Candidate<'_>, claims: &[Pointer]) -> Vec<Pointer> {
        let allowed = |claim: &&Pointer| !self.may_ask.allows(credential, claim);
        claims.iter().filter(allowed).cloned().collect()
    }

    /// The first entry that a believed registrar signed for this verifier. Others count as none: the person is then told that
    /// nobody vouches for what is asked.
    pub(super) fn find(
        verifier_info: Option<&Value>,
        client_id: &ClientId,
        requester: &Requester,
        registrars: &CertificateAnchors,
        now: Timestamp,
    ) -> Option<Self> {
        let entries = verifier_info?.as_array()?.iter().take(16);
        let ours = entries.filter(|entry| entry.get("format").and_then(Value::as_str) == Some(FORMAT));
        ours.filter_map(|entry| entry.get("data")?.as_str())
            .find_map(|jwt| Self::verify(jwt, client_id, requester, registrars, now))
    }

    fn verify(
        jwt: &str,
        client_id: &ClientId,
        requester: &Requester,
        registrars: &CertificateAnchors,
        now: Timestamp,
    ) -> Option<Self> {
        let jws = Jws::parse(jwt, LONGEST).ok()?.of_type(TYP).ok()?;
        let chain = registrars.verify(&x5c(jws.header().members()).ok()?, Purpose::Anything, now).ok()?;
        let verified = jws.verify(chain.key()).ok()?;
        let claims = verified.claims();
        let (issued, expires) = (claims.get("iat")?.as_i64()?, claims.get("exp")?.as_i64()?);
        let in_time = issued <= now.plus_seconds(SKEW).as_unix() && now.as_unix() < expires;
        let sub = claims.get("sub")?.as_str()?;
        let Requester::Certified { dns_names, .. } = requester else { return None };
        let bound = sub == client_id.as_str() || dns_names.iter().any(|name| name.eq_ignore_ascii_case(sub));
        let registrar = chain.leaf().subject().to_owned();
        (in_time && bound && can_be_shown(&registrar, super::LONGEST_SUBJECT)).then_some(())?;
        Some(Self {
            name: text(claims, "name")?,
            purpose: text(claims, "purpose")?,
            may_ask: Query::parse(claims.get("may_ask")?).ok()?,
            registrar,
        })
    }
}

fn text(claims: &Map<String, Value>, name: &str) -> Option<String> {
    let text = claims.get(name)?.as_str()?;
    can_be_shown(text, LONGEST_TEXT).then(|| text.to_owned())
}

/// A registration to be signed by a registrar.
#[derive(Clone, Debug)]
pub struct RegistrationDraft<'a> {
    /// The registrar's certificates in DER, leaf first, without the anchor.
    pub chain: &'a [Vec<u8>],
    /// The verifier's client identifier in full, or its DNS name.
    pub subject: &'a str,
    /// The verifier's name, at most 160 bytes.
    pub name: &'a str,
    /// What it asks for, at most 160 bytes.
    pub purpose: &'a str,
    /// What it may ask, as a query in JSON.
    pub may_ask: &'a Value,
    /// Now.
    pub issued_at: Timestamp,
    /// When it is over.
    pub expires_at: Timestamp,
}

impl RegistrationDraft<'_> {
    /// What the registrar signs.
    pub fn signing_input(&self) -> String {
        let header = json!({"alg": "ES256", "typ": TYP, "x5c": super::draft::x5c(self.chain)});
        let payload = json!({
            "sub": self.subject, "name": self.name, "purpose": self.purpose, "may_ask": self.may_ask,
            "iat": self.issued_at.as_unix(), "exp": self.expires_at.as_unix(),
        });
        signing_input(&header, &payload)
    }

    /// The entry of `verifier_info` with the signed registration.
    pub fn entry(jwt: &str) -> Value {
        json!({"format": FORMAT, "data": jwt})
    }
}
