//! The data groups that say who someone is (ICAO Doc 9303-10, 4.6 and 4.7; DG13 as Vietnamese cards have it).
use jiff::civil::Date;
use trust::random::Random;

use super::encoding::{integer, oid, printable, sequence, utf8};
use super::{FactoryError, Person, Sex, portrait};
use crate::chip::objects::encode;

/// EF.COM: LDS 1.8, Unicode 4.0.0, and the tags of DG1, DG2, DG13, DG14 and DG15.
pub(super) fn com() -> Vec<u8> {
    let content =
        [encode(0x5f01, b"0108"), encode(0x5f36, b"040000"), encode(0x5c, &[0x61, 0x75, 0x6d, 0x6e, 0x6f])];
    encode(0x60, &content.concat())
}

/// EF.DG1 around a zone.
pub(super) fn dg1(zone: &str) -> Vec<u8> {
    encode(0x61, &encode(0x5f1f, zone.as_bytes()))
}

/// EF.DG2: one biometric template with one face record (ISO/IEC 19794-5:2005).
pub(super) fn dg2(person: &Person) -> Result<Vec<u8>, FactoryError> {
    let image = match &person.face {
        Some(image) => image.clone(),
        None => portrait::draw(&person.personal_number)?,
    };
    let record = face_record(&image)?;
    // Version, facial feature, format owner JTC1/SC37, format type.
    let header = [
        encode(0x80, &[0x01, 0x01]),
        encode(0x81, &[0x02]),
        encode(0x87, &[0x01, 0x01]),
        encode(0x88, &[0x00, 0x08]),
    ];
    let template = [encode(0xa1, &header.concat()), encode(0x5f2e, &record)].concat();
    let group = [integer(&[1]), encode(0x7f60, &template)].concat();
    Ok(encode(0x75, &encode(0x7f61, &group)))
}

fn face_record(image: &[u8]) -> Result<Vec<u8>, FactoryError> {
    let (kind, width, height) = portrait::describe(image).ok_or(FactoryError::Portrait)?;
    let four =
        |length: usize| u32::try_from(length).map(u32::to_be_bytes).map_err(|_| FactoryError::Portrait);
    let face_length = 20 + 12 + image.len();
    if face_length > 0xf000 {
        return Err(FactoryError::Portrait);
    }
    let mut record = b"FAC\x00010\x00".to_vec();
    record.extend(four(14 + face_length)?);
    record.extend([0, 1]);
    // Facial information: length, no feature points, nothing said of sex, eyes, hair, expression, pose.
    record.extend(four(face_length)?);
    record.extend([0; 16]);
    // Image information: full frontal, coding, size, sRGB, source and device unspecified, quality unspecified.
    record.extend([1, kind]);
    record.extend(width.to_be_bytes());
    record.extend(height.to_be_bytes());
    record.extend([1, 0, 0, 0, 0, 0]);
    record.extend(image);
    Ok(record)
}

/// EF.DG13: `6D { SEQUENCE { 1, 1.0.10646.1.0.8, SET { SEQUENCE { n, value } } } }`; the set in the order of its numbers,
/// as seen on cards, not in DER's.
pub(super) fn dg13(
    person: &Person,
    issued: Date,
    expires: Option<Date>,
    random: &mut dyn Random,
) -> Result<Vec<u8>, FactoryError> {
    let mut chip = [0; 8];
    random.fill(&mut chip)?;
    let sex = match person.sex {
        Sex::Female => "Nữ",
        Sex::Male => "Nam",
    };
    let printed = |date: Date| format!("{:02}/{:02}/{:04}", date.day(), date.month(), date.year());
    let text = |text: &str| Some(utf8(text));
    let optional = |text: &Option<String>| text.as_deref().map(utf8);
    let names = |names: [&Option<String>; 2]| {
        let present: Vec<_> = names.into_iter().flatten().map(|name| utf8(name)).collect();
        (!present.is_empty()).then(|| sequence(&present))
    };
    let values = [
        text(&person.personal_number),
        text(&person.name),
        text(&printed(person.date_of_birth)),
        text(sex),
        text("Việt Nam"),
        optional(&person.ethnicity),
        optional(&person.religion),
        optional(&person.origin),
        optional(&person.residence),
        optional(&person.marks),
        text(&printed(issued)),
        text(&expires.map_or_else(|| "Không thời hạn".to_owned(), printed)),
        names([&person.father, &person.mother]),
        names([&person.spouse, &None]),
        optional(&person.old_number),
        Some(printable(&hex::encode_upper(chip))),
    ];
    let fields: Vec<u8> = (1_u8..)
        .zip(values)
        .filter_map(|(number, value)| Some(sequence(&[integer(&[number]), value?])))
        .flatten()
        .collect();
    let utf8_encoding = oid(&[0x28, 0xd3, 0x16, 0x01, 0x00, 0x08]);
    Ok(encode(0x6d, &sequence(&[integer(&[1]), utf8_encoding, encode(0x31, &fields)])))
}
