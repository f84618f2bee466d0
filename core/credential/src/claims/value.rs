//! Claim values as a tree, for credentials whose claims this crate does not know.

use std::fmt;

/// The key of a claim: a whole number or a text of at most 255 bytes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ClaimKey<'a> {
    /// A number.
    Int(i64),
    /// A text.
    Text(&'a str),
}

/// A claim value, borrowed from the received bytes.
#[derive(Clone, PartialEq, Eq)]
pub enum ClaimValue<'a> {
    /// A whole number.
    Int(i64),
    /// A byte string.
    Bytes(&'a [u8]),
    /// A text.
    Text(&'a str),
    /// An array, without the elements that stayed redacted.
    Array(Vec<ClaimValue<'a>>),
    /// A map in received order, disclosed claims last, without the claims that stayed redacted.
    Map(Vec<(ClaimKey<'a>, ClaimValue<'a>)>),
    /// A tagged value.
    Tag(u64, Box<ClaimValue<'a>>),
    /// True or false.
    Bool(bool),
    /// Null.
    Null,
    /// Another simple value.
    Simple(u8),
}

/// Says of a key what it is; of a text, that it is one.
impl fmt::Debug for ClaimKey<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Int(number) => number.fmt(f),
            Self::Text(_) => f.write_str("text"),
        }
    }
}

/// Says of what kind the value is and not what it says: this type may end up in a log.
impl fmt::Debug for ClaimValue<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Array(elements) => f.debug_list().entries(elements).finish(),
            Self::Map(entries) => f.debug_map().entries(entries.iter().map(|(k, v)| (k, v))).finish(),
            Self::Tag(number, value) => f.debug_tuple("Tag").field(number).field(value).finish(),
            Self::Int(_) => f.write_str("Int"),
            Self::Bytes(bytes) => write!(f, "Bytes({})", bytes.len()),
            Self::Text(_) => f.write_str("Text"),
            Self::Bool(_) => f.write_str("Bool"),
            Self::Null => f.write_str("Null"),
            Self::Simple(_) => f.write_str("Simple"),
        }
    }
}

impl<'a> ClaimValue<'a> {
    /// The value under a numbered key, if this is a map that has it.
    pub fn get(&self, key: i64) -> Option<&ClaimValue<'a>> {
        self.entries()?.iter().find_map(|(k, v)| (*k == ClaimKey::Int(key)).then_some(v))
    }

    /// The value under a text key, if this is a map that has it.
    pub fn get_text(&self, key: &str) -> Option<&ClaimValue<'a>> {
        self.entries()?.iter().find_map(|(k, v)| (*k == ClaimKey::Text(key)).then_some(v))
    }

    /// The entries of a map.
    pub fn entries(&self) -> Option<&[(ClaimKey<'a>, ClaimValue<'a>)]> {
        match self {
            Self::Map(entries) => Some(entries),
            _ => None,
        }
    }

    /// The number, if this is one.
    pub fn as_int(&self) -> Option<i64> {
        match self {
            Self::Int(number) => Some(*number),
            _ => None,
        }
    }

    /// The number, if this is one and not negative.
    pub fn as_uint(&self) -> Option<u64> {
        self.as_int().and_then(|number| u64::try_from(number).ok())
    }

    /// The text, if this is one.
    pub fn as_text(&self) -> Option<&'a str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The bytes, if this is a byte string.
    pub fn as_bytes(&self) -> Option<&'a [u8]> {
        match self {
            Self::Bytes(bytes) => Some(bytes),
            _ => None,
        }
    }
}
