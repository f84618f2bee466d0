//! Reading, checking, and choosing what to show.
use std::collections::BTreeSet;
use std::ops::Bound;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};
use trust::certificates::{CertificateAnchors, Purpose, VerifiedChain};
use trust::p256::PublicKey;
use trust::time::Timestamp;

use super::disclosure::{Disclosure, Resolved, resolve};
use super::{LONGEST, MOST_DISCLOSURES, SD_JWT_VC, SdJwtError, Step};
use crate::claims::StatusReference;
use crate::jose::{Jwk, Jws, parse_json};

/// Whom the signature must be by.
#[derive(Clone, Copy, Debug)]
pub enum IssuerKey<'a> {
    /// The leaf of a chain in `x5c` that ends in one of these anchors.
    Anchored(&'a CertificateAnchors),
    /// This key, known from elsewhere.
    Known(&'a PublicKey),
}

/// A parsed, unverified SD-JWT.
#[derive(Clone, Debug)]
pub struct SdJwt {
    jws: Jws,
    resolved: Resolved,
    /// As it came: the issuer's JWS and disclosures, each with its tilde, which `sd_hash` is over, then the key binding.
    text: String,
    /// Where the key binding begins.
    presented: usize,
}

impl SdJwt {
    /// Reads the compact form strictly and fills the disclosures in; nothing is believed yet.
    pub fn parse(text: &str) -> Result<Self, SdJwtError> {
        if text.len() > LONGEST {
            return Err(SdJwtError::TooLong);
        }
        let presented = text.rfind('~').ok_or(SdJwtError::NotSdJwt)? + 1;
        let mut parts = parts(text.get(..presented).ok_or(SdJwtError::NotSdJwt)?);
        let issuer_jws = parts.next().ok_or(SdJwtError::NotSdJwt)?;
        if parts.clone().count() > MOST_DISCLOSURES {
            return Err(SdJwtError::TooLong);
        }
        let mut disclosures = parts.map(Disclosure::parse).collect::<Result<Vec<_>, _>>()?;
        let jws = Jws::parse(issuer_jws, LONGEST).map_err(SdJwtError::Issuer)?;
        let jws = jws.of_type(SD_JWT_VC).map_err(SdJwtError::Issuer)?;
        let payload = parse_json(jws.unverified_payload()).map_err(SdJwtError::Issuer)?;
        let Value::Object(payload) = payload else { return Err(SdJwtError::Claim) };
        Ok(Self { resolved: resolve(payload, &mut disclosures)?, text: text.to_owned(), presented, jws })
    }

    /// Its claims, unverified: for a holder's look at the own, once verified copy.
    pub fn claims(&self) -> &Map<String, Value> {
        &self.resolved.claims
    }

    /// Its claims with every element of an array in the place where the issuer signed it, unverified: what is not disclosed stands
    /// there still, for [`is_withheld`](super::is_withheld) to tell. An index in a query counts these (OpenID4VP 1.0, 7.1).
    pub fn claims_as_signed(&self) -> &Map<String, Value> {
        &self.resolved.as_signed
    }

    /// The places that are disclosed and might be kept back.
    pub fn disclosed(&self) -> Vec<Vec<Step>> {
        self.resolved.places.iter().map(|place| self.resolved.place_in_claims(place)).collect()
    }

    /// The same, counted as in [`claims_as_signed`](Self::claims_as_signed).
    pub fn disclosed_as_signed(&self) -> &[Vec<Step>] {
        &self.resolved.places
    }

    pub(super) fn presented(&self) -> &str {
        self.text.get(..self.presented).unwrap_or_default()
    }

    pub(super) fn key_binding(&self) -> Option<&str> {
        self.text.get(self.presented..).filter(|binding| !binding.is_empty())
    }

    /// Checks the issuer's signature, the certificates, the times and the form of what every SD-JWT VC says. The status is
    /// for the caller to check. A key binding is refused here: [`SdJwt::verify_bound`] checks one.
    pub fn verify(&self, issuer: IssuerKey<'_>, now: Timestamp) -> Result<VerifiedSdJwt, SdJwtError> {
        if self.key_binding().is_some() {
            return Err(SdJwtError::KeyBinding);
        }
        self.verify_issuer(issuer, now)
    }

    pub(super) fn verify_issuer(
        &self,
        issuer: IssuerKey<'_>,
        now: Timestamp,
    ) -> Result<VerifiedSdJwt, SdJwtError> {
        let chain = match issuer {
            IssuerKey::Known(_) => None,
            IssuerKey::Anchored(anchors) => {
                Some(anchors.verify(&self.certificates()?, Purpose::Credentials, now)?)
            }
        };
        let key = match (&chain, issuer) {
            (Some(chain), _) => chain.key(),
            (None, IssuerKey::Known(key)) => key,
            (None, IssuerKey::Anchored(_)) => return Err(SdJwtError::NoCertificates),
        };
        self.jws.verify_signature(key).map_err(SdJwtError::Issuer)?;
        let claims = &self.resolved.claims;
        let vct = claims.get("vct").and_then(Value::as_str).filter(|vct| !vct.is_empty());
        let (expires, not_before) = (time(claims, "exp")?, time(claims, "nbf")?);
        if not_before.is_some_and(|from| now < from) {
            return Err(SdJwtError::NotYetValid);
        }
        if expires.is_some_and(|end| now >= end) {
            return Err(SdJwtError::Expired);
        }
        Ok(VerifiedSdJwt {
            vct: vct.ok_or(SdJwtError::Claim)?.to_owned(),
            holder_key: claims.get("cnf").map(confirmation_key).transpose()?,
            status: claims.get("status").map(status).transpose()?.flatten(),
            issued_at: time(claims, "iat")?,
            expires,
            claims: Arc::clone(claims),
            chain,
        })
    }

    /// The issuer's certificates (`x5c`: standard base64, leaf first; RFC 7515, 4.1.6), DER, unverified.
    ///
    /// # Errors
    /// [`SdJwtError::NoCertificates`].
    pub fn certificates(&self) -> Result<Vec<Vec<u8>>, SdJwtError> {
        let list = self.jws.header().members().get("x5c").and_then(Value::as_array);
        let certificate = |text: &Value| STANDARD.decode(text.as_str()?).ok();
        let list = list.ok_or(SdJwtError::NoCertificates)?.iter().map(certificate);
        list.collect::<Option<_>>().ok_or(SdJwtError::NoCertificates)
    }
}

/// The issuer's JWS, then each disclosure.
fn parts(presented: &str) -> std::str::Split<'_, char> {
    presented.strip_suffix('~').unwrap_or(presented).split('~')
}

