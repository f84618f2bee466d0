//! JSON encryption (RFC 7516 compact form): ECDH-ES on P-256 used directly, A128GCM and A256GCM (RFC 7518, 4.6 and 5.3).
//!
//! The receiver makes a [`DecryptionKey`] for one message and sends its public half; the sender calls [`encrypt`].
//!
//! ```
//! use sen_credential::jose::jwe::{DecryptionKey, Encryption, Jwe, Parties, encrypt};
//! let key = DecryptionKey::generate("1")?;
//! let message = encrypt(key.public(), Some("1"), Encryption::A256Gcm, Parties::default(), b"{}")?;
//! assert_eq!(Jwe::parse(&message, 4096)?.open(key)?, b"{}");
//! # Ok::<(), sen_credential::jose::jwe::JweError>(())
//! ```
#[cfg(test)]
mod tests;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::aead::{AES_128_GCM, AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::agreement::{ECDH_P256, EphemeralPrivateKey, UnparsedPublicKey, agree_ephemeral};
use ring::digest::{Context, SHA256};
use ring::rand::SystemRandom;
use serde_json::{Value, json};
use trust::p256::PublicKey;
use trust::random::Random;
use trust::secret::Secret;

use super::{Jwk, decode, parse_json};

const ALGORITHM: &str = "ECDH-ES";
const TAG_LENGTH: usize = 16;
/// The longest `apu` and `apv`, in bytes.
const LONGEST_PARTY: usize = 512;

/// Why a message is refused or cannot be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum JweError {
    /// Longer than the caller allows.
    #[error("longer than allowed")]
    TooLong,
    /// Not five parts of base64url, or the second is not empty (RFC 7516, 5.1: direct agreement has no encrypted key).
    #[error("not a compact JWE with direct key agreement")]
    NotCompact,
    /// The header is no strict JSON object, or a member has the wrong type.
    #[error("header malformed")]
    Header,
    /// `alg` is not ECDH-ES.
    #[error("the key agreement is not ECDH-ES")]
    Algorithm,
    /// `enc` is neither A128GCM nor A256GCM.
    #[error("the content encryption is neither A128GCM nor A256GCM")]
    Encryption,
    /// `crit` or `zip`: neither is offered, so nobody may send one.
    #[error("a critical extension or compression")]
    Extension,
    /// `epk` is no P-256 public key, or the agreement failed.
    #[error("the ephemeral key is no P-256 public key")]
    Key,
    /// `kid` is not that of the key.
    #[error("encrypted to another key")]
    WrongKey,
    /// A wrong key, or changed bytes.
    #[error("cannot be decrypted")]
    Unreadable,
    /// The system gave no random bytes.
    #[error("no random bytes")]
    NoRandom,
}

/// How the content is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encryption {
    /// AES-128 in GCM.
    A128Gcm,
    /// AES-256 in GCM.
    A256Gcm,
}

impl Encryption {
    /// The name in `enc`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::A128Gcm => "A128GCM",
            Self::A256Gcm => "A256GCM",
        }
    }

    /// The one of this name.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::A128Gcm, Self::A256Gcm].into_iter().find(|encryption| encryption.name() == name)
    }

    const fn key_length(self) -> usize {
        match self {
            Self::A128Gcm => 16,
            Self::A256Gcm => 32,
        }
    }

    /// The cipher under the key that both sides derive: Concat KDF of one round (RFC 7518, 4.6.2).
    fn cipher(self, agreed: &[u8], parties: Parties<'_>) -> Result<LessSafeKey, JweError> {
        let key = self.derive_key(agreed, parties);
        let algorithm = match self {
            Self::A128Gcm => &AES_128_GCM,
            Self::A256Gcm => &AES_256_GCM,
        };
        let key = key.expose().get(..self.key_length()).unwrap_or_default();
        UnboundKey::new(algorithm, key).map(LessSafeKey::new).map_err(|_| JweError::Unreadable)
    }

    /// The derived key stands at the front.
    fn derive_key(self, agreed: &[u8], parties: Parties<'_>) -> Secret<[u8; 32]> {
        let length = |bytes: usize| u32::try_from(bytes).unwrap_or(u32::MAX).to_be_bytes();
        let mut hash = Context::new(&SHA256);
        hash.update(&[0, 0, 0, 1]);
        hash.update(agreed);
        for part in [self.name().as_bytes(), parties.apu, parties.apv] {
            hash.update(&length(part.len()));
            hash.update(part);
        }
        hash.update(&length(8 * self.key_length()));
        let mut key = [0; 32];
        key.iter_mut().zip(hash.finish().as_ref()).for_each(|(to, from)| *to = *from);
        Secret::new(key)
    }
}

