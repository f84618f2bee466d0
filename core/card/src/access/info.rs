//! SecurityInfos of EF.CardAccess, EF.DG14 and EF.CardSecurity (9303-11, 9.2).
use super::group::Parameters;
use super::integrated;
use crate::asn1::{Element, INTEGER, Malformed, OID, SEQUENCE, SET, Walk};
use crate::messaging::Cipher;
use crate::signature::PublicKey;

/// EF.CardAccess as three public readers of the Vietnamese card carry it: PACE with generic mapping over
/// brainpoolP256r1 and AES-128. Used last, where no way to the file works, and recorded as assumed.
pub(crate) const VIETNAMESE_CARD_ACCESS: &[u8] = &[
    0x31, 0x34, 0x30, 0x0d, 0x06, 0x08, 0x04, 0x00, 0x7f, 0x00, 0x07, 0x02, 0x02, 0x02, 0x02, 0x01, 0x01,
    0x30, 0x0f, 0x06, 0x0a, 0x04, 0x00, 0x7f, 0x00, 0x07, 0x02, 0x02, 0x03, 0x02, 0x02, 0x02, 0x01, 0x01,
    0x30, 0x12, 0x06, 0x0a, 0x04, 0x00, 0x7f, 0x00, 0x07, 0x02, 0x02, 0x04, 0x02, 0x02, 0x02, 0x01, 0x02,
    0x02, 0x01, 0x0d,
];

/// 0.4.0.127.0.7.2.2.4, id-PACE.
const PACE: &[u8] = &[0x04, 0x00, 0x7f, 0x00, 0x07, 0x02, 0x02, 0x04];
/// 0.4.0.127.0.7.2.2.3.2, id-CA-ECDH.
const CHIP_ECDH: &[u8] = &[0x04, 0x00, 0x7f, 0x00, 0x07, 0x02, 0x02, 0x03, 0x02];
/// 0.4.0.127.0.7.2.2.1.2, id-PK-ECDH.
const CHIP_KEY_ECDH: &[u8] = &[0x04, 0x00, 0x7f, 0x00, 0x07, 0x02, 0x02, 0x01, 0x02];
/// 0.4.0.127.0.7.1.2, standardizedDomainParameters.
const STANDARDISED_PARAMETERS: &[u8] = &[0x04, 0x00, 0x7f, 0x00, 0x07, 0x01, 0x02];

/// How both sides of PACE come to a generator (9303-11, 4.4.3.3).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mapping {
    /// Generic mapping.
    Generic,
    /// Integrated mapping.
    Integrated,
    /// Chip authentication mapping: generic, and the chip proves its static key with it.
    ChipAuthentication,
}

/// A PACE protocol that the card offers and that is known here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaceOffer {
    /// The content of the protocol's object identifier.
    pub(crate) oid: Vec<u8>,
    /// The mapping.
    pub mapping: Mapping,
    /// What will protect the session.
    pub cipher: Cipher,
    /// The number of the standardised domain parameters.
    pub parameter_id: u8,
    /// What the number means.
    pub parameters: Parameters,
}

/// Chip Authentication as EF.DG14 offers it.
#[derive(Clone, Debug)]
pub(crate) struct ChipOffer {
    pub(crate) oid: Vec<u8>,
    pub(crate) cipher: Cipher,
    pub(crate) key_id: Option<Vec<u8>>,
    pub(crate) key: ChipKey,
}

/// A static key of the chip.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ChipKey {
    id: Option<Vec<u8>>,
    pub(crate) parameters: Parameters,
    pub(crate) public: Vec<u8>,
}

const fn cipher(number: u8) -> Option<Cipher> {
    Some(match number {
        1 => Cipher::TripleDes,
        2 => Cipher::Aes128,
        3 => Cipher::Aes192,
        4 => Cipher::Aes256,
        _ => return None,
    })
}

/// The mapping of a protocol, where it goes with the parameters.
fn mapping(number: u8, parameters: Parameters, cipher: Cipher) -> Option<Mapping> {
    match (number, parameters) {
        (1, Parameters::PrimeField(_)) | (2, Parameters::Curve(_)) => Some(Mapping::Generic),
        (3, Parameters::PrimeField(_)) => Some(Mapping::Integrated),
        (4, Parameters::Curve(domain)) if integrated::is_defined_on(domain) => Some(Mapping::Integrated),
        (6, Parameters::Curve(_)) if cipher != Cipher::TripleDes => Some(Mapping::ChipAuthentication),
        _ => None,
    }
}

