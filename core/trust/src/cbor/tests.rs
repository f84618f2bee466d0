use super::*;

fn both(hex: &str) -> (Result<(), Error>, Result<(), Error>) {
    let bytes = unhex(hex);
    (scan(&bytes, Profile::Deterministic), scan(&bytes, Profile::Interoperable))
}

fn unhex(hex: &str) -> Vec<u8> {
    let digits: Vec<u8> =
        hex.chars().filter_map(|c| c.to_digit(16)).map(|d| u8::try_from(d).unwrap()).collect();
    digits.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect()
}

#[test]
fn both_profiles_take_plain_items() {
    for hex in [
        "00",
        "1818",
        "3903e7",
        "43010203",
        "63e1baa1",
        "83010203",
        "a2010203 04",
        "d2 84 40 a0 40 40",
        "f4",
        "f6",
        "f83b",
    ] {
        assert_eq!(both(hex), (Ok(()), Ok(())), "{hex}");
    }
}

#[test]
fn both_profiles_refuse_what_is_malformed_or_ambiguous() {
    for (hex, error) in [
        ("", Error::Truncated),
        ("18", Error::Truncated),
        ("4401", Error::Truncated),
        ("8301", Error::Truncated),
        ("5b ffffffffffffffff", Error::Truncated),
        ("9a 00010001", Error::TooMany),
        ("b9 0401", Error::TooMany),
        ("0000", Error::TrailingBytes),
        ("a2 0102 0103", Error::DuplicateKey),
        ("1c", Error::Reserved),
        ("ff", Error::Reserved),
        ("f818", Error::Reserved),
        ("61ff", Error::NotUtf8),
    ] {
        assert_eq!(both(hex), (Err(error), Err(error)), "{hex}");
    }
}

#[test]
fn only_the_interoperable_profile_takes_what_others_write() {
    for (hex, error) in [
        ("1801", Error::NotShortest),
        ("190001", Error::NotShortest),
        ("1a00000001", Error::NotShortest),
        ("1b0000000000000001", Error::NotShortest),
        ("b9 0001 01 02", Error::NotShortest),
        ("9f0102ff", Error::Indefinite),
        ("5f 4101 4102 ff", Error::Indefinite),
        ("a2 0201 0102", Error::KeyOrder),
        ("f93c00", Error::Float),
    ] {
        assert_eq!(both(hex), (Err(error), Ok(())), "{hex}");
    }
}

#[test]
fn a_key_written_in_two_ways_is_still_a_duplicate() {
    assert_eq!(both("a2 0101 180102").1, Err(Error::DuplicateKey));
    assert_eq!(both("a2 6161 01 780161 02").1, Err(Error::DuplicateKey));
}

#[test]
fn a_duplicate_beyond_the_keys_on_the_stack_is_found() {
    let map = |keys: &[u64]| {
        let mut out = Encoder::new();
        out.map(keys.len());
        for key in keys {
            out.uint(*key).null();
        }
        out.finish()
    };
    let distinct: Vec<u64> = (0..200).rev().collect();
    assert_eq!(scan(&map(&distinct), Profile::Interoperable), Ok(()));
    for repeated in [199, 100, 0] {
        let twice: Vec<u64> = distinct.iter().copied().chain([repeated]).collect();
        assert_eq!(scan(&map(&twice), Profile::Interoperable), Err(Error::DuplicateKey), "{repeated}");
    }
}

#[test]
fn a_duplicate_is_found_wherever_either_key_is_kept() {
    for many in [1_u64, 7, 8, 9, 31, 32, 33, 34] {
        for repeated in 0..many {
            let mut out = Encoder::new();
            out.map(usize::try_from(many).unwrap() + 1);
            for key in (0..many).rev().chain([repeated]) {
                out.uint(key).null();
            }
            let scanned = scan(&out.finish(), Profile::Interoperable);
            assert_eq!(scanned, Err(Error::DuplicateKey), "{repeated} of {many}");
        }
    }
}

/// Keys in order are compared with the last one alone, and as they are written: whatever comes after that must still be found.
#[test]
fn a_duplicate_is_found_after_keys_in_order_and_however_long_a_head_is() {
    let long = |key: u64| [&[0x1b][..], &key.to_be_bytes()].concat();
    let short = |key: u64| Encoder::new().uint(key).clone().finish();
    let scanned = |keys: &[Vec<u8>]| {
        let mut out = Encoder::new();
        out.map(keys.len());
        for key in keys {
            out.raw(key).null();
        }
        scan(&out.finish(), Profile::Interoperable)
    };
    for many in [1_u64, 2, 8, 9, 24, 32, 33, 40] {
        let distinct: Vec<Vec<u8>> = (0..many).map(short).collect();
        assert_eq!(scanned(&distinct), Ok(()));
        assert_eq!(scanned(&(0..many).map(long).collect::<Vec<_>>()), Ok(()), "{many} long ones");
        for repeated in 0..many {
            let with = |one: Vec<u8>| [distinct.clone(), vec![one]].concat();
            assert_eq!(scanned(&with(short(repeated))), Err(Error::DuplicateKey), "{repeated} of {many}");
            assert_eq!(
                scanned(&with(long(repeated))),
                Err(Error::DuplicateKey),
                "{repeated} of {many}, long"
            );
            let mut first = distinct.clone();
            first.insert(0, long(repeated));
            assert_eq!(scanned(&first), Err(Error::DuplicateKey), "{repeated} of {many}, long before");
        }
    }
}

