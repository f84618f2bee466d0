//! Signing keys with any pair of key and hash that countries use, so that a verifier can be tested on all of them.
use card::curve::{Domain, P256, P384};
use ring::rand::SystemRandom;
use ring::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P384_SHA384_ASN1_SIGNING, EcdsaKeyPair, RSA_PKCS1_SHA256,
    RSA_PKCS1_SHA384, RSA_PKCS1_SHA512, RSA_PSS_SHA256, RSA_PSS_SHA384, RSA_PSS_SHA512, RsaKeyPair,
};
use rsa::pkcs8::{DecodePrivateKey, EncodePrivateKey, EncodePublicKey};
use trust::random::Random;

use super::FactoryError;
use super::encoding::{bit_string_content, context, integer, null, oid, sequence};
use super::keys::{EcKey, RsaRandom};
use crate::chip::{self, Hash};

/// AlgorithmIdentifier of a hash.
pub(super) fn hash_algorithm(hash: Hash) -> Vec<u8> {
    let sha2 = |number| oid(&[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, number]);
    let identifier = match hash {
        Hash::Sha1 => oid(&[0x2b, 0x0e, 0x03, 0x02, 0x1a]),
        Hash::Sha256 => sha2(1),
        Hash::Sha384 => sha2(2),
        Hash::Sha512 => sha2(3),
        Hash::Sha224 => sha2(4),
    };
    sequence(&[identifier, null()])
}

/// A kind of key with a hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Algorithm {
    kind: Kind,
    hash: Hash,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    /// The curve, and whether certificates write its parameters out.
    Ecdsa(&'static Domain, bool),
    /// Bits of the modulus.
    RsaPkcs1(usize),
    /// Bits of the modulus; the salt is as long as the hash.
    RsaPss(usize),
}

impl Algorithm {
    /// ECDSA on P-256 with SHA-256.
    pub const P256: Self = Self::ecdsa(&P256, Hash::Sha256);
    /// ECDSA on P-384 with SHA-384.
    pub const P384: Self = Self::ecdsa(&P384, Hash::Sha384);

    /// ECDSA on any curve, named in certificates.
    pub const fn ecdsa(domain: &'static Domain, hash: Hash) -> Self {
        Self { kind: Kind::Ecdsa(domain, false), hash }
    }

    /// ECDSA on any curve, its parameters written out in certificates, as most countries do.
    pub const fn ecdsa_explicit(domain: &'static Domain, hash: Hash) -> Self {
        Self { kind: Kind::Ecdsa(domain, true), hash }
    }

    /// RSA with PKCS#1 v1.5 padding, 2048 to 4096 bits, SHA-256 or longer.
    pub const fn rsa_pkcs1(bits: usize, hash: Hash) -> Self {
        Self { kind: Kind::RsaPkcs1(bits), hash }
    }

    /// RSA with PSS padding, 2048 to 4096 bits, SHA-256 or longer.
    pub const fn rsa_pss(bits: usize, hash: Hash) -> Self {
        Self { kind: Kind::RsaPss(bits), hash }
    }

    /// The hash.
    pub const fn hash(self) -> Hash {
        self.hash
    }
}

/// A key that signs certificates or documents.
pub(super) struct Signer {
    algorithm: Algorithm,
    key: Key,
    info: Vec<u8>,
}

enum Key {
    Ec(EcKey),
    /// PKCS#8.
    Rsa(Vec<u8>),
}

impl Signer {
    pub(super) fn generate(algorithm: Algorithm, random: &mut dyn Random) -> Result<Self, FactoryError> {
        match algorithm.kind {
            Kind::Ecdsa(domain, explicit) => {
                let key = EcKey::generate(domain, random)?;
                let info = key.public_key_info(explicit)?;
                Ok(Self { algorithm, key: Key::Ec(key), info })
            }
            Kind::RsaPkcs1(bits) | Kind::RsaPss(bits) => {
                let key = rsa::PrivateKey::new(&mut RsaRandom(random), bits);
                let document = key.map_err(|_| FactoryError::Key)?.to_pkcs8_der();
                Self::from_pkcs8(algorithm, document.map_err(|_| FactoryError::Key)?.as_bytes())
            }
        }
    }

    /// Reads a key that [`Self::pkcs8`] wrote.
    pub(super) fn from_pkcs8(algorithm: Algorithm, document: &[u8]) -> Result<Self, FactoryError> {
        match algorithm.kind {
            Kind::Ecdsa(domain, explicit) => {
                let key = EcKey::from_pkcs8(domain, document)?;
                let info = key.public_key_info(explicit)?;
                Ok(Self { algorithm, key: Key::Ec(key), info })
            }
            Kind::RsaPkcs1(_) | Kind::RsaPss(_) => {
                let key = rsa::PrivateKey::from_pkcs8_der(document).map_err(|_| FactoryError::Key)?;
                let info = key.to_public_key().to_public_key_der().map_err(|_| FactoryError::Key)?;
                Ok(Self { algorithm, key: Key::Rsa(document.to_vec()), info: info.as_bytes().to_vec() })
            }
        }
    }

    /// PKCS#8.
    pub(super) fn pkcs8(&self) -> Vec<u8> {
        match &self.key {
            Key::Ec(key) => key.pkcs8(),
            Key::Rsa(document) => document.clone(),
        }
    }

