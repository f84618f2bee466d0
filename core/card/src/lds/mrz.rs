//! The machine readable zone (ICAO Doc 9303-3 section 4.9, parts 4, 5 and 6).
use jiff::civil::Date;

use super::LdsError;

/// Check digit weights (9303-3, 4.9).
const WEIGHTS: [u32; 3] = [7, 3, 1];

/// The form of the zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MrzFormat {
    /// Three lines of 30: identity cards.
    Td1,
    /// Two lines of 36.
    Td2,
    /// Two lines of 44: passports.
    Td3,
}

/// The holder's sex as the zone gives it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sex {
    /// `M`.
    Male,
    /// `F`.
    Female,
    /// `<`: not stated.
    Unspecified,
}

impl Sex {
    /// `M`, `F` or `X`.
    pub const fn letter(self) -> char {
        match self {
            Self::Male => 'M',
            Self::Female => 'F',
            Self::Unspecified => 'X',
        }
    }
}

/// A zone whose every check digit is right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mrz {
    /// Its form.
    pub format: MrzFormat,
    /// Document code without fillers, such as `ID` or `P`.
    pub document_code: String,
    /// Issuing state, such as `VNM`.
    pub issuer: String,
    /// Document number without fillers, an overflow into the optional data joined (9303-5, 4.2.2.1).
    pub document_number: String,
    /// Six digits `YYMMDD`; unknown parts are `<` (9303-3, 4.8).
    pub date_of_birth: String,
    /// Sex.
    pub sex: Sex,
    /// Six digits `YYMMDD`.
    pub date_of_expiry: String,
    /// Nationality.
    pub nationality: String,
    /// Optional data without outer fillers (TD1: first line).
    pub optional_data: String,
    /// Primary identifier, fillers as spaces.
    pub surname: String,
    /// Secondary identifier, fillers as spaces; empty where there is none.
    pub given_names: String,
}

impl Mrz {
    /// Reads the characters of all lines, joined or separated by line breaks.
    pub fn parse(text: &[u8]) -> Result<Self, LdsError> {
        let characters: Vec<u8> = text.iter().copied().filter(|c| !matches!(c, b'\n' | b'\r')).collect();
        if !characters.iter().all(|c| matches!(c, b'A'..=b'Z' | b'0'..=b'9' | b'<')) {
            return Err(LdsError::Mrz(MrzDefect::Character));
        }
        let zone = std::str::from_utf8(&characters).map_err(|_| LdsError::Mrz(MrzDefect::Character))?;
        match zone.len() {
            90 => Self::td1(zone),
            72 => Self::two_lines(zone, MrzFormat::Td2, 36),
            88 => Self::two_lines(zone, MrzFormat::Td3, 44),
            _ => Err(LdsError::Mrz(MrzDefect::Length)),
        }
    }

    fn td1(zone: &str) -> Result<Self, LdsError> {
        let at = |from: usize, to: usize| zone.get(from..to).unwrap_or_default();
        let composite = [at(5, 30), at(30, 37), at(38, 45), at(48, 59)].concat();
        let (document_number, optional_data) = document_number(at(5, 14), at(14, 15), at(15, 30))?;
        verify_digit(&composite, at(59, 60), MrzDefect::CompositeCheckDigit)?;
        let (surname, given_names) = names(at(60, 90));
        Self {
            format: MrzFormat::Td1,
            document_code: bare(at(0, 2)),
            issuer: bare(at(2, 5)),
            document_number,
            date_of_birth: at(30, 36).to_owned(),
            sex: sex(at(37, 38))?,
            date_of_expiry: at(38, 44).to_owned(),
            nationality: bare(at(45, 48)),
            optional_data,
            surname,
            given_names,
        }
        .with_dates(at(36, 37), at(44, 45))
    }

    fn two_lines(zone: &str, format: MrzFormat, width: usize) -> Result<Self, LdsError> {
        let at = |from: usize, to: usize| zone.get(from..to).unwrap_or_default();
        let second = |from: usize, to: usize| at(width + from, width + to);
        let optional_end = if format == MrzFormat::Td3 { 42 } else { 35 };
        let (document_number, optional_data) = if format == MrzFormat::Td3 {
            verify_digit(second(0, 9), second(9, 10), MrzDefect::DocumentNumberCheckDigit)?;
            // A filler instead of the digit means that there is no optional data (9303-4, 4.2.2.2).
            if second(42, 43) != "<" || !bare(second(28, 42)).is_empty() {
                verify_digit(second(28, 42), second(42, 43), MrzDefect::OptionalCheckDigit)?;
            }
            (bare(second(0, 9)), bare(second(28, 42)))
        } else {
            document_number(second(0, 9), second(9, 10), second(28, 35))?
        };
        let composite =
            [second(0, 10), second(13, 20), second(21, optional_end + usize::from(width == 44))].concat();
        verify_digit(&composite, second(width - 1, width), MrzDefect::CompositeCheckDigit)?;
        let (surname, given_names) = names(at(5, width));
        Self {
            format,
            document_code: bare(at(0, 2)),
            issuer: bare(at(2, 5)),
            document_number,
            date_of_birth: second(13, 19).to_owned(),
            sex: sex(second(20, 21))?,
            date_of_expiry: second(21, 27).to_owned(),
            nationality: bare(second(10, 13)),
            optional_data,
            surname,
            given_names,
        }
        .with_dates(second(19, 20), second(27, 28))
    }

