//! BER to DER, as far as security objects need it: New Zealand's have indefinite lengths and constructed octet
//! strings (X.690, 8.1.3.6 and 8.7.3).
use crate::asn1::{Malformed, encode};

/// Levels of nesting in a security object; real ones have about twelve.
const MOST_NESTING: usize = 32;

/// The first element of the input with definite lengths and joined octet strings. Input that is definite throughout
/// comes out as it went in.
pub(crate) fn to_definite(bytes: &[u8]) -> Result<Vec<u8>, Malformed> {
    let mut rest = bytes;
    element(&mut rest, 0)
}

fn element(rest: &mut &[u8], depth: usize) -> Result<Vec<u8>, Malformed> {
    if depth > MOST_NESTING {
        return Err(Malformed);
    }
    let (&[tag, first], after) = rest.split_first_chunk::<2>().ok_or(Malformed)?;
    if tag & 0x1f == 0x1f {
        return Err(Malformed);
    }
    let constructed = tag & 0x20 != 0;
    let mut parts = Vec::new();
    if first == 0x80 {
        if !constructed {
            return Err(Malformed);
        }
        *rest = after;
        while !rest.starts_with(&[0, 0]) {
            parts.push(element(rest, depth + 1)?);
        }
        *rest = rest.get(2..).ok_or(Malformed)?;
    } else {
        let whole = crate::asn1::Element::first(rest)?;
        *rest = rest.get(whole.raw.len()..).ok_or(Malformed)?;
        if !constructed {
            return Ok(whole.raw.to_vec());
        }
        let mut inside = whole.value;
        while !inside.is_empty() {
            parts.push(element(&mut inside, depth + 1)?);
        }
        if tag != 0x24 && parts.concat() == whole.value {
            return Ok(whole.raw.to_vec());
        }
    }
    if tag == 0x24 {
        let octets: Result<Vec<&[u8]>, Malformed> =
            parts.iter().map(|part| Ok(crate::asn1::Element::whole(part)?.tagged(0x04)?.value)).collect();
        return Ok(encode(0x04, &octets?.concat()));
    }
    Ok(encode(u32::from(tag), &parts.concat()))
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
            Ok(vec![0x30, 0x08, 0x04, 0x03, 0xaa, 0xbb, 0xcc, 0x02, 0x01, 5])
        );
    }

    #[test]
    fn leaves_definite_input_as_it_is_even_where_lengths_are_long() {
        let long = [0x30, 0x81, 0x03, 0x02, 0x01, 0x05];
        assert_eq!(to_definite(&long), Ok(long.to_vec()));
    }

    #[test]
    fn refuses_what_never_ends_or_nests_too_deeply() {
        assert_eq!(to_definite(&[0x30, 0x80, 0x02, 0x01, 0x05]), Err(Malformed));
        assert_eq!(to_definite(&[0x04, 0x80, 0, 0]), Err(Malformed));
        assert_eq!(to_definite(&[[0x30, 0x80]; 1000].concat()), Err(Malformed));
        assert_eq!(to_definite(&[]), Err(Malformed));
    }
}
