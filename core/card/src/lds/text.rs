//! The text and date fields of EF.DG11, EF.DG12 and EF.DG16 (9303-10, 4.7.11, 4.7.12, 4.7.16).
use super::LdsError;
use crate::asn1::{Element, INTEGER, Malformed};

/// UTF-8 text, fillers as spaces; an empty field is absent.
pub(super) fn text(bytes: &[u8]) -> Result<Option<String>, LdsError> {
    let text = std::str::from_utf8(bytes).map_err(|_| LdsError::NotUtf8)?;
    let text = text.replace('<', " ").trim().to_owned();
    Ok(Some(text).filter(|text| !text.is_empty()))
}

/// Parts between fillers, such as the lines of an address.
pub(super) fn parts(bytes: &[u8]) -> Result<Vec<String>, LdsError> {
    let text = std::str::from_utf8(bytes).map_err(|_| LdsError::NotUtf8)?;
    Ok(text.split('<').filter(|part| !part.is_empty()).map(str::to_owned).collect())
}

/// So many digits: as text, or packed two to an octet as some issuers write them.
pub(super) fn digits(bytes: &[u8], count: usize) -> Result<Option<String>, LdsError> {
    let digits = match bytes {
        [] => return Ok(None),
        _ if bytes.len() == count => bytes.to_vec(),
        _ if bytes.len() * 2 == count => {
            bytes.iter().flat_map(|octet| [b'0' + (octet >> 4), b'0' + (octet & 15)]).collect()
        }
        _ => return Err(Malformed.into()),
    };
    if !digits.iter().all(u8::is_ascii_digit) {
        return Err(Malformed.into());
    }
    Ok(String::from_utf8(digits).ok())
}

/// A list `{ 02 count, item ... }` of items with that tag.
pub(super) fn list(list: Element<'_>, tag: u32) -> Result<Vec<String>, LdsError> {
    let mut items = list.inside();
    items.expect(INTEGER)?;
    let mut read = Vec::new();
    for item in items.all()? {
        read.extend(text(item.tagged(tag)?.value)?);
    }
    Ok(read)
}
