//! The chip's own keys and what it says of them: EF.CardAccess, DG14 and DG15 (ICAO Doc 9303-11, 9.2).
use card::curve::{BRAINPOOL_P256R1, P256};
use rsa::pkcs8::{DecodePrivateKey, EncodePublicKey};
use trust::random::Random;

use super::FactoryError;
use super::encoding::{integer, oid, sequence};
use super::keys::EcKey;
use crate::chip::objects::encode;

/// bsi-de 2 2, under which terminal authentication, keys, chip authentication and PACE stand.
const BSI: [u8; 7] = [0x04, 0x00, 0x7f, 0x00, 0x07, 0x02, 0x02];
/// id-icao-mrtd-security-aaProtocolObject, 2.23.136.1.1.5.
const ACTIVE_AUTHENTICATION: [u8; 6] = [0x67, 0x81, 0x08, 0x01, 0x01, 0x05];
/// ecdsa-plain-SHA256, bsi-de 1 1 4 1 3.
const PLAIN_SHA256: [u8; 10] = [0x04, 0x00, 0x7f, 0x00, 0x07, 0x01, 0x01, 0x04, 0x01, 0x03];

/// The key for active authentication.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ActiveKeyChoice {
    /// A new key on P-256.
    EcdsaP256,
    /// This RSA key, PKCS#8.
    Rsa(Vec<u8>),
}

/// The chip's keys, PKCS#8, and the data groups that publish them.
pub(super) struct ChipKeys {
    pub(super) active: Vec<u8>,
    pub(super) chip: Vec<u8>,
    pub(super) dg14: Vec<u8>,
    pub(super) dg15: Vec<u8>,
}

/// Terminal authentication, chip authentication with AES-128, PACE with AES-128 on brainpoolP256r1: what Vietnamese
/// cards say.
fn protocols() -> Vec<Vec<u8>> {
    let protocol = |tail: &[u8]| oid(&[&BSI, tail].concat());
    vec![
        sequence(&[protocol(&[2]), integer(&[1])]),
        sequence(&[protocol(&[3, 2, 2]), integer(&[1])]),
        sequence(&[protocol(&[4, 2, 2]), integer(&[2]), integer(&[13])]),
    ]
}

/// EF.CardAccess.
pub(super) fn card_access() -> Vec<u8> {
    encode(0x31, &protocols().concat())
}

/// Generates the keys and writes DG14 and DG15.
pub(super) fn generate(choice: &ActiveKeyChoice, random: &mut dyn Random) -> Result<ChipKeys, FactoryError> {
    let chip = EcKey::generate(&BRAINPOOL_P256R1, random)?;
    let mut infos = protocols();
    // With explicit parameters, as the chips have it.
    let agreement = chip.public_key_info(true)?;
    infos.push(sequence(&[oid(&[&BSI[..], &[1, 2]].concat()), agreement]));

    let (active, active_public) = match choice {
        ActiveKeyChoice::EcdsaP256 => {
            infos.push(sequence(&[oid(&ACTIVE_AUTHENTICATION), integer(&[1]), oid(&PLAIN_SHA256)]));
            let key = EcKey::generate(&P256, random)?;
            (key.pkcs8(), key.public_key_info(false)?)
        }
        ActiveKeyChoice::Rsa(document) => {
            let key = rsa::PrivateKey::from_pkcs8_der(document).map_err(|_| FactoryError::Key)?;
            let public = key.to_public_key().to_public_key_der().map_err(|_| FactoryError::Key)?;
            (document.clone(), public.as_bytes().to_vec())
        }
    };
    Ok(ChipKeys {
        active,
        chip: chip.pkcs8(),
        dg14: encode(0x6e, &encode(0x31, &infos.concat())),
        dg15: encode(0x6f, &active_public),
    })
}
