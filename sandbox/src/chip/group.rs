//! The groups that PACE and chip authentication compute in, by their standardised parameter (ICAO Doc 9303-11,
//! 9.5.1), and the chip's private keys in them.
use card::curve::{
    BRAINPOOL_P192R1, BRAINPOOL_P224R1, BRAINPOOL_P256R1, BRAINPOOL_P320R1, BRAINPOOL_P384R1,
    BRAINPOOL_P512R1, Curve, Domain, P192, P224, P256, P384, P521, Point,
};
use trust::random::Random;

use super::cipher::Suite;
use super::command::StatusWord;
use super::modp::Modp;
use super::numbers::{Modulus, Residue};
use super::objects::{find, objects, sole};
use super::{ChipError, integrated};

/// The tag of an OBJECT IDENTIFIER.
const OBJECT_IDENTIFIER: u32 = 0x06;
/// The tag of an OCTET STRING.
const OCTET_STRING: u32 = 0x04;
/// The tag of a SEQUENCE.
const SEQUENCE: u32 = 0x30;

/// A group of prime order.
#[derive(Clone, Debug)]
pub(super) enum Group {
    /// Points of an elliptic curve.
    Curve(Curve),
    /// A subgroup of a prime field.
    Modp(Modp),
}

/// An element of a group.
#[derive(Clone, Debug)]
pub(super) enum Element {
    /// A point.
    Point(Point),
    /// A number.
    Residue(Residue),
}

impl Group {
    /// The group of a standardised parameter id.
    pub(super) fn standardised(id: u8) -> Result<Self, StatusWord> {
        let domain = match id {
            0..=2 => return Modp::standardised(id).map(Self::Modp),
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
        Ok(Self::Curve(curve(domain)?))
    }

    /// The standard generator.
    pub(super) fn generator(&self) -> Element {
        match self {
            Self::Curve(curve) => Element::Point(curve.generator().clone()),
            Self::Modp(modp) => Element::Residue(modp.generator()),
        }
    }

    /// A fresh secret scalar, by rejection.
    pub(super) fn generate_scalar(&self, random: &mut dyn Random) -> Result<Vec<u8>, StatusWord> {
        match self {
            Self::Curve(curve) => curve_scalar(curve, random),
            Self::Modp(modp) => modp.generate_exponent(random),
        }
    }

    /// A multiple of an element.
    pub(super) fn multiply(&self, element: &Element, scalar: &[u8]) -> Result<Element, StatusWord> {
        match (self, element) {
            (Self::Curve(curve), Element::Point(point)) => Ok(Element::Point(curve.multiply(point, scalar))),
            (_, Element::Residue(residue)) => Modulus::power(residue, scalar).map(Element::Residue),
            (Self::Modp(_), Element::Point(_)) => Err(StatusWord::NO_DIAGNOSIS),
        }
    }

    /// The sum of two elements.
    pub(super) fn add(&self, left: &Element, right: &Element) -> Result<Element, StatusWord> {
        match (self, left, right) {
            (Self::Curve(curve), Element::Point(left), Element::Point(right)) => {
                Ok(Element::Point(curve.add(left, right)))
            }
            (_, Element::Residue(left), Element::Residue(right)) => Ok(Element::Residue(left.mul(right))),
            _ => Err(StatusWord::NO_DIAGNOSIS),
        }
    }

    /// The octets of an element; the neutral one has none and is refused.
    pub(super) fn encode(&self, element: &Element) -> Result<Vec<u8>, StatusWord> {
        match (self, element) {
            (Self::Curve(curve), Element::Point(point)) => {
                curve.encode(point).map_err(|_| StatusWord::WRONG_DATA)
            }
            (Self::Modp(modp), Element::Residue(residue)) => modp.encode(residue),
            _ => Err(StatusWord::NO_DIAGNOSIS),
        }
    }

    /// Reads a terminal's public key and checks that it is in the group.
    pub(super) fn decode(&self, octets: &[u8]) -> Result<Element, StatusWord> {
        match self {
            Self::Curve(curve) => {
                curve.decode(octets).map(Element::Point).map_err(|_| StatusWord::WRONG_DATA)
            }
            Self::Modp(modp) => modp.decode(octets).map(Element::Residue),
        }
    }

    /// The shared secret that an element stands for: a point's x coordinate, a whole number.
    pub(super) fn secret(&self, element: &Element) -> Result<Vec<u8>, StatusWord> {
        let octets = self.encode(element)?;
        Ok(match self {
            Self::Curve(curve) => octets.into_iter().skip(1).take(curve.domain().octets).collect(),
            Self::Modp(_) => octets,
        })
    }

    /// The element that the integrated mapping makes of both nonces.
    pub(super) fn map_nonces(&self, suite: Suite, own: &[u8], theirs: &[u8]) -> Result<Element, StatusWord> {
        match self {
            Self::Curve(curve) => {
                let field_bits = Modulus::new(curve.domain().p)?.bits();
                let octets = integrated::pseudo_random(suite, own, theirs, field_bits)?;
                integrated::point(curve, &octets).map(Element::Point)
            }
            Self::Modp(modp) => {
                let octets = integrated::pseudo_random(suite, own, theirs, modp.bits())?;
                modp.map(&octets).map(Element::Residue)
            }
        }
    }
}

fn curve(domain: &'static Domain) -> Result<Curve, StatusWord> {
    Curve::new(domain).map_err(|_| StatusWord::NO_DIAGNOSIS)
}

pub(super) fn curve_scalar(curve: &Curve, random: &mut dyn Random) -> Result<Vec<u8>, StatusWord> {
    let surplus = u32::try_from(curve.order_octets() * 8).unwrap_or(0).saturating_sub(curve.order_bits());
    for _ in 0..64 {
        let mut octets = vec![0; curve.order_octets()];
        random.fill(&mut octets).map_err(|_| StatusWord::NO_DIAGNOSIS)?;
        if let Some(first) = octets.first_mut() {
            *first &= 0xff_u8.checked_shr(surplus).unwrap_or(0);
        }
        if let Ok(scalar) = curve.scalar(&octets) {
            return Ok(scalar);
        }
    }
    Err(StatusWord::NO_DIAGNOSIS)
}

/// A static private key of the chip with its curve.
#[derive(Clone, Debug)]
pub(super) struct StaticKey {
    pub(super) curve: Curve,
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
        let name = algorithm.iter().rfind(|object| object.tag == OBJECT_IDENTIFIER);
        let domain = named(name.ok_or(StatusWord::WRONG_DATA)?.value)?;
        let inner = sole(find(&outer, OCTET_STRING).ok_or(StatusWord::WRONG_DATA)?, SEQUENCE)?;
        let scalar = find(&objects(inner)?, OCTET_STRING).ok_or(StatusWord::WRONG_DATA)?.to_vec();
        let curve = curve(domain)?;
        let scalar = curve.scalar(&scalar).map_err(|_| StatusWord::WRONG_DATA)?;
        Ok(Self { curve, scalar })
    }

