//! The groups that PACE and chip authentication compute in, by their standardised parameter (ICAO Doc 9303-11,
//! 9.5.1), and the chip's private keys in them.
use card::curve::{
    BRAINPOOL_P192R1, BRAINPOOL_P224R1, BRAINPOOL_P256R1, BRAINPOOL_P320R1, BRAINPOOL_P384R1,
    BRAINPOOL_P512R1, Curve, Domain, P192, P224, P256, P384, P521, Point,
};
use trust::random::Random;

use super::ChipError;
use super::command::StatusWord;
use super::objects::{find, objects, sole};

/// The tag of an OBJECT IDENTIFIER.
const OBJECT_IDENTIFIER: u32 = 0x06;
/// The tag of an OCTET STRING.
const OCTET_STRING: u32 = 0x04;
/// The tag of a SEQUENCE.
const SEQUENCE: u32 = 0x30;

/// An elliptic curve as PACE and chip authentication use it.
#[derive(Clone, Debug)]
pub(super) struct Group {
    curve: Curve,
}

impl Group {
    /// The group of a standardised parameter id.
    pub(super) fn standardised(id: u8) -> Result<Self, StatusWord> {
        let domain = match id {
            8 => &P192,
            9 => &BRAINPOOL_P192R1,
            10 => &P224,
            11 => &BRAINPOOL_P224R1,
            12 => &P256,
            13 => &BRAINPOOL_P256R1,
            14 => &BRAINPOOL_P320R1,
            15 => &P384,
            16 => &BRAINPOOL_P384R1,
            17 => &BRAINPOOL_P512R1,
            18 => &P521,
            _ => return Err(StatusWord::WRONG_DATA),
        };
        Self::of(domain)
    }

    fn of(domain: &'static Domain) -> Result<Self, StatusWord> {
        Ok(Self { curve: Curve::new(domain).map_err(|_| StatusWord::NO_DIAGNOSIS)? })
    }

    /// The standard generator.
    pub(super) fn generator(&self) -> Point {
        self.curve.generator().clone()
    }

    /// A fresh secret scalar, by rejection.
    pub(super) fn generate_scalar(&self, random: &mut dyn Random) -> Result<Vec<u8>, StatusWord> {
        let surplus = u32::try_from(self.curve.order_octets() * 8).unwrap_or(0) - self.curve.order_bits();
        for _ in 0..64 {
            let mut octets = vec![0; self.curve.order_octets()];
            random.fill(&mut octets).map_err(|_| StatusWord::NO_DIAGNOSIS)?;
            if let Some(first) = octets.first_mut() {
                *first &= 0xff_u8.checked_shr(surplus).unwrap_or(0);
            }
            if let Ok(scalar) = self.curve.scalar(&octets) {
                return Ok(scalar);
            }
        }
        Err(StatusWord::NO_DIAGNOSIS)
    }

    /// A multiple of an element.
    pub(super) fn multiply(&self, element: &Point, scalar: &[u8]) -> Point {
        self.curve.multiply(element, scalar)
    }

    /// The sum of two elements.
    pub(super) fn add(&self, left: &Point, right: &Point) -> Point {
        self.curve.add(left, right)
    }

    /// The octets of an element; the neutral one has none and is refused.
    pub(super) fn encode(&self, element: &Point) -> Result<Vec<u8>, StatusWord> {
        self.curve.encode(element).map_err(|_| StatusWord::WRONG_DATA)
    }

    /// Reads a terminal's public key and checks that it is in the group.
    pub(super) fn decode(&self, octets: &[u8]) -> Result<Point, StatusWord> {
        self.curve.decode(octets).map_err(|_| StatusWord::WRONG_DATA)
    }

    /// The shared secret that an element stands for: its x coordinate.
    pub(super) fn secret(&self, element: &Point) -> Result<Vec<u8>, StatusWord> {
        let octets = self.encode(element)?;
        Ok(octets.into_iter().skip(1).take(self.curve.domain().octets).collect())
    }
}

/// A static private key of the chip with its curve.
#[derive(Clone, Debug)]
pub(super) struct StaticKey {
    pub(super) group: Group,
    pub(super) scalar: Vec<u8>,
}

impl StaticKey {
    /// Reads an elliptic-curve key on a named curve from PKCS#8 (RFC 5208, RFC 5915).
    pub(super) fn from_pkcs8(document: &[u8]) -> Result<Self, ChipError> {
        Self::parse(document).map_err(|_| ChipError::Key)
    }

    fn parse(document: &[u8]) -> Result<Self, StatusWord> {
        let outer = objects(sole(document, SEQUENCE)?)?;
        let algorithm = objects(find(&outer, SEQUENCE).ok_or(StatusWord::WRONG_DATA)?)?;
        let curve = algorithm.iter().rfind(|object| object.tag == OBJECT_IDENTIFIER);
        let domain = named(curve.ok_or(StatusWord::WRONG_DATA)?.value)?;
        let inner = sole(find(&outer, OCTET_STRING).ok_or(StatusWord::WRONG_DATA)?, SEQUENCE)?;
        let scalar = find(&objects(inner)?, OCTET_STRING).ok_or(StatusWord::WRONG_DATA)?.to_vec();
        let group = Group::of(domain)?;
        let scalar = group.curve.scalar(&scalar).map_err(|_| StatusWord::WRONG_DATA)?;
        Ok(Self { group, scalar })
    }

    /// The curve's name.
    pub(super) const fn curve_name(&self) -> &'static str {
        self.group.curve.domain().name
    }
}

/// The curve of an object identifier's content.
fn named(oid: &[u8]) -> Result<&'static Domain, StatusWord> {
    Ok(match oid {
        [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x01] => &P192,
        [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07] => &P256,
        [0x2b, 0x81, 0x04, 0x00, 0x21] => &P224,
        [0x2b, 0x81, 0x04, 0x00, 0x22] => &P384,
        [0x2b, 0x81, 0x04, 0x00, 0x23] => &P521,
        [0x2b, 0x24, 0x03, 0x03, 0x02, 0x08, 0x01, 0x01, curve] => match curve {
            0x03 => &BRAINPOOL_P192R1,
            0x05 => &BRAINPOOL_P224R1,
            0x07 => &BRAINPOOL_P256R1,
            0x09 => &BRAINPOOL_P320R1,
            0x0b => &BRAINPOOL_P384R1,
            0x0d => &BRAINPOOL_P512R1,
            _ => return Err(StatusWord::WRONG_DATA),
        },
        _ => return Err(StatusWord::WRONG_DATA),
    })
}
