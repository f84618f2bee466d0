//! The groups that PACE and Chip Authentication compute in, behind one seam: elements go in and out as the octets that
//! the chip sends and takes, scalars as big-endian octets. Where a released crate has the curve, it computes; else the
//! own module does. Every element that comes from a chip is checked before it is computed on.
use elliptic_curve::ops::Reduce;
use elliptic_curve::sec1::{FromSec1Point, ModulusSize, Sec1Point, ToSec1Point};
use elliptic_curve::{AffinePoint, CurveArithmetic, FieldBytes, FieldBytesSize, ProjectivePoint, Scalar};
use trust::random::Random;
use trust::secret::Secret;
use zeroize::{Zeroize, Zeroizing};

use super::integrated;
use super::prime_field::{PrimeField, RFC5114_1024_160, RFC5114_2048_224, RFC5114_2048_256};
use super::residue::{Field, Residue, is_below, octets_of, power};
use crate::curve::{
    BRAINPOOL_P192R1, BRAINPOOL_P224R1, BRAINPOOL_P256R1, BRAINPOOL_P320R1, BRAINPOOL_P384R1,
    BRAINPOOL_P512R1, Curve, Domain, NotOnCurve, P192, P224, P256, P384, P521,
};
use crate::messaging::Cipher;

/// Why nothing can be computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GroupError {
    /// The octets are no element of the group, or none that may be computed on.
    #[error("not an element of the group")]
    NotInGroup,
    /// There were no random bytes.
    #[error("no random bytes")]
    NoRandom,
}

impl From<NotOnCurve> for GroupError {
    fn from(_: NotOnCurve) -> Self {
        Self::NotInGroup
    }
}

/// Domain parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parameters {
    /// A curve.
    Curve(&'static Domain),
    /// A subgroup of a prime field.
    PrimeField(&'static PrimeField),
}

impl Parameters {
    /// The standardised parameters of that number (9303-11, table 8).
    pub const fn standardised(id: u8) -> Option<Self> {
        Some(match id {
            0 => Self::PrimeField(&RFC5114_1024_160),
            1 => Self::PrimeField(&RFC5114_2048_224),
            2 => Self::PrimeField(&RFC5114_2048_256),
            8 => Self::Curve(&P192),
            9 => Self::Curve(&BRAINPOOL_P192R1),
            10 => Self::Curve(&P224),
            11 => Self::Curve(&BRAINPOOL_P224R1),
            12 => Self::Curve(&P256),
            13 => Self::Curve(&BRAINPOOL_P256R1),
            14 => Self::Curve(&BRAINPOOL_P320R1),
            15 => Self::Curve(&P384),
            16 => Self::Curve(&BRAINPOOL_P384R1),
            17 => Self::Curve(&BRAINPOOL_P512R1),
            18 => Self::Curve(&P521),
            _ => return None,
        })
    }

    /// The name that the command line prints.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Curve(domain) => domain.name,
            Self::PrimeField(field) => field.name,
        }
    }

    /// Whether public keys go into commands of short length.
    pub(crate) const fn fits_short_commands(self) -> bool {
        match self {
            Self::Curve(_) => true,
            Self::PrimeField(field) => field.p.len() / 2 <= 128,
        }
    }

    /// Octets of the order, which say how strong the group is.
    pub(crate) const fn order_octets(self) -> usize {
        self.order().len() / 2
    }

    const fn order(self) -> &'static str {
        match self {
            Self::Curve(domain) => domain.n,
            Self::PrimeField(field) => field.q,
        }
    }
}

/// A group ready for computing.
#[derive(Clone, Debug)]
pub(crate) struct Group {
    parameters: Parameters,
    arithmetic: Arithmetic,
}

#[derive(Clone, Debug)]
enum Arithmetic {
    P256,
    P384,
    P521,
    BrainpoolP256,
    BrainpoolP384,
    Own(Box<Curve>),
    PrimeField { field: Box<Field>, order: Vec<u8> },
}

