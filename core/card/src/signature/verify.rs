//! Checks one signature.
use ecdsa::signature::hazmat::PrehashVerifier;
use elliptic_curve::sec1::{FromSec1Point, ModulusSize, Sec1Point, ToSec1Point};
use elliptic_curve::{AffinePoint, CurveArithmetic, FieldBytes, FieldBytesSize};
use ring::signature as ring_signature;
use ring::signature::{RsaParameters, RsaPublicKeyComponents};
use rsa::pss::VerifyingKey as PssKey;
use sha1::Sha1;
use sha2::{Sha224, Sha256, Sha384, Sha512};

use super::{Hash, PublicKey, RsaKey, Scheme};
use crate::asn1::{Element, SEQUENCE};
use crate::curve::{self, Curve, Domain};

/// Whether a signature is right.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is.
    Valid,
    /// It is not.
    Invalid,
    /// The algorithm, its parameters or the kind of key are not known here.
    Unsupported,
}

impl From<bool> for Verdict {
    fn from(valid: bool) -> Self {
        if valid { Self::Valid } else { Self::Invalid }
    }
}

/// Checks a signature over a message. [`Scheme::RsaOfDigestAlgorithm`] must have been resolved before.
pub fn verify(scheme: Scheme, key: &PublicKey, message: &[u8], signature: &[u8]) -> Verdict {
    match (scheme, key) {
        (Scheme::RsaPkcs1(hash), PublicKey::Rsa(key)) => rsa_pkcs1(hash, key, message, signature),
        (Scheme::RsaPss(hash, salt), PublicKey::Rsa(key)) => rsa_pss(hash, salt, key, message, signature),
        (Scheme::Ecdsa(hash), PublicKey::Ec(domain, point)) => {
            der_halves(signature).map_or(Verdict::Invalid, |(r, s)| ecdsa(hash, domain, point, message, r, s))
        }
        (Scheme::PlainEcdsa(hash), PublicKey::Ec(domain, point)) => {
            let (r, s) = signature.split_at(signature.len() / 2);
            ecdsa(hash, domain, point, message, r, s)
        }
        (Scheme::RsaOfDigestAlgorithm, _) | (_, PublicKey::Unsupported) => Verdict::Unsupported,
        // An RSA signature cannot be by a key on a curve, nor the other way round.
        _ => Verdict::Invalid,
    }
}

fn der_halves(signature: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut halves = Element::whole(signature).ok()?.tagged(SEQUENCE).ok()?.inside();
    let (r, s) = (halves.next().ok()?.unsigned().ok()?, halves.next().ok()?.unsigned().ok()?);
    halves.end().ok()?;
    Some((r, s))
}

/// Shorter moduli prove nothing, longer ones cost time.
const RSA_BITS: std::ops::RangeInclusive<usize> = 1024..=8192;

fn ring_rsa(parameters: &'static RsaParameters, key: &RsaKey, message: &[u8], signature: &[u8]) -> Verdict {
    let components = RsaPublicKeyComponents { n: &key.modulus, e: &key.exponent };
    components.verify(parameters, message, signature).is_ok().into()
}

fn rsa_pkcs1(hash: Hash, key: &RsaKey, message: &[u8], signature: &[u8]) -> Verdict {
    let bits = key.bits();
    if !RSA_BITS.contains(&bits) {
        return Verdict::Unsupported;
    }
    let parameters = match hash {
        Hash::Sha1 => &ring_signature::RSA_PKCS1_1024_8192_SHA1_FOR_LEGACY_USE_ONLY,
        Hash::Sha256 => &ring_signature::RSA_PKCS1_1024_8192_SHA256_FOR_LEGACY_USE_ONLY,
        Hash::Sha384 if bits >= 2048 => &ring_signature::RSA_PKCS1_2048_8192_SHA384,
        Hash::Sha512 => &ring_signature::RSA_PKCS1_1024_8192_SHA512_FOR_LEGACY_USE_ONLY,
        Hash::Sha224 | Hash::Sha384 => {
            let Some(key) = key.rustcrypto() else {
                return Verdict::Unsupported;
            };
            let verified = if hash == Hash::Sha224 {
                key.pkcs1v15_verify::<Sha224>(message, signature)
            } else {
                key.pkcs1v15_verify::<Sha384>(message, signature)
            };
            return verified.is_ok().into();
        }
    };
    ring_rsa(parameters, key, message, signature)
}

