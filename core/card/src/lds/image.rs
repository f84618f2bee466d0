//! Images as the chip stores them. Format and size are read from the first bytes and the header; nothing is decoded.
use crate::asn1::Malformed;

/// How an image is coded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImageFormat {
    /// JPEG.
    Jpeg,
    /// JPEG 2000, as a file or a code stream.
    Jpeg2000,
    /// PNG.
    Png,
    /// Something else.
    Unknown,
}

impl ImageFormat {
    /// `jpeg`, `jp2`, `png` or `unknown`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Jpeg => "jpeg",
            Self::Jpeg2000 => "jp2",
            Self::Png => "png",
            Self::Unknown => "unknown",
        }
    }
}

/// An image as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Image {
    /// How it is coded, by its first bytes.
    pub format: ImageFormat,
    /// Width and height in pixels, where the coding tells; nothing is decoded to find out.
    pub size: Option<(u32, u32)>,
    /// The image file.
    pub bytes: Vec<u8>,
}

impl Image {
    /// From the bytes of an image file or code stream.
    pub(super) fn stored(bytes: &[u8]) -> Self {
        let (format, size) = look(bytes);
        Self { format, size, bytes: bytes.to_vec() }
    }
}

pub(super) fn number(bytes: &[u8], at: usize, width: usize) -> Result<usize, Malformed> {
    let octets = bytes.get(at..at + width).ok_or(Malformed)?;
    Ok(octets.iter().fold(0, |value, octet| value << 8 | usize::from(*octet)))
}

/// The format by its magic number, and the size by its header.
fn look(image: &[u8]) -> (ImageFormat, Option<(u32, u32)>) {
    match image {
        [0xff, 0xd8, 0xff, ..] => (ImageFormat::Jpeg, jpeg_size(image)),
        [0, 0, 0, 0x0c, b'j', b'P', b' ', b' ', ..] | [0xff, 0x4f, 0xff, 0x51, ..] => {
            (ImageFormat::Jpeg2000, jpeg2000_size(image))
        }
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', rest @ ..] => {
            (ImageFormat::Png, pair(rest, 8, 4))
        }
        _ => (ImageFormat::Unknown, None),
    }
}

fn pair(bytes: &[u8], at: usize, width: usize) -> Option<(u32, u32)> {
    let one = |at| number(bytes, at, width).ok().and_then(|value| u32::try_from(value).ok());
    Some((one(at)?, one(at + width)?))
}

/// The frame header SOF0..SOF15 (ITU-T T.81, B.2.2): `FF Cn length precision height width`.
fn jpeg_size(image: &[u8]) -> Option<(u32, u32)> {
    let mut at = 2;
    while let Some([0xff, marker]) = image.get(at..at + 2) {
        let is_frame = matches!(marker, 0xc0..=0xcf) && !matches!(marker, 0xc4 | 0xc8 | 0xcc);
        if is_frame {
            return pair(image, at + 5, 2).map(|(height, width)| (width, height));
        }
        at += 2 + number(image, at + 2, 2).ok().filter(|length| *length >= 2)?;
    }
    None
}

/// The SIZ marker of the code stream (ITU-T T.800, A.5.1): size less offset.
fn jpeg2000_size(image: &[u8]) -> Option<(u32, u32)> {
    let at = image.windows(4).position(|window| window == [0xff, 0x4f, 0xff, 0x51])?;
    let (right, bottom) = pair(image, at + 8, 4)?;
    let (left, top) = pair(image, at + 16, 4)?;
    Some((right.checked_sub(left)?, bottom.checked_sub(top)?))
}
