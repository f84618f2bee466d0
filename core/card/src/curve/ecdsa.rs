//! ECDSA verification (FIPS 186-5, 6.4.2). Everything here is public, so the time may vary.
use crypto_bigint::{BoxedUint, NonZero, Resize};

use super::point::from_octets;
use super::residue::{Residue, to_octets};
use super::{Curve, Point};

/// Bits of a window; its digits are odd and signed.
const WINDOW: usize = 5;

impl Curve {
    /// Whether `r` and `s` are a signature over this hash by this point.
    pub fn verify(&self, public: &Point, hash: &[u8], r: &[u8], s: &[u8]) -> bool {
        self.verify_or_none(public, hash, r, s).is_some()
    }

    fn verify_or_none(&self, public: &Point, hash: &[u8], r: &[u8], s: &[u8]) -> Option<()> {
        let (r, s) = (self.order_element(r)?, self.order_element(s)?);
        let inverse = s.invert_vartime()?;
        let e = Residue::new(self.truncated(hash), &self.order);
        let scalar = |value: &Residue| to_octets(&value.retrieve(), self.order_octets());
        let sum = self.sum_of_multiples([
            (&self.generator, &scalar(&e.mul(&inverse))),
            (public, &scalar(&r.mul(&inverse))),
        ]);
        let encoded = self.encode(&sum).ok()?;
        let x = encoded.get(1..=self.domain.octets)?;
        let precision = self.order.bits_precision().max(self.field.bits_precision());
        let x = from_octets(x, self.domain.octets, precision).ok()?;
        let order = NonZero::new(self.order.modulus().as_ref().clone().resize(precision));
        let x = x.rem_vartime(&Option::<_>::from(order)?);
        (x.resize(self.order.bits_precision()) == *r.retrieve()).then_some(())
    }

    /// The sum of two multiples, both walked at once so that the doublings are shared.
    fn sum_of_multiples(&self, terms: [(&Point, &[u8]); 2]) -> Point {
        let terms = terms.map(|(point, scalar)| (self.odd_multiples(point), signed_digits(scalar)));
        let digits = terms.iter().map(|(_, digits)| digits.len()).max().unwrap_or(0);
        let mut sum = self.infinity();
        for position in (0..digits).rev() {
            sum = self.double(&sum);
            for (multiples, digits) in &terms {
                let digit = digits.get(position).copied().unwrap_or(0);
                let multiple = multiples.get(usize::from(digit.unsigned_abs() / 2));
                if let Some(multiple) = multiple.filter(|_| digit != 0) {
                    let Point { x, y, z } = multiple.clone();
                    sum = self.add(&sum, &Point { x, y: if digit < 0 { y.neg() } else { y }, z });
                }
            }
        }
        sum
    }

    /// The point times 1, 3, 5, ... 15.
    fn odd_multiples(&self, point: &Point) -> Vec<Point> {
        let twice = self.double(point);
        std::iter::successors(Some(point.clone()), |last| Some(self.add(last, &twice)))
            .take(1 << (WINDOW - 2))
            .collect()
    }

    fn order_element(&self, octets: &[u8]) -> Option<Residue> {
        let octets = crate::asn1::trim_zeros(octets);
        let pad = self.order_octets().checked_sub(octets.len())?;
        let value = self.scalar(&[&vec![0; pad], octets].concat()).ok()?;
        let value = from_octets(&value, self.order_octets(), self.order.bits_precision()).ok()?;
        Some(Residue::new(value, &self.order))
    }

    /// The leftmost bits of the hash, as many as the order has, reduced by it.
    fn truncated(&self, hash: &[u8]) -> BoxedUint {
        let octets = hash.get(..hash.len().min(self.order_octets())).unwrap_or_default();
        let bits = u32::try_from(octets.len() * 8).unwrap_or(u32::MAX);
        let precision = self.order.bits_precision();
        let padded = [&vec![0; self.order_octets() - octets.len()], octets].concat();
        let value = BoxedUint::from_be_slice_truncated(&padded, precision);
        let value = value
            .shr_vartime(bits.saturating_sub(self.order_bits()))
            .unwrap_or_else(|| BoxedUint::zero_with_precision(precision));
        let order = self.order.modulus().as_nz_ref();
        value.rem_vartime(order)
    }
}

/// The scalar, big-endian, as digits of base two, the lowest first: each is zero or odd and of at most
/// [`WINDOW`] - 1 bits and a sign, and among [`WINDOW`] in a row one at most is not zero.
fn signed_digits(scalar: &[u8]) -> Vec<i8> {
    let bits: Vec<i8> = scalar
        .iter()
        .rev()
        .flat_map(|octet| (0..8).map(move |bit| i8::from(octet >> bit & 1 == 1)))
        .collect();
    let bit = |at: usize| bits.get(at).copied().unwrap_or(0);
    let mut digits = vec![0; bits.len() + WINDOW];
    let (mut at, mut carry) = (0, 0);
    while at <= bits.len() {
        if (bit(at) + carry) & 1 == 0 {
            at += 1;
            continue;
        }
        let value = carry + (0..WINDOW).map(|ahead| bit(at + ahead) << ahead).sum::<i8>();
        let is_upper = value >= 1 << (WINDOW - 1);
        if let Some(digit) = digits.get_mut(at) {
            *digit = if is_upper { value - (1 << WINDOW) } else { value };
        }
        carry = i8::from(is_upper);
        at += WINDOW;
    }
    digits
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signed_digits_add_up_to_the_scalar() {
        for scalar in 0..=u16::MAX {
            let digits = signed_digits(&scalar.to_be_bytes());
            let sum: i64 = digits.iter().zip(0..).map(|(digit, at)| i64::from(*digit) << at).sum();
            assert_eq!(sum, i64::from(scalar));
            assert!(digits.iter().all(|digit| *digit == 0 || digit & 1 == 1 && digit.unsigned_abs() < 16));
        }
    }
}