    fn with_dates(self, birth_digit: &str, expiry_digit: &str) -> Result<Self, LdsError> {
        verify_digit(&self.date_of_birth, birth_digit, MrzDefect::BirthCheckDigit)?;
        verify_digit(&self.date_of_expiry, expiry_digit, MrzDefect::ExpiryCheckDigit)?;
        let digits = |text: &str| text.bytes().all(|c| c.is_ascii_digit() || c == b'<');
        if digits(&self.date_of_birth) && digits(&self.date_of_expiry) {
            Ok(self)
        } else {
            Err(LdsError::Mrz(MrzDefect::Character))
        }
    }

    /// The twelve digits of a Vietnamese card: in the optional data of the first line, behind them two fillers and a
    /// check digit of their own that 9303 does not know (reference: public readers of the card).
    pub fn vietnamese_personal_number(&self) -> Result<Option<String>, LdsError> {
        if self.issuer != "VNM" || self.format != MrzFormat::Td1 {
            return Ok(None);
        }
        let Some((number, rest)) = self.optional_data.split_at_checked(12) else {
            return Ok(None);
        };
        if !number.bytes().all(|c| c.is_ascii_digit()) {
            return Ok(None);
        }
        if let Some(digit) = rest.strip_prefix("<<") {
            verify_digit(&format!("{number}<<"), digit, MrzDefect::OptionalCheckDigit)?;
        }
        Ok(Some(number.to_owned()))
    }

    /// The name in one line, surname first: `NGUYEN THI MAU`.
    pub fn name(&self) -> String {
        format!("{} {}", self.surname, self.given_names).trim().to_owned()
    }

    /// The date of expiry, always in this century (9303-3, 4.8 leaves the century to the reader).
    pub fn expiry(&self) -> Option<Date> {
        calendar(&self.date_of_expiry, 2000)
    }

    /// The date of birth as the last one of these two digits that is not after `today`.
    pub fn birth(&self, today: Date) -> Option<Date> {
        calendar(&self.date_of_birth, 2000)
            .filter(|date| *date <= today)
            .or_else(|| calendar(&self.date_of_birth, 1900))
    }
}

/// What is wrong with a zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MrzDefect {
    /// Neither 72, 88 nor 90 characters.
    #[error("wrong length")]
    Length,
    /// A character that may not stand there.
    #[error("wrong character")]
    Character,
    /// The document number's check digit.
    #[error("document number check digit")]
    DocumentNumberCheckDigit,
    /// The date of birth's check digit.
    #[error("date of birth check digit")]
    BirthCheckDigit,
    /// The date of expiry's check digit.
    #[error("date of expiry check digit")]
    ExpiryCheckDigit,
    /// The optional data's check digit.
    #[error("optional data check digit")]
    OptionalCheckDigit,
    /// The check digit over everything.
    #[error("composite check digit")]
    CompositeCheckDigit,
}

/// The check digit over a text of `A-Z 0-9 <` (9303-3, 4.9).
pub fn check_digit(text: &str) -> Option<char> {
    let mut sum = 0;
    for (character, weight) in text.chars().zip(WEIGHTS.iter().cycle()) {
        let value = match character {
            '<' => 0,
            'A'..='Z' | '0'..='9' => character.to_digit(36)?,
            _ => return None,
        };
        sum += value * weight;
    }
    char::from_digit(sum % 10, 10)
}

fn verify_digit(text: &str, digit: &str, defect: MrzDefect) -> Result<(), LdsError> {
    let right = check_digit(text).is_some_and(|right| digit.chars().eq([right]));
    // An unused field of fillers may have a filler for its digit (9303-3, 4.9).
    let unused = digit == "<" && text.chars().all(|c| c == '<');
    if right || unused { Ok(()) } else { Err(LdsError::Mrz(defect)) }
}

/// The document number and the optional data, whose beginning holds the overflow of a number longer than nine: then
/// a filler stands in place of the check digit.
fn document_number(nine: &str, digit: &str, optional: &str) -> Result<(String, String), LdsError> {
    if digit != "<" {
        verify_digit(nine, digit, MrzDefect::DocumentNumberCheckDigit)?;
        return Ok((bare(nine), bare(optional)));
    }
    let (overflow, rest) = optional.split_once('<').unwrap_or((optional, ""));
    let at = overflow.len().checked_sub(1).ok_or(LdsError::Mrz(MrzDefect::DocumentNumberCheckDigit))?;
    let (more, digit) = overflow.split_at(at);
    let number = format!("{nine}{more}");
    verify_digit(&number, digit, MrzDefect::DocumentNumberCheckDigit)?;
    Ok((number, bare(rest)))
}

fn bare(field: &str) -> String {
    field.trim_matches('<').to_owned()
}

fn names(field: &str) -> (String, String) {
    let spaced = |text: &str| text.trim_matches('<').replace('<', " ");
    let (surname, given) = field.split_once("<<").unwrap_or((field, ""));
    (spaced(surname), spaced(given))
}

fn sex(field: &str) -> Result<Sex, LdsError> {
    match field {
        "M" => Ok(Sex::Male),
        "F" => Ok(Sex::Female),
        "<" | "X" => Ok(Sex::Unspecified),
        _ => Err(LdsError::Mrz(MrzDefect::Character)),
    }
}

fn calendar(six: &str, century: i16) -> Option<Date> {
    let part = |from| six.get(from..from + 2).and_then(|two| two.parse::<i8>().ok());
    Date::new(century + i16::from(part(0)?), part(2)?, part(4)?).ok()
}
