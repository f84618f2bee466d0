//! Our two credentials as records: what the issuer fills in whole, and what a verifier gets back in part.

use super::key;
use jiff::civil::Date;

/// Sex as claim 9 counts it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sex {
    /// 1
    Male,
    /// 2
    Female,
    /// 3
    Other,
}

impl Sex {
    /// The number in claim 9.
    pub fn number(self) -> u8 {
        match self {
            Self::Male => 1,
            Self::Female => 2,
            Self::Other => 3,
        }
    }

    /// The sex of a number in claim 9.
    pub fn from_number(number: u64) -> Option<Self> {
        match number {
            1 => Some(Self::Male),
            2 => Some(Self::Female),
            3 => Some(Self::Other),
            _ => None,
        }
    }

    /// `M`, `F` or `X`, as an MRZ would and our JSON does.
    pub fn letter(self) -> &'static str {
        match self {
            Self::Male => "M",
            Self::Female => "F",
            Self::Other => "X",
        }
    }
}

/// The claims of map 169 as far as they are disclosed. No field is ever guessed: what is not disclosed is `None`.
///
/// On the issuer's side made from [`CitizenClaims`] or [`ClinicClaims`]; on the verifier's side it comes out of a
/// verified credential, and [`Claims::citizen`] and [`Claims::clinic`] give the whole record where all of it is there.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Claims {
    /// 1: personal number, twelve digits.
    pub number: Option<String>,
    /// 4: full name.
    pub name: Option<String>,
    /// 8: birth date.
    pub birth_date: Option<Date>,
    /// 9: sex.
    pub sex: Option<Sex>,
    /// 75: health-insurance card number.
    pub insurance_number: Option<String>,
    /// 76: insured from this day on.
    pub valid_from: Option<Date>,
    /// 77: insured up to and including this day.
    pub valid_to: Option<Date>,
    /// 78: code of the facility of first registration.
    pub facility: Option<String>,
    /// 79: benefit level, 1 to 5.
    pub benefit_level: Option<u8>,
    /// 80: day from which five years without a gap count.
    pub five_years_from: Option<Date>,
    /// 81: code of the area of residence.
    pub area: Option<String>,
    /// 82: code of the insured group.
    pub object_group: Option<String>,
    /// 83: the highest authentication level, 1 to 4, that the attested policy of the bound key allows.
    pub level_policy: Option<u8>,
    /// 84: first 16 bytes of the portrait's SHA-256.
    pub portrait_hash: Option<[u8; 16]>,
    /// 85: personal number of the guardian who presents for a minor.
    pub guardian: Option<String>,
    /// Keys of disclosed claims that the table does not hold, ascending.
    pub unknown: Vec<i64>,
}

/// Says which claims are there and none of their values: this type may end up in a log.
impl std::fmt::Debug for Claims {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Claims").field(&self.keys()).finish()
    }
}

/// A complete citizen identity credential.
#[derive(Clone, PartialEq, Eq)]
pub struct CitizenClaims {
    /// Personal number, twelve digits.
    pub number: String,
    /// Full name.
    pub name: String,
    /// Birth date.
    pub birth_date: Date,
    /// Sex.
    pub sex: Sex,
    /// Highest authentication level that the bound key's policy allows, 1 to 4.
    pub level_policy: Option<u8>,
    /// First 16 bytes of the portrait's SHA-256.
    pub portrait_hash: Option<[u8; 16]>,
    /// Personal number of the guardian, for a minor.
    pub guardian: Option<String>,
}

/// A complete health-insurance credential: the person and the card.
#[derive(Clone, PartialEq, Eq)]
pub struct ClinicClaims {
    /// Who is insured.
    pub person: CitizenClaims,
    /// The insurance.
    pub insurance: InsuranceClaims,
}

/// The insurance part of a health-insurance credential.
#[derive(Clone, PartialEq, Eq)]
pub struct InsuranceClaims {
    /// Card number: ten to fifteen letters and digits.
    pub number: String,
    /// Insured from this day on.
    pub valid_from: Option<Date>,
    /// Insured up to and including this day.
    pub valid_to: Date,
    /// Code of the facility of first registration.
    pub facility: String,
    /// Benefit level, 1 to 5.
    pub benefit_level: u8,
    /// Day from which five years without a gap count.
    pub five_years_from: Option<Date>,
    /// Code of the area of residence.
    pub area: Option<String>,
    /// Code of the insured group.
    pub object_group: Option<String>,
}

