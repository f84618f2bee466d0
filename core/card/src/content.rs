//! What the files of a document say. Parsing proves nothing: [`crate::VerifiedDocument::content`] is proven, what
//! [`DocumentContent::parse`] and [`DocumentContent::readable`] return is not.
use std::collections::BTreeMap;

use jiff::civil::Date;

use crate::document::Reason;
use crate::file_id::FileId;
use crate::lds::dg13::{Dg13, dg13, printed_date};
use crate::lds::face::{Face, dg2};
use crate::lds::mrz::Mrz;
use crate::lds::{self, LdsError};

/// The machine readable zone, the Vietnamese data group and the portrait, which agree with one another unless they came
/// by [`DocumentContent::readable`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DocumentContent {
    mrz: Mrz,
    dg13: Option<Dg13>,
    face: Option<Face>,
}

impl DocumentContent {
    /// Reads EF.DG1, and EF.DG13 and EF.DG2 where they are there; refuses them where they name two persons.
    pub fn parse(files: &BTreeMap<FileId, Vec<u8>>) -> Result<Self, Reason> {
        let file = |number| files.get(&FileId::Dg(number)).map(Vec::as_slice);
        let mrz = lds::dg1(file(1).ok_or(Reason::Malformed)?)?;
        let vietnamese = file(13).filter(|_| mrz.issuer == "VNM");
        let dg13 = vietnamese.map(dg13).transpose()?;
        let face = file(2).map(dg2).transpose()?;
        let content = Self { mrz, dg13, face };
        let zone = content.mrz.vietnamese_personal_number()?;
        let printed = content.dg13.as_ref().and_then(|dg13| dg13.number.clone());
        if zone.is_some() && printed.is_some() && zone != printed {
            return Err(Reason::DataGroupsDisagree);
        }
        Ok(content)
    }

    /// What can be read, for showing what nobody proved: EF.DG1, and EF.DG13 and EF.DG2 each where it can be parsed.
    /// Nothing is compared, so that the parts may be of several persons.
    pub fn readable(files: &BTreeMap<FileId, Vec<u8>>) -> Option<Self> {
        let file = |number| files.get(&FileId::Dg(number)).map(Vec::as_slice);
        let mrz = lds::dg1(file(1)?).ok()?;
        let dg13 = file(13).filter(|_| mrz.issuer == "VNM").and_then(|file| dg13(file).ok());
        Some(Self { mrz, dg13, face: file(2).and_then(|file| dg2(file).ok()) })
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

    /// The twelve-digit personal number: of the zone, else of EF.DG13.
    pub fn personal_number(&self) -> Option<String> {
        let zone = self.mrz.vietnamese_personal_number().ok().flatten();
        zone.or_else(|| self.dg13.as_ref().and_then(|dg13| dg13.number.clone()))
    }

    /// The name with diacritics where EF.DG13 has it, else that of the zone.
    pub fn name(&self) -> String {
        self.dg13.as_ref().and_then(|dg13| dg13.name.clone()).unwrap_or_else(|| self.mrz.name())
    }

    /// The date of birth: EF.DG13 settles the century, else it is the last one not after that day.
    pub fn date_of_birth(&self, today: Date) -> Option<Date> {
        let printed = self.dg13.as_ref().and_then(|dg13| dg13.date_of_birth.as_deref());
        printed.and_then(printed_date).or_else(|| self.mrz.birth(today))
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

impl From<LdsError> for Reason {
    fn from(_: LdsError) -> Self {
        Self::Malformed
    }
}
