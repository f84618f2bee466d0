//! Short Weierstrass curves, parameters as data, for the curves that neither ring nor a released crate has:
//! brainpoolP512r1 above all. Montgomery arithmetic by `crypto-bigint`; the complete addition formulas of Renes,
//! Costello and Batina (2015, algorithms 1 and 3) have no special cases, and scalars are walked in constant time.
mod domain;
mod ecdsa;
mod point;
pub(crate) mod residue;
#[cfg(test)]
mod tests;

pub use domain::*;
pub use point::{Curve, Point};

/// A value that is no point, no scalar, or no signature on this curve.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not on the curve")]
pub struct NotOnCurve;