/// What EF.CardAccess says of PACE: the offers known here, and whether there are any at all.
pub(crate) fn pace_offers(card_access: &[u8]) -> Result<(Vec<PaceOffer>, bool), Malformed> {
    let (mut offers, mut any) = (Vec::new(), false);
    for info in Element::first(card_access)?.tagged(SET)?.inside().all()? {
        let mut parts = info.tagged(SEQUENCE)?.inside();
        let oid = parts.expect(OID)?.value;
        let Some(&[mapping_number, cipher_number]) = oid.strip_prefix(PACE) else { continue };
        any = true;
        parts.expect(INTEGER)?;
        let Some(id) = parts.optional(INTEGER)? else { continue };
        let parameter_id = u8::try_from(id.small()?).map_err(|_| Malformed)?;
        let (Some(cipher), Some(parameters)) =
            (cipher(cipher_number), Parameters::standardised(parameter_id))
        else {
            continue;
        };
        let Some(mapping) = mapping(mapping_number, parameters, cipher) else { continue };
        offers.push(PaceOffer { oid: oid.to_vec(), mapping, cipher, parameter_id, parameters });
    }
    Ok((offers, any))
}

/// The strongest of the Chip Authentication protocols of version 1 that EF.DG14 offers with a key on a known curve.
pub(crate) fn chip_offer(dg14: &[u8]) -> Result<Option<ChipOffer>, Malformed> {
    let infos = Element::first(dg14)?.tagged(0x6e)?.inside().expect(SET)?;
    let mut protocols = Vec::new();
    for info in infos.inside().all()? {
        let mut parts = info.tagged(SEQUENCE)?.inside();
        let oid = parts.expect(OID)?.value;
        let Some(&[number]) = oid.strip_prefix(CHIP_ECDH) else { continue };
        if parts.next()?.small()? != 1 {
            continue;
        }
        let key_id = parts.optional(INTEGER)?.map(|id| id.value.to_vec());
        protocols.extend(cipher(number).map(|cipher| (oid.to_vec(), cipher, key_id)));
    }
    let keys = chip_keys(infos.inside())?;
    if protocols.is_empty() {
        // Cards with a key but no protocol mean 3DES (9303-11, 6.2.2).
        protocols.push(([CHIP_ECDH, &[1]].concat(), Cipher::TripleDes, None));
    }
    let mut pairs: Vec<_> = protocols
        .into_iter()
        .filter_map(|(oid, cipher, key_id)| {
            let key = keys.iter().find(|key| key_id.is_none() || key.id.is_none() || key.id == key_id)?;
            Some(ChipOffer { oid, cipher, key_id: key_id.or_else(|| key.id.clone()), key: key.clone() })
        })
        .collect();
    pairs.sort_by_key(|offer| (offer.cipher.key_octets(), offer.cipher != Cipher::TripleDes));
    Ok(pairs.pop())
}

/// The chip's static keys on known curves, of the SecurityInfos of EF.DG14 or EF.CardSecurity.
pub(crate) fn chip_keys(infos: Walk<'_>) -> Result<Vec<ChipKey>, Malformed> {
    let mut keys = Vec::new();
    for info in infos.all()? {
        let mut parts = info.tagged(SEQUENCE)?.inside();
        if parts.expect(OID)?.value != CHIP_KEY_ECDH {
            continue;
        }
        let key = public_key(parts.next()?)?;
        let id = parts.optional(INTEGER)?.map(|id| id.value.to_vec());
        keys.extend(key.map(|(parameters, public)| ChipKey { id, parameters, public }));
    }
    Ok(keys)
}

/// A SubjectPublicKeyInfo whose parameters may also be a number of the standardised ones (BSI TR-03110-3, A.2.1.1).
fn public_key(info: Element<'_>) -> Result<Option<(Parameters, Vec<u8>)>, Malformed> {
    let mut parts = info.tagged(SEQUENCE)?.inside();
    let mut algorithm = parts.expect(SEQUENCE)?.inside();
    if algorithm.expect(OID)?.value != STANDARDISED_PARAMETERS {
        return Ok(match PublicKey::from_info(info)? {
            PublicKey::Ec(domain, public) => Some((Parameters::Curve(domain), public)),
            _ => None,
        });
    }
    let id = u8::try_from(algorithm.next()?.small()?).map_err(|_| Malformed)?;
    let public = parts.next()?.bits()?.to_vec();
    Ok(Parameters::standardised(id).map(|parameters| (parameters, public)))
}
