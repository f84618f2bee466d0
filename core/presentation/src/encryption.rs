//! An answer that only the desk which asked can read: `COSE_Encrypt0` (RFC 9052, 5.2) with HPKE
//! (draft-ietf-cose-hpke, integrated encryption, `HPKE-0`).
//!
//! ```cddl
//! encrypted = #6.16([ bstr .cbor { 1: 35, 4: bstr .size 8 }, { -4: bstr .size 65 }, bstr ])
//! ```
//! `kid` is the beginning of the question's `cnonce`, so that a desk with several open questions finds its key. That key is
//! made for one question and can be used once: whoever films the phone, or takes the desk's keys later, reads nothing.
use ring::agreement::{ECDH_P256, EphemeralPrivateKey, UnparsedPublicKey, agree_ephemeral};
use ring::rand::SystemRandom;
use trust::cbor::{self, Encoder, Item, Profile};
use trust::cose::{ALG, KID};
use trust::p256::PublicKey;

use crate::hpke::Context;

/// CBOR tag of `COSE_Encrypt0`.
const ENCRYPT0: u64 = 16;
/// `alg` HPKE-0.
const HPKE_0: i64 = 35;
/// Header `ek`: the sender's public key of this one message.
const EK: i64 = -4;
const KID_LENGTH: usize = 8;
/// No token of ours is longer.
const LONGEST: usize = 8_192;

/// Why an answer is not encrypted or not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EncryptionError {
    /// Malformed CBOR or COSE.
    #[error("malformed: {0}")]
    Malformed(#[from] cbor::Error),
    /// Another kind of token.
    #[error("not an encrypted answer")]
    WrongType,
    /// `alg` is not HPKE-0.
    #[error("algorithm not supported")]
    WrongAlgorithm,
    /// A header is missing, surplus or of the wrong kind.
    #[error("header {0} is missing, surplus or of the wrong kind")]
    Header(i64),
    /// It was encrypted to another key, or changed on its way.
    #[error("this key does not open it")]
    Unreadable,
    /// The system gave no random bytes.
    #[error("no random bytes")]
    NoRandom,
}

/// A desk's key for the answer to one question.
pub struct AnswerKey {
    private: EphemeralPrivateKey,
    public: PublicKey,
}

impl std::fmt::Debug for AnswerKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("AnswerKey")
    }
}

impl AnswerKey {
    /// A new key, from the system's random numbers.
    pub fn generate() -> Result<Self, EncryptionError> {
        let (private, public) = ephemeral()?;
        Ok(Self { private, public })
    }

    /// What the challenge carries.
    pub const fn public(&self) -> &PublicKey {
        &self.public
    }

    /// Opens the answer, and is used up by it.
    pub fn open(self, answer: &EncryptedAnswer<'_>) -> Result<Vec<u8>, EncryptionError> {
        let recipient = *self.public.uncompressed();
        agree(self.private, &answer.ek, |agreed| {
            let context = Context::new(agreed, answer.ek.uncompressed(), &recipient, &[]);
            context.open(&authenticated(answer.protected), answer.ciphertext)
        })?
        .map_err(|_| EncryptionError::Unreadable)
    }
}

/// Encrypts a token to the key of the question with this `cnonce` (8 bytes or more).
pub fn encrypt(token: &[u8], to: &PublicKey, cnonce: &[u8]) -> Result<Vec<u8>, EncryptionError> {
    let kid = cnonce.get(..KID_LENGTH).ok_or(EncryptionError::Header(KID))?;
    let (private, public) = ephemeral()?;
    let ek = public.uncompressed();
    let mut protected = Encoder::new();
    protected.map(2).int(ALG).int(HPKE_0).int(KID).bytes(kid);
    let protected = protected.finish();
    let ciphertext = agree(private, to, |agreed| {
        Context::new(agreed, ek, to.uncompressed(), &[]).seal(&authenticated(&protected), token)
    })?
    .map_err(|_| EncryptionError::Unreadable)?;
    let mut out = Encoder::new();
    out.tag(ENCRYPT0).array(3).bytes(&protected).map(1).int(EK).bytes(ek).bytes(&ciphertext);
    Ok(out.finish())
}

/// An answer that nobody has opened yet.
#[derive(Clone, Debug)]
pub struct EncryptedAnswer<'a> {
    protected: &'a [u8],
    kid: &'a [u8],
    ek: PublicKey,
    ciphertext: &'a [u8],
}

impl<'a> EncryptedAnswer<'a> {
    /// Whether the bytes of a frame claim to be one.
    pub fn is_one(bytes: &[u8]) -> bool {
        bytes.first() == Some(&0xd0)
    }

    /// From the bytes of a frame.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, EncryptionError> {
        if bytes.len() > LONGEST || !Self::is_one(bytes) {
            return Err(EncryptionError::WrongType);
        }
        let (_, array) = Item::parse(bytes, Profile::Deterministic)?.as_tag()?;
        let mut parts = array.as_array()?;
        let (Some(protected), Some(unprotected), Some(ciphertext), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return Err(EncryptionError::WrongType);
        };
        let protected = protected.as_bytes()?;
        let headers = Item::parse(protected, Profile::Deterministic)?.as_map()?;
        if headers.get_int(ALG).and_then(|alg| alg.as_int().ok()) != Some(HPKE_0) {
            return Err(EncryptionError::WrongAlgorithm);
        }
        let unsigned = unprotected.as_map()?;
        if let Some(surplus) = headers.surplus(&[ALG, KID]).or_else(|| unsigned.surplus(&[EK])) {
            return Err(EncryptionError::Header(surplus));
        }
        let kid = headers.get_int(KID).and_then(|kid| kid.as_bytes().ok());
        let ek = unsigned.get_int(EK).and_then(|ek| PublicKey::from_uncompressed(ek.as_bytes().ok()?).ok());
        Ok(Self {
            protected,
            kid: kid.filter(|kid| kid.len() == KID_LENGTH).ok_or(EncryptionError::Header(KID))?,
            ek: ek.ok_or(EncryptionError::Header(EK))?,
            ciphertext: ciphertext.as_bytes()?,
        })
    }

    /// Whether it says that it answers the question with this `cnonce`.
    pub fn answers(&self, cnonce: &[u8]) -> bool {
        cnonce.starts_with(self.kid)
    }
}

/// The `Enc_structure` of RFC 9052, 5.3, without external data.
fn authenticated(protected: &[u8]) -> Vec<u8> {
    let mut out = Encoder::new();
    out.array(3).text("Encrypt0").bytes(protected).bytes(&[]);
    out.finish()
}

pub(crate) fn ephemeral() -> Result<(EphemeralPrivateKey, PublicKey), EncryptionError> {
    let private = EphemeralPrivateKey::generate(&ECDH_P256, &SystemRandom::new());
    let private = private.map_err(|_| EncryptionError::NoRandom)?;
    let public = private.compute_public_key().map_err(|_| EncryptionError::NoRandom)?;
    let public = PublicKey::from_uncompressed(public.as_ref()).map_err(|_| EncryptionError::NoRandom)?;
    Ok((private, public))
}

pub(crate) fn agree<T>(
    private: EphemeralPrivateKey,
    with: &PublicKey,
    use_it: impl FnOnce(&[u8]) -> T,
) -> Result<T, EncryptionError> {
    let with = UnparsedPublicKey::new(&ECDH_P256, with.uncompressed());
    agree_ephemeral(private, &with, use_it).map_err(|_| EncryptionError::Unreadable)
}

#[cfg(test)]
mod tests;
