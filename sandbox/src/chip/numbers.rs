//! Arithmetic modulo an odd number of any size, where curves alone do not do: subgroups of prime fields, the
//! integrated mapping, inverses of scalars.
use crypto_bigint::modular::{BoxedMontyForm, BoxedMontyParams};
use crypto_bigint::{BoxedUint, NonZero, Odd};

use super::command::StatusWord;

/// A number modulo a [`Modulus`].
pub(crate) type Residue = BoxedMontyForm;

/// An odd modulus.
#[derive(Clone, Debug)]
pub(crate) struct Modulus {
    params: BoxedMontyParams,
    octets: usize,
}

impl Modulus {
    /// From its hexadecimal digits.
    pub(crate) fn new(hex: &str) -> Result<Self, StatusWord> {
        let octets = hex::decode(hex).map_err(|_| StatusWord::NO_DIAGNOSIS)?;
        let number = integer(&octets).ok_or(StatusWord::NO_DIAGNOSIS)?;
        let odd = Option::<Odd<BoxedUint>>::from(Odd::new(number)).ok_or(StatusWord::NO_DIAGNOSIS)?;
        Ok(Self { params: BoxedMontyParams::new_vartime(odd), octets: octets.len() })
    }

    /// Octets of a residue.
    pub(crate) const fn octets(&self) -> usize {
        self.octets
    }

    /// Bits of the modulus.
    pub(crate) fn bits(&self) -> u32 {
        self.params.modulus().as_ref().bit_width_vartime()
    }

    /// A number of any length, reduced.
    pub(crate) fn reduce(&self, octets: &[u8]) -> Result<Residue, StatusWord> {
        let precision = self.params.bits_precision();
        let wide = integer(octets).ok_or(StatusWord::NO_DIAGNOSIS)?;
        let wide_precision = wide.bits_precision().max(precision);
        let modulus = resize(self.params.modulus().as_ref(), wide_precision)?;
        let modulus = Option::<NonZero<BoxedUint>>::from(NonZero::new(modulus));
        let reduced = resize(&wide, wide_precision)?.rem_vartime(&modulus.ok_or(StatusWord::NO_DIAGNOSIS)?);
        let padded = trimmed(&reduced.to_be_bytes()).to_vec();
        let number = BoxedUint::from_be_slice(&padded, precision).map_err(|_| StatusWord::NO_DIAGNOSIS)?;
        Ok(Residue::new(number, &self.params))
    }

    /// From hexadecimal digits.
    pub(crate) fn residue(&self, hex: &str) -> Result<Residue, StatusWord> {
        self.reduce(&hex::decode(hex).map_err(|_| StatusWord::NO_DIAGNOSIS)?)
    }

    /// One.
    pub(crate) fn one(&self) -> Residue {
        Residue::one(&self.params)
    }

    /// A residue in as many octets as the modulus has.
    pub(crate) fn write(&self, residue: &Residue) -> Vec<u8> {
        let number = residue.retrieve().to_be_bytes();
        let number = trimmed(&number);
        [vec![0; self.octets.saturating_sub(number.len())].as_slice(), number].concat()
    }

    /// A power; the exponent's length shows, its value does not.
    pub(crate) fn power(base: &Residue, exponent: &[u8]) -> Result<Residue, StatusWord> {
        Ok(base.pow(&integer(exponent).ok_or(StatusWord::NO_DIAGNOSIS)?))
    }

    /// The exponent `(p - 1) / divisor`, or another distance below: `(p - less) / divisor`.
    pub(crate) fn quotient(&self, less: u8, divisor: &[u8]) -> Result<Vec<u8>, StatusWord> {
        let precision = self.params.bits_precision();
        let number = |octets: &[u8]| {
            BoxedUint::from_be_slice(trimmed(octets), precision).map_err(|_| StatusWord::NO_DIAGNOSIS)
        };
        let difference = self.params.modulus().as_ref().wrapping_sub(&number(&[less])?);
        let divisor = Option::<NonZero<BoxedUint>>::from(NonZero::new(number(divisor)?));
        let (quotient, _) = difference.div_rem_vartime(&divisor.ok_or(StatusWord::NO_DIAGNOSIS)?);
        Ok(quotient.to_be_bytes().to_vec())
    }

    /// The inverse; zero has none.
    pub(crate) fn inverse(residue: &Residue) -> Result<Residue, StatusWord> {
        Option::from(residue.invert()).ok_or(StatusWord::NO_DIAGNOSIS)
    }
}

fn integer(octets: &[u8]) -> Option<BoxedUint> {
    let bits = u32::try_from(octets.len().max(1) * 8).ok()?;
    BoxedUint::from_be_slice(octets, bits.next_multiple_of(64)).ok()
}

fn resize(number: &BoxedUint, precision: u32) -> Result<BoxedUint, StatusWord> {
    let octets = number.to_be_bytes();
    BoxedUint::from_be_slice(trimmed(&octets), precision).map_err(|_| StatusWord::NO_DIAGNOSIS)
}

fn trimmed(octets: &[u8]) -> &[u8] {
    let start = octets.iter().position(|octet| *octet != 0).unwrap_or(octets.len());
    octets.get(start..).unwrap_or_default()
}
