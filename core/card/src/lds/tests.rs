use jiff::civil::date;

use super::details::{dg11, dg12};
use super::dg13::{dg13, printed_date};
use super::face::{FaceFormat, dg2, face_record};
use super::image::Image;
use super::mrz::{Mrz, MrzDefect, MrzFormat};
use super::notify::{PersonToNotify, dg16};
use super::security::{SecurityInfo, card_access, dg14, dg15};
use super::shown::NotShown;
use super::*;
use crate::asn1::encode;
use crate::signature::{Hash, PublicKey};
use crate::test_authority::{oid, sequence, set};

fn field(number: u8, values: &[&[u8]]) -> Vec<u8> {
    sequence(&[&[2, 1, number], &values.concat()])
}

fn utf8(text: &str) -> Vec<u8> {
    encode(0x0c, text.as_bytes())
}

fn vietnamese(fields: &[Vec<u8>]) -> Vec<u8> {
    encode(0x6d, &sequence(&[&[2, 1, 1], &oid(&[0x28]), &encode(0x31, &fields.concat())]))
}

#[test]
fn keeps_vietnamese_fields_that_nobody_has_explained() {
    let read = dg13(&vietnamese(&[
        field(17, &[&utf8("Nhóm máu O")]),
        field(18, &[&[4, 2, 0xca, 0xfe]]),
        field(19, &[]),
        field(20, &[&utf8("a"), &utf8("b")]),
        field(2, &[&utf8("Nguyễn Văn A")]),
    ]))
    .unwrap();
    assert_eq!(read.name.as_deref(), Some("Nguyễn Văn A"));
    assert_eq!(read.number, None);
    let unknown: Vec<_> = read.unknown.iter().map(|(number, text)| (*number, text.as_str())).collect();
    assert_eq!(unknown, [(17, "Nhóm máu O"), (18, "0402cafe"), (19, ""), (20, "0c01610c0162")]);
}

#[test]
fn reads_parents_and_a_spouse_of_whom_some_are_missing() {
    let names = |names: &[&str]| encode(0x30, &names.iter().flat_map(|name| utf8(name)).collect::<Vec<_>>());
    let read = dg13(&vietnamese(&[field(13, &[&names(&["Cha"])]), field(14, &[&names(&[])])])).unwrap();
    assert_eq!((read.father.as_deref(), read.mother, read.spouse), (Some("Cha"), None, None));
    let read = dg13(&vietnamese(&[field(13, &[&names(&["", "Mẹ", "Thêm"])])])).unwrap();
    assert_eq!((read.father, read.mother.as_deref()), (None, Some("Mẹ")));
    assert_eq!(read.unknown[&13], "Thêm");
}

#[test]
fn refuses_a_vietnamese_group_with_a_wrong_tag_type_or_length_or_a_field_twice() {
    let sound = vietnamese(&[field(1, &[&utf8("000090000001")])]);
    assert!(dg13(&sound).is_ok());
    let mut wrong_tag = sound.clone();
    wrong_tag[0] = 0x6e;
    let mut too_long = sound.clone();
    too_long.splice(1..2, [0x82, 0xff, 0xff]);
    let twice = field(1, &[&utf8("000090000001")]);
    for refused in [
        wrong_tag,
        too_long,
        sound[..sound.len() - 1].to_vec(),
        vietnamese(&[twice.clone(), twice]),
        vietnamese(&[field(1, &[&[2, 1, 5]])]),
        vietnamese(&[field(1, &[&utf8("0"), &utf8("1")])]),
        vietnamese(&[field(13, &[&utf8("Cha")])]),
        vietnamese(&[field(99, &[]), field(99, &[])]),
        encode(0x6d, &sequence(&[&[2, 1, 1]])),
        Vec::new(),
    ] {
        assert!(matches!(dg13(&refused), Err(LdsError::Malformed(_))), "{refused:02x?}");
    }
    assert_eq!(dg13(&vietnamese(&[field(2, &[&[0x0c, 1, 0xff]])])), Err(LdsError::NotUtf8));
}

