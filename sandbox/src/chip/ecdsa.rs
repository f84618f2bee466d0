//! ECDSA signing on any curve, for the keys that ring has no curve for (FIPS 186-5, 6.4.1).
use card::curve::Curve;
use trust::random::Random;

use super::command::StatusWord;
use super::group::curve_scalar;
use super::numbers::{Modulus, Residue};

/// Signs a digest; the signature is `r || s`, each of the order's length.
pub(crate) fn sign(
    curve: &Curve,
    scalar: &[u8],
    digest: &[u8],
    random: &mut dyn Random,
) -> Result<Vec<u8>, StatusWord> {
    let order = Modulus::new(curve.domain().n)?;
    // The orders of all known curves but P-521 fill their octets, and no digest is longer than that one.
    let digest = digest.get(..digest.len().min(order.octets())).unwrap_or_default();
    let (digest, scalar) = (order.reduce(digest)?, order.reduce(scalar)?);
    loop {
        let nonce = curve_scalar(curve, random)?;
        let point = curve.encode(&curve.multiply(curve.generator(), &nonce));
        let point = point.map_err(|_| StatusWord::NO_DIAGNOSIS)?;
        let x = point.get(1..=curve.domain().octets).ok_or(StatusWord::NO_DIAGNOSIS)?;
        let r = order.reduce(x)?;
        let inverse = Modulus::inverse(&order.reduce(&nonce)?)?;
        let s = inverse.mul(&digest.add(&r.mul(&scalar)));
        let is_zero = |residue: &Residue| bool::from(residue.is_zero());
        if !is_zero(&r) && !is_zero(&s) {
            return Ok([order.write(&r), order.write(&s)].concat());
        }
    }
}
