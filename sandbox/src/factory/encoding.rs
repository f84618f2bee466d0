//! The few DER elements that cards and certificates are made of (X.690).
use jiff::tz::Offset;
use trust::time::Timestamp;

use super::FactoryError;
use crate::chip::objects::{encode, objects, sole};

/// SEQUENCE.
pub(super) fn sequence<T: AsRef<[u8]>>(parts: &[T]) -> Vec<u8> {
    encode(0x30, &joined(parts))
}

/// SET OF, its elements in ascending order as DER wants them.
pub(super) fn set_of(mut elements: Vec<Vec<u8>>) -> Vec<u8> {
    elements.sort();
    encode(0x31, &elements.concat())
}

/// A constructed element of that context-specific number.
pub(super) fn context<T: AsRef<[u8]>>(number: u8, parts: &[T]) -> Vec<u8> {
    encode(u32::from(0xa0 | number), &joined(parts))
}

fn joined<T: AsRef<[u8]>>(parts: &[T]) -> Vec<u8> {
    parts.iter().flat_map(AsRef::as_ref).copied().collect()
}

/// OBJECT IDENTIFIER from its content.
pub(super) fn oid(content: &[u8]) -> Vec<u8> {
    encode(0x06, content)
}

/// A non-negative INTEGER from its magnitude.
pub(super) fn integer(magnitude: &[u8]) -> Vec<u8> {
    let mut content: Vec<u8> = magnitude.iter().copied().skip_while(|octet| *octet == 0).collect();
    if content.first().is_none_or(|octet| octet & 0x80 != 0) {
        content.insert(0, 0);
    }
    encode(0x02, &content)
}

/// BOOLEAN true.
pub(super) fn yes() -> Vec<u8> {
    encode(0x01, &[0xff])
}

/// NULL.
pub(super) fn null() -> Vec<u8> {
    encode(0x05, &[])
}

/// BIT STRING of whole octets.
pub(super) fn bit_string(octets: &[u8]) -> Vec<u8> {
    encode(0x03, &[&[0], octets].concat())
}

/// OCTET STRING.
pub(super) fn octet_string(octets: &[u8]) -> Vec<u8> {
    encode(0x04, octets)
}

/// UTF8String.
pub(super) fn utf8(text: &str) -> Vec<u8> {
    encode(0x0c, text.as_bytes())
}

/// PrintableString; the caller knows that the characters fit.
pub(super) fn printable(text: &str) -> Vec<u8> {
    encode(0x13, text.as_bytes())
}

/// UTCTime until 2049, GeneralizedTime from then on (RFC 5280, 4.1.2.5).
pub(super) fn time(at: Timestamp) -> Result<Vec<u8>, FactoryError> {
    let at = jiff::Timestamp::from_second(at.as_unix()).map_err(|_| FactoryError::Time)?;
    let at = Offset::UTC.to_datetime(at);
    let text = format!(
        "{:04}{:02}{:02}{:02}{:02}{:02}Z",
        at.year(),
        at.month(),
        at.day(),
        at.hour(),
        at.minute(),
        at.second()
    );
    match at.year() {
        1950..=2049 => Ok(encode(0x17, text.get(2..).unwrap_or("").as_bytes())),
        _ => Ok(encode(0x18, text.as_bytes())),
    }
}

/// The octets of the BIT STRING with which a SubjectPublicKeyInfo ends.
pub(super) fn bit_string_content(info: &[u8]) -> &[u8] {
    let parts = sole(info, 0x30).and_then(objects).unwrap_or_default();
    parts.last().and_then(|part| part.value.split_first()).map(|(_, octets)| octets).unwrap_or_default()
}
