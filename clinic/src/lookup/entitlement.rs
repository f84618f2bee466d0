//! What the desk shows and keeps of the portal's answer. Times are RFC 3339, dates ISO 8601; a date that the portal writes
//! in another way stays its text.
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use trust::time::Timestamp;

use super::codes::{Outcome, ResultCode};
use super::portal::{Failure, Reply};
use crate::insurance::{BenefitLevel, CardNumber, ObjectGroup, Words};

/// A sentence in both languages of the desk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wording {
    /// Vietnamese.
    pub vi: String,
    /// English.
    pub en: String,
}

impl From<Words> for Wording {
    fn from(words: Words) -> Self {
        Self { vi: words.vi.to_owned(), en: words.en.to_owned() }
    }
}

/// The answer to one question.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entitlement {
    /// What it means for the desk.
    pub result: Outcome,
    /// The portal's code, known here or not; null where it gave none.
    pub code: Option<String>,
    /// For the clerk.
    pub words: Wording,
    /// When it was asked.
    pub as_of: String,
    /// The card as the portal has it; null where it named none.
    pub details: Option<Details>,
}

/// A card as the portal has it. A member that it left out is null.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Details {
    /// Card number.
    pub number: Option<String>,
    /// Insured from.
    pub valid_from: Option<String>,
    /// Insured to.
    pub valid_to: Option<String>,
    /// Facility of first registration.
    pub facility: Option<String>,
    /// Third character of the number.
    pub benefit_level: Option<u8>,
    /// What that pays; null for a level that is not known.
    pub benefit: Option<Wording>,
    /// First two characters of the number.
    pub object_group: Option<String>,
    /// What they stand for; null for a group that is not known.
    pub object_group_words: Option<Wording>,
    /// Area code.
    pub area: Option<String>,
    /// Five-year date.
    pub five_years_from: Option<String>,
    /// Social-insurance number.
    pub social_number: Option<String>,
    /// The card that replaced this one.
    pub new_card: Option<NewCard>,
}

/// The card that replaced another.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewCard {
    /// Card number.
    pub number: String,
    /// Insured from.
    pub valid_from: Option<String>,
    /// Insured to.
    pub valid_to: Option<String>,
    /// Facility of first registration.
    pub facility: Option<String>,
}

/// Says what came of the question and nothing of the person: this type may end up in a log.
impl std::fmt::Debug for Entitlement {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Entitlement").field("result", &self.result).finish_non_exhaustive()
    }
}

impl Entitlement {
    /// There is not enough in the code to ask with.
    pub fn nothing_to_ask(now: Timestamp) -> Self {
        Self::new(Outcome::WrongInput, None, now)
    }

    pub(super) fn without_answer(failure: &Failure, now: Timestamp) -> Self {
        let (outcome, code) = match failure {
            Failure::Refused(code) => (Outcome::RefusedAccess, code),
            Failure::Failed(code) => (Outcome::AskAgain, code),
            Failure::NoAnswer => (Outcome::Unreachable, &None),
        };
        Self::new(outcome, code.clone(), now)
    }

    pub(super) fn of(reply: Reply, now: Timestamp) -> Self {
        let code = reply.code.clone().unwrap_or_default();
        let outcome = ResultCode::of(&code).map_or(Outcome::UnknownAnswer, |row| row.outcome);
        let mut entitlement = Self::new(outcome, Some(code), now);
        entitlement.details = Details::of(reply);
        entitlement
    }

    /// Cards of some groups are in no public register: for them "no such card" means that the clerk looks at the papers.
    #[must_use]
    pub(super) fn for_card(self, number: &str) -> Self {
        let elsewhere =
            CardNumber::parse(number).object_group().is_some_and(ObjectGroup::may_be_missing_in_the_register);
        if self.result != Outcome::NotFound || !elsewhere {
            return self;
        }
        Self { result: Outcome::CheckPapers, words: Outcome::CheckPapers.words().into(), ..self }
    }

    fn new(result: Outcome, code: Option<String>, now: Timestamp) -> Self {
        // The table's sentence says more than the outcome's.
        let row = code.as_deref().and_then(ResultCode::of).filter(|row| row.outcome == result);
        let words = row.map_or_else(|| result.words(), |row| row.words).into();
        Self { result, code, words, as_of: now.to_string(), details: None }
    }
}

impl Details {
    fn of(reply: Reply) -> Option<Self> {
        let number = reply.number?;
        let card = CardNumber::parse(&number);
        let (object_group, benefit_level) = match card {
            CardNumber::Card { group, level, .. } => (Some(group.to_owned()), Some(level)),
            _ => (None, None),
        };
        Some(Self {
            benefit_level,
            benefit: benefit_level.and_then(BenefitLevel::of).map(|level| level.words.into()),
            object_group,
            object_group_words: card.object_group().map(|group| group.words.into()),
            valid_from: reply.valid_from.map(day),
            valid_to: reply.valid_to.map(day),
            facility: reply.facility,
            area: reply.area,
            five_years_from: reply.five_years_from.map(day),
            social_number: reply.social_number,
            new_card: reply.new_number.map(|number| NewCard {
                number,
                valid_from: reply.new_valid_from.map(day),
                valid_to: reply.new_valid_to.map(day),
                facility: reply.new_facility,
            }),
            number: Some(number),
        })
    }
}

