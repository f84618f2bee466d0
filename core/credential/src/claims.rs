//! The claims of our credentials and their numbers.
//!
//! ```text
//! CWT claims                                   claim 169 (map)
//!   1      iss     tstr, at most 8 bytes         1  tstr  personal number, twelve digits
//!   2      sub     tstr, 8 bytes, random         4  tstr  full name
//!   4      exp     at most 14 days after iat     8  tstr  birth date, YYYYMMDD
//!   6      iat     seconds                       9  uint  sex: 1 male, 2 female, 3 other
//!   8      cnf     {1: COSE_Key}                75  tstr  insurance card number, 10 to 15 letters and digits
//!   11     vct     uint, see [`Vct`]            76  uint  insured from, in days since 1970-01-01
//!   169    the map on the right                 77  uint  insured to, the same
//!   65535  status  {"status_list":              78  tstr  facility of first registration
//!                    {"idx", "uri"}}            79  uint  benefit level, 1 to 5
//!                                               80  uint  five years without a gap count from, in days
//! Key-binding token                             81  tstr  area code
//!   3      aud     tstr                         82  tstr  group of the insured
//!   6      iat     seconds                      83  uint  highest authentication level of the bound key, 1 to 4
//!   39     cnonce  bstr, from the desk          84  bstr  portrait: first 16 bytes of SHA-256
//!   -65537 level   uint, 1 to 4                 85  tstr  guardian's personal number
//!   -65541 stated  COSE_Sign1, a level statement
//!
//! A level statement: 1, 4 and 6 as above (exp at most 5 minutes after iat), 8 cnf {5: thumbprint of the credential's key},
//! -65537 the level that its provider saw reached.
//!
//! A desk's challenge: 4, 6 and 39 as above, and where it has them -65537 the lowest level, -65538 bstr a compressed
//! P-256 point that the answer is encrypted to, -65539 array of the keys of map 169 asked for, -65540 tstr the purpose.
//! ```
//!
//! 1 to 23 follow Claim 169 v1.2.0, which leaves 75 to 99 to closed ecosystems such as this one. -65537 to
//! -65541 are in the range for private use (RFC 8392, 9.1). Days are counted as in RFC 8943, without its tag.

mod encoding;
mod record;
mod value;

pub use record::{CitizenClaims, Claims, ClinicClaims, InsuranceClaims, NotDisclosed, Sex};
pub use value::{ClaimKey, ClaimValue};

/// Keys in map 169.
pub mod key {
    /// Personal number.
    pub const NUMBER: i64 = 1;
    /// Full name.
    pub const NAME: i64 = 4;
    /// Birth date.
    pub const BIRTH_DATE: i64 = 8;
    /// Sex.
    pub const SEX: i64 = 9;
    /// Insurance card number.
    pub const INSURANCE_NUMBER: i64 = 75;
    /// Insured from.
    pub const VALID_FROM: i64 = 76;
    /// Insured to.
    pub const VALID_TO: i64 = 77;
    /// Facility of first registration.
    pub const FACILITY: i64 = 78;
    /// Benefit level.
    pub const BENEFIT_LEVEL: i64 = 79;
    /// Five-year date.
    pub const FIVE_YEARS_FROM: i64 = 80;
    /// Area code.
    pub const AREA: i64 = 81;
    /// Group of the insured.
    pub const OBJECT_GROUP: i64 = 82;
    /// Highest authentication level of the bound key.
    pub const LEVEL_POLICY: i64 = 83;
    /// Portrait hash.
    pub const PORTRAIT_HASH: i64 = 84;
    /// Guardian.
    pub const GUARDIAN: i64 = 85;

    /// The clinic set: what a clinic asks for and no more.
    pub const CLINIC_SET: [i64; 8] =
        [NUMBER, NAME, BIRTH_DATE, SEX, INSURANCE_NUMBER, VALID_TO, FACILITY, BENEFIT_LEVEL];
}

/// Labels of CWT claims (RFC 8392, 3.1; SD-CWT; Token Status List).
pub mod cwt {
    /// Issuer.
    pub const ISS: i64 = 1;
    /// Subject.
    pub const SUB: i64 = 2;
    /// Audience.
    pub const AUD: i64 = 3;
    /// Expiration.
    pub const EXP: i64 = 4;
    /// Not before.
    pub const NBF: i64 = 5;
    /// Issued at.
    pub const IAT: i64 = 6;
    /// Token identifier.
    pub const CTI: i64 = 7;
    /// Confirmation key (RFC 8747).
    pub const CNF: i64 = 8;
    /// Credential type.
    pub const VCT: i64 = 11;
    /// Nonce of the client, here of the desk.
    pub const CNONCE: i64 = 39;
    /// Claim 169.
    pub const IDENTITY: i64 = 169;
    /// Status.
    pub const STATUS: i64 = 65_535;
    /// Authentication level that the holder claims in a key-binding token: private use.
    pub const LEVEL: i64 = -65_537;
    /// Key of the desk that an answer is encrypted to: private use.
    pub const ENCRYPTION_KEY: i64 = -65_538;
    /// Claims that a desk asks for, or may ask for: private use.
    pub const ASKED: i64 = -65_539;
    /// What a desk needs them for: private use.
    pub const PURPOSE: i64 = -65_540;
    /// A provider's statement of the authentication level, in a key-binding token: private use.
    pub const STATED: i64 = -65_541;
}

/// Our credential types. In the token a number from the experimental range of SD-CWT, because the name alone would
/// take the clinic code past its size; everywhere else the name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Vct {
    /// The citizen identity credential.
    Citizen,
    /// The health-insurance credential for clinics.
    HealthInsurance,
}

impl Vct {
    /// The name in metadata and trust lists.
    pub fn urn(self) -> &'static str {
        match self {
            Self::Citizen => "urn:vn:citizen:1",
            Self::HealthInsurance => "urn:vn:health-insurance:1",
        }
    }

    /// The number in claim 11.
    pub fn number(self) -> u64 {
        match self {
            Self::Citizen => 65_001,
            Self::HealthInsurance => 65_002,
        }
    }

    /// The type of a name.
    pub fn from_urn(urn: &str) -> Option<Self> {
        [Self::Citizen, Self::HealthInsurance].into_iter().find(|vct| vct.urn() == urn)
    }

    /// The type of a number.
    pub fn from_number(number: u64) -> Option<Self> {
        [Self::Citizen, Self::HealthInsurance].into_iter().find(|vct| vct.number() == number)
    }
}

/// Where the status of a credential stands: an index into a Token Status List.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatusReference {
    /// Equal to the `sub` of the list token.
    pub uri: String,
    /// Position in the list.
    pub index: u64,
}

/// A claim that does not have the form the table gives it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("claim {0} does not have the form it must have")]
pub struct ClaimForm(pub i64);
