//! Read `whole_path.rs` first. Each other file is an edge of one part, on real parts, too.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod account_borrowed_reader;
mod account_care;
mod account_crash;
mod account_moves;
mod account_pin;
mod attestation;
mod attested_phone;
mod attested_shell;
mod card_evidence;
mod card_exchanges;
mod card_mapping;
mod card_reading;
mod card_remote;
mod card_resuming;
mod doubles;
mod entitlement;
mod level;
mod overloaded;
mod port_contracts;
mod refusals;
mod whole_path;
