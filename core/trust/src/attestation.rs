//! What a phone's platform says of a key: Android Key Attestation and Apple App Attest, verified on the server up to pinned roots.
//!
//! A platform's word is the only thing that tells a key in hardware from one in a file. Both platforms answer a server's challenge; who
//! gave it out sees to it that it counts once. What is believed here becomes a [`VerifiedKeyAttestation`], and nothing else does.
//!
//! - Android ([`AndroidPolicy::verify`]): a certificate for the key itself, whose extension says where the key lives, whether it was
//!   made there, what unlocks it, which application owns it and whether the phone runs what its maker signed.
//! - Apple ([`ApplePolicy::verify_device_key`]): Apple certifies an App Attest key, which says that an unaltered application on a
//!   genuine device speaks. App Attest says nothing of the Secure Enclave key that signs for us: the application does, in what the
//!   App Attest key signs ([`apple::client_data`]). For later keys it makes assertions with the same App Attest key.
pub mod android;
pub mod apple;
mod chain;
mod roots;

pub use android::AndroidPolicy;
pub use apple::ApplePolicy;
pub use roots::PlatformRoots;

use crate::certificates::ChainError;
use crate::p256::PublicKey;

/// Seconds after an authentication for which a presentation key may stay usable.
pub const LONGEST_UNLOCK: u64 = 120;

/// Why what a platform says of a key is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AttestationError {
    /// No chain of certificates up to a pinned root.
    #[error(transparent)]
    Chain(#[from] ChainError),
    /// A certificate of the chain stands on the platform's revocation list.
    #[error("a certificate of the attestation is revoked")]
    Revoked,
    /// The extension, object or authenticator data are not well-formed.
    #[error("the attestation is malformed")]
    Malformed,
    /// No certificate says anything of a key.
    #[error("the certificates attest no key")]
    Missing,
    /// The certificate nearest the root that says something of a key is not the leaf: whoever holds an attested key could
    /// append a certificate that says anything.
    #[error("certificates stand below the attestation")]
    Appended,
    /// A version of the extension that is not known.
    #[error("the version of the attestation is not known")]
    Version,
    /// Made for another challenge, or with other client data.
    #[error("the attestation answers another challenge")]
    Challenge,
    /// What made the statement is not as secure as is demanded.
    #[error("the attestation was not made in secure hardware")]
    AttestationLevel,
    /// The key does not live where it is demanded.
    #[error("the key is not in secure hardware")]
    KeyLevel,
    /// A property stands twice, or as enforced by hardware and by software.
    #[error("the attestation says a thing twice")]
    Ambiguous,
    /// The key does something else than sign.
    #[error("the key is not for signing alone")]
    Purpose,
    /// No P-256 key that signs with SHA-256.
    #[error("the key is of another kind")]
    Algorithm,
    /// The key was imported or derived, or hardware does not vouch for its origin.
    #[error("the key was not made in secure hardware")]
    Origin,
    /// The key can leave the hardware.
    #[error("the key can be exported")]
    Exportable,
    /// Any application may use the key.
    #[error("every application may use the key")]
    EveryApplication,
    /// The key signs without its owner.
    #[error("the key needs no authentication")]
    NoAuthentication,
    /// The key stays usable for longer than [`LONGEST_UNLOCK`], or as long as the phone is carried.
    #[error("the key stays unlocked for too long")]
    UnlockedTooLong,
    /// Hardware does not say what it started.
    #[error("the attestation says nothing of the phone's software")]
    NoRootOfTrust,
    /// The boot loader is unlocked.
    #[error("the phone's boot loader is unlocked")]
    Unlocked,
    /// The phone runs something else than what its maker signed.
    #[error("the phone's software is not verified")]
    BootState,
    /// The phone's software is older than is demanded.
    #[error("the phone's software is too old")]
    PatchLevel,
    /// Another application, or one that somebody else signed.
    #[error("the attestation is of another application")]
    Application,
    /// The format is not the expected one.
    #[error("the attestation is of another format")]
    Format,
    /// The key's identifier is not the hash of the certified key.
    #[error("the identifier is of another key")]
    KeyId,
    /// Authenticator data of a first use with a counter above zero, or of a later one whose counter does not rise.
    #[error("the counter does not fit")]
    Counter,
    /// Made for development where production is demanded, or the other way.
    #[error("the attestation is of another environment")]
    Environment,
    /// The signature of an assertion does not verify.
    #[error("the assertion's signature does not verify")]
    Signature,
}

/// Where a key lives, in rising order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SecurityLevel {
    /// In a file of the operating system.
    Software,
    /// In the processor's trusted environment.
    TrustedEnvironment,
    /// In a chip of its own: StrongBox, Secure Enclave.
    SecureElement,
}

/// When a key signs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum AttestedPolicy {
    /// After the person authenticated, for [`LONGEST_UNLOCK`] seconds at most.
    Presentation,
    /// After the person authenticated for this one signature.
    Approval,
}

/// A key that a platform vouches for. Built by the verification of an attestation alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedKeyAttestation {
    key: PublicKey,
    level: SecurityLevel,
    policy: AttestedPolicy,
    biometric: bool,
}

impl VerifiedKeyAttestation {
    /// The key.
    pub const fn key(&self) -> &PublicKey {
        &self.key
    }

    /// Where it lives.
    pub const fn level(&self) -> SecurityLevel {
        self.level
    }

    /// When it signs.
    pub const fn policy(&self) -> AttestedPolicy {
        self.policy
    }

    /// Whether nothing but a biometric unlocks it.
    pub const fn is_biometric(&self) -> bool {
        self.biometric
    }

    /// The highest authentication level that a signature of this key can stand for (Decree 69/2024/ND-CP, article 20): 2 is the phone
    /// with a code or a finger, 3 a biometric for each signature. That the person also knew something, as 4 asks, no key can say.
    pub const fn authentication_level(&self) -> u8 {
        match (self.policy, self.biometric) {
            (AttestedPolicy::Approval, true) => 3,
            _ => 2,
        }
    }
}
