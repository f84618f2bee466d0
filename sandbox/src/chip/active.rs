//! Active authentication from the card's side (ICAO Doc 9303-11, 6.1): signs the terminal's challenge with a key that
//! never leaves the chip.
use std::convert::Infallible;

use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, ECDSA_P384_SHA384_FIXED_SIGNING, EcdsaKeyPair};
use rsa::hazmat::rsa_decrypt;
use rsa::pkcs8::DecodePrivateKey;
use rsa::rand_core::TryCryptoRng;
use rsa::traits::PublicKeyParts;
use rsa::{BoxedUint, PrivateKey};
use sha1::{Digest, Sha1};
use sha2::Sha256;
use trust::random::Random;

use super::ChipError;
use super::command::StatusWord;
use super::group::StaticKey;

/// The hash of an RSA signature, which its trailer names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RsaHash {
    /// SHA-1, trailer BC.
    #[default]
    Sha1,
    /// SHA-256, trailer 34CC.
    Sha256,
}

/// The chip's key for active authentication.
#[derive(Clone)]
pub(super) enum ActiveKey {
    /// ISO/IEC 9796-2 scheme 1 with message recovery.
    Rsa(Box<PrivateKey>),
    /// ECDSA on P-256 with SHA-256 or on P-384 with SHA-384, the signature plain `r || s`; the PKCS#8 document.
    Ecdsa(Vec<u8>, &'static ring::signature::EcdsaSigningAlgorithm),
}

impl ActiveKey {
    /// Reads a key from PKCS#8.
    pub(super) fn from_pkcs8(document: &[u8]) -> Result<Self, ChipError> {
        if let Ok(key) = PrivateKey::from_pkcs8_der(document) {
            return Ok(Self::Rsa(Box::new(key)));
        }
        let algorithm = match StaticKey::from_pkcs8(document)?.curve_name() {
            "P-256" => &ECDSA_P256_SHA256_FIXED_SIGNING,
            "P-384" => &ECDSA_P384_SHA384_FIXED_SIGNING,
            _ => return Err(ChipError::Key),
        };
        EcdsaKeyPair::from_pkcs8(algorithm, document, &SystemRandom::new()).map_err(|_| ChipError::Key)?;
        Ok(Self::Ecdsa(document.to_vec(), algorithm))
    }

    /// Signs a challenge of eight octets.
    pub(super) fn sign(
        &self,
        challenge: &[u8],
        hash: RsaHash,
        random: &mut dyn Random,
    ) -> Result<Vec<u8>, StatusWord> {
        match self {
            Self::Rsa(key) => {
                let representative = representative(key.size(), challenge, hash, random)?;
                exponentiate(key, &representative).ok_or(StatusWord::NO_DIAGNOSIS)
            }
            Self::Ecdsa(document, algorithm) => {
                let system = SystemRandom::new();
                let pair = EcdsaKeyPair::from_pkcs8(algorithm, document, &system)
                    .map_err(|_| StatusWord::NO_DIAGNOSIS)?;
                let signature = pair.sign(&system, challenge).map_err(|_| StatusWord::NO_DIAGNOSIS)?;
                Ok(signature.as_ref().to_vec())
            }
        }
    }
}

/// `6A || M1 || H(M1 || challenge) || trailer` in as many octets as the modulus has, M1 the chip's own nonce.
fn representative(
    octets: usize,
    challenge: &[u8],
    hash: RsaHash,
    random: &mut dyn Random,
) -> Result<Vec<u8>, StatusWord> {
    let (length, trailer) = match hash {
        RsaHash::Sha1 => (20, &[0xbc][..]),
        RsaHash::Sha256 => (32, &[0x34, 0xcc][..]),
    };
    let recoverable = octets.checked_sub(1 + length + trailer.len()).ok_or(StatusWord::NO_DIAGNOSIS)?;
    let mut nonce = vec![0; recoverable];
    random.fill(&mut nonce).map_err(|_| StatusWord::NO_DIAGNOSIS)?;
    let digest = match hash {
        RsaHash::Sha1 => Sha1::new().chain_update(&nonce).chain_update(challenge).finalize().to_vec(),
        RsaHash::Sha256 => Sha256::new().chain_update(&nonce).chain_update(challenge).finalize().to_vec(),
    };
    Ok([&[0x6a], nonce.as_slice(), &digest, trailer].concat())
}

fn exponentiate(key: &PrivateKey, representative: &[u8]) -> Option<Vec<u8>> {
    let number = BoxedUint::from_be_slice(representative, key.n_bits_precision()).ok()?;
    let unblinded = None::<&mut dyn TryCryptoRng<Error = Infallible>>;
    let signature = rsa_decrypt(unblinded, key, &number).ok()?.to_be_bytes();
    let surplus = signature.len().checked_sub(key.size())?;
    signature.get(surplus..).map(<[u8]>::to_vec)
}
