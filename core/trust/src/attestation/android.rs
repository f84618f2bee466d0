//! Android Key Attestation: the key's own certificate, with a description of the key in an extension.
//!
//! Believed is what hardware enforces; what the operating system enforces counts for one thing, the application's name, since the
//! hardware vouches for that operating system.
mod application;
mod description;
mod revocations;
mod rules;

use std::collections::BTreeSet;

pub use application::MOST_PACKAGES;
pub use revocations::Revocations;

use super::{AttestationError, PlatformRoots, SecurityLevel, VerifiedKeyAttestation, chain};
use crate::certificates::{Certificate, KEY_DESCRIPTION};
use crate::time::Timestamp;
use description::KeyDescription;

/// Whose keys are believed.
#[derive(Clone, Debug)]
pub struct AndroidPolicy {
    /// The roots of the platform.
    pub roots: PlatformRoots,
    /// The certificates that the platform took back.
    pub revocations: Revocations,
    /// The names of the application's packages. Packages that share a user share its keys, so that all of them must be known.
    pub packages: BTreeSet<String>,
    /// SHA-256 of the certificates that the application may be signed with.
    pub signers: BTreeSet<[u8; 32]>,
    /// The lowest level, of the key and of what describes it.
    pub minimum_level: SecurityLevel,
    /// The oldest software, as `YYYYMM`; 0 for any.
    pub minimum_patch_level: u64,
}

impl AndroidPolicy {
    /// Believes what a chain of DER certificates, leaf first, says of the leaf's key.
    ///
    /// # Errors
    /// Each demand has a code of its own in [`AttestationError`].
    pub fn verify<C: AsRef<[u8]>>(
        &self,
        certificates: &[C],
        challenge: &[u8],
        now: Timestamp,
    ) -> Result<VerifiedKeyAttestation, AttestationError> {
        let chain = chain::verify(certificates, &self.roots, now)?;
        if chain.iter().any(|certificate| self.revocations.names(certificate)) {
            return Err(AttestationError::Revoked);
        }
        let description = described(&chain)?;
        let leaf = chain.first().ok_or(AttestationError::Missing)?;
        // A key that certifies could append certificates to its own.
        if leaf.is_authority() {
            return Err(AttestationError::Purpose);
        }
        let key = *leaf.key().ok_or(AttestationError::Algorithm)?;
        let description = KeyDescription::parse(description)?;
        let (policy, biometric) = rules::check(&description, challenge, self)?;
        Ok(VerifiedKeyAttestation { key, level: description.key_level, policy, biometric })
    }
}

/// The description nearest the root, which must be the leaf's own. The holder of an attested key can sign a certificate with it, and
/// software that forgets to look whether an issuer is an authority would believe what stands there.
fn described(chain: &[Certificate]) -> Result<&[u8], AttestationError> {
    let mut found = chain
        .iter()
        .enumerate()
        .rev()
        .filter_map(|(at, certificate)| Some((at, certificate.platform_extension(KEY_DESCRIPTION)?)));
    match found.next() {
        Some((0, description)) => Ok(description),
        Some(_) => Err(AttestationError::Appended),
        None => Err(AttestationError::Missing),
    }
}