#[test]
fn a_printed_date_is_exact_or_none() {
    assert_eq!(printed_date("31/12/2004"), Some(date(2004, 12, 31)));
    for text in ["", "Không thời hạn", "31/02/2004", "1/1/2004", "01/01/2004/", "01-01-2004", "+1/01/2004"]
    {
        assert_eq!(printed_date(text), None, "{text}");
    }
}

const TD1: [&str; 3] =
    ["IDVNM0900000018000090000001<<8", "9001011M4001016VNM<<<<<<<<<<<0", "NGUYEN<<VAN<A<<<<<<<<<<<<<<<<<"];

/// The zone with the one digit at that place that the rest asks for.
fn with_composite_digit(zone: &str, at: usize) -> String {
    let with = |digit: u8| format!("{}{digit}{}", &zone[..at], &zone[at + 1..]);
    let mut right = (0..10).map(with).filter(|zone| Mrz::parse(zone.as_bytes()).is_ok());
    let zone = right.next().unwrap();
    assert_eq!(right.next(), None);
    zone
}

#[test]
fn every_wrong_character_of_a_zone_that_is_checked_is_refused() {
    let zone = TD1.concat();
    assert!(Mrz::parse(zone.as_bytes()).is_ok());
    // The numbers and dates with their digits, and the composite digit.
    for position in (5..29).chain(30..37).chain(38..45).chain(59..60) {
        let mut changed = zone.clone().into_bytes();
        changed[position] = if changed[position] == b'7' { b'6' } else { b'7' };
        assert!(Mrz::parse(&changed).is_err(), "{position}");
    }
}

#[test]
fn a_zone_is_vietnamese_only_with_its_number_and_the_digit_of_its_own() {
    let number = |zone: &str| Mrz::parse(zone.as_bytes()).and_then(|zone| zone.vietnamese_personal_number());
    let zone = TD1.concat();
    assert_eq!(number(&zone), Ok(Some("000090000001".to_owned())));
    // The digit over everything is right: column 30 still speaks.
    let changed = with_composite_digit(&zone.replace("<<8", "<<9"), 59);
    assert_eq!(number(&changed), Err(LdsError::Mrz(MrzDefect::OptionalCheckDigit)));
    let foreign = zone.replacen("IDVNM", "IDUTO", 1);
    assert_eq!(number(&foreign), Ok(None));
}

#[test]
fn refuses_zones_of_a_wrong_length_or_with_a_wrong_character() {
    let zone = TD1.concat();
    for (text, defect) in [
        ("", MrzDefect::Length),
        (&zone[1..], MrzDefect::Length),
        (&zone.to_lowercase(), MrzDefect::Character),
        (&zone.replace("NGUYEN", "NGUYỄN"), MrzDefect::Character),
        (&zone.replacen('M', "Q", 3), MrzDefect::Character),
    ] {
        assert_eq!(Mrz::parse(text.as_bytes()), Err(LdsError::Mrz(defect)), "{text}");
    }
}

#[test]
fn reads_a_passport_zone_without_optional_data() {
    let zone = with_composite_digit(
        "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<L898902C36UTO7408122F1204159<<<<<<<<<<<<<<<0",
        87,
    );
    let read = Mrz::parse(zone.as_bytes()).unwrap();
    assert_eq!((read.format, read.optional_data.as_str()), (MrzFormat::Td3, ""));
    assert_eq!(
        (read.birth(date(2026, 1, 1)), read.expiry()),
        (Some(date(1974, 8, 12)), Some(date(2012, 4, 15)))
    );
    assert_eq!(read.name(), "ERIKSSON ANNA MARIA");
}

/// A record of 19794-5 around an image.
fn record(image: &[u8]) -> Vec<u8> {
    let face = 20 + 12 + image.len();
    let octets = |number: usize| u32::try_from(number).unwrap().to_be_bytes();
    [b"FAC\x00010\x00", &octets(14 + face)[..], &[0, 1], &octets(face), &[0; 28], image].concat()
}

fn portrait(record: &[u8]) -> Vec<u8> {
    let template = encode(0x7f60, &[encode(0xa1, &[]), encode(0x5f2e, record)].concat());
    encode(0x75, &encode(0x7f61, &[&[2, 1, 1][..], &template].concat()))
}

