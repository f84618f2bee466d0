//! Points and scalars.
use crypto_bigint::modular::BoxedMontyParams;
use crypto_bigint::{BoxedUint, CtAssign, CtEq, Odd};
use zeroize::Zeroizing;

use super::residue::{Residue, to_octets};
use super::{Domain, NotOnCurve};

/// A curve ready for arithmetic.
#[derive(Clone, Debug)]
pub struct Curve {
    pub(super) domain: &'static Domain,
    pub(super) field: BoxedMontyParams,
    pub(super) order: BoxedMontyParams,
    a: Residue,
    b3: Residue,
    b: Residue,
    pub(super) generator: Point,
}

/// A point in homogeneous projective coordinates; `z = 0` is the point at infinity.
#[derive(Clone, Debug)]
pub struct Point {
    pub(super) x: Residue,
    pub(super) y: Residue,
    pub(super) z: Residue,
}

impl Curve {
    /// Sets the arithmetic of a known curve up.
    pub fn new(domain: &'static Domain) -> Result<Self, NotOnCurve> {
        let field = params(domain.p)?;
        let element = |hex| Ok(Residue::new(number(hex, field.bits_precision())?, &field));
        let b = element(domain.b)?;
        let one = Residue::one(&field);
        Ok(Self {
            domain,
            order: params(domain.n)?,
            a: element(domain.a)?,
            b3: b.double().add(&b),
            b,
            generator: Point { x: element(domain.x)?, y: element(domain.y)?, z: one },
            field,
        })
    }

