use super::*;

/// A frame around any digits, with check digits that fit.
fn sealed(covered: &str) -> String {
    format!("{covered}{:06}", crc32fast::hash(covered.as_bytes()) % 1_000_000)
}

#[test]
fn every_length_comes_back_unchanged() {
    for length in 1..=300_usize {
        for fill in [0x00, 0xff, 0x5a] {
            let token: Vec<u8> =
                (0..=u8::MAX).cycle().take(length).map(|i| fill ^ i.wrapping_mul(fill & 1)).collect();
            let text = encode(&token);
            assert!(text.bytes().all(|c| c.is_ascii_digit()));
            assert_eq!(decode(&text), Ok(token));
        }
    }
}

#[test]
fn block_digits_are_the_fewest_that_hold_the_bytes() {
    for (index, digits) in BLOCK_DIGITS.iter().enumerate() {
        let values = 1_u128 << (8 * (index + 1));
        assert!(10_u128.pow(u32::try_from(*digits).unwrap()) >= values);
        assert!(10_u128.pow(u32::try_from(*digits - 1).unwrap()) < values);
    }
}

#[test]
fn every_digit_changed_in_turn_is_detected() {
    let token: Vec<u8> = (0..430_u32).map(|i| (i * 37 % 251) as u8).collect();
    let text = encode(&token);
    for position in 0..text.len() {
        for digit in b'0'..=b'9' {
            let mut changed = text.clone().into_bytes();
            if changed[position] == digit {
                continue;
            }
            changed[position] = digit;
            let expected = if position < MAGIC.len() {
                FrameError::Malformed(FrameDefect::Magic)
            } else {
                FrameError::ScanIncomplete
            };
            let changed = String::from_utf8(changed).unwrap();
            assert_eq!(decode(&changed), Err(expected), "digit {position} read as {digit}");
        }
    }
}

#[test]
fn every_cut_dropped_doubled_or_swapped_digit_is_detected() {
    let text = encode(&[0xd2, 0x84, 0x43, 0xa1, 0x01, 0x26, 0xa0, 0x41, 0x00, 0x7f, 0x99]);
    for position in 0..text.len() {
        assert_eq!(decode(&text[..position]), Err(FrameError::ScanIncomplete));
        let dropped = format!("{}{}", &text[..position], &text[position + 1..]);
        assert!(decode(&dropped).is_err(), "without digit {position}");
        let doubled = format!("{}{}", &text[..=position], &text[position..]);
        assert!(decode(&doubled).is_err(), "digit {position} twice");
        if position + 1 < text.len() && text.as_bytes()[position] != text.as_bytes()[position + 1] {
            let mut swapped = text.clone().into_bytes();
            swapped.swap(position, position + 1);
            assert!(decode(&String::from_utf8(swapped).unwrap()).is_err(), "digit {position} swapped");
        }
    }
    assert_eq!(decode(&text.repeat(2)), Err(FrameError::ScanIncomplete));
    assert_eq!(decode(""), Err(FrameError::ScanIncomplete));
}

#[test]
fn drops_the_line_end_or_tab_of_a_scanner_and_nothing_else() {
    let text = encode(b"token");
    for end in ["\r", "\n", "\r\n", "\t"] {
        assert_eq!(decode(&format!("{text}{end}")).as_deref(), Ok(b"token".as_slice()));
    }
    for odd in [format!("{text} "), format!("\n{text}"), format!("{text}\u{0}"), format!("{text}x")] {
        assert_eq!(decode(&odd), Err(FrameError::Malformed(FrameDefect::NotADigit)));
    }
    let ime = text.replacen('6', "\u{e2}", 1);
    assert_eq!(decode(&ime), Err(FrameError::Malformed(FrameDefect::NotADigit)));
    let wide: String = text.chars().map(|c| char::from_u32(c as u32 - 0x30 + 0xff10).unwrap()).collect();
    assert_eq!(decode(&wide), Err(FrameError::Malformed(FrameDefect::NotADigit)));
}

#[test]
fn another_version_or_flag_is_unsupported() {
    assert_eq!(decode(&sealed("736020065")), Err(FrameError::UnsupportedVersion { version: 2, flags: 0 }));
    assert_eq!(decode(&sealed("736013065")), Err(FrameError::UnsupportedVersion { version: 1, flags: 3 }));
}

#[test]
fn an_impossible_length_is_malformed() {
    for digits in [0, 1, 2, 4, 6, 7, 9, 11, 12, 14, 16, 18, 19, 21] {
        let text = sealed(&format!("736010{}", "0".repeat(digits)));
        assert_eq!(decode(&text), Err(FrameError::Malformed(FrameDefect::Length)), "{digits} digits");
    }
}

#[test]
fn a_block_of_256_to_the_n_or_more_is_malformed() {
    for (index, digits) in BLOCK_DIGITS.iter().enumerate() {
        let limit = 1_u64 << (8 * (index + 1));
        let just = sealed(&format!("736010{:0digits$}", limit - 1));
        assert_eq!(decode(&just).map(|b| b.len()), Ok(index + 1));
        for value in [limit, 10_u64.pow(u32::try_from(*digits).unwrap()) - 1] {
            let over = sealed(&format!("736010{value:0digits$}"));
            assert_eq!(decode(&over), Err(FrameError::Malformed(FrameDefect::BlockValue)));
        }
    }
}

#[test]
fn a_text_longer_than_any_code_is_refused_unread() {
    let text = "7".repeat(MAX_DIGITS + 1);
    assert_eq!(decode(&text), Err(FrameError::Malformed(FrameDefect::TooLong)));
    assert_eq!(decode(&text[1..]), Err(FrameError::Malformed(FrameDefect::Magic)));
}

#[test]
fn a_text_is_told_by_its_first_digits() {
    let further = encode_as(Content::Animated, b"part");
    assert_eq!((is_frame(&encode(b"token")), is_further(&encode(b"token"))), (true, false));
    assert_eq!((is_frame(&further), is_further(&further)), (false, true));
}

#[test]
fn sen_frame_vectors() {
    crate::vectors::for_each("qr/sen-frame", |name, case| {
        let text = case["frame"].as_str().unwrap();
        let outcome = match decode(text) {
            Ok(bytes) => {
                assert_eq!(hex::encode(&bytes), case["bytes"].as_str().unwrap_or_default(), "{name}");
                assert_eq!(encode(&bytes), text.trim_end(), "{name}");
                "ok"
            }
            Err(FrameError::ScanIncomplete) => "scan_incomplete",
            Err(FrameError::Malformed(_)) => "malformed",
            Err(FrameError::UnsupportedVersion { .. }) => "unsupported_version",
        };
        assert_eq!(outcome, case["result"].as_str().unwrap(), "{name}");
    });
}
