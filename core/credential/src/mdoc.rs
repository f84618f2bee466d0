//! mdoc (ISO/IEC 18013-5, 8.3.2.1 and 9.1): the issuer's draft, the holder's selection, the verifier's check.
//!
//! Read in the interoperable profile, since issuers write long heads and untagged signatures; every hash and signature
//! is taken over the bytes received.
mod device;
mod issue;
mod issuer_signed;
mod json;
mod mso;
#[cfg(test)]
mod tests;
mod transcript;

pub use device::{DeviceDraft, DeviceResponse, Document, VerifiedDocument};
pub use issue::{MdocDraft, NewElement, UnsignedMdoc};
pub use issuer_signed::{Element, IssuerSigned, VerifiedElement, VerifiedMdoc, select};
pub use mso::KeyAuthorizations;
pub use transcript::SessionTranscript;

use trust::cbor::{self, Encoder, Item};
use trust::certificates::ChainError;
use trust::cose::{ES256, ESP256, Sign1};
use trust::p256::PublicKey;

/// Header `crit` (RFC 9052, 3.1).
const CRIT: i64 = 2;
/// Header with the issuer's certificates (RFC 9360).
pub(crate) const X5CHAIN: i64 = 33;
/// Tag of a CBOR item in a byte string (RFC 8949, 3.4.5.1).
pub(crate) const EMBEDDED: u64 = 24;
/// No mdoc and no device response is larger: 1 MiB.
pub const LARGEST: usize = 1 << 20;

/// Why an mdoc or a device's response is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MdocError {
    /// Larger than [`LARGEST`].
    #[error("mdoc too large")]
    TooLarge,
    /// Malformed CBOR or COSE, or a member missing or of the wrong kind.
    #[error("mdoc malformed: {0}")]
    Malformed(#[from] cbor::Error),
    /// The security object or the response is of another version than 1.x.
    #[error("version not supported")]
    Version,
    /// Neither ES256 nor ESP256, or digests by another algorithm than SHA-256.
    #[error("algorithm not supported")]
    Algorithm,
    /// Critical headers, which nobody here understands.
    #[error("a critical header is unknown")]
    Critical,
    /// An element's digest is not in the security object, or another.
    #[error("an element's digest is not the issuer's")]
    Digest,
    /// An element or a digest number stands twice in a namespace.
    #[error("an element stands twice")]
    Twice,
    /// The random value of an element is shorter than 16 bytes (9.1.2.5).
    #[error("an element's random value is too short")]
    ShortRandom,
    /// The document type is not the expected one, or differs inside and outside.
    #[error("another document type")]
    DocumentType,
    /// The issuer's certificates.
    #[error("issuer: {0}")]
    Chain(#[from] ChainError),
    /// The issuer's signature is wrong.
    #[error("the issuer's signature is wrong")]
    SignatureInvalid,
    /// The times contradict each other or the issuer's certificate (9.3.1).
    #[error("the times of the mdoc do not fit")]
    Times,
    /// `now` is before `validFrom`.
    #[error("mdoc not yet valid")]
    NotYetValid,
    /// `now` is after `validUntil`.
    #[error("mdoc expired")]
    Expired,
    /// The device key is no P-256 key.
    #[error("the device key is not on P-256")]
    DeviceKey,
    /// The status reference is malformed.
    #[error("status reference malformed")]
    Status,
    /// The device's signature is wrong, or belongs to another session.
    #[error("the device's signature is wrong")]
    DeviceSignature,
    /// A MAC instead of a signature: it needs a reader's key, which there is none online.
    #[error("a device MAC instead of a signature")]
    DeviceMac,
    /// The device signed an element that the issuer did not authorize it for (9.1.2.4).
    #[error("the device may not sign this element")]
    NotAuthorized,
    /// The response tells of an error, or holds no document.
    #[error("the response holds no document")]
    NoDocument,
    /// An element is wanted that is not there.
    #[error("an element is not in the mdoc")]
    NoSuchElement,
    /// No random bytes.
    #[error("no random bytes")]
    NoRandom,
}

/// ES256 or ESP256, and nothing critical.
pub(crate) fn takes_headers(token: &Sign1<'_>) -> Result<(), MdocError> {
    match token.algorithm() {
        _ if token.header(CRIT).is_some() => Err(MdocError::Critical),
        Some(ES256 | ESP256) => Ok(()),
        _ => Err(MdocError::Algorithm),
    }
}

/// The bytes in tag 24: `#6.24(bstr .cbor any)`.
pub(crate) fn embedded<'a>(item: &Item<'a>) -> Result<&'a [u8], cbor::Error> {
    match item.as_tag()? {
        (EMBEDDED, content) => content.as_bytes(),
        _ => Err(cbor::Error::WrongKind),
    }
}

/// An encoded item as `#6.24(bstr)`.
pub(crate) fn embed(encoded: &[u8]) -> Vec<u8> {
    let mut out = Encoder::new();
    out.tag(EMBEDDED).bytes(encoded);
    out.finish()
}

/// A map with text keys, in order.
pub(crate) fn text_map(entries: Vec<(&str, Vec<u8>)>) -> Vec<u8> {
    let key = |key: &str| {
        let mut out = Encoder::new();
        out.text(key);
        out.finish()
    };
    let mut out = Encoder::new();
    out.sorted_map(entries.into_iter().map(|(name, value)| (key(name), value)).collect());
    out.finish()
}

/// An EC2 key on P-256 (RFC 9053, 7.1.1), `y` as a coordinate or as a sign.
pub(crate) fn read_key(item: &Item<'_>) -> Result<PublicKey, MdocError> {
    let key = item.as_map()?;
    let number = |label| key.get_int(label).and_then(|number| number.as_int().ok());
    let (Some(2), Some(1), Some(x), Some(y)) = (number(1), number(-1), key.get_int(-2), key.get_int(-3))
    else {
        return Err(MdocError::DeviceKey);
    };
    let x = x.as_bytes()?;
    let read = match (y.as_bool(), y.as_bytes()) {
        (Ok(sign), _) => PublicKey::from_compressed(&[&[2 + u8::from(sign)], x].concat()),
        (_, Ok(y)) => PublicKey::from_coordinates(x, y),
        _ => return Err(MdocError::DeviceKey),
    };
    read.map_err(|_| MdocError::DeviceKey)
}

/// The same, written.
pub(crate) fn write_key(key: &PublicKey) -> Vec<u8> {
    let mut out = Encoder::new();
    out.map(4).int(1).int(2).int(-1).int(1).int(-2).bytes(key.x()).int(-3).bytes(key.y());
    out.finish()
}
