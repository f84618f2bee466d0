//! What a reading gives.
use std::collections::BTreeMap;

use trust::time::Timestamp;

use crate::access::AccessRecord;
use crate::access::pace::MappingProof;
use crate::active::ActiveExchange;
use crate::card_security::mapping_outcome;
use crate::document::{CardNotProven, ChipOutcome, Evidence, VerifiedDocument, verify_document};
use crate::file_id::FileId;
use crate::passive::anchors::CscaAnchors;

/// What was read, unproven.
#[derive(Clone, Debug)]
pub struct CardReading {
    pub(crate) files: BTreeMap<FileId, Vec<u8>>,
    pub(crate) access: Option<AccessRecord>,
    pub(crate) active: Option<ActiveExchange>,
    pub(crate) chip: ChipOutcome,
    /// What PACE with chip authentication mapping left.
    pub(crate) mapping: Option<MappingProof>,
    pub(super) apdus: u32,
}

impl CardReading {
    /// A reading that somebody else made: its files and, if there was one, the answered challenge.
    pub const fn from_files(files: BTreeMap<FileId, Vec<u8>>, active: Option<ActiveExchange>) -> Self {
        Self { files, access: None, active, chip: ChipOutcome::NotDone, mapping: None, apdus: 0 }
    }

    /// The files.
    pub const fn files(&self) -> &BTreeMap<FileId, Vec<u8>> {
        &self.files
    }

    /// How the chip was opened; nothing for a reading of somebody else.
    pub const fn access(&self) -> Option<&AccessRecord> {
        self.access.as_ref()
    }

    /// The answered challenge.
    pub const fn active(&self) -> Option<&ActiveExchange> {
        self.active.as_ref()
    }

    /// How many commands it took.
    pub const fn apdus(&self) -> u32 {
        self.apdus
    }

    /// Proves the document.
    pub fn verify(&self, anchors: &CscaAnchors, now: Timestamp) -> Result<VerifiedDocument, CardNotProven> {
        let chip = match &self.mapping {
            Some(proof) => mapping_outcome(proof, &self.files, anchors, now),
            None => self.chip,
        };
        verify_document(Evidence { files: &self.files, active: self.active.as_ref(), chip }, anchors, now)
    }
}
