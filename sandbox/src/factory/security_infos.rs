//! The chip's own keys and what it says of them: EF.CardAccess, DG14 and DG15 (ICAO Doc 9303-11, 9.2).
use card::curve::{BRAINPOOL_P256R1, Curve, Domain};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use rsa::pkcs8::{DecodePrivateKey, EncodePublicKey};
use trust::random::Random;

use super::FactoryError;
use super::encoding::{bit_string, context, integer, octet_string, oid, sequence};
use crate::chip::objects::encode;

const EC_PUBLIC_KEY: [u8; 7] = [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];
const PRIME_FIELD: [u8; 7] = [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x01, 0x01];
const P256: [u8; 8] = [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];
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
    let curve = Curve::new(&BRAINPOOL_P256R1).map_err(|_| FactoryError::Key)?;
    let (scalar, public) = key_pair(&curve, random)?;
    let mut infos = protocols();
    let agreement = public_key_info(curve.domain(), &public)?;
    infos.push(sequence(&[oid(&[&BSI[..], &[1, 2]].concat()), agreement]));

    let (active, active_public) = match choice {
        ActiveKeyChoice::EcdsaP256 => {
            infos.push(sequence(&[oid(&ACTIVE_AUTHENTICATION), integer(&[1]), oid(&PLAIN_SHA256)]));
            generate_p256()?
        }
        ActiveKeyChoice::Rsa(document) => {
            let key = rsa::PrivateKey::from_pkcs8_der(document).map_err(|_| FactoryError::Key)?;
            let public = key.to_public_key().to_public_key_der().map_err(|_| FactoryError::Key)?;
            (document.clone(), public.as_bytes().to_vec())
        }
    };
    Ok(ChipKeys {
        active,
        chip: private_key_info(curve.domain(), &scalar, &public),
        dg14: encode(0x6e, &encode(0x31, &infos.concat())),
        dg15: encode(0x6f, &active_public),
    })
}

fn generate_p256() -> Result<(Vec<u8>, Vec<u8>), FactoryError> {
    let (system, algorithm) = (SystemRandom::new(), &ECDSA_P256_SHA256_FIXED_SIGNING);
    let document = EcdsaKeyPair::generate_pkcs8(algorithm, &system).map_err(|_| FactoryError::Key)?;
    let pair =
        EcdsaKeyPair::from_pkcs8(algorithm, document.as_ref(), &system).map_err(|_| FactoryError::Key)?;
    let algorithm = sequence(&[oid(&EC_PUBLIC_KEY), oid(&P256)]);
    let public = sequence(&[algorithm, bit_string(pair.public_key().as_ref())]);
    Ok((document.as_ref().to_vec(), public))
}

fn key_pair(curve: &Curve, random: &mut dyn Random) -> Result<(Vec<u8>, Vec<u8>), FactoryError> {
    for _ in 0..64 {
        let mut octets = vec![0; curve.order_octets()];
        random.fill(&mut octets)?;
        if let Ok(scalar) = curve.scalar(&octets) {
            let public = curve.multiply(curve.generator(), &scalar);
            return Ok((scalar, curve.encode(&public).map_err(|_| FactoryError::Key)?));
        }
    }
    Err(FactoryError::Key)
}

/// SubjectPublicKeyInfo with explicit parameters, as the chips have it (RFC 3279, 2.3.5).
fn public_key_info(domain: &Domain, public: &[u8]) -> Result<Vec<u8>, FactoryError> {
    let octets = |text: &str| hex::decode(text).map_err(|_| FactoryError::Key);
    let generator = [vec![4], octets(domain.x)?, octets(domain.y)?].concat();
    let parameters = sequence(&[
        integer(&[1]),
        sequence(&[oid(&PRIME_FIELD), integer(&octets(domain.p)?)]),
        sequence(&[octet_string(&octets(domain.a)?), octet_string(&octets(domain.b)?)]),
        octet_string(&generator),
        integer(&octets(domain.n)?),
        integer(&[1]),
    ]);
    Ok(sequence(&[sequence(&[oid(&EC_PUBLIC_KEY), parameters]), bit_string(public)]))
}

/// PKCS#8 around an RFC 5915 key on a named curve.
fn private_key_info(domain: &Domain, scalar: &[u8], public: &[u8]) -> Vec<u8> {
    let key = sequence(&[integer(&[1]), octet_string(scalar), context(1, &[bit_string(public)])]);
    sequence(&[integer(&[0]), sequence(&[oid(&EC_PUBLIC_KEY), oid(domain.oid)]), octet_string(&key)])
}
