//! Who signs.
use sha2::{Digest, Sha256};
use trust::cbor::Encoder;
use trust::p256::PublicKey;

/// The signer of records, passed in by the caller: a key of the reader, in hardware where there is one.
pub trait EvidenceSigner {
    /// The public key.
    fn public_key(&self) -> Result<PublicKey, SignerUnavailable>;

    /// An ES256 signature over the message, raw `r || s`.
    fn sign(&self, message: &[u8]) -> Result<[u8; 64], SignerUnavailable>;
}

/// The signer's key is lost or cannot be used now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the signing key cannot be used")]
pub struct SignerUnavailable;

/// SHA-256 thumbprint of a key (RFC 9679, 3): the name that a signer is pinned and announced by.
pub fn key_thumbprint(key: &PublicKey) -> [u8; 32] {
    let mut cose_key = Encoder::new();
    cose_key.map(4).int(1).int(2).int(-1).int(1).int(-2).bytes(key.x()).int(-3).bytes(key.y());
    Sha256::digest(cose_key.finish()).into()
}
