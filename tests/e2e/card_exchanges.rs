//! How many commands a reading takes: the reference card of 23.8 KB (COM 30 octets, SOD 2,000, DG1 95, DG2 20,480,
//! DG13 500, DG14 400, DG15 300), opened by PACE.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]
use std::path::Path;

use card::{AccessKey, Can, FileId, MrzKey, ReadRequest, Unwatched, read_card};
use sandbox::chip::{Behaviour, Chip, ChipTransport, Content, FileName, Files};
use trust::random::SystemRandom;

fn object(tag: u8, octets: usize) -> Vec<u8> {
    let head = match octets {
        0..=0x81 => vec![tag, u8::try_from(octets - 2).unwrap()],
        0x82..=0x102 => vec![tag, 0x81, u8::try_from(octets - 3).unwrap()],
        _ => {
            let [.., high, low] = (octets - 4).to_be_bytes();
            vec![tag, 0x82, high, low]
        }
    };
    [head.clone(), vec![0; octets - head.len()]].concat()
}

/// The files of the reference card. Its security object is none, so that the listing of EF.COM counts.
fn files() -> Files {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../vectors/emrtd/vn_cccd/b_bp384_named_2024");
    let mut files = Files::from_folder(&folder).unwrap();
    let listing = [0x61, 0x75, 0x6d, 0x6e, 0x6f];
    let com = [
        &[0x60, 0x1c, 0x5f, 0x01, 0x04][..],
        b"0107",
        &[0x5f, 0x36, 0x06],
        b"040000",
        &[0x5c, 0x05],
        &listing,
        &[0x53, 0x03, 0, 0, 0],
    ];
    files.insert(FileName::COM, Content::Octets(com.concat()));
    files.insert(FileName::SOD, Content::Octets(object(0x77, 2000)));
    for (number, tag, octets) in [(2, 0x75, 20_480), (13, 0x6d, 500), (14, 0x6e, 400), (15, 0x6f, 300)] {
        files.insert(FileName::data_group(number), Content::Octets(object(tag, octets)));
    }
    files
}

fn exchanges(chip: Chip, max_command_len: usize) -> (u32, usize) {
    let mut transport = ChipTransport::new(chip).with_max_command_len(max_command_len);
    let key = AccessKey::Can(Can::parse("067891").unwrap());
    let request = ReadRequest { chip_authentication: false, ..ReadRequest::default() };
    let reading = read_card(&mut transport, &key, &request, &mut SystemRandom::new(), &Unwatched).unwrap();
    let octets =
        reading.files().iter().filter(|(file, _)| **file != FileId::CardAccess).map(|(_, b)| b.len()).sum();
    (reading.apdus(), octets)
}

#[test]
fn the_reference_card_takes_no_more_commands_than_it_must() {
    let large = Chip::new(files()).announcing_lengths(32_768, 32_768);
    for (name, chip, max_command_len, most) in [
        ("32 KB announced", large, 65_544, 15),
        ("extended length", Chip::new(files()), 65_544, 21),
        ("short length", Chip::new(files()).with_behaviour(Behaviour::short_only()), 261, 118),
    ] {
        let (apdus, octets) = exchanges(chip, max_command_len);
        assert_eq!(octets, 23_805);
        println!("{name}: {apdus} exchanges for {octets} octets");
        assert!(apdus <= most, "{name}: {apdus}");
    }
}

#[test]
fn both_proofs_of_the_chip_take_four_commands_more() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../vectors/emrtd/vn_cccd/b_bp384_named_2024");
    let apdus = |request: &ReadRequest| {
        let mut transport = ChipTransport::new(Chip::from_folder(&folder).unwrap());
        let key = AccessKey::Mrz(MrzKey::from_fields("204067891", "041231", "291231").unwrap());
        read_card(&mut transport, &key, request, &mut SystemRandom::new(), &Unwatched).unwrap().apdus()
    };
    let plain = ReadRequest { chip_authentication: false, ..ReadRequest::default() };
    let proven = ReadRequest { active_challenge: Some([7; 8]), ..ReadRequest::default() };
    let (plain, proven) = (apdus(&plain), apdus(&proven));
    println!("{plain} exchanges, {proven} with both proofs");
    assert!(proven <= plain + 4);
}
