//! An OpenID4VCI issuer with its trust list, checking requests as the standard says and failing as a test says.

use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use trust::p256::PublicKey;

use super::server::{Asked, Reply};

/// A P-256 key of the world around the wallet.
pub struct TestKey(EcdsaKeyPair);

impl TestKey {
    pub fn new() -> Self {
        let random = SystemRandom::new();
        let key = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
        Self(EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, key.as_ref(), &random).unwrap())
    }

    pub fn public(&self) -> PublicKey {
        PublicKey::from_uncompressed(self.0.public_key().as_ref()).unwrap()
    }

    pub fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.0.sign(&SystemRandom::new(), message).unwrap().as_ref().try_into().unwrap()
    }
}

/// What is fetched of an issuer when an account is opened.
pub struct TestIssuer {
    root: TestKey,
}

impl Default for TestIssuer {
    fn default() -> Self {
        Self { root: TestKey::new() }
    }
}

impl TestIssuer {
    pub fn answer(&mut self, asked: &Asked) -> Option<Reply> {
        assert_eq!(asked.path, "/trust/root.pub");
        let root = self.root.public();
        let hex: String = root.uncompressed().iter().map(|byte| format!("{byte:02x}")).collect();
        Some(Reply { status: 200, body: format!("{hex}\n").into_bytes() })
    }
}
