//! EF.DG13 of the Vietnamese card: `6D { SEQUENCE { INTEGER, OID, SET { SEQUENCE { INTEGER n, value } } } }`, as
//! public readers of the card found it. Numbers that nobody has explained yet are kept.
use std::collections::BTreeMap;

use jiff::civil::Date;

use super::LdsError;
use crate::asn1::{Element, Malformed, SEQUENCE, SET};

/// What the card's field 1 to 16 say; each may be absent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dg13 {
    /// 1: twelve-digit personal number.
    pub number: Option<String>,
    /// 2: full name with diacritics.
    pub name: Option<String>,
    /// 3: date of birth as printed.
    pub date_of_birth: Option<String>,
    /// 4: sex as printed (Nam, Nữ).
    pub sex: Option<String>,
    /// 5: nationality as printed.
    pub nationality: Option<String>,
    /// 6: ethnicity.
    pub ethnicity: Option<String>,
    /// 7: religion.
    pub religion: Option<String>,
    /// 8: place of origin.
    pub origin: Option<String>,
    /// 9: permanent residence.
    pub residence: Option<String>,
    /// 10: identifying marks.
    pub marks: Option<String>,
    /// 11: date of issue as printed.
    pub issued: Option<String>,
    /// 12: date of expiry as printed; cards without one carry words.
    pub expires: Option<String>,
    /// 13: the father's name.
    pub father: Option<String>,
    /// 13: the mother's name.
    pub mother: Option<String>,
    /// 14: the spouse's name.
    pub spouse: Option<String>,
    /// 15: the old nine-digit number.
    pub old_number: Option<String>,
    /// 16: sixteen hexadecimal characters, taken for the chip's identifier.
    pub chip_id: Option<String>,
    /// Any other number: its text, or its value in hexadecimal where it is no text.
    pub unknown: BTreeMap<u32, String>,
}

const UTF8_STRING: u32 = 0x0c;
const PRINTABLE_STRING: u32 = 0x13;

/// Reads EF.DG13.
pub fn dg13(file: &[u8]) -> Result<Dg13, LdsError> {
    let mut content = Element::first(file)?.tagged(0x6d)?.inside().expect(SEQUENCE)?.inside();
    let mut fields = loop {
        let element = content.next()?;
        if element.tag == SET {
            break element.inside();
        }
    };
    let mut read = Dg13::default();
    while !fields.0.is_empty() {
        let mut field = fields.expect(SEQUENCE)?.inside();
        let number = field.next()?.small()?;
        let value = field.next()?;
        field.end()?;
        read.take(number, value)?;
    }
    Ok(read)
}

impl Dg13 {
    fn take(&mut self, number: u32, value: Element<'_>) -> Result<(), LdsError> {
        match number {
            13 => {
                let mut parents = names(value)?.into_iter();
                (self.father, self.mother) = (parents.next().flatten(), parents.next().flatten());
                return Ok(());
            }
            14 => {
                self.spouse = names(value)?.into_iter().next().flatten();
                return Ok(());
            }
            _ => {}
        }
        let slot = match number {
            1 => &mut self.number,
            2 => &mut self.name,
            3 => &mut self.date_of_birth,
            4 => &mut self.sex,
            5 => &mut self.nationality,
            6 => &mut self.ethnicity,
            7 => &mut self.religion,
            8 => &mut self.origin,
            9 => &mut self.residence,
            10 => &mut self.marks,
            11 => &mut self.issued,
            12 => &mut self.expires,
            15 => &mut self.old_number,
            16 => &mut self.chip_id,
            other => {
                let kept = text(value).ok().flatten().unwrap_or_else(|| hexadecimal(value.raw));
                return if self.unknown.insert(other, kept).is_none() {
                    Ok(())
                } else {
                    Err(Malformed.into())
                };
            }
        };
        if slot.is_some() {
            return Err(Malformed.into());
        }
        *slot = text(value)?;
        Ok(())
    }
}

/// A text field; an empty one is absent.
fn text(value: Element<'_>) -> Result<Option<String>, LdsError> {
    if !matches!(value.tag, UTF8_STRING | PRINTABLE_STRING) {
        return Err(Malformed.into());
    }
    let text = std::str::from_utf8(value.value).map_err(|_| LdsError::NotUtf8)?;
    Ok(Some(text.to_owned()).filter(|text| !text.is_empty()))
}

fn names(value: Element<'_>) -> Result<Vec<Option<String>>, LdsError> {
    value.tagged(SEQUENCE)?.inside().all()?.into_iter().map(text).collect()
}

fn hexadecimal(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::new(), |mut out, byte| {
        let _ = write!(out, "{byte:02x}");
        out
    })
}

/// A printed date `dd/MM/yyyy`.
pub fn printed_date(text: &str) -> Option<Date> {
    let mut parts = text.split('/');
    let mut part = |width: usize| {
        parts.next().filter(|part| part.len() == width && part.bytes().all(|c| c.is_ascii_digit()))
    };
    let (day, month, year) = (part(2)?, part(2)?, part(4)?);
    if parts.next().is_some() {
        return None;
    }
    Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).ok()
}
