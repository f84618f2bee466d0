//! The reader against the chip: two sides that share nothing but the curves.
use std::path::{Path, PathBuf};

use card::{
    AccessKey, AccessPolicy, AccessProtocol, Can, CardReading, ChipOutcome, CscaAnchors, MrzKey, ReadError,
    ReadRequest, TransportError, Unwatched, read_card,
};
use sandbox::chip::{Chip, ChipTransport, Fault, FaultPlan};
use trust::random::SystemRandom;
use trust::time::Timestamp;

struct Card {
    folder: PathBuf,
    can: &'static str,
    fields: [&'static str; 3],
}

fn cards() -> [Card; 2] {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../vectors/emrtd/vn_cccd");
    [
        Card {
            folder: root.join("a_bp512_explicit_2021"),
            can: "012345",
            fields: ["199012345", "990101", "390101"],
        },
        Card {
            folder: root.join("b_bp384_named_2024"),
            can: "067891",
            fields: ["204067891", "041231", "291231"],
        },
    ]
}

impl Card {
    fn chip(&self) -> ChipTransport {
        ChipTransport::new(Chip::from_folder(&self.folder).unwrap())
    }

    fn can(&self) -> AccessKey {
        AccessKey::Can(Can::parse(self.can).unwrap())
    }

    fn mrz(&self) -> AccessKey {
        let [number, birth, expiry] = self.fields;
        AccessKey::Mrz(MrzKey::from_fields(number, birth, expiry).unwrap())
    }
}

fn request() -> ReadRequest {
    ReadRequest { active_challenge: Some(*b"01234567"), ..ReadRequest::default() }
}

fn read(chip: &mut ChipTransport, key: &AccessKey, request: &ReadRequest) -> Result<CardReading, ReadError> {
    read_card(chip, key, request, &mut SystemRandom::new(), &Unwatched)
}

#[test]
fn reads_and_proves_both_cards_with_every_key() {
    for card in cards() {
        let csca = CscaAnchors::from_der(&std::fs::read(card.folder.join("csca.cer")).unwrap()).unwrap();
        let bac = ReadRequest { policy: AccessPolicy::BacOnly, ..request() };
        for (key, request, protocol) in [
            (card.can(), request(), AccessProtocol::PaceGm),
            (card.mrz(), request(), AccessProtocol::PaceGm),
            (card.mrz(), bac, AccessProtocol::Bac),
        ] {
            let reading = read(&mut card.chip(), &key, &request).unwrap();
            assert_eq!(reading.access().unwrap().protocol, protocol);
            assert!(!reading.access().unwrap().assumed_card_access);
            println!("{}: {:?} in {} APDUs", card.folder.display(), protocol, reading.apdus());
            assert!(reading.apdus() <= 40, "{}", reading.apdus());
            for (file, bytes) in reading.files() {
                let on_disk = std::fs::read(card.folder.join(file.file_stem() + ".bin")).unwrap();
                assert_eq!(*bytes, on_disk, "{file}");
            }
            let document =
                reading.verify(&csca, Timestamp::parse_rfc3339("2025-06-01T00:00:00Z").unwrap()).unwrap();
            assert_eq!(document.active(), ChipOutcome::Verified);
            assert_eq!(document.chip(), ChipOutcome::AssertedByReader);
            assert_eq!(document.personal_number().unwrap(), format!("000{}", card.fields[0]));
        }
    }
}

#[test]
fn a_wrong_key_is_tried_once_and_named() {
    for card in cards() {
        let mut chip = card.chip();
        let wrong = AccessKey::Can(Can::parse("999999").unwrap());
        assert_eq!(read(&mut chip, &wrong, &request()).unwrap_err(), ReadError::WrongAccessKey);
        assert_eq!(chip.chip().failed_attempts(), 1);
        let wrong = AccessKey::Mrz(MrzKey::from_fields("000000000", "990101", "390101").unwrap());
        let bac = ReadRequest { policy: AccessPolicy::BacOnly, ..request() };
        let mut chip = card.chip();
        assert_eq!(read(&mut chip, &wrong, &bac).unwrap_err(), ReadError::WrongAccessKey);
        assert_eq!(chip.chip().failed_attempts(), 1);
    }
}

#[test]
fn a_card_lost_at_any_command_is_a_typed_error() {
    let [_, card] = cards();
    let all = read(&mut card.chip(), &card.can(), &request()).unwrap().apdus();
    for lost_at in 1..=all {
        let mut chip = card.chip();
        *chip.chip_mut() =
            Chip::from_folder(&card.folder).unwrap().with_faults(FaultPlan::lose_tag_at(lost_at as usize));
        let error = read(&mut chip, &card.can(), &request()).unwrap_err();
        assert_eq!(error, ReadError::Transport(TransportError::TagLost), "command {lost_at}");
    }
}

#[test]
fn a_wrong_checksum_at_any_protected_command_ends_the_reading() {
    let [_, card] = cards();
    let all = read(&mut card.chip(), &card.can(), &request()).unwrap().apdus();
    for at in 1..=all {
        let mut chip = card.chip();
        *chip.chip_mut() = Chip::from_folder(&card.folder)
            .unwrap()
            .with_faults(FaultPlan::none().at(at as usize, Fault::WrongMac));
        let outcome = read(&mut chip, &card.can(), &request());
        let protected = at > 9;
        assert!(outcome.is_err() || !protected, "command {at}");
    }
}

#[test]
fn a_card_access_number_does_not_open_a_card_by_basic_access() {
    let [_, card] = cards();
    let bac = ReadRequest { policy: AccessPolicy::BacOnly, ..request() };
    assert_eq!(read(&mut card.chip(), &card.can(), &bac).unwrap_err(), ReadError::AccessNotOffered);
}

#[test]
fn a_reader_of_short_commands_reads_the_same() {
    for card in cards() {
        let mut chip = card.chip().with_max_command_len(261);
        let reading = read(&mut chip, &card.can(), &request()).unwrap();
        let whole = read(&mut card.chip(), &card.can(), &request()).unwrap();
        assert_eq!(reading.files(), whole.files());
        println!("{} APDUs with short commands", reading.apdus());
    }
}
