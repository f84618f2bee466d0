//! The integrated mapping of PACE: a pseudo-random function of both nonces, and its value made a point (ICAO Doc 9303-11,
//! 4.4.3.3.2 and appendix B).
use card::curve::{Curve, Point};

use super::cipher::{Key, Suite};
use super::command::StatusWord;
use super::numbers::{Modulus, Residue};

/// The constants c0 and c1 for keys of 128 bits.
const SHORT: [[u8; 16]; 2] = [
    [0xa6, 0x68, 0x89, 0x2a, 0x7c, 0x41, 0xe3, 0xca, 0x73, 0x9f, 0x40, 0xb0, 0x57, 0xd8, 0x59, 0x04],
    [0xa4, 0xe1, 0x36, 0xac, 0x72, 0x5f, 0x73, 0x8b, 0x01, 0xc1, 0xf6, 0x02, 0x17, 0xc1, 0x88, 0xad],
];

/// The constants for keys of 192 and 256 bits.
const LONG: [[u8; 32]; 2] = [
    [
        0xd4, 0x63, 0xd6, 0x52, 0x34, 0x12, 0x4e, 0xf7, 0x89, 0x70, 0x54, 0x98, 0x6d, 0xca, 0x0a, 0x17, 0x4e,
        0x28, 0xdf, 0x75, 0x8c, 0xba, 0xa0, 0x3f, 0x24, 0x06, 0x16, 0x41, 0x4d, 0x5a, 0x16, 0x76,
    ],
    [
        0x54, 0xbd, 0x72, 0x55, 0xf0, 0xaa, 0xf8, 0x31, 0xbe, 0xc3, 0x42, 0x3f, 0xcf, 0x39, 0xd6, 0x9b, 0x6c,
        0xbf, 0x06, 0x66, 0x77, 0xd0, 0xfa, 0xae, 0x5a, 0xad, 0xd9, 0x9d, 0xf8, 0xe5, 0x35, 0x17,
    ],
];

/// Octets of the chip's nonce.
pub(super) const fn nonce_octets(suite: Suite) -> usize {
    match suite {
        Suite::TripleDes | Suite::Aes128 => 16,
        Suite::Aes192 | Suite::Aes256 => 32,
    }
}

/// R(s, t), at least 64 bits longer than a field of so many bits.
pub(super) fn pseudo_random(
    suite: Suite,
    chip_nonce: &[u8],
    terminal_nonce: &[u8],
    field_bits: u32,
) -> Result<Vec<u8>, StatusWord> {
    if terminal_nonce.len() != suite.key_octets() {
        return Err(StatusWord::WRONG_DATA);
    }
    let constants: [&[u8]; 2] = match suite {
        Suite::TripleDes | Suite::Aes128 => [&SHORT[0], &SHORT[1]],
        Suite::Aes192 | Suite::Aes256 => [&LONG[0], &LONG[1]],
    };
    let wanted = field_bits as usize + 64;
    let mut state = Key::new(suite, terminal_nonce).encrypt(chip_nonce)?;
    let mut output = Vec::new();
    while output.len() * 8 < wanted {
        let key = Key::new(suite, &state);
        output.extend(key.encrypt(constants[1])?);
        state = key.encrypt(constants[0])?;
    }
    Ok(output)
}

/// A point out of pseudo-random octets: the simplified Shallue-van de Woestijne-Ulas map, for primes that are 3 modulo
/// 4 and curves without a cofactor.
pub(super) fn point(curve: &Curve, octets: &[u8]) -> Result<Point, StatusWord> {
    let domain = curve.domain();
    let field = Modulus::new(domain.p)?;
    let (a, b) = (field.residue(domain.a)?, field.residue(domain.b)?);
    let t = field.reduce(octets)?;
    let right_side = |x: &Residue| x.square().mul(x).add(&a.mul(x)).add(&b);

    let alpha = t.square().neg();
    let sum = alpha.add(&alpha.square());
    let x2 = b.neg().mul(&Modulus::inverse(&a)?).mul(&field.one().add(&Modulus::inverse(&sum)?));
    let x3 = alpha.mul(&x2);
    let h2 = right_side(&x2);
    let u = t.square().mul(&t).mul(&h2);
    // p - 1 - (p + 1) / 4 is (3p - 5) / 4, and since p is 3 modulo 4 that is 3 (p - 3) / 4 + 1.
    let quarter = field.quotient(3, &[4])?;
    let power = Modulus::power(&h2, &quarter)?;
    let root = power.square().mul(&power).mul(&h2);
    let (x, y) = if root.square().mul(&h2) == field.one() { (x2, root.mul(&h2)) } else { (x3, root.mul(&u)) };
    let encoded = [vec![4], field.write(&x), field.write(&y)].concat();
    curve.decode(&encoded).map_err(|_| StatusWord::NO_DIAGNOSIS)
}
