//! The twelve-digit personal number.
use super::provinces::PROVINCES;
use crate::lds::mrz::Sex;

/// Twelve digits. What they seem to say is a hint: the circular behind their meaning has ended, and persons change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PersonalNumber(String);

/// Anything but twelve digits.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a personal number has twelve digits")]
pub struct NotAPersonalNumber;

impl PersonalNumber {
    /// From exactly twelve ASCII digits.
    pub fn parse(text: &str) -> Result<Self, NotAPersonalNumber> {
        if text.len() == 12 && text.bytes().all(|c| c.is_ascii_digit()) {
            Ok(Self(text.to_owned()))
        } else {
            Err(NotAPersonalNumber)
        }
    }

    /// The digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The card access number: the last six digits.
    pub fn card_access_number(&self) -> &str {
        self.0.get(6..).unwrap_or_default()
    }

    /// The document number of the machine readable zone: the last nine digits.
    pub fn document_number(&self) -> &str {
        self.0.get(3..).unwrap_or_default()
    }

    /// A hint: the province where the birth was registered.
    pub fn province(&self) -> Option<&'static str> {
        let code = self.0.get(..3)?;
        PROVINCES.iter().find(|(known, _)| *known == code).map(|(_, name)| *name)
    }

    /// A hint: the sex that was registered at birth.
    pub fn sex(&self) -> Sex {
        if self.century_digit().is_multiple_of(2) { Sex::Male } else { Sex::Female }
    }

    /// A hint: the year of birth.
    pub fn birth_year(&self) -> i16 {
        let year = self.0.get(4..6).and_then(|two| two.parse().ok()).unwrap_or(0);
        1900 + 100 * i16::from(self.century_digit() / 2) + year
    }

    /// The fourth digit: 0 and 1 for the twentieth century, and so on.
    fn century_digit(&self) -> u8 {
        self.0.as_bytes().get(3).map_or(0, |digit| digit - b'0')
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digits_hint_at_province_sex_and_year() {
        for (text, province, sex, year) in [
            ("000090000001", None, Sex::Male, 1990),
            ("001190000002", Some("Hà Nội"), Sex::Female, 1990),
            ("079215000003", Some("Hồ Chí Minh"), Sex::Male, 2015),
            ("096399000004", Some("Cà Mau"), Sex::Female, 2099),
            ("003900000005", None, Sex::Female, 2300),
        ] {
            let number = PersonalNumber::parse(text).unwrap();
            assert_eq!((number.province(), number.sex(), number.birth_year()), (province, sex, year));
        }
    }

    #[test]
    fn the_last_digits_open_the_chip() {
        let number = PersonalNumber::parse("000204067891").unwrap();
        assert_eq!((number.card_access_number(), number.document_number()), ("067891", "204067891"));
    }

    #[test]
    fn nothing_but_twelve_digits_is_a_number() {
        for text in ["", "00009000000", "0000900000012", "00009000000a", "00009000000１", " 00009000000"] {
            assert_eq!(PersonalNumber::parse(text), Err(NotAPersonalNumber), "{text}");
        }
    }

    #[test]
    fn every_province_has_a_code_of_three_digits_in_rising_order() {
        assert_eq!(PROVINCES.len(), 63);
        assert!(PROVINCES.iter().all(|(code, _)| code.len() == 3 && code.parse::<u16>().is_ok()));
        assert!(PROVINCES.is_sorted_by(|one, next| one.0 < next.0));
    }
}
