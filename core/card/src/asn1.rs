//! A cursor over DER and BER-TLV with definite lengths: hands out slices of the received bytes, since hashes and
//! signatures are taken over them and never over a re-encoding (X.690, ISO/IEC 7816-4 section 5.2.2).

/// The bytes are no well-formed element of the expected kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("malformed data object")]
pub struct Malformed;

pub(crate) const BOOLEAN: u32 = 0x01;
pub(crate) const INTEGER: u32 = 0x02;
pub(crate) const BIT_STRING: u32 = 0x03;
pub(crate) const OCTET_STRING: u32 = 0x04;
pub(crate) const OID: u32 = 0x06;
pub(crate) const UTC_TIME: u32 = 0x17;
pub(crate) const GENERALIZED_TIME: u32 = 0x18;
pub(crate) const SEQUENCE: u32 = 0x30;
pub(crate) const SET: u32 = 0x31;

/// One element: its tag (all its octets as one number), its content, and all its bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Element<'a> {
    pub(crate) tag: u32,
    pub(crate) value: &'a [u8],
    pub(crate) raw: &'a [u8],
}

impl<'a> Element<'a> {
    /// The one element that these bytes are.
    pub(crate) fn whole(bytes: &'a [u8]) -> Result<Self, Malformed> {
        let mut walk = Walk(bytes);
        let element = walk.next()?;
        if walk.0.is_empty() { Ok(element) } else { Err(Malformed) }
    }

    /// The element at the start of these bytes; what follows it is ignored, as after an elementary file's content.
    pub(crate) fn first(bytes: &'a [u8]) -> Result<Self, Malformed> {
        Walk(bytes).next()
    }

    /// This element, if it has that tag.
    pub(crate) fn tagged(self, tag: u32) -> Result<Self, Malformed> {
        if self.tag == tag { Ok(self) } else { Err(Malformed) }
    }

    /// The elements inside.
    pub(crate) const fn inside(self) -> Walk<'a> {
        Walk(self.value)
    }

    /// The octets of a BIT STRING without unused bits.
    pub(crate) fn bits(self) -> Result<&'a [u8], Malformed> {
        match self.tagged(BIT_STRING)?.value {
            [0, octets @ ..] => Ok(octets),
            _ => Err(Malformed),
        }
    }

    /// The magnitude of a non-negative INTEGER, without leading zero octets.
    pub(crate) fn unsigned(self) -> Result<&'a [u8], Malformed> {
        match self.tagged(INTEGER)?.value {
            [] => Err(Malformed),
            [first, ..] if first & 0x80 != 0 => Err(Malformed),
            octets => Ok(trim_zeros(octets)),
        }
    }

    /// A small non-negative INTEGER.
    pub(crate) fn small(self) -> Result<u32, Malformed> {
        let octets = self.unsigned()?;
        if octets.len() > 4 {
            return Err(Malformed);
        }
        Ok(octets.iter().fold(0, |value, octet| value << 8 | u32::from(*octet)))
    }
}

/// Without leading zero octets.
pub(crate) fn trim_zeros(octets: &[u8]) -> &[u8] {
    let start = octets.iter().position(|octet| *octet != 0).unwrap_or(octets.len());
    octets.get(start..).unwrap_or_default()
}

/// The elements of a content, one after the other.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Walk<'a>(pub(crate) &'a [u8]);

impl<'a> Walk<'a> {
    /// The next element; there must be one.
    pub(crate) fn next(&mut self) -> Result<Element<'a>, Malformed> {
        let (tag, after_tag) = tag(self.0)?;
        let (length, content) = length(after_tag)?;
        let (value, rest) = content.split_at_checked(length).ok_or(Malformed)?;
        let raw = self.0.get(..self.0.len() - rest.len()).ok_or(Malformed)?;
        self.0 = rest;
        Ok(Element { tag, value, raw })
    }

    /// The next element, which must have that tag.
    pub(crate) fn expect(&mut self, tag: u32) -> Result<Element<'a>, Malformed> {
        self.next()?.tagged(tag)
    }

    /// The next element if it has that tag; else nothing is consumed.
    pub(crate) fn optional(&mut self, tag: u32) -> Result<Option<Element<'a>>, Malformed> {
        let mut ahead = *self;
        if self.0.is_empty() || ahead.next()?.tag != tag {
            return Ok(None);
        }
        self.next().map(Some)
    }

    /// All elements that are left, at most 4,096.
    pub(crate) fn all(mut self) -> Result<Vec<Element<'a>>, Malformed> {
        let mut elements = Vec::new();
        while !self.0.is_empty() {
            if elements.len() >= 4096 {
                return Err(Malformed);
            }
            elements.push(self.next()?);
        }
        Ok(elements)
    }

    /// Nothing may be left.
    pub(crate) fn end(self) -> Result<(), Malformed> {
        if self.0.is_empty() { Ok(()) } else { Err(Malformed) }
    }
}

fn tag(bytes: &[u8]) -> Result<(u32, &[u8]), Malformed> {
    let (&first, mut rest) = bytes.split_first().ok_or(Malformed)?;
    let mut tag = u32::from(first);
    if first & 0x1f == 0x1f {
        for octet in 1.. {
            let (&next, after) = rest.split_first().ok_or(Malformed)?;
            if octet > 3 {
                return Err(Malformed);
            }
            tag = tag << 8 | u32::from(next);
            rest = after;
            if next & 0x80 == 0 {
                break;
            }
        }
    }
    Ok((tag, rest))
}

pub(crate) fn length(bytes: &[u8]) -> Result<(usize, &[u8]), Malformed> {
    let (&first, rest) = bytes.split_first().ok_or(Malformed)?;
    if first < 0x80 {
        return Ok((usize::from(first), rest));
    }
    let (octets, rest) = rest.split_at_checked(usize::from(first & 0x7f)).ok_or(Malformed)?;
    if octets.is_empty() || octets.len() > 4 {
        return Err(Malformed);
    }
    let length = octets.iter().fold(0_u64, |length, octet| length << 8 | u64::from(*octet));
    Ok((usize::try_from(length).map_err(|_| Malformed)?, rest))
}

/// An element of that tag around that content.
pub(crate) fn encode(tag: u32, content: &[u8]) -> Vec<u8> {
    let mut out = header(tag, content.len());
    out.extend_from_slice(content);
    out
}

/// The tag and the length of an element, the length in the fewest octets.
pub(crate) fn header(tag: u32, content: usize) -> Vec<u8> {
    let mut out: Vec<u8> = tag.to_be_bytes().into_iter().skip_while(|octet| *octet == 0).collect();
    let length = content.to_be_bytes();
    let length = trim_zeros(&length);
    match (content, u8::try_from(length.len())) {
        (0..=0x7f, _) => out.push(length.first().copied().unwrap_or(0)),
        (_, Ok(octets)) => {
            out.push(0x80 | octets);
            out.extend_from_slice(length);
        }
        (_, Err(_)) => {}
    }
    out
}
