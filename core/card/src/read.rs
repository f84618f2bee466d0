//! Reads a chip: opens it, reads the files, lets the chip prove itself.
mod chip;
mod files;
mod kept;
mod open;
mod pace;
mod progress;
mod reader;
mod reading;
mod remote;
mod session;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use trust::random::Random;

use crate::access::AccessPolicy;
use crate::access::key::AccessKey;
use crate::asn1::Element;
use crate::document::ChipOutcome;
use crate::file_id::FileId;
use crate::messaging::MessagingError;
use crate::passive::SecurityObject;
use crate::transport::{CardTransport, TransportError};
pub use kept::KeptFiles;
pub use progress::{ProgressListener, ReadStep, Unwatched};
use reader::Reader;
pub use reading::CardReading;
pub use remote::answer_remote_challenge;
use session::Session;

/// Why a reading came to nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReadError {
    /// The way to the chip failed.
    #[error(transparent)]
    Transport(#[from] TransportError),
    /// The chip does not know this key. Exactly one attempt was made; do not repeat it unasked.
    #[error("wrong card access number or MRZ")]
    WrongAccessKey,
    /// The card offers no access protocol that the policy allows, or none that goes with this key.
    #[error("the card offers no access that is allowed with this key")]
    AccessNotOffered,
    /// EF.DG14 offers PACE, but the chip was opened by BAC: somebody hid the offer that EF.CardAccess has to make. The
    /// policy [`AccessPolicy::BacOnly`] reads such a card all the same.
    #[error("the card can do PACE and hid it")]
    AccessDowngraded,
    /// The chip refused a step of the access protocol.
    #[error("the chip refused access (status {0:04X})")]
    AccessRefused(u16),
    /// The chip answered the access protocol with something malformed.
    #[error("the chip's answer in the access protocol is malformed")]
    AccessMalformed,
    /// The chip answered outside the session, which is over.
    #[error("the chip left the session (status {0:04X})")]
    SessionLost(u16),
    /// A protected answer is not to be believed; the session is over.
    #[error(transparent)]
    Messaging(#[from] MessagingError),
    /// The chip refused a file that must be there.
    #[error("{file} cannot be read (status {status:04X})")]
    File {
        /// The file.
        file: FileId,
        /// The status word.
        status: u16,
    },
    /// A file says that it is larger than any real one.
    #[error("{0} is larger than any real one")]
    TooLarge(FileId),
    /// A file's data object is malformed.
    #[error("{0} is malformed")]
    Malformed(FileId),
    /// The chip does not hold the private key of its Chip Authentication: a copy.
    #[error("the chip does not hold its key")]
    ChipNotGenuine,
    /// A command that must be sent is longer than the way to the chip takes.
    #[error("a command is longer than the way to the chip takes")]
    CommandTooLong,
    /// The caller put an end to it.
    #[error("cancelled")]
    Cancelled,
    /// The system gave no random bytes.
    #[error("no random bytes")]
    NoRandom,
}

impl ReadError {
    /// Whether [`resume_card`] can go on once the card is back: the card is the right one and was only lost.
    pub const fn is_resumable(&self) -> bool {
        matches!(self, Self::Transport(_) | Self::SessionLost(_) | Self::Messaging(_) | Self::Cancelled)
    }
}

/// What to read.
#[derive(Clone, Debug)]
pub struct ReadRequest {
    /// The data groups wanted, by number; those that the card lacks are skipped.
    pub data_groups: Vec<u8>,
    /// The challenge of Active Authentication, by whoever is to be convinced.
    pub active_challenge: Option<[u8; 8]>,
    /// Whether to run Chip Authentication where the card has it.
    pub chip_authentication: bool,
    /// How the chip may be opened.
    pub policy: AccessPolicy,
}

impl Default for ReadRequest {
    /// Everything that a Vietnamese card lets a reader without rights have.
    fn default() -> Self {
        Self {
            data_groups: vec![1, 2, 13, 14, 15],
            active_challenge: None,
            chip_authentication: true,
            policy: AccessPolicy::default(),
        }
    }
}

/// Opens the chip with one attempt, reads what was asked for, DG2 last, and lets the chip prove itself.
pub fn read_card(
    transport: &mut dyn CardTransport,
    key: &AccessKey,
    request: &ReadRequest,
    random: &mut dyn Random,
    progress: &dyn ProgressListener,
) -> Result<CardReading, ReadError> {
    resume_card(transport, key, request, &mut KeptFiles::new(), random, progress)
}

/// The same, going on from a reading that broke off. After an error that [`ReadError::is_resumable`] says, `kept` holds
/// what was read; with the same card put back, none of it is read again. Access, Chip Authentication and the challenge
/// are done anew.
pub fn resume_card(
    transport: &mut dyn CardTransport,
    key: &AccessKey,
    request: &ReadRequest,
    kept: &mut KeptFiles,
    random: &mut dyn Random,
    progress: &dyn ProgressListener,
) -> Result<CardReading, ReadError> {
    let mut session = Session::new(transport, progress);
    progress.step(ReadStep::Opening);
    let mut opened = open::open(&mut session, key, request.policy, random)?;
    let mut files: BTreeMap<_, _> = std::mem::take(&mut opened.files).into_iter().collect();
    let mut reader = Reader::new(session, key, random, opened);
    files.insert(FileId::Com, reader.read(FileId::Com)?);
    let sod = reader.read(FileId::Sod)?;
    kept.belong_to(&sod);
    let present = data_groups(&sod, files.get(&FileId::Com));
    files.insert(FileId::Sod, sod);
    let wanted = |number: &u8| request.data_groups.contains(number) && present.contains(number);
    let mut chip = reader.mapping_outcome();
    if request.data_groups.contains(&14) && !present.contains(&14) && chip == ChipOutcome::NotDone {
        chip = ChipOutcome::NotSupported;
    }
    // DG14 first, since Chip Authentication then protects the rest better; the portrait last, since it is the longest.
    for number in [14, 15, 1, 13, 7, 11, 12, 16, 2].iter().filter(|number| wanted(number)) {
        let file = FileId::Dg(*number);
        reader.read_or_take(file, kept)?;
        if let (14, Some(dg14)) = (*number, kept.get(file)) {
            reader.refuse_downgrade(dg14, request.policy)?;
        }
        if let (14, true, ChipOutcome::NotDone, Some(dg14)) =
            (*number, request.chip_authentication, chip, kept.get(file))
        {
            chip = reader.authenticate_chip(dg14)?;
        }
    }
    let active = match (request.active_challenge, kept.get(FileId::Dg(15))) {
        (Some(challenge), Some(dg15)) => reader.answer_challenge(dg15, challenge)?,
        _ => None,
    };
    progress.step(ReadStep::Finished);
    files.extend(kept.take());
    Ok(reader.finish(files, active, chip))
}

/// The data groups that the card has: those of the security object, else those of EF.COM. Which of them are genuine
/// is for the proof to say.
fn data_groups(sod: &[u8], com: Option<&Vec<u8>>) -> Vec<u8> {
    if let Ok(object) = SecurityObject::parse(sod) {
        return object.data_groups().collect();
    }
    let tags = com.and_then(|com| crate::lds::com(com).ok()).unwrap_or_default();
    let numbers = tags.into_iter().filter_map(FileId::from_tag).filter_map(|file| match file {
        FileId::Dg(number) => Some(number),
        _ => None,
    });
    numbers.collect()
}

/// The length of a data object with its head, from its first octets.
fn object_length(start: &[u8]) -> Option<usize> {
    let after_tag = start.get(1..)?;
    match after_tag {
        [length @ 0..=0x7f, ..] => Some(2 + usize::from(*length)),
        [0x81, length, ..] => Some(3 + usize::from(*length)),
        [0x82, high, low, ..] => Some(4 + usize::from(u16::from_be_bytes([*high, *low]))),
        [0x83, high, mid, low, ..] => {
            Some(5 + (usize::from(*high) << 16 | usize::from(*mid) << 8 | usize::from(*low)))
        }
        // On 32 bits the longest length that can be written and its head are more than memory has.
        [0x84, rest @ ..] => rest
            .first_chunk::<4>()
            .map(|l| usize::try_from(u32::from_be_bytes(*l)).unwrap_or(usize::MAX).saturating_add(6)),
        _ => None,
    }
}

/// Whether a file read whole is the data object it should be.
fn is_whole(file: FileId, bytes: &[u8]) -> bool {
    let tag = file.tag().map(u32::from);
    Element::whole(bytes).is_ok_and(|element| tag.is_none_or(|tag| element.tag == tag))
}
