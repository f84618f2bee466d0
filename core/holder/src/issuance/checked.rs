//! One copy of a document, verified before the wallet believes it.

use credential::jose::JoseError;
use credential::mdoc::{IssuerSigned, MdocError};
use credential::sd_jwt::{IssuerKey, SdJwt, SdJwtError};
use trust::certificates::CertificateAnchors;
use trust::p256::PublicKey;
use trust::time::Timestamp;

use super::IssuanceError;
use super::exchange::IssuedCredential;
use super::received::SKEW;
use crate::documents::DocumentFormat;

/// A copy whose issuer is believed.
pub(super) struct Checked {
    /// As received.
    pub(super) bytes: Vec<u8>,
    /// The key that it is bound to.
    pub(super) key: PublicKey,
    /// The subject of the certificate that signed it.
    pub(super) issuer: String,
    pub(super) issued_at: Option<Timestamp>,
    pub(super) expires_at: Option<Timestamp>,
}

/// Verifies issuer, type and time. A document may begin a little later than now: an issuer makes it after the wallet has read its
/// clock, and writes the time of that moment.
pub(super) fn check(
    issued: &IssuedCredential,
    format: DocumentFormat,
    kind: &str,
    anchors: &CertificateAnchors,
    now: Timestamp,
) -> Result<Checked, IssuanceError> {
    match format {
        DocumentFormat::Mdoc => check_mdoc(issued.bytes()?, kind, anchors, now),
        DocumentFormat::SdJwt => check_sd_jwt(issued.text()?, kind, anchors, now),
    }
}

fn check_mdoc(
    bytes: Vec<u8>,
    kind: &str,
    anchors: &CertificateAnchors,
    now: Timestamp,
) -> Result<Checked, IssuanceError> {
    let mdoc = IssuerSigned::parse(&bytes).map_err(|_| IssuanceError::BadCredential)?;
    let begun = |now| mdoc.verify(kind, anchors, now);
    let verified = begun(now).or_else(|error| match error {
        MdocError::NotYetValid => begun(now.plus_seconds(SKEW)),
        error => Err(error),
    });
    let verified = verified.map_err(|error| match error {
        MdocError::DocumentType => IssuanceError::WrongType,
        MdocError::Chain(_) => IssuanceError::UnknownIssuer,
        MdocError::SignatureInvalid => IssuanceError::IssuerSignature,
        MdocError::NotYetValid | MdocError::Expired => IssuanceError::NotValidNow,
        _ => IssuanceError::BadCredential,
    })?;
    Ok(Checked {
        key: *verified.device_key(),
        issuer: verified.issuer().leaf().subject().to_owned(),
        issued_at: Some(verified.signed()),
        expires_at: Some(verified.valid_until()),
        bytes,
    })
}

fn check_sd_jwt(
    text: &str,
    kind: &str,
    anchors: &CertificateAnchors,
    now: Timestamp,
) -> Result<Checked, IssuanceError> {
    let sd_jwt = SdJwt::parse(text).map_err(|_| IssuanceError::BadCredential)?;
    let begun = |now| sd_jwt.verify(IssuerKey::Anchored(anchors), now);
    let verified = begun(now).or_else(|error| match error {
        SdJwtError::NotYetValid => begun(now.plus_seconds(SKEW)),
        error => Err(error),
    });
    let verified = verified.map_err(|error| match error {
        SdJwtError::Chain(_) | SdJwtError::NoCertificates => IssuanceError::UnknownIssuer,
        SdJwtError::Issuer(JoseError::Signature) => IssuanceError::IssuerSignature,
        SdJwtError::NotYetValid | SdJwtError::Expired => IssuanceError::NotValidNow,
        _ => IssuanceError::BadCredential,
    })?;
    if verified.vct() != kind {
        return Err(IssuanceError::WrongType);
    }
    if verified.issued_at().is_some_and(|at| at > now.plus_seconds(SKEW)) {
        return Err(IssuanceError::NotValidNow);
    }
    let issuer = verified.issuer().ok_or(IssuanceError::UnknownIssuer)?;
    Ok(Checked {
        key: *verified.holder_key().ok_or(IssuanceError::WrongKey)?,
        issuer: issuer.leaf().subject().to_owned(),
        issued_at: verified.issued_at(),
        expires_at: verified.expires(),
        bytes: text.as_bytes().to_vec(),
    })
}
