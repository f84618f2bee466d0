//! ISO/IEC 9796-2 scheme 1 with message recovery, as Active Authentication uses it (ICAO Doc 9303-11, 6.1.2.3): the
//! representative is `6A || M1 || H(M1 || RND.IFD) || trailer`, the trailer `BC` (SHA-1) or a hash number and `CC`.
use ring::digest;
use rsa::BoxedUint;
use rsa::hazmat::rsa_encrypt;
use rsa::{PublicKey, traits::PublicKeyParts};
use sha2::Digest;

/// Header of a partially recovered message.
const HEADER: u8 = 0x6a;

/// Recovers the representative and checks its hash over the recovered part and the challenge.
pub fn verify(key: &PublicKey, challenge: &[u8], signature: &[u8]) -> bool {
    recover(key, signature).is_some_and(|representative| verify_representative(&representative, challenge))
}

/// The representative, without the leading zero octets that a shorter modulus in whole octets leaves.
fn recover(key: &PublicKey, signature: &[u8]) -> Option<Vec<u8>> {
    if signature.len() != key.size() {
        return None;
    }
    let number = BoxedUint::from_be_slice(signature, key.n_bits_precision()).ok()?;
    if number >= *key.n().as_ref() {
        return None;
    }
    let opened = rsa_encrypt(key, &number).ok()?.to_be_bytes();
    let start = opened.iter().position(|octet| *octet != 0)?;
    opened.get(start..).map(<[u8]>::to_vec)
}

/// A hash over the recovered part and the challenge.
type HashOfTwo = fn(&[u8], &[u8]) -> Vec<u8>;

/// Checks header, trailer and hash of a representative.
pub fn verify_representative(representative: &[u8], challenge: &[u8]) -> bool {
    let Some((&HEADER, rest)) = representative.split_first() else {
        return false;
    };
    let (hash, body): (HashOfTwo, _) = match rest {
        [body @ .., 0xbc] | [body @ .., 0x33, 0xcc] => (sha1, body),
        [body @ .., 0x38, 0xcc] => (sha224, body),
        [body @ .., 0x34, 0xcc] => (|m, c| ring_hash(&digest::SHA256, m, c), body),
        [body @ .., 0x36, 0xcc] => (|m, c| ring_hash(&digest::SHA384, m, c), body),
        [body @ .., 0x35, 0xcc] => (|m, c| ring_hash(&digest::SHA512, m, c), body),
        _ => return false,
    };
    let length = hash(&[], &[]).len();
    let Some(split) = body.len().checked_sub(length) else {
        return false;
    };
    let (recovered, claimed) = body.split_at(split);
    hash(recovered, challenge) == claimed
}

fn sha1(recovered: &[u8], challenge: &[u8]) -> Vec<u8> {
    ring_hash(&digest::SHA1_FOR_LEGACY_USE_ONLY, recovered, challenge)
}

fn sha224(recovered: &[u8], challenge: &[u8]) -> Vec<u8> {
    sha2::Sha224::new().chain_update(recovered).chain_update(challenge).finalize().to_vec()
}

fn ring_hash(algorithm: &'static digest::Algorithm, recovered: &[u8], challenge: &[u8]) -> Vec<u8> {
    let mut context = digest::Context::new(algorithm);
    context.update(recovered);
    context.update(challenge);
    context.finish().as_ref().to_vec()
}
