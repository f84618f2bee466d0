//! Our own records for serde, out of scanned bytes. Every type that is read gets a copy of the reader, which a phone has to load: this one
//! over [`Item`] is small.
use std::fmt;

use serde::de::value::{BorrowedStrDeserializer, MapAccessDeserializer, MapDeserializer, SeqDeserializer};
use serde::de::{Deserialize, Deserializer, IntoDeserializer, Visitor};
use serde::forward_to_deserialize_any;

use super::item::{Item, Kind};

/// The record is not what its type wants; which part of it is nobody's matter.
#[derive(Debug)]
pub(super) struct Unfit;

impl fmt::Display for Unfit {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str("record does not fit")
    }
}

impl std::error::Error for Unfit {}

impl serde::de::Error for Unfit {
    fn custom<T: fmt::Display>(_: T) -> Self {
        Self
    }
}

/// Reads a record: maps by their keys, enums as a text or as a map with one entry. Tags, floats and strings of indefinite length are
/// in none of ours.
pub(super) fn read<'de, T: Deserialize<'de>>(item: Item<'de>) -> Result<T, Unfit> {
    T::deserialize(Record(item))
}

struct Record<'de>(Item<'de>);

/// What an item is, read once for all types.
enum Content<'de> {
    Unsigned(u64),
    Signed(i64),
    Bytes(&'de [u8]),
    Text(&'de str),
    Bool(bool),
    Nothing,
    Array,
    Map,
}

impl<'de> Record<'de> {
    fn content(&self) -> Result<Content<'de>, Unfit> {
        let item = &self.0;
        let content = match item.kind() {
            Kind::Unsigned => item.as_uint().map(Content::Unsigned),
            Kind::Negative => item.as_int().map(Content::Signed),
            Kind::Bytes => item.as_bytes().map(Content::Bytes),
            Kind::Text => item.as_text().map(Content::Text),
            Kind::Array => Ok(Content::Array),
            Kind::Map => Ok(Content::Map),
            Kind::Simple if item.is_null() => Ok(Content::Nothing),
            Kind::Simple => item.as_bool().map(Content::Bool),
            Kind::Tag | Kind::Float => return Err(Unfit),
        };
        content.map_err(|_| Unfit)
    }

    fn entries(&self) -> Result<impl Iterator<Item = (Self, Self)> + use<'de>, Unfit> {
        Ok(self.0.as_map().map_err(|_| Unfit)?.map(|(key, value)| (Self(key), Self(value))))
    }
}

impl<'de> IntoDeserializer<'de, Unfit> for Record<'de> {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

impl<'de> Deserializer<'de> for Record<'de> {
    type Error = Unfit;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unfit> {
        match self.content()? {
            Content::Unsigned(value) => visitor.visit_u64(value),
            Content::Signed(value) => visitor.visit_i64(value),
            Content::Bytes(value) => visitor.visit_borrowed_bytes(value),
            Content::Text(value) => visitor.visit_borrowed_str(value),
            Content::Bool(value) => visitor.visit_bool(value),
            Content::Nothing => visitor.visit_unit(),
            Content::Array => {
                let mut elements = SeqDeserializer::new(self.0.as_array().map_err(|_| Unfit)?.map(Self));
                let value = visitor.visit_seq(&mut elements)?;
                elements.end()?;
                Ok(value)
            }
            Content::Map => {
                let mut entries = MapDeserializer::new(self.entries()?);
                let value = visitor.visit_map(&mut entries)?;
                entries.end()?;
                Ok(value)
            }
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unfit> {
        if self.0.is_null() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Unfit> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Unfit> {
        if let Ok(name) = self.0.as_text() {
            return visitor.visit_enum(BorrowedStrDeserializer::new(name));
        }
        let mut entries = MapDeserializer::new(self.entries()?);
        let value = visitor.visit_enum(MapAccessDeserializer::new(&mut entries))?;
        entries.end()?;
        Ok(value)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Unfit> {
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple tuple_struct map struct
        identifier
    }
}
