//! The chip's own keys and what it says of them: EF.CardAccess, EF.CardSecurity's content, DG14 and DG15 (ICAO Doc
//! 9303-11, 9.2).
use card::curve::{
    BRAINPOOL_P192R1, BRAINPOOL_P224R1, BRAINPOOL_P256R1, BRAINPOOL_P320R1, BRAINPOOL_P384R1,
    BRAINPOOL_P512R1, Domain, P192, P224, P256, P384, P521,
};
use rsa::pkcs8::{DecodePrivateKey, EncodePrivateKey, EncodePublicKey};
use trust::random::Random;

use super::FactoryError;
use super::encoding::{bit_string, integer, oid, sequence};
use super::keys::{DhKey, EcKey, RsaRandom};
use crate::chip::objects::encode;
use crate::chip::{Hash, Mapping, Suite};

/// bsi-de 2 2, under which terminal authentication, keys, chip authentication and PACE stand.
const BSI: [u8; 7] = [0x04, 0x00, 0x7f, 0x00, 0x07, 0x02, 0x02];
/// standardizedDomainParameters, bsi-de 1 2.
const STANDARDISED: [u8; 7] = [0x04, 0x00, 0x7f, 0x00, 0x07, 0x01, 0x02];
/// id-icao-mrtd-security-aaProtocolObject, 2.23.136.1.1.5.
const ACTIVE_AUTHENTICATION: [u8; 6] = [0x67, 0x81, 0x08, 0x01, 0x01, 0x05];
/// ecdsa-plain-signatures, bsi-de 1 1 4 1.
const PLAIN_SIGNATURES: [u8; 9] = [0x04, 0x00, 0x7f, 0x00, 0x07, 0x01, 0x01, 0x04, 0x01];

/// One way to open the chip with PACE.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// How the generator is found.
    pub mapping: Mapping,
    /// What protects the session.
    pub suite: Suite,
    /// The standardised domain parameters: 0 to 2 prime fields, 8 to 18 curves.
    pub parameter: u8,
}

/// The key for active authentication.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ActiveKeyChoice {
    /// A new key on this curve.
    Ecdsa(&'static Domain),
    /// A new RSA key of so many bits.
    NewRsa(usize),
    /// This RSA key, PKCS#8.
    Rsa(Vec<u8>),
}

/// What the chip can do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Protocols {
    /// The ways to open it with PACE, in EF.CardAccess; with none there is no such file and BAC alone opens it.
    pub pace: Vec<Pace>,
    /// The cipher after chip authentication.
    pub chip: Suite,
    /// The curve of the key for chip authentication. PACE with chip authentication mapping wants it on its own curve.
    pub chip_curve: &'static Domain,
    /// The prime field of that key in place of the curve: one of the standardised parameters 0 to 2.
    pub chip_field: Option<u8>,
    /// The key for active authentication.
    pub active: ActiveKeyChoice,
}

impl Default for Protocols {
    /// As Vietnamese cards: PACE with generic mapping and chip authentication, both with AES-128 on brainpoolP256r1; for
    /// active authentication a key on P-256.
    fn default() -> Self {
        Self {
            pace: vec![Pace { mapping: Mapping::Generic, suite: Suite::Aes128, parameter: 13 }],
            chip: Suite::Aes128,
            chip_curve: &BRAINPOOL_P256R1,
            chip_field: None,
            active: ActiveKeyChoice::Ecdsa(&P256),
        }
    }
}

/// The chip's keys, PKCS#8, and the files that publish them.
pub(super) struct ChipKeys {
    pub(super) active: Vec<u8>,
    pub(super) chip: Vec<u8>,
    pub(super) card_access: Option<Vec<u8>>,
    /// What EF.CardSecurity signs, on a chip that proves its key within PACE.
    pub(super) card_security: Option<Vec<u8>>,
    pub(super) dg14: Vec<u8>,
    pub(super) dg15: Vec<u8>,
}

fn protocol(tail: &[u8]) -> Vec<u8> {
    oid(&[&BSI, tail].concat())
}

const fn number_of(suite: Suite) -> u8 {
    match suite {
        Suite::TripleDes => 1,
        Suite::Aes128 => 2,
        Suite::Aes192 => 3,
        Suite::Aes256 => 4,
    }
}

impl Pace {
    fn info(self) -> Vec<u8> {
        let mapping = match (self.mapping, self.parameter) {
            (Mapping::Generic, 0..=2) => 1,
            (Mapping::Generic, _) => 2,
            (Mapping::Integrated, 0..=2) => 3,
            (Mapping::Integrated, _) => 4,
            (Mapping::ChipAuthentication, _) => 6,
        };
        let name = protocol(&[4, mapping, number_of(self.suite)]);
        sequence(&[name, integer(&[2]), integer(&[self.parameter])])
    }
}

impl Protocols {
    /// The arc of a key in a prime field or on a curve.
    const fn kind(&self) -> u8 {
        if self.chip_field.is_some() { 1 } else { 2 }
    }

