//! The card factory: makes a new Vietnamese card with all its files and keys out of what is known of a person, signed
//! under a country signing certificate of its own. Everybody it makes is invented and every key is for tests.
//!
//! ```no_run
//! use sen_sandbox::factory::{Authority, CardOrder, Person, Sex};
//! use trust::{random::SystemRandom, time::Timestamp};
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let now = Timestamp::parse_rfc3339("2026-01-01T00:00:00Z")?;
//! let authority = Authority::generate(now)?;
//! let person = Person::new("000199000001", "Nguyễn Thị Mẫu", "1999-01-01".parse()?, Sex::Female);
//! let card = CardOrder::new(person, "2026-01-01".parse()?).make(&authority, now, &mut SystemRandom::new())?;
//! card.write_to("card".as_ref())?;
//! # Ok(())
//! # }
//! ```
mod authority;
mod certificate;
mod data_groups;
mod encoding;
mod keys;
mod portrait;
mod revocation;
mod security_infos;
mod security_object;
mod signer;
mod zone;

use std::collections::BTreeMap;
use std::path::Path;

use jiff::civil::Date;
use trust::random::Random;
use trust::time::Timestamp;

pub use authority::Authority;
pub use security_infos::{ActiveKeyChoice, Pace, Protocols};
pub use signer::Algorithm;

pub use crate::chip::Hash;

use crate::chip::{Chip, ChipError, Content, FileName, Files};

/// A card cannot be made of this.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FactoryError {
    /// The personal number is not twelve digits.
    #[error("the personal number is not twelve digits")]
    PersonalNumber,
    /// The name holds a character that the machine readable zone has no letter for.
    #[error("the name cannot be written in the machine readable zone")]
    Name,
    /// The portrait is no image, or larger than a data group can hold.
    #[error("the portrait is no JPEG or JPEG 2000 image of a fitting size")]
    Portrait,
    /// A key cannot be generated, read, or used.
    #[error("a key cannot be generated, read, or used")]
    Key,
    /// The time cannot be written in a certificate.
    #[error("the time cannot be written in a certificate")]
    Time,
    /// No random octets.
    #[error(transparent)]
    Random(#[from] trust::random::RandomError),
    /// A folder cannot be read or written.
    #[error("folder: {0}")]
    Io(#[from] std::io::Error),
    /// The chip refuses what was made for it.
    #[error(transparent)]
    Chip(#[from] ChipError),
}

/// Sex as the card prints it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sex {
    /// Nữ.
    Female,
    /// Nam.
    Male,
}

/// What a card says of a person. Absent fields are left out of the card, as real ones leave them out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    /// Twelve digits; invented ones begin with 000.
    pub personal_number: String,
    /// The full name with diacritics, family name first.
    pub name: String,
    /// Date of birth.
    pub date_of_birth: Date,
    /// Sex.
    pub sex: Sex,
    /// Ethnicity.
    pub ethnicity: Option<String>,
    /// Religion.
    pub religion: Option<String>,
    /// Place of origin.
    pub origin: Option<String>,
    /// Permanent residence.
    pub residence: Option<String>,
    /// Identifying marks.
    pub marks: Option<String>,
    /// The father's name.
    pub father: Option<String>,
    /// The mother's name.
    pub mother: Option<String>,
    /// The spouse's name.
    pub spouse: Option<String>,
    /// The old nine-digit number.
    pub old_number: Option<String>,
    /// The portrait, JPEG or JPEG 2000; drawn when absent.
    pub face: Option<Vec<u8>>,
}

impl Person {
    /// A person of whom no more is known.
    pub fn new(personal_number: &str, name: &str, date_of_birth: Date, sex: Sex) -> Self {
        Self {
            personal_number: personal_number.to_owned(),
            name: name.to_owned(),
            date_of_birth,
            sex,
            ethnicity: None,
            religion: None,
            origin: None,
            residence: None,
            marks: None,
            father: None,
            mother: None,
            spouse: None,
            old_number: None,
            face: None,
        }
    }
}

