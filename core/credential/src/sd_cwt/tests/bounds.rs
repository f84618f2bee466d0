//! The bounds of a token, at the last value that fits and at the first that does not, and what is read of others' tokens.
use trust::cbor::MOST_NESTING;

use super::*;

/// Items one after the other.
fn encoded(write: impl FnOnce(&mut Encoder) -> &mut Encoder) -> Vec<u8> {
    let mut out = Encoder::new();
    write(&mut out);
    out.finish()
}

const EC2_P256: (i64, i64) = (2, 1);

/// `cnf` of this key type and curve, with whatever stands for `y`.
fn confirmation((kty, crv): (i64, i64), x: &[u8], y: impl FnOnce(&mut Encoder) -> &mut Encoder) -> Vec<u8> {
    encoded(|e| {
        e.map(1).int(1).map(4).int(1).int(kty).int(-1).int(crv).int(-2).bytes(x).int(-3);
        y(e)
    })
}

/// A good token with one claim replaced.
fn replaced(issuer: &TestKey, label: i64, value: &[u8]) -> Vec<u8> {
    let token = issued(issuer, &draft(Redaction::None));
    let token = Sign1::parse(&token, Profile::Deterministic).unwrap();
    let entries = token.payload_item().unwrap().as_map().unwrap().map(|(key, old)| {
        let value = if key.as_int() == Ok(label) { value } else { old.raw() };
        (key.raw().to_vec(), value.to_vec())
    });
    let entries = entries.collect();
    let payload = encoded(|e| e.sorted_map(entries));
    resigned(issuer, token.protected().to_vec(), vec![0xa0], payload)
}

#[test]
fn a_device_key_is_read_with_a_sign_or_a_coordinate_and_only_on_its_curve() {
    let (issuer, device) = (TestKey::new(), TestKey::new().public());
    let point = device.uncompressed();
    let (x, y) = (&point[1..33], &point[33..]);
    let holder = |cnf: Vec<u8>| {
        let token = replaced(&issuer, cwt::CNF, &cnf);
        SdCwt::parse(&token)?.verify(&issuer.public()).map(|verified| *verified.holder_key())
    };
    let sign = y[31] & 1 == 1;
    assert_eq!(holder(confirmation(EC2_P256, x, |e| e.bool(sign))), Ok(device));
    assert_eq!(holder(confirmation(EC2_P256, x, |e| e.bytes(y))), Ok(device));
    let refused = Err(SdCwtError::Claim(cwt::CNF));
    assert_eq!(holder(confirmation((1, 1), x, |e| e.bytes(y))), refused, "another kind of key");
    assert_eq!(holder(confirmation((2, 2), x, |e| e.bytes(y))), refused, "another curve");
    assert_eq!(holder(confirmation(EC2_P256, x, |e| e.int(1))), refused, "a number for y");
    let other_y: Vec<u8> = y.iter().map(|byte| byte ^ 1).collect();
    assert_eq!(holder(confirmation(EC2_P256, x, |e| e.bytes(&other_y))), refused, "beside the curve");
}

#[test]
fn the_place_of_a_status_is_a_text_of_1_to_255_bytes() {
    let issuer = TestKey::new();
    let parsed = |length: usize| {
        let status = encoded(|e| {
            e.map(1).text("status_list").map(2).text("idx").uint(7).text("uri").text(&"s".repeat(length))
        });
        let token = replaced(&issuer, cwt::STATUS, &status);
        SdCwt::parse(&token).map(|_| ())
    };
    assert_eq!((parsed(1), parsed(255)), (Ok(()), Ok(())));
    let refused = Err(SdCwtError::Claim(cwt::STATUS));
    assert_eq!((parsed(0), parsed(256)), (refused, refused));
}

#[test]
fn a_verified_credential_names_its_issuer_and_lives_fourteen_days_at_most() {
    let issuer = TestKey::new();
    let token = issued(&issuer, &draft(Redaction::None));
    let verified = SdCwt::parse(&token).unwrap().verify(&issuer.public()).unwrap();
    assert_eq!(verified.issuer(), "vn-c06");
    assert_eq!(verified.expires().seconds_since(verified.issued_at()), 1_209_600);
    let mut longer = draft(Redaction::None);
    longer.exp = NOW.plus_seconds(1_209_601);
    assert_eq!(longer.prepare(&mut SystemRandom::new()).map(|_| ()).unwrap_err(), SdCwtError::Times);
}

#[test]
fn the_redactable_keys_are_those_of_the_disclosures() {
    let issuer = TestKey::new();
    let whole = issued(&issuer, &draft(Redaction::EachClaim));
    let mut keys = redactable(&whole).unwrap();
    keys.sort_unstable();
    let all = citizen().keys();
    assert_eq!(keys, all.into_iter().filter(|key| !ALWAYS_OPEN.contains(key)).collect::<Vec<_>>());
    let shown = select(&whole, &[key::NAME]).unwrap();
    assert_eq!(redactable(&shown), Ok(vec![key::NAME]));
    assert_eq!(redactable(&issued(&issuer, &draft(Redaction::None))), Ok(vec![]));
}

/// A disclosure of this content, as it stands in the list.
fn disclosed(content: impl FnOnce(&mut Encoder) -> &mut Encoder) -> Vec<u8> {
    let content = encoded(content);
    encoded(|e| e.bytes(&content))
}

