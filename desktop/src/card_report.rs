//! What `sen card read` and `sen card verify` say of a card, as JSON and in words.
mod print;

use std::collections::BTreeMap;

use card::lds::dg13::{Dg13, printed_date};
use card::lds::face::{Face, FaceFormat};
use card::lds::mrz::{Mrz, Sex};
use card::{
    CardNotProven, CardReading, ChipOutcome, DocumentContent, FileId, PassiveOutcome, Reason,
    VerifiedDocument,
};
use jiff::civil::Date;
use serde::Serialize;
use trust::time::Timestamp;

use crate::card_evidence::EvidenceReport;

/// The whole answer.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    personal_number: Option<String>,
    document_number: Option<String>,
    name: Option<String>,
    mrz_name: Option<String>,
    date_of_birth: Option<String>,
    sex: Option<&'static str>,
    nationality: Option<String>,
    expires: Option<String>,
    document_expired: Option<bool>,
    dg13: Option<Dg13Report>,
    face: Option<FaceReport>,
    access: Option<AccessReport>,
    passive_authentication: PassiveReport,
    active_authentication: ChipReport,
    chip_authentication: ChipReport,
    data_groups: Vec<String>,
    apdus: Option<u32>,
    milliseconds: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    evidence: Option<EvidenceReport>,
}

#[derive(Debug, Serialize)]
struct Dg13Report {
    number: Option<String>,
    name: Option<String>,
    date_of_birth: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    date_of_birth_text: Option<String>,
    sex: Option<String>,
    nationality: Option<String>,
    ethnicity: Option<String>,
    religion: Option<String>,
    origin: Option<String>,
    residence: Option<String>,
    marks: Option<String>,
    issued: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    issued_text: Option<String>,
    expires: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_text: Option<String>,
    father: Option<String>,
    mother: Option<String>,
    spouse: Option<String>,
    old_number: Option<String>,
    chip_id: Option<String>,
    unknown: BTreeMap<u32, String>,
}

#[derive(Debug, Serialize)]
struct FaceReport {
    format: &'static str,
    width: Option<u32>,
    height: Option<u32>,
    bytes: usize,
    sha256: String,
}

#[derive(Debug, Serialize)]
struct AccessReport {
    protocol: &'static str,
    cipher: &'static str,
    parameters: Option<&'static str>,
    assumed_card_access: bool,
}

#[derive(Debug, Serialize)]
struct PassiveReport {
    result: &'static str,
    reason: Option<String>,
    signer: Option<String>,
    csca: Option<String>,
    signature: Option<String>,
}

#[derive(Debug, Serialize)]
struct ChipReport {
    result: &'static str,
    reason: Option<String>,
}

impl Report {
    pub(crate) fn new(
        reading: &CardReading,
        outcome: Result<VerifiedDocument, CardNotProven>,
        now: Timestamp,
        show_unproven: bool,
        milliseconds: Option<u64>,
    ) -> Self {
        let live = milliseconds.is_some();
        let (passive, active, chip, content) = match outcome {
            Ok(document) => {
                let passive = PassiveOutcome::Verified(document.passive().clone());
                (passive, document.active(), document.chip(), Some(document.content().clone()))
            }
            Err(refused) => {
                let failed_chip = |outcome| matches!(outcome, ChipOutcome::Failed(_));
                let sound = !matches!(refused.passive, PassiveOutcome::Failed(_));
                let shown =
                    (sound && !failed_chip(refused.active) && !failed_chip(refused.chip)) || show_unproven;
                let content = shown.then(|| DocumentContent::readable(reading.files())).flatten();
                (refused.passive, refused.active, refused.chip, content)
            }
        };
        let (today, content) = (now.date(), content.as_ref());
        let mrz = content.map(DocumentContent::mrz);
        let groups = reading.files().keys().filter(|file| matches!(file, FileId::Dg(_)));
        Self {
            personal_number: content.and_then(DocumentContent::personal_number),
            document_number: mrz.map(|mrz| mrz.document_number.clone()),
            name: content.map(DocumentContent::name),
            mrz_name: mrz.map(Mrz::name),
            date_of_birth: content
                .and_then(|content| content.date_of_birth(today))
                .map(|date| date.to_string()),
            sex: mrz.map(|mrz| match mrz.sex {
                Sex::Male => "M",
                Sex::Female => "F",
                Sex::Unspecified => "X",
            }),
            nationality: mrz.map(|mrz| mrz.nationality.clone()),
            expires: content.and_then(DocumentContent::date_of_expiry).map(|date| date.to_string()),
            document_expired: content
                .filter(|content| content.date_of_expiry().is_some())
                .map(|content| content.is_expired(today)),
            dg13: content.and_then(DocumentContent::dg13).map(Dg13Report::new),
            face: content.and_then(DocumentContent::face).map(FaceReport::new),
            access: reading.access().map(|access| AccessReport {
                protocol: access.protocol.name(),
                cipher: access.cipher.name(),
                parameters: access.parameters,
                assumed_card_access: access.assumed_card_access,
            }),
            passive_authentication: PassiveReport::new(passive),
            active_authentication: ChipReport::new(active, live),
            chip_authentication: ChipReport::new(chip, live),
            data_groups: groups.map(ToString::to_string).collect(),
            apdus: live.then(|| reading.apdus()),
            milliseconds,
            evidence: None,
        }
    }

