//! What a record looks like, and every form that is refused before anything is proven.
use trust::cbor::Error;

use super::*;

#[track_caller]
fn refused(bytes: &[u8], error: RecordError) {
    assert_eq!(EvidenceRecord::parse(bytes).err(), Some(error));
}

#[test]
fn a_record_says_what_was_written_into_it() {
    let world = World::new();
    let mut reading = world.reading();
    reading.chip = ChipOutcome::AssertedByReader;
    reading.access = Some(crate::access::AccessRecord {
        protocol: crate::access::AccessProtocol::PaceGm,
        cipher: crate::messaging::Cipher::Aes128,
        parameters: Some("brainpoolP256r1"),
        assumed_card_access: true,
    });
    let mut context = context();
    context.remote = Some(RemoteExchange {
        challenge: RemoteChallenge {
            protocol: vec![1],
            key_id: Some(vec![2]),
            public_key: vec![3],
            command: vec![4],
        },
        response: vec![5],
    });
    let record = world.record_of(&reading, &context);
    let parsed = EvidenceRecord::parse(record.as_bytes()).unwrap();
    assert_eq!(*parsed.context(), context);
    assert_eq!(*parsed.signer(), world.desk.public_key().unwrap());
    assert_eq!(parsed.reading().files(), reading.files());
    assert_eq!(parsed.reading().active(), reading.active());
    assert_eq!(parsed.reading().access(), reading.access());
    assert_eq!(parsed.reading().chip, ChipOutcome::AssertedByReader);
    assert_eq!(parsed.as_bytes(), record.as_bytes());
}

#[test]
fn the_thumbprint_is_that_of_the_standards_example() {
    // RFC 9679, 6.
    let octets = |text| hex::decode(text).unwrap();
    let x = octets("65eda5a12577c2bae829437fe338701a10aaa375e1bb5b5de108de439c08551d");
    let y = octets("1e52ed75701163f7f9e40ddf9f341b3dc9ba860af7e0ca7ca7e9eecd0084d19c");
    let key = PublicKey::from_coordinates(&x, &y).unwrap();
    let expected = "496bd8afadf307e5b08c64b0421bf9dc01528a344a43bda88fadd1669da253ec";
    assert_eq!(hex::encode(key_thumbprint(&key)), expected);
}

#[test]
fn a_challenge_is_derived_from_nonce_key_and_purpose() {
    // SHA-256 of 32 bytes 01, 32 bytes 02 and "level-2", by Python's hashlib.
    let expected = [0x84, 0x0c, 0x6a, 0xa7, 0x44, 0xd0, 0xe8, 0xd1];
    assert_eq!(derived_challenge(&[1; 32], &[2; 32], "level-2"), expected);
    let origin = ChallengeOrigin::Derived { key_thumbprint: [2; 32], purpose: "level-2".to_owned() };
    assert_eq!(origin.challenge(&[1; 32]), Some(expected));
}

#[test]
fn refuses_what_is_cut_padded_untagged_or_too_long() {
    let bytes = World::new().record().as_bytes().to_vec();
    refused(&[&bytes[..], &[0]].concat(), RecordError::Cbor(Error::TrailingBytes));
    refused(&bytes[..bytes.len() - 1], RecordError::Cbor(Error::Truncated));
    refused(&bytes[1..], RecordError::NotTagged);
    refused(&vec![0; LONGEST_RECORD + 1], RecordError::TooLong);
    refused(&[], RecordError::Cbor(Error::Truncated));
}

#[test]
fn refuses_a_key_that_stands_twice_and_an_order_of_its_own() {
    let world = World::new();
    let record = world.record();
    let mut twice = fields(&record);
    twice.push(twice[0].clone());
    refused(&world.signed(twice), RecordError::Cbor(Error::DuplicateKey));
    let mut turned = fields(&record);
    turned.swap(0, 1);
    let payload = encoded(|out| {
        out.map(turned.len());
        turned.iter().fold(out, |out, (key, value)| out.raw(key).raw(value))
    });
    refused(&world.sealed(payload), RecordError::Cbor(Error::KeyOrder));
}

#[test]
fn refuses_a_later_version_and_a_field_that_is_not_known() {
    let world = World::new();
    refused(&world.with(1, |out| out.uint(2)), RecordError::UnsupportedVersion);
    refused(&world.with(13, |out| out.uint(2)), RecordError::UnknownField);
    refused(&world.with(0, |out| out.uint(2)), RecordError::UnknownField);
    // A later version may have other fields: it is refused for what it is.
    let later = world.with_all(vec![(1, encoded(|out| out.uint(2))), (13, encoded(|out| out.uint(2)))]);
    refused(&later, RecordError::UnsupportedVersion);
}

#[test]
fn refuses_a_record_without_one_of_the_fields_that_must_be_there() {
    let world = World::new();
    for missing in [1, 2, 3, 4, 5, 8, 12] {
        let mut left = fields(&world.record());
        left.retain(|(key, _)| *key != encoded(|out| out.int(missing)));
        refused(&world.signed(left), RecordError::Missing(missing));
    }
}

