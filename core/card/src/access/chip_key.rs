//! The chip's static keys, as EF.DG14 and EF.CardSecurity publish them (9303-11, 9.2.5).
use super::group::Parameters;
use super::prime_field::PrimeField;
use crate::asn1::{Element, INTEGER, Malformed, OID, SEQUENCE, Walk, trim_zeros};
use crate::signature::{PublicKey, from_hex};

/// 0.4.0.127.0.7.2.2.1, id-PK; the kind of the key follows.
const CHIP_KEY: &[u8] = &[0x04, 0x00, 0x7f, 0x00, 0x07, 0x02, 0x02, 0x01];
/// 0.4.0.127.0.7.1.2, standardizedDomainParameters.
const STANDARDISED_PARAMETERS: &[u8] = &[0x04, 0x00, 0x7f, 0x00, 0x07, 0x01, 0x02];
/// 1.2.840.113549.1.3.1, dhKeyAgreement of PKCS #3: `{ p, g, privateValueLength? }`.
const DH_KEY_AGREEMENT: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x03, 0x01];
/// 1.2.840.10046.2.1, dhpublicnumber of X9.42: `{ p, g, q, ... }`.
const DH_PUBLIC_NUMBER: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3e, 0x02, 0x01];

/// What a key is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Diffie-Hellman in a prime field.
    PrimeField,
    /// Diffie-Hellman on a curve.
    Curve,
}

impl Kind {
    pub(crate) const fn numbered(number: u8) -> Option<Self> {
        match number {
            1 => Some(Self::PrimeField),
            2 => Some(Self::Curve),
            _ => None,
        }
    }

    pub(crate) const fn number(self) -> u8 {
        match self {
            Self::PrimeField => 1,
            Self::Curve => 2,
        }
    }
}

/// A static key of the chip.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ChipKey {
    pub(crate) id: Option<Vec<u8>>,
    pub(crate) kind: Kind,
    pub(crate) parameters: Parameters,
    /// As the group's elements are written: an uncompressed point, or a number as long as the prime.
    pub(crate) public: Vec<u8>,
}

/// The chip's static keys of known groups, of the SecurityInfos of EF.DG14 or EF.CardSecurity.
pub(crate) fn chip_keys(infos: Walk<'_>) -> Result<Vec<ChipKey>, Malformed> {
    let mut keys = Vec::new();
    for info in infos.all()? {
        let mut parts = info.tagged(SEQUENCE)?.inside();
        let Some(&[kind]) = parts.expect(OID)?.value.strip_prefix(CHIP_KEY) else { continue };
        let Some(kind) = Kind::numbered(kind) else { continue };
        let key = public_key(parts.next()?)?;
        let id = parts.optional(INTEGER)?.map(|id| id.value.to_vec());
        let goes = |(parameters, _): &(Parameters, _)| {
            matches!((kind, parameters), (Kind::Curve, Parameters::Curve(_)))
                || matches!((kind, parameters), (Kind::PrimeField, Parameters::PrimeField(_)))
        };
        let key = key.filter(goes);
        keys.extend(key.map(|(parameters, public)| ChipKey { id, kind, parameters, public }));
    }
    Ok(keys)
}

/// A SubjectPublicKeyInfo whose parameters may also be a number of the standardised ones (BSI TR-03110-3, A.2.1.1).
fn public_key(info: Element<'_>) -> Result<Option<(Parameters, Vec<u8>)>, Malformed> {
    let mut parts = info.tagged(SEQUENCE)?.inside();
    let mut algorithm = parts.expect(SEQUENCE)?.inside();
    let parameters = match algorithm.expect(OID)?.value {
        STANDARDISED_PARAMETERS => {
            let id = u8::try_from(algorithm.next()?.small()?).map_err(|_| Malformed)?;
            Parameters::standardised(id)
        }
        DH_KEY_AGREEMENT => {
            let mut numbers = algorithm.expect(SEQUENCE)?.inside();
            let (p, g) = (numbers.next()?.unsigned()?, numbers.next()?.unsigned()?);
            known_field(p, g, None)
        }
        DH_PUBLIC_NUMBER => {
            let mut numbers = algorithm.expect(SEQUENCE)?.inside();
            let (p, g) = (numbers.next()?.unsigned()?, numbers.next()?.unsigned()?);
            known_field(p, g, Some(numbers.next()?.unsigned()?))
        }
        _ => {
            return Ok(match PublicKey::from_info(info)? {
                PublicKey::Ec(domain, public) => Some((Parameters::Curve(domain), public)),
                _ => None,
            });
        }
    };
    let bits = parts.next()?.bits()?;
    Ok(match parameters {
        Some(parameters @ Parameters::PrimeField(field)) => Some((parameters, number(field, bits)?)),
        Some(parameters @ Parameters::Curve(_)) => Some((parameters, bits.to_vec())),
        None => None,
    })
}

/// The number of an INTEGER in as many octets as the prime has.
fn number(field: &PrimeField, bits: &[u8]) -> Result<Vec<u8>, Malformed> {
    let number = Element::whole(bits)?.unsigned()?;
    let missing = (field.p.len() / 2).checked_sub(number.len()).ok_or(Malformed)?;
    Ok([&vec![0; missing], number].concat())
}

/// The known group with exactly these parameters.
fn known_field(p: &[u8], g: &[u8], q: Option<&[u8]>) -> Option<Parameters> {
    let same = |hex: &str, octets: &[u8]| from_hex(hex) == trim_zeros(octets);
    (0..=2).filter_map(Parameters::standardised).find(|parameters| match parameters {
        Parameters::PrimeField(field) => {
            same(field.p, p) && same(field.g, g) && q.is_none_or(|q| same(field.q, q))
        }
        Parameters::Curve(_) => false,
    })
}
