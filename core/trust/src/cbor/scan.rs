//! The strict pre-scan: one pass, no allocation for maps of at most 32 entries.
use super::{Error, Profile};

/// Levels of arrays, maps and tags (draft-ietf-spice-sd-cwt asks for the same limit).
pub const MOST_NESTING: usize = 16;
/// Entries of one map.
pub const MOST_ENTRIES: u64 = 1024;
/// Elements of one array.
pub const MOST_ELEMENTS: u64 = 65_536;

/// Keys of a map that are kept on the stack; those beyond the first few in a place that only a map with so many lays out.
const ON_STACK: usize = 32;
const FEW: usize = 8;

/// A decoded head: major type, argument, and the length of the head. No argument means an indefinite length.
#[derive(Clone, Copy, Debug)]
pub(super) struct Head {
    pub(super) major: u8,
    pub(super) info: u8,
    pub(super) argument: Option<u64>,
    pub(super) length: usize,
}

impl Head {
    /// Whether a number or length is written in more octets than needed.
    const fn is_long(self, argument: u64) -> bool {
        match self.length {
            _ if self.major == 7 => false,
            2 => argument < 24,
            3 => argument <= 0xff,
            5 => argument <= 0xffff,
            9 => argument <= 0xffff_ffff,
            _ => false,
        }
    }
}

/// Decodes the head at the start of the bytes.
#[inline]
pub(super) fn head(bytes: &[u8]) -> Result<Head, Error> {
    let (&first, rest) = bytes.split_first().ok_or(Error::Truncated)?;
    let (major, info) = (first >> 5, first & 0x1f);
    if info < 24 {
        return Ok(Head { major, info, argument: Some(u64::from(info)), length: 1 });
    }
    longer_head(major, info, rest)
}

fn longer_head(major: u8, info: u8, rest: &[u8]) -> Result<Head, Error> {
    let (argument, width) = match info {
        24 => (u64::from(*rest.first().ok_or(Error::Truncated)?), 1),
        25 => (u64::from(u16::from_be_bytes(*rest.first_chunk().ok_or(Error::Truncated)?)), 2),
        26 => (u64::from(u32::from_be_bytes(*rest.first_chunk().ok_or(Error::Truncated)?)), 4),
        27 => (u64::from_be_bytes(*rest.first_chunk().ok_or(Error::Truncated)?), 8),
        31 => return Ok(Head { major, info, argument: None, length: 1 }),
        _ => return Err(Error::Reserved),
    };
    Ok(Head { major, info, argument: Some(argument), length: 1 + width })
}

/// Checks that the bytes are exactly one item that this profile takes.
pub fn scan(bytes: &[u8], profile: Profile) -> Result<(), Error> {
    let rest = Scanner { profile }.item(bytes, 0)?;
    if rest.is_empty() { Ok(()) } else { Err(Error::TrailingBytes) }
}

/// The length of the first item of bytes that were scanned before.
#[inline]
pub(super) fn item_length(bytes: &[u8]) -> Result<usize, Error> {
    let head = head(bytes)?;
    match (head.major, head.argument) {
        (0 | 1 | 7, _) => Ok(head.length),
        (2 | 3, Some(length)) => usize::try_from(length)
            .ok()
            .and_then(|length| length.checked_add(head.length))
            .ok_or(Error::Truncated),
        _ => Ok(bytes.len() - skip(bytes, 0)?.len()),
    }
}

/// Skips one item of bytes that were scanned before. Containers of a definite length are counted and not entered, so that only an
/// indefinite one costs a level.
fn skip(bytes: &[u8], depth: usize) -> Result<&[u8], Error> {
    if depth > MOST_NESTING {
        return Err(Error::TooDeep);
    }
    let (mut rest, mut items) = (bytes, 1_u64);
    while items > 0 {
        let head = head(rest)?;
        items -= 1;
        rest = rest.get(head.length..).ok_or(Error::Truncated)?;
        match (head.major, head.argument) {
            (2 | 3, Some(length)) => rest = take(rest, length)?.1,
            (4, Some(count)) => items = items.saturating_add(count),
            (5, Some(count)) => items = items.saturating_add(count.saturating_mul(2)),
            (2..=5, None) => {
                while rest.first() != Some(&0xff) {
                    rest = skip(rest, depth + 1)?;
                }
                rest = rest.get(1..).ok_or(Error::Truncated)?;
            }
            (6, _) => items += 1,
            _ => {}
        }
    }
    Ok(rest)
}