    pub(super) const fn hash(&self) -> Hash {
        self.algorithm.hash
    }

    /// SubjectPublicKeyInfo.
    pub(super) fn public_key_info(&self) -> &[u8] {
        &self.info
    }

    /// What the key identifier is the digest of.
    pub(super) fn public_key_bits(&self) -> &[u8] {
        bit_string_content(&self.info)
    }

    /// AlgorithmIdentifier of its signatures (RFC 5758, 4055, 8017).
    pub(super) fn algorithm(&self) -> Result<Vec<u8>, FactoryError> {
        let hash = self.algorithm.hash;
        let ecdsa = |tail: &[u8]| sequence(&[oid(&[&[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04], tail].concat())]);
        let pkcs1 = |number: u8| oid(&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, number]);
        match (self.algorithm.kind, hash) {
            (Kind::Ecdsa(..), Hash::Sha1) => Ok(ecdsa(&[0x01])),
            (Kind::Ecdsa(..), Hash::Sha224) => Ok(ecdsa(&[0x03, 0x01])),
            (Kind::Ecdsa(..), Hash::Sha256) => Ok(ecdsa(&[0x03, 0x02])),
            (Kind::Ecdsa(..), Hash::Sha384) => Ok(ecdsa(&[0x03, 0x03])),
            (Kind::Ecdsa(..), Hash::Sha512) => Ok(ecdsa(&[0x03, 0x04])),
            (Kind::RsaPkcs1(_), Hash::Sha256) => Ok(sequence(&[pkcs1(0x0b), null()])),
            (Kind::RsaPkcs1(_), Hash::Sha384) => Ok(sequence(&[pkcs1(0x0c), null()])),
            (Kind::RsaPkcs1(_), Hash::Sha512) => Ok(sequence(&[pkcs1(0x0d), null()])),
            (Kind::RsaPss(_), Hash::Sha256 | Hash::Sha384 | Hash::Sha512) => {
                let salt = u8::try_from(hash.octets()).map_err(|_| FactoryError::Key)?;
                let parameters = sequence(&[
                    context(0, &[hash_algorithm(hash)]),
                    context(1, &[sequence(&[pkcs1(0x08), hash_algorithm(hash)])]),
                    context(2, &[integer(&[salt])]),
                ]);
                Ok(sequence(&[pkcs1(0x0a), parameters]))
            }
            (Kind::RsaPkcs1(_) | Kind::RsaPss(_), _) => Err(FactoryError::Key),
        }
    }

    /// A signature: ring's where ring has the pair.
    pub(super) fn sign(&self, message: &[u8], random: &mut dyn Random) -> Result<Vec<u8>, FactoryError> {
        match &self.key {
            Key::Ec(key) if self.algorithm == Algorithm::P256 => {
                sign_with_ring(&ECDSA_P256_SHA256_ASN1_SIGNING, key, message)
            }
            Key::Ec(key) if self.algorithm == Algorithm::P384 => {
                sign_with_ring(&ECDSA_P384_SHA384_ASN1_SIGNING, key, message)
            }
            Key::Ec(key) => {
                let digest = self.algorithm.hash.digest(message);
                let signature = chip::sign_ecdsa(&key.curve, &key.scalar, &digest, random);
                let signature = signature.ok_or(FactoryError::Key)?;
                let (r, s) = signature.split_at(signature.len() / 2);
                Ok(sequence(&[integer(r), integer(s)]))
            }
            Key::Rsa(document) => self.sign_rsa(document, message),
        }
    }

    fn sign_rsa(&self, document: &[u8], message: &[u8]) -> Result<Vec<u8>, FactoryError> {
        let padding: &'static dyn ring::signature::RsaEncoding =
            match (self.algorithm.kind, self.algorithm.hash) {
                (Kind::RsaPkcs1(_), Hash::Sha256) => &RSA_PKCS1_SHA256,
                (Kind::RsaPkcs1(_), Hash::Sha384) => &RSA_PKCS1_SHA384,
                (Kind::RsaPkcs1(_), Hash::Sha512) => &RSA_PKCS1_SHA512,
                (Kind::RsaPss(_), Hash::Sha256) => &RSA_PSS_SHA256,
                (Kind::RsaPss(_), Hash::Sha384) => &RSA_PSS_SHA384,
                (Kind::RsaPss(_), Hash::Sha512) => &RSA_PSS_SHA512,
                _ => return Err(FactoryError::Key),
            };
        let pair = RsaKeyPair::from_pkcs8(document).map_err(|_| FactoryError::Key)?;
        let mut signature = vec![0; pair.public().modulus_len()];
        pair.sign(padding, &SystemRandom::new(), message, &mut signature).map_err(|_| FactoryError::Key)?;
        Ok(signature)
    }
}

fn sign_with_ring(
    algorithm: &'static ring::signature::EcdsaSigningAlgorithm,
    key: &EcKey,
    message: &[u8],
) -> Result<Vec<u8>, FactoryError> {
    let system = SystemRandom::new();
    let pair = EcdsaKeyPair::from_private_key_and_public_key(algorithm, &key.scalar, &key.public, &system)
        .map_err(|_| FactoryError::Key)?;
    Ok(pair.sign(&system, message).map_err(|_| FactoryError::Key)?.as_ref().to_vec())
}
