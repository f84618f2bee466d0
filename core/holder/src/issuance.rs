//! Obtaining credentials by OpenID4VCI 1.0 with a pre-authorised code: each bound to its own new device key, each verified
//! before it is stored, and nothing left half where anything fails.

mod exchange;
mod metadata;
pub(crate) mod offer;

pub(crate) use metadata::https_identifier;
pub use offer::{InputMode, TransactionCode};

/// The format of our credentials in OpenID4VCI.
pub(crate) const FORMAT: &str = "dc+sd-cwt";

/// Why a credential was not obtained.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum IssuanceError {
    /// The offer breaks a rule of OpenID4VCI 1.0 section 4.
    #[error("the offer is not a valid credential offer")]
    BadOffer,
    /// The offer has no pre-authorised code.
    #[error("the offer asks for a way of issuing that this wallet has not")]
    GrantUnsupported,
    /// A document names another issuer or server than the one it was asked of.
    #[error("issuer and authorization server do not belong together")]
    IssuerMixUp,
    /// The metadata breaks a rule of OpenID4VCI 1.0 section 12.2.
    #[error("the issuer's metadata is not valid")]
    BadMetadata,
    /// The issuer does not offer this configuration.
    #[error("the issuer does not issue this credential")]
    UnknownConfiguration,
    /// A format that this wallet does not hold.
    #[error("the credential's format is not supported")]
    FormatUnsupported,
    /// The issuer does not take a proof that this wallet can give.
    #[error("the issuer demands a proof that this wallet has not")]
    ProofUnsupported,
    /// The person must type the code that the issuer sent.
    #[error("the issuer asks for a transaction code")]
    TransactionCodeRequired,
    /// A code was given that the issuer did not ask for.
    #[error("the issuer asks for no transaction code")]
    TransactionCodeUnexpected,
    /// The code is wrong: type again.
    #[error("the transaction code is wrong")]
    TransactionCodeWrong,
    /// The token is not one this wallet can use.
    #[error("the access token is not of a supported type")]
    BadToken,
    /// The issuer will have the credential later.
    #[error("the credential is not ready yet")]
    Deferred,
    /// What came is not one well-formed credential.
    #[error("the issued credential is malformed")]
    BadCredential,
    /// The provider's trust list is not acceptable.
    #[error("the trust list is not acceptable")]
    TrustList,
    /// No trusted issuer has this name and key for this type.
    #[error("the credential is of an unknown issuer")]
    UnknownIssuer,
    /// The issuer's signature is wrong.
    #[error("the issuer's signature does not verify")]
    IssuerSignature,
    /// The credential is bound to another key than ours.
    #[error("the credential is bound to another key")]
    WrongKey,
    /// The credential is of another type than was asked for.
    #[error("the credential is of another type")]
    WrongType,
    /// The credential is expired or not yet valid.
    #[error("the credential is not valid now")]
    NotValidNow,
    /// The wallet holds no such credential.
    #[error("the wallet holds no such credential")]
    NotFound,
}
