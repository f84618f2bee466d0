//! Wallets whose process was killed, whose power went, or that an older program wrote. Apart from the other tests: every database that
//! this process opens is watched on its way to its file.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod crash;
#[path = "../doubles/mod.rs"]
mod doubles;
mod older_stores;
mod power_cuts;
mod torn_writes;