    /// The parameters.
    pub const fn domain(&self) -> &'static Domain {
        self.domain
    }

    /// The standard generator.
    pub const fn generator(&self) -> &Point {
        &self.generator
    }

    /// Reads an uncompressed point `04 || x || y` and checks that it lies on the curve.
    pub fn decode(&self, bytes: &[u8]) -> Result<Point, NotOnCurve> {
        let Some((4, coordinates)) = bytes.split_first() else {
            return Err(NotOnCurve);
        };
        let (x, y) = coordinates.split_at_checked(self.domain.octets).ok_or(NotOnCurve)?;
        let (x, y) = (self.element(x)?, self.element(y)?);
        let right = x.square().add(&self.a).mul(&x).add(&self.b);
        if y.square() != right {
            return Err(NotOnCurve);
        }
        Ok(Point { x, y, z: Residue::one(&self.field) })
    }

    fn element(&self, bytes: &[u8]) -> Result<Residue, NotOnCurve> {
        let value = from_octets(bytes, self.domain.octets, self.field.bits_precision())?;
        if value >= *self.field.modulus().as_ref() {
            return Err(NotOnCurve);
        }
        Ok(Residue::new(value, &self.field))
    }

    /// Writes a point as `04 || x || y`; the point at infinity has no such form.
    pub fn encode(&self, point: &Point) -> Result<Vec<u8>, NotOnCurve> {
        let inverse = point.z.invert().ok_or(NotOnCurve)?;
        let mut out = vec![4];
        for coordinate in [&point.x, &point.y] {
            out.extend(to_octets(&coordinate.mul(&inverse).retrieve(), self.domain.octets));
        }
        Ok(out)
    }

    /// The sum of two points, whatever they are.
    pub fn add(&self, p: &Point, q: &Point) -> Point {
        let (a, b3) = (&self.a, &self.b3);
        let t0 = p.x.mul(&q.x);
        let t1 = p.y.mul(&q.y);
        let t2 = p.z.mul(&q.z);
        let t3 = p.x.add(&p.y).mul(&q.x.add(&q.y)).sub(&t0.add(&t1));
        let t4 = p.x.add(&p.z).mul(&q.x.add(&q.z)).sub(&t0.add(&t2));
        let t5 = p.y.add(&p.z).mul(&q.y.add(&q.z)).sub(&t1.add(&t2));
        let z3 = b3.mul(&t2).add(&a.mul(&t4));
        let x3 = t1.sub(&z3);
        let z3 = t1.add(&z3);
        let a_t2 = a.mul(&t2);
        let t1 = t0.double().add(&t0).add(&a_t2);
        let t4 = b3.mul(&t4).add(&a.mul(&t0.sub(&a_t2)));
        let y3 = x3.mul(&z3).add(&t1.mul(&t4));
        let x3 = t3.mul(&x3).sub(&t5.mul(&t4));
        let z3 = t5.mul(&z3).add(&t3.mul(&t1));
        Point { x: x3, y: y3, z: z3 }
    }

    pub(super) fn infinity(&self) -> Point {
        let zero = Residue::zero(&self.field);
        Point { x: zero.clone(), y: Residue::one(&self.field), z: zero }
    }

    /// A point twice (algorithm 3).
    pub(super) fn double(&self, p: &Point) -> Point {
        let (a, b3) = (&self.a, &self.b3);
        let t0 = p.x.square();
        let t1 = p.y.square();
        let t2 = p.z.square();
        let t3 = p.x.mul(&p.y).double();
        let z3 = p.x.mul(&p.z).double();
        let y3 = a.mul(&z3).add(&b3.mul(&t2));
        let x3 = t1.sub(&y3);
        let y3 = t1.add(&y3).mul(&x3);
        let x3 = t3.mul(&x3);
        let a_t2 = a.mul(&t2);
        let t3 = a.mul(&t0.sub(&a_t2)).add(&b3.mul(&z3));
        let y3 = y3.add(&t0.double().add(&t0).add(&a_t2).mul(&t3));
        let t2 = p.y.mul(&p.z).double();
        Point { x: x3.sub(&t2.mul(&t3)), y: y3, z: t2.mul(&t1).double().double() }
    }

    /// A multiple of a point. The scalar is walked in fours of bits with the same work and the same memory read for
    /// each.
    pub fn multiply(&self, point: &Point, scalar: &[u8]) -> Point {
        let mut multiples = vec![self.infinity()];
        for _ in 1..16 {
            let next = multiples.last().map_or_else(|| self.infinity(), |last| self.add(last, point));
            multiples.push(next);
        }
        let mut sum = self.infinity();
        for window in scalar.iter().flat_map(|octet| [octet >> 4, octet & 15]) {
            for _ in 0..4 {
                sum = self.double(&sum);
            }
            let mut chosen = self.infinity();
            for (multiple, number) in multiples.iter().zip(0_u8..) {
                let choice = window.ct_eq(&number);
                chosen.x.ct_assign(&multiple.x, choice);
                chosen.y.ct_assign(&multiple.y, choice);
                chosen.z.ct_assign(&multiple.z, choice);
            }
            sum = self.add(&sum, &chosen);
        }
        sum
    }

    /// A scalar from random octets by rejection: non-zero and below the order.
    pub fn scalar(&self, octets: &[u8]) -> Result<Vec<u8>, NotOnCurve> {
        let value = Zeroizing::new(from_octets(octets, self.order_octets(), self.order.bits_precision())?);
        if bool::from(value.is_zero()) || *value >= *self.order.modulus().as_ref() {
            return Err(NotOnCurve);
        }
        Ok(to_octets(&value, self.order_octets()))
    }

    /// Octets of a scalar.
    pub const fn order_octets(&self) -> usize {
        self.domain.n.len() / 2
    }

    /// Bits of the order.
    pub fn order_bits(&self) -> u32 {
        self.order.modulus().as_ref().bit_width_vartime()
    }
}

fn params(hex: &str) -> Result<BoxedMontyParams, NotOnCurve> {
    let bits = u32::try_from(hex.len() * 4).map_err(|_| NotOnCurve)?;
    let modulus = Odd::new(number(hex, bits.next_multiple_of(64))?);
    Ok(BoxedMontyParams::new_vartime(Option::from(modulus).ok_or(NotOnCurve)?))
}

fn number(hex: &str, precision: u32) -> Result<BoxedUint, NotOnCurve> {
    let digits: Option<Vec<u8>> =
        hex.chars().map(|c| c.to_digit(16).and_then(|d| u8::try_from(d).ok())).collect();
    let digits = digits.ok_or(NotOnCurve)?;
    let (odd, pairs) = digits.split_at(digits.len() % 2);
    let mut octets = odd.to_vec();
    octets.extend(pairs.chunks(2).map(|pair| pair.iter().fold(0, |value, digit| value << 4 | digit)));
    BoxedUint::from_be_slice(&octets, precision).map_err(|_| NotOnCurve)
}

pub(super) fn from_octets(octets: &[u8], width: usize, precision: u32) -> Result<BoxedUint, NotOnCurve> {
    if octets.len() != width {
        return Err(NotOnCurve);
    }
    BoxedUint::from_be_slice(octets, precision).map_err(|_| NotOnCurve)
}
