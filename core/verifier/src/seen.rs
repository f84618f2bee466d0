//! Which presentations a desk has seen.
use std::collections::{HashMap, VecDeque};

use trust::time::Timestamp;

/// A presentation that passed every other check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sighting {
    /// SHA-256 over what the holder signed. A signature can be flipped and an unsigned header padded without a key, so
    /// the code as a whole would be no name for it. For an answer in two-way mode: over the question, which is answered once.
    pub presentation: [u8; 32],
    /// SHA-256 over the credential's issuer, a zero octet and its subject: the same for every presentation of one credential.
    pub credential: [u8; 32],
    /// When its first character came.
    pub received_at: Timestamp,
    /// How long it must be remembered.
    pub keep_until: Timestamp,
}

/// What a list says of a sighting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Seen {
    /// New, and now on the list.
    First,
    /// New here, and now on the list; the same credential was at another desk within the hour.
    FirstHereAfterAnotherDesk,
    /// On the list already.
    Again,
    /// No list is kept.
    NotChecked,
}

/// A list of sightings. Looking up and adding are one act, so that of two desks on one list only one accepts; what is
/// answered as new is durable before the answer.
pub trait SeenList {
    /// Looks the sighting up and adds it where it is new.
    fn note(&mut self, sighting: &Sighting) -> Seen;
}

/// No list: a code may be shown to this desk twice.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoSeenList;

impl SeenList for NoSeenList {
    fn note(&mut self, _: &Sighting) -> Seen {
        Seen::NotChecked
    }
}

/// A list in memory: gone when the program ends.
#[derive(Clone, Debug, Default)]
pub struct MemorySeenList {
    until: HashMap<[u8; 32], Timestamp>,
    oldest_first: VecDeque<(Timestamp, [u8; 32])>,
}

impl SeenList for MemorySeenList {
    fn note(&mut self, sighting: &Sighting) -> Seen {
        while let Some((until, key)) = self.oldest_first.front().copied() {
            if until >= sighting.received_at {
                break;
            }
            self.oldest_first.pop_front();
            self.until.remove(&key);
        }
        if self.until.contains_key(&sighting.presentation) {
            return Seen::Again;
        }
        self.until.insert(sighting.presentation, sighting.keep_until);
        self.oldest_first.push_back((sighting.keep_until, sighting.presentation));
        Seen::First
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sighting(name: u8, at: i64) -> Sighting {
        let received_at = Timestamp::from_unix(at);
        Sighting {
            presentation: [name; 32],
            credential: [0; 32],
            received_at,
            keep_until: received_at.plus_seconds(180),
        }
    }

    #[test]
    fn remembers_for_as_long_as_asked_and_no_longer() {
        let mut list = MemorySeenList::default();
        assert_eq!(list.note(&sighting(1, 0)), Seen::First);
        assert_eq!(list.note(&sighting(2, 10)), Seen::First);
        assert_eq!(list.note(&sighting(1, 180)), Seen::Again);
        assert_eq!(list.note(&sighting(1, 181)), Seen::First);
        assert_eq!(list.until.len(), 2);
    }
}
