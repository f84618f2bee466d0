//! The logical data structure (ICAO Doc 9303-10): what the files of a chip say. Parsing proves nothing: use these
//! on the bytes of a [`crate::VerifiedDocument`], or knowingly on unproven ones.
pub mod details;
pub mod dg13;
pub mod face;
pub mod image;
pub mod mrz;
pub mod notify;
pub mod security;
pub mod shown;
mod text;

use crate::asn1::{Element, INTEGER, Malformed, Walk};

/// What is wrong with a file's content.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LdsError {
    /// The machine readable zone is wrong.
    #[error("machine readable zone: {0}")]
    Mrz(#[from] mrz::MrzDefect),
    /// A data object is malformed, or another than expected.
    #[error("malformed data object")]
    Malformed(#[from] Malformed),
    /// Text that is not UTF-8.
    #[error("text is not UTF-8")]
    NotUtf8,
}

/// The zone of EF.DG1: `61 { 5F1F zone }`.
pub fn dg1(file: &[u8]) -> Result<mrz::Mrz, LdsError> {
    let zone = Element::first(file)?.tagged(0x61)?.inside().expect(0x5f1f)?;
    mrz::Mrz::parse(zone.value)
}

/// The tags that EF.COM lists: `60 { 5F01 version, 5F36 unicode version, 5C tags }`.
pub fn com(file: &[u8]) -> Result<Vec<u8>, LdsError> {
    let mut inside: Walk<'_> = Element::first(file)?.tagged(0x60)?.inside();
    loop {
        let element = inside.next()?;
        if element.tag == 0x5c {
            return Ok(element.value.to_vec());
        }
    }
}

/// The portraits of EF.DG5, as printed: `65 { 02 count, 5F40 image ... }`.
pub fn dg5(file: &[u8]) -> Result<Vec<image::Image>, LdsError> {
    displayed(file, 0x65, 0x5f40)
}

/// The signatures or usual marks of EF.DG7: `67 { 02 count, 5F43 image ... }`.
pub fn dg7(file: &[u8]) -> Result<Vec<image::Image>, LdsError> {
    displayed(file, 0x67, 0x5f43)
}

fn displayed(file: &[u8], group: u32, image: u32) -> Result<Vec<image::Image>, LdsError> {
    let mut inside = Element::first(file)?.tagged(group)?.inside();
    let count = inside.expect(INTEGER)?.small()?;
    let images = inside.all()?;
    if usize::try_from(count).ok() != Some(images.len()) {
        return Err(Malformed.into());
    }
    images.into_iter().map(|element| Ok(image::Image::stored(element.tagged(image)?.value))).collect()
}

#[cfg(test)]
mod tests;
#[cfg(test)]
mod vector_tests;
