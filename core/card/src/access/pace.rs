//! PACE, the reader's mathematics (9303-11, 4.4.3).
use subtle::ConstantTimeEq;
use trust::random::Random;
use trust::secret::Secret;

use super::group::{Group, GroupError, Parameters};
use super::info::PaceOffer;
use super::key::AccessKey;
use crate::asn1::encode;
use crate::messaging::{Cipher, SessionKeys, derive_key};

/// No cipher's nonce is longer.
const LONGEST_NONCE: usize = 64;

/// A key pair of one run.
#[derive(Debug)]
pub(crate) struct Ephemeral {
    private: Secret<Vec<u8>>,
    pub(crate) public: Vec<u8>,
}

impl Ephemeral {
    /// A fresh pair on a generator.
    pub(crate) fn generate(
        group: &Group,
        generator: &[u8],
        random: &mut dyn Random,
    ) -> Result<Self, GroupError> {
        Self::from_private(group, generator, group.generate_scalar(random)?)
    }

    pub(crate) fn from_private(
        group: &Group,
        generator: &[u8],
        private: Secret<Vec<u8>>,
    ) -> Result<Self, GroupError> {
        let public = group.multiply(generator, private.expose())?;
        Ok(Self { private, public })
    }

    /// The element that both sides compute. One's own key sent back is refused (9303-11, 4.4.1).
    pub(crate) fn agree(&self, group: &Group, other: &[u8]) -> Result<Secret<Vec<u8>>, GroupError> {
        if other == self.public {
            return Err(GroupError::NotInGroup);
        }
        group.multiply(other, self.private.expose()).map(Secret::new)
    }
}

/// The nonce that the chip encrypted under the password.
pub(crate) fn decrypt_nonce(offer: &PaceOffer, key: &AccessKey, encrypted: &[u8]) -> Option<Secret<Vec<u8>>> {
    if encrypted.len() > LONGEST_NONCE {
        return None;
    }
    let password = derive_key(offer.cipher, key.password().expose(), 3);
    let iv = vec![0; offer.cipher.block_octets()];
    offer.cipher.decrypt_blocks(password.expose(), &iv, encrypted).map(Secret::new)
}

/// `s * G + H`: the generator that only both holders of the password know (generic mapping, 4.4.3.3.1).
pub(crate) fn map_generator(
    group: &Group,
    nonce: &[u8],
    shared: &[u8],
) -> Result<Secret<Vec<u8>>, GroupError> {
    let multiple = Secret::new(group.multiply(&group.generator()?, nonce)?);
    group.add(multiple.expose(), shared).map(Secret::new)
}

/// Octets of the reader's own nonce in the integrated mapping.
pub(crate) const fn reader_nonce_octets(cipher: Cipher) -> usize {
    cipher.key_octets()
}

/// The session keys of the shared element.
pub(crate) fn session_keys(cipher: Cipher, group: &Group, shared: &[u8]) -> Result<SessionKeys, GroupError> {
    let secret = group.secret(shared).ok_or(GroupError::NotInGroup)?;
    Ok(SessionKeys::derive(cipher, secret.expose()))
}

/// What an authentication token is computed over: `7F49 { 06 oid, 86 public key of the other side }`.
pub(crate) fn token_input(oid: &[u8], group: &Group, public: &[u8]) -> Vec<u8> {
    encode(0x7f49, &[encode(0x06, oid), encode(group.public_key_tag(), public)].concat())
}

/// A token: the checksum of the input. For 3DES the input is padded as for secure messaging.
pub(crate) fn token(keys: &SessionKeys, input: &[u8]) -> [u8; 8] {
    if keys.cipher().block_octets() == 16 {
        return keys.checksum(input);
    }
    let mut padded = input.to_vec();
    padded.push(0x80);
    padded.resize(padded.len().next_multiple_of(8), 0);
    keys.checksum(&padded)
}

/// What the chip authentication mapping leaves: the chip's key of the mapping and the number that turns its static key
/// into it (9303-11, 4.4.3.5).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct MappingProof {
    pub(crate) parameters: Parameters,
    pub(crate) mapping_public: Vec<u8>,
    pub(crate) scalar: Vec<u8>,
}

impl MappingProof {
    /// Whether it proves that the chip holds the private part of this key.
    pub(crate) fn proves(&self, public: &[u8]) -> bool {
        let product = Group::new(self.parameters).and_then(|group| group.multiply(public, &self.scalar));
        product.is_ok_and(|product| product.ct_eq(&self.mapping_public).into())
    }
}
