//! Apple App Attest: an attestation object once for each App Attest key, then assertions with that key.
//!
//! ```text
//! attestation = { "fmt": "apple-appattest", "attStmt": { "x5c": [ leaf, intermediate ], "receipt": bytes }, "authData": bytes }
//! assertion   = { "signature": bytes, "authenticatorData": bytes }
//! nonce       = SHA-256(authData || SHA-256(client data))
//! ```
mod authenticator;

use ring::signature::{ECDSA_P256_SHA256_ASN1, UnparsedPublicKey};

use super::{AttestationError, AttestedPolicy, PlatformRoots, SecurityLevel, VerifiedKeyAttestation, chain};
use crate::cbor::{self, Item, Profile};
use crate::certificates::APP_ATTEST_NONCE;
use crate::p256::PublicKey;
use crate::time::Timestamp;
use authenticator::AuthenticatorData;

/// What the client data of a device key begin with.
const DEVICE_KEY: &[u8] = b"sen device key 1\0";
/// `SEQUENCE { [1] EXPLICIT OCTET STRING (32) }`, before the octets.
const NONCE_HEAD: [u8; 6] = [0x30, 0x24, 0xa1, 0x22, 0x04, 0x20];

/// Which of Apple's environments an application runs in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Environment {
    /// From the store.
    Production,
    /// From a developer's machine.
    Development,
}

/// Whose attestations are believed.
#[derive(Clone, Debug)]
pub struct ApplePolicy {
    /// The roots of the platform.
    pub roots: PlatformRoots,
    /// `TEAMID.bundle.identifier`.
    pub application: String,
    /// Where the application runs.
    pub environment: Environment,
}

/// An App Attest key that Apple vouches for, with the counter of its last use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AppAttestKey {
    key: PublicKey,
    counter: u32,
}

impl AppAttestKey {
    /// As the server kept it from an attestation that it verified.
    pub const fn known(key: PublicKey, counter: u32) -> Self {
        Self { key, counter }
    }

    /// The key.
    pub const fn key(&self) -> &PublicKey {
        &self.key
    }

    /// The counter of its last use, to be kept before anything is done on the strength of that use.
    pub const fn counter(&self) -> u32 {
        self.counter
    }
}

/// What the application signs to vouch for a key in the Secure Enclave: a fixed beginning, the policy, the key, the challenge. Policy 1 is
/// a key that biometric or code unlock, 2 one that a biometric alone unlocks, for each signature.
pub fn client_data(key: &PublicKey, policy: AttestedPolicy, challenge: &[u8]) -> Vec<u8> {
    let policy = match policy {
        AttestedPolicy::Presentation => 1,
        AttestedPolicy::Approval => 2,
    };
    [DEVICE_KEY, &[policy], key.uncompressed(), challenge].concat()
}

impl ApplePolicy {
    /// Believes a device key that the application vouches for together with a new App Attest key.
    ///
    /// # Errors
    /// As [`verify`](Self::verify).
    pub fn verify_device_key(
        &self,
        object: &[u8],
        key: &PublicKey,
        policy: AttestedPolicy,
        challenge: &[u8],
        now: Timestamp,
    ) -> Result<(VerifiedKeyAttestation, AppAttestKey), AttestationError> {
        let signer = self.verify(object, &client_data(key, policy, challenge), now)?;
        Ok((vouched(key, policy), signer))
    }

    /// Believes a further device key on the word of an App Attest key that is known.
    ///
    /// # Errors
    /// As [`verify_assertion`](Self::verify_assertion).
    pub fn verify_further_key(
        &self,
        assertion: &[u8],
        signer: &AppAttestKey,
        key: &PublicKey,
        policy: AttestedPolicy,
        challenge: &[u8],
    ) -> Result<(VerifiedKeyAttestation, AppAttestKey), AttestationError> {
        let signer = self.verify_assertion(assertion, signer, &client_data(key, policy, challenge))?;
        Ok((vouched(key, policy), signer))
    }