#[test]
fn refuses_values_that_no_reading_has() {
    let world = World::new();
    let cases: Vec<(i64, Vec<u8>)> = vec![
        (2, encoded(|out| out.uint(u64::MAX))),
        (3, encoded(|out| out.bytes(&[0; 7]))),
        (3, encoded(|out| out.bytes(&[0; 65]))),
        (4, encoded(|out| out.bytes(&[2; 32]))),
        (5, encoded(|out| out.map(0))),
        (5, encoded(|out| out.map(1).text("DG17").bytes(&[]))),
        (6, encoded(|out| out.array(2).bytes(&[7; 31]).text("counter"))),
        (6, encoded(|out| out.array(2).bytes(&[7; 32]).text(""))),
        (6, encoded(|out| out.array(2).bytes(&[7; 32]).text(&"p".repeat(129)))),
        (7, encoded(|out| out.array(2).bytes(&[7; 9]).bytes(&[]))),
        (8, encoded(|out| out.text("proven"))),
        (9, encoded(|out| out.array(3).uint(13).bytes(&[4]).bytes(&[1]))),
        (10, encoded(|out| out.array(4).text("none").text("aes-128").null().bool(false))),
        (10, encoded(|out| out.array(4).text("bac").text("rot13").null().bool(false))),
        (10, encoded(|out| out.array(4).text("bac").text("3des").text("P-1").bool(false))),
        (12, encoded(|out| out.array(2).text("").text("1"))),
        (12, encoded(|out| out.array(2).text("tests").text(&"1".repeat(65)))),
    ];
    for (key, value) in cases {
        refused(&world.with_all(vec![(key, value)]), RecordError::OutOfRange(key));
    }
    let asserted = (8, encoded(|out| out.text("asserted_by_reader")));
    let unknown = (9, encoded(|out| out.array(3).uint(3).bytes(&[4]).bytes(&[1])));
    refused(&world.with_all(vec![asserted, unknown]), RecordError::OutOfRange(9));
    for (key, items) in [(6, 3), (7, 1), (9, 4), (10, 3), (11, 6), (12, 3)] {
        let array = encoded(|out| (0..items).fold(out.array(items), |out, _| out.bytes(&[])));
        refused(&world.with_all(vec![(key, array)]), RecordError::Cbor(Error::WrongKind));
    }
}

#[test]
fn refuses_a_reader_that_calls_its_own_chip_authentication_verified() {
    refused(&World::new().with(8, |out| out.text("verified")), RecordError::ChipClaim);
}

#[test]
fn refuses_a_header_that_names_another_key_type_algorithm_or_more() {
    let world = World::new();
    let payload = encoded(|out| out.sorted_map(fields(&world.record())));
    let own = key_thumbprint(&world.desk.public_key().unwrap());
    let draft = |write: &dyn Fn(&mut Encoder), unprotected: &[u8]| {
        let mut protected = Encoder::new();
        write(&mut protected);
        world.drafted(&Draft::new(protected.finish(), unprotected.to_vec(), payload.clone()))
    };
    let header = |out: &mut Encoder, alg: i64, key_id: &[u8], typ: &str| {
        out.map(3).int(1).int(alg).int(4).bytes(key_id).int(16).text(typ);
    };
    let sound = draft(&|out| header(out, -7, &own, TYP), &[0xa0]);
    assert!(EvidenceRecord::parse(&sound).is_ok());
    refused(&draft(&|out| header(out, -7, &[9; 32], TYP), &[0xa0]), RecordError::KeyId);
    for (alg, typ) in [(-9, TYP), (-8, TYP), (-7, "application/statuslist+cwt")] {
        refused(&draft(&|out| header(out, alg, &own, typ), &[0xa0]), RecordError::Header);
    }
    refused(&draft(&|out| header(out, -7, &own, TYP), &[0xa1, 0x18, 0x20, 0]), RecordError::Header);
    let more = |out: &mut Encoder| {
        out.map(4).int(1).int(-7).int(2).array(1).int(1).int(4).bytes(&own).int(16).text(TYP);
    };
    refused(&draft(&more, &[0xa0]), RecordError::Header);
    let without_key = |out: &mut Encoder| {
        out.map(2).int(1).int(-7).int(16).text(TYP);
    };
    refused(&draft(&without_key, &[0xa0]), RecordError::Header);
}

#[test]
fn refuses_the_other_form_of_the_signature_and_a_cut_one() {
    let record = World::new().record();
    let bytes = record.as_bytes();
    let (start, signature) = bytes.split_at(bytes.len() - 64);
    let flipped = flip_s(signature.try_into().unwrap());
    refused(&[start, &flipped].concat(), RecordError::SignatureForm);
    let cut = [&start[..start.len() - 2], &[0x58, 63], &signature[..63]].concat();
    refused(&cut, RecordError::SignatureForm);
}

/// `n - s` in the place of `s`.
fn flip_s(signature: &[u8; 64]) -> [u8; 64] {
    let order = hex::decode("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551").unwrap();
    let mut out = *signature;
    let mut borrow = 0;
    for index in (0..32).rev() {
        let difference = i32::from(order[index]) - i32::from(signature[32 + index]) - borrow;
        borrow = i32::from(difference < 0);
        out[32 + index] = u8::try_from(difference.rem_euclid(256)).unwrap();
    }
    out
}
