//! Active authentication from the card's side (ICAO Doc 9303-11, 6.1): signs the terminal's challenge with a key that
//! never leaves the chip.
use std::convert::Infallible;

use rsa::hazmat::rsa_decrypt;
use rsa::pkcs8::DecodePrivateKey;
use rsa::rand_core::TryCryptoRng;
use rsa::traits::PublicKeyParts;
use rsa::{BoxedUint, PrivateKey};
use trust::random::Random;

use super::command::StatusWord;
use super::group::StaticKey;
use super::hash::Hash;
use super::objects::{encode, objects, sole};
use super::{Behaviour, ChipError, ecdsa};

/// ecdsa-plain-signatures, bsi-de 1 1 4 1, without the hash.
const PLAIN_SIGNATURES: [u8; 9] = [0x04, 0x00, 0x7f, 0x00, 0x07, 0x01, 0x01, 0x04, 0x01];
/// id-icao-mrtd-security-aaProtocolObject.
const PROTOCOL: [u8; 6] = [0x67, 0x81, 0x08, 0x01, 0x01, 0x05];

/// The chip's key for active authentication.
#[derive(Clone)]
pub(super) enum ActiveKey {
    /// ISO/IEC 9796-2 scheme 1 with message recovery.
    Rsa(Box<PrivateKey>),
    /// ECDSA.
    Ecdsa(Box<StaticKey>),
}

impl ActiveKey {
    /// Reads a key from PKCS#8.
    pub(super) fn from_pkcs8(document: &[u8]) -> Result<Self, ChipError> {
        match PrivateKey::from_pkcs8_der(document) {
            Ok(key) => Ok(Self::Rsa(Box::new(key))),
            Err(_) => StaticKey::from_pkcs8(document).map(|key| Self::Ecdsa(Box::new(key))),
        }
    }

    /// Signs a challenge of eight octets. DG14 says with which hash where the key is on a curve.
    pub(super) fn sign(
        &self,
        challenge: &[u8],
        dg14: &[u8],
        behaviour: Behaviour,
        random: &mut dyn Random,
    ) -> Result<Vec<u8>, StatusWord> {
        match self {
            Self::Rsa(key) => {
                let representative = representative(key.size(), challenge, behaviour.rsa_hash, random)?;
                exponentiate(key, &representative).ok_or(StatusWord::NO_DIAGNOSIS)
            }
            Self::Ecdsa(key) => {
                let octets = key.curve.domain().octets;
                let hash = named_hash(dg14).unwrap_or(Hash::for_curve(octets));
                let signature = ecdsa::sign(&key.curve, &key.scalar, &hash.digest(challenge), random)?;
                Ok(if behaviour.ecdsa_der { der(&signature) } else { signature })
            }
        }
    }
}

/// The hash of ActiveAuthenticationInfo in DG14 (9.2.6).
fn named_hash(dg14: &[u8]) -> Option<Hash> {
    let infos = sole(dg14, 0x6e).and_then(|content| sole(content, 0x31)).and_then(objects).ok()?;
    let info = infos.iter().find_map(|info| match objects(info.value).ok()?.as_slice() {
        [protocol, _version, algorithm] if protocol.value == PROTOCOL => Some(algorithm.value),
        _ => None,
    });
    match info?.strip_prefix(&PLAIN_SIGNATURES)? {
        [1] => Some(Hash::Sha1),
        [2] => Some(Hash::Sha224),
        [3] => Some(Hash::Sha256),
        [4] => Some(Hash::Sha384),
        [5] => Some(Hash::Sha512),
        _ => None,
    }
}

/// `SEQUENCE { r, s }`, which the standard does not ask for and some chips send.
fn der(signature: &[u8]) -> Vec<u8> {
    let integer = |octets: &[u8]| {
        let mut octets: Vec<u8> = octets.iter().copied().skip_while(|octet| *octet == 0).collect();
        if octets.first().is_none_or(|first| first & 0x80 != 0) {
            octets.insert(0, 0);
        }
        encode(0x02, &octets)
    };
    let (r, s) = signature.split_at(signature.len() / 2);
    encode(0x30, &[integer(r), integer(s)].concat())
}

