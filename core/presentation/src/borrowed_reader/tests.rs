#![allow(clippy::unwrap_used, clippy::indexing_slicing)]
use super::*;
use crate::new_phone::ParcelKey;

fn code() -> BorrowedReaderCode {
    BorrowedReaderCode {
        parcel_key: *ParcelKey::generate().unwrap().public(),
        nonce: vec![7; 32],
        key_thumbprint: [9; 32],
        purpose: "level-2".to_owned(),
        made_at: Timestamp::from_unix(1_780_000_000),
        name: "điện thoại của tôi".to_owned(),
    }
}

#[test]
fn a_code_is_read_back_as_it_was_shown() {
    let code = code();
    let text = code.to_text().unwrap();
    assert!(text.starts_with("7364"), "{text}");
    assert_eq!(BorrowedReaderCode::parse(&format!("{text}\n")).unwrap(), code);
    assert!(crate::qr::encode(&text).unwrap().version() <= 14);
}

#[test]
fn each_part_of_it_is_in_the_check_digits() {
    let shown = code();
    let digits = shown.check_digits().unwrap();
    assert_eq!(digits.len(), 6);
    assert_eq!(BorrowedReaderCode::parse(&shown.to_text().unwrap()).unwrap().check_digits().unwrap(), digits);
    for other in [
        BorrowedReaderCode { parcel_key: code().parcel_key, ..shown.clone() },
        BorrowedReaderCode { nonce: vec![8; 32], ..shown.clone() },
        BorrowedReaderCode { key_thumbprint: [8; 32], ..shown.clone() },
        BorrowedReaderCode { purpose: "new-device".to_owned(), ..shown.clone() },
        BorrowedReaderCode { made_at: Timestamp::from_unix(1), ..shown.clone() },
        BorrowedReaderCode { name: "x".to_owned(), ..shown.clone() },
    ] {
        assert_ne!(other.check_digits().unwrap(), digits, "{other:?}");
    }
}

#[test]
fn refuses_what_a_screen_would_not_show_as_it_is() {
    let hidden = ["a\u{202e}b", "a\u{200b}b", "a\u{2066}b", "a\u{feff}b"];
    for text in ["", "\u{1b}[2Jphone", "a\nb", &"x".repeat(65)].into_iter().chain(hidden) {
        let name = BorrowedReaderCode { name: text.to_owned(), ..code() };
        let purpose = BorrowedReaderCode { purpose: text.to_owned(), ..code() };
        assert_eq!(name.to_text(), Err(BorrowedReaderError::Malformed), "{text:?}");
        assert_eq!(purpose.to_text(), Err(BorrowedReaderError::Malformed), "{text:?}");
    }
}

#[test]
fn refuses_nonces_that_are_too_short_or_too_long() {
    for length in [0, 15, 65] {
        let refused = BorrowedReaderCode { nonce: vec![0; length], ..code() };
        assert_eq!(refused.to_text(), Err(BorrowedReaderError::Malformed), "{length}");
    }
}

#[test]
fn refuses_other_frames_and_other_content() {
    let bytes = code().bytes().unwrap();
    let refused = |text: &str| BorrowedReaderCode::parse(text).unwrap_err();
    assert!(matches!(refused(&frame::encode_as(Content::NewPhone, &bytes)), BorrowedReaderError::Frame(_)));
    for other in [&[0xa0][..], &[0x80], &[&bytes[..], &[0]].concat(), &bytes[..40]] {
        let text = frame::encode_as(Content::BorrowedReader, other);
        assert_eq!(refused(&text), BorrowedReaderError::Malformed);
    }
    // One element more than there is.
    let mut longer = bytes.clone();
    longer[0] += 1;
    longer.push(0);
    assert_eq!(refused(&frame::encode_as(Content::BorrowedReader, &longer)), BorrowedReaderError::Malformed);
    // Another key than a point on the curve.
    let mut no_point = bytes;
    no_point[3] = 9;
    assert_eq!(
        refused(&frame::encode_as(Content::BorrowedReader, &no_point)),
        BorrowedReaderError::Malformed
    );
}
