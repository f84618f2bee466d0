//! A document that was proven, and what is said of one that was not.
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use jiff::civil::Date;
use trust::time::Timestamp;

use crate::access::info::chip_offer;
use crate::active::{ActiveExchange, verify_active_authentication};
use crate::asn1::Malformed;
use crate::content::DocumentContent;
use crate::file_id::FileId;
use crate::lds::dg13::Dg13;
use crate::lds::face::Face;
use crate::lds::mrz::Mrz;
use crate::passive::anchors::CscaAnchors;
use crate::passive::{PassiveOutcome, PassiveProof, SecurityObject};
use crate::signature::Verdict;

/// Why a proof failed: stable codes of the command line's JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Reason {
    /// A data group is not the one that was signed.
    #[error("digest_mismatch")]
    DigestMismatch,
    /// A signature is wrong.
    #[error("signature_invalid")]
    SignatureInvalid,
    /// The named country signing certificate did not issue the signer's.
    #[error("chain_invalid")]
    ChainInvalid,
    /// A certificate is not valid at the time asked for.
    #[error("expired")]
    Expired,
    /// The signer's certificate, or that of its country, was revoked by then.
    #[error("revoked")]
    Revoked,
    /// A data group was read that the security object does not list.
    #[error("data_group_not_in_sod")]
    DataGroupNotInSod,
    /// Two data groups name different persons, EF.COM lists other groups than were signed, or EF.CardAccess offers other
    /// PACE protocols than were signed.
    #[error("data_groups_disagree")]
    DataGroupsDisagree,
    /// An algorithm or curve that is not known here.
    #[error("unsupported_algorithm")]
    UnsupportedAlgorithm,
    /// A file is malformed or missing.
    #[error("malformed")]
    Malformed,
}

impl From<Malformed> for Reason {
    fn from(_: Malformed) -> Self {
        Self::Malformed
    }
}

/// What a proof of the chip came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChipOutcome {
    /// The chip proved that it holds its key.
    Verified,
    /// The document has no such key.
    NotSupported,
    /// It was not tried, nothing of it was kept, or nobody is believed who signed document and key.
    NotDone,
    /// The reader says so; it knows its own ephemeral keys and proves nothing to a third party.
    AssertedByReader,
    /// The chip did not prove it.
    Failed(Reason),
}

impl ChipOutcome {
    /// The word that the command line's JSON has for it.
    pub const fn result(self) -> &'static str {
        match self {
            Self::Verified => "verified",
            Self::NotSupported => "not_supported",
            Self::NotDone => "not_done",
            Self::AssertedByReader => "asserted_by_reader",
            Self::Failed(_) => "failed",
        }
    }

    /// Why it failed.
    pub const fn reason(self) -> Option<Reason> {
        match self {
            Self::Failed(reason) => Some(reason),
            _ => None,
        }
    }
}

/// What was read of a chip: everything that its proofs are judged by.
#[derive(Clone, Copy, Debug)]
pub struct Evidence<'a> {
    /// The files, as read.
    pub files: &'a BTreeMap<FileId, Vec<u8>>,
    /// Challenge and answer of Active Authentication.
    pub active: Option<&'a ActiveExchange>,
    /// What the reader says of Chip Authentication.
    pub chip: ChipOutcome,
}

/// The document is not proven. There is no data beside this.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the document is not proven")]
pub struct CardNotProven {
    /// Passive Authentication.
    pub passive: PassiveOutcome,
    /// Active Authentication.
    pub active: ChipOutcome,
    /// Chip Authentication.
    pub chip: ChipOutcome,
}

/// A document whose data a believed country signed and whose chip failed no proof: built by [`verify_document`] alone.
#[derive(Clone, Debug)]
pub struct VerifiedDocument {
    files: BTreeMap<FileId, Vec<u8>>,
    content: DocumentContent,
    passive: PassiveProof,
    active: ChipOutcome,
    chip: ChipOutcome,
    today: Date,
}

