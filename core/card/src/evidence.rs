//! A record of a reading that a reader signs and a server proves again later, without the card.
//!
//! The record holds the files as read and what the chip answered, so that nothing of it needs to be believed that can
//! be proven: Passive and Active Authentication are done again from the bytes, and remote Chip Authentication by the
//! server that kept its private key. What only the reader can know stays the reader's word
//! ([`crate::ChipOutcome::AssertedByReader`]), whatever the record says. The signature says who read, when, and for
//! which nonce.
//!
//! A record is a tagged `COSE_Sign1` (RFC 9052) with ES256 in the low-s form over deterministic CBOR (RFC 8949, 4.2.1):
//!
//! ```cddl
//! record = #6.18([protected: bstr .cbor header, unprotected: {}, payload: bstr .cbor evidence, signature: bstr .size 64])
//! header = {
//!   1 => -7,                                     ; ES256
//!   4 => bstr .size 32,                          ; thumbprint of the signer's key (RFC 9679, SHA-256)
//!   16 => "application/sen-card-evidence+cose"
//! }
//! evidence = {
//!   1 => 1,                                      ; version
//!   2 => uint,                                   ; when it was read, seconds since 1970
//!   3 => bstr .size (8..64),                     ; the nonce of whoever wanted the reading
//!   4 => bstr .size 33,                          ; the signer's key, a compressed point on P-256
//!   5 => { + file => bstr },                     ; the files, octet for octet
//!   ? 6 => [thumbprint: bstr .size 32, purpose: tstr .size (1..128)],
//!                                                ; how the challenge comes of the nonce; absent: it is the nonce
//!   ? 7 => [challenge: bstr .size 8, response: bstr],              ; Active Authentication
//!   8 => "not_done" / "not_supported" / "asserted_by_reader" / "failed",
//!                                                ; Chip Authentication, or PACE with its mapping, by the reader
//!   ? 9 => [parameters: uint, mapping: bstr, scalar: bstr],        ; what the chip authentication mapping left
//!   ? 10 => [protocol: tstr, cipher: tstr, parameters: tstr / null, assumed: bool],   ; how the chip was opened
//!   ? 11 => [protocol: bstr, key_id: bstr / null, public_key: bstr, command: bstr, response: bstr],
//!                                                ; remote Chip Authentication: what was sent, the chip's answer
//!   12 => [name: tstr .size (1..64), version: tstr .size (1..64)]  ; the software that wrote it
//! }
//! file = "CardAccess" / "CardSecurity" / "ATRINFO" / "COM" / "SOD" / "DG1" / "DG2" / ... / "DG16"
//! ```
mod decode;
mod encode;
mod judge;
mod key;

use sha2::{Digest, Sha256};
use trust::cbor;
use trust::p256::PublicKey;
use trust::time::Timestamp;

use crate::read::CardReading;
use crate::remote::RemoteChallenge;
pub use encode::SignRecordError;
pub use judge::{EvidenceRefused, Expected, UnpinnedEvidence, VerifiedEvidence};
pub use key::{EvidenceSigner, SignerUnavailable, key_thumbprint};

/// The longest record that is read, in octets.
pub const LONGEST_RECORD: usize = 1024 * 1024;

/// Header `typ` of a record.
const TYP: &str = "application/sen-card-evidence+cose";
const VERSION: u64 = 1;
const NONCE_OCTETS: std::ops::RangeInclusive<usize> = 8..=64;
const LONGEST_PURPOSE: usize = 128;
const LONGEST_SOFTWARE: usize = 64;

/// Keys of the map, as in the CDDL.
mod field {
    pub(super) const VERSION: i64 = 1;
    pub(super) const READ_AT: i64 = 2;
    pub(super) const NONCE: i64 = 3;
    pub(super) const SIGNER: i64 = 4;
    pub(super) const FILES: i64 = 5;
    pub(super) const ORIGIN: i64 = 6;
    pub(super) const ACTIVE: i64 = 7;
    pub(super) const CHIP: i64 = 8;
    pub(super) const MAPPING: i64 = 9;
    pub(super) const ACCESS: i64 = 10;
    pub(super) const REMOTE: i64 = 11;
    pub(super) const SOFTWARE: i64 = 12;
}

/// A parsed record, unverified.
#[derive(Clone, Debug)]
pub struct EvidenceRecord {
    bytes: Vec<u8>,
    signer: PublicKey,
    context: EvidenceContext,
    reading: CardReading,
}

