//! EF.DG2: the portrait (9303-10, 4.7.2), in a biometric information template of 7816-11. Two records are in use:
//! ISO/IEC 19794-5, and since 2020 the ASN.1 of ISO/IEC 39794-5.
use super::LdsError;
use super::image::number;
pub use super::image::{Image as Face, ImageFormat as FaceFormat};
use crate::asn1::{Element, Malformed, OCTET_STRING, SEQUENCE};

/// The first portrait of EF.DG2: `75 { 7F61 { 02 count, 7F60 { A1 header, 5F2E or 7F2E record } } }`.
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
    face_record(record)
}

/// The first portrait of a facial record of either standard.
pub fn face_record(record: &[u8]) -> Result<Face, LdsError> {
    let image = if record.starts_with(b"FAC\x00") { iso19794(record) } else { iso39794(record) }?;
    Ok(Face::stored(image))
}

/// Facial record header and, per face, facial information and image information (19794-5, 5.4 to 5.7).
const RECORD_HEADER: usize = 14;
const FACIAL_INFORMATION: usize = 20;
const FEATURE_POINT: usize = 8;
const IMAGE_INFORMATION: usize = 12;

/// The image of the first face in a record `FAC\0 010\0`.
fn iso19794(record: &[u8]) -> Result<&[u8], Malformed> {
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

/// The image of the first representation: `FaceImageDataBlock ::= [APPLICATION 5] { [0] version, [1] representations }`,
/// whose `imageRepresentation [1]` is `base [0] { imageRepresentation2DBlock [0] { representationData2D [0] } }`.
fn iso39794(record: &[u8]) -> Result<&[u8], Malformed> {
    let mut block = Element::first(record)?.tagged(0xa1)?.inside().expect(0x65)?.inside();
    block.expect(0xa0)?;
    let mut representation = block.expect(0xa1)?.inside().expect(SEQUENCE)?.inside();
    representation.expect(0x80)?;
    let image = representation.expect(0xa1)?.inside().expect(0xa0)?.inside().expect(0xa0)?;
    let data = image.inside().next()?;
    if matches!(data.tag, 0x80 | OCTET_STRING) && !data.value.is_empty() {
        Ok(data.value)
    } else {
        Err(Malformed)
    }
}
