//! Codes that these tests write themselves, for what no vector shows: one field, one bound or one form at a time.
use credential::claims::{Sex, cwt as label, key};
use trust::cbor::Encoder;
use trust::cose::Draft;

use super::*;

fn encoded(write: impl FnOnce(&mut Encoder) -> &mut Encoder) -> Vec<u8> {
    let mut out = Encoder::new();
    write(&mut out);
    out.finish()
}

fn deflated(bytes: &[u8]) -> Vec<u8> {
    use std::io::Write;
    let mut zlib = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
    zlib.write_all(bytes).unwrap();
    zlib.finish().unwrap()
}

/// A signed token with these claims, as the text of a code without a prefix.
fn code(claims: Vec<u8>) -> String {
    let draft = Draft::new(vec![0xa1, 0x01, 0x26], vec![0xa0], claims);
    let token = draft.assemble(&TestKey::new().sign(&draft.to_be_signed()));
    encode_base45(&deflated(&token))
}

/// What a desk makes of a code whose issuers it does not know.
fn shown(text: &str) -> Claims {
    let (found, code) = outcome(decide_on(text, &trust(&[]), NOW));
    code.unwrap_or_else(|| panic!("{found}")).claims
}

fn found(text: &str) -> String {
    outcome(decide_on(text, &trust(&[]), NOW)).0
}

#[test]
fn a_text_is_recognised_by_all_of_its_marks() {
    assert_eq!(recognise(CARD), Format::CardQr);
    assert_eq!(recognise(PAPER_2021), Format::BhytPaper);
    assert_eq!(recognise("NCF AB"), Format::Claim169);
    for text in [
        "hello",
        "HELLO",
        "NCF ab",
        "000190000002|B",
        "00019000000x||B|02021990|Nam|X|02022022",
        "0001900000021||B|02021990|Nam|X|02022022",
        "number||B|02021990|Nam|X|02022022",
        "0000000001|41|$",
        PAPER_2021.trim_end_matches('$'),
    ] {
        assert_eq!(recognise(text), Format::Unknown, "{text}");
    }
}

/// The text of a Claim 169 code with these entries of its map, keys in order.
fn claim169(write: impl FnOnce(&mut Encoder) -> &mut Encoder) -> String {
    let identity = encoded(write);
    code(encoded(|e| e.map(1).int(label::IDENTITY).raw(&identity)))
}

#[test]
fn a_claim_169_code_fills_each_field_of_the_form() {
    let whole = claim169(|e| {
        e.map(6).int(key::NUMBER).text("000190000002").int(key::NAME).text("Trần Thị B");
        e.int(key::BIRTH_DATE).text("19900202").int(key::SEX).uint(2);
        e.int(key::INSURANCE_NUMBER).text("0000000001").int(key::FACILITY).text("01000")
    });
    let expected = Claims {
        number: Some("000190000002".into()),
        name: Some("Trần Thị B".into()),
        birth_date: Some(jiff::civil::date(1990, 2, 2)),
        sex: Some(Sex::Female),
        insurance_number: Some("0000000001".into()),
        facility: Some("01000".into()),
        ..Claims::default()
    };
    assert_eq!(shown(&whole), expected);
    assert_eq!(shown(&claim169(|e| e.map(0))), Claims::default());
}

#[test]
fn a_claim_169_code_may_write_a_date_with_dashes_a_sex_as_text_and_a_name_in_parts() {
    let dashes = shown(&claim169(|e| e.map(1).int(key::BIRTH_DATE).text("1990-02-02")));
    assert_eq!(dashes.birth_date, Some(jiff::civil::date(1990, 2, 2)));
    assert_eq!(shown(&claim169(|e| e.map(1).int(key::BIRTH_DATE).text("2.2.1990"))).birth_date, None);
    assert_eq!(shown(&claim169(|e| e.map(1).int(key::SEX).text("1"))).sex, Some(Sex::Male));
    let parts = claim169(|e| e.map(3).int(5).text("Trần").int(6).text("Thị").int(7).text("B"));
    assert_eq!(shown(&parts).name.as_deref(), Some("Trần Thị B"));
    let both = claim169(|e| e.map(2).int(key::NAME).text("whole").int(5).text("part"));
    assert_eq!(shown(&both).name.as_deref(), Some("whole"));
}

