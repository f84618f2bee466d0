//! Key attestation: invented makers with one thing changed at a time, and what real phones said.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod android;
mod apple;
mod hostile;
mod known;

use sen_trust as trust;
use trust::time::Timestamp;

/// 2026-01-02.
const NOW: Timestamp = Timestamp::from_unix(1_767_312_000);
const CHALLENGE: &[u8] = b"a challenge of the server";
