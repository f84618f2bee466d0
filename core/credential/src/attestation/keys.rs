//! Key attestations (OpenID4VCI 1.0, appendix D).
use serde_json::{Map, Value, json};
use trust::certificates::CertificateAnchors;
use trust::p256::PublicKey;
use trust::time::Timestamp;

use super::{AttestationError, Unsigned, signed_by_provider, time, within_time};
use crate::jose::Jwk;

/// Its media type.
pub const KEY_ATTESTATION: &str = "key-attestation+jwt";
/// More keys are not attested at a time.
const MOST_KEYS: usize = 32;
/// Beside the standard: claim 83 of our credentials, what a signature of the key can stand for at most.
const LEVEL_POLICY: &str = "level_policy";

/// Resistance to attack (ISO/IEC 18045), as appendix D.2 names it, in rising order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Resistance {
    /// `iso_18045_basic`.
    Basic,
    /// `iso_18045_enhanced-basic`.
    EnhancedBasic,
    /// `iso_18045_moderate`.
    Moderate,
    /// `iso_18045_high`.
    High,
}

impl Resistance {
    const ALL: [Self; 4] = [Self::Basic, Self::EnhancedBasic, Self::Moderate, Self::High];

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Basic => "iso_18045_basic",
            Self::EnhancedBasic => "iso_18045_enhanced-basic",
            Self::Moderate => "iso_18045_moderate",
            Self::High => "iso_18045_high",
        }
    }

    /// The highest among these names; names of others are passed over.
    fn highest(names: &Value) -> Result<Option<Self>, AttestationError> {
        let names = names.as_array().filter(|names| !names.is_empty()).ok_or(AttestationError::Member)?;
        let names = names.iter().map(Value::as_str).collect::<Option<Vec<_>>>();
        let names = names.ok_or(AttestationError::Member)?;
        Ok(Self::ALL.into_iter().rev().find(|one| names.contains(&one.name())))
    }
}

/// What a provider says of keys that live in one place.
#[derive(Debug, Clone)]
pub struct KeyAttestationDraft {
    /// The keys.
    pub keys: Vec<PublicKey>,
    /// How well they are kept.
    pub key_storage: Resistance,
    /// How well what unlocks them resists.
    pub user_authentication: Resistance,
    /// The highest authentication level that their signatures can stand for, 1 to 4.
    pub level_policy: u8,
    /// The issuer's nonce, where it gives out any.
    pub nonce: Option<String>,
    /// When it is made.
    pub issued: Timestamp,
    /// When it ends.
    pub expires: Timestamp,
    /// The provider's certificates, leaf first, without the anchor.
    pub chain: Vec<Vec<u8>>,
}

impl KeyAttestationDraft {
    /// What the provider signs.
    pub fn prepare(&self) -> Unsigned {
        let keys: Vec<_> = self.keys.iter().map(|key| Jwk::new(*key)).collect();
        let mut claims = json!({
            "iat": self.issued.as_unix(),
            "exp": self.expires.as_unix(),
            "attested_keys": keys,
            "key_storage": [self.key_storage.name()],
            "user_authentication": [self.user_authentication.name()],
            LEVEL_POLICY: self.level_policy,
        });
        if let (Some(nonce), Some(members)) = (&self.nonce, claims.as_object_mut()) {
            members.insert("nonce".to_owned(), json!(nonce));
        }
        Unsigned::new(KEY_ATTESTATION, Some(&self.chain), &claims)
    }
}

/// What a provider that is believed says of keys. Built by its verification alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedKeyAttestation {
    keys: Vec<PublicKey>,
    key_storage: Option<Resistance>,
    user_authentication: Option<Resistance>,
    level_policy: Option<u8>,
    nonce: Option<String>,
}

impl VerifiedKeyAttestation {
    /// Believes an attestation that is valid at `now` and that a provider under these anchors signed. Whether its nonce is the issuer's
    /// own, and how good is good enough, is the caller's to say.
    ///
    /// # Errors
    /// Each demand has a code of its own in [`AttestationError`].
    pub fn verify(
        text: &str,
        anchors: &CertificateAnchors,
        now: Timestamp,
    ) -> Result<Self, AttestationError> {
        let signed = signed_by_provider(text, KEY_ATTESTATION, anchors, now)?;
        time(&signed, "iat")?.ok_or(AttestationError::Member)?;
        within_time(&signed, now)?;
        let claims: &Map<String, Value> = signed.claims();
        let keys = claims.get("attested_keys").and_then(Value::as_array);
        let keys =
            keys.filter(|keys| (1..=MOST_KEYS).contains(&keys.len())).ok_or(AttestationError::Member)?;
        let keys = keys
            .iter()
            .map(|key| Ok(*Jwk::from_json(key)?.key()))
            .collect::<Result<_, AttestationError>>()?;
        let resistance = |name| claims.get(name).map(Resistance::highest).transpose().map(Option::flatten);
        let level = |level: &Value| {
            let level = level.as_u64().and_then(|level| u8::try_from(level).ok());
            level.filter(|level| (1..=4).contains(level)).ok_or(AttestationError::Member)
        };
        let nonce = |nonce: &Value| nonce.as_str().map(str::to_owned).ok_or(AttestationError::Member);
        Ok(Self {
            keys,
            key_storage: resistance("key_storage")?,
            user_authentication: resistance("user_authentication")?,
            level_policy: claims.get(LEVEL_POLICY).map(level).transpose()?,
            nonce: claims.get("nonce").map(nonce).transpose()?,
        })
    }

    /// The keys.
    pub fn keys(&self) -> &[PublicKey] {
        &self.keys
    }

    /// How well they are kept, as far as it is said in a known word.
    pub const fn key_storage(&self) -> Option<Resistance> {
        self.key_storage
    }

    /// How well what unlocks them resists.
    pub const fn user_authentication(&self) -> Option<Resistance> {
        self.user_authentication
    }

    /// The highest authentication level that their signatures can stand for.
    pub const fn level_policy(&self) -> Option<u8> {
        self.level_policy
    }

    /// The issuer's nonce.
    pub fn nonce(&self) -> Option<&str> {
        self.nonce.as_deref()
    }
}
