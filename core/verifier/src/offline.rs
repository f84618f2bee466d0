//! Everything that [`verify`](crate::verify) needs, in one JSON object: a desk's page takes it along and decides when the
//! network and the desk's server are gone.
//!
//! ```text
//! {"trust": base64 of the trust list, "roots": [base64 of an uncompressed point], "status": [{"name", "token": base64}],
//!  "policy": {...}, "as_of": RFC 3339, "seen_recent": [base64], "desk": "Quầy 1"}
//! ```
//! The lists are signed and verified again here. The policy and `seen_recent` are the desk's own word.
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use serde::{Deserialize, Serialize};
use trust::anchors::{Trust, TrustError};
use trust::p256::PublicKey;
use trust::status::{StatusError, StatusStore};
use trust::time::Timestamp;

use crate::national::{gather, status_list};
use crate::policy::Policy;

/// Why a bundle cannot be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum OfflineError {
    /// A field that should be base64 is not.
    #[error("a field of the bundle is no base64")]
    Base64,
    /// A root is no point.
    #[error("a root in the bundle is no point")]
    Root,
    /// A key of the seen-list has not 32 bytes.
    #[error("a key of the seen-list is no SHA-256")]
    SeenKey,
    /// The trust list is not believed.
    #[error("the trust list is not believed: {0}")]
    TrustList(#[from] TrustError),
}

/// What a desk hands to its page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfflineBundle {
    /// The trust list, base64.
    pub trust: String,
    /// The roots that may sign it: uncompressed points, base64.
    pub roots: Vec<String>,
    /// The status tokens: lists, a national snapshot, deltas.
    pub status: Vec<OfflineToken>,
    /// The desk's policy, without its questions: a page alone cannot sign one, and where it demands answers it refuses every code.
    pub policy: Policy,
    /// When the bundle was made, RFC 3339.
    pub as_of: String,
    /// Presentations that the desk has seen and must still remember: SHA-256, base64.
    pub seen_recent: Vec<String>,
    /// The desk's name.
    pub desk: String,
}

/// One status token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfflineToken {
    /// What the desk calls it.
    pub name: String,
    /// Its bytes, base64.
    pub token: String,
}

/// A desk that was opened from a bundle.
#[derive(Debug)]
pub struct OfflineDesk {
    /// The trust list.
    pub trust: Trust,
    /// The status lists.
    pub status: StatusStore,
    /// The policy.
    pub policy: Policy,
    /// What the desk has seen.
    pub seen: Vec<[u8; 32]>,
    /// Tokens that are no believed status, by name, and why.
    pub passed_over: Vec<(String, StatusError)>,
}

impl OfflineBundle {
    /// The bundle for these bytes: the trust list, the roots that may sign it, the status tokens with their names, the
    /// policy, and the keys that must still be remembered.
    pub fn new(
        (trust, roots): (&[u8], &[PublicKey]),
        status: &[(String, Vec<u8>)],
        policy: &Policy,
        seen: &[[u8; 32]],
        desk: &str,
        now: Timestamp,
    ) -> Self {
        let token = |(name, bytes): &(String, Vec<u8>)| OfflineToken {
            name: name.clone(),
            token: BASE64.encode(bytes),
        };
        Self {
            trust: BASE64.encode(trust),
            roots: roots.iter().map(|root| BASE64.encode(root.uncompressed())).collect(),
            status: status.iter().map(token).collect(),
            policy: Policy { open_challenges: Vec::new(), ..policy.clone() },
            as_of: now.to_string(),
            seen_recent: seen.iter().map(|key| BASE64.encode(key)).collect(),
            desk: desk.to_owned(),
        }
    }

    /// Verifies every list and makes the desk ready to decide.
    pub fn open(&self) -> Result<OfflineDesk, OfflineError> {
        let root =
            |text: &String| PublicKey::from_uncompressed(&decode(text)?).map_err(|_| OfflineError::Root);
        let roots: Result<Vec<PublicKey>, OfflineError> = self.roots.iter().map(root).collect();
        let trust = Trust::load_even_expired(&roots?, &decode(&self.trust)?, 0)?;
        let seen: Result<Vec<_>, _> = self.seen_recent.iter().map(|key| seen_key(key)).collect();
        let seen = seen?;
        let named = |held: &OfflineToken| Ok((held.name.clone(), decode(&held.token)?));
        let tokens = self.status.iter().map(named).collect::<Result<Vec<_>, OfflineError>>()?;
        let signers = trust.status_signers();
        let gathered = gather(tokens, signers, |token| Ok::<_, OfflineError>(status_list(token, signers)))?;
        let (mut status, passed_over) = (gathered.lists, gathered.passed_over);
        if let Some(chain) = gathered.national {
            let _ = status.insert_national(chain.into_status());
        }
        Ok(OfflineDesk { trust, status, policy: self.policy.clone(), seen, passed_over })
    }
}

/// A key of the seen-list from its base64.
pub fn seen_key(text: &str) -> Result<[u8; 32], OfflineError> {
    decode(text)?.try_into().map_err(|_| OfflineError::SeenKey)
}

/// A key of the seen-list as base64.
pub fn seen_text(key: &[u8; 32]) -> String {
    BASE64.encode(key)
}

fn decode(text: &str) -> Result<Vec<u8>, OfflineError> {
    BASE64.decode(text).map_err(|_| OfflineError::Base64)
}
