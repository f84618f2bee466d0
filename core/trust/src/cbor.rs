//! CBOR (RFC 8949), read strictly. [`scan`] refuses what is malformed or ambiguous before anything is decoded; an
//! [`Item`] then walks the received bytes without copying them, so that hashes and signatures are taken over what
//! came in; [`Encoder`] writes deterministic CBOR; [`from_slice`] and [`to_vec`] (serde) serve our own records.
mod encode;
mod item;
mod record;
mod scan;
#[cfg(test)]
mod tests;

pub use encode::Encoder;
pub use item::{Array, Item, Kind, Map};
pub use scan::{MOST_ELEMENTS, MOST_ENTRIES, MOST_NESTING, scan};

use serde::Serialize;
use serde::de::DeserializeOwned;

/// How strictly bytes are read. Duplicate keys, trailing bytes, reserved values, invalid UTF-8, more than
/// [`MOST_NESTING`] levels and more than [`MOST_ENTRIES`] map entries are refused in both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Profile {
    /// Our own formats, RFC 8949 4.2.1: definite lengths, shortest heads, keys in bytewise order, no floats.
    Deterministic,
    /// What others write: any order, longer heads and indefinite lengths.
    Interoperable,
}

/// The defect that was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The bytes end inside an item.
    #[error("the bytes end inside an item")]
    Truncated,
    /// Bytes follow the item.
    #[error("bytes follow the item")]
    TrailingBytes,
    /// More than [`MOST_NESTING`] levels.
    #[error("nested too deeply")]
    TooDeep,
    /// More than [`MOST_ENTRIES`] entries in a map or [`MOST_ELEMENTS`] in an array.
    #[error("too many entries")]
    TooMany,
    /// A key stands twice in one map.
    #[error("a map key stands twice")]
    DuplicateKey,
    /// Map keys are not in bytewise order (deterministic profile).
    #[error("map keys out of order")]
    KeyOrder,
    /// A number or length is written longer than needed (deterministic profile).
    #[error("a head is longer than needed")]
    NotShortest,
    /// An indefinite length where none may be.
    #[error("indefinite length")]
    Indefinite,
    /// A reserved additional information, a misplaced break, or a simple value in the wrong form.
    #[error("reserved or misplaced head")]
    Reserved,
    /// A floating-point number (deterministic profile).
    #[error("floating-point number")]
    Float,
    /// A text is not UTF-8.
    #[error("text is not UTF-8")]
    NotUtf8,
    /// An item is well-formed but of another kind than expected.
    #[error("unexpected kind of item")]
    WrongKind,
    /// A number does not fit.
    #[error("number out of range")]
    OutOfRange,
    /// A record does not have the expected fields.
    #[error("record does not fit")]
    Record,
}

/// Reads one of our own records.
pub fn from_slice<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Error> {
    record::read(Item::parse(bytes, Profile::Interoperable)?).map_err(|_| Error::Record)
}

/// Writes one of our own records.
pub fn to_vec<T: Serialize>(record: &T) -> Result<Vec<u8>, Error> {
    serde_cbor::to_vec(record).map_err(|_| Error::Record)
}
