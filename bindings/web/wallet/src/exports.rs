//! What JavaScript sees.
#![allow(unsafe_code, reason = "the glue that wasm-bindgen writes; there is none of ours")]
#![allow(clippy::needless_pass_by_value, reason = "the glue hands values over")]

mod account;
mod card_proof;
mod history;
mod ports;
mod qr;
mod records;
mod showing;
mod thrown;
mod wallet;