fn rsa_pss(hash: Hash, salt: usize, key: &RsaKey, message: &[u8], signature: &[u8]) -> Verdict {
    let parameters = match hash {
        Hash::Sha256 => Some(&ring_signature::RSA_PSS_2048_8192_SHA256),
        Hash::Sha384 => Some(&ring_signature::RSA_PSS_2048_8192_SHA384),
        Hash::Sha512 => Some(&ring_signature::RSA_PSS_2048_8192_SHA512),
        Hash::Sha1 | Hash::Sha224 => None,
    };
    if !RSA_BITS.contains(&key.bits()) {
        return Verdict::Unsupported;
    }
    if let (Some(parameters), true, true) = (parameters, salt == hash.octets(), key.bits() >= 2048) {
        return ring_rsa(parameters, key, message, signature);
    }
    let (Some(key), Ok(signature)) = (key.rustcrypto(), rsa::pss::Signature::try_from(signature)) else {
        return Verdict::Unsupported;
    };
    let digest = hash.digest(message);
    let verified = match hash {
        Hash::Sha1 => PssKey::<Sha1>::new_with_salt_len(key, salt).verify_prehash(&digest, &signature),
        Hash::Sha224 => PssKey::<Sha224>::new_with_salt_len(key, salt).verify_prehash(&digest, &signature),
        Hash::Sha256 => PssKey::<Sha256>::new_with_salt_len(key, salt).verify_prehash(&digest, &signature),
        Hash::Sha384 => PssKey::<Sha384>::new_with_salt_len(key, salt).verify_prehash(&digest, &signature),
        Hash::Sha512 => PssKey::<Sha512>::new_with_salt_len(key, salt).verify_prehash(&digest, &signature),
    };
    verified.is_ok().into()
}

fn ecdsa(hash: Hash, domain: &'static Domain, point: &[u8], message: &[u8], r: &[u8], s: &[u8]) -> Verdict {
    let by_ring: Option<&ring_signature::EcdsaVerificationAlgorithm> = match (hash, domain.name) {
        (Hash::Sha256, "P-256") => Some(&ring_signature::ECDSA_P256_SHA256_FIXED),
        (Hash::Sha384, "P-384") => Some(&ring_signature::ECDSA_P384_SHA384_FIXED),
        _ => None,
    };
    let (Some(r), Some(s)) = (padded(r, domain.octets), padded(s, domain.octets)) else {
        return Verdict::Invalid;
    };
    if let Some(algorithm) = by_ring {
        let key = ring_signature::UnparsedPublicKey::new(algorithm, point);
        return key.verify(message, &[r, s].concat()).is_ok().into();
    }
    verify_prehashed_ecdsa(domain, point, &hash.digest(message), &r, &s)
}

/// Checks an ECDSA signature over a digest, `r` and `s` big-endian in the octets of the curve.
pub fn verify_prehashed_ecdsa(
    domain: &'static Domain,
    point: &[u8],
    digest: &[u8],
    r: &[u8],
    s: &[u8],
) -> Verdict {
    match domain.name {
        "P-256" => rustcrypto::<p256::NistP256>(point, digest, r, s),
        "P-384" => rustcrypto::<p384::NistP384>(point, digest, r, s),
        "P-521" => rustcrypto::<p521::NistP521>(point, digest, r, s),
        "brainpoolP256r1" => rustcrypto::<bp256::BrainpoolP256r1>(point, digest, r, s),
        "brainpoolP384r1" => rustcrypto::<bp384::BrainpoolP384r1>(point, digest, r, s),
        _ => own(domain, point, digest, r, s),
    }
}

fn own(domain: &'static Domain, point: &[u8], digest: &[u8], r: &[u8], s: &[u8]) -> Verdict {
    let Ok(curve) = Curve::new(domain) else {
        return Verdict::Unsupported;
    };
    let Ok(point): Result<curve::Point, _> = curve.decode(point) else {
        return Verdict::Invalid;
    };
    curve.verify(&point, digest, r, s).into()
}

fn padded(octets: &[u8], width: usize) -> Option<Vec<u8>> {
    let octets = crate::asn1::trim_zeros(octets);
    let pad = width.checked_sub(octets.len())?;
    Some([&vec![0; pad], octets].concat())
}

fn rustcrypto<C>(point: &[u8], digest: &[u8], r: &[u8], s: &[u8]) -> Verdict
where
    C: ecdsa::EcdsaCurve + CurveArithmetic,
    FieldBytesSize<C>: ModulusSize,
    AffinePoint<C>: FromSec1Point<C> + ToSec1Point<C>,
    ecdsa::SignatureSize<C>: elliptic_curve::array::ArraySize,
{
    let verified = (|| {
        let point = Sec1Point::<C>::from_bytes(point).ok()?;
        let key = ecdsa::VerifyingKey::<C>::from_sec1_point(&point).ok()?;
        let (r, s) = (FieldBytes::<C>::try_from(r).ok()?, FieldBytes::<C>::try_from(s).ok()?);
        key.verify_prehash(digest, &ecdsa::Signature::<C>::from_scalars(r, s).ok()?).ok()
    })();
    verified.is_some().into()
}
