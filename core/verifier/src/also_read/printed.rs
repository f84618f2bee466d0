//! Printed codes that anyone can print: the paper insurance card's and the identity card's. Plain text joined by `|`;
//! the paper card's check string is opaque, and nobody signed either.
use credential::claims::{Claims, Sex};
use jiff::civil::Date;

use super::{Found, Issuer};
use crate::reason::Reason;

/// Fields of an identity card of 2021; later ones have more.
const CARD_FIELDS: usize = 7;
/// Fields of a paper insurance card that are always there, the end mark excepted.
const PAPER_FIELDS: usize = 14;

/// Whether a text seems to come from a paper insurance card: it ends with the mark that the cards print.
pub(super) fn is_paper(scanned: &str) -> bool {
    let text = scanned.trim_end();
    text.ends_with('$') && text.matches('|').count() >= PAPER_FIELDS
}

/// Whether a text seems to come from an identity card: it begins with twelve digits.
pub(super) fn is_card(scanned: &str) -> bool {
    let mut fields = scanned.split('|');
    let number = fields.next().unwrap_or_default();
    is_digits(number, 12) && fields.count() + 1 >= CARD_FIELDS
}

pub(super) fn read_paper(text: &str) -> Result<Found, Reason> {
    let text = text.trim_end().strip_suffix('$').ok_or(Reason::Malformed)?;
    let fields: Vec<&str> = text.split('|').map(str::trim).collect();
    let field = |at: usize| fields.get(at).copied().filter(|text| !text.is_empty() && *text != "-");
    let number = field(0).filter(|number| is_card_number(number)).ok_or(Reason::Malformed)?;
    let name = field(1).and_then(hex_text).ok_or(Reason::Malformed)?;
    let facility = field(5).map(|facility| facility.replace(" - ", ""));
    let level = field(14).and_then(|level| level.parse().ok()).filter(|level| (1..=5).contains(level));
    // Older cards carry the level as the third character of the number.
    let level = level.or_else(|| number.get(2..3)?.parse().ok().filter(|_| number.len() == 15));
    Ok(nobody(Claims {
        name: Some(name),
        birth_date: field(2).and_then(|date| Date::strptime("%d/%m/%Y", date).ok()),
        sex: field(3).map(|sex| if sex == "1" { Sex::Male } else { Sex::Female }),
        insurance_number: Some(number.to_owned()),
        facility: facility.filter(|facility| is_digits(facility, 5)),
        valid_from: field(6).and_then(|date| Date::strptime("%d/%m/%Y", date).ok()),
        valid_to: field(7).and_then(|date| Date::strptime("%d/%m/%Y", date).ok()),
        five_years_from: field(12).and_then(|date| Date::strptime("%d/%m/%Y", date).ok()),
        benefit_level: level,
        ..Claims::default()
    }))
}

pub(super) fn read_card(text: &str) -> Result<Found, Reason> {
    let fields: Vec<&str> = text.split('|').map(str::trim).collect();
    let field = |at: usize| fields.get(at).copied().filter(|text| !text.is_empty());
    let number = field(0).filter(|number| is_digits(number, 12)).ok_or(Reason::Malformed)?;
    let name = field(2).ok_or(Reason::Malformed)?;
    Ok(nobody(Claims {
        number: Some(number.to_owned()),
        name: Some(name.to_owned()),
        birth_date: field(3).and_then(|date| Date::strptime("%d%m%Y", date).ok()),
        sex: match field(4) {
            Some("Nam") => Some(Sex::Male),
            Some("Nữ") => Some(Sex::Female),
            _ => None,
        },
        ..Claims::default()
    }))
}

const fn nobody(claims: Claims) -> Found {
    Found { claims, issuer: Issuer::Nobody }
}

fn is_digits(text: &str, length: usize) -> bool {
    text.len() == length && text.bytes().all(|character| character.is_ascii_digit())
}

/// Ten, twelve or fifteen characters.
fn is_card_number(text: &str) -> bool {
    let plain = text.bytes().all(|character| character.is_ascii_digit() || character.is_ascii_uppercase());
    plain && matches!(text.len(), 10 | 12 | 15)
}

fn hex_text(text: &str) -> Option<String> {
    let byte = |at| u8::from_str_radix(text.get(at..at + 2)?, 16).ok();
    let bytes: Option<Vec<u8>> = (0..text.len()).step_by(2).map(byte).collect();
    String::from_utf8(bytes?).ok()
}
