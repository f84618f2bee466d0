//! Data objects (BER-TLV) as the chip reads and writes them (ISO/IEC 7816-4, 5.2.2).
use super::command::StatusWord;

/// One data object: its tag, all octets of it as one number, and its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Object<'a> {
    pub(crate) tag: u32,
    pub(crate) value: &'a [u8],
}

/// The objects of a value, one after the other.
pub(crate) fn objects(mut octets: &[u8]) -> Result<Vec<Object<'_>>, StatusWord> {
    let mut found = Vec::new();
    while !octets.is_empty() {
        let (object, rest) = object(octets)?;
        found.push(object);
        octets = rest;
    }
    Ok(found)
}

/// The one object that these octets are, which must have that tag; its value.
pub(crate) fn sole(octets: &[u8], tag: u32) -> Result<&[u8], StatusWord> {
    match object(octets)? {
        (object, []) if object.tag == tag => Ok(object.value),
        _ => Err(StatusWord::WRONG_DATA),
    }
}

/// The value of the first object with that tag.
pub(crate) fn find<'a>(objects: &[Object<'a>], tag: u32) -> Option<&'a [u8]> {
    objects.iter().find(|object| object.tag == tag).map(|object| object.value)
}

/// The first object and what follows it.
pub(crate) fn object(octets: &[u8]) -> Result<(Object<'_>, &[u8]), StatusWord> {
    let (tag, rest) = tag(octets)?;
    let (length, rest) = length(rest)?;
    let (value, rest) = rest.split_at_checked(length).ok_or(StatusWord::WRONG_DATA)?;
    Ok((Object { tag, value }, rest))
}

fn tag(octets: &[u8]) -> Result<(u32, &[u8]), StatusWord> {
    match octets {
        [first, second, third, rest @ ..] if first & 0x1f == 0x1f && second & 0x80 != 0 => {
            Ok((u32::from_be_bytes([0, *first, *second, *third]), rest))
        }
        [first, second, rest @ ..] if first & 0x1f == 0x1f => {
            Ok((u32::from_be_bytes([0, 0, *first, *second]), rest))
        }
        [first, rest @ ..] if first & 0x1f != 0x1f => Ok((u32::from(*first), rest)),
        _ => Err(StatusWord::WRONG_DATA),
    }
}

fn length(octets: &[u8]) -> Result<(usize, &[u8]), StatusWord> {
    match octets {
        [length @ 0..=0x7f, rest @ ..] | [0x81, length, rest @ ..] => Ok((usize::from(*length), rest)),
        [0x82, high, low, rest @ ..] => Ok((usize::from(u16::from_be_bytes([*high, *low])), rest)),
        [0x83, high, middle, low, rest @ ..] => {
            let length = u32::from_be_bytes([0, *high, *middle, *low]);
            Ok((usize::try_from(length).map_err(|_| StatusWord::WRONG_LENGTH)?, rest))
        }
        _ => Err(StatusWord::WRONG_DATA),
    }
}

/// A data object of that tag around that value, with the shortest length.
pub(crate) fn encode(tag: u32, value: &[u8]) -> Vec<u8> {
    let mut octets: Vec<u8> = tag.to_be_bytes().into_iter().skip_while(|octet| *octet == 0).collect();
    let length: Vec<u8> = value.len().to_be_bytes().into_iter().skip_while(|octet| *octet == 0).collect();
    match length.as_slice() {
        [] => octets.push(0),
        [short @ 0..=0x7f] => octets.push(*short),
        long => {
            octets.push(0x80 | u8::try_from(long.len()).unwrap_or(8));
            octets.extend(long);
        }
    }
    octets.extend(value);
    octets
}
