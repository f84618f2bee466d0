//! What went wrong on the way to a server and back.

use crate::ServerCode;

/// Why no answer, or no usable answer, came. Nothing here carries text of the server or of the person.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The server was not reached, or the connection ended before the answer did.
    #[error("the server could not be reached: {0}")]
    NoNetwork(NoNetworkReason),
    /// The server is not who it should be, or speaks TLS wrongly.
    #[error("the secure connection failed: {0}")]
    Tls(TlsReason),
    /// The server answered with something other than 2xx.
    #[error("the server answered {} ({})", .0.status, .0.code.as_str())]
    Status(Box<Refusal>),
    /// The body is longer than the limit, in bytes.
    #[error("the answer is longer than {limit} bytes")]
    TooLarge {
        /// The limit that was passed, in bytes.
        limit: usize,
    },
    /// The body is not what it should be.
    #[error("the answer is malformed: {0}")]
    Malformed(MalformedReason),
    /// The server tried to send us elsewhere. Redirects are never followed.
    #[error("the server answered with a redirect")]
    Redirected,
    /// The address is not a https URL of a host without user name.
    #[error("the address is not a plain https address")]
    BadAddress,
    /// The roots are not PEM certificates, or there are none.
    #[error("the roots are not certificates in PEM")]
    BadRoots,
    /// The client or the request could not be made: a bug here.
    #[error("the request could not be made")]
    Bug,
}

/// Where the connection ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NoNetworkReason {
    /// No connection could be made.
    #[error("no connection")]
    Unreachable,
    /// A time limit passed.
    #[error("no answer in time")]
    TimedOut,
    /// The connection ended early.
    #[error("the connection was interrupted")]
    Interrupted,
}

/// What TLS refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TlsReason {
    /// The certificate does not lead to one of our roots.
    #[error("the certificate is of an unknown issuer")]
    UnknownIssuer,
    /// The certificate is for another name.
    #[error("the certificate is for another server")]
    WrongName,
    /// The certificate is expired or not yet valid.
    #[error("the certificate is not valid now")]
    NotValidNow,
    /// Another defect of the certificate.
    #[error("the certificate is not acceptable")]
    BadCertificate,
    /// The handshake or a record failed.
    #[error("the protocol failed")]
    Protocol,
}

/// What is wrong with a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MalformedReason {
    /// Not JSON, or not of the shape asked for.
    #[error("unexpected JSON")]
    Json,
    /// A JSON object has a member twice.
    #[error("a JSON member stands twice")]
    DuplicateMember,
    /// The body is not UTF-8 text.
    #[error("not text")]
    Text,
}

/// A negative answer of a server, reduced to what a program can act on.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The HTTP status.
    pub status: u16,
    /// The member `error` of the body (RFC 6749 section 5.2).
    pub code: ServerCode,
    /// The member `reason` of the body, where the server gives a second code.
    pub reason: ServerCode,
    /// The member `attempts_left`.
    pub attempts_left: Option<u32>,
    /// The header `Retry-After`, in seconds.
    pub retry_after: Option<u32>,
}

impl Error {
    /// The code of a negative answer, [`ServerCode::None`] for every other error.
    pub fn server_code(&self) -> ServerCode {
        match self {
            Self::Status(refusal) => refusal.code,
            _ => ServerCode::None,
        }
    }

    /// True where the same request might succeed later without anything changing here.
    pub(crate) fn is_passing(&self) -> bool {
        matches!(self, Self::NoNetwork(_))
            || matches!(self, Self::Status(refusal) if retry_status(refusal.status))
    }
}

/// RFC 6585 section 4 and RFC 9110 section 15.6.4.
pub(crate) fn retry_status(status: u16) -> bool {
    matches!(status, 429 | 503)
}