#[test]
fn the_last_element_ends_where_its_container_does() {
    let bytes = unhex("82 82 01 9f 02 ff a1 03 82 04 a1 05 bf 06 07 ff");
    let outer: Vec<_> = Item::parse(&bytes, Profile::Interoperable).unwrap().as_array().unwrap().collect();
    assert_eq!((outer[0].raw(), outer.len()), (&unhex("82 01 9f 02 ff")[..], 2));
    let first: Vec<_> = outer[0].as_array().unwrap().map(|item| item.raw().to_vec()).collect();
    assert_eq!(first, [unhex("01"), unhex("9f 02 ff")]);
    let value = outer[1].as_map().unwrap().get_int(3).unwrap();
    assert_eq!(value.raw(), unhex("82 04 a1 05 bf 06 07 ff"));
    let innermost = value.as_array().unwrap().last().unwrap().as_map().unwrap().get_int(5).unwrap();
    assert_eq!(innermost.raw(), unhex("bf 06 07 ff"));
    assert_eq!(innermost.as_map().unwrap().get_int(6).unwrap().raw(), [7]);
}

#[test]
fn depth_is_bounded() {
    for head in [0x81, 0xd2] {
        let nested = |levels: usize| [vec![head; levels], vec![0]].concat();
        assert_eq!(scan(&nested(16), Profile::Interoperable), Ok(()));
        assert_eq!(scan(&nested(17), Profile::Interoperable), Err(Error::TooDeep));
        assert_eq!(scan(&nested(1_000_000), Profile::Interoperable), Err(Error::TooDeep));
    }
}

#[test]
fn the_cursor_gives_back_what_the_encoder_wrote() {
    let mut out = Encoder::new();
    out.tag(18).array(6).uint(500).int(-7).bytes(b"abc").text("Mẫu").bool(true);
    out.map(2).int(-1).null().simple(59).array(0);
    let bytes = out.finish();
    let item = Item::parse(&bytes, Profile::Deterministic).unwrap();
    let (tag, array) = item.as_tag().unwrap();
    assert_eq!(tag, 18);
    let items: Vec<_> = array.as_array().unwrap().collect();
    assert_eq!(items[0].as_uint(), Ok(500));
    assert_eq!(items[1].as_int(), Ok(-7));
    assert_eq!(items[2].as_bytes(), Ok(&b"abc"[..]));
    assert_eq!(items[3].as_text(), Ok("Mẫu"));
    assert_eq!(items[4].as_bool(), Ok(true));
    let map = items[5].as_map().unwrap();
    assert!(map.get_int(-1).unwrap().is_null());
    assert_eq!(map.get_simple(59).unwrap().raw(), [0x80]);
    assert_eq!(map.get_int(3), None);
    assert_eq!(items[0].as_text(), Err(Error::WrongKind));
    assert_eq!(items.len(), 6);
}

#[test]
fn the_cursor_walks_indefinite_containers() {
    let bytes = unhex("bf 01 9f 02 03 ff 61 61 f5 ff");
    let map = Item::parse(&bytes, Profile::Interoperable).unwrap().as_map().unwrap();
    let inner: Vec<_> = map.get_int(1).unwrap().as_array().unwrap().map(|i| i.as_uint().unwrap()).collect();
    assert_eq!(inner, [2, 3]);
    assert_eq!(map.get_text("a").unwrap().as_bool(), Ok(true));
}

#[test]
fn every_prefix_and_every_changed_byte_is_read_without_panic() {
    let good = unhex("d2 84 43 a1 01 26 a1 04 41 31 58 06 a2 01 02 03 63 61 62 63 44 01 02 03 04");
    for end in 0..good.len() {
        let _ = Item::parse(&good[..end], Profile::Interoperable).map(|item| item.as_tag());
    }
    for at in 0..good.len() {
        for value in 0..=255 {
            let mut changed = good.clone();
            changed[at] = value;
            if let Ok(item) = Item::parse(&changed, Profile::Interoperable) {
                let items = item.as_tag().and_then(|(_, item)| item.as_array());
                for item in items.into_iter().flatten() {
                    let _ = (item.kind(), item.as_int(), item.as_map().map(Iterator::count));
                }
            }
        }
    }
}

#[test]
fn records_go_through_the_scan() {
    #[derive(serde::Serialize, serde::Deserialize, PartialEq, Debug)]
    struct Record {
        sequence: u64,
    }
    let bytes = to_vec(&Record { sequence: 7 }).unwrap();
    assert_eq!(from_slice::<Record>(&bytes), Ok(Record { sequence: 7 }));
    let twice = unhex("a2 68 73657175656e6365 01 68 73657175656e6365 02");
    assert_eq!(from_slice::<Record>(&twice), Err(Error::DuplicateKey));
    assert_eq!(from_slice::<Record>(&unhex("a0")), Err(Error::Record));
}
