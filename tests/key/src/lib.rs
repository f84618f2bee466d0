//! P-256 key pairs for tests, those of an issuer, a desk or a device, certificates for them, and invented makers of phones that
//! attest them; and Base45, which only tests write. A crate, since the tests of most packages need them.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::missing_panics_doc,
    reason = "a test stops where its key cannot be made"
)]
pub mod base45;
mod certificates;
pub mod platform;

pub use certificates::Authority;
pub use rcgen;

use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use trust::p256::PublicKey;

/// The pair. Its private half is never kept.
#[derive(Debug)]
pub struct TestKey(EcdsaKeyPair);

impl rcgen::PublicKeyData for TestKey {
    fn der_bytes(&self) -> &[u8] {
        self.0.public_key().as_ref()
    }

    fn algorithm(&self) -> &'static rcgen::SignatureAlgorithm {
        &rcgen::PKCS_ECDSA_P256_SHA256
    }
}

impl TestKey {
    /// A new pair.
    #[allow(clippy::new_without_default, reason = "no two are alike")]
    pub fn new() -> Self {
        let random = SystemRandom::new();
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
        Self(EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8.as_ref(), &random).unwrap())
    }

    /// The public half.
    pub fn public(&self) -> PublicKey {
        PublicKey::from_uncompressed(self.0.public_key().as_ref()).unwrap()
    }

    /// ES256: 64 octets, r and s.
    pub fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.0.sign(&SystemRandom::new(), message).unwrap().as_ref().try_into().unwrap()
    }
}