/// A card to be made.
#[derive(Clone, Debug)]
pub struct CardOrder {
    person: Person,
    issued: Date,
    expires: Option<Date>,
    protocols: Protocols,
}

impl CardOrder {
    /// A card that expires at the holder's next age of 25, 40 or 60, and after that never, with the
    /// chip of a Vietnamese card.
    pub fn new(person: Person, issued: Date) -> Self {
        let expires = zone::usual_expiry(person.date_of_birth, issued);
        Self { person, issued, expires, protocols: Protocols::default() }
    }

    /// With another date of expiry, or none.
    #[must_use]
    pub const fn expiring(mut self, expires: Option<Date>) -> Self {
        self.expires = expires;
        self
    }

    /// With another chip.
    #[must_use]
    pub fn with_protocols(mut self, protocols: Protocols) -> Self {
        self.protocols = protocols;
        self
    }

    /// Makes the card, its data groups signed by the authority's document signer.
    pub fn make(
        &self,
        authority: &Authority,
        now: Timestamp,
        random: &mut dyn Random,
    ) -> Result<IssuedCard, FactoryError> {
        let keys = self.protocols.generate(random)?;
        let mut files = BTreeMap::from([
            (FileName::COM, data_groups::com()),
            (FileName::data_group(1), data_groups::dg1(&zone::zone(&self.person, self.expires)?)),
            (FileName::data_group(2), data_groups::dg2(&self.person)?),
            (FileName::data_group(13), data_groups::dg13(&self.person, self.issued, self.expires, random)?),
            (FileName::data_group(14), keys.dg14),
            (FileName::data_group(15), keys.dg15),
        ]);
        files.extend(keys.card_access.map(|octets| (FileName::CARD_ACCESS, octets)));
        if let Some(infos) = keys.card_security {
            let octets = security_object::card_security(authority, &infos, now, random)?;
            files.insert(FileName::CARD_SECURITY, octets);
        }
        let sod = security_object::sod(authority, &files, now, random)?;
        files.insert(FileName::SOD, sod);
        Ok(IssuedCard {
            files,
            active_key: keys.active,
            chip_key: keys.chip,
            csca: authority.csca_certificate().to_vec(),
        })
    }
}

/// A card fresh from the factory.
#[derive(Clone)]
pub struct IssuedCard {
    files: BTreeMap<FileName, Vec<u8>>,
    active_key: Vec<u8>,
    chip_key: Vec<u8>,
    csca: Vec<u8>,
}

impl IssuedCard {
    /// The files of the chip.
    pub const fn files(&self) -> &BTreeMap<FileName, Vec<u8>> {
        &self.files
    }

    /// The country signing certificate that its signer hangs on.
    pub fn csca_certificate(&self) -> &[u8] {
        &self.csca
    }

    /// Puts it into a chip.
    pub fn chip(&self) -> Result<Chip, FactoryError> {
        let mut files = Files::default();
        for (name, octets) in &self.files {
            files.insert(*name, Content::Octets(octets.clone()));
        }
        Ok(Chip::new(files).with_keys(Some(&self.active_key), Some(&self.chip_key))?)
    }

    /// Writes it as a folder that [`Chip::from_folder`] reads: `EF_*.bin`, `keys/`, `csca.cer`.
    pub fn write_to(&self, folder: &Path) -> Result<(), FactoryError> {
        let keys = folder.join("keys");
        std::fs::create_dir_all(&keys)?;
        for (name, octets) in &self.files {
            std::fs::write(folder.join(name.file_name()), octets)?;
        }
        std::fs::write(keys.join("aa_pkcs8.der"), &self.active_key)?;
        std::fs::write(keys.join("ca_pkcs8.der"), &self.chip_key)?;
        std::fs::write(folder.join("csca.cer"), &self.csca)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests;
