//! The history as people and other programs look at it.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::json;
use trust::time::Timestamp;

use super::{Event, chain};
use crate::Error;
use crate::store::{Store, StoreError};

/// What one recipient has received of one type of credential or document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recipient {
    /// To whom: the audience of the tokens, or a verifier's identifier.
    pub to: String,
    /// Who that is: the subject of the verifier's certificate; at a desk the same as `to`.
    pub name: String,
    /// The type.
    pub vct: String,
    /// All that was ever shown to them, ascending: the numbers of claims (security.md 10), or their places in a document.
    pub claims: Vec<String>,
    /// How often.
    pub uses: u64,
    /// The first time.
    pub first: Timestamp,
    /// The last time.
    pub last: Timestamp,
}

impl Recipient {
    /// As one showing of one type.
    fn of(to: &str, name: &str, vct: String, mut claims: Vec<String>, at: Timestamp) -> Self {
        claims.sort_unstable();
        let (to, name) = (to.to_owned(), name.to_owned());
        Self { to, name, vct, claims, uses: 1, first: at, last: at }
    }

    fn add(&mut self, showing: Self) {
        self.claims.extend(showing.claims);
        self.claims.sort_unstable();
        self.claims.dedup();
        self.uses += 1;
        self.name = showing.name;
        self.last = showing.last;
    }
}

pub(super) fn recipients(store: &Store) -> Result<Vec<Recipient>, Error> {
    let mut found: Vec<Recipient> = Vec::new();
    chain::each(store, |link| {
        let entry = link.entry()?;
        for showing in showings(entry.event, entry.at) {
            match found.iter_mut().find(|known| known.to == showing.to && known.vct == showing.vct) {
                Some(known) => known.add(showing),
                None => found.push(showing),
            }
        }
        Ok(true)
    })?;
    found.sort_by_key(|recipient| std::cmp::Reverse(recipient.last));
    Ok(found)
}

fn showings(event: Event, at: Timestamp) -> Vec<Recipient> {
    match event {
        Event::Presented { vct, to, claims, .. } => {
            vec![Recipient::of(&to, &to, vct, claims.iter().map(i64::to_string).collect(), at)]
        }
        Event::PresentedOnline { to, by, documents, claims, .. } => {
            let row = |document: String| {
                let prefix = format!("{document}: ");
                let its = claims.iter().filter_map(|claim| claim.strip_prefix(&prefix));
                let its = its.map(str::to_owned).collect();
                Recipient::of(&to, &by, document, its, at)
            };
            documents.into_iter().map(row).collect()
        }
        _ => Vec::new(),
    }
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