/// The same call on whichever crate has the curve.
macro_rules! by_crate {
    ($arithmetic:expr, $function:ident($($argument:expr),*), $own:pat => $with_own:expr, $field:pat => $with_field:expr) => {
        match $arithmetic {
            Arithmetic::P256 => $function::<p256::NistP256>($($argument),*),
            Arithmetic::P384 => $function::<p384::NistP384>($($argument),*),
            Arithmetic::P521 => $function::<p521::NistP521>($($argument),*),
            Arithmetic::BrainpoolP256 => $function::<bp256::BrainpoolP256r1>($($argument),*),
            Arithmetic::BrainpoolP384 => $function::<bp384::BrainpoolP384r1>($($argument),*),
            $own => $with_own,
            $field => $with_field,
        }
    };
}

impl Group {
    pub(crate) fn new(parameters: Parameters) -> Result<Self, GroupError> {
        let arithmetic = match parameters {
            Parameters::Curve(domain) => match domain.name {
                "P-256" => Arithmetic::P256,
                "P-384" => Arithmetic::P384,
                "P-521" => Arithmetic::P521,
                "brainpoolP256r1" => Arithmetic::BrainpoolP256,
                "brainpoolP384r1" => Arithmetic::BrainpoolP384,
                _ => Arithmetic::Own(Box::new(Curve::new(domain)?)),
            },
            Parameters::PrimeField(group) => {
                Arithmetic::PrimeField { field: Box::new(Field::new(group.p)?), order: octets_of(group.q)? }
            }
        };
        Ok(Self { parameters, arithmetic })
    }

    /// The standard generator.
    pub(crate) fn generator(&self) -> Result<Vec<u8>, GroupError> {
        match self.parameters {
            Parameters::Curve(domain) => Ok([vec![4], octets_of(domain.x)?, octets_of(domain.y)?].concat()),
            Parameters::PrimeField(group) => octets_of(group.g),
        }
    }

    /// The tag of a public key in an authentication token (9303-11, table 11 and 12).
    pub(crate) const fn public_key_tag(&self) -> u32 {
        match self.parameters {
            Parameters::Curve(_) => 0x86,
            Parameters::PrimeField(_) => 0x84,
        }
    }

    /// An element as often as the scalar says. In constant time for a given length of the scalar.
    pub(crate) fn multiply(&self, element: &[u8], scalar: &[u8]) -> Result<Vec<u8>, GroupError> {
        by_crate!(&self.arithmetic, multiply(element, scalar),
            Arithmetic::Own(curve) => Ok(curve.encode(&curve.multiply(&curve.decode(element)?, scalar))?),
            Arithmetic::PrimeField { field, order } => {
                let product = power(&member(field, order, element)?, scalar)?;
                if product == field.one() { Err(GroupError::NotInGroup) } else { Ok(field.encode(&product)) }
            }
        )
    }

    /// The sum of two elements, which may not be neutral.
    pub(crate) fn add(&self, one: &[u8], other: &[u8]) -> Result<Vec<u8>, GroupError> {
        by_crate!(&self.arithmetic, add(one, other),
            Arithmetic::Own(curve) => Ok(curve.encode(&curve.add(&curve.decode(one)?, &curve.decode(other)?))?),
            Arithmetic::PrimeField { field, order } => {
                let product = member(field, order, one)?.mul(&member(field, order, other)?);
                if product == field.one() { Err(GroupError::NotInGroup) } else { Ok(field.encode(&product)) }
            }
        )
    }

    /// A fresh scalar: not zero and below the order, by rejection.
    pub(crate) fn generate_scalar(&self, random: &mut dyn Random) -> Result<Secret<Vec<u8>>, GroupError> {
        let order = octets_of(self.parameters.order())?;
        let spare = order.first().map_or(0, |first| first.leading_zeros());
        // An attempt is out of range with a chance below one half.
        for _ in 0..128 {
            let mut octets = vec![0; order.len()];
            random.fill(&mut octets).map_err(|_| GroupError::NoRandom)?;
            if let Some(first) = octets.first_mut() {
                *first &= 0xff >> spare;
            }
            let octets = Secret::new(octets);
            if is_below(octets.expose(), &order) && octets.expose().iter().any(|octet| *octet != 0) {
                return Ok(octets);
            }
        }
        Err(GroupError::NoRandom)
    }

