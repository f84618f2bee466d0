#![allow(clippy::unwrap_used, clippy::indexing_slicing)]
use super::*;

fn code() -> NewPhoneCode {
    NewPhoneCode {
        instance_key: test_key::TestKey::new().public(),
        parcel_key: *ParcelKey::generate().unwrap().public(),
        made_at: Timestamp::from_unix(1_780_000_000),
        name: "điện thoại mới".to_owned(),
    }
}

#[test]
fn a_code_is_read_back_as_it_was_shown() {
    let code = code();
    let text = code.to_text().unwrap();
    assert!(text.starts_with("7363") && text.len() < 300, "{text}");
    assert_eq!(NewPhoneCode::parse(&format!("{text}\n")).unwrap(), code);
    assert!(crate::qr::encode(&text).unwrap().version() <= 12);
}

#[test]
fn another_key_or_name_has_other_check_digits() {
    let shown = code();
    let digits = shown.check_digits().unwrap();
    assert_eq!(digits.len(), 6);
    let same = NewPhoneCode::parse(&shown.to_text().unwrap()).unwrap();
    assert_eq!(same.check_digits().unwrap(), digits);
    let (other_key, other_name) = (
        NewPhoneCode { parcel_key: code().parcel_key, ..shown.clone() },
        NewPhoneCode { name: "x".to_owned(), ..shown },
    );
    assert_ne!(other_key.check_digits().unwrap(), digits);
    assert_ne!(other_name.check_digits().unwrap(), digits);
}

#[test]
fn refuses_names_that_are_empty_too_long_or_rewrite_the_screen() {
    let hidden = ["a\u{202e}b", "a\u{200b}b", "a\u{2066}b", "a\u{feff}b"];
    for name in ["", "\u{1b}[2Jphone", "a\nb", &"x".repeat(65)].into_iter().chain(hidden) {
        let refused = NewPhoneCode { name: name.to_owned(), ..code() };
        assert_eq!(refused.to_text(), Err(NewPhoneError::Malformed), "{name:?}");
    }
}

#[test]
fn refuses_other_frames_and_other_content() {
    let bytes = code().bytes().unwrap();
    let refused = |text: &str| NewPhoneCode::parse(text).unwrap_err();
    assert!(matches!(refused(&frame::encode(&bytes)), NewPhoneError::Frame(_)));
    for other in
        [&[0xa0][..], &[0x84, 0x40, 0x40, 0x00, 0x61, 0x61], &[&bytes[..], &[0]].concat(), &bytes[..40]]
    {
        assert_eq!(refused(&frame::encode_as(Content::NewPhone, other)), NewPhoneError::Malformed);
    }
    // One element more than there is.
    let mut longer = bytes.clone();
    longer[0] += 1;
    longer.push(0);
    assert_eq!(refused(&frame::encode_as(Content::NewPhone, &longer)), NewPhoneError::Malformed);
}

#[test]
fn opens_a_parcel_with_its_key_and_purpose_alone() {
    let key = ParcelKey::generate().unwrap();
    let parcel = seal(b"all my things", key.public(), b"move").unwrap();
    assert_eq!(key.open(&parcel, b"move").unwrap().expose(), b"all my things");
    let kept = ParcelKey::from_octets(key.private_octets().expose()).unwrap();
    assert_eq!(kept.open(&parcel, b"move").unwrap().expose(), b"all my things");
    assert_eq!(key.open(&parcel, b"theft").unwrap_err(), EncryptionError::Unreadable);
    let other = ParcelKey::generate().unwrap();
    assert_eq!(other.open(&parcel, b"move").unwrap_err(), EncryptionError::Unreadable);
}

#[test]
fn opens_no_parcel_of_which_an_octet_was_changed_or_is_missing() {
    let key = ParcelKey::generate().unwrap();
    let parcel = seal(b"things", key.public(), b"").unwrap();
    for index in 0..parcel.len() {
        let mut changed = parcel.clone();
        changed[index] ^= 1;
        assert!(key.open(&changed, b"").is_err(), "{index}");
        assert!(key.open(&parcel[..index], b"").is_err(), "{index}");
    }
}

#[test]
fn keeps_no_number_that_is_no_key() {
    assert!(ParcelKey::from_octets(&[0; 32]).is_none());
    assert!(ParcelKey::from_octets(&[0xff; 32]).is_none());
}

/// The examples of draft-ietf-cose-hpke, opened by a key that was kept.
#[test]
fn cose_hpke_vectors() {
    crate::vectors::for_each("qr/cose-hpke", |name, case| {
        let field = |field: &str| hex::decode(case[field].as_str().unwrap()).unwrap();
        let token = field("token");
        let (_, parts) = Item::parse(&token, Profile::Interoperable).unwrap().as_tag().unwrap();
        let parts: Vec<_> = parts.as_array().unwrap().collect();
        let enc = parts[1].as_map().unwrap().get_int(-4).unwrap().as_bytes().unwrap();
        let mut aad = Encoder::new();
        aad.array(3).text("Encrypt0").bytes(parts[0].as_bytes().unwrap()).bytes(&field("external_aad"));
        let key = ParcelKey::from_octets(&field("d").try_into().unwrap()).unwrap();
        assert_eq!(key.public(), &PublicKey::from_coordinates(&field("x"), &field("y")).unwrap());
        let plain = key.open_parts(enc, &field("info"), &aad.finish(), parts[2].as_bytes().unwrap());
        assert_eq!(plain.unwrap().expose(), &field("plaintext"), "{name}");
    });
}
