//! The verifier for a page, as WebAssembly: it decides when the network and the desk's server are gone.
//!
//! For the clinic desk's page and for whoever builds another. It converts and never decides: bundle, times and keys come
//! in as text, the [`Answer`] goes out as the JSON of `sen clinic check`, the same that the desk's server gives. What it
//! cannot do: keep the seen-list. It returns the [`Noted`] sighting, and the page writes that down **before** it shows
//! the answer.
//!
//! A crate of its own beside `bindings`, since it is built for another target and shares no dependency with uniffi.

#[cfg(target_family = "wasm")]
pub mod exports;
mod lists;
mod seen;

pub use lists::Lists;
pub use seen::Noted;

use seen::PageSeenList;
use serde::Serialize;
use trust::time::Timestamp;
use verifier::answer::Answer;
use verifier::offline::{OfflineBundle, OfflineDesk, OfflineError, seen_key};
use verifier::{answer_frames, portrait_address};

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The bundle is not the JSON that it should be.
    #[error("the offline bundle cannot be read")]
    Bundle,
    /// What is in the bundle cannot be used.
    #[error(transparent)]
    Offline(#[from] OfflineError),
    /// The root is no point.
    #[error("the root is no uncompressed point in hexadecimal")]
    Root,
    /// A time cannot be read.
    #[error("not an RFC 3339 time")]
    Time,
    /// The answer cannot be written.
    #[error("the answer cannot be written")]
    Answer,
}

impl Error {
    /// The stable code.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Bundle | Self::Offline(_) => "offline_bundle",
            Self::Root => "root",
            Self::Time => "time",
            Self::Answer => "answer",
        }
    }
}

/// An answer, and what the page must write down before it shows it.
#[derive(Debug, Serialize)]
pub struct Checked {
    /// The answer.
    pub answer: Answer,
    /// Absent where nothing is to be remembered: the code is refused anyway, or it was seen before.
    pub noted: Option<Noted>,
    /// The portrait that came with an animated code and that the issuer vouches for, as a `data:` address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub portrait: Option<String>,
}

/// A desk that was opened from the JSON of `GET /api/offline`: opened once, asked often.
#[derive(Debug)]
pub struct Desk {
    desk: OfflineDesk,
}

impl Desk {
    /// Verifies every list in the bundle.
    pub fn open(bundle: &str) -> Result<Self, Error> {
        let bundle: OfflineBundle = serde_json::from_str(bundle).map_err(|_| Error::Bundle)?;
        Ok(Self { desk: bundle.open()? })
    }

    /// Names of the status tokens that are not believed: what they would say is unknown.
    pub fn passed_over(&self) -> impl Iterator<Item = &str> {
        self.desk.passed_over.iter().map(|(name, _)| name.as_str())
    }

    /// Decides on what was scanned: a text, or the frames of an animated code, in any order. `received_at` is when the first
    /// character came, `seen` what the page has noted besides the bundle's list: keys in base64.
    pub fn check<'a>(
        &self,
        scanned: &[&str],
        received_at: Timestamp,
        now: Timestamp,
        seen: impl IntoIterator<Item = &'a str>,
    ) -> Result<Checked, Error> {
        let keys: Result<Vec<_>, _> = seen.into_iter().map(seen_key).collect();
        let mut list = PageSeenList::new(&self.desk.seen, &keys?);
        let OfflineDesk { trust, status, policy, .. } = &self.desk;
        let (answer, portrait) = answer_frames(scanned, (trust, status), policy, &mut list, received_at, now);
        let portrait = portrait.map(|jpeg| portrait_address(&jpeg));
        Ok(Checked { answer, noted: list.into_noted(), portrait })
    }
}