    /// What a shared element gives as a secret: the first coordinate of a point, else the element itself.
    pub(crate) fn secret(&self, element: &[u8]) -> Option<Secret<Vec<u8>>> {
        let octets = match self.parameters {
            Parameters::Curve(domain) => element.get(1..=domain.octets)?,
            Parameters::PrimeField(_) => element,
        };
        Some(Secret::new(octets.to_vec()))
    }

    /// The generator that both nonces make (integrated mapping; 9303-11, 4.4.3.3.2).
    pub(crate) fn map_nonces(
        &self,
        cipher: Cipher,
        chip: &[u8],
        reader: &[u8],
    ) -> Result<Vec<u8>, GroupError> {
        match (self.parameters, &self.arithmetic) {
            (_, Arithmetic::PrimeField { field, order }) => {
                let octets = integrated::pseudo_random(cipher, chip, reader, field.bits())?;
                let mapped = power(&field.reduced(octets.expose())?, &field.cofactor(order)?)?;
                if mapped == field.one() { Err(GroupError::NotInGroup) } else { Ok(field.encode(&mapped)) }
            }
            (Parameters::Curve(domain), _) => integrated::map_to_point(domain, cipher, chip, reader),
            (Parameters::PrimeField(_), _) => Err(GroupError::NotInGroup),
        }
    }
}

/// A member of the subgroup other than one: small subgroups and forged keys end here.
fn member(field: &Field, order: &[u8], octets: &[u8]) -> Result<Residue, GroupError> {
    let element = field.element(octets)?;
    if element == field.one() || power(&element, order)? != field.one() {
        return Err(GroupError::NotInGroup);
    }
    Ok(element)
}

fn decode<C>(octets: &[u8]) -> Result<ProjectivePoint<C>, GroupError>
where
    C: CurveArithmetic,
    FieldBytesSize<C>: ModulusSize,
    AffinePoint<C>: FromSec1Point<C>,
{
    // Chips send points uncompressed; nothing else is taken.
    if octets.first() != Some(&4) {
        return Err(GroupError::NotInGroup);
    }
    let point = Sec1Point::<C>::from_bytes(octets).map_err(|_| GroupError::NotInGroup)?;
    let point: Option<AffinePoint<C>> = AffinePoint::<C>::from_sec1_point(&point).into();
    point.map(Into::into).ok_or(GroupError::NotInGroup)
}

fn encode<C>(point: &ProjectivePoint<C>) -> Result<Vec<u8>, GroupError>
where
    C: CurveArithmetic,
    FieldBytesSize<C>: ModulusSize,
    AffinePoint<C>: ToSec1Point<C>,
{
    let affine: Zeroizing<AffinePoint<C>> = Zeroizing::new((*point).into());
    let mut encoded = affine.to_sec1_point(false);
    let octets = encoded.as_bytes().to_vec();
    encoded.zeroize();
    // The neutral element has a form of one octet.
    if octets.len() > 1 { Ok(octets) } else { Err(GroupError::NotInGroup) }
}

fn multiply<C>(element: &[u8], scalar: &[u8]) -> Result<Vec<u8>, GroupError>
where
    C: CurveArithmetic,
    FieldBytesSize<C>: ModulusSize,
    AffinePoint<C>: FromSec1Point<C> + ToSec1Point<C>,
{
    let mut octets = FieldBytes::<C>::default();
    let start = octets.len().checked_sub(scalar.len()).ok_or(GroupError::NotInGroup)?;
    octets.get_mut(start..).ok_or(GroupError::NotInGroup)?.copy_from_slice(scalar);
    let scalar = Zeroizing::new(<Scalar<C> as Reduce<FieldBytes<C>>>::reduce(&octets));
    octets.as_mut_slice().zeroize();
    let product = Zeroizing::new(*scalar * decode::<C>(element)?);
    encode::<C>(&product)
}

fn add<C>(one: &[u8], other: &[u8]) -> Result<Vec<u8>, GroupError>
where
    C: CurveArithmetic,
    FieldBytesSize<C>: ModulusSize,
    AffinePoint<C>: FromSec1Point<C> + ToSec1Point<C>,
{
    let sum = Zeroizing::new(decode::<C>(one)? + decode::<C>(other)?);
    encode::<C>(&sum)
}
