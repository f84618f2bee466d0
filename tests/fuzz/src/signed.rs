//! A key that the targets believe, for what is read only once a signature has been checked: a target that gives the
//! parser random tokens would stop at the signature.
use std::sync::OnceLock;

use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use trust::anchors::StatusSigner;
use trust::cose::Draft;
use trust::p256::PublicKey;

/// The `kid` of the key.
pub const KID: &[u8] = b"k1";

/// The private key of RFC 6979, A.2.5, which is known to everybody: what a run learns serves the next one too.
const PRIVATE: &str = "c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721";
const PUBLIC: &str = "0460fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb6\
                      7903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299";

fn pair() -> &'static EcdsaKeyPair {
    static PAIR: OnceLock<EcdsaKeyPair> = OnceLock::new();
    PAIR.get_or_init(|| {
        let (private, public) = (hex::decode(PRIVATE).unwrap(), hex::decode(PUBLIC).unwrap());
        let (algorithm, random) = (&ECDSA_P256_SHA256_FIXED_SIGNING, SystemRandom::new());
        EcdsaKeyPair::from_private_key_and_public_key(algorithm, &private, &public, &random).unwrap()
    })
}

/// Its public half.
pub fn key() -> PublicKey {
    PublicKey::from_uncompressed(pair().public_key().as_ref()).unwrap()
}

/// It, as the one signer of status lists.
pub fn status_signers() -> [StatusSigner; 1] {
    [StatusSigner { kid: KID.to_vec(), key: key() }]
}

/// Its signature over a message.
pub fn sign(message: &[u8]) -> [u8; 64] {
    pair().sign(&SystemRandom::new(), message).unwrap().as_ref().try_into().unwrap()
}

/// A COSE_Sign1 of that type with that payload, signed by it.
pub fn token(typ: &str, payload: &[u8]) -> Vec<u8> {
    let draft = Draft::es256(KID, typ, payload.to_vec());
    let signature = sign(&draft.to_be_signed());
    draft.assemble(&signature)
}

/// A sound input with changes that a fuzzer chooses, three octets each: where (16 bits), and an octet that is put there,
/// or is put in between, or (every fourth) one that is taken out. Without changes it is the sound one.
pub fn changed(sound: &[u8], changes: &[u8]) -> Vec<u8> {
    let mut input = sound.to_vec();
    for change in changes.chunks_exact(3).take(16) {
        let at = usize::from(u16::from_be_bytes([change[0], change[1]]));
        let (at, how) = (at / 4 % input.len().max(1), at % 4);
        match how {
            0 if !input.is_empty() => drop(input.remove(at)),
            1 => input.insert(at, change[2]),
            _ => input[at..].iter_mut().take(1).for_each(|octet| *octet = change[2]),
        }
    }
    input
}