/// A claim that a whole record needs and that was not disclosed; its key in map 169.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("claim {0} is not disclosed")]
pub struct NotDisclosed(pub i64);

impl Claims {
    /// Keys of the claims that are there, ascending, with the unknown ones.
    pub fn keys(&self) -> Vec<i64> {
        let known = [
            (key::NUMBER, self.number.is_some()),
            (key::NAME, self.name.is_some()),
            (key::BIRTH_DATE, self.birth_date.is_some()),
            (key::SEX, self.sex.is_some()),
            (key::INSURANCE_NUMBER, self.insurance_number.is_some()),
            (key::VALID_FROM, self.valid_from.is_some()),
            (key::VALID_TO, self.valid_to.is_some()),
            (key::FACILITY, self.facility.is_some()),
            (key::BENEFIT_LEVEL, self.benefit_level.is_some()),
            (key::FIVE_YEARS_FROM, self.five_years_from.is_some()),
            (key::AREA, self.area.is_some()),
            (key::OBJECT_GROUP, self.object_group.is_some()),
            (key::LEVEL_POLICY, self.level_policy.is_some()),
            (key::PORTRAIT_HASH, self.portrait_hash.is_some()),
            (key::GUARDIAN, self.guardian.is_some()),
        ];
        let mut keys: Vec<i64> = known.iter().filter(|(_, there)| *there).map(|(key, _)| *key).collect();
        keys.extend(&self.unknown);
        keys.sort_unstable();
        keys
    }

    /// The whole citizen record.
    ///
    /// # Errors
    /// The first claim that is missing.
    pub fn citizen(&self) -> Result<CitizenClaims, NotDisclosed> {
        Ok(CitizenClaims {
            number: self.number.clone().ok_or(NotDisclosed(key::NUMBER))?,
            name: self.name.clone().ok_or(NotDisclosed(key::NAME))?,
            birth_date: self.birth_date.ok_or(NotDisclosed(key::BIRTH_DATE))?,
            sex: self.sex.ok_or(NotDisclosed(key::SEX))?,
            level_policy: self.level_policy,
            portrait_hash: self.portrait_hash,
            guardian: self.guardian.clone(),
        })
    }

    /// The whole health-insurance record.
    ///
    /// # Errors
    /// The first claim that is missing.
    pub fn clinic(&self) -> Result<ClinicClaims, NotDisclosed> {
        Ok(ClinicClaims {
            person: self.citizen()?,
            insurance: InsuranceClaims {
                number: self.insurance_number.clone().ok_or(NotDisclosed(key::INSURANCE_NUMBER))?,
                valid_from: self.valid_from,
                valid_to: self.valid_to.ok_or(NotDisclosed(key::VALID_TO))?,
                facility: self.facility.clone().ok_or(NotDisclosed(key::FACILITY))?,
                benefit_level: self.benefit_level.ok_or(NotDisclosed(key::BENEFIT_LEVEL))?,
                five_years_from: self.five_years_from,
                area: self.area.clone(),
                object_group: self.object_group.clone(),
            },
        })
    }
}

impl From<CitizenClaims> for Claims {
    fn from(person: CitizenClaims) -> Self {
        Self {
            number: Some(person.number),
            name: Some(person.name),
            birth_date: Some(person.birth_date),
            sex: Some(person.sex),
            level_policy: person.level_policy,
            portrait_hash: person.portrait_hash,
            guardian: person.guardian,
            ..Self::default()
        }
    }
}

impl From<ClinicClaims> for Claims {
    fn from(claims: ClinicClaims) -> Self {
        let ClinicClaims { person, insurance } = claims;
        Self {
            insurance_number: Some(insurance.number),
            valid_from: insurance.valid_from,
            valid_to: Some(insurance.valid_to),
            facility: Some(insurance.facility),
            benefit_level: Some(insurance.benefit_level),
            five_years_from: insurance.five_years_from,
            area: insurance.area,
            object_group: insurance.object_group,
            ..person.into()
        }
    }
}
