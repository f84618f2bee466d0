//! The wallet's use cases against servers of the tests: what goes well, what is refused, and what is kept.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod account;
mod approval;
mod attestation;
mod carried;
mod consent;
mod contracts_can_fail;
mod cut_answers;
mod departure;
mod documents;
mod doubled_members;
#[path = "../doubles/mod.rs"]
mod doubles;
mod issuance;
mod level;
mod lost_answers;
mod pin;
mod ports;
mod present;
mod refresh;
mod trust_list;
mod wallet;
