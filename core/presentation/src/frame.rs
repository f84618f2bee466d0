//! The digits frame: the text of every code of ours.
//!
//! Digits only, because keyboard-wedge scanners type into whatever input method is on, and Telex and VNI rewrite
//! letters but leave digits alone; QR numeric mode also packs them tighter than base45.
//!
//! ```text
//! frame   = magic version flags packed check
//! magic   = "7360" for a presentation, "7361" for a desk's challenge, "7362" for a further frame of a loop,
//!           "7363" for a new phone, "7364" for a phone that borrows a reader
//! version = "1"
//! flags   = "0"
//! packed  = blocks of 7 bytes as 17 digits, then one shorter block (1..6 bytes as 3, 5, 8, 10, 13, 15 digits)
//! check   = CRC-32/ISO-HDLC over the ASCII digits before it, modulo 10^6, six digits
//! ```
//!
//! The check digits find typing and scanning errors, so that a dropped key reads "scan again" and not "forged". They
//! protect against nobody: that is the signatures' work.

/// First four digits of a presentation.
pub const MAGIC: &str = "7360";
/// The version this crate writes, and the only one it reads.
pub const VERSION: u8 = 1;
/// The most digits one QR code holds (version 40, level L); longer texts are refused unread.
pub const MAX_DIGITS: usize = 7_089;

const HEADER_DIGITS: usize = 6;
const CHECK_DIGITS: usize = 6;
const CHECK_MODULUS: u32 = 1_000_000;
const BLOCK_BYTES: usize = 7;
/// Digits for a block of n + 1 bytes: the least d with 10^d >= 256^(n + 1).
const BLOCK_DIGITS: [usize; BLOCK_BYTES] = [3, 5, 8, 10, 13, 15, 17];
const FULL_BLOCK_DIGITS: usize = 17;

/// What a frame holds; its first four digits say so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content {
    /// What the phone shows: a key-binding token, or one that is encrypted to a desk.
    Presentation,
    /// What the desk's screen shows in two-way mode.
    Challenge,
    /// A frame after the first of an animated code.
    Animated,
    /// What a new phone shows to the old one.
    NewPhone,
    /// What a phone without a reader shows to one that reads a card for it.
    BorrowedReader,
}

impl Content {
    /// The first four digits.
    pub const fn magic(self) -> &'static str {
        match self {
            Self::Presentation => MAGIC,
            Self::Challenge => "7361",
            Self::Animated => "7362",
            Self::NewPhone => "7363",
            Self::BorrowedReader => "7364",
        }
    }
}

/// Why a scanned text is no frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FrameError {
    /// The check digits do not fit, or the text is too short to hold them: scan again.
    #[error("the scan is incomplete")]
    ScanIncomplete,
    /// No scanning error explains this text.
    #[error("not a well-formed frame: {0}")]
    Malformed(FrameDefect),
    /// A frame of a later version, or with flags that this version does not know.
    #[error("frame version {version} with flags {flags} is not supported")]
    UnsupportedVersion {
        /// The version digit.
        version: u8,
        /// The flags digit.
        flags: u8,
    },
}

/// What is wrong with a malformed frame.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FrameDefect {
    /// The text does not begin with the digits of what it should hold.
    #[error("it does not begin with the magic digits")]
    Magic,
    /// A character is no digit.
    #[error("a character is no digit")]
    NotADigit,
    /// More than [`MAX_DIGITS`].
    #[error("it is longer than any code")]
    TooLong,
    /// The packed part is empty, or its last block has a length that no number of bytes gives.
    #[error("its length is impossible")]
    Length,
    /// A block's value is 256^n or more, so that two texts would mean the same bytes.
    #[error("a block's value is out of range")]
    BlockValue,
}

/// Whether `scanned` claims to be a frame, which says nothing of its being one.
pub fn is_frame(scanned: &str) -> bool {
    scanned.starts_with(MAGIC)
}

/// Whether `scanned` claims to be a frame after the first of an animated code.
pub fn is_further(scanned: &str) -> bool {
    scanned.starts_with(Content::Animated.magic())
}

/// Frames the bytes of a presentation as digits.
pub fn encode(token: &[u8]) -> String {
    encode_as(Content::Presentation, token)
}

