//! A cursor over received bytes.
use super::scan::{Head, head, item_length};
use super::{Error, Profile, scan};

/// One item of scanned bytes: borrowed, never copied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Item<'a> {
    raw: &'a [u8],
}

/// What an item is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Major type 0.
    Unsigned,
    /// Major type 1.
    Negative,
    /// Major type 2.
    Bytes,
    /// Major type 3.
    Text,
    /// Major type 4.
    Array,
    /// Major type 5.
    Map,
    /// Major type 6.
    Tag,
    /// Major type 7, floats excepted.
    Simple,
    /// Half, single or double precision.
    Float,
}

impl<'a> Item<'a> {
    /// Scans the bytes, which must be exactly one item, and stands on it.
    pub fn parse(bytes: &'a [u8], profile: Profile) -> Result<Self, Error> {
        scan(bytes, profile)?;
        Ok(Self { raw: bytes })
    }

    /// The bytes of this item as they were received.
    pub const fn raw(&self) -> &'a [u8] {
        self.raw
    }

    fn head(&self) -> Result<Head, Error> {
        head(self.raw)
    }

    /// What the item is.
    pub fn kind(&self) -> Kind {
        match self.head() {
            Ok(Head { major: 0, .. }) => Kind::Unsigned,
            Ok(Head { major: 1, .. }) => Kind::Negative,
            Ok(Head { major: 2, .. }) => Kind::Bytes,
            Ok(Head { major: 3, .. }) => Kind::Text,
            Ok(Head { major: 4, .. }) => Kind::Array,
            Ok(Head { major: 5, .. }) => Kind::Map,
            Ok(Head { major: 6, .. }) => Kind::Tag,
            Ok(Head { info: 25..=27, .. }) => Kind::Float,
            _ => Kind::Simple,
        }
    }

    /// An unsigned integer.
    pub fn as_uint(&self) -> Result<u64, Error> {
        match self.head()? {
            Head { major: 0, argument: Some(value), .. } => Ok(value),
            _ => Err(Error::WrongKind),
        }
    }

    /// An integer.
    pub fn as_int(&self) -> Result<i64, Error> {
        match self.head()? {
            Head { major: 0, argument: Some(value), .. } => {
                i64::try_from(value).map_err(|_| Error::OutOfRange)
            }
            Head { major: 1, argument: Some(value), .. } => {
                i64::try_from(value).map(|value| -1 - value).map_err(|_| Error::OutOfRange)
            }
            _ => Err(Error::WrongKind),
        }
    }

    /// A byte string in one piece.
    pub fn as_bytes(&self) -> Result<&'a [u8], Error> {
        self.content(2)
    }

    /// A text in one piece.
    pub fn as_text(&self) -> Result<&'a str, Error> {
        std::str::from_utf8(self.content(3)?).map_err(|_| Error::NotUtf8)
    }

    fn content(&self, major: u8) -> Result<&'a [u8], Error> {
        let head = self.head()?;
        if head.major != major {
            return Err(Error::WrongKind);
        }
        if head.argument.is_none() {
            return Err(Error::Indefinite);
        }
        self.raw.get(head.length..).ok_or(Error::Truncated)
    }

    /// `true` or `false`.
    pub fn as_bool(&self) -> Result<bool, Error> {
        match self.as_simple()? {
            20 => Ok(false),
            21 => Ok(true),
            _ => Err(Error::WrongKind),
        }
    }

    /// Whether this is `null`.
    pub fn is_null(&self) -> bool {
        self.as_simple() == Ok(22)
    }

    /// The number of a simple value: 20 false, 21 true, 22 null, 59 the redacted keys of SD-CWT.
    pub fn as_simple(&self) -> Result<u8, Error> {
        match self.head()? {
            Head { major: 7, info: 0..=24, argument: Some(value), .. } => {
                u8::try_from(value).map_err(|_| Error::OutOfRange)
            }
            _ => Err(Error::WrongKind),
        }
    }

    /// A tag and what it is on.
    pub fn as_tag(&self) -> Result<(u64, Self), Error> {
        match self.head()? {
            Head { major: 6, argument: Some(tag), length, .. } => {
                Ok((tag, Self { raw: self.raw.get(length..).ok_or(Error::Truncated)? }))
            }
            _ => Err(Error::WrongKind),
        }
    }

    /// The elements of an array.
    pub fn as_array(&self) -> Result<Array<'a>, Error> {
        Ok(Array(self.container(4)?))
    }

    /// The entries of a map, in the order received.
    pub fn as_map(&self) -> Result<Map<'a>, Error> {
        Ok(Map(self.container(5)?))
    }

    fn container(&self, major: u8) -> Result<Walk<'a>, Error> {
        let head = self.head()?;
        if head.major != major {
            return Err(Error::WrongKind);
        }
        Ok(Walk { rest: self.raw.get(head.length..).ok_or(Error::Truncated)?, left: head.argument })
    }
}

