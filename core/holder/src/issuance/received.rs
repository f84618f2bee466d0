//! What an issuer sent, verified before the wallet believes it.

use credential::sd_cwt::SdCwt;
use jiff::civil::Date;
use presentation::animated::is_portrait_of;
use trust::anchors::Trust;
use trust::p256::PublicKey;
use trust::time::Timestamp;

use super::IssuanceError;
use super::exchange::IssuedCredential;

/// How far issuer and wallet may disagree about the time, in seconds.
pub(super) const SKEW: i64 = 60;

/// A credential that is what was asked for.
pub(super) struct Received {
    pub(super) bytes: Vec<u8>,
    /// The portrait that the issuer vouches for; empty where there is none.
    pub(super) portrait: Vec<u8>,
    /// The issuer's name in the trust list.
    pub(super) issuer: String,
    /// The numbers of the claims inside.
    pub(super) claims: Vec<i64>,
    /// The personal number of the minor whose credential it is, where a guardian holds it.
    pub(super) ward: Option<String>,
    /// The last day of what the credential certifies, where it names one.
    pub(super) valid_to: Option<Date>,
    pub(super) issued_at: Timestamp,
    pub(super) expires_at: Timestamp,
}

/// Verifies issuer, key, type, time and portrait.
pub(super) fn verify(
    issued: &IssuedCredential,
    trust: &Trust,
    our_key: &PublicKey,
    vct: &str,
    now: Timestamp,
) -> Result<Received, IssuanceError> {
    let (bytes, portrait) = (issued.bytes()?, issued.portrait()?);
    let credential = SdCwt::parse(&bytes).map_err(|_| IssuanceError::BadCredential)?;
    let issuer =
        trust.issuer(credential.issuer(), credential.key_id()).ok_or(IssuanceError::UnknownIssuer)?;
    let verified = credential.verify(&issuer.key).map_err(|_| IssuanceError::IssuerSignature)?;
    if verified.vct().urn() != vct {
        return Err(IssuanceError::WrongType);
    }
    if verified.holder_key() != our_key {
        return Err(IssuanceError::WrongKey);
    }
    let (issued_at, expires_at) = (verified.issued_at(), verified.expires());
    if issued_at > now.plus_seconds(SKEW) || expires_at <= now {
        return Err(IssuanceError::NotValidNow);
    }
    if !issuer.may_issue(vct, issued_at) {
        return Err(IssuanceError::UnknownIssuer);
    }
    let (claims, hash) = (verified.claims().keys(), verified.claims().portrait_hash);
    let valid_to = verified.claims().valid_to;
    let ward = verified.claims().guardian.as_ref().and(verified.claims().number.clone());
    let portrait = portrait.unwrap_or_default();
    // A picture that the credential does not vouch for would be refused at every desk.
    if !portrait.is_empty() && !hash.is_some_and(|hash| is_portrait_of(&portrait, &hash)) {
        return Err(IssuanceError::BadCredential);
    }
    Ok(Received {
        portrait,
        valid_to,
        ward,
        issuer: issuer.name.clone(),
        claims,
        issued_at,
        expires_at,
        bytes,
    })
}