    /// The curve's name.
    pub(super) const fn curve_name(&self) -> &'static str {
        self.curve.domain().name
    }

    /// The shared secret with a terminal's public key: the x coordinate.
    pub(super) fn agree(&self, theirs: &[u8]) -> Result<Vec<u8>, StatusWord> {
        let theirs = self.curve.decode(theirs).map_err(|_| StatusWord::WRONG_DATA)?;
        let shared = self.curve.encode(&self.curve.multiply(&theirs, &self.scalar));
        let shared = shared.map_err(|_| StatusWord::WRONG_DATA)?;
        Ok(shared.into_iter().skip(1).take(self.curve.domain().octets).collect())
    }

    /// What PACE with chip authentication mapping proves the key by: an ephemeral scalar over the static one, on the
    /// same curve (Doc 9303-11, 4.4.3.5).
    pub(super) fn divide(&self, group: &Group, ephemeral: &[u8]) -> Result<Vec<u8>, StatusWord> {
        match group {
            Group::Curve(curve) if curve.domain() == self.curve.domain() => {}
            _ => return Err(StatusWord::REFERENCED_DATA_NOT_FOUND),
        }
        let order = Modulus::new(self.curve.domain().n)?;
        let inverse = Modulus::inverse(&order.reduce(&self.scalar)?)?;
        Ok(order.write(&inverse.mul(&order.reduce(ephemeral)?)))
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

#[cfg(test)]
impl StaticKey {
    /// A key whose curve is given by its name.
    pub(super) fn from_parts(name: &str, scalar: &[u8]) -> Self {
        let name = name.replace("secp", "P-").replace("r1", if name.starts_with("secp") { "" } else { "r1" });
        let domain = card::curve::DOMAINS.into_iter().find(|domain| domain.name == name).unwrap();
        let curve = Curve::new(domain).unwrap();
        Self { scalar: curve.scalar(scalar).unwrap(), curve }
    }
}