/// The next `length` bytes and what follows them.
fn take(bytes: &[u8], length: u64) -> Result<(&[u8], &[u8]), Error> {
    let length = usize::try_from(length).map_err(|_| Error::Truncated)?;
    bytes.split_at_checked(length).ok_or(Error::Truncated)
}

fn is_utf8(bytes: &[u8]) -> Result<(), Error> {
    if bytes.is_ascii() || std::str::from_utf8(bytes).is_ok() { Ok(()) } else { Err(Error::NotUtf8) }
}

#[derive(Clone, Copy)]
struct Scanner {
    profile: Profile,
}

impl Scanner {
    /// Scans one item and returns what follows it.
    fn item(self, bytes: &[u8], depth: usize) -> Result<&[u8], Error> {
        let head = head(bytes)?;
        let rest = bytes.get(head.length..).ok_or(Error::Truncated)?;
        if self.profile == Profile::Deterministic {
            Self::shortest(head)?;
        }
        match (head.major, head.argument) {
            (0 | 1, Some(_)) => Ok(rest),
            (2, Some(length)) => take(rest, length).map(|(_, rest)| rest),
            (3, Some(length)) => {
                let (text, rest) = take(rest, length)?;
                is_utf8(text).map(|()| rest)
            }
            (2 | 3, None) => Self::chunks(rest, head.major),
            (4, count) => self.array(rest, count, Self::deeper(depth)?),
            (5, count) => self.map(rest, count, Self::deeper(depth)?),
            (6, Some(_)) => self.item(rest, Self::deeper(depth)?),
            (7, Some(value)) => self.simple(head, value, rest),
            _ => Err(Error::Reserved),
        }
    }

    fn deeper(depth: usize) -> Result<usize, Error> {
        if depth < MOST_NESTING { Ok(depth + 1) } else { Err(Error::TooDeep) }
    }

    fn shortest(head: Head) -> Result<(), Error> {
        let Some(argument) = head.argument else {
            return Err(if (2..=5).contains(&head.major) { Error::Indefinite } else { Error::Reserved });
        };
        if head.is_long(argument) { Err(Error::NotShortest) } else { Ok(()) }
    }

    fn simple(self, head: Head, value: u64, rest: &[u8]) -> Result<&[u8], Error> {
        match head.info {
            // Simple values below 32 have a form of one byte only.
            24 if value < 32 => Err(Error::Reserved),
            0..=24 => Ok(rest),
            _ if self.profile == Profile::Deterministic => Err(Error::Float),
            _ => Ok(rest),
        }
    }

    fn chunks(mut rest: &[u8], major: u8) -> Result<&[u8], Error> {
        while rest.first() != Some(&0xff) {
            let head = head(rest)?;
            let (true, Some(length)) = (head.major == major, head.argument) else {
                return Err(Error::Reserved);
            };
            let (chunk, after) = take(rest.get(head.length..).ok_or(Error::Truncated)?, length)?;
            if major == 3 {
                is_utf8(chunk)?;
            }
            rest = after;
        }
        rest.get(1..).ok_or(Error::Truncated)
    }

    fn array(self, mut rest: &[u8], count: Option<u64>, depth: usize) -> Result<&[u8], Error> {
        if count.is_some_and(|count| count > MOST_ELEMENTS) {
            return Err(Error::TooMany);
        }
        let mut seen = 0;
        while !done(&mut rest, count, seen)? {
            rest = self.item(rest, depth)?;
            seen += 1;
            if seen > MOST_ELEMENTS {
                return Err(Error::TooMany);
            }
        }
        Ok(rest)
    }

