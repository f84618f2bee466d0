//! Credential formats: issuer signature in, verified credential out.
//!
//! For issuer, wallet and verifier alike. No network, no storage, no clock, no private keys: whoever signs gets the
//! bytes to sign and hands the signature back.

pub mod attestation;
pub mod claims;
mod digest;
pub mod jose;
pub mod mdoc;
pub mod sd_cwt;
pub mod sd_jwt;
