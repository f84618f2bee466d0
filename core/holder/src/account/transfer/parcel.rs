//! What the old phone passes on: its history, and what it held. Keys, PIN and what is bound to the keys stay.

use serde::{Deserialize, Serialize};

use super::carried::Carried;
use crate::history::{Event, newest};
use crate::issuance::deferred::AwaitedRecord;
use crate::store::{Store, StoreError, Table, decode, encode};
use crate::{CredentialName, Error, credentials, documents};

/// Bytes of history that travel: the provider keeps no larger parcel than 256 Ki characters.
const LONGEST_HISTORY: usize = 160 * 1024;
const VERSION: u8 = 1;

#[derive(Default, Serialize, Deserialize)]
pub(super) struct Parcel {
    version: u8,
    pub(super) credentials: Vec<Carried>,
    /// Documents of the account's provider, those awaited among them, by its names for them; none from an older version.
    #[serde(default)]
    pub(super) documents: Vec<String>,
    /// How many documents are other issuers'.
    #[serde(default)]
    pub(super) other_issuers: u64,
    /// Oldest first.
    pub(super) history: Vec<Entry>,
    /// Entries older than those.
    pub(super) left_out: u64,
}

#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Entry {
    pub(super) at: i64,
    pub(super) event: Event,
}

impl Parcel {
    /// Everything that the phone of an account with this provider passes on: the newest history that fits.
    pub(super) fn pack(store: &Store, provider: &str) -> Result<Self, Error> {
        let mut held: Vec<Carried> = Vec::new();
        for (_, record) in credentials::list(store)? {
            if let Some(name) = CredentialName::from_vct(&record.vct) {
                held.push(Carried { name: name.as_str().to_owned(), ward: record.ward, document: false });
            }
        }
        let (mut documents, mut other_issuers) = (Vec::new(), 0);
        let at_hand = documents::list(store)?.into_iter();
        let at_hand = at_hand.map(|(_, record)| (record.issuer_url, record.configuration));
        let awaited = store.list::<AwaitedRecord>(Table::Awaited)?.into_iter();
        let awaited = awaited.map(|(_, record)| (record.issuer_url, record.configuration));
        for (issuer, name) in at_hand.chain(awaited) {
            if issuer != provider {
                other_issuers += 1;
            } else if !documents.contains(&name) {
                documents.push(name);
            }
        }
        let mut size = 0;
        let mut history = Vec::new();
        let left_out = newest(store, |entry| {
            let entry = Entry { at: entry.at.as_unix(), event: entry.event };
            size += encode(&entry)?.len();
            let fits = size <= LONGEST_HISTORY;
            if fits {
                history.push(entry);
            }
            Ok(fits)
        })?;
        history.reverse();
        Ok(Self { version: VERSION, credentials: held, documents, other_issuers, history, left_out })
    }

    /// What is to be obtained by whoever opens this.
    pub(super) fn carried(&self) -> Vec<Carried> {
        let documents = self.documents.iter().cloned();
        let documents = documents.map(|name| Carried { name, ward: None, document: true });
        self.credentials.iter().cloned().chain(documents).collect()
    }

    pub(super) fn encode(&self) -> Result<Vec<u8>, StoreError> {
        Ok(encode(self)?.to_vec())
    }

    /// Of this version; one of a later version is left closed.
    pub(super) fn decode(plain: &[u8]) -> Option<Self> {
        decode::<Self>(plain).ok().filter(|parcel| parcel.version == VERSION)
    }
}
