//! Reads an ICAO 9303 chip card and proves it genuine.
pub mod access;
mod active;
pub mod apdu;
mod asn1;
mod card_security;
mod content;
pub mod curve;
mod document;
mod file_id;
pub mod iso9796;
pub mod lds;
pub mod messaging;
pub mod passive;
mod read;
mod remote;
pub mod signature;
mod transport;
pub mod vietnam;

pub use access::key::{AccessKey, Can, KeyError, MrzKey};
pub use access::{AccessPolicy, AccessProtocol, AccessRecord};
pub use active::{ActiveExchange, verify_active_authentication};
pub use content::DocumentContent;
pub use document::{CardNotProven, ChipOutcome, Evidence, Reason, VerifiedDocument, verify_document};
pub use file_id::FileId;
pub use passive::anchors::CscaAnchors;
pub use passive::{PassiveOutcome, PassiveProof, SecurityObject};
pub use read::{
    CardReading, KeptFiles, ProgressListener, ReadError, ReadRequest, ReadStep, Unwatched,
    answer_remote_challenge, read_card, resume_card,
};
pub use remote::{RemoteChallenge, RemoteChipAuthentication, RemoteError, RemotelyProvenChip};
pub use transport::{CardTransport, TransportError};

#[cfg(test)]
mod hostile_tests;
#[cfg(test)]
mod test_authority;
#[cfg(test)]
mod vector_tests;
#[cfg(test)]
mod vectors;
