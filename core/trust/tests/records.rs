//! Our own records, as they are read from CBOR.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]
use sen_trust::cbor::{Error, from_slice, to_vec};

fn octets(hex: &str) -> Vec<u8> {
    hex::decode(hex.replace(' ', "")).unwrap()
}

/// Every shape that our records have.
#[derive(serde::Serialize, serde::Deserialize, PartialEq, Debug, Clone)]
struct Shapes {
    number: u64,
    signed: i64,
    small: u8,
    flag: bool,
    text: String,
    #[serde(with = "serde_bytes")]
    octets: Vec<u8>,
    #[serde(with = "serde_bytes")]
    point: [u8; 4],
    list: Vec<u16>,
    pair: (u8, String),
    there: Option<Wrapped>,
    missing: Option<u8>,
    names: std::collections::BTreeMap<String, i64>,
    numbers: std::collections::BTreeMap<i64, bool>,
    ends: Vec<End>,
    #[serde(flatten)]
    more: More,
}

#[derive(serde::Serialize, serde::Deserialize, PartialEq, Debug, Clone)]
struct Wrapped(u32);

#[derive(serde::Serialize, serde::Deserialize, PartialEq, Debug, Clone)]
#[serde(rename_all = "snake_case")]
enum End {
    Plain,
    One(Option<u8>),
    Two(u8, bool),
    Named { at: i64 },
}

#[derive(serde::Serialize, serde::Deserialize, PartialEq, Debug, Clone)]
struct More {
    beside: String,
}

fn shapes() -> Shapes {
    Shapes {
        number: u64::MAX,
        signed: i64::MIN,
        small: 255,
        flag: true,
        text: "Nguyễn".into(),
        octets: vec![0, 255],
        point: [4, 3, 2, 1],
        list: vec![1, 65_535],
        pair: (7, "seven".into()),
        there: Some(Wrapped(9)),
        missing: None,
        names: [("a".into(), -1), ("b".into(), 2)].into(),
        numbers: [(-3, true), (4, false)].into(),
        ends: vec![End::Plain, End::One(None), End::One(Some(1)), End::Two(2, true), End::Named { at: -5 }],
        more: More { beside: "it".into() },
    }
}

#[test]
fn a_record_of_every_shape_is_read_as_it_was_written() {
    let bytes = to_vec(&shapes()).unwrap();
    assert_eq!(from_slice::<Shapes>(&bytes), Ok(shapes()));
    assert_eq!(serde_cbor::from_slice::<Shapes>(&bytes).unwrap(), shapes());
}

#[test]
fn a_changed_record_is_read_as_another_reader_does_or_refused() {
    let good = to_vec(&shapes()).unwrap();
    let mut differ = 0;
    for at in 0..good.len() {
        for value in 0..=255 {
            let mut changed = good.clone();
            changed[at] = value;
            if let Ok(record) = from_slice::<Shapes>(&changed) {
                assert_eq!(
                    serde_cbor::from_slice::<Shapes>(&changed).unwrap(),
                    record,
                    "byte {at} is {value}"
                );
                differ += usize::from(record != shapes());
            }
        }
    }
    assert!(differ > 1_000, "{differ} other records");
}

#[test]
fn refuses_a_record_that_is_not_what_its_type_wants() {
    for (name, bytes) in [
        ("a text for a number", "a1 68 73657175656e6365 61 31"),
        ("a float for a number", "a1 68 73657175656e6365 f9 3c00"),
        ("a tag on a number", "a1 68 73657175656e6365 c1 01"),
        ("a tag on all of it", "d9 d9f7 a1 68 73657175656e6365 01"),
        ("a number of more than 64 bits below zero", "a1 68 73657175656e6365 3b ffffffffffffffff"),
        ("an array with more than the fields", "82 01 02"),
        ("no map", "01"),
        ("nothing", "f6"),
    ] {
        #[derive(serde::Deserialize, PartialEq, Debug)]
        struct Record {
            #[allow(dead_code)]
            sequence: u64,
        }
        assert_eq!(from_slice::<Record>(&octets(bytes)), Err(Error::Record), "{name}");
    }
    for (name, bytes) in [
        ("no such variant", "65 6f74686572"),
        ("two variants", "a2 63 6f6e65 f6 65 706c61696e f6"),
        ("a variant without its content", "63 6f6e65"),
        ("an array", "81 65 706c61696e"),
    ] {
        assert_eq!(from_slice::<End>(&octets(bytes)), Err(Error::Record), "{name}");
    }
}

#[test]
fn a_record_is_read_without_what_its_type_does_not_know() {
    #[derive(serde::Deserialize, PartialEq, Debug)]
    struct Record {
        sequence: u64,
    }
    let more = octets("a2 61 78 82 01 a1 01 02 68 73657175656e6365 07");
    assert_eq!(from_slice::<Record>(&more), Ok(Record { sequence: 7 }));
}