fn time(claims: &Map<String, Value>, name: &str) -> Result<Option<Timestamp>, SdJwtError> {
    let seconds = |value: &Value| value.as_i64().ok_or(SdJwtError::Claim);
    Ok(claims.get(name).map(seconds).transpose()?.map(Timestamp::from_unix))
}

/// `cnf.jwk`; other ways to name a key are not understood, and an SD-JWT that cannot be bound is not taken for unbound.
fn confirmation_key(cnf: &Value) -> Result<PublicKey, SdJwtError> {
    let key = Jwk::from_json(cnf.get("jwk").ok_or(SdJwtError::Claim)?).map_err(|_| SdJwtError::Claim)?;
    Ok(*key.key())
}

fn status(status: &Value) -> Result<Option<StatusReference>, SdJwtError> {
    let Some(list) = status.as_object().ok_or(SdJwtError::Claim)?.get("status_list") else { return Ok(None) };
    let uri = list.get("uri").and_then(Value::as_str).filter(|uri| (1..=2048).contains(&uri.len()));
    match (uri, list.get("idx").and_then(Value::as_u64)) {
        (Some(uri), Some(index)) => Ok(Some(StatusReference { uri: uri.to_owned(), index })),
        _ => Err(SdJwtError::Claim),
    }
}

/// A holder's copy that discloses these claims, with what they stand in and what stands in them, and no others. What the
/// issuer left open stays open. Takes as many looks into an ordered set of them as the copy has disclosures and these have steps.
///
/// # Errors
/// [`SdJwtError::NoSuchClaim`] for one that is not there; [`SdJwtError::KeyBinding`] for a copy that was presented.
pub fn select(text: &str, wanted: &[Vec<Step>]) -> Result<String, SdJwtError> {
    let parsed = SdJwt::parse(text)?;
    if parsed.key_binding().is_some() {
        return Err(SdJwtError::KeyBinding);
    }
    if !wanted.iter().all(|path| is_there(parsed.claims(), path)) {
        return Err(SdJwtError::NoSuchClaim);
    }
    let wanted: BTreeSet<&[Step]> = wanted.iter().map(Vec::as_slice).collect();
    let mut parts = parts(parsed.presented());
    let mut out = format!("{}~", parts.next().ok_or(SdJwtError::NotSdJwt)?);
    for (disclosure, place) in parts.zip(parsed.disclosed()) {
        if leads_to(&place, &wanted) || stands_in(&place, &wanted) {
            out.push_str(disclosure);
            out.push('~');
        }
    }
    Ok(out)
}

