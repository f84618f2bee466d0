//! Showing a credential.

/// Why nothing can be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PresentError {
    /// The wallet holds no credential of this type.
    #[error("the wallet holds no such credential")]
    NoCredential,
    /// The credential has expired.
    #[error("the credential has expired")]
    Expired,
    /// A bug here.
    #[error("the presentation could not be made")]
    Bug,
}