    /// Believes an App Attest key by its attestation object over these client data.
    ///
    /// # Errors
    /// Each demand has a code of its own in [`AttestationError`].
    pub fn verify(
        &self,
        object: &[u8],
        client_data: &[u8],
        now: Timestamp,
    ) -> Result<AppAttestKey, AttestationError> {
        let object = Object::parse(object).map_err(|_| AttestationError::Malformed)?;
        if object.format != "apple-appattest" {
            return Err(AttestationError::Format);
        }
        let chain = chain::verify(&object.certificates, &self.roots, now)?;
        let leaf = chain.first().ok_or(AttestationError::Missing)?;
        let key = *leaf.key().ok_or(AttestationError::Algorithm)?;
        let nonce = leaf.platform_extension(APP_ATTEST_NONCE).ok_or(AttestationError::Missing)?;
        let nonce = nonce.strip_prefix(&NONCE_HEAD).ok_or(AttestationError::Malformed)?;
        if nonce != nonce_of(object.authenticator_data, client_data) {
            return Err(AttestationError::Challenge);
        }
        let (said, attested) = AuthenticatorData::parse_attested(object.authenticator_data)?;
        self.check_application(&said)?;
        if said.counter != 0 {
            return Err(AttestationError::Counter);
        }
        if attested.environment != Some(self.environment) {
            return Err(AttestationError::Environment);
        }
        if attested.credential_id != sha256(key.uncompressed()) || attested.key != key {
            return Err(AttestationError::KeyId);
        }
        Ok(AppAttestKey { key, counter: 0 })
    }

    /// Believes an assertion over these client data; gives the key with its new counter.
    ///
    /// # Errors
    /// [`AttestationError::Application`], [`AttestationError::Counter`] and [`AttestationError::Signature`].
    pub fn verify_assertion(
        &self,
        assertion: &[u8],
        signer: &AppAttestKey,
        client_data: &[u8],
    ) -> Result<AppAttestKey, AttestationError> {
        let assertion = Assertion::parse(assertion).map_err(|_| AttestationError::Malformed)?;
        let said = AuthenticatorData::parse(assertion.authenticator_data)?;
        let nonce = nonce_of(assertion.authenticator_data, client_data);
        UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, signer.key.uncompressed())
            .verify(&nonce, assertion.signature)
            .map_err(|_| AttestationError::Signature)?;
        self.check_application(&said)?;
        if said.counter <= signer.counter {
            return Err(AttestationError::Counter);
        }
        Ok(AppAttestKey { key: signer.key, counter: said.counter })
    }

    fn check_application(&self, said: &AuthenticatorData<'_>) -> Result<(), AttestationError> {
        if said.application == sha256(self.application.as_bytes()) {
            Ok(())
        } else {
            Err(AttestationError::Application)
        }
    }
}

/// What the application says of a key: made in the Secure Enclave, as the contract of its port has it (`docs/ports.md`).
const fn vouched(key: &PublicKey, policy: AttestedPolicy) -> VerifiedKeyAttestation {
    let biometric = matches!(policy, AttestedPolicy::Approval);
    VerifiedKeyAttestation { key: *key, level: SecurityLevel::SecureElement, policy, biometric }
}

fn sha256(message: &[u8]) -> Vec<u8> {
    ring::digest::digest(&ring::digest::SHA256, message).as_ref().to_vec()
}

fn nonce_of(authenticator_data: &[u8], client_data: &[u8]) -> Vec<u8> {
    sha256(&[authenticator_data, &sha256(client_data)].concat())
}

/// The attestation object as received.
struct Object<'a> {
    format: &'a str,
    certificates: Vec<&'a [u8]>,
    authenticator_data: &'a [u8],
}

impl<'a> Object<'a> {
    fn parse(bytes: &'a [u8]) -> Result<Self, cbor::Error> {
        let object = Item::parse(bytes, Profile::Interoperable)?.as_map()?;
        let member = |name: &str| object.get_text(name).ok_or(cbor::Error::Record);
        let statement = member("attStmt")?.as_map()?;
        let certificates = statement.get_text("x5c").ok_or(cbor::Error::Record)?.as_array()?;
        // Apple's own assessment of risk, for Apple to be asked about: nothing here is decided by it.
        statement.get_text("receipt").ok_or(cbor::Error::Record)?.as_bytes()?;
        Ok(Self {
            format: member("fmt")?.as_text()?,
            certificates: certificates.map(|der| der.as_bytes()).collect::<Result<_, _>>()?,
            authenticator_data: member("authData")?.as_bytes()?,
        })
    }
}

/// An assertion as received.
struct Assertion<'a> {
    signature: &'a [u8],
    authenticator_data: &'a [u8],
}

impl<'a> Assertion<'a> {
    fn parse(bytes: &'a [u8]) -> Result<Self, cbor::Error> {
        let assertion = Item::parse(bytes, Profile::Interoperable)?.as_map()?;
        let member = |name: &str| assertion.get_text(name).ok_or(cbor::Error::Record)?.as_bytes();
        Ok(Self { signature: member("signature")?, authenticator_data: member("authenticatorData")? })
    }
}
