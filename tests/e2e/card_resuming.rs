//! A reading that breaks off, and what the next one takes over from it.
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use card::{
    AccessKey, Can, CardReading, CardTransport, ChipOutcome, CscaAnchors, FileId, KeptFiles, ReadError,
    ReadRequest, TransportError, Unwatched, resume_card,
};
use sandbox::chip::{Chip, ChipTransport, Content, FileName};
use trust::random::SystemRandom;
use trust::time::Timestamp;

/// A card that leaves the field before a command, and counts what was read of each file: a READ BINARY by short
/// identifier begins a file, each other goes on within it.
struct Loosening {
    inner: ChipTransport,
    left: usize,
    commands: usize,
    begun: BTreeMap<u8, usize>,
    answered: usize,
}

impl Loosening {
    fn new(chip: Chip) -> Self {
        let inner = ChipTransport::new(chip);
        Self { inner, left: usize::MAX, commands: 0, begun: BTreeMap::new(), answered: 0 }
    }

    fn put_back(&mut self) {
        self.left = usize::MAX;
        self.inner.reconnect();
    }
}

impl CardTransport for Loosening {
    fn max_command_len(&self) -> usize {
        self.inner.max_command_len()
    }

    fn transceive(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        self.commands += 1;
        self.left -= 1;
        if self.left == 0 {
            return Err(TransportError::TagLost);
        }
        let answer = self.inner.transceive(command)?;
        if let [0x0c, 0xb0, p1, ..] = command {
            if p1 & 0x80 != 0 {
                *self.begun.entry(p1 & 0x1f).or_default() += 1;
            }
            self.answered += answer.len();
        }
        Ok(answer)
    }
}

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../vectors/emrtd/vn_cccd").join(name)
}

fn chip(name: &str) -> Chip {
    Chip::from_folder(&folder(name)).unwrap()
}

const A: (&str, &str) = ("a_bp512_explicit_2021", "012345");
const B: (&str, &str) = ("b_bp384_named_2024", "067891");

fn read(card: &mut Loosening, can: &str, kept: &mut KeptFiles) -> Result<CardReading, ReadError> {
    let request = ReadRequest { active_challenge: Some(*b"01234567"), ..ReadRequest::default() };
    let key = AccessKey::Can(Can::parse(can).unwrap());
    resume_card(card, &key, &request, kept, &mut SystemRandom::new(), &Unwatched)
}

fn assert_proven(reading: &CardReading, name: &str) {
    let csca = CscaAnchors::from_der(&std::fs::read(folder(name).join("csca.cer")).unwrap()).unwrap();
    let document = reading.verify(&csca, Timestamp::parse_rfc3339("2025-06-01T00:00:00Z").unwrap()).unwrap();
    assert_eq!((document.active(), document.chip()), (ChipOutcome::Verified, ChipOutcome::AssertedByReader));
}

#[test]
fn a_card_lost_at_any_command_is_read_on_without_reading_a_data_group_twice() {
    for (name, can) in [A, B] {
        let mut whole = Loosening::new(chip(name));
        let files = read(&mut whole, can, &mut KeptFiles::new()).unwrap().files().clone();
        for lost_at in 1..=whole.commands {
            let mut card = Loosening::new(chip(name));
            card.left = lost_at;
            let mut kept = KeptFiles::new();
            let error = read(&mut card, can, &mut kept).unwrap_err();
            assert_eq!(error, ReadError::Transport(TransportError::TagLost), "{name} {lost_at}");
            assert!(error.is_resumable());
            card.put_back();
            let reading = read(&mut card, can, &mut kept).unwrap();
            assert_eq!(*reading.files(), files, "{name} {lost_at}");
            assert_proven(&reading, name);
            assert!(kept.is_empty());
            for (short, begun) in &card.begun {
                // EF.COM and EF.SOD tell whether it is the same card; EF.CardAccess is read in the clear.
                let again = matches!(short, 0x1d | 0x1e);
                assert!(*begun == 1 || again, "{name} {lost_at}: file {short:02x} begun {begun} times");
            }
            assert_eq!(card.inner.chip().failed_attempts(), 0);
        }
    }
}

#[test]
fn of_a_portrait_that_was_cut_only_the_rest_is_read() {
    let (name, can) = A;
    let mut whole = Loosening::new(chip(name));
    read(&mut whole, can, &mut KeptFiles::new()).unwrap();
    let mut card = Loosening::new(chip(name));
    // The last command is the challenge, the six before it and the seventh are the portrait's.
    card.left = whole.commands - 1;
    let mut kept = KeptFiles::new();
    read(&mut card, can, &mut kept).unwrap_err();
    let before = card.answered;
    assert!(before > 20_000, "{before}");
    card.put_back();
    read(&mut card, can, &mut kept).unwrap();
    assert!(card.answered - before < 9_000, "{}", card.answered - before);
}

#[test]
fn another_card_put_in_is_read_from_its_beginning() {
    let mut kept = KeptFiles::new();
    let mut card = Loosening::new(chip(A.0));
    card.left = 20;
    read(&mut card, A.1, &mut kept).unwrap_err();
    assert!(!kept.is_empty());
    let reading = read(&mut Loosening::new(chip(B.0)), B.1, &mut kept).unwrap();
    assert_proven(&reading, B.0);
    for (file, bytes) in reading.files() {
        let on_disk = std::fs::read(folder(B.0).join(file.file_stem() + ".bin")).unwrap();
        assert_eq!(*bytes, on_disk, "{file}");
    }
}

#[test]
fn a_portrait_that_changed_in_between_is_read_anew() {
    let (name, can) = A;
    let portrait = std::fs::read(folder(name).join("EF_DG2.bin")).unwrap();
    let mut forged = portrait.clone();
    forged[100] ^= 1;
    let forged = chip(name).with_file(FileName::data_group(2), Content::Octets(forged));
    let mut card = Loosening::new(forged);
    card.left = 20;
    let mut kept = KeptFiles::new();
    read(&mut card, can, &mut kept).unwrap_err();
    let reading = read(&mut Loosening::new(chip(name)), can, &mut kept).unwrap();
    assert_eq!(reading.files()[&FileId::Dg(2)], portrait);
    assert_proven(&reading, name);
}

#[test]
fn what_is_kept_shows_nothing_of_the_person() {
    let mut kept = KeptFiles::new();
    let mut card = Loosening::new(chip(A.0));
    card.left = 18;
    read(&mut card, A.1, &mut kept).unwrap_err();
    assert_eq!(format!("{kept:?}").matches(|c: char| c.is_ascii_digit()).count(), 1);
}
