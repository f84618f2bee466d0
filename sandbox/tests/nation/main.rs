//! The sandbox's services as a wallet sees them: over TLS on loopback, a test for every refusal.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]
mod account;
mod askers;
mod asking;
mod attestation;
mod authorisation;
mod bank;
mod database;
mod desks;
mod device;
mod devices;
mod document;
mod documents;
mod evidence;
mod insurance_portal;
mod issuance;
mod levels;
mod lists;
mod pages;
mod pin;
mod readings;
mod step_up;
mod wards;
mod world;
