//! BER to DER, as far as security objects need it: New Zealand's have indefinite lengths and constructed octet
//! strings (X.690, 8.1.3.6 and 8.7.3).
use std::borrow::Cow;

use crate::asn1::{Malformed, header, length};

/// Levels of nesting in a security object; real ones have about twelve.
const MOST_NESTING: usize = 32;

const OCTET_STRING: u8 = 0x04;
const CONSTRUCTED: u8 = 0x20;
const JOINED: u8 = OCTET_STRING | CONSTRUCTED;

/// The first element of the input with definite lengths and joined octet strings. What is definite throughout comes
/// out as it went in, octet for octet: signatures are taken over it.
pub(crate) fn to_definite(bytes: &[u8]) -> Result<Cow<'_, [u8]>, Malformed> {
    let mut after = bytes;
    let shape = Shape::of(&mut after, 0)?;
    if !shape.changes {
        return bytes.get(..shape.octets).map(Cow::Borrowed).ok_or(Malformed);
    }
    let mut out = Vec::with_capacity(shape.octets);
    let mut rest = bytes;
    write(&mut rest, 0, false, &mut out)?;
    Ok(Cow::Owned(out))
}

/// What an element will look like.
struct Shape {
    tag: u8,
    /// Octets of its content.
    content: usize,
    /// Octets of all of it.
    octets: usize,
    /// Whether it is written otherwise than it was read.
    changes: bool,
}

impl Shape {
    /// Of the element at the start, which is consumed.
    fn of(rest: &mut &[u8], depth: usize) -> Result<Self, Malformed> {
        let whole = rest.len();
        let (tag, mut inside) = open(rest, depth)?;
        let (mut content, mut changes) = (0, tag == JOINED || inside.is_none());
        if tag & CONSTRUCTED == 0 {
            content = inside.ok_or(Malformed)?.len();
        } else {
            while has_more(&mut inside, rest)? {
                let child = Self::of(inside.as_mut().unwrap_or(&mut *rest), depth + 1)?;
                if tag == JOINED && child.tag | CONSTRUCTED != JOINED {
                    return Err(Malformed);
                }
                content += if tag == JOINED { child.content } else { child.octets };
                changes |= child.changes;
            }
        }
        let octets =
            if changes { header(u32::from(tag), content).len() + content } else { whole - rest.len() };
        Ok(Self { tag, content, octets, changes })
    }
}

/// Consumes the head of an element, and its content where the length is definite: then that is returned.
fn open<'a>(rest: &mut &'a [u8], depth: usize) -> Result<(u8, Option<&'a [u8]>), Malformed> {
    let (&tag, after) = rest.split_first().ok_or(Malformed)?;
    if depth > MOST_NESTING || tag & 0x1f == 0x1f {
        return Err(Malformed);
    }
    if let Some((0x80, after)) = after.split_first() {
        *rest = after;
        return Ok((tag, None));
    }
    let (length, after) = length(after)?;
    let (inside, after) = after.split_at_checked(length).ok_or(Malformed)?;
    *rest = after;
    Ok((tag, Some(inside)))
}

/// Whether there is another child; the two zeros that end an indefinite length are consumed.
fn has_more(inside: &mut Option<&[u8]>, rest: &mut &[u8]) -> Result<bool, Malformed> {
    match inside {
        Some(inside) => Ok(!inside.is_empty()),
        None => match rest.strip_prefix(&[0, 0]) {
            Some(after) => {
                *rest = after;
                Ok(false)
            }
            None if rest.is_empty() => Err(Malformed),
            None => Ok(true),
        },
    }
}

