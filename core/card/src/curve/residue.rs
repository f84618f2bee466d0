//! Numbers modulo an odd number, wiped when they go: any of them may be part of a secret.
use std::fmt;

use crypto_bigint::modular::{BoxedMontyForm, BoxedMontyParams};
use crypto_bigint::{BoxedUint, Choice, CtAssign, CtEq};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// A number modulo a known one. What the arithmetic leaves inside of `crypto-bigint` is not in our reach.
#[derive(Clone, PartialEq)]
pub(crate) struct Residue(BoxedMontyForm);

impl Residue {
    pub(crate) fn new(value: BoxedUint, modulus: &BoxedMontyParams) -> Self {
        Self(BoxedMontyForm::new(value, modulus))
    }

    pub(crate) fn zero(modulus: &BoxedMontyParams) -> Self {
        Self(BoxedMontyForm::zero(modulus))
    }

    pub(crate) fn one(modulus: &BoxedMontyParams) -> Self {
        Self(BoxedMontyForm::one(modulus))
    }

    pub(crate) fn add(&self, other: &Self) -> Self {
        Self(self.0.add(&other.0))
    }

    pub(crate) fn sub(&self, other: &Self) -> Self {
        Self(self.0.sub(&other.0))
    }

    pub(crate) fn mul(&self, other: &Self) -> Self {
        Self(self.0.mul(&other.0))
    }

    pub(crate) fn square(&self) -> Self {
        Self(self.0.square())
    }

    pub(crate) fn double(&self) -> Self {
        Self(self.0.double())
    }

    pub(crate) fn neg(&self) -> Self {
        Self(self.0.neg())
    }

    /// None of zero.
    pub(crate) fn invert(&self) -> Option<Self> {
        Option::<BoxedMontyForm>::from(self.0.invert()).map(Self)
    }

    /// As [`Residue::invert`], in a time that shows the number.
    pub(crate) fn invert_vartime(&self) -> Option<Self> {
        Option::<BoxedMontyForm>::from(self.0.invert_vartime()).map(Self)
    }

    /// A power; the exponent's length shows, its value does not.
    pub(crate) fn power(&self, exponent: &BoxedUint) -> Self {
        Self(self.0.pow(exponent))
    }

    /// The number itself.
    pub(crate) fn retrieve(&self) -> Zeroizing<BoxedUint> {
        Zeroizing::new(self.0.retrieve())
    }
}

impl Drop for Residue {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl ZeroizeOnDrop for Residue {}

impl fmt::Debug for Residue {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Residue")
    }
}

impl CtEq for Residue {
    fn ct_eq(&self, other: &Self) -> Choice {
        self.0.ct_eq(&other.0)
    }
}

impl CtAssign for Residue {
    fn ct_assign(&mut self, other: &Self, choice: Choice) {
        self.0.ct_assign(&other.0, choice);
    }
}

/// Big-endian in so many octets; the value fits.
pub(crate) fn to_octets(value: &BoxedUint, width: usize) -> Vec<u8> {
    let octets = Zeroizing::new(value.to_be_bytes());
    let surplus = octets.len().saturating_sub(width);
    let mut out = vec![0; width.saturating_sub(octets.len())];
    out.reserve_exact(width);
    out.extend_from_slice(octets.get(surplus..).unwrap_or_default());
    out
}