    /// With what is said of its signed record.
    pub(crate) fn with_evidence(self, evidence: Option<EvidenceReport>) -> Self {
        Self { evidence, ..self }
    }

    /// Exit status 0: passive authentication verified and nothing failed.
    pub(crate) fn is_proven(&self) -> bool {
        let chip = [&self.active_authentication, &self.chip_authentication];
        self.passive_authentication.result == "verified"
            && chip.iter().all(|report| report.result != "failed")
    }
}

impl Dg13Report {
    fn new(dg13: &Dg13) -> Self {
        let date = |text: &Option<String>| -> (Option<String>, Option<String>) {
            match text.as_deref().map(printed_date) {
                None => (None, None),
                Some(Some(date)) => (Some(Date::to_string(&date)), None),
                Some(None) => (None, text.clone()),
            }
        };
        let (date_of_birth, date_of_birth_text) = date(&dg13.date_of_birth);
        let (issued, issued_text) = date(&dg13.issued);
        let (expires, expires_text) = date(&dg13.expires);
        let dg13 = dg13.clone();
        Self {
            number: dg13.number,
            name: dg13.name,
            date_of_birth,
            date_of_birth_text,
            sex: dg13.sex,
            nationality: dg13.nationality,
            ethnicity: dg13.ethnicity,
            religion: dg13.religion,
            origin: dg13.origin,
            residence: dg13.residence,
            marks: dg13.marks,
            issued,
            issued_text,
            expires,
            expires_text,
            father: dg13.father,
            mother: dg13.mother,
            spouse: dg13.spouse,
            old_number: dg13.old_number,
            chip_id: dg13.chip_id,
            unknown: dg13.unknown,
        }
    }
}

impl FaceReport {
    fn new(face: &Face) -> Self {
        Self {
            format: match face.format {
                FaceFormat::Jpeg => "jpeg",
                FaceFormat::Jpeg2000 => "jp2",
                FaceFormat::Png => "png",
                FaceFormat::Unknown => "unknown",
            },
            width: face.size.map(|(width, _)| width),
            height: face.size.map(|(_, height)| height),
            bytes: face.bytes.len(),
            sha256: hex::encode(ring::digest::digest(&ring::digest::SHA256, &face.bytes)),
        }
    }
}

impl PassiveReport {
    fn new(outcome: PassiveOutcome) -> Self {
        let (result, reason, proof) = match outcome {
            PassiveOutcome::Verified(proof) => ("verified", None, Some(proof)),
            PassiveOutcome::NoTrustAnchor(proof) => ("no_trust_anchor", None, Some(proof)),
            PassiveOutcome::Failed(reason) => ("failed", Some(reason.to_string()), None),
        };
        let (signer, csca, signature) =
            proof.map_or((None, None, None), |proof| (Some(proof.signer), proof.csca, Some(proof.signature)));
        Self { result, reason, signer, csca, signature }
    }
}

impl ChipReport {
    /// In a live reading this process held the ephemeral keys itself: its own word is proof enough for its user. To
    /// anybody else the same exchange is only asserted.
    fn new(outcome: ChipOutcome, live: bool) -> Self {
        let failed = |reason: Reason| ("failed", Some(reason.to_string()));
        let (result, reason) = match outcome {
            ChipOutcome::Verified => ("verified", None),
            ChipOutcome::AssertedByReader if live => ("verified", None),
            ChipOutcome::AssertedByReader => ("asserted_by_reader", None),
            ChipOutcome::NotSupported => ("not_supported", None),
            ChipOutcome::NotDone => ("not_done", None),
            ChipOutcome::Failed(reason) => failed(reason),
        };
        Self { result, reason }
    }
}