/// Whether one of the wanted places is this one or stands in it: in their order the first that does follows it at once.
fn leads_to(place: &[Step], wanted: &BTreeSet<&[Step]>) -> bool {
    let mut from = wanted.range::<[Step], _>((Bound::Included(place), Bound::Unbounded));
    from.next().is_some_and(|path| path.starts_with(place))
}

/// Whether this place stands in one of the wanted ones.
fn stands_in(place: &[Step], wanted: &BTreeSet<&[Step]>) -> bool {
    (1..place.len()).any(|length| place.get(..length).is_some_and(|above| wanted.contains(above)))
}

fn is_there(claims: &Map<String, Value>, path: &[Step]) -> bool {
    let Some((Step::Key(first), rest)) = path.split_first() else { return false };
    let mut at = claims.get(&**first);
    for step in rest {
        at = match (at, step) {
            (Some(Value::Object(members)), Step::Key(name)) => members.get(&**name),
            (Some(Value::Array(elements)), Step::Index(index)) => elements.get(*index),
            _ => None,
        };
    }
    at.is_some()
}

/// An SD-JWT VC that its issuer signed, within its time: built by [`SdJwt::verify`] and with a key binding by
/// [`SdJwt::verify_bound`].
#[derive(Clone, Debug)]
pub struct VerifiedSdJwt {
    vct: String,
    claims: Arc<Map<String, Value>>,
    holder_key: Option<PublicKey>,
    status: Option<StatusReference>,
    issued_at: Option<Timestamp>,
    expires: Option<Timestamp>,
    chain: Option<VerifiedChain>,
}

impl VerifiedSdJwt {
    /// Its type.
    pub fn vct(&self) -> &str {
        &self.vct
    }

    /// All claims, with what was disclosed filled in.
    pub fn claims(&self) -> &Map<String, Value> {
        &self.claims
    }

    /// The device key that it is bound to, if any.
    pub const fn holder_key(&self) -> Option<&PublicKey> {
        self.holder_key.as_ref()
    }

    /// Where its status stands, if anywhere.
    pub const fn status(&self) -> Option<&StatusReference> {
        self.status.as_ref()
    }

    /// When it was issued, where it says so.
    pub const fn issued_at(&self) -> Option<Timestamp> {
        self.issued_at
    }

    /// When its time is over, if ever.
    pub const fn expires(&self) -> Option<Timestamp> {
        self.expires
    }

    /// Who issued it, where anchors decided.
    pub const fn issuer(&self) -> Option<&VerifiedChain> {
        self.chain.as_ref()
    }
}