/// Writes the element at the start, which is consumed; of a part of an octet string only the content.
fn write(rest: &mut &[u8], depth: usize, is_part: bool, out: &mut Vec<u8>) -> Result<(), Malformed> {
    let (before, mut after) = (*rest, *rest);
    let shape = Shape::of(&mut after, depth)?;
    if !shape.changes {
        let raw = before.get(..shape.octets).ok_or(Malformed)?;
        let start = if is_part { shape.octets - shape.content } else { 0 };
        out.extend_from_slice(raw.get(start..).ok_or(Malformed)?);
        *rest = after;
        return Ok(());
    }
    if !is_part {
        let tag = if shape.tag == JOINED { OCTET_STRING } else { shape.tag };
        out.extend(header(u32::from(tag), shape.content));
    }
    let (tag, mut inside) = open(rest, depth)?;
    while has_more(&mut inside, rest)? {
        write(inside.as_mut().unwrap_or(&mut *rest), depth + 1, tag == JOINED, out)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn joins_octet_strings_and_counts_lengths() {
        let indefinite =
            [0x30, 0x80, 0x24, 0x80, 0x04, 0x01, 0xaa, 0x04, 0x02, 0xbb, 0xcc, 0, 0, 0x02, 0x01, 5, 0, 0];
        assert_eq!(
            to_definite(&indefinite),
            Ok(vec![0x30, 0x08, 0x04, 0x03, 0xaa, 0xbb, 0xcc, 0x02, 0x01, 5].into())
        );
    }

    #[test]
    fn leaves_definite_input_as_it_is_even_where_lengths_are_long() {
        let long = [0x30, 0x81, 0x03, 0x02, 0x01, 0x05];
        assert_eq!(to_definite(&long), Ok(Cow::Borrowed(&long[..])));
        let mixed = [&[0x30, 0x80][..], &long, &[0, 0]].concat();
        assert_eq!(to_definite(&mixed), Ok([&[0x30, 0x06][..], &long].concat().into()));
    }

    #[test]
    fn refuses_what_never_ends_or_nests_too_deeply() {
        assert_eq!(to_definite(&[0x30, 0x80, 0x02, 0x01, 0x05]), Err(Malformed));
        assert_eq!(to_definite(&[0x04, 0x80, 0, 0]), Err(Malformed));
        assert_eq!(to_definite(&[[0x30, 0x80]; 1000].concat()), Err(Malformed));
        assert_eq!(to_definite(&[]), Err(Malformed));
    }

    #[test]
    fn joins_parts_of_definite_and_of_nested_octet_strings_and_of_nothing_else() {
        assert_eq!(to_definite(&[0x24, 3, 4, 1, 0xaa]), Ok(vec![4, 1, 0xaa].into()));
        let nested = [0x24, 0x80, 0x24, 5, 4, 3, 1, 2, 3, 4, 1, 9, 0, 0];
        assert_eq!(to_definite(&nested), Ok(vec![4, 4, 1, 2, 3, 9].into()));
        assert_eq!(to_definite(&[0x24, 0x80, 2, 1, 5, 0, 0]), Err(Malformed));
        let around = [0x30, 0x80, 0x31, 0x80, 2, 1, 5, 0, 0, 2, 1, 6, 0, 0];
        assert_eq!(to_definite(&around), Ok(vec![0x30, 8, 0x31, 3, 2, 1, 5, 2, 1, 6].into()));
    }

    #[test]
    fn takes_thirty_two_levels_and_no_more_and_tags_of_one_octet() {
        let nested = |levels| (0..levels).fold(vec![2, 1, 5], |inner, _| crate::asn1::encode(0x30, &inner));
        assert_eq!(to_definite(&nested(32)), Ok(nested(32).into()));
        assert_eq!(to_definite(&nested(33)), Err(Malformed));
        let endless = |levels| [[0x30, 0x80].repeat(levels), vec![2, 1, 5], vec![0; 2 * levels]].concat();
        assert_eq!(to_definite(&endless(32)), Ok(nested(32).into()));
        assert_eq!(to_definite(&endless(33)), Err(Malformed));
        assert_eq!(to_definite(&[0x1f, 0x01, 0]), Err(Malformed));
        assert_eq!(to_definite(&[0x3f, 0x01, 0]), Err(Malformed));
    }
}
