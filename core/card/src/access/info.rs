//! SecurityInfos of EF.CardAccess, EF.DG14 and EF.CardSecurity (9303-11, 9.2).
use std::collections::BTreeSet;

use super::chip_key::{ChipKey, Kind, chip_keys};
use super::group::Parameters;
use super::integrated;
use crate::asn1::{Element, INTEGER, Malformed, OID, SEQUENCE, SET};
use crate::messaging::Cipher;

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
/// 0.4.0.127.0.7.2.2.3, id-CA; the kind of the key and the cipher follow.
const CHIP_AUTHENTICATION: &[u8] = &[0x04, 0x00, 0x7f, 0x00, 0x07, 0x02, 0x02, 0x03];

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

/// One PACEInfo: the content of its protocol's identifier, its version, its parameters' number.
pub(crate) type PaceInfo<'a> = (&'a [u8], &'a [u8], Option<&'a [u8]>);

/// Every PACEInfo of some SecurityInfos, known here or not (9303-11, 9.2.1).
pub(crate) fn pace_infos(infos: Element<'_>) -> Result<BTreeSet<PaceInfo<'_>>, Malformed> {
    let mut found = BTreeSet::new();
    for info in infos.tagged(SET)?.inside().all()? {
        let mut parts = info.tagged(SEQUENCE)?.inside();
        let oid = parts.expect(OID)?.value;
        // Parameters of an own choosing stand under identifiers that are shorter by the cipher.
        if oid.strip_prefix(PACE).is_some_and(|rest| rest.len() == 2) {
            let version = parts.expect(INTEGER)?.value;
            found.insert((oid, version, parts.optional(INTEGER)?.map(|id| id.value)));
        }
    }
    Ok(found)
}

/// Every PACEInfo that EF.DG14 repeats, as it should; many cards leave them out, which says nothing.
pub(crate) fn signed_pace_infos(dg14: &[u8]) -> Result<BTreeSet<PaceInfo<'_>>, Malformed> {
    pace_infos(Element::first(dg14)?.inside().next()?)
}

/// The strongest of the Chip Authentication protocols of version 1 that EF.DG14 offers with a key of a known group.
pub(crate) fn chip_offer(dg14: &[u8]) -> Result<Option<ChipOffer>, Malformed> {
    let infos = Element::first(dg14)?.tagged(0x6e)?.inside().expect(SET)?;
    let mut protocols = Vec::new();
    for info in infos.inside().all()? {
        let mut parts = info.tagged(SEQUENCE)?.inside();
        let oid = parts.expect(OID)?.value;
        let Some(&[kind, number]) = oid.strip_prefix(CHIP_AUTHENTICATION) else { continue };
        let Some(kind) = Kind::numbered(kind) else { continue };
        if parts.next()?.small()? != 1 {
            continue;
        }
        let key_id = parts.optional(INTEGER)?.map(|id| id.value.to_vec());
        protocols.extend(cipher(number).map(|cipher| (oid.to_vec(), kind, cipher, key_id)));
    }
    let keys = chip_keys(infos.inside())?;
    if protocols.is_empty() {
        // Cards with a key but no protocol mean 3DES (9303-11, 6.2.2).
        protocols.extend(keys.first().map(|key| {
            let oid = [CHIP_AUTHENTICATION, &[key.kind.number(), 1]].concat();
            (oid, key.kind, Cipher::TripleDes, None)
        }));
    }
    let mut pairs: Vec<_> = protocols
        .into_iter()
        .filter_map(|(oid, kind, cipher, key_id)| {
            let named = |key: &&ChipKey| key_id.is_none() || key.id.is_none() || key.id == key_id;
            let key = keys.iter().filter(|key| key.kind == kind).find(named)?;
            Some(ChipOffer { oid, cipher, key_id: key_id.or_else(|| key.id.clone()), key: key.clone() })
        })
        .collect();
    pairs.sort_by_key(|offer| offer.cipher);
    Ok(pairs.pop())
}
