//! Reads an ICAO 9303 chip card and proves it genuine.
mod active;
mod asn1;
pub mod curve;
mod document;
mod file_id;
pub mod iso9796;
pub mod lds;
pub mod passive;
pub mod signature;

pub use active::{ActiveExchange, verify_active_authentication};
pub use document::{CardNotProven, ChipOutcome, Evidence, Reason, VerifiedDocument, verify_document};
pub use file_id::FileId;
pub use passive::anchors::CscaAnchors;
pub use passive::{PassiveOutcome, PassiveProof, SecurityObject};

#[cfg(test)]
mod vector_tests;
#[cfg(test)]
mod vectors;
