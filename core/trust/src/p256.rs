//! P-256 public keys and ES256 signatures (FIPS 186-5; raw `r || s` as in RFC 9053, 2.1). Checked by ring; the
//! `p256` crate only decompresses points, which ring cannot.
use std::fmt;

use ::p256::elliptic_curve::sec1::{FromSec1Point, ToSec1Point};
use ring::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};

/// The bytes are no point on P-256.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a point on P-256")]
pub struct NotAPoint;

/// The signature does not belong to this message and key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("signature invalid")]
pub struct SignatureInvalid;

/// A point on P-256, known to lie on the curve.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct PublicKey([u8; 65]);

/// The order of the group, big-endian (SP 800-186, 3.2.1.3).
const ORDER: [u8; 32] = [
    0xff, 0xff, 0xff, 0xff, 0x00, 0x00, 0x00, 0x00, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xbc,
    0xe6, 0xfa, 0xad, 0xa7, 0x17, 0x9e, 0x84, 0xf3, 0xb9, 0xca, 0xc2, 0xfc, 0x63, 0x25, 0x51,
];

/// Half the order, rounded down.
const HALF_ORDER: [u8; 32] = [
    0x7f, 0xff, 0xff, 0xff, 0x80, 0x00, 0x00, 0x00, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xde,
    0x73, 0x7d, 0x56, 0xd3, 0x8b, 0xcf, 0x42, 0x79, 0xdc, 0xe5, 0x61, 0x7e, 0x31, 0x92, 0xa8,
];

impl PublicKey {
    /// From `04 || x || y`.
    pub fn from_uncompressed(bytes: &[u8]) -> Result<Self, NotAPoint> {
        if bytes.len() != 65 || bytes.first() != Some(&4) {
            return Err(NotAPoint);
        }
        Self::from_sec1(bytes)
    }

    /// From `02 || x` or `03 || x`.
    pub fn from_compressed(bytes: &[u8]) -> Result<Self, NotAPoint> {
        if bytes.len() != 33 || !matches!(bytes.first(), Some(2 | 3)) {
            return Err(NotAPoint);
        }
        Self::from_sec1(bytes)
    }

    /// From both coordinates, 32 bytes each.
    pub fn from_coordinates(x: &[u8], y: &[u8]) -> Result<Self, NotAPoint> {
        if x.len() != 32 || y.len() != 32 {
            return Err(NotAPoint);
        }
        Self::from_uncompressed(&[&[4][..], x, y].concat())
    }

    /// From the first coordinate and the sign of the second: whether it is odd (RFC 9053, 7.1.1).
    pub fn from_sign(x: &[u8], odd: bool) -> Result<Self, NotAPoint> {
        Self::from_compressed(&[&[2 + u8::from(odd)], x].concat())
    }

    fn from_sec1(bytes: &[u8]) -> Result<Self, NotAPoint> {
        let point = ::p256::AffinePoint::from_sec1_bytes(bytes).map_err(|_| NotAPoint)?;
        let uncompressed = point.to_sec1_point(false);
        uncompressed.as_bytes().try_into().map(Self).map_err(|_| NotAPoint)
    }

    /// `04 || x || y`.
    pub const fn uncompressed(&self) -> &[u8; 65] {
        &self.0
    }

    /// `02 || x` or `03 || x`.
    pub fn compressed(&self) -> [u8; 33] {
        let mut out = [0; 33];
        let [_, rest @ ..] = &self.0;
        if let Some((first, x)) = out.split_first_mut() {
            *first = 2 + u8::from(self.is_odd());
            x.iter_mut().zip(rest).for_each(|(to, from)| *to = *from);
        }
        out
    }

    /// The first coordinate, 32 bytes big-endian.
    pub fn x(&self) -> &[u8] {
        self.0.get(1..33).unwrap_or_default()
    }

    /// The second coordinate, 32 bytes big-endian.
    pub fn y(&self) -> &[u8] {
        self.0.get(33..).unwrap_or_default()
    }

    /// The sign of the second coordinate: whether it is odd.
    pub fn is_odd(&self) -> bool {
        self.y().last().is_some_and(|last| last & 1 == 1)
    }

    /// Checks an ES256 signature, raw `r || s`, over the message.
    pub fn verify(&self, message: &[u8], signature: &[u8; 64]) -> Result<(), SignatureInvalid> {
        UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, &self.0)
            .verify(message, signature)
            .map_err(|_| SignatureInvalid)
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("p256::PublicKey")
    }
}

/// Whether `s` is at most half the order: the one of the two valid forms of a signature that our formats take.
pub fn is_low_s(signature: &[u8; 64]) -> bool {
    signature.get(32..).is_some_and(|s| *s <= HALF_ORDER[..])
}

/// The low-`s` form of a signature, as hardware keys give either.
#[must_use]
pub fn normalize_s(signature: &[u8; 64]) -> [u8; 64] {
    let mut out = *signature;
    if is_low_s(signature) {
        return out;
    }
    let mut borrow = 0;
    for (byte, order) in out.iter_mut().skip(32).zip(ORDER).rev() {
        let difference = i16::from(order) - i16::from(*byte) - borrow;
        borrow = i16::from(difference < 0);
        *byte = difference.rem_euclid(256).to_le_bytes()[0];
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use ring::rand::SystemRandom;
    use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};

    fn key() -> EcdsaKeyPair {
        let random = SystemRandom::new();
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
        EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8.as_ref(), &random).unwrap()
    }

    #[test]
    fn both_forms_of_a_point_are_one_key() {
        for _ in 0..8 {
            let key = PublicKey::from_uncompressed(key().public_key().as_ref()).unwrap();
            assert_eq!(PublicKey::from_compressed(&key.compressed()).unwrap(), key);
            assert_eq!(PublicKey::from_coordinates(key.x(), key.y()).unwrap(), key);
        }
    }

    #[test]
    fn refuses_a_point_off_the_curve_and_the_wrong_form() {
        let key = *PublicKey::from_uncompressed(key().public_key().as_ref()).unwrap().uncompressed();
        let mut off = key;
        off[64] ^= 1;
        assert_eq!(PublicKey::from_uncompressed(&off), Err(NotAPoint));
        assert_eq!(PublicKey::from_uncompressed(&key[..64]), Err(NotAPoint));
        assert_eq!(PublicKey::from_compressed(&key), Err(NotAPoint));
        assert_eq!(PublicKey::from_uncompressed(&[0]), Err(NotAPoint));
        assert_eq!(PublicKey::from_compressed(&[&[2][..], &[0xff; 32]].concat()), Err(NotAPoint));
    }

    #[test]
    fn both_forms_of_a_signature_verify_and_one_is_low() {
        let (pair, random) = (key(), SystemRandom::new());
        let public = PublicKey::from_uncompressed(pair.public_key().as_ref()).unwrap();
        for _ in 0..16 {
            let signature: [u8; 64] = pair.sign(&random, b"message").unwrap().as_ref().try_into().unwrap();
            let low = normalize_s(&signature);
            assert!(is_low_s(&low));
            assert_eq!(normalize_s(&low), low);
            public.verify(b"message", &signature).unwrap();
            public.verify(b"message", &low).unwrap();
            assert_eq!(public.verify(b"massage", &low), Err(SignatureInvalid));
        }
    }
}
