//! EF.DG11 and EF.DG12: further particulars of the holder and of the document (9303-10, 4.7.11 and 4.7.12). Real files
//! hold empty fields and fields that the list of tags in front does not name.
use std::collections::BTreeMap;

use super::LdsError;
use super::text::{digits, list, parts, text};
use crate::asn1::{Element, Malformed};

/// Particulars of the holder; each may be absent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dg11 {
    /// 5F0E: full name, in national characters.
    pub name: Option<String>,
    /// 5F0F: other names.
    pub other_names: Vec<String>,
    /// 5F10: personal number.
    pub personal_number: Option<String>,
    /// 5F2B: eight digits `yyyyMMdd`.
    pub date_of_birth: Option<String>,
    /// 5F11: place of birth, in parts.
    pub place_of_birth: Vec<String>,
    /// 5F42: permanent address, in parts.
    pub address: Vec<String>,
    /// 5F12.
    pub telephone: Option<String>,
    /// 5F13.
    pub profession: Option<String>,
    /// 5F14.
    pub title: Option<String>,
    /// 5F15.
    pub personal_summary: Option<String>,
    /// 5F16: image of a proof of citizenship.
    pub proof_of_citizenship: Option<Vec<u8>>,
    /// 5F17: numbers of other travel documents.
    pub other_documents: Vec<String>,
    /// 5F18.
    pub custody: Option<String>,
    /// Any other field, by tag.
    pub unknown: BTreeMap<u32, Vec<u8>>,
}

/// Particulars of the document; each may be absent.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dg12 {
    /// 5F19.
    pub issuing_authority: Option<String>,
    /// 5F26: eight digits `yyyyMMdd`.
    pub date_of_issue: Option<String>,
    /// 5F1A: other persons on the document.
    pub other_persons: Vec<String>,
    /// 5F1B.
    pub endorsements: Option<String>,
    /// 5F1C: tax or exit requirements.
    pub tax_or_exit: Option<String>,
    /// 5F1D: image of the front.
    pub front: Option<Vec<u8>>,
    /// 5F1E: image of the rear.
    pub rear: Option<Vec<u8>>,
    /// 5F55: fourteen digits `yyyyMMddHHmmss`.
    pub personalised_at: Option<String>,
    /// 5F56: serial number of the system that personalised it.
    pub personalised_by: Option<String>,
    /// Any other field, by tag.
    pub unknown: BTreeMap<u32, Vec<u8>>,
}

/// The list of tags; it says nothing that the fields do not.
const TAG_LIST: u32 = 0x5c;
/// The template around a list.
const LIST: u32 = 0xa0;

/// Reads EF.DG11.
pub fn dg11(file: &[u8]) -> Result<Dg11, LdsError> {
    let mut read = Dg11::default();
    for field in fields(file, 0x6b)? {
        let value = field.value;
        match field.tag {
            TAG_LIST => {}
            0x5f0e => read.name = text(value)?,
            LIST => read.other_names = list(field, 0x5f0f)?,
            0x5f10 => read.personal_number = text(value)?,
            0x5f2b => read.date_of_birth = digits(value, 8)?,
            0x5f11 => read.place_of_birth = parts(value)?,
            0x5f42 => read.address = parts(value)?,
            0x5f12 => read.telephone = text(value)?,
            0x5f13 => read.profession = text(value)?,
            0x5f14 => read.title = text(value)?,
            0x5f15 => read.personal_summary = text(value)?,
            0x5f16 => read.proof_of_citizenship = Some(value.to_vec()),
            0x5f17 => read.other_documents = parts(value)?,
            0x5f18 => read.custody = text(value)?,
            other => {
                read.unknown.insert(other, value.to_vec());
            }
        }
    }
    Ok(read)
}

/// Reads EF.DG12.
pub fn dg12(file: &[u8]) -> Result<Dg12, LdsError> {
    let mut read = Dg12::default();
    for field in fields(file, 0x6c)? {
        let value = field.value;
        match field.tag {
            TAG_LIST => {}
            0x5f19 => read.issuing_authority = text(value)?,
            0x5f26 => read.date_of_issue = digits(value, 8)?,
            LIST => read.other_persons = list(field, 0x5f1a)?,
            0x5f1b => read.endorsements = text(value)?,
            0x5f1c => read.tax_or_exit = text(value)?,
            0x5f1d => read.front = Some(value.to_vec()),
            0x5f1e => read.rear = Some(value.to_vec()),
            0x5f55 => read.personalised_at = digits(value, 14)?,
            0x5f56 => read.personalised_by = text(value)?,
            other => {
                read.unknown.insert(other, value.to_vec());
            }
        }
    }
    Ok(read)
}

/// The fields of a data group; one that stands there twice makes it malformed.
fn fields(file: &[u8], tag: u32) -> Result<Vec<Element<'_>>, LdsError> {
    let fields = Element::first(file)?.tagged(tag)?.inside().all()?;
    let mut tags: Vec<_> = fields.iter().map(|field| field.tag).collect();
    tags.sort_unstable();
    tags.dedup();
    if tags.len() == fields.len() { Ok(fields) } else { Err(Malformed.into()) }
}