    fn map(self, mut rest: &[u8], count: Option<u64>, depth: usize) -> Result<&[u8], Error> {
        if count.is_some_and(|count| count > MOST_ENTRIES) {
            return Err(Error::TooMany);
        }
        let mut keys = Keys::new(self.profile);
        let mut seen = 0;
        while !done(&mut rest, count, seen)? {
            let after_key = self.item(rest, depth)?;
            let key = rest.get(..rest.len() - after_key.len()).ok_or(Error::Truncated)?;
            keys.add(key)?;
            rest = self.item(after_key, depth)?;
            seen += 1;
            if seen > MOST_ENTRIES {
                return Err(Error::TooMany);
            }
        }
        Ok(rest)
    }
}

/// Whether the container is complete; consumes the break of an indefinite one.
fn done(rest: &mut &[u8], count: Option<u64>, seen: u64) -> Result<bool, Error> {
    match count {
        Some(count) => Ok(seen >= count),
        None if rest.first() == Some(&0xff) => {
            *rest = rest.get(1..).ok_or(Error::Truncated)?;
            Ok(true)
        }
        None => Ok(false),
    }
}

/// The keys of one map so far. As long as they come in order, a comparison with the last one is enough; else each is compared with
/// all, as it is written where all heads are as short as they can be, and otherwise by what it means.
struct Keys<'a> {
    profile: Profile,
    last: Option<&'a [u8]>,
    in_order: bool,
    long: bool,
    count: usize,
    few: [&'a [u8]; FEW],
    more: Option<[&'a [u8]; ON_STACK - FEW]>,
    many: std::collections::BTreeSet<Key<'a>>,
}

/// A map key by its meaning.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Key<'a> {
    /// Integers, simple values and texts or byte strings in one piece: major type, argument, content.
    Plain(u8, u64, &'a [u8]),
    /// Anything else, by its bytes.
    Other(&'a [u8]),
}

impl<'a> Key<'a> {
    fn of(raw: &'a [u8]) -> Result<Self, Error> {
        let head = head(raw)?;
        let content = raw.get(head.length..).unwrap_or_default();
        Ok(match (head.major, head.argument) {
            (0..=3, Some(argument)) => Self::Plain(head.major, argument, content),
            (7, Some(argument)) if head.info <= 24 => Self::Plain(7, argument, content),
            _ => Self::Other(raw),
        })
    }
}

impl<'a> Keys<'a> {
    const fn new(profile: Profile) -> Self {
        Self {
            profile,
            last: None,
            in_order: true,
            long: false,
            count: 0,
            few: [&[]; FEW],
            more: None,
            many: std::collections::BTreeSet::new(),
        }
    }

    fn add(&mut self, raw: &'a [u8]) -> Result<(), Error> {
        let last = self.last.replace(raw);
        if self.profile == Profile::Deterministic {
            return match last {
                Some(last) if last == raw => Err(Error::DuplicateKey),
                Some(last) if last > raw => Err(Error::KeyOrder),
                _ => Ok(()),
            };
        }
        let head = head(raw)?;
        self.long |= head.argument.is_some_and(|argument| head.is_long(argument));
        self.in_order = self.in_order && last.is_none_or(|last| last < raw);
        if (self.long || !self.in_order) && self.holds(raw)? {
            return Err(Error::DuplicateKey);
        }
        if self.count == ON_STACK {
            return if self.many.insert(Key::of(raw)?) { Ok(()) } else { Err(Error::DuplicateKey) };
        }
        let slot = match self.few.get_mut(self.count) {
            None => self.more.get_or_insert([&[]; ON_STACK - FEW]).get_mut(self.count - FEW),
            slot => slot,
        };
        if let Some(slot) = slot {
            *slot = raw;
            self.count += 1;
        }
        Ok(())
    }

    /// Whether a key is among those on the stack.
    fn holds(&self, raw: &[u8]) -> Result<bool, Error> {
        let few = self.few.get(..self.count.min(FEW)).unwrap_or_default();
        let more = self.more.as_ref().and_then(|more| more.get(..self.count.saturating_sub(FEW)));
        let more = more.unwrap_or_default();
        if !self.long {
            return Ok(few.contains(&raw) || more.contains(&raw));
        }
        let key = Key::of(raw)?;
        Ok(few.iter().chain(more).any(|earlier| Key::of(earlier) == Ok(key)))
    }
}
