//! What the old phone passes on: its history, and which credentials it held. Keys, PIN and the credentials themselves stay.

use serde::{Deserialize, Serialize};

use super::Carried;
use crate::credentials;
use crate::history::{Event, newest};
use crate::store::{Store, StoreError, decode, encode};
use crate::{CredentialName, Error};

/// Bytes of history that travel: the provider keeps no larger parcel than 256 Ki characters.
const LONGEST_HISTORY: usize = 160 * 1024;
const VERSION: u8 = 1;

#[derive(Default, Serialize, Deserialize)]
pub(super) struct Parcel {
    version: u8,
    pub(super) credentials: Vec<Carried>,
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
    /// Everything that this phone passes on: the newest history that fits.
    pub(super) fn pack(store: &Store) -> Result<Self, Error> {
        let mut held: Vec<Carried> = Vec::new();
        for (_, record) in credentials::list(store)? {
            if let Some(name) = CredentialName::from_vct(&record.vct) {
                held.push(Carried { name: name.as_str().to_owned(), ward: record.ward });
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
        Ok(Self { version: VERSION, credentials: held, history, left_out })
    }

    pub(super) fn encode(&self) -> Result<Vec<u8>, StoreError> {
        Ok(encode(self)?.to_vec())
    }

    /// Of this version; one of a later version is left closed.
    pub(super) fn decode(plain: &[u8]) -> Option<Self> {
        decode::<Self>(plain).ok().filter(|parcel| parcel.version == VERSION)
    }
}