fn day(text: String) -> String {
    match Date::strptime("%d/%m/%Y", &text) {
        Ok(date) => date.to_string(),
        Err(_) => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lookup::CODES;

    const NOW: Timestamp = Timestamp::from_unix(1_748_736_000);

    fn answered(reply: &str) -> Entitlement {
        Entitlement::of(serde_json::from_str(reply).unwrap(), NOW)
    }

    #[test]
    fn every_code_of_the_table_stands_once_and_brings_its_own_words() {
        let mut codes: Vec<_> = CODES.iter().map(|row| row.code).collect();
        codes.sort_unstable();
        codes.dedup();
        assert_eq!((CODES.len(), codes.len()), (28, 28));
        for row in CODES {
            let entitlement = answered(&format!(r#"{{"maKetQua": "{}"}}"#, row.code));
            assert_eq!(
                (entitlement.result, entitlement.words),
                (row.outcome, row.words.into()),
                "{}",
                row.code
            );
        }
    }

    #[test]
    fn maps_each_kind_of_code() {
        for (code, outcome) in [
            ("000", "entitled"),
            ("003", "new_card"),
            ("004", "new_card"),
            ("001", "check_papers"),
            ("130", "check_papers"),
            ("010", "not_entitled"),
            ("110", "not_entitled"),
            ("124", "not_entitled"),
            ("050", "not_found"),
            ("053", "wrong_input"),
            ("205", "wrong_input"),
            ("055", "refused_access"),
            ("401", "refused_access"),
            ("061", "different_data"),
            ("090", "different_data"),
            ("101", "ask_again"),
            ("500", "ask_again"),
            ("777", "unknown_answer"),
        ] {
            assert_eq!(answered(&format!(r#"{{"maKetQua": "{code}"}}"#)).result.code(), outcome, "{code}");
        }
    }

    #[test]
    fn an_unknown_code_is_kept() {
        let entitlement = answered(r#"{"maKetQua": "777"}"#);
        assert_eq!(entitlement.code.as_deref(), Some("777"));
        assert_eq!(entitlement.words.en, Outcome::UnknownAnswer.words().en);
    }

    #[test]
    fn the_code_of_an_outcome_is_what_stands_in_json() {
        for row in CODES {
            assert_eq!(serde_json::to_value(row.outcome).unwrap(), row.outcome.code());
        }
        for outcome in [Outcome::Unreachable, Outcome::UnknownAnswer] {
            assert_eq!(serde_json::to_value(outcome).unwrap(), outcome.code());
        }
    }

    #[test]
    fn a_card_that_the_register_cannot_have_is_for_the_clerk() {
        let missing = || answered(r#"{"maKetQua": "050"}"#);
        assert_eq!(missing().for_card("QN5000000000001").result, Outcome::CheckPapers);
        assert_eq!(missing().for_card("DN4000000000001").result, Outcome::NotFound);
        assert_eq!(
            answered(r#"{"maKetQua": "060"}"#).for_card("QN5000000000001").result,
            Outcome::DifferentData
        );
    }

    #[test]
    fn details_have_words_where_they_are_known_and_texts_where_not() {
        let details = answered(
            r#"{"maKetQua": "000", "maThe": "HN2000000000001", "gtTheTu": "01/01/2024", "gtTheDen": "31.12.2029"}"#,
        )
        .details
        .unwrap();
        assert_eq!(details.object_group_words.unwrap().en, "Poor household");
        assert_eq!((details.benefit_level, details.benefit.unwrap().en.get(..4)), (Some(2), Some("100%")));
        assert_eq!(details.valid_from.as_deref(), Some("2024-01-01"));
        assert_eq!(details.valid_to.as_deref(), Some("31.12.2029"));
        let newer = answered(r#"{"maKetQua": "000", "maThe": "ZZ9000000000001"}"#).details.unwrap();
        assert_eq!((newer.object_group.as_deref(), newer.benefit_level), (Some("ZZ"), Some(9)));
        assert!(newer.object_group_words.is_none() && newer.benefit.is_none());
    }

    #[test]
    fn a_replaced_card_comes_with_the_new_one() {
        let entitlement = answered(
            r#"{"maKetQua": "003", "maThe": "DN4000000000001", "maTheMoi": "GD4000000000001", "gtTheDenMoi": "31/12/2030"}"#,
        );
        let new = entitlement.details.unwrap().new_card.unwrap();
        assert_eq!((new.number.as_str(), new.valid_to.as_deref()), ("GD4000000000001", Some("2030-12-31")));
    }
}
