//! Animated codes, for cameras: a presentation and the holder's small portrait, a few QR codes in a plain loop.
//!
//! The first frame is the ordinary [presentation](crate::frame) and complete on its own, so a hand scanner needs no other.
//! The others carry the portrait alone, which is believed only where its hash stands in the credential (claim 84).
//!
//! ```text
//! further frame = frame with "7362" around:  set (4 bytes)  number (1 byte, from 1)  count (1 byte)  a part of the portrait
//! set           = first 4 bytes of SHA-256 over the portrait, so that parts of two portraits are told apart
//! ```
use ring::digest::{SHA256, digest};

use crate::frame::{self, Content, FrameError};

/// No portrait is larger, in bytes.
pub const LARGEST_PORTRAIT: usize = 1_200;
/// Frames in a loop, the presentation among them.
pub const MOST_FRAMES: usize = 5;

const SET_LENGTH: usize = 4;
/// Bytes of a portrait in one frame: four of them hold the largest. Version 13 at level M has 796 digits (ISO/IEC 18004,
/// table 7), room for 316 bytes behind set, number and count.
const PART_LENGTH: usize = 311;

/// Why frames are no animated code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AnimatedError {
    /// One of the texts is no frame.
    #[error(transparent)]
    Frame(#[from] FrameError),
    /// The portrait is empty or larger than [`LARGEST_PORTRAIT`].
    #[error("the portrait does not fit")]
    PortraitSize,
    /// The first frame, the presentation, is not among them.
    #[error("the presentation is missing")]
    NoPresentation,
    /// This further frame, counted from 1, is not among them.
    #[error("frame {0} of the portrait is missing")]
    MissingPart(u8),
    /// The frames belong to two codes.
    #[error("the frames belong to different codes")]
    Mixed,
    /// A further frame's number, count or length is impossible.
    #[error("a frame of the portrait is malformed")]
    MalformedPart,
    /// The parts do not make the portrait that they name.
    #[error("the portrait was changed")]
    Tampered,
}

/// What a camera collected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Collected {
    /// The text of the presentation, to be verified as any other.
    pub presentation: String,
    /// The portrait, unproven: [`is_portrait_of`] says whether it belongs to a verified credential. `None` where the code is of
    /// one frame.
    pub portrait: Option<Vec<u8>>,
}

/// The texts of the frames that follow the presentation.
///
/// # Errors
/// [`AnimatedError::PortraitSize`].
pub fn split(portrait: &[u8]) -> Result<Vec<String>, AnimatedError> {
    if portrait.is_empty() || portrait.len() > LARGEST_PORTRAIT {
        return Err(AnimatedError::PortraitSize);
    }
    let count =
        u8::try_from(portrait.len().div_ceil(PART_LENGTH)).map_err(|_| AnimatedError::PortraitSize)?;
    let set = set_of(portrait);
    let parts = portrait.chunks(PART_LENGTH).zip(1_u8..);
    Ok(parts
        .map(|(part, number)| {
            frame::encode_as(Content::Animated, &[&set[..], &[number, count], part].concat())
        })
        .collect())
}

/// Puts together what was scanned, in any order and as often as it was seen. Of several presentations, as the code is made anew
/// while a camera looks, the last one counts.
///
/// # Errors
/// The first [`AnimatedError`] found; a part that is there in two forms is [`AnimatedError::Mixed`].
pub fn collect<T: AsRef<str>>(texts: &[T]) -> Result<Collected, AnimatedError> {
    let (mut presentation, mut parts) = (None, Vec::<Part>::new());
    for text in texts.iter().map(AsRef::as_ref) {
        if !text.starts_with(Content::Animated.magic()) {
            frame::decode(text)?;
            presentation = Some(text.to_owned());
            continue;
        }
        let part = Part::parse(&frame::decode_as(Content::Animated, text)?)?;
        match parts.iter().find(|known| known.number == part.number) {
            Some(known) if *known != part => return Err(AnimatedError::Mixed),
            Some(_) => {}
            None => parts.push(part),
        }
    }
    let presentation = presentation.ok_or(AnimatedError::NoPresentation)?;
    Ok(Collected { presentation, portrait: join(parts)? })
}

/// Whether a portrait is the one whose hash the issuer wrote into a credential: the first 16 bytes of its SHA-256.
pub fn is_portrait_of(portrait: &[u8], hash: &[u8; 16]) -> bool {
    digest(&SHA256, portrait).as_ref().starts_with(hash)
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Part {
    set: [u8; SET_LENGTH],
    number: u8,
    count: u8,
    bytes: Vec<u8>,
}

impl Part {
    fn parse(bytes: &[u8]) -> Result<Self, AnimatedError> {
        let (set, rest) = bytes.split_first_chunk::<SET_LENGTH>().ok_or(AnimatedError::MalformedPart)?;
        let ([number, count], bytes) = rest.split_first_chunk().ok_or(AnimatedError::MalformedPart)?;
        let most = MOST_FRAMES - 1;
        let last = number == count;
        let fits = (1..=PART_LENGTH).contains(&bytes.len()) && (last || bytes.len() == PART_LENGTH);
        if *number == 0 || number > count || usize::from(*count) > most || !fits {
            return Err(AnimatedError::MalformedPart);
        }
        Ok(Self { set: *set, number: *number, count: *count, bytes: bytes.to_vec() })
    }
}

fn join(mut parts: Vec<Part>) -> Result<Option<Vec<u8>>, AnimatedError> {
    let Some((set, count)) = parts.first().map(|part| (part.set, part.count)) else { return Ok(None) };
    if parts.iter().any(|part| part.set != set || part.count != count) {
        return Err(AnimatedError::Mixed);
    }
    parts.sort_by_key(|part| part.number);
    if let Some(missing) = (1..=count).find(|number| !parts.iter().any(|part| part.number == *number)) {
        return Err(AnimatedError::MissingPart(missing));
    }
    let portrait: Vec<u8> = parts.into_iter().flat_map(|part| part.bytes).collect();
    if portrait.len() > LARGEST_PORTRAIT {
        return Err(AnimatedError::PortraitSize);
    }
    if set_of(&portrait) == set { Ok(Some(portrait)) } else { Err(AnimatedError::Tampered) }
}

fn set_of(portrait: &[u8]) -> [u8; SET_LENGTH] {
    digest(&SHA256, portrait).as_ref().first_chunk().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests;
