//! Reads an ICAO 9303 chip card and proves it genuine.
//!
//! For whoever holds a card to a phone or a reader: a wallet, a bank, a border. It opens the chip with the key printed
//! on it (PACE, or BAC where the policy lets it), reads the data groups in as few exchanges as the chip allows, lets the
//! chip answer challenges, and proves what was read against country signing certificates that the caller believes. It
//! reads no fingerprints, writes nothing, decides whom to believe for nobody, and knows no NFC stack: the way to the
//! chip is a [`CardTransport`].
//!
//! ```
//! use sen_card as card;
//! use card::{AccessKey, Can, CardTransport, CscaAnchors, KeptFiles, ReadError, ReadRequest, TransportError, Unwatched};
//! use trust::random::SystemRandom;
//! use trust::time::Timestamp;
//!
//! /// A reader with no card on it.
//! struct Empty;
//!
//! impl CardTransport for Empty {
//!     fn max_command_len(&self) -> usize {
//!         65_544
//!     }
//!     fn transceive(&mut self, _: &[u8]) -> Result<Vec<u8>, TransportError> {
//!         Err(TransportError::TagLost)
//!     }
//! }
//!
//! let key = AccessKey::Can(Can::parse("012345")?);
//! let request = ReadRequest { active_challenge: Some(*b"01234567"), ..ReadRequest::default() };
//! let mut kept = KeptFiles::new();
//! match card::resume_card(&mut Empty, &key, &request, &mut kept, &mut SystemRandom::new(), &Unwatched) {
//!     Ok(reading) => {
//!         let now = Timestamp::parse_rfc3339("2025-06-01T00:00:00Z")?;
//!         let document = reading.verify(&CscaAnchors::new(), now)?;
//!         println!("{}", document.name());
//!     }
//!     // Put the card back and call again with the same `kept`: nothing that was read is read twice.
//!     Err(error) => assert!(error.is_resumable()),
//! }
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
pub mod access;
mod active;
pub mod apdu;
mod asn1;
mod card_security;
mod content;
pub mod curve;
mod document;
mod evidence;
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
pub use evidence::{
    ChallengeOrigin, EvidenceContext, EvidenceRecord, EvidenceRefused, EvidenceSigner, Expected,
    LONGEST_RECORD, RecordError, RemoteExchange, SignRecordError, SignerUnavailable, Software,
    UnpinnedEvidence, VerifiedEvidence, derived_challenge, key_thumbprint,
};
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
