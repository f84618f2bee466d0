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

use crate::national::{Chain, Kind, kind, status_list};
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
    /// The desk's policy.
    pub policy: OfflinePolicy,
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

/// A [`Policy`] without a challenge: a page alone cannot sign a desk's question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfflinePolicy {
    /// As [`Policy::audience`].
    pub audience: String,
    /// As [`Policy::required`].
    pub required: Vec<i64>,
    /// As [`Policy::permitted`].
    pub permitted: Vec<i64>,
    /// As [`Policy::max_age`].
    pub max_age: i64,
    /// As [`Policy::status_max_age`].
    pub status_max_age: i64,
    /// As [`Policy::trust_max_age`].
    pub trust_max_age: i64,
    /// As [`Policy::minimum_level`].
    pub minimum_level: u8,
    /// As [`Policy::newest_signed_time`], in seconds since the epoch.
    pub newest_signed_time: i64,
    /// As [`Policy::rollback`].
    pub rollback: bool,
    /// As [`Policy::challenged_only`]: a page alone cannot ask, so it refuses every code.
    #[serde(default)]
    pub challenged_only: bool,
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
            policy: OfflinePolicy::new(policy),
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
        let (policy, seen) = (self.policy.policy(), seen?);
        let (status, passed_over) = self.status_of(&trust)?;
        Ok(OfflineDesk { trust, status, policy, seen, passed_over })
    }

    fn status_of(&self, trust: &Trust) -> Result<(StatusStore, Vec<(String, StatusError)>), OfflineError> {
        let (mut store, mut passed_over) = (StatusStore::new(), Vec::new());
        let (mut snapshots, mut deltas) = (Vec::new(), Vec::new());
        for OfflineToken { name, token } in &self.status {
            let token = decode(token)?;
            match status_list(&token, trust.status_signers()) {
                // Of two tokens for one list the newer stays.
                Ok(list) => {
                    let _ = store.insert(list);
                }
                Err(StatusError::WrongType) => match kind(&token) {
                    Some(Kind::Snapshot) => snapshots.push((name.clone(), token)),
                    Some(Kind::Delta) => deltas.push((name.clone(), token)),
                    None => passed_over.push((name.clone(), StatusError::WrongType)),
                },
                Err(reason) => passed_over.push((name.clone(), reason)),
            }
        }
        if let Some(chain) = Chain::build(&snapshots, &deltas, trust.status_signers(), &mut passed_over) {
            let _ = store.insert_national(chain.into_status());
        }
        Ok((store, passed_over))
    }
}

impl OfflinePolicy {
    /// What of this policy a page can keep to.
    pub fn new(policy: &Policy) -> Self {
        Self {
            audience: policy.audience.clone(),
            required: policy.required.clone(),
            permitted: policy.permitted.clone(),
            max_age: policy.max_age,
            status_max_age: policy.status_max_age,
            trust_max_age: policy.trust_max_age,
            minimum_level: policy.minimum_level,
            newest_signed_time: policy.newest_signed_time.as_unix(),
            rollback: policy.rollback,
            challenged_only: policy.challenged_only,
        }
    }

    fn policy(&self) -> Policy {
        Policy {
            audience: self.audience.clone(),
            required: self.required.clone(),
            permitted: self.permitted.clone(),
            max_age: self.max_age,
            status_max_age: self.status_max_age,
            trust_max_age: self.trust_max_age,
            minimum_level: self.minimum_level,
            newest_signed_time: Timestamp::from_unix(self.newest_signed_time),
            rollback: self.rollback,
            challenged_only: self.challenged_only,
            ..Policy::clinic()
        }
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