#[test]
fn the_size_of_a_portrait_comes_from_its_header() {
    let jpeg = [&[0xff, 0xd8, 0xff, 0xe0, 0, 3, 0][..], &[0xff, 0xc2, 0, 11, 8, 1, 0x40, 0, 0xf0]].concat();
    let face = dg2(&portrait(&record(&jpeg))).unwrap();
    assert_eq!((face.format, face.size), (FaceFormat::Jpeg, Some((240, 320))));
    assert_eq!(face.bytes, jpeg);
    let png = [&b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR"[..], &[0, 0, 0, 5, 0, 0, 0, 7]].concat();
    assert_eq!(Image::stored(&png).size, Some((5, 7)));
    let siz = [&[0xff, 0x4f, 0xff, 0x51, 0, 47, 0, 0, 0, 0, 0, 9, 0, 0, 0, 8][..], &[0, 0, 0, 1, 0, 0, 0, 2]]
        .concat();
    assert_eq!(Image::stored(&siz).size, Some((8, 6)));
    assert_eq!(Image::stored(&siz[..20]).size, None);
    assert_eq!(Image::stored(&jpeg[..12]).size, None);
    let unknown = Image::stored(b"GIF89a");
    assert_eq!((unknown.format, unknown.size), (FaceFormat::Unknown, None));
}

#[test]
fn shows_what_every_phone_knows_as_it_is_and_nothing_that_is_unknown_or_too_large() {
    let jpeg = [&[0xff, 0xd8, 0xff, 0xc0, 0, 11, 8][..], &[1, 0x40, 0, 0xf0]].concat();
    let jpeg = Image::stored(&jpeg);
    assert!(matches!(jpeg.shown(240 * 320), Ok(std::borrow::Cow::Borrowed(same)) if *same == jpeg));
    assert_eq!(jpeg.shown(240 * 320 - 1), Err(NotShown::TooManyPixels));
    assert_eq!(Image::stored(&[0xff, 0xd8, 0xff]).shown(u32::MAX), Err(NotShown::TooManyPixels));
    assert_eq!(Image::stored(b"GIF89a").shown(u32::MAX), Err(NotShown::UnknownFormat));
    let siz = [&[0xff, 0x4f, 0xff, 0x51, 0, 47, 0, 0, 0, 0, 0, 9, 0, 0, 0, 8][..], &[0; 31]].concat();
    assert_eq!(Image::stored(&siz).shown(1000), Err(NotShown::Undecodable));
}

#[test]
fn refuses_a_portrait_that_is_cut_empty_or_longer_than_its_record() {
    let sound = record(&[0xff, 0xd8, 0xff]);
    assert!(face_record(&sound).is_ok());
    for end in 0..sound.len() {
        assert!(face_record(&sound[..end]).is_err(), "{end}");
        assert!(dg2(&portrait(&sound)[..end]).is_err(), "{end}");
    }
    assert!(face_record(&record(&[])).is_err());
    let mut points = sound.clone();
    points[18..20].copy_from_slice(&[0xff, 0xff]);
    let mut too_long = sound.clone();
    too_long[14..18].copy_from_slice(&[0xff; 4]);
    let mut no_face = sound;
    no_face[12..14].copy_from_slice(&[0, 0]);
    for refused in [points, too_long, no_face] {
        assert!(face_record(&refused).is_err());
    }
    let none = encode(0x75, &encode(0x7f61, &[2, 1, 0]));
    assert!(dg2(&none).is_err());
}

#[test]
fn security_infos_name_protocols_versions_and_keys() {
    let info = |oid_content: &[u8], rest: &[u8]| sequence(&[&oid(oid_content), rest]);
    let bsi = |last: &[u8]| [&[0x04, 0x00, 0x7f, 0x00, 0x07, 0x02, 0x02][..], last].concat();
    let plain_sha384 = oid(&[0x04, 0x00, 0x7f, 0x00, 0x07, 0x01, 0x01, 0x04, 0x01, 0x04]);
    let active = [&[2, 1, 1][..], &plain_sha384].concat();
    let infos = set(&[
        &info(&[0x67, 0x81, 0x08, 0x01, 0x01, 0x05], &active),
        &info(&bsi(&[3, 2, 2]), &[2, 1, 1, 2, 1, 7]),
        &info(&bsi(&[2]), &[2, 1, 1]),
        &info(&bsi(&[4, 2, 2]), &[2, 1, 2, 2, 1, 13]),
        &info(&[0x2a], &[5, 0]),
    ]);
    let read = dg14(&encode(0x6e, &infos)).unwrap();
    assert!(matches!(read[0], SecurityInfo::ActiveAuthentication(Some(Hash::Sha384))));
    assert!(matches!(&read[1], SecurityInfo::ChipAuthentication { protocol, version: 1, key_id: Some(7) }
        if protocol == "0.4.0.127.0.7.2.2.3.2.2"));
    assert!(matches!(read[2], SecurityInfo::TerminalAuthentication(1)));
    assert!(matches!(&read[3], SecurityInfo::Pace { version: 2, parameter_id: Some(13), .. }));
    assert!(matches!(&read[4], SecurityInfo::Unknown(protocol) if protocol == "1.2"));
    assert_eq!(card_access(&infos).unwrap().len(), 5);
    assert!(dg14(&infos).is_err());
    assert!(card_access(&set(&[&info(&bsi(&[4, 2, 2]), &[4, 1, 2])])).is_err());
}

#[test]
fn an_authentication_key_is_one_key_and_nothing_behind_it() {
    let rsa = sequence(&[&[2, 2, 0, 0xff], &[2, 1, 3]]);
    let algorithm = oid(&[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01]);
    let key = sequence(&[&sequence(&[&algorithm, &[5, 0]]), &encode(3, &[&[0], &rsa[..]].concat())]);
    assert!(matches!(dg15(&encode(0x6f, &key)).unwrap(), PublicKey::Rsa(key) if key.bits() == 8));
    assert!(dg15(&encode(0x6f, &[&key[..], &[5, 0]].concat())).is_err());
    assert!(dg15(&encode(0x6e, &key)).is_err());
}

#[test]
fn reads_persons_to_notify() {
    let person = [
        encode(0x5f50, b"20240101"),
        encode(0x5f51, b"MAU<<VAN"),
        encode(0x5f52, b"0000"),
        encode(0x5f53, b"1 DUONG MAU<HA NOI"),
    ];
    let file = encode(0x70, &[&[2, 1, 1][..], &encode(0xa1, &person.concat())].concat());
    let expected = PersonToNotify {
        recorded: Some("20240101".to_owned()),
        name: Some("MAU  VAN".to_owned()),
        telephone: Some("0000".to_owned()),
        address: vec!["1 DUONG MAU".to_owned(), "HA NOI".to_owned()],
    };
    assert_eq!(dg16(&file), Ok(vec![expected]));
    let miscounted = encode(0x70, &[&[2, 1, 2][..], &encode(0xa1, &person.concat())].concat());
    assert!(dg16(&miscounted).is_err());
}

#[test]
fn particulars_may_be_empty_or_unknown_but_not_there_twice() {
    let group = |tag, fields: &[Vec<u8>]| encode(tag, &fields.concat());
    let read = dg11(&group(0x6b, &[encode(0x5f10, b""), encode(0x5f2b, b""), encode(0x5f19, b"x")])).unwrap();
    assert_eq!((read.personal_number, read.date_of_birth), (None, None));
    assert_eq!(read.unknown[&0x5f19], b"x");
    let packed = encode(0x5f26, &[0x20, 0x24, 0x01, 0x31]);
    for (bytes, expected) in [(packed, Some("20240131")), (encode(0x5f26, b"20240131"), Some("20240131"))] {
        assert_eq!(dg12(&group(0x6c, &[bytes])).unwrap().date_of_issue.as_deref(), expected);
    }
    for refused in
        [encode(0x5f26, b"202"), encode(0x5f26, &[0x20, 0x24, 0x0a, 0x31]), encode(0x5f26, b"2024-131")]
    {
        assert!(dg12(&group(0x6c, &[refused])).is_err());
    }
    let twice = encode(0x5f12, b"0");
    assert!(dg11(&group(0x6b, &[twice.clone(), twice])).is_err());
    assert_eq!(dg11(&group(0x6b, &[encode(0x5f0e, &[0xff])])), Err(LdsError::NotUtf8));
}