#[test]
fn a_packed_code_inflates_to_64_kib_at_most_and_has_nothing_behind_it() {
    let unpacked = |length: usize, behind: &[u8]| {
        let packed = [deflated(&vec![7; length]).as_slice(), behind].concat();
        cwt::unpack(&encode_base45(&packed)).map(|bytes| bytes.len())
    };
    assert_eq!(unpacked(65_536, &[]), Ok(65_536));
    assert_eq!(unpacked(65_537, &[]), Err(Reason::Malformed));
    assert_eq!(unpacked(100, &[]), Ok(100));
    assert_eq!(unpacked(100, &[0]), Err(Reason::Malformed), "a byte behind the stream");
    for length in [100, 65_536] {
        let mut packed = deflated(&vec![7; length]);
        *packed.last_mut().unwrap() ^= 1;
        let refused = cwt::unpack(&encode_base45(&packed));
        assert_eq!(refused, Err(Reason::Malformed), "another checksum behind {length} bytes");
    }
}

#[test]
fn the_times_of_a_code_hold_to_the_second() {
    let at = |label: i64, seconds: i64| {
        let claims =
            encoded(|e| e.map(2).int(label).int(NOW.as_unix() + seconds).int(self::label::IDENTITY).map(0));
        found(&code(claims))
    };
    let good = "unsure not_holder_bound unknown_issuer";
    assert_eq!((at(4, 1).as_str(), at(4, 0).as_str()), (good, "refused expired"));
    for begins in [5, 6] {
        assert_eq!(at(begins, 60), good, "{begins}");
        assert_eq!(at(begins, 61), "refused not_yet_valid", "{begins}");
        assert_eq!(at(begins, 3600), "refused not_yet_valid", "{begins}");
    }
}

/// An entry of a certificate's group: these fields, all of them text.
fn entry(fields: &[&str]) -> [Vec<u8>; 1] {
    [encoded(|e| fields.iter().fold(e.map(fields.len()), |e, field| e.text(field).text("x")))]
}

const TEST: [&str; 6] = ["tg", "tt", "tr", "co", "is", "ci"];
const RECOVERY: [&str; 7] = ["tg", "fr", "co", "is", "df", "du", "ci"];

/// The text of an EU certificate with these names and groups.
fn certificate(names: &[(&str, &str)], groups: &[(&str, &[Vec<u8>])]) -> String {
    let certificate = encoded(|e| {
        e.map(3 + groups.len()).text("ver").text("1.3.0").text("dob").text("1990-02-02").text("nam");
        names.iter().fold(e.map(names.len()), |e, (name, value)| e.text(name).text(value));
        groups.iter().fold(e, |e, (group, entries)| {
            entries.iter().fold(e.text(group).array(entries.len()), |e, entry| e.raw(entry))
        })
    });
    format!("HC1:{}", code(encoded(|e| e.map(1).int(-260).map(1).int(1).raw(&certificate))))
}

#[test]
fn an_eu_certificate_tells_the_name_as_it_is_written_and_the_birth_date() {
    let groups: &[(&str, &[Vec<u8>])] = &[("t", &entry(&TEST))];
    let named = |names: &[(&str, &str)]| shown(&certificate(names, groups));
    let whole = named(&[("fn", "Trần"), ("gn", "B"), ("fnt", "TRAN")]);
    assert_eq!(whole.name.as_deref(), Some("B Trần"));
    assert_eq!(whole.birth_date, Some(jiff::civil::date(1990, 2, 2)));
    assert_eq!(named(&[("fn", "Trần"), ("fnt", "TRAN")]).name.as_deref(), Some("Trần"));
    assert_eq!(named(&[("fnt", "TRAN")]).name, None);
}

#[test]
fn an_eu_certificate_has_one_entry_of_one_group_with_all_its_fields() {
    let with = |groups: &[(&str, &[Vec<u8>])]| found(&certificate(&[("fnt", "TRAN")], groups));
    let (test, recovery) = (entry(&TEST), entry(&RECOVERY));
    let good = "unsure not_holder_bound unknown_issuer";
    assert_eq!(with(&[("t", &test)]), good);
    assert_eq!(with(&[("r", &recovery)]), good);
    let refused = "refused malformed";
    assert_eq!(with(&[]), refused, "no group");
    assert_eq!(with(&[("t", &[])]), refused, "no entry");
    assert_eq!(with(&[("t", &[test.clone(), test.clone()].concat())]), refused, "two entries");
    assert_eq!(with(&[("t", &test), ("r", &recovery)]), refused, "two groups");
    assert_eq!(with(&[("t", &entry(&TEST[..5]))]), refused, "a field is missing");
    assert_eq!(with(&[("v", &recovery)]), refused, "the fields of another group");
}