/// `6A || M1 || H(M1 || challenge) || trailer` in as many octets as the modulus has, M1 the chip's own nonce.
fn representative(
    octets: usize,
    challenge: &[u8],
    hash: Hash,
    random: &mut dyn Random,
) -> Result<Vec<u8>, StatusWord> {
    let trailer: &[u8] = match hash {
        Hash::Sha1 => &[0xbc],
        Hash::Sha224 => &[0x38, 0xcc],
        Hash::Sha256 => &[0x34, 0xcc],
        Hash::Sha384 => &[0x36, 0xcc],
        Hash::Sha512 => &[0x35, 0xcc],
    };
    let surplus = 1 + hash.octets() + trailer.len();
    let mut nonce = vec![0; octets.checked_sub(surplus).ok_or(StatusWord::NO_DIAGNOSIS)?];
    random.fill(&mut nonce).map_err(|_| StatusWord::NO_DIAGNOSIS)?;
    let digest = hash.digest(&[nonce.as_slice(), challenge].concat());
    Ok([&[0x6a], nonce.as_slice(), &digest, trailer].concat())
}

fn exponentiate(key: &PrivateKey, representative: &[u8]) -> Option<Vec<u8>> {
    let number = BoxedUint::from_be_slice(representative, key.n_bits_precision()).ok()?;
    let unblinded = None::<&mut dyn TryCryptoRng<Error = Infallible>>;
    let signature = rsa_decrypt(unblinded, key, &number).ok()?.to_be_bytes();
    let surplus = signature.len().checked_sub(key.size())?;
    signature.get(surplus..).map(<[u8]>::to_vec)
}

#[cfg(test)]
mod tests {
    use super::super::Suite;
    use super::super::cipher::Key;
    use super::super::command::{Answer, Command};
    use super::super::messaging::Session;
    use super::super::tests::{Script, json_files, octets};
    use super::*;

    #[test]
    fn vectors_message_representatives_are_made_octet_for_octet() {
        let mut cases = 0;
        for (name, vector) in json_files("active_auth") {
            for row in vector["rows"].as_array().into_iter().flatten() {
                let hash = match row["hash"].as_str().unwrap() {
                    "SHA-1" => Hash::Sha1,
                    "SHA-224" => Hash::Sha224,
                    "SHA-256" => Hash::Sha256,
                    "SHA-384" => Hash::Sha384,
                    "SHA-512" => Hash::Sha512,
                    other => panic!("{name}: {other}"),
                };
                let wanted = octets(&row["F"]);
                let nonce = &mut Script(octets(&row["M1"]));
                let made = representative(wanted.len(), &octets(&row["RND_IFD"]), hash, nonce).unwrap();
                assert_eq!(made, wanted, "{name} {}", row["hash"]);
                cases += 1;
            }
        }
        println!("active_auth: {cases} representatives from the chip's side");
        assert!(cases > 0 || std::env::var_os("SEN_VECTORS").is_some());
    }

    #[test]
    fn vectors_of_a_real_answer_are_protected_octet_for_octet() {
        let mut cases = 0;
        for (name, vector) in json_files("active_auth") {
            let Some(keys) = vector.get("sm") else { continue };
            let suite = if keys["alg"] == "3DES" { Suite::TripleDes } else { Suite::Aes128 };
            let key = |name: &str| Key::new(suite, &octets(&keys[name]));
            let mut session = Session::with_keys(key("KS_ENC"), key("KS_MAC"), octets(&keys["SSC_before"]));
            let opened = session.open(&Command::parse(&octets(&vector["command"])).unwrap()).unwrap();
            assert_eq!((opened.instruction, &opened.data), (0x88, &octets(&vector["RND_IFD"])), "{name}");
            let answer = Answer::ok(octets(&vector["signature"]));
            let answer = Answer::octets(session.protect(opened.instruction, Ok(answer)));
            assert_eq!(answer, octets(&vector["response"]), "{name}");
            cases += 1;
        }
        println!("active_auth: {cases} sessions from the chip's side");
        assert!(cases > 0 || std::env::var_os("SEN_VECTORS").is_some());
    }

    #[test]
    fn der_integers_have_no_surplus_zeros_and_stay_positive() {
        assert_eq!(der(&[0, 1, 0x80, 2]), [0x30, 8, 2, 1, 1, 2, 3, 0, 0x80, 2]);
    }
}
