//! A document that was proven, and what is said of one that was not.
use std::collections::BTreeMap;

use jiff::civil::Date;
use trust::time::Timestamp;

use crate::active::{ActiveExchange, verify_active_authentication};
use crate::asn1::Malformed;
use crate::file_id::FileId;
use crate::lds::dg13::{Dg13, printed_date};
use crate::lds::face::{Face, dg2};
use crate::lds::mrz::Mrz;
use crate::lds::{self, LdsError};
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
    /// Two data groups name different persons, or EF.COM lists other groups than were signed.
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

impl From<LdsError> for Reason {
    fn from(_: LdsError) -> Self {
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
    /// It was not tried, or nothing of it was kept.
    NotDone,
    /// The reader says so; it knows its own ephemeral keys and proves nothing to a third party.
    AssertedByReader,
    /// The chip did not prove it.
    Failed(Reason),
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
    mrz: Mrz,
    dg13: Option<Dg13>,
    face: Option<Face>,
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
    let (passive, content, active) = match prove(evidence, anchors, now) {
        Ok(proven) => proven,
        Err(reason) => (PassiveOutcome::Failed(reason), None, ChipOutcome::NotDone),
    };
    let chip = evidence.chip;
    let failed = matches!(active, ChipOutcome::Failed(_)) || matches!(chip, ChipOutcome::Failed(_));
    match (passive, content) {
        (PassiveOutcome::Verified(passive), Some(content)) if !failed => Ok(VerifiedDocument {
            files: evidence.files.clone(),
            mrz: content.mrz,
            dg13: content.dg13,
            face: content.face,
            passive,
            active,
            chip,
            today: now.date(),
        }),
        (passive, _) => Err(CardNotProven { passive, active, chip }),
    }
}

type Proven = (PassiveOutcome, Option<Content>, ChipOutcome);

fn prove(evidence: Evidence<'_>, anchors: &CscaAnchors, now: Timestamp) -> Result<Proven, Reason> {
    let object = SecurityObject::parse(evidence.files.get(&FileId::Sod).ok_or(Reason::Malformed)?)?;
    let passive = object.verify(evidence.files, anchors, now)?;
    let content = Content::parse(evidence.files)?;
    Ok((passive, Some(content), active(evidence, &object)))
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

/// What the files say, and that they say the same.
struct Content {
    mrz: Mrz,
    dg13: Option<Dg13>,
    face: Option<Face>,
}

impl Content {
    fn parse(files: &BTreeMap<FileId, Vec<u8>>) -> Result<Self, Reason> {
        let mrz = lds::dg1(files.get(&FileId::Dg(1)).ok_or(Reason::Malformed)?)?;
        let vietnamese = mrz.issuer == "VNM";
        let dg13 = files
            .get(&FileId::Dg(13))
            .filter(|_| vietnamese)
            .map(|file| lds::dg13::dg13(file))
            .transpose()?;
        let face = files.get(&FileId::Dg(2)).map(|file| dg2(file)).transpose()?;
        let number = mrz.vietnamese_personal_number()?;
        let printed = dg13.as_ref().and_then(|dg13| dg13.number.as_ref());
        if let (Some(zone), Some(printed)) = (&number, printed)
            && zone != printed
        {
            return Err(Reason::DataGroupsDisagree);
        }
        Ok(Self { mrz, dg13, face })
    }
}

impl VerifiedDocument {
    /// The files, as read.
    pub const fn files(&self) -> &BTreeMap<FileId, Vec<u8>> {
        &self.files
    }

    /// The machine readable zone.
    pub const fn mrz(&self) -> &Mrz {
        &self.mrz
    }

    /// The Vietnamese data group.
    pub const fn dg13(&self) -> Option<&Dg13> {
        self.dg13.as_ref()
    }

    /// The portrait, where it was read.
    pub const fn face(&self) -> Option<&Face> {
        self.face.as_ref()
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
        let zone = self.mrz.vietnamese_personal_number().ok().flatten();
        zone.or_else(|| self.dg13.as_ref().and_then(|dg13| dg13.number.clone()))
    }

    /// The name with diacritics where EF.DG13 has it, else that of the zone.
    pub fn name(&self) -> String {
        self.dg13.as_ref().and_then(|dg13| dg13.name.clone()).unwrap_or_else(|| self.mrz.name())
    }

    /// The date of birth: EF.DG13 settles the century, else it is the last one not in the future.
    pub fn date_of_birth(&self) -> Option<Date> {
        let printed =
            self.dg13.as_ref().and_then(|dg13| dg13.date_of_birth.as_deref()).and_then(printed_date);
        printed.or_else(|| self.mrz.birth(self.today))
    }

    /// The date of expiry.
    pub fn date_of_expiry(&self) -> Option<Date> {
        self.mrz.expiry()
    }

    /// Whether the document itself is past its expiry on that day.
    pub fn is_expired(&self, today: Date) -> bool {
        self.date_of_expiry().is_some_and(|expiry| expiry < today)
    }
}
