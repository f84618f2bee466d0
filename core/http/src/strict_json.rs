//! JSON without duplicated members. `serde_json` takes the last of two members of one name; two readers of one document
//! then see two documents.

use std::cell::Cell;
use std::collections::HashSet;
use std::fmt;

use serde::de::{DeserializeOwned, DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};

use crate::{Error, MalformedReason};

/// Parses one JSON text (RFC 8259) in which no object has a member twice. Nesting is bounded by `serde_json` (128).
///
/// # Errors
/// [`Error::Malformed`] with [`MalformedReason::DuplicateMember`] or [`MalformedReason::Json`].
pub fn parse_json<T: DeserializeOwned>(text: &[u8]) -> Result<T, Error> {
    let duplicate = Cell::new(false);
    let mut reader = serde_json::Deserializer::from_slice(text);
    let scanned = Scan { duplicate: &duplicate }.deserialize(&mut reader).and_then(|()| reader.end());
    if duplicate.get() {
        return Err(Error::Malformed(MalformedReason::DuplicateMember));
    }
    scanned.and_then(|()| serde_json::from_slice(text)).map_err(|_| Error::Malformed(MalformedReason::Json))
}

#[derive(Clone, Copy)]
struct Scan<'a> {
    duplicate: &'a Cell<bool>,
}

impl<'de> DeserializeSeed<'de> for Scan<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, reader: D) -> Result<(), D::Error> {
        reader.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Scan<'_> {
    type Value = ();

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("JSON without duplicated members")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut seen = HashSet::new();
        while let Some(name) = map.next_key::<String>()? {
            if !seen.insert(name) {
                self.duplicate.set(true);
                return Err(A::Error::custom("duplicate"));
            }
            map.next_value_seed(self)?;
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while list.next_element_seed(self)?.is_some() {}
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_str<E>(self, _: &str) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn refuses_a_member_that_stands_twice_at_any_depth() {
        for text in [r#"{"a":1,"a":2}"#, r#"{"x":[{"a":1,"b":{"c":1,"c":1}}]}"#, r#"{"a":1,"\u0061":1}"#] {
            let result = parse_json::<Value>(text.as_bytes());
            assert_eq!(result, Err(Error::Malformed(MalformedReason::DuplicateMember)), "{text}");
        }
    }

    #[test]
    fn reads_the_same_name_in_different_objects() {
        let value: Value = parse_json(br#"{"a":{"a":null},"b":[{"a":1.5},{"a":true}]}"#).unwrap();
        assert_eq!(value["b"][1]["a"], Value::Bool(true));
    }

    #[test]
    fn refuses_trailing_text_and_deep_nesting() {
        let deep = "[".repeat(200) + &"]".repeat(200);
        for text in ["{} {}", "{", "", deep.as_str()] {
            assert_eq!(parse_json::<Value>(text.as_bytes()), Err(Error::Malformed(MalformedReason::Json)));
        }
    }
}
