//! The verifier's decision and what leads to it: one thing of what is good is changed, and its check alone refuses.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]
extern crate sen_verifier as verifier;

mod answer;
mod level;
mod mutants;
mod national;
mod offline;
mod online;
mod online_mdoc;
mod reasons;
mod tamper;
mod two_way;
#[path = "../world/mod.rs"]
mod world;
