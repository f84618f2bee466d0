//! The seen-list as a page has it: keys that it hands over, and the one that it must write down.
use std::collections::HashSet;

use serde::Serialize;
use verifier::offline::seen_text;
use verifier::{Seen, SeenList, Sighting};

/// What the page must write down before it shows the answer. It holds nothing personal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Noted {
    /// The presentation: SHA-256, base64. The key of `POST /api/seen`.
    pub key: String,
    /// The credential: SHA-256, base64.
    pub credential: String,
    /// RFC 3339.
    pub received_at: String,
    /// RFC 3339: until then it must be remembered.
    pub keep_until: String,
}

pub(crate) struct PageSeenList {
    seen: HashSet<[u8; 32]>,
    noted: Option<Noted>,
}

impl PageSeenList {
    pub(crate) fn new(of_bundle: &[[u8; 32]], of_page: &[[u8; 32]]) -> Self {
        Self { seen: of_bundle.iter().chain(of_page).copied().collect(), noted: None }
    }

    pub(crate) fn into_noted(self) -> Option<Noted> {
        self.noted
    }
}

impl SeenList for PageSeenList {
    fn note(&mut self, sighting: &Sighting) -> Seen {
        if !self.seen.insert(sighting.presentation) {
            return Seen::Again;
        }
        self.noted = Some(Noted {
            key: seen_text(&sighting.presentation),
            credential: seen_text(&sighting.credential),
            received_at: sighting.received_at.to_string(),
            keep_until: sighting.keep_until.to_string(),
        });
        Seen::First
    }
}
