//! EF.DG2: the portrait (9303-10, 4.7.2; ISO/IEC 19794-5 inside a biometric information template of 7816-11).
use super::LdsError;
use crate::asn1::{Element, Malformed};

/// How the portrait is coded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaceFormat {
    /// JPEG.
    Jpeg,
    /// JPEG 2000, as a file or a code stream.
    Jpeg2000,
    /// PNG.
    Png,
    /// Something else.
    Unknown,
}

impl FaceFormat {
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

/// The first portrait of EF.DG2, as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Face {
    /// How it is coded, by its first bytes.
    pub format: FaceFormat,
    /// Width and height in pixels, where the coding tells; nothing is decoded to find out.
    pub size: Option<(u32, u32)>,
    /// The image file.
    pub bytes: Vec<u8>,
}

/// Facial record header and, per face, facial information and image information (19794-5, 5.4 to 5.7).
const RECORD_HEADER: usize = 14;
const FACIAL_INFORMATION: usize = 20;
const FEATURE_POINT: usize = 8;
const IMAGE_INFORMATION: usize = 12;

/// The portrait of EF.DG2: `75 { 7F61 { 02 count, 7F60 { A1 header, 5F2E or 7F2E record } } }`.
pub fn dg2(file: &[u8]) -> Result<Face, LdsError> {
    let mut group = Element::first(file)?.tagged(0x75)?.inside().expect(0x7f61)?.inside();
    if group.expect(0x02)?.small()? == 0 {
        return Err(Malformed.into());
    }
    let mut template = group.expect(0x7f60)?.inside();
    let record = loop {
        let element = template.next()?;
        if matches!(element.tag, 0x5f2e | 0x7f2e) {
            break element.value;
        }
    };
    let bytes = image_of(record)?.to_vec();
    let (format, size) = look(&bytes);
    Ok(Face { format, size, bytes })
}

/// The image of the first face in a record `FAC\0 010\0`.
fn image_of(record: &[u8]) -> Result<&[u8], Malformed> {
    let body = record.strip_prefix(b"FAC\x00010\x00").ok_or(Malformed)?;
    let total = number(body, 0, 4)?;
    if total > record.len() || number(body, 4, 2)? == 0 {
        return Err(Malformed);
    }
    let face = record.get(RECORD_HEADER..).ok_or(Malformed)?;
    let (length, points) = (number(face, 0, 4)?, number(face, 4, 2)?);
    let start = FACIAL_INFORMATION + FEATURE_POINT * points + IMAGE_INFORMATION;
    face.get(start..length).filter(|image| !image.is_empty()).ok_or(Malformed)
}

fn number(bytes: &[u8], at: usize, width: usize) -> Result<usize, Malformed> {
    let octets = bytes.get(at..at + width).ok_or(Malformed)?;
    Ok(octets.iter().fold(0, |value, octet| value << 8 | usize::from(*octet)))
}

/// The format by its magic number, and the size by its header.
fn look(image: &[u8]) -> (FaceFormat, Option<(u32, u32)>) {
    match image {
        [0xff, 0xd8, 0xff, ..] => (FaceFormat::Jpeg, jpeg_size(image)),
        [0, 0, 0, 0x0c, b'j', b'P', b' ', b' ', ..] | [0xff, 0x4f, 0xff, 0x51, ..] => {
            (FaceFormat::Jpeg2000, jpeg2000_size(image))
        }
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', rest @ ..] => (FaceFormat::Png, pair(rest, 8, 4)),
        _ => (FaceFormat::Unknown, None),
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
