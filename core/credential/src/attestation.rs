//! What a wallet's provider says of a wallet and of its keys, for issuers: wallet attestations and key attestations (OpenID4VCI 1.0,
//! appendices D and E; OAuth 2.0 Attestation-Based Client Authentication, draft 10).
//!
//! The provider looks at what platforms say and signs what it found in one form for all of them. An issuer believes the provider, by its
//! chain of certificates up to an anchor, and nothing of the wallet's own.
mod keys;
#[cfg(test)]
mod tests;
mod wallet;

pub use keys::{KEY_ATTESTATION, KeyAttestationDraft, Resistance, VerifiedKeyAttestation};
pub use wallet::{
    CLIENT_ATTESTATION, CLIENT_POP, LONGEST_POP_AGE, PopDraft, VerifiedPop, VerifiedWalletAttestation,
    WalletAttestationDraft,
};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use trust::certificates::{CertificateAnchors, ChainError, Purpose};
use trust::time::Timestamp;

use crate::jose::{JoseError, Jws, VerifiedJws, compact, signing_input};

/// No attestation is longer: ten keys and a chain of certificates are less.
const LONGEST: usize = 16 * 1024;
/// Seconds by which clocks may differ.
pub const SKEW: i64 = 60;

/// Why an attestation is not believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AttestationError {
    /// No signed object of the expected type, or its signature is wrong.
    #[error(transparent)]
    Jose(#[from] JoseError),
    /// No list of certificates says who signed.
    #[error("the attestation names no signer")]
    NoCertificates,
    /// The signer is no provider that is believed.
    #[error(transparent)]
    Provider(#[from] ChainError),
    /// A member is missing or has another form.
    #[error("a member of the attestation is missing or malformed")]
    Member,
    /// It has ended.
    #[error("the attestation has expired")]
    Expired,
    /// It is of the future.
    #[error("the attestation is not valid yet")]
    NotYetValid,
    /// A proof of possession that was made too long ago.
    #[error("the proof of possession is too old")]
    TooOld,
    /// A proof of possession for another server.
    #[error("the proof of possession is for another server")]
    Audience,
    /// A proof of possession by another key than the attested one.
    #[error("the proof of possession is by another key")]
    WrongKey,
}

/// What is to be signed by a provider or wallet.
#[derive(Debug, Clone)]
pub struct Unsigned(String);

impl Unsigned {
    fn new(typ: &str, chain: Option<&[Vec<u8>]>, claims: &Value) -> Self {
        let mut header = json!({"alg": "ES256", "typ": typ});
        if let (Some(chain), Some(members)) = (chain, header.as_object_mut()) {
            let x5c: Vec<_> = chain.iter().map(|der| STANDARD.encode(der)).collect();
            members.insert("x5c".to_owned(), json!(x5c));
        }
        Self(signing_input(&header, claims))
    }

    /// The bytes to sign with ES256.
    pub fn to_be_signed(&self) -> &[u8] {
        self.0.as_bytes()
    }

    /// The attestation.
    pub fn assemble(&self, signature: &[u8; 64]) -> String {
        compact(&self.0, signature)
    }
}

/// Verifies that a provider under these anchors signed an object of this type.
fn signed_by_provider(
    text: &str,
    typ: &str,
    anchors: &CertificateAnchors,
    now: Timestamp,
) -> Result<VerifiedJws, AttestationError> {
    let jws = Jws::parse(text, LONGEST)?.of_type(typ)?;
    let x5c = jws.header().members().get("x5c").and_then(Value::as_array);
    let decode = |der: &Value| STANDARD.decode(der.as_str()?).ok();
    let chain = x5c.and_then(|x5c| x5c.iter().map(decode).collect::<Option<Vec<_>>>());
    let chain = anchors.verify(&chain.ok_or(AttestationError::NoCertificates)?, Purpose::Anything, now)?;
    Ok(jws.verify(chain.key())?)
}

/// A time among the claims.
fn time(claims: &VerifiedJws, name: &str) -> Result<Option<Timestamp>, AttestationError> {
    let seconds = |value: &Value| value.as_i64().map(Timestamp::from_unix).ok_or(AttestationError::Member);
    claims.claims().get(name).map(seconds).transpose()
}

/// Checks the times that both kinds have; gives the end.
fn within_time(claims: &VerifiedJws, now: Timestamp) -> Result<Timestamp, AttestationError> {
    let end = time(claims, "exp")?.ok_or(AttestationError::Member)?;
    if end <= now {
        return Err(AttestationError::Expired);
    }
    if time(claims, "iat")?.is_some_and(|issued| issued > now.plus_seconds(SKEW)) {
        return Err(AttestationError::NotYetValid);
    }
    Ok(end)
}
