//! Public keys from a SubjectPublicKeyInfo. Explicit curve parameters (RFC 3279, 2.3.5) are compared field by field
//! with the known curves.
use rsa::BoxedUint;

use crate::asn1::{Element, INTEGER, Malformed, OCTET_STRING, OID, SEQUENCE, trim_zeros};
use crate::curve::{DOMAINS, Domain};

/// A public key.
#[derive(Clone, Debug)]
pub enum PublicKey {
    /// RSA.
    Rsa(RsaKey),
    /// A point, uncompressed, on a known curve.
    Ec(&'static Domain, Vec<u8>),
    /// An algorithm or curve that is not known here.
    Unsupported,
}

/// Modulus and exponent, big-endian without leading zeros.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RsaKey {
    /// The modulus.
    pub modulus: Vec<u8>,
    /// The public exponent.
    pub exponent: Vec<u8>,
}

const RSA_ENCRYPTION: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01];
const RSASSA_PSS: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0a];
const EC_PUBLIC_KEY: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];
const PRIME_FIELD: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x01, 0x01];

impl RsaKey {
    /// Bits of the modulus.
    pub fn bits(&self) -> usize {
        let spare = self.modulus.first().map_or(0, |first| first.leading_zeros());
        self.modulus.len() * 8 - usize::try_from(spare).unwrap_or(0)
    }

    /// For the raw operation and the paddings that ring lacks; from 1024 to 8192 bits.
    pub(crate) fn rustcrypto(&self) -> Option<rsa::PublicKey> {
        let number = |octets: &[u8]| BoxedUint::from_be_slice_vartime(octets);
        rsa::PublicKey::new_with_size_limits(number(&self.modulus), number(&self.exponent), 1024..=8192).ok()
    }
}

impl PublicKey {
    /// From a SubjectPublicKeyInfo.
    pub(crate) fn from_info(info: Element<'_>) -> Result<Self, Malformed> {
        let mut parts = info.tagged(SEQUENCE)?.inside();
        let mut algorithm = parts.expect(SEQUENCE)?.inside();
        let bits = parts.next()?.bits()?;
        match algorithm.expect(OID)?.value {
            RSA_ENCRYPTION | RSASSA_PSS => {
                let mut numbers = Element::whole(bits)?.tagged(SEQUENCE)?.inside();
                // BSI's sample document of 2008 leaves the zero before a high modulus out; no modulus is negative.
                let modulus = trim_zeros(numbers.expect(INTEGER)?.value);
                let exponent = numbers.next()?.unsigned()?;
                Ok(Self::Rsa(RsaKey { modulus: modulus.to_vec(), exponent: exponent.to_vec() }))
            }
            EC_PUBLIC_KEY => {
                let domain = known_domain(algorithm.next()?)?;
                Ok(domain.map_or(Self::Unsupported, |domain| Self::Ec(domain, bits.to_vec())))
            }
            _ => Ok(Self::Unsupported),
        }
    }

    /// What to call it: the bits of an RSA modulus or the name of the curve.
    pub fn name(&self) -> String {
        match self {
            Self::Rsa(key) => key.bits().to_string(),
            Self::Ec(domain, _) => domain.name.to_owned(),
            Self::Unsupported => "unknown".to_owned(),
        }
    }
}

/// The curve that named or explicit parameters mean.
pub(crate) fn known_domain(parameters: Element<'_>) -> Result<Option<&'static Domain>, Malformed> {
    match parameters.tag {
        OID => Ok(DOMAINS.into_iter().find(|domain| domain.oid == parameters.value)),
        SEQUENCE => explicit(parameters),
        _ => Ok(None),
    }
}

/// `ECParameters { version, fieldID, curve { a, b, seed? }, base, order, cofactor? }`.
fn explicit(parameters: Element<'_>) -> Result<Option<&'static Domain>, Malformed> {
    let mut parts = parameters.inside();
    parts.expect(INTEGER)?;
    let mut field = parts.expect(SEQUENCE)?.inside();
    if field.expect(OID)?.value != PRIME_FIELD {
        return Ok(None);
    }
    let p = field.next()?.unsigned()?;
    let mut curve = parts.expect(SEQUENCE)?.inside();
    let (a, b) = (curve.expect(OCTET_STRING)?.value, curve.expect(OCTET_STRING)?.value);
    let base = parts.expect(OCTET_STRING)?.value;
    let n = parts.next()?.unsigned()?;
    let cofactor = parts.optional(INTEGER)?.map(Element::unsigned).transpose()?;
    if cofactor.is_some_and(|cofactor| cofactor != [1]) {
        return Ok(None);
    }
    Ok(DOMAINS.into_iter().find(|domain| {
        let same = |hex: &str, octets: &[u8]| from_hex(hex) == trim_zeros(octets);
        let base_is = |base: &[u8]| match base.split_first() {
            Some((4, xy)) => xy
                .split_at_checked(domain.octets)
                .is_some_and(|(x, y)| same(domain.x, x) && same(domain.y, y)),
            Some((sign @ (2 | 3), x)) => {
                same(domain.x, x) && from_hex(domain.y).last().is_some_and(|y| y & 1 == sign & 1)
            }
            _ => false,
        };
        same(domain.p, p) && same(domain.a, a) && same(domain.b, b) && same(domain.n, n) && base_is(base)
    }))
}

/// The octets of a constant, without leading zeros.
pub(crate) fn from_hex(hex: &str) -> Vec<u8> {
    let digits: Vec<u8> =
        hex.chars().filter_map(|c| c.to_digit(16)).filter_map(|d| u8::try_from(d).ok()).collect();
    let octets: Vec<u8> =
        digits.rchunks(2).rev().map(|pair| pair.iter().fold(0, |value, digit| value << 4 | digit)).collect();
    trim_zeros(&octets).to_vec()
}