/// What a record says beside the reading.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EvidenceContext {
    /// The nonce of whoever wanted the reading: 8 to 64 octets.
    pub nonce: Vec<u8>,
    /// How the challenge of Active Authentication comes of the nonce.
    pub origin: ChallengeOrigin,
    /// When the card was read.
    pub read_at: Timestamp,
    /// Remote Chip Authentication, where a server asked for it.
    pub remote: Option<RemoteExchange>,
    /// The software that wrote the record.
    pub software: Software,
}

/// How the challenge of Active Authentication comes of the nonce.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ChallengeOrigin {
    /// It is the nonce, which then has eight octets.
    Nonce,
    /// The first eight octets of SHA-256(nonce || thumbprint || purpose), so that an answer for one key and purpose
    /// serves no other.
    Derived {
        /// Thumbprint of the key that the reading is for.
        key_thumbprint: [u8; 32],
        /// What the reading is for: 1 to 128 octets.
        purpose: String,
    },
}

impl ChallengeOrigin {
    /// The challenge for this nonce; nothing where the nonce cannot be one.
    pub fn challenge(&self, nonce: &[u8]) -> Option<[u8; 8]> {
        match self {
            Self::Nonce => nonce.try_into().ok(),
            Self::Derived { key_thumbprint, purpose } => {
                Some(derived_challenge(nonce, key_thumbprint, purpose))
            }
        }
    }
}

/// The challenge of Active Authentication for a nonce, a key and a purpose: the first eight octets of
/// SHA-256(nonce || thumbprint || purpose). The account's provider and its phone derive theirs the same way.
pub fn derived_challenge(nonce: &[u8], thumbprint: &[u8; 32], purpose: &str) -> [u8; 8] {
    let digest = Sha256::new().chain_update(nonce).chain_update(thumbprint).chain_update(purpose);
    let [a, b, c, d, e, f, g, h, ..] = <[u8; 32]>::from(digest.finalize());
    [a, b, c, d, e, f, g, h]
}

/// A challenge of remote Chip Authentication and the chip's answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RemoteExchange {
    /// What the server sent.
    pub challenge: RemoteChallenge,
    /// The chip's first protected answer, as [`crate::answer_remote_challenge`] gives it.
    pub response: Vec<u8>,
}

/// Name and version of a software: 1 to 64 octets each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Software {
    /// Its name.
    pub name: String,
    /// Its version.
    pub version: String,
}

/// Why bytes are no record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum RecordError {
    /// More than [`LONGEST_RECORD`].
    #[error("the record is longer than any real one")]
    TooLong,
    /// Not deterministic CBOR, or an item of another kind than the CDDL says.
    #[error(transparent)]
    Cbor(#[from] cbor::Error),
    /// Not tagged as `COSE_Sign1`.
    #[error("the record is not tagged as COSE_Sign1")]
    NotTagged,
    /// A header is missing, surplus, or says something else.
    #[error("the header is not that of a record")]
    Header,
    /// The signature is not 64 octets in the low-s form: a second form of the same record.
    #[error("the signature is not in its one form")]
    SignatureForm,
    /// A version that is not known here.
    #[error("the record has a version that is not known here")]
    UnsupportedVersion,
    /// A field that the CDDL does not have.
    #[error("the record has a field that is not known")]
    UnknownField,
    /// A field of that number is missing.
    #[error("field {0} is missing")]
    Missing(i64),
    /// The field of that number has a value that it cannot have.
    #[error("field {0} is out of range")]
    OutOfRange(i64),
    /// The header names another key than the record holds.
    #[error("the header names another key")]
    KeyId,
    /// It calls Chip Authentication verified, which a reader cannot prove to anybody else.
    #[error("the record claims a proof of the chip that a reader cannot give")]
    ChipClaim,
}

impl EvidenceRecord {
    /// From bytes; proves nothing.
    pub fn parse(bytes: &[u8]) -> Result<Self, RecordError> {
        decode::decode(bytes)
    }

    /// The bytes, as received.
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The key that the record says it is signed with.
    pub const fn signer(&self) -> &PublicKey {
        &self.signer
    }

    /// What it says beside the reading, unproven.
    pub const fn context(&self) -> &EvidenceContext {
        &self.context
    }

    /// The reading, unproven.
    pub const fn reading(&self) -> &CardReading {
        &self.reading
    }
}

#[cfg(test)]
mod tests;