    /// Terminal authentication, chip authentication, PACE.
    fn infos(&self) -> Vec<Vec<u8>> {
        let mut infos = vec![
            sequence(&[protocol(&[2]), integer(&[1])]),
            sequence(&[protocol(&[3, self.kind(), number_of(self.chip)]), integer(&[1])]),
        ];
        infos.extend(self.pace.iter().map(|pace| pace.info()));
        infos
    }

    /// Generates the keys and writes the files.
    pub(super) fn generate(&self, random: &mut dyn Random) -> Result<ChipKeys, FactoryError> {
        let chip = match self.chip_field {
            Some(id) => ChipKey::PrimeField(DhKey::generate(id, random)?),
            None => ChipKey::Curve(EcKey::generate(self.chip_curve, random)?),
        };
        let infos = self.infos();
        let key_info = |key: Vec<u8>| sequence(&[protocol(&[1, self.kind()]), key]);
        let set = |extra: &[Vec<u8>]| encode(0x31, &[infos.concat(), extra.concat()].concat());

        let (active, active_public, active_info) = active_key(&self.active, random)?;
        let mut dg14 = vec![key_info(chip.public_key_info()?)];
        dg14.extend(active_info);
        let maps_with_key = self.pace.iter().any(|pace| pace.mapping == Mapping::ChipAuthentication);
        let card_security = match &chip {
            ChipKey::Curve(chip) if maps_with_key => Some(set(&[key_info(standardised_key(chip)?)])),
            ChipKey::PrimeField(_) if maps_with_key => return Err(FactoryError::Key),
            _ => None,
        };
        Ok(ChipKeys {
            active,
            chip: chip.pkcs8(),
            card_access: (!self.pace.is_empty()).then(|| set(&[])),
            card_security,
            dg14: encode(0x6e, &set(&dg14)),
            dg15: encode(0x6f, &active_public),
        })
    }
}

/// The key for chip authentication.
enum ChipKey {
    Curve(EcKey),
    PrimeField(DhKey),
}

impl ChipKey {
    fn public_key_info(&self) -> Result<Vec<u8>, FactoryError> {
        match self {
            // With explicit parameters, as the chips have it.
            Self::Curve(key) => key.public_key_info(true),
            Self::PrimeField(key) => Ok(key.public_key_info()),
        }
    }

    fn pkcs8(&self) -> Vec<u8> {
        match self {
            Self::Curve(key) => key.pkcs8(),
            Self::PrimeField(key) => key.pkcs8(),
        }
    }
}

/// The key with its curve as a standardised parameter id (9.1).
fn standardised_key(key: &EcKey) -> Result<Vec<u8>, FactoryError> {
    let curves = [
        (8, &P192),
        (9, &BRAINPOOL_P192R1),
        (10, &P224),
        (11, &BRAINPOOL_P224R1),
        (12, &P256),
        (13, &BRAINPOOL_P256R1),
        (14, &BRAINPOOL_P320R1),
        (15, &P384),
        (16, &BRAINPOOL_P384R1),
        (17, &BRAINPOOL_P512R1),
        (18, &P521),
    ];
    let found = curves.into_iter().find(|(_, domain)| *domain == key.curve.domain());
    let (number, _) = found.ok_or(FactoryError::Key)?;
    let algorithm = sequence(&[oid(&STANDARDISED), integer(&[number])]);
    Ok(sequence(&[algorithm, bit_string(&key.public)]))
}

/// PKCS#8, SubjectPublicKeyInfo, and what DG14 says of it.
type ActiveParts = (Vec<u8>, Vec<u8>, Option<Vec<u8>>);

fn active_key(choice: &ActiveKeyChoice, random: &mut dyn Random) -> Result<ActiveParts, FactoryError> {
    match choice {
        ActiveKeyChoice::Ecdsa(domain) => {
            let key = EcKey::generate(domain, random)?;
            let number = match Hash::for_curve(domain.octets) {
                Hash::Sha1 => 1,
                Hash::Sha224 => 2,
                Hash::Sha256 => 3,
                Hash::Sha384 => 4,
                Hash::Sha512 => 5,
            };
            let algorithm = oid(&[&PLAIN_SIGNATURES[..], &[number]].concat());
            let info = sequence(&[oid(&ACTIVE_AUTHENTICATION), integer(&[1]), algorithm]);
            Ok((key.pkcs8(), key.public_key_info(false)?, Some(info)))
        }
        ActiveKeyChoice::NewRsa(bits) => {
            let key =
                rsa::PrivateKey::new_with_exp_unchecked(&mut RsaRandom(random), *bits, 65_537_u64.into());
            let document =
                key.map_err(|_| FactoryError::Key)?.to_pkcs8_der().map_err(|_| FactoryError::Key)?;
            active_key(&ActiveKeyChoice::Rsa(document.as_bytes().to_vec()), random)
        }
        ActiveKeyChoice::Rsa(document) => {
            let key = rsa::PrivateKey::from_pkcs8_der(document).map_err(|_| FactoryError::Key)?;
            let public = key.to_public_key().to_public_key_der().map_err(|_| FactoryError::Key)?;
            Ok((document.clone(), public.as_bytes().to_vec(), None))
        }
    }
}
