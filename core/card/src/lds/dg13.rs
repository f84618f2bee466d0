//! EF.DG13 of the Vietnamese card: `6D { SEQUENCE { INTEGER, OID, SET { SEQUENCE { INTEGER n, value } } } }`, as
//! public readers of the card found it. Numbers that nobody has explained yet are kept.
use std::collections::BTreeMap;

use jiff::civil::Date;

use super::LdsError;
use crate::asn1::{Element, Malformed, SEQUENCE, SET, Walk};

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

/// UTF8String, NumericString, PrintableString, IA5String, VisibleString: all of them UTF-8.
const STRINGS: [u32; 5] = [0x0c, 0x12, 0x13, 0x16, 0x1a];

/// Reads EF.DG13.
pub fn dg13(file: &[u8]) -> Result<Dg13, LdsError> {
    let mut content = Element::first(file)?.tagged(0x6d)?.inside().expect(SEQUENCE)?.inside();
    let fields = loop {
        let element = content.next()?;
        if element.tag == SET {
            break element.inside();
        }
    };
    let mut read = Dg13::default();
    // A kept field takes more room than an empty one has in the file; there are at most as many as a walk gives.
    for field in fields.all()? {
        let mut field = field.tagged(SEQUENCE)?.inside();
        let number = field.next()?.small()?;
        read.take(number, field)?;
    }
    Ok(read)
}

impl Dg13 {
    fn take(&mut self, number: u32, mut values: Walk<'_>) -> Result<(), LdsError> {
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
            13 => return self.take_parents(values),
            14 => return self.take_spouse(values),
            15 => &mut self.old_number,
            16 => &mut self.chip_id,
            other => return self.keep(other, values),
        };
        let value = values.next()?;
        values.end()?;
        if slot.is_some() {
            return Err(Malformed.into());
        }
        *slot = text(value)?;
        Ok(())
    }

    fn take_parents(&mut self, mut values: Walk<'_>) -> Result<(), LdsError> {
        let mut parents = values.expect(SEQUENCE)?.inside();
        values.end()?;
        if self.father.is_some() || self.mother.is_some() {
            return Err(Malformed.into());
        }
        (self.father, self.mother) = (name(&mut parents)?, name(&mut parents)?);
        self.keep_rest(13, parents)
    }

    fn take_spouse(&mut self, mut values: Walk<'_>) -> Result<(), LdsError> {
        let mut spouse = values.expect(SEQUENCE)?.inside();
        values.end()?;
        if self.spouse.is_some() {
            return Err(Malformed.into());
        }
        self.spouse = name(&mut spouse)?;
        self.keep_rest(14, spouse)
    }

    fn keep_rest(&mut self, number: u32, rest: Walk<'_>) -> Result<(), LdsError> {
        if rest.0.is_empty() { Ok(()) } else { self.keep(number, rest) }
    }

    /// Keeps the text of a single value, or all of them in hexadecimal.
    fn keep(&mut self, number: u32, values: Walk<'_>) -> Result<(), LdsError> {
        let single = Element::whole(values.0).ok().and_then(|value| text(value).ok());
        let kept = single.map_or_else(|| hexadecimal(values.0), Option::unwrap_or_default);
        match self.unknown.insert(number, kept) {
            None => Ok(()),
            Some(_) => Err(Malformed.into()),
        }
    }
}

/// A text field; an empty one is absent.
fn text(value: Element<'_>) -> Result<Option<String>, LdsError> {
    if !STRINGS.contains(&value.tag) {
        return Err(Malformed.into());
    }
    let text = std::str::from_utf8(value.value).map_err(|_| LdsError::NotUtf8)?;
    Ok(Some(text.to_owned()).filter(|text| !text.is_empty()))
}

/// The next name, where there is another.
fn name(names: &mut Walk<'_>) -> Result<Option<String>, LdsError> {
    if names.0.is_empty() { Ok(None) } else { text(names.next()?) }
}

fn hexadecimal(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut out, byte| {
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