/// A token of anybody with these claims, unsigned headers and disclosures.
fn opens(claims: &[u8], headers: &[(i64, u8)], disclosures: &[Vec<u8>]) -> Result<(), SdCwtError> {
    let list = usize::from(!disclosures.is_empty());
    let unprotected = encoded(|e| {
        e.map(headers.len() + list);
        if list == 1 {
            e.int(SD_CLAIMS).array(disclosures.len());
            for disclosure in disclosures {
                e.raw(disclosure);
            }
        }
        headers.iter().fold(e, |e, (label, value)| e.int(*label).raw(&[*value]))
    });
    open(&trust::cose::assemble(&[0xa1, 0x01, 0x26], &unprotected, claims, &[0; 64])).map(|_| ())
}

#[test]
fn a_header_of_others_is_passed_over_and_encrypted_disclosures_are_not() {
    let claims = &[0xa0];
    assert_eq!(opens(claims, &[], &[]), Ok(()));
    assert_eq!(opens(claims, &[(99, 0x00)], &[]), Ok(()));
    assert_eq!(opens(claims, &[(171, 0x80)], &[]), Err(SdCwtError::Claim(171)));
}

#[test]
fn a_disclosure_counts_once_even_where_it_tells_nothing() {
    let decoy = disclosed(|e| e.array(1).bytes(&[3; 16]));
    let hash = sha256(&decoy);
    let claims = |hashes: &[[u8; 32]]| {
        encoded(|e| {
            e.map(1).simple(59).array(hashes.len());
            hashes.iter().fold(e, |e, hash| e.bytes(hash))
        })
    };
    assert_eq!(opens(&claims(&[hash]), &[], std::slice::from_ref(&decoy)), Ok(()));
    assert_eq!(opens(&claims(&[hash, hash]), &[], &[decoy]), Err(SdCwtError::Disclosure));
    assert_eq!(opens(&claims(&[[9; 32]; 256]), &[], &[]), Ok(()));
    assert_eq!(opens(&claims(&[[9; 32]; 257]), &[], &[]), Err(SdCwtError::Disclosure));
}

#[test]
fn the_names_of_claims_are_at_most_255_bytes() {
    let named = |length: usize| opens(&encoded(|e| e.map(1).text(&"k".repeat(length)).int(0)), &[], &[]);
    assert_eq!(named(255), Ok(()));
    assert_eq!(named(256), Err(SdCwtError::Disclosure));
}

#[test]
fn a_token_has_8192_values_at_most() {
    // The map and its array are two of them.
    let with = |values: usize| {
        let claims = encoded(|e| {
            e.map(1).int(500).array(values - 2);
            (2..values).fold(e, |e, _| e.int(0))
        });
        opens(&claims, &[], &[])
    };
    assert_eq!(with(8192), Ok(()));
    assert_eq!(with(8193), Err(SdCwtError::Malformed(cbor::Error::TooMany)));
}

#[test]
fn a_tag_is_read_but_that_of_a_redacted_element_outside_an_array_is_not() {
    let tagged = |tag: u64| opens(&encoded(|e| e.map(1).int(500).tag(tag).bytes(&[9; 32])), &[], &[]);
    assert_eq!(tagged(61), Ok(()));
    assert_eq!(tagged(60), Err(SdCwtError::Disclosure));
}

/// What stands around a value: one level more.
type Around = for<'a> fn(&'a mut Encoder, &[u8]) -> &'a mut Encoder;

/// `{500: value}` at depth 0, with the value so many levels deep, half of them in a disclosure: each half is flat by itself.
fn nested(around: Around, levels: usize) -> Result<(), SdCwtError> {
    let mut value = vec![0x00];
    let inner = levels / 2;
    let wrapped = |value: &[u8]| encoded(|e| around(e, value));
    for _ in 0..inner {
        value = wrapped(&value);
    }
    let disclosure = disclosed(|e| e.array(2).bytes(&[3; 16]).raw(&value));
    // An array with the redacted element is one level, the map another.
    value = encoded(|e| e.array(1).tag(60).bytes(&sha256(&disclosure)));
    for _ in 0..levels - inner - 2 {
        value = wrapped(&value);
    }
    opens(&encoded(|e| e.map(1).int(500).raw(&value)), &[], &[disclosure])
}

#[test]
fn nesting_is_counted_through_disclosures_whatever_it_consists_of() {
    let array: Around = |e, value| e.array(1).raw(value);
    let map: Around = |e, value| e.map(1).int(1).raw(value);
    let tag: Around = |e, value| e.tag(99).raw(value);
    for around in [array, map, tag] {
        assert_eq!(nested(around, MOST_NESTING), Ok(()));
        assert_eq!(nested(around, MOST_NESTING + 1), Err(SdCwtError::Malformed(cbor::Error::TooDeep)));
    }
}

#[test]
fn a_redacted_element_is_one_level_deeper_than_its_array() {
    // Elements inside elements: a level that is not counted would let all of them pass.
    let with = |levels: usize| {
        let mut chain = vec![disclosed(|e| e.array(2).bytes(&[3; 16]).int(0))];
        for _ in 2..levels {
            let inner = sha256(chain.last().unwrap());
            chain.push(disclosed(|e| e.array(2).bytes(&[3; 16]).array(1).tag(60).bytes(&inner)));
        }
        let outermost = sha256(chain.last().unwrap());
        opens(&encoded(|e| e.map(1).int(500).array(1).tag(60).bytes(&outermost)), &[], &chain)
    };
    assert_eq!(with(MOST_NESTING), Ok(()));
    assert_eq!(with(MOST_NESTING + 1), Err(SdCwtError::Malformed(cbor::Error::TooDeep)));
}
