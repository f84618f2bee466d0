//! The verifier's decision on one scanned text, offline: for a clinic desk, a gate, an integrator.
//!
//! [`verify`] takes what was scanned, the [trust list](trust::anchors::Trust), the
//! [status lists](trust::status::StatusStore), a [`Policy`] and a [`SeenList`], and answers with one [`Decision`]. It
//! reads no clock, no disk and no network, and it never refuses silently: every finding has a stable
//! [code](Reason::code).
//!
//! What it cannot know: a one-way code can be relayed by a live picture for as long as it is fresh
//! ([`Facts::window_seconds`]); only the answer to a desk's own question ([`Questions`], [`Policy::open_challenges`]) stops that.

mod also_read;
pub mod answer;
mod decision;
mod frames;
pub mod national;
pub mod offline;
pub mod online;
mod policy;
mod questions;
mod reason;
mod seen;
mod verify;

pub use decision::{
    AuthenticationLevel, Decision, Face, Facts, Format, Freshness, LevelBasis, PresentedBy, Refusal, Shown,
    StatusAnswer, UnboundCode, VerifiedPresentation,
};
pub use frames::{answer_frames, portrait_address};
pub use policy::{OpenChallenge, Policy, SKEW, is_behind};
pub use questions::{Asked, DeskName, LONGEST_SCAN, MEDICAL_CARE, NoQuestion, Questions, Readable, Wanted};
pub use reason::{Reason, Weight};
pub use seen::{MemorySeenList, NoSeenList, Seen, SeenList, Sighting};
pub use verify::verify;
