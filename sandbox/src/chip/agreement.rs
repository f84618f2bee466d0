//! The chip's key for chip authentication: on a curve, or in a prime field (ICAO Doc 9303-11, 6.2 and 9.2.5).
use super::ChipError;
use super::command::StatusWord;
use super::group::StaticKey;
use super::modp::Modp;
use super::numbers::Modulus;
use super::objects::{find, objects, sole};

/// The tag of an INTEGER.
const INTEGER: u32 = 0x02;
/// The tag of an OCTET STRING.
const OCTET_STRING: u32 = 0x04;
/// The tag of a SEQUENCE.
const SEQUENCE: u32 = 0x30;

/// A static key, as DG14 publishes its other half.
#[derive(Clone, Debug)]
pub(super) enum AgreementKey {
    /// On a curve.
    Curve(Box<StaticKey>),
    /// In a subgroup of a prime field.
    Modp(Box<Modp>, Vec<u8>),
}

impl AgreementKey {
    /// Reads a key from PKCS#8: RFC 5915 on a named curve, or X9.42 in a standardised subgroup.
    pub(super) fn from_pkcs8(document: &[u8]) -> Result<Self, ChipError> {
        match StaticKey::from_pkcs8(document) {
            Ok(key) => Ok(Self::Curve(Box::new(key))),
            Err(_) => Self::in_prime_field(document).map_err(|_| ChipError::Key),
        }
    }

    fn in_prime_field(document: &[u8]) -> Result<Self, StatusWord> {
        let outer = objects(sole(document, SEQUENCE)?)?;
        let algorithm = objects(find(&outer, SEQUENCE).ok_or(StatusWord::WRONG_DATA)?)?;
        let parameters = objects(find(&algorithm, SEQUENCE).ok_or(StatusWord::WRONG_DATA)?)?;
        let numbers: Vec<_> = parameters.iter().map(|number| number.value).collect();
        let [p, g, q, ..] = numbers.as_slice() else { return Err(StatusWord::WRONG_DATA) };
        let exponent = sole(find(&outer, OCTET_STRING).ok_or(StatusWord::WRONG_DATA)?, INTEGER)?;
        Ok(Self::Modp(Box::new(Modp::with_numbers([p, g, q])?), exponent.to_vec()))
    }

    /// The last arc but one of the protocol that this key is for.
    pub(super) const fn kind(&self) -> u8 {
        match self {
            Self::Modp(..) => 1,
            Self::Curve(_) => 2,
        }
    }

    /// The key, where it is on a curve.
    pub(super) const fn on_curve(&self) -> Option<&StaticKey> {
        match self {
            Self::Curve(key) => Some(key),
            Self::Modp(..) => None,
        }
    }

    /// The shared secret with a terminal's public key.
    pub(super) fn agree(&self, theirs: &[u8]) -> Result<Vec<u8>, StatusWord> {
        match self {
            Self::Curve(key) => key.agree(theirs),
            Self::Modp(modp, exponent) => modp.encode(&Modulus::power(&modp.decode(theirs)?, exponent)?),
        }
    }
}
