//! The pinned roots of a platform.
use crate::certificates::{Certificate, CertificateError};

/// Certificates of the roots that a platform's attestations are believed under. There is no built-in one, and none believes nothing.
#[derive(Clone, Debug, Default)]
pub struct PlatformRoots(Vec<Certificate>);

impl PlatformRoots {
    /// From a PEM text with any number of certificates: P-256, P-384 or RSA of 2048 to 8192 bits.
    pub fn from_pem(text: &str) -> Result<Self, CertificateError> {
        Certificate::parse_pem_of_platform(text).map(Self)
    }

    /// From DER certificates.
    pub fn from_der<C: AsRef<[u8]>>(roots: &[C]) -> Result<Self, CertificateError> {
        roots
            .iter()
            .map(|root| Certificate::parse_of_platform(root.as_ref()))
            .collect::<Result<_, _>>()
            .map(Self)
    }

    pub(super) fn certificates(&self) -> &[Certificate] {
        &self.0
    }
}
