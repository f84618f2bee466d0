//! HPKE in base mode for one message (RFC 9180): DHKEM(P-256, HKDF-SHA256), HKDF-SHA256, AES-128-GCM.
//!
//! ring makes the agreement, the hashes and the cipher; this is the key schedule between them.
use ring::aead::{AES_128_GCM, Aad, LessSafeKey, Nonce, UnboundKey};
use ring::hmac;
use trust::secret::Secret;

/// `kem_id` of DHKEM(P-256, HKDF-SHA256).
const KEM: [u8; 2] = [0x00, 0x10];
/// `"HPKE" || kem_id || kdf_id || aead_id`.
const SUITE: &[u8] = b"HPKE\x00\x10\x00\x01\x00\x01";
const KEY_LENGTH: usize = 16;
const NONCE_LENGTH: usize = 12;
const SECRET_LENGTH: usize = 32;
const BASE_MODE: u8 = 0;

/// Key and nonce of the one message (sequence number 0).
pub(crate) struct Context {
    key: Secret<[u8; KEY_LENGTH]>,
    nonce: [u8; NONCE_LENGTH],
}

/// The cipher refused: a wrong key, or changed bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Refused;

impl Context {
    /// From the agreement's x coordinate, both public keys uncompressed (the sender's is `enc`), and `info`.
    pub(crate) fn new(agreed: &[u8], enc: &[u8], recipient: &[u8], info: &[u8]) -> Self {
        let suite = [&b"KEM"[..], &KEM].concat();
        let kem_context = [enc, recipient].concat();
        let eae_prk = extract(&suite, &[], b"eae_prk", agreed);
        let shared: Secret<[u8; SECRET_LENGTH]> = expand(&suite, &eae_prk, b"shared_secret", &kem_context);
        let psk_id_hash = extract(SUITE, &[], b"psk_id_hash", &[]);
        let info_hash = extract(SUITE, &[], b"info_hash", info);
        let context = [&[BASE_MODE], &psk_id_hash.expose()[..], info_hash.expose()].concat();
        let secret = extract(SUITE, shared.expose(), b"secret", &[]);
        let nonce: Secret<[u8; NONCE_LENGTH]> = expand(SUITE, &secret, b"base_nonce", &context);
        Self { key: expand(SUITE, &secret, b"key", &context), nonce: *nonce.expose() }
    }

    /// The ciphertext with its tag. Takes the context: a nonce is used once.
    pub(crate) fn seal(self, aad: &[u8], plain: &[u8]) -> Result<Vec<u8>, Refused> {
        let mut bytes = plain.to_vec();
        let nonce = Nonce::assume_unique_for_key(self.nonce);
        self.cipher()?.seal_in_place_append_tag(nonce, Aad::from(aad), &mut bytes).map_err(|_| Refused)?;
        Ok(bytes)
    }

    /// The plaintext.
    pub(crate) fn open(self, aad: &[u8], ciphertext: &[u8]) -> Result<Vec<u8>, Refused> {
        let mut bytes = ciphertext.to_vec();
        let nonce = Nonce::assume_unique_for_key(self.nonce);
        let plain = self.cipher()?.open_in_place(nonce, Aad::from(aad), &mut bytes);
        plain.map(|plain| plain.to_vec()).map_err(|_| Refused)
    }

    fn cipher(&self) -> Result<LessSafeKey, Refused> {
        UnboundKey::new(&AES_128_GCM, self.key.expose()).map(LessSafeKey::new).map_err(|_| Refused)
    }
}

/// `LabeledExtract` of RFC 9180, 4.
fn extract(suite: &[u8], salt: &[u8], label: &[u8], input: &[u8]) -> Secret<[u8; SECRET_LENGTH]> {
    mac(salt, &[b"HPKE-v1", suite, label, input])
}

/// `LabeledExpand` of RFC 9180, 4, for outputs of at most one block.
fn expand<const N: usize>(
    suite: &[u8],
    prk: &Secret<[u8; SECRET_LENGTH]>,
    label: &[u8],
    info: &[u8],
) -> Secret<[u8; N]> {
    let length = u16::try_from(N).unwrap_or_default().to_be_bytes();
    let block = mac(prk.expose(), &[&length, b"HPKE-v1", suite, label, info, &[1]]);
    let mut out = [0; N];
    out.iter_mut().zip(block.expose()).for_each(|(to, from)| *to = *from);
    Secret::new(out)
}

fn mac(key: &[u8], parts: &[&[u8]]) -> Secret<[u8; SECRET_LENGTH]> {
    let mut context = hmac::Context::with_key(&hmac::Key::new(hmac::HMAC_SHA256, key));
    for part in parts {
        context.update(part);
    }
    let mut out = [0; SECRET_LENGTH];
    out.iter_mut().zip(context.sign().as_ref()).for_each(|(to, from)| *to = *from);
    Secret::new(out)
}
