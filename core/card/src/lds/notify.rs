//! EF.DG16: persons to notify (9303-10, 4.7.16): `70 { 02 count, A1 { ... }, A2 { ... } ... }`.
use super::LdsError;
use super::text::{digits, parts, text};
use crate::asn1::{Element, INTEGER, Malformed};

/// A person to notify in an emergency; each field may be absent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PersonToNotify {
    /// 5F50: the day of the entry, eight digits `yyyyMMdd`.
    pub recorded: Option<String>,
    /// 5F51.
    pub name: Option<String>,
    /// 5F52.
    pub telephone: Option<String>,
    /// 5F53: address, in parts.
    pub address: Vec<String>,
}

/// Reads EF.DG16.
pub fn dg16(file: &[u8]) -> Result<Vec<PersonToNotify>, LdsError> {
    let mut group = Element::first(file)?.tagged(0x70)?.inside();
    let count = group.expect(INTEGER)?.small()?;
    let persons = group.all()?;
    if usize::try_from(count).ok() != Some(persons.len()) {
        return Err(Malformed.into());
    }
    persons.into_iter().map(person).collect()
}

fn person(template: Element<'_>) -> Result<PersonToNotify, LdsError> {
    if !(0xa1..=0xaf).contains(&template.tag) {
        return Err(Malformed.into());
    }
    let mut read = PersonToNotify::default();
    for field in template.inside().all()? {
        match field.tag {
            0x5f50 => read.recorded = digits(field.value, 8)?,
            0x5f51 => read.name = text(field.value)?,
            0x5f52 => read.telephone = text(field.value)?,
            0x5f53 => read.address = parts(field.value)?,
            _ => return Err(Malformed.into()),
        }
    }
    Ok(read)
}
