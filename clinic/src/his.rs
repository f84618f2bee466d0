//! A checked person in the forms that hospital software takes: [`lines`] typed at the cursor, the check-in row of
//! Decision 4750 ([`row4750`]), and FHIR ([`fhir`]).
//!
//! These are pure functions over an [`Answer`]. A refused code gives nothing. What is genuine and what a person still has to
//! decide (`unsure`) are told apart where the form has a place for it.
pub mod fhir;
pub mod lines;
pub mod row4750;

use jiff::civil::Date;

use crate::answer::{Answer, AnswerClaims, AnswerInsurance, Verdict};

/// The answer holds no person: the code was refused, or says nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no person in this answer")]
pub struct NoPerson;

/// The person of an answer, and whether the code proved that it is this person.
#[derive(Clone, Copy)]
struct Person<'a> {
    claims: &'a AnswerClaims,
    proven: bool,
}

impl<'a> Person<'a> {
    fn of(answer: &'a Answer) -> Result<Self, NoPerson> {
        let claims = answer.claims.as_ref().filter(|_| answer.verdict != Verdict::Refused).ok_or(NoPerson)?;
        Ok(Self { claims, proven: answer.verdict == Verdict::Accepted })
    }

    fn insurance(self) -> Option<&'a AnswerInsurance> {
        self.claims.insurance.as_ref()
    }
}

/// Text without control characters: a tab or a line break would move the cursor to another field, or a value to another
/// column, and the rest is never part of a name or a number.
fn plain(text: &str) -> String {
    text.split(char::is_control).filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ")
}

/// A date, or the year alone where no more is known.
#[derive(Clone, Copy)]
enum Day {
    Date(Date),
    Year(i16),
}

impl Day {
    fn parse(text: &str) -> Option<Self> {
        if let Ok(date) = text.parse::<Date>() {
            return Some(Self::Date(date));
        }
        let is_year = text.len() == 4 && text.bytes().all(|digit| digit.is_ascii_digit());
        if is_year { text.parse().ok().map(Self::Year) } else { None }
    }
}

#[cfg(test)]
mod tests;
