//! Why a request is refused, and what the verifier is told.

use credential::jose::JoseError;
use trust::certificates::ChainError;

use crate::dcql::DcqlError;

/// Why a request is not answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RequestError {
    /// Not a link of a known scheme, or too long.
    #[error("not a link to a request")]
    NotALink,
    /// A parameter of the link stands twice (RFC 6749, 3.1).
    #[error("the parameter {0} stands twice")]
    ParameterTwice(&'static str),
    /// The parameter of this name is missing, malformed, or of the wrong kind.
    #[error("the parameter {0} is missing or malformed")]
    Parameter(&'static str),
    /// `request_uri_method` is neither `get` nor `post`.
    #[error("the request method is neither get nor post")]
    Method,
    /// The parameter of this name is no plain https address.
    #[error("{0} is no plain https address")]
    Address(&'static str),
    /// A Client Identifier Prefix that is not supported, or a value that does not belong to it.
    #[error("the client identifier is not supported")]
    ClientId,
    /// The request has no signature, and none without one is taken.
    #[error("the request is not signed")]
    Unsigned,
    /// The request object is encrypted. The wallet gives out no key for that (its metadata name none), so that nobody can have meant
    /// it (RFC 9101, 5.2; OpenID4VP 1.0, 5.10).
    #[error("the request is encrypted, and this wallet gave nobody a key for that")]
    Encrypted,
    /// The request object is no signed JWT of the right type.
    #[error("the request object is malformed: {0}")]
    Object(JoseError),
    /// `x5c` holds no certificates in base64.
    #[error("the request names no certificate")]
    NoCertificate,
    /// Nobody who is believed vouches for the certificate.
    #[error("the certificate is not believed: {0}")]
    Certificate(ChainError),
    /// The client identifier is another certificate's.
    #[error("the client identifier is not the certificate's")]
    OtherCertificate,
    /// Inside the request object stands another client identifier than in the link.
    #[error("the request is another client's")]
    OtherClient,
    /// `aud` names somebody else than a wallet.
    #[error("the request is for somebody else")]
    Audience,
    /// `wallet_nonce` did not come back.
    #[error("the request is not the answer to this wallet")]
    WalletNonce,
    /// The request lies in the future.
    #[error("the request is not valid yet")]
    NotYetValid,
    /// The request's time is over.
    #[error("the request has expired")]
    Expired,
    /// `response_uri` is not where this client may receive answers.
    #[error("the answer would go to another host")]
    OtherHost,
    /// `redirect_uri` beside `response_uri` (section 8.2).
    #[error("redirect_uri beside response_uri")]
    RedirectUri,
    /// The query.
    #[error("the query is malformed: {0}")]
    Query(DcqlError),
    /// Credentials are asked for by `scope`, which no wallet here knows.
    #[error("a scope instead of a query")]
    Scope,
    /// None of the formats, or algorithms, is one of ours.
    #[error("no format of this wallet is asked for")]
    Formats,
    /// The answer is to be encrypted, and no key or algorithm for it fits.
    #[error("no key to encrypt the answer to")]
    EncryptionKey,
    /// What is to be approved.
    #[error("what is to be approved is malformed: {0}")]
    Transaction(TransactionError),
}

/// What is wrong with `transaction_data` (section 8.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TransactionError {
    /// Not a non-empty array of base64url strings with a JSON object in each.
    #[error("not base64url of a JSON object")]
    Encoding,
    /// A type that this wallet cannot show, and therefore does not sign.
    #[error("unknown type")]
    Type,
    /// The member of this name is missing, unknown, or has an impossible value.
    #[error("{0} is missing, unknown or impossible")]
    Member(&'static str),
    /// No hash algorithm of ours.
    #[error("no known hash algorithm")]
    HashAlgorithm,
    /// `credential_ids` names no query, or one whose credential cannot sign.
    #[error("no credential that could sign is named")]
    Credential,
    /// No issuer lets the keys of the credentials that are named sign an approval (B.2.1).
    #[error("no key here may approve it")]
    NotAuthorized,
    /// Two are to be approved at once.
    #[error("more than one transaction")]
    Several,
    /// It would stay open for longer than an approval may (security.md 19).
    #[error("open for too long")]
    TooLong,
}

impl RequestError {
    /// The code for the verifier (section 8.5; RFC 6749, 4.1.2.1).
    pub const fn code(self) -> &'static str {
        match self {
            Self::Method => "invalid_request_uri_method",
            Self::Scope => "invalid_scope",
            Self::Formats => "vp_formats_not_supported",
            Self::Transaction(_) => "invalid_transaction_data",
            _ => "invalid_request",
        }
    }
}

impl From<JoseError> for RequestError {
    fn from(error: JoseError) -> Self {
        Self::Object(error)
    }
}

impl From<TransactionError> for RequestError {
    fn from(error: TransactionError) -> Self {
        Self::Transaction(error)
    }
}
