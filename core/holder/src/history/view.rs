//! The history as people and other programs look at it.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;
use trust::time::Timestamp;

use super::{Event, chain};
use crate::Error;
use crate::store::{Store, StoreError};

/// What one recipient has received of one credential type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipient {
    /// To whom: the audience of the tokens.
    pub to: String,
    /// The credential's type.
    pub vct: String,
    /// Numbers of all claims ever shown to them, ascending (security.md 10).
    pub claims: Vec<i64>,
    /// How often.
    pub uses: u64,
    /// The first time.
    pub first: Timestamp,
    /// The last time.
    pub last: Timestamp,
}

pub(super) fn recipients(store: &Store) -> Result<Vec<Recipient>, Error> {
    let mut found: Vec<Recipient> = Vec::new();
    chain::each(store, |link| {
        let entry = link.entry()?;
        let Event::Presented { vct, to, claims, .. } = entry.event else { return Ok(true) };
        let at = entry.at;
        match found.iter_mut().find(|known| known.to == to && known.vct == vct) {
            Some(known) => {
                known.claims.extend(claims);
                known.claims.sort_unstable();
                known.claims.dedup();
                known.uses += 1;
                known.last = at;
            }
            None => found.push(Recipient { to, vct, claims, uses: 1, first: at, last: at }),
        }
        Ok(true)
    })?;
    found.sort_by_key(|recipient| std::cmp::Reverse(recipient.last));
    Ok(found)
}

pub(super) fn export(store: &Store) -> Result<String, Error> {
    let mut lines = String::new();
    chain::each(store, |link| {
        let entry = link.entry()?;
        let hash = URL_SAFE_NO_PAD.encode(link.head().hash);
        let event = serde_json::to_value(&entry.event).map_err(|_| StoreError::Record)?;
        let line =
            json!({"sequence": entry.sequence, "at": entry.at.to_string(), "event": event, "hash": hash});
        lines.push_str(&line.to_string());
        lines.push('\n');
        Ok(true)
    })?;
    Ok(lines)
}
