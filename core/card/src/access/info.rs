//! SecurityInfos of EF.CardAccess and EF.DG14 (9303-11, 9.2).
use crate::asn1::{Element, INTEGER, Malformed, OID, SEQUENCE, SET};
use crate::curve::{
    BRAINPOOL_P192R1, BRAINPOOL_P224R1, BRAINPOOL_P256R1, BRAINPOOL_P320R1, BRAINPOOL_P384R1,
    BRAINPOOL_P512R1, Domain, P192, P224, P256, P384, P521,
};
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

/// A PACE protocol that the card offers and that is known here: generic mapping over ECDH.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaceOffer {
    /// The content of the protocol's object identifier.
    pub(crate) oid: Vec<u8>,
    /// What will protect the session.
    pub cipher: Cipher,
    /// The number of the standardised domain parameters.
    pub parameter_id: u8,
    /// The curve that the number means.
    pub domain: &'static Domain,
}

/// Chip Authentication as EF.DG14 offers it.
#[derive(Clone, Debug)]
pub(crate) struct ChipOffer {
    pub(crate) oid: Vec<u8>,
    pub(crate) cipher: Cipher,
    pub(crate) key_id: Option<Vec<u8>>,
    pub(crate) domain: &'static Domain,
    pub(crate) public: Vec<u8>,
}

/// The standardised domain parameters over curves (9303-11, table 8).
pub(crate) const fn standard_domain(id: u8) -> Option<&'static Domain> {
    Some(match id {
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
        _ => return None,
    })
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

/// What EF.CardAccess says of PACE: the offers known here, and whether there are any at all.
pub(crate) fn pace_offers(card_access: &[u8]) -> Result<(Vec<PaceOffer>, bool), Malformed> {
    let (mut offers, mut any) = (Vec::new(), false);
    for info in Element::first(card_access)?.tagged(SET)?.inside().all()? {
        let mut parts = info.tagged(SEQUENCE)?.inside();
        let oid = parts.expect(OID)?.value;
        let Some(protocol) = oid.strip_prefix(PACE) else { continue };
        let &[mapping, number] = protocol else { continue };
        any = true;
        parts.expect(INTEGER)?;
        let Some(id) = parts.optional(INTEGER)? else { continue };
        let id = u8::try_from(id.small()?).map_err(|_| Malformed)?;
        if let (2, Some(cipher), Some(domain)) = (mapping, cipher(number), standard_domain(id)) {
            offers.push(PaceOffer { oid: oid.to_vec(), cipher, parameter_id: id, domain });
        }
    }
    Ok((offers, any))
}

/// Chip Authentication version 1 over a known curve, where EF.DG14 offers it.
pub(crate) fn chip_offer(dg14: &[u8]) -> Result<Option<ChipOffer>, Malformed> {
    let infos = Element::first(dg14)?.tagged(0x6e)?.inside().expect(SET)?.inside().all()?;
    let (mut protocol, mut key) = (None, None);
    for info in infos {
        let mut parts = info.tagged(SEQUENCE)?.inside();
        let oid = parts.expect(OID)?.value;
        if let Some(&[number]) = oid.strip_prefix(CHIP_ECDH) {
            parts.expect(INTEGER)?;
            let id = parts.optional(INTEGER)?.map(|id| id.value.to_vec());
            protocol = cipher(number).map(|cipher| (oid.to_vec(), cipher, id));
        } else if oid == CHIP_KEY_ECDH {
            key = Some(PublicKey::from_info(parts.next()?)?);
        }
    }
    match (protocol, key) {
        (protocol, Some(PublicKey::Ec(domain, public))) => {
            // Cards with a key but no protocol mean 3DES (9303-11, 6.2.2).
            let (oid, cipher, key_id) =
                protocol.unwrap_or_else(|| ([CHIP_ECDH, &[1]].concat(), Cipher::TripleDes, None));
            Ok(Some(ChipOffer { oid, cipher, key_id, domain, public }))
        }
        _ => Ok(None),
    }
}