/// Frames bytes as digits that say what they hold.
pub fn encode_as(content: Content, token: &[u8]) -> String {
    let mut text = String::with_capacity(
        HEADER_DIGITS + token.len().div_ceil(BLOCK_BYTES) * FULL_BLOCK_DIGITS + CHECK_DIGITS,
    );
    text.push_str(content.magic());
    text.push(char::from(b'0' + VERSION));
    text.push('0');
    for block in token.chunks(BLOCK_BYTES) {
        let value = block.iter().fold(0_u64, |value, byte| value << 8 | u64::from(*byte));
        push_digits(&mut text, value, digits_for(block.len()));
    }
    let check = check_of(text.as_bytes());
    push_digits(&mut text, u64::from(check), CHECK_DIGITS);
    text
}

/// Reads the text of a presentation back to the framed bytes. The line end or tab that a scanner types after a code is
/// dropped.
///
/// # Errors
/// [`FrameError::ScanIncomplete`] where scanning again may help, the other kinds where it cannot.
pub fn decode(scanned: &str) -> Result<Vec<u8>, FrameError> {
    decode_as(Content::Presentation, scanned)
}

/// As [`decode`], for a frame that must hold this.
pub fn decode_as(content: Content, scanned: &str) -> Result<Vec<u8>, FrameError> {
    let magic = content.magic().as_bytes();
    let text = scanned.trim_end_matches(['\r', '\n', '\t']).as_bytes();
    if text.len() > MAX_DIGITS {
        return Err(FrameError::Malformed(FrameDefect::TooLong));
    }
    if !text.iter().all(u8::is_ascii_digit) {
        return Err(FrameError::Malformed(FrameDefect::NotADigit));
    }
    if !text.starts_with(magic) && !magic.starts_with(text) {
        return Err(FrameError::Malformed(FrameDefect::Magic));
    }
    // Check digits come before version and flags: a mistyped version digit is a scanning error, not a new version.
    let (covered, check) = text
        .split_last_chunk::<CHECK_DIGITS>()
        .filter(|(covered, _)| covered.len() >= HEADER_DIGITS)
        .ok_or(FrameError::ScanIncomplete)?;
    if number_of(check) != u64::from(check_of(covered)) {
        return Err(FrameError::ScanIncomplete);
    }
    let (header, packed) = covered.split_first_chunk::<HEADER_DIGITS>().ok_or(FrameError::ScanIncomplete)?;
    let [_, _, _, _, version, flags] = header.map(|digit| digit - b'0');
    if version != VERSION || flags != 0 {
        return Err(FrameError::UnsupportedVersion { version, flags });
    }
    unpack(packed).map_err(FrameError::Malformed)
}

fn unpack(packed: &[u8]) -> Result<Vec<u8>, FrameDefect> {
    if packed.is_empty() {
        return Err(FrameDefect::Length);
    }
    let mut bytes = Vec::with_capacity(packed.len() / FULL_BLOCK_DIGITS * BLOCK_BYTES + BLOCK_BYTES);
    for block in packed.chunks(FULL_BLOCK_DIGITS) {
        let length = (1..=BLOCK_BYTES).find(|n| digits_for(*n) == block.len()).ok_or(FrameDefect::Length)?;
        let value = number_of(block);
        if value >= 1 << (8 * length) {
            return Err(FrameDefect::BlockValue);
        }
        bytes.extend(value.to_be_bytes().iter().skip(8 - length));
    }
    Ok(bytes)
}

fn digits_for(bytes: usize) -> usize {
    bytes.checked_sub(1).and_then(|n| BLOCK_DIGITS.get(n)).copied().unwrap_or(0)
}

fn number_of(digits: &[u8]) -> u64 {
    digits.iter().fold(0, |value, digit| value * 10 + u64::from(digit - b'0'))
}

fn check_of(digits: &[u8]) -> u32 {
    crc32fast::hash(digits) % CHECK_MODULUS
}

fn push_digits(text: &mut String, value: u64, width: usize) {
    let mut digits = [b'0'; 20];
    let mut rest = value;
    for digit in digits.iter_mut().rev() {
        *digit += (rest % 10) as u8;
        rest /= 10;
    }
    text.extend(digits.iter().skip(20 - width).map(|digit| char::from(*digit)));
}

#[cfg(test)]
mod tests;