/// The items of a container, one after the other.
#[derive(Clone, Copy, Debug)]
struct Walk<'a> {
    rest: &'a [u8],
    left: Option<u64>,
}

impl<'a> Walk<'a> {
    fn one(&mut self) -> Option<Item<'a>> {
        let (raw, rest) = self.rest.split_at_checked(item_length(self.rest).ok()?)?;
        self.rest = rest;
        Some(Item { raw })
    }

    /// The element, or the value of the entry, that [`Self::at_end`] has just counted. The last one of a definite length is all
    /// that is left, since an item ends where its last element does: it need not be walked to find its end.
    fn counted(&mut self) -> Option<Item<'a>> {
        if self.left == Some(0) {
            return Some(Item { raw: std::mem::take(&mut self.rest) });
        }
        self.one()
    }

    fn at_end(&mut self) -> bool {
        match &mut self.left {
            Some(0) => true,
            Some(left) => {
                *left -= 1;
                false
            }
            None => self.rest.first().is_none_or(|byte| *byte == 0xff),
        }
    }
}

/// Iterates over the elements of an array.
#[derive(Clone, Debug)]
pub struct Array<'a>(Walk<'a>);

impl<'a> Iterator for Array<'a> {
    type Item = Item<'a>;

    fn next(&mut self) -> Option<Item<'a>> {
        if self.0.at_end() { None } else { self.0.counted() }
    }
}

/// Iterates over the entries of a map.
#[derive(Clone, Debug)]
pub struct Map<'a>(Walk<'a>);

impl<'a> Map<'a> {
    /// The value under an integer key.
    pub fn get_int(&self, key: i64) -> Option<Item<'a>> {
        self.clone().find(|(found, _)| found.as_int() == Ok(key)).map(|(_, value)| value)
    }

    /// The value under a text key.
    pub fn get_text(&self, key: &str) -> Option<Item<'a>> {
        // As bytes: that a text is UTF-8 was looked at by the scan.
        let is_it = |found: &Item<'_>| found.content(3).is_ok_and(|found| found == key.as_bytes());
        self.clone().find(|(found, _)| is_it(found)).map(|(_, value)| value)
    }

    /// A key that is none of these numbers; 0 for one without a number. For formats that know all of theirs.
    pub fn surplus(&self, known: &[i64]) -> Option<i64> {
        self.clone().map(|(key, _)| key.as_int().unwrap_or_default()).find(|key| !known.contains(key))
    }

    /// The value under a simple key.
    pub fn get_simple(&self, key: u8) -> Option<Item<'a>> {
        self.clone().find(|(found, _)| found.as_simple() == Ok(key)).map(|(_, value)| value)
    }
}

impl<'a> Iterator for Map<'a> {
    type Item = (Item<'a>, Item<'a>);

    fn next(&mut self) -> Option<Self::Item> {
        if self.0.at_end() {
            return None;
        }
        Some((self.0.one()?, self.0.counted()?))
    }
}
