use super::*;
use crate::qr;

fn portrait(length: usize) -> Vec<u8> {
    (0..length).map(|i| u8::try_from(i * 31 % 253).unwrap()).collect()
}

fn presentation() -> String {
    frame::encode(b"a token")
}

/// The presentation and the portrait's frames, as a camera sees them.
fn looped(portrait: &[u8]) -> Vec<String> {
    std::iter::once(presentation()).chain(split(portrait).unwrap()).collect()
}

#[test]
fn what_was_split_is_collected_in_any_order_and_number() {
    for length in [1, 310, 311, 312, 622, 623, 933, 934, LARGEST_PORTRAIT] {
        let (portrait, mut texts) = (portrait(length), looped(&portrait(length)));
        assert!(texts.len() <= MOST_FRAMES);
        texts.reverse();
        texts.extend(looped(&portrait));
        let collected = collect(&texts).unwrap();
        assert_eq!((collected.presentation, collected.portrait), (presentation(), Some(portrait)));
    }
}

#[test]
fn every_further_frame_fits_version_13_at_level_m() {
    for text in split(&portrait(LARGEST_PORTRAIT)).unwrap() {
        let code = qr::encode_at(&text, qr::Level::Medium, 25).unwrap();
        assert!(code.version() <= 13, "version {}", code.version());
    }
}

#[test]
fn the_first_frame_is_complete_on_its_own() {
    let alone = collect(&[presentation()]).unwrap();
    assert_eq!(alone, Collected { presentation: presentation(), portrait: None });
}

#[test]
fn the_last_of_several_presentations_counts() {
    let newer = frame::encode(b"a newer token");
    assert_eq!(collect(&[presentation(), newer.clone()]).unwrap().presentation, newer);
}

#[test]
fn a_portrait_without_a_presentation_is_nothing() {
    let texts = split(&portrait(700)).unwrap();
    assert_eq!(collect(&texts), Err(AnimatedError::NoPresentation));
    assert_eq!(collect::<String>(&[]), Err(AnimatedError::NoPresentation));
}

#[test]
fn a_missing_frame_is_named() {
    let texts = looped(&portrait(LARGEST_PORTRAIT));
    for missing in 1..texts.len() {
        let mut there = texts.clone();
        there.remove(missing);
        assert_eq!(collect(&there), Err(AnimatedError::MissingPart(u8::try_from(missing).unwrap())));
    }
}

#[test]
fn frames_of_two_portraits_are_mixed() {
    let (mut one, other) = (looped(&portrait(700)), looped(&portrait(701)));
    one[2].clone_from(&other[2]);
    assert_eq!(collect(&one), Err(AnimatedError::Mixed));
    let both: Vec<String> = [looped(&portrait(700)), looped(&portrait(701))].concat();
    assert_eq!(collect(&both), Err(AnimatedError::Mixed));
}

#[test]
fn a_changed_portrait_is_found_though_its_frames_are_whole() {
    let portrait = portrait(400);
    let mut parts: Vec<Vec<u8>> = split(&portrait)
        .unwrap()
        .iter()
        .map(|text| frame::decode_as(Content::Animated, text).unwrap())
        .collect();
    *parts[1].last_mut().unwrap() ^= 1;
    let mut texts = vec![presentation()];
    texts.extend(parts.iter().map(|part| frame::encode_as(Content::Animated, part)));
    assert_eq!(collect(&texts), Err(AnimatedError::Tampered));
}

#[test]
fn a_frame_that_was_read_badly_or_is_something_else_is_told() {
    let mut texts = looped(&portrait(400));
    texts[1].pop();
    assert_eq!(collect(&texts), Err(AnimatedError::Frame(FrameError::ScanIncomplete)));
    let challenge = frame::encode_as(Content::Challenge, b"x");
    assert!(matches!(collect(&[challenge]), Err(AnimatedError::Frame(FrameError::Malformed(_)))));
}

#[test]
fn impossible_numbers_and_lengths_are_malformed() {
    let part = |number: u8, count: u8, length: usize| {
        let bytes = [&[1, 2, 3, 4, number, count][..], &vec![7; length]].concat();
        collect(&[presentation(), frame::encode_as(Content::Animated, &bytes)])
    };
    assert_eq!(part(1, 2, 311), Err(AnimatedError::MissingPart(2)));
    for (number, count, length) in
        [(0, 1, 5), (0, 1, 311), (2, 1, 5), (1, 5, 311), (1, 2, 310), (1, 1, 0), (1, 1, 312)]
    {
        assert_eq!(
            part(number, count, length),
            Err(AnimatedError::MalformedPart),
            "{number} {count} {length}"
        );
    }
    let short = frame::encode_as(Content::Animated, &[1, 2, 3, 4, 1]);
    assert_eq!(collect(&[presentation(), short]), Err(AnimatedError::MalformedPart));
}

#[test]
fn no_portrait_is_empty_or_too_large() {
    assert_eq!(split(&[]), Err(AnimatedError::PortraitSize));
    assert_eq!(split(&portrait(LARGEST_PORTRAIT + 1)), Err(AnimatedError::PortraitSize));
    let too_large = portrait(4 * 311);
    let set = digest(&SHA256, &too_large);
    let texts = too_large.chunks(311).zip(1_u8..).map(|(part, number)| {
        frame::encode_as(Content::Animated, &[&set.as_ref()[..4], &[number, 4], part].concat())
    });
    let texts: Vec<String> = std::iter::once(presentation()).chain(texts).collect();
    assert_eq!(collect(&texts), Err(AnimatedError::PortraitSize));
}

#[test]
fn a_portrait_belongs_to_the_hash_in_the_credential_alone() {
    let portrait = portrait(100);
    let hash: [u8; 16] = digest(&SHA256, &portrait).as_ref()[..16].try_into().unwrap();
    assert!(is_portrait_of(&portrait, &hash));
    assert!(!is_portrait_of(&portrait[1..], &hash));
    assert!(!is_portrait_of(&portrait, &[0; 16]));
}

#[test]
fn sen_animated_vectors() {
    crate::vectors::for_each("qr/sen-animated", |name, case| {
        let texts: Vec<&str> =
            case["frames"].as_array().unwrap().iter().map(|text| text.as_str().unwrap()).collect();
        let result = match collect(&texts) {
            Ok(collected) => {
                let portrait = collected.portrait.map(hex::encode).unwrap_or_default();
                assert_eq!(portrait, case["portrait"].as_str().unwrap(), "{name}");
                if !portrait.is_empty() && name.starts_with("golden") {
                    let mut made = vec![collected.presentation];
                    made.extend(split(&hex::decode(portrait).unwrap()).unwrap());
                    assert_eq!(made, texts, "{name}");
                }
                "ok".to_owned()
            }
            Err(AnimatedError::NoPresentation) => "no_presentation".to_owned(),
            Err(AnimatedError::MissingPart(part)) => format!("missing_{part}"),
            Err(AnimatedError::Mixed) => "mixed".to_owned(),
            Err(AnimatedError::Tampered) => "tampered".to_owned(),
            Err(AnimatedError::Frame(FrameError::ScanIncomplete)) => "scan_incomplete".to_owned(),
            Err(_) => "malformed".to_owned(),
        };
        assert_eq!(result, case["result"].as_str().unwrap(), "{name}");
    });
}
