//! Numbers modulo a known prime: for subgroups of prime fields, and for the point that the integrated mapping makes.
use crypto_bigint::modular::BoxedMontyParams;
use crypto_bigint::{BoxedUint, NonZero, Odd, Resize};
use zeroize::Zeroizing;

use super::group::GroupError;
use crate::asn1::trim_zeros;
pub(super) use crate::curve::residue::Residue;
use crate::curve::residue::to_octets;

/// A prime field.
#[derive(Clone, Debug)]
pub(super) struct Field {
    params: BoxedMontyParams,
    octets: usize,
}

impl Field {
    /// From the prime's hexadecimal digits.
    pub(super) fn new(prime: &str) -> Result<Self, GroupError> {
        let octets = octets_of(prime)?;
        let odd = Option::<Odd<BoxedUint>>::from(Odd::new(number(&octets)?)).ok_or(GroupError::NotInGroup)?;
        Ok(Self { params: BoxedMontyParams::new_vartime(odd), octets: octets.len() })
    }

    /// Bits of the prime.
    pub(super) fn bits(&self) -> u32 {
        self.params.modulus().as_ref().bit_width_vartime()
    }

    pub(super) fn one(&self) -> Residue {
        Residue::one(&self.params)
    }

    /// A constant, from hexadecimal digits.
    pub(super) fn constant(&self, digits: &str) -> Result<Residue, GroupError> {
        self.reduced(&octets_of(digits)?)
    }

    /// A number of any length, reduced; its length shows, its value does not.
    pub(super) fn reduced(&self, octets: &[u8]) -> Result<Residue, GroupError> {
        let precision = self.params.bits_precision();
        let wide = Zeroizing::new(number_of_bits(octets, precision)?);
        let prime = self.params.modulus().as_ref().clone().resize(wide.bits_precision());
        let prime = Option::<NonZero<BoxedUint>>::from(NonZero::new(prime)).ok_or(GroupError::NotInGroup)?;
        Ok(Residue::new(wide.rem(&prime).resize(precision), &self.params))
    }

    /// The element that these octets are, of the prime's length and below it.
    pub(super) fn element(&self, octets: &[u8]) -> Result<Residue, GroupError> {
        let residue = self.reduced(octets)?;
        if self.encode(&residue) == octets { Ok(residue) } else { Err(GroupError::NotInGroup) }
    }

    /// An element in as many octets as the prime has.
    pub(super) fn encode(&self, residue: &Residue) -> Vec<u8> {
        to_octets(&residue.retrieve(), self.octets)
    }

    /// `(p - 1) / divisor`.
    pub(super) fn cofactor(&self, divisor: &[u8]) -> Result<Vec<u8>, GroupError> {
        let divisor = number(divisor)?.resize(self.params.bits_precision());
        let divisor =
            Option::<NonZero<BoxedUint>>::from(NonZero::new(divisor)).ok_or(GroupError::NotInGroup)?;
        // The prime is odd: dropping its last bit takes one away.
        let mut less = self.params.modulus().as_ref().to_be_bytes().to_vec();
        if let Some(last) = less.last_mut() {
            *last &= 0xfe;
        }
        let (quotient, _) = number(&less)?.div_rem_vartime(&divisor);
        Ok(quotient.to_be_bytes().to_vec())
    }
}

/// A power; the exponent's length shows, its value does not.
pub(super) fn power(base: &Residue, exponent: &[u8]) -> Result<Residue, GroupError> {
    Ok(base.power(&Zeroizing::new(number(exponent)?)))
}

fn number(octets: &[u8]) -> Result<BoxedUint, GroupError> {
    number_of_bits(octets, 0)
}

/// A number with room for so many bits at least.
fn number_of_bits(octets: &[u8], least: u32) -> Result<BoxedUint, GroupError> {
    let bits = u32::try_from(octets.len().max(1) * 8).map_err(|_| GroupError::NotInGroup)?.max(least);
    BoxedUint::from_be_slice(octets, bits.next_multiple_of(64)).map_err(|_| GroupError::NotInGroup)
}

pub(super) fn octets_of(digits: &str) -> Result<Vec<u8>, GroupError> {
    let digit = |c: char| c.to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let digits: Option<Vec<u8>> = digits.chars().map(digit).collect();
    let digits = digits.filter(|digits| digits.len().is_multiple_of(2)).ok_or(GroupError::NotInGroup)?;
    Ok(digits.chunks(2).map(|pair| pair.iter().fold(0, |octet, digit| octet << 4 | digit)).collect())
}

/// Whether big-endian octets of one length are below others.
pub(super) fn is_below(octets: &[u8], bound: &[u8]) -> bool {
    let (octets, bound) = (trim_zeros(octets), trim_zeros(bound));
    octets.len() < bound.len() || octets.len() == bound.len() && octets < bound
}