/// Proves a document: Passive Authentication, then what the chip answered.
pub fn verify_document(
    evidence: Evidence<'_>,
    anchors: &CscaAnchors,
    now: Timestamp,
) -> Result<VerifiedDocument, CardNotProven> {
    let Proven { passive, content, active, chip } =
        prove(evidence, anchors, now).unwrap_or_else(|reason| Proven {
            passive: PassiveOutcome::Failed(reason),
            content: None,
            active: ChipOutcome::NotDone,
            chip: evidence.chip,
        });
    let failed = matches!(active, ChipOutcome::Failed(_)) || matches!(chip, ChipOutcome::Failed(_));
    match (passive, content) {
        (PassiveOutcome::Verified(passive), Some(content)) if !failed => Ok(VerifiedDocument {
            files: evidence.files.clone(),
            content,
            passive,
            active,
            chip,
            today: now.date(),
        }),
        (passive, _) => Err(CardNotProven { passive, active, chip }),
    }
}

struct Proven {
    passive: PassiveOutcome,
    content: Option<DocumentContent>,
    active: ChipOutcome,
    chip: ChipOutcome,
}

fn prove(evidence: Evidence<'_>, anchors: &CscaAnchors, now: Timestamp) -> Result<Proven, Reason> {
    let object = SecurityObject::parse(evidence.files.get(&FileId::Sod).ok_or(Reason::Malformed)?)?;
    let passive = object.verify(evidence.files, anchors, now)?;
    let content = Some(DocumentContent::parse(evidence.files)?);
    Ok(Proven { passive, content, active: active(evidence, &object), chip: chip(evidence, &object) })
}

fn active(evidence: Evidence<'_>, object: &SecurityObject) -> ChipOutcome {
    let file = |number| evidence.files.get(&FileId::Dg(number)).map(Vec::as_slice);
    match (file(15), evidence.active) {
        (None, _) if !object.data_groups().any(|number| number == 15) => ChipOutcome::NotSupported,
        (None, _) | (_, None) => ChipOutcome::NotDone,
        (Some(dg15), Some(exchange)) => match verify_active_authentication(dg15, file(14), exchange) {
            Verdict::Valid => ChipOutcome::Verified,
            Verdict::Invalid => ChipOutcome::Failed(Reason::SignatureInvalid),
            Verdict::Unsupported => ChipOutcome::Failed(Reason::UnsupportedAlgorithm),
        },
    }
}

/// What the reader says, or that the document has no key for it. The security object decides: a chip may hide files.
fn chip(evidence: Evidence<'_>, object: &SecurityObject) -> ChipOutcome {
    let signed = object.data_groups().any(|number| number == 14);
    let offer = evidence.files.get(&FileId::Dg(14)).map(|dg14| chip_offer(dg14));
    match (evidence.chip, signed, offer) {
        (ChipOutcome::NotDone, false, _) | (ChipOutcome::NotDone, _, Some(Ok(None))) => {
            ChipOutcome::NotSupported
        }
        (outcome, _, _) => outcome,
    }
}

impl VerifiedDocument {
    /// The files, as read.
    pub const fn files(&self) -> &BTreeMap<FileId, Vec<u8>> {
        &self.files
    }

    /// What the files say.
    pub const fn content(&self) -> &DocumentContent {
        &self.content
    }

    /// The machine readable zone.
    pub const fn mrz(&self) -> &Mrz {
        self.content.mrz()
    }

    /// The Vietnamese data group.
    pub const fn dg13(&self) -> Option<&Dg13> {
        self.content.dg13()
    }

    /// The portrait, where it was read.
    pub const fn face(&self) -> Option<&Face> {
        self.content.face()
    }

    /// Who signed the document.
    pub const fn passive(&self) -> &PassiveProof {
        &self.passive
    }

    /// What Active Authentication came to.
    pub const fn active(&self) -> ChipOutcome {
        self.active
    }

    /// What Chip Authentication came to.
    pub const fn chip(&self) -> ChipOutcome {
        self.chip
    }

    /// The twelve-digit personal number: of the zone, else of EF.DG13.
    pub fn personal_number(&self) -> Option<String> {
        self.content.personal_number()
    }

    /// The name with diacritics where EF.DG13 has it, else that of the zone.
    pub fn name(&self) -> String {
        self.content.name()
    }

    /// The date of birth: EF.DG13 settles the century, else it is the last one not after the day of the proof.
    pub fn date_of_birth(&self) -> Option<Date> {
        self.content.date_of_birth(self.today)
    }

    /// The date of expiry.
    pub fn date_of_expiry(&self) -> Option<Date> {
        self.content.date_of_expiry()
    }

    /// Whether the document itself is past its expiry on that day.
    pub fn is_expired(&self, today: Date) -> bool {
        self.content.is_expired(today)
    }
}
