//! How many commands a reading takes: the reference card of 23.8 KB (COM 30 octets, SOD 2,000, DG1 95, DG2 20,480,
//! DG13 500, DG14 400, DG15 300), opened by PACE.
use std::path::Path;

use card::{
    AccessKey, Can, CardTransport, FileId, MrzKey, ReadError, ReadRequest, TransportError, Unwatched,
    read_card,
};
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

/// A way to a chip that refuses to carry more than so many octets in either direction.
struct Narrow {
    inner: ChipTransport,
    carried: usize,
}

impl CardTransport for Narrow {
    fn max_command_len(&self) -> usize {
        self.inner.max_command_len()
    }

    fn transceive(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        let most = self.max_command_len();
        assert!(command.len() <= most, "a command of {} octets where {most} go", command.len());
        let answer = self.inner.transceive(command)?;
        assert!(answer.len() <= most, "an answer of {} octets where {most} go", answer.len());
        self.carried = self.carried.max(answer.len());
        Ok(answer)
    }
}

/// The most data that a protected answer of so many octets brings under AES: padded to blocks, a padding indicator, tag
/// and length around both, four octets of status object, ten of checksum, two of status.
fn most_data(answer: usize) -> usize {
    let length = |data: usize| {
        let value = 1 + (data + 1).next_multiple_of(16);
        let head = if value < 0x80 { 2 } else { 2 + usize::from(value > 0xff) + 1 };
        head + value + 16
    };
    (0..answer).rev().find(|data| length(*data) <= answer).unwrap()
}

#[test]
fn no_way_is_asked_to_carry_more_than_it_can_and_no_exchange_is_wasted() {
    // Among them what phones say: 253, 261, 2,462, 65,279 and 65,544 octets; the others lie around the changes of form.
    let limits =
        [100, 253, 261, 262, 319, 320, 321, 500, 511, 1_000, 2_462, 4_102, 4_117, 20_000, 65_279, 65_544];
    for (announced, limit) in limits.into_iter().flat_map(|limit| [(true, limit), (false, limit)]) {
        let mut chip = Chip::new(files());
        if announced {
            chip = chip.announcing_lengths(32_768, 32_768);
        }
        let inner = ChipTransport::new(chip).with_max_command_len(limit);
        let mut narrow = Narrow { inner, carried: 0 };
        let key = AccessKey::Can(Can::parse("067891").unwrap());
        let request = ReadRequest { chip_authentication: false, ..ReadRequest::default() };
        let random = &mut SystemRandom::new();
        let reading = read_card(&mut narrow, &key, &request, random, &Unwatched).unwrap();
        // Below 320 octets extended length would gain nothing; a chip that announces nothing is asked for 4,096.
        let chunk = match (limit, announced) {
            (..320, _) => most_data(limit.min(258)),
            (_, true) => most_data(limit.min(32_768)),
            (_, false) => most_data(limit).min(4_096),
        };
        let files = reading.files().iter().filter(|(file, _)| **file != FileId::CardAccess);
        let chunks: usize = files.map(|(_, bytes)| bytes.len().div_ceil(chunk)).sum();
        // EF.CardAccess, PACE in five, the application; EF.ATR/INFO where lengths may be extended.
        let least = 7 + usize::from(limit >= 320) + chunks;
        assert_eq!(reading.apdus() as usize, least, "{limit} octets, announced: {announced}");
        println!("{limit} octets: {least} exchanges, the longest answer has {}", narrow.carried);
    }
}

#[test]
fn a_way_that_carries_no_public_key_is_an_error_and_carries_nothing_too_long() {
    let inner = ChipTransport::new(Chip::new(files())).with_max_command_len(64);
    let mut narrow = Narrow { inner, carried: 0 };
    let key = AccessKey::Can(Can::parse("067891").unwrap());
    let request = ReadRequest::default();
    let outcome = read_card(&mut narrow, &key, &request, &mut SystemRandom::new(), &Unwatched);
    assert_eq!(outcome.unwrap_err(), ReadError::CommandTooLong);
}
