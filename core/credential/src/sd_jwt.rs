//! SD-JWT (RFC 9901) as SD-JWT VC (draft-ietf-oauth-sd-jwt-vc -19): the issuer's draft, the holder's selection and key
//! binding, the verifier's check.
//!
//! ```text
//! <issuer's JWS>~<disclosure>~...~<disclosure>~            as issued and stored
//! <issuer's JWS>~<disclosure>~...~<key-binding JWS>        as presented
//! ```
mod disclosure;
mod issue;
mod key_binding;
mod read;
#[cfg(test)]
mod tests;

pub use disclosure::is_withheld;
pub use issue::{SdJwtDraft, UnsignedSdJwt};
pub use key_binding::{BoundSdJwt, ExpectedBinding, KeyBinding, KeyBindingDraft};
pub use read::{IssuerKey, SdJwt, VerifiedSdJwt, select};

use std::sync::Arc;

use trust::certificates::ChainError;

use crate::jose::JoseError;

/// `typ` of the issuer's JWS.
pub const SD_JWT_VC: &str = "dc+sd-jwt";
/// `typ` of the holder's JWS.
pub const KB_JWT: &str = "kb+jwt";
/// The one hash of disclosures and transaction data, by its name in `_sd_alg`.
pub const SHA_256: &str = "sha-256";
/// No SD-JWT is longer, in bytes.
pub const LONGEST: usize = 256 * 1024;
/// The most disclosures of one SD-JWT.
pub const MOST_DISCLOSURES: usize = 1024;
/// Levels of objects and arrays once everything is disclosed.
pub const MOST_NESTING: usize = 32;

/// Claims that no issuer may let a holder keep back, with all that is in them (SD-JWT VC, 3.2.2.2).
const NEVER_DISCLOSED: [&str; 8] = ["iss", "nbf", "exp", "cnf", "vct", "vct#integrity", "aka_vcts", "status"];

/// One step to a claim: a member of an object or an element of an array, counted with everything disclosed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Step {
    /// A member. Shared, since a name stands in the place of everything below it.
    Key(Arc<str>),
    /// An element.
    Index(usize),
}

/// Why an SD-JWT is refused or cannot be made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SdJwtError {
    /// Longer than [`LONGEST`], or with more than [`MOST_DISCLOSURES`] disclosures.
    #[error("SD-JWT too long")]
    TooLong,
    /// Not a JWS and disclosures that each end in `~`.
    #[error("not an SD-JWT")]
    NotSdJwt,
    /// The issuer's JWS.
    #[error("issuer's token: {0}")]
    Issuer(JoseError),
    /// A disclosure is no base64url of a JSON array of a salt, a name for a member, and a value.
    #[error("disclosure malformed")]
    Disclosure,
    /// `_sd` is no array of texts, or `...` stands where it may not.
    #[error("digests malformed")]
    Digests,
    /// `_sd_alg` is not `sha-256`.
    #[error("hash algorithm not supported")]
    HashAlgorithm,
    /// A digest stands twice.
    #[error("a digest stands twice")]
    DigestTwice,
    /// A disclosure belongs to no digest, or is for an element where a member is wanted or the reverse.
    #[error("a disclosure belongs nowhere")]
    UnusedDisclosure,
    /// A disclosed member exists already, or is called `_sd` or `...`.
    #[error("the name of a disclosed member is taken or reserved")]
    Name,
    /// One of the claims that stand open always is, or hides, a disclosure.
    #[error("a claim that must stand open is not")]
    HiddenClaim,
    /// More than [`MOST_NESTING`] levels.
    #[error("nested too deeply")]
    TooDeep,
    /// A claim that must be there is not, or has the wrong form.
    #[error("a claim is missing or malformed")]
    Claim,
    /// No `x5c` where anchors decide, or no list of certificates.
    #[error("no certificates in the header")]
    NoCertificates,
    /// The issuer's certificates.
    #[error("issuer: {0}")]
    Chain(#[from] ChainError),
    /// `nbf` is in the future.
    #[error("SD-JWT not yet valid")]
    NotYetValid,
    /// `exp` has passed.
    #[error("SD-JWT expired")]
    Expired,
    /// A wanted claim is not there.
    #[error("a claim is not in the SD-JWT")]
    NoSuchClaim,
    /// A key binding where none belongs, or none where one is demanded.
    #[error("key binding missing or surplus")]
    KeyBinding,
    /// The issuer bound the SD-JWT to no key.
    #[error("bound to no key")]
    Unbound,
    /// The holder's JWS.
    #[error("key binding: {0}")]
    Holder(JoseError),
    /// `aud` is another verifier.
    #[error("key binding for another verifier")]
    Audience,
    /// `nonce` is another request's.
    #[error("key binding for another request")]
    Nonce,
    /// `iat` is too old or in the future.
    #[error("key binding outside its time")]
    BindingTime,
    /// `sd_hash` is of other disclosures.
    #[error("key binding for other disclosures")]
    PresentationHash,
    /// The transaction data were not what was asked for.
    #[error("key binding for other transaction data")]
    TransactionData,
    /// No random bytes.
    #[error("no random bytes")]
    NoRandom,
}