/// An engagement with this security.
fn engaged(version: &str, security: &[u8]) -> Vec<u8> {
    encoded(|e| e.map(2).int(0).text(version).int(1).raw(security))
}

fn security(tag: u64, key: &[u8]) -> Vec<u8> {
    encoded(|e| e.array(2).int(1).tag(tag).bytes(key))
}

#[test]
fn an_mdoc_engagement_has_a_version_a_suite_and_a_wrapped_key() {
    let found = |bytes: &[u8]| found(&format!("mdoc:{}", base64url(bytes)));
    let key = [0xa0];
    assert_eq!(found(&engaged("1.0", &security(24, &key))), "unsure not_holder_bound");
    let refused = "refused malformed";
    assert_eq!(found(&[0xa0]), refused, "an empty map");
    assert_eq!(found(&engaged("2.0", &security(24, &key))), refused, "another version");
    assert_eq!(found(&engaged("1.0", &security(25, &key))), refused, "another tag");
    assert_eq!(found(&engaged("1.0", &security(24, &[0x00]))), refused, "no map for a key");
    assert_eq!(found(&engaged("1.0", &[0x81, 0x01])), refused, "no key");
}

#[test]
fn base64url_of_an_engagement_has_one_spelling() {
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut unused = Vec::new();
    // One more letter in the version moves the end by one byte.
    for version in ["1.0", "1.00", "1.000"] {
        let bytes = engaged(version, &security(24, &[0xa0]));
        let text = format!("mdoc:{}", base64url(&bytes));
        assert_eq!(found(&text), "unsure not_holder_bound");
        for behind in ["A", "B", "=", "%"] {
            assert_eq!(found(&format!("{text}{behind}")), "refused malformed", "{version} {behind}");
        }
        if !bytes.len().is_multiple_of(3) {
            let (start, last) = text.split_at(text.len() - 1);
            let next = alphabet.split_once(last).unwrap().1.get(..1).unwrap();
            assert_eq!(
                found(&format!("{start}{next}")),
                "refused malformed",
                "{version}: a bit beyond the bytes"
            );
        }
        unused.push(bytes.len() % 3);
    }
    unused.sort_unstable();
    assert_eq!(unused, [0, 1, 2]);
}

/// A paper card with one field replaced.
fn paper(at: usize, field: &str) -> String {
    let mut fields: Vec<&str> = PAPER_2015.split('|').collect();
    fields[at] = field;
    fields.join("|")
}

#[test]
fn a_paper_cards_fields_are_each_read_in_their_place() {
    let date = |date: &str| Some(date.parse().unwrap());
    let whole = shown(PAPER_2015);
    assert_eq!(whole.birth_date, date("1990-01-01"));
    assert_eq!((whole.valid_from, whole.valid_to), (date("2020-01-01"), date("2020-12-31")));
    assert_eq!(whole.five_years_from, date("2022-01-01"));
    assert_eq!(whole.sex, Some(Sex::Male));
    assert_eq!(shown(&paper(3, "2")).sex, Some(Sex::Female));
    for nothing in ["-", "", " "] {
        assert_eq!(shown(&paper(3, nothing)).sex, None, "{nothing:?}");
    }
    for facility in ["01 - 00x", "01 - 0000", "-"] {
        assert_eq!(shown(&paper(5, facility)).facility, None, "{facility}");
    }
}

#[test]
fn a_paper_cards_number_is_ten_twelve_or_fifteen_capitals_and_digits() {
    for number in ["0000000001", "000000000001", "DN4000000000001"] {
        assert_eq!(shown(&paper(0, number)).insurance_number.as_deref(), Some(number));
    }
    for number in ["00000000x1", "00000000-1", "000000001", "00000000001", "DN40000000000001", "-"] {
        assert_eq!(found(&paper(0, number)), "refused malformed", "{number}");
    }
}

#[test]
fn an_identity_cards_sex_is_read_in_its_two_words() {
    let sex = |word: &str| shown(&CARD.replace("Nữ", word)).sex;
    assert_eq!((sex("Nam"), sex("Nữ")), (Some(Sex::Male), Some(Sex::Female)));
    assert_eq!((sex("nam"), sex("")), (None, None));
}
