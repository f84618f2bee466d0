//! What is printed on the card and opens it.
use sha1::{Digest, Sha1};
use trust::secret::Secret;

use crate::lds::mrz::{Mrz, check_digit};

/// The text is no key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// A card access number has six digits.
    #[error("a card access number has six digits")]
    Can,
    /// Document number, `YYMMDD`, `YYMMDD`.
    #[error("document number, birth and expiry as in the MRZ")]
    MrzFields,
    /// The zone is wrong.
    #[error("machine readable zone: {0}")]
    Mrz(#[from] crate::lds::LdsError),
}

/// The card access number.
#[derive(Debug)]
pub struct Can(Secret<String>);

impl Can {
    /// Six digits.
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let six = text.len() == 6 && text.bytes().all(|c| c.is_ascii_digit());
        if six { Ok(Self(Secret::new(text.to_owned()))) } else { Err(KeyError::Can) }
    }

    /// The last six digits of the twelve: Vietnamese cards print no other number.
    pub fn from_personal_number(number: &str) -> Result<Self, KeyError> {
        if number.len() != 12 {
            return Err(KeyError::Can);
        }
        Self::parse(number.get(6..).ok_or(KeyError::Can)?)
    }
}

/// Document number, birth and expiry with their check digits: the MRZ information of 9303-11, 4.3.2.
#[derive(Debug)]
pub struct MrzKey(Secret<String>);

impl MrzKey {
    /// From the three fields; the number without fillers, dates `YYMMDD`.
    pub fn from_fields(document_number: &str, birth: &str, expiry: &str) -> Result<Self, KeyError> {
        let dates = [birth, expiry].iter().all(|date| date.len() == 6);
        if !dates || document_number.is_empty() || document_number.len() > 26 {
            return Err(KeyError::MrzFields);
        }
        let number = format!("{document_number:<<9}");
        let mut information = String::new();
        for field in [number.as_str(), birth, expiry] {
            information.push_str(field);
            information.push(check_digit(field).ok_or(KeyError::MrzFields)?);
        }
        Ok(Self(Secret::new(information)))
    }

    /// From the lines of the zone.
    pub fn from_lines(lines: &str) -> Result<Self, KeyError> {
        let mrz = Mrz::parse(lines.as_bytes())?;
        Self::from_fields(&mrz.document_number, &mrz.date_of_birth, &mrz.date_of_expiry)
    }

    #[cfg(test)]
    pub(crate) fn information(&self) -> &str {
        self.0.expose()
    }

    /// SHA-1 of the MRZ information.
    pub(crate) fn digest(&self) -> Secret<[u8; 20]> {
        Secret::new(Sha1::digest(self.0.expose().as_bytes()).into())
    }
}

/// What the caller knows.
#[derive(Debug)]
pub enum AccessKey {
    /// The card access number.
    Can(Can),
    /// The MRZ.
    Mrz(MrzKey),
}

impl AccessKey {
    /// The password reference of MSE:Set AT (9303-11, 4.4.4.1).
    pub(crate) const fn reference(&self) -> u8 {
        match self {
            Self::Mrz(_) => 1,
            Self::Can(_) => 2,
        }
    }

    /// f(password) of PACE (9303-11, 4.4.3.1).
    pub(crate) fn password(&self) -> Secret<Vec<u8>> {
        match self {
            Self::Can(can) => Secret::new(can.0.expose().clone().into_bytes()),
            Self::Mrz(mrz) => Secret::new(mrz.digest().expose().to_vec()),
        }
    }
}
