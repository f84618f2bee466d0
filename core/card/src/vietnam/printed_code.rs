//! The QR code printed on the card: `number|old number|name|birth|sex|address|issued`, and on newer cards more. Nobody
//! signs it: it helps to open the chip and to fill in a form.
use jiff::civil::Date;

use super::PersonalNumber;
use crate::lds::mrz::Sex;

/// What the printed code says, unproven.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PrintedCode {
    /// The personal number.
    pub number: PersonalNumber,
    /// The nine digits of the former card, where there was one.
    pub old_number: Option<String>,
    /// The name with diacritics.
    pub name: String,
    /// Date of birth.
    pub date_of_birth: Date,
    /// Sex.
    pub sex: Sex,
    /// Permanent residence, on cards since 2024 the place of residence.
    pub address: String,
    /// Day of issue.
    pub issued: Date,
    /// What newer cards append, in its order.
    pub further: Vec<String>,
}

/// What is wrong with the text of a printed code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PrintedCodeDefect {
    /// Longer than any such code.
    #[error("too long")]
    TooLong,
    /// Fewer than seven fields.
    #[error("too few fields")]
    TooFewFields,
    /// The personal number or the old one.
    #[error("number")]
    Number,
    /// A date that is not `ddMMyyyy`.
    #[error("date")]
    Date,
    /// The sex.
    #[error("sex")]
    Sex,
    /// No name.
    #[error("name")]
    Name,
    /// The scanner lost the diacritics: it types on a keyboard of another language.
    #[error("the scanner lost the diacritics")]
    LostDiacritics,
}

/// A QR code of the largest version holds no more.
const MOST_OCTETS: usize = 2953;

impl PrintedCode {
    /// Reads the text of the code; a scanner's line ending is ignored.
    pub fn parse(text: &str) -> Result<Self, PrintedCodeDefect> {
        if text.len() > MOST_OCTETS {
            return Err(PrintedCodeDefect::TooLong);
        }
        let fields: Vec<&str> = text.trim_end_matches(['\r', '\n']).split('|').collect();
        let [number, old_number, name, birth, sex, address, issued, further @ ..] = fields.as_slice() else {
            return Err(PrintedCodeDefect::TooFewFields);
        };
        if [name, address].iter().any(|field| field.contains(['?', '\u{fffd}'])) {
            return Err(PrintedCodeDefect::LostDiacritics);
        }
        if name.trim().is_empty() {
            return Err(PrintedCodeDefect::Name);
        }
        Ok(Self {
            number: PersonalNumber::parse(number).map_err(|_| PrintedCodeDefect::Number)?,
            old_number: parse_old_number(old_number)?,
            name: (*name).to_owned(),
            date_of_birth: parse_date(birth)?,
            sex: parse_sex(sex)?,
            address: (*address).to_owned(),
            issued: parse_date(issued)?,
            further: further.iter().map(|field| (*field).to_owned()).collect(),
        })
    }
}

fn parse_old_number(text: &str) -> Result<Option<String>, PrintedCodeDefect> {
    match text.len() {
        0 => Ok(None),
        9 if text.bytes().all(|c| c.is_ascii_digit()) => Ok(Some(text.to_owned())),
        _ => Err(PrintedCodeDefect::Number),
    }
}

fn parse_date(text: &str) -> Result<Date, PrintedCodeDefect> {
    if text.len() != 8 || !text.bytes().all(|c| c.is_ascii_digit()) {
        return Err(PrintedCodeDefect::Date);
    }
    let part = |from, to| text.get(from..to).and_then(|part| part.parse::<i16>().ok()).unwrap_or(0);
    let small = |value| i8::try_from(value).map_err(|_| PrintedCodeDefect::Date);
    Date::new(part(4, 8), small(part(2, 4))?, small(part(0, 2))?).map_err(|_| PrintedCodeDefect::Date)
}

/// The second form is the same letter in its parts, as some scanners type it.
fn parse_sex(text: &str) -> Result<Sex, PrintedCodeDefect> {
    match text {
        "Nam" => Ok(Sex::Male),
        "N\u{1eef}" | "Nu\u{31b}\u{303}" | "N\u{1b0}\u{303}" => Ok(Sex::Female),
        "N?" | "N\u{fffd}" | "Nu" => Err(PrintedCodeDefect::LostDiacritics),
        _ => Err(PrintedCodeDefect::Sex),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    const OLD: &str =
        "000090000001|000000001|Nguyễn Văn A|01011990|Nam|Số 1 Đường Mẫu, Phường Mẫu, Hà Nội|01012022";

    #[test]
    fn reads_the_seven_fields_and_keeps_what_newer_cards_append() {
        let read = PrintedCode::parse(OLD).unwrap();
        assert_eq!(read.number.as_str(), "000090000001");
        assert_eq!(read.old_number.as_deref(), Some("000000001"));
        assert_eq!((read.name.as_str(), read.sex), ("Nguyễn Văn A", Sex::Male));
        assert_eq!((read.date_of_birth, read.issued), (date(1990, 1, 1), date(2022, 1, 1)));
        assert!(read.further.is_empty());
        let newer = PrintedCode::parse(&format!("{OLD}||Nguyễn Văn Cha|\r\n")).unwrap();
        assert_eq!(newer.further, ["", "Nguyễn Văn Cha", ""]);
    }

    #[test]
    fn the_old_number_may_be_empty() {
        let read =
            PrintedCode::parse("000190000002||Trần Thị B|02021990|Nữ|Thôn Mẫu, Nghệ An|02022022").unwrap();
        assert_eq!((read.old_number, read.sex), (None, Sex::Female));
    }

    #[test]
    fn says_what_is_wrong() {
        let changed = |from, to| PrintedCode::parse(&OLD.replacen(from, to, 1)).unwrap_err();
        assert_eq!(PrintedCode::parse(""), Err(PrintedCodeDefect::TooFewFields));
        assert_eq!(changed("|000000001", ""), PrintedCodeDefect::TooFewFields);
        assert_eq!(changed("000090000001", "00009000001"), PrintedCodeDefect::Number);
        assert_eq!(changed("000000001|", "00000000|"), PrintedCodeDefect::Number);
        assert_eq!(changed("01011990", "1990-1-1"), PrintedCodeDefect::Date);
        assert_eq!(changed("01011990", "31021990"), PrintedCodeDefect::Date);
        assert_eq!(changed("01012022", "01132022"), PrintedCodeDefect::Date);
        assert_eq!(changed("Nam", "Nữa"), PrintedCodeDefect::Sex);
        assert_eq!(changed("Nguyễn Văn A", " "), PrintedCodeDefect::Name);
        assert_eq!(changed("Nam", &"N".repeat(3000)), PrintedCodeDefect::TooLong);
    }

    #[test]
    fn tells_a_scanner_that_loses_diacritics_from_a_wrong_code() {
        for (from, to) in
            [("Nguyễn", "Nguy?n"), ("Đường", "\u{fffd}ường"), ("|Nam|", "|Nu|"), ("|Nam|", "|N?|")]
        {
            assert_eq!(
                PrintedCode::parse(&OLD.replacen(from, to, 1)),
                Err(PrintedCodeDefect::LostDiacritics)
            );
        }
        let decomposed = OLD.replacen("Nam", "Nu\u{31b}\u{303}", 1);
        assert_eq!(PrintedCode::parse(&decomposed).unwrap().sex, Sex::Female);
    }
}
