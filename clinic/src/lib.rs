//! The clinic desk: what a scanned text or picture means, offline.
//!
//! For a desk's page, the `sen` command and whoever builds a check-in. [`folder::load`] reads trust and status data
//! from disk, [`check`] turns what was scanned into an [`answer::Answer`], and [`desk_file::DeskFile`] remembers
//! what a desk may not forget: which codes it has seen, and the newest lists. It decides nothing itself; that is the
//! `verifier` crate's work.

pub mod check;
pub mod database;
#[cfg(feature = "server")]
pub mod desk;
pub mod desk_file;
#[cfg(feature = "server")]
pub mod desk_name;
mod error;
pub mod fetch;
pub mod folder;
#[cfg(feature = "server")]
pub mod his;
#[cfg(feature = "server")]
pub mod insurance;
#[cfg(feature = "server")]
pub mod lookup;
pub mod page;
pub mod picture;

pub use error::{Error, FileKind};
pub use verifier::answer;
