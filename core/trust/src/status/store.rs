//! What a verifier holds of the states of credentials.
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::sync::Arc;

use super::{NationalStatus, Status, StatusError, StatusList};
use crate::time::Timestamp;

/// What is known of an index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lookup {
    /// The list says so, as of the time it was signed.
    Found {
        /// The state.
        status: Status,
        /// When the list was signed.
        as_of: Timestamp,
    },
    /// The list says so, but is past its expiry.
    Expired {
        /// The state that it had.
        status: Status,
        /// When the list was signed.
        as_of: Timestamp,
    },
    /// There is no list of this name, or it has no such index.
    Unknown,
}

/// The newest list of each name.
#[derive(Clone, Debug, Default)]
pub struct StatusStore {
    lists: HashMap<String, StatusList, BuildHasherDefault<Fnv>>,
    national: Option<Arc<NationalStatus>>,
}

impl StatusStore {
    /// No lists yet: every state is unknown.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes a list in; an older one than that at hand is refused and the newer one stays.
    pub fn insert(&mut self, list: StatusList) -> Result<(), StatusError> {
        if self.lists.get(&list.subject).is_some_and(|held| held.issued > list.issued) {
            return Err(StatusError::Rollback);
        }
        self.lists.insert(list.subject.clone(), list);
        Ok(())
    }

    /// Takes the whole nation's status in; an older one than that at hand is refused and the newer one stays.
    pub fn insert_national(&mut self, national: NationalStatus) -> Result<(), StatusError> {
        if self.national.as_ref().is_some_and(|held| held.sequence() > national.sequence()) {
            return Err(StatusError::Rollback);
        }
        self.national = Some(Arc::new(national));
        Ok(())
    }

    /// The nation's status, where it is at hand.
    pub fn national(&self) -> Option<&NationalStatus> {
        self.national.as_deref()
    }

    /// What is known of an index of the list with this name, from whichever is newer: the list or the nation's status.
    pub fn look_up(&self, uri: &str, index: u64, now: Timestamp) -> Lookup {
        let national =
            self.national.as_deref().and_then(|national| Some((national.get(uri, index)?, national)));
        let (status, as_of, expires) = match (self.lists.get(uri), national) {
            (Some(list), Some((status, national))) if national.issued() > list.issued => {
                (Some(status), national.issued(), Some(national.expires()))
            }
            (Some(list), _) => (list.get(index), list.issued, list.expires),
            (None, Some((status, national))) => (Some(status), national.issued(), Some(national.expires())),
            (None, None) => return Lookup::Unknown,
        };
        match status {
            None => Lookup::Unknown,
            Some(status) if expires.is_some_and(|expires| now >= expires) => {
                Lookup::Expired { status, as_of }
            }
            Some(status) => Lookup::Found { status, as_of },
        }
    }

    /// When the oldest list was signed.
    pub fn as_of(&self) -> Option<Timestamp> {
        let lists = self.lists.values().map(|list| list.issued);
        lists.chain(self.national.as_ref().map(|national| national.issued())).min()
    }
}

/// FNV-1a: enough for the few names of a nation's lists, all of them signed, and several times faster than a hash that
/// withstands chosen names.
#[derive(Clone, Debug)]
struct Fnv(u64);

impl Default for Fnv {
    fn default() -> Self {
        Self(0xcbf2_9ce4_8422_2325)
    }
}

impl Hasher for Fnv {
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }

    fn finish(&self) -> u64 {
        self.0
    }
}