/// What both sides put into the key besides the agreement, decoded; empty where nothing is said.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Parties<'a> {
    /// `apu`, about the sender.
    pub apu: &'a [u8],
    /// `apv`, about the receiver.
    pub apv: &'a [u8],
}

/// Encrypts to a key, naming it by `kid` if it has one.
///
/// # Errors
/// [`JweError::NoRandom`], [`JweError::Header`] for parties of more than 512 bytes.
pub fn encrypt(
    to: &PublicKey,
    kid: Option<&str>,
    encryption: Encryption,
    parties: Parties<'_>,
    content: &[u8],
) -> Result<String, JweError> {
    if parties.apu.len().max(parties.apv.len()) > LONGEST_PARTY {
        return Err(JweError::Header);
    }
    let own = DecryptionKey::generate("")?;
    let mut header =
        json!({"alg": ALGORITHM, "enc": encryption.name(), "epk": Jwk::new(own.public).to_json()});
    if let Some(members) = header.as_object_mut() {
        members.extend(kid.map(|kid| ("kid".to_owned(), kid.into())));
        for (name, party) in [("apu", parties.apu), ("apv", parties.apv)] {
            if !party.is_empty() {
                members.insert(name.to_owned(), URL_SAFE_NO_PAD.encode(party).into());
            }
        }
    }
    let header = URL_SAFE_NO_PAD.encode(header.to_string());
    let cipher = agree(own.private, to, |agreed| encryption.cipher(agreed, parties))?;
    let mut iv = [0; NONCE_LEN];
    trust::random::SystemRandom::new().fill(&mut iv).map_err(|_| JweError::NoRandom)?;
    let mut sealed = content.to_vec();
    let tag = cipher
        .seal_in_place_separate_tag(Nonce::assume_unique_for_key(iv), Aad::from(&header), &mut sealed)
        .map_err(|_| JweError::Unreadable)?;
    let [iv, sealed, tag] = [&iv[..], &sealed, tag.as_ref()].map(|part| URL_SAFE_NO_PAD.encode(part));
    Ok(format!("{header}..{iv}.{sealed}.{tag}"))
}

/// A private key for one message: made by the receiver, used once, never stored.
#[derive(Debug)]
pub struct DecryptionKey {
    private: EphemeralPrivateKey,
    public: PublicKey,
    kid: String,
}

impl DecryptionKey {
    /// A new key with this name.
    pub fn generate(kid: &str) -> Result<Self, JweError> {
        let private = EphemeralPrivateKey::generate(&ECDH_P256, &SystemRandom::new());
        let private = private.map_err(|_| JweError::NoRandom)?;
        let public = private.compute_public_key().map_err(|_| JweError::NoRandom)?;
        let public = PublicKey::from_uncompressed(public.as_ref()).map_err(|_| JweError::Key)?;
        Ok(Self { private, public, kid: kid.to_owned() })
    }

    /// Its public half.
    pub const fn public(&self) -> &PublicKey {
        &self.public
    }

    /// Its name.
    pub fn kid(&self) -> &str {
        &self.kid
    }

    /// Its public half as a JWK set's member: with `kid`, `use` and `alg` (OpenID4VP, 8.3).
    pub fn to_json(&self) -> Value {
        let mut key = Jwk::new(self.public).to_json();
        if let Some(members) = key.as_object_mut() {
            let more = [("kid", self.kid.as_str()), ("use", "enc"), ("alg", ALGORITHM)];
            members.extend(more.map(|(name, value)| (name.to_owned(), value.into())));
        }
        key
    }
}

