//! The integrated mapping: a pseudo-random function of both nonces, and a point made of its value (9303-11, 4.4.3.3.2
//! and appendix B).
use crypto_bigint::{CtAssign, CtEq};
use trust::secret::Secret;

use super::group::GroupError;
use super::residue::{Field, Residue, power};
use crate::curve::Domain;
use crate::messaging::Cipher;

type Constants = (&'static [u8], &'static [u8]);

/// c0 and c1 for keys of 128 bits.
const SHORT: Constants = (
    &[0xa6, 0x68, 0x89, 0x2a, 0x7c, 0x41, 0xe3, 0xca, 0x73, 0x9f, 0x40, 0xb0, 0x57, 0xd8, 0x59, 0x04],
    &[0xa4, 0xe1, 0x36, 0xac, 0x72, 0x5f, 0x73, 0x8b, 0x01, 0xc1, 0xf6, 0x02, 0x17, 0xc1, 0x88, 0xad],
);

/// c0 and c1 for keys of 192 and 256 bits.
const LONG: Constants = (
    &[
        0xd4, 0x63, 0xd6, 0x52, 0x34, 0x12, 0x4e, 0xf7, 0x89, 0x70, 0x54, 0x98, 0x6d, 0xca, 0x0a, 0x17, 0x4e,
        0x28, 0xdf, 0x75, 0x8c, 0xba, 0xa0, 0x3f, 0x24, 0x06, 0x16, 0x41, 0x4d, 0x5a, 0x16, 0x76,
    ],
    &[
        0x54, 0xbd, 0x72, 0x55, 0xf0, 0xaa, 0xf8, 0x31, 0xbe, 0xc3, 0x42, 0x3f, 0xcf, 0x39, 0xd6, 0x9b, 0x6c,
        0xbf, 0x06, 0x66, 0x77, 0xd0, 0xfa, 0xae, 0x5a, 0xad, 0xd9, 0x9d, 0xf8, 0xe5, 0x35, 0x17,
    ],
);

/// R(s, t) with at least 64 bits more than the field, so that its remainder is as good as uniform.
pub(super) fn pseudo_random(
    cipher: Cipher,
    chip: &[u8],
    reader: &[u8],
    field_bits: u32,
) -> Result<Secret<Vec<u8>>, GroupError> {
    let (c0, c1) = if cipher.key_octets() == 16 { SHORT } else { LONG };
    let iv = vec![0; cipher.block_octets()];
    let encrypt = |key: &[u8], data: &[u8]| {
        let key = key.get(..cipher.key_octets()).ok_or(GroupError::NotInGroup)?;
        cipher.encrypt_blocks(key, &iv, data).map(Secret::new).ok_or(GroupError::NotInGroup)
    };
    let wanted = usize::try_from(field_bits.saturating_add(64)).map_err(|_| GroupError::NotInGroup)?;
    let mut state = encrypt(reader, chip)?;
    let mut octets = Vec::with_capacity(wanted.div_ceil(8) + c1.len());
    while octets.len() * 8 < wanted {
        octets.extend_from_slice(encrypt(state.expose(), c1)?.expose());
        state = encrypt(state.expose(), c0)?;
    }
    Ok(Secret::new(octets))
}

/// The point of both nonces.
pub(super) fn map_to_point(
    domain: &'static Domain,
    cipher: Cipher,
    chip: &[u8],
    reader: &[u8],
) -> Result<Vec<u8>, GroupError> {
    let field = Field::new(domain.p)?;
    let octets = pseudo_random(cipher, chip, reader, field.bits())?;
    let (x, y) = hash_to_point(domain, &field, &field.reduced(octets.expose())?)?;
    Ok([vec![4], field.encode(&x), field.encode(&y)].concat())
}

/// Whether the mapping has an answer on that curve: its prime must be 3 modulo 4, which that of P-224 is not.
pub(super) fn is_defined_on(domain: &Domain) -> bool {
    domain.p.chars().last().and_then(|digit| digit.to_digit(16)).is_some_and(|digit| digit % 4 == 3)
}

/// The simplified map of Shallue, van de Woestijne and Ulas as appendix B.2 gives it, with one exponentiation.
fn hash_to_point(domain: &Domain, field: &Field, t: &Residue) -> Result<(Residue, Residue), GroupError> {
    if !is_defined_on(domain) {
        return Err(GroupError::NotInGroup);
    }
    let (a, b, one) = (field.constant(domain.a)?, field.constant(domain.b)?, field.one());
    let curve_at = |x: &Residue| x.square().mul(x).add(&a.mul(x)).add(&b);
    let inverse = |value: &Residue| value.invert().ok_or(GroupError::NotInGroup);
    let alpha = t.square().neg();
    let x2 = b.neg().mul(&inverse(&a)?).mul(&one.add(&inverse(&alpha.square().add(&alpha))?));
    let x3 = alpha.mul(&x2);
    let h2 = curve_at(&x2);
    let u = t.square().mul(t).mul(&h2);
    // h2^(p - 1 - (p + 1) / 4): the inverse of a root of h2, if it has one. The exponent is 3 (p - 3) / 4 + 1, and
    // (p - 3) / 4 is the whole part of (p - 1) / 4.
    let quarter = power(&h2, &field.cofactor(&[4])?)?;
    let root = quarter.square().mul(&quarter).mul(&h2);
    // Which of the two it is depends on the chip's nonce, which only the password hides: no branch on it.
    let second = root.square().mul(&h2).ct_ne(&one);
    let (mut x, mut y) = (x2, root.mul(&h2));
    x.ct_assign(&x3, second);
    y.ct_assign(&root.mul(&u), second);
    Ok((x, y))
}
