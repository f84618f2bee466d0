//! Words for what stands on a health-insurance card. What is not known stays the text that it is.
//!
//! A card number is one of three: fifteen characters `AA L PP SSSSSSSSSS` (object group, benefit level, province,
//! social-insurance number), the ten digits of the social-insurance number alone (cards from April 2021), or the twelve of
//! the personal number (from August 2025).
mod groups;

use serde::Serialize;

pub use groups::{GROUPS, ObjectGroup};

/// A sentence for the clerk, in both languages of the desk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Words {
    /// Vietnamese.
    pub vi: &'static str,
    /// English.
    pub en: &'static str,
}

/// How much the insurance pays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BenefitLevel {
    /// 1 to 5.
    pub level: u8,
    /// The rule in words.
    pub words: Words,
}

const LEVELS: [BenefitLevel; 5] = [
    BenefitLevel {
        level: 1,
        words: Words {
            vi: "100% chi phí, không giới hạn tỷ lệ thanh toán một số thuốc, vật tư, dịch vụ",
            en: "100% of the costs, without limits for certain drugs, supplies and services",
        },
    },
    BenefitLevel {
        level: 2,
        words: Words {
            vi: "100% chi phí, có giới hạn tỷ lệ thanh toán một số thuốc, vật tư, dịch vụ",
            en: "100% of the costs, with limits for certain drugs, supplies and services",
        },
    },
    BenefitLevel {
        level: 3,
        words: Words {
            vi: "95% chi phí; 100% tại tuyến xã hoặc khi chi phí một lần khám thấp hơn 15% mức lương cơ sở",
            en: "95% of the costs; 100% at commune level or where a visit costs less than 15% of the base salary",
        },
    },
    BenefitLevel {
        level: 4,
        words: Words {
            vi: "80% chi phí; 100% tại tuyến xã hoặc khi chi phí một lần khám thấp hơn 15% mức lương cơ sở",
            en: "80% of the costs; 100% at commune level or where a visit costs less than 15% of the base salary",
        },
    },
    BenefitLevel {
        level: 5,
        words: Words {
            vi: "100% chi phí, kể cả chi phí ngoài phạm vi hưởng",
            en: "100% of the costs, those outside the benefits included",
        },
    },
];

impl BenefitLevel {
    /// The level of this number.
    pub fn of(level: u8) -> Option<&'static Self> {
        LEVELS.iter().find(|known| known.level == level)
    }
}

/// A card number taken apart.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum CardNumber<'a> {
    /// Fifteen characters.
    Card {
        /// Object group, two letters, known or not.
        group: &'a str,
        /// Benefit level, one digit, known or not.
        level: u8,
    },
    /// Ten digits.
    Social(&'a str),
    /// Twelve digits.
    Personal(&'a str),
    /// Anything else, as it is.
    Other(&'a str),
}

impl<'a> CardNumber<'a> {
    /// Takes a number apart.
    pub fn parse(text: &'a str) -> Self {
        let digits = |part: &str| part.bytes().all(|octet| octet.is_ascii_digit());
        match text.len() {
            10 if digits(text) => return Self::Social(text),
            12 if digits(text) => return Self::Personal(text),
            15 => {}
            _ => return Self::Other(text),
        }
        let parts = (text.get(..2), text.get(2..3), text.get(3..5), text.get(5..));
        let (Some(group), Some(level), Some(province), Some(social)) = parts else {
            return Self::Other(text);
        };
        let letters = group.bytes().all(|octet| octet.is_ascii_uppercase());
        match level.parse() {
            Ok(level) if letters && digits(province) && digits(social) => Self::Card { group, level },
            _ => Self::Other(text),
        }
    }

    /// The group of the insured, where the number names one that is known.
    pub fn object_group(self) -> Option<&'static ObjectGroup> {
        match self {
            Self::Card { group, .. } => ObjectGroup::of(group),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_a_number_of_fifteen_apart() {
        let number = CardNumber::parse("DN4000000000001");
        assert!(number == CardNumber::Card { group: "DN", level: 4 });
        assert_eq!(number.object_group().map(|group| group.words.en), Some("Employee of an enterprise"));
        assert!(BenefitLevel::of(4).unwrap().words.en.starts_with("80% of the costs"));
    }

    #[test]
    fn knows_ten_and_twelve_digits_for_what_they_are() {
        assert!(CardNumber::parse("0000000001") == CardNumber::Social("0000000001"));
        assert!(CardNumber::parse("000199012345") == CardNumber::Personal("000199012345"));
    }

    #[test]
    fn keeps_what_it_does_not_know_as_text() {
        for text in
            ["", "dn4000000000001", "DN40000000000", "DNX000000000001", "DN400000000000Đ", "ĐN400000000000"]
        {
            assert!(CardNumber::parse(text) == CardNumber::Other(text), "{text}");
        }
        let newer = CardNumber::parse("ZZ9000000000001");
        assert!(newer == CardNumber::Card { group: "ZZ", level: 9 });
        assert!(newer.object_group().is_none() && BenefitLevel::of(9).is_none());
    }

    #[test]
    fn every_group_stands_once() {
        let mut codes: Vec<_> = GROUPS.iter().map(|group| group.code).collect();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!((GROUPS.len(), codes.len()), (44, 44));
    }

    #[test]
    fn cards_of_the_ministries_may_be_missing_in_the_register() {
        let missing = |code| ObjectGroup::of(code).map(ObjectGroup::may_be_missing_in_the_register);
        assert_eq!((missing("QN"), missing("DN")), (Some(true), Some(false)));
    }
}