/// A compact JWE as received: well-formed, not yet decrypted.
#[derive(Debug, Clone)]
pub struct Jwe {
    header: String,
    encryption: Encryption,
    epk: PublicKey,
    kid: Option<String>,
    apu: Vec<u8>,
    apv: Vec<u8>,
    iv: [u8; NONCE_LEN],
    sealed: Vec<u8>,
}

impl Jwe {
    /// Reads a compact JWE of at most `max` bytes.
    pub fn parse(text: &str, max: usize) -> Result<Self, JweError> {
        if text.len() > max {
            return Err(JweError::TooLong);
        }
        let mut parts = text.split('.');
        let mut part = || parts.next().ok_or(JweError::NotCompact);
        let (header, key, iv, sealed, tag) = (part()?, part()?, part()?, part()?, part()?);
        if parts.next().is_some() || !key.is_empty() {
            return Err(JweError::NotCompact);
        }
        let bytes = |part: &str| decode(part).map_err(|_| JweError::NotCompact);
        let tag: [u8; TAG_LENGTH] = bytes(tag)?.try_into().map_err(|_| JweError::NotCompact)?;
        let members = parse_json(&bytes(header)?).map_err(|_| JweError::Header)?;
        let members = members.as_object().ok_or(JweError::Header)?;
        let text = |name: &str| match members.get(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.as_str())),
            Some(_) => Err(JweError::Header),
        };
        let party = |name| {
            let party = text(name)?.map_or(Ok(Vec::new()), decode).map_err(|_| JweError::Header)?;
            if party.len() > LONGEST_PARTY { Err(JweError::Header) } else { Ok(party) }
        };
        if text("alg")? != Some(ALGORITHM) {
            return Err(JweError::Algorithm);
        }
        if members.contains_key("crit") || members.contains_key("zip") {
            return Err(JweError::Extension);
        }
        let epk = members.get("epk").ok_or(JweError::Key)?;
        Ok(Self {
            header: header.to_owned(),
            encryption: text("enc")?.and_then(Encryption::from_name).ok_or(JweError::Encryption)?,
            epk: *Jwk::from_json(epk).map_err(|_| JweError::Key)?.key(),
            kid: text("kid")?.map(str::to_owned),
            apu: party("apu")?,
            apv: party("apv")?,
            iv: bytes(iv)?.try_into().map_err(|_| JweError::NotCompact)?,
            sealed: [&bytes(sealed)?[..], &tag].concat(),
        })
    }

    /// `kid`: to find the key by.
    pub fn kid(&self) -> Option<&str> {
        self.kid.as_deref()
    }

    /// How it is encrypted.
    pub const fn encryption(&self) -> Encryption {
        self.encryption
    }

    /// `apu` and `apv`, decoded; trustworthy once the message is open.
    pub fn parties(&self) -> Parties<'_> {
        Parties { apu: &self.apu, apv: &self.apv }
    }

    /// Decrypts it with the key whose `kid` it must name. The key is used up.
    pub fn open(&self, key: DecryptionKey) -> Result<Vec<u8>, JweError> {
        if self.kid() != Some(key.kid()) {
            return Err(JweError::WrongKey);
        }
        agree(key.private, &self.epk, |agreed| self.open_with(agreed))
    }

    fn open_with(&self, agreed: &[u8]) -> Result<Vec<u8>, JweError> {
        let cipher = self.encryption.cipher(agreed, self.parties())?;
        let mut sealed = self.sealed.clone();
        let plain = cipher
            .open_in_place(Nonce::assume_unique_for_key(self.iv), Aad::from(&self.header), &mut sealed)
            .map_err(|_| JweError::Unreadable)?;
        Ok(plain.to_vec())
    }
}

fn agree<T>(
    private: EphemeralPrivateKey,
    with: &PublicKey,
    use_it: impl FnOnce(&[u8]) -> Result<T, JweError>,
) -> Result<T, JweError> {
    let with = UnparsedPublicKey::new(&ECDH_P256, with.uncompressed());
    agree_ephemeral(private, &with, use_it).map_err(|_| JweError::Key)?
}
