use super::*;
use crate::read::{ProgressListener, ReadStep, Unwatched};
use crate::transport::{CardTransport, TransportError};

/// A chip in the clear with one file, EF.DG2, and the ways in which chips differ.
struct Plain {
    file: Vec<u8>,
    /// Octets that it gives at most.
    most: usize,
    /// What it says when asked for more; with no status it gives what it can.
    refusal: Option<u16>,
    knows_short_identifiers: bool,
    lost_at: usize,
    sent: Vec<Vec<u8>>,
}

impl Plain {
    fn new(octets: usize) -> Self {
        Self {
            file: encode(0x75, &(0..=250).cycle().take(octets).collect::<Vec<u8>>()),
            most: 65_536,
            refusal: None,
            knows_short_identifiers: true,
            lost_at: usize::MAX,
            sent: Vec::new(),
        }
    }

    fn read(&mut self, bytes: &mut Vec<u8>) -> Result<(), ReadError> {
        Session::new(self, &Unwatched).read_file(FileId::Dg(2), bytes)
    }

    fn answer(&self, command: &[u8]) -> Vec<u8> {
        let two = |octets: &[u8]| usize::from(octets[0]) << 8 | usize::from(octets[1]);
        let asked = |octets: &[u8]| match octets {
            [0] => 256,
            [asked] => usize::from(*asked),
            [0, rest @ ..] if two(rest) == 0 => 65_536,
            [0, rest @ ..] => two(rest),
            _ => panic!("{command:?}"),
        };
        let (offset, asked, odd) = match *command {
            [0, 0xa4, 0x02, 0x0c, 2, 0x01, 0x02] => return vec![0x90, 0x00],
            [0, 0xb0, 0x82, 0, ref rest @ ..] if self.knows_short_identifiers => (0, asked(rest), false),
            [0, 0xb0, high @ 0..=0x7f, low, ref rest @ ..] => (two(&[high, low]), asked(rest), false),
            [0, 0xb1, 0, 0, 0, 0, 4, 0x54, 2, high, low, ref rest @ ..] => {
                (two(&[high, low]), two(rest), true)
            }
            [0, 0xb1, 0, 0, 4, 0x54, 2, high, low, ref rest @ ..] => (two(&[high, low]), asked(rest), true),
            _ => return vec![0x6a, 0x86],
        };
        if let Some(refusal) = self.refusal
            && asked > self.most
        {
            return refusal.to_be_bytes().to_vec();
        }
        let room = asked.min(self.most) - if odd { 5 } else { 0 };
        let rest = self.file.get(offset..).unwrap_or_default();
        let data = &rest[..rest.len().min(room)];
        let data = if odd { encode(0x53, data) } else { data.to_vec() };
        [data, vec![0x90, 0x00]].concat()
    }
}

impl CardTransport for Plain {
    fn max_command_len(&self) -> usize {
        65_544
    }

    fn transceive(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        self.sent.push(command.to_vec());
        if self.sent.len() == self.lost_at { Err(TransportError::TagLost) } else { Ok(self.answer(command)) }
    }
}

#[test]
fn a_file_of_any_length_is_read_whole() {
    for octets in [0, 1, 0x7f, 0x80, 4_090, 4_091, 4_092, 4_093, 20_000, 32_760, 32_770, 40_000, 60_000] {
        let mut chip = Plain::new(octets);
        let mut bytes = Vec::new();
        chip.read(&mut bytes).unwrap();
        assert_eq!(bytes, chip.file, "{octets}");
        assert!(chip.sent.len() <= 1 + chip.file.len() / 4_080, "{octets}: {}", chip.sent.len());
    }
}

#[test]
fn a_chip_that_refuses_a_length_is_asked_for_less_from_then_on() {
    for (most, refusal, commands) in [
        // One refusal, then 231 at a time: nothing of extended length ever worked.
        (256, 0x6700, 1 + 87),
        (200, 0x6700, 2 + 126),
        (100, 0x6700, 3 + 209),
        // 6C64 names one hundred octets each time.
        (1, 0x6c64, 0),
    ] {
        let mut chip = Plain { most, refusal: Some(refusal), ..Plain::new(20_000) };
        let outcome = chip.read(&mut Vec::new());
        if commands == 0 {
            let refused = ReadError::File { file: FileId::Dg(2), status: refusal };
            assert_eq!(outcome, Err(refused));
            assert!(chip.sent.len() < 12, "{}", chip.sent.len());
        } else {
            outcome.unwrap();
            assert_eq!(chip.sent.len(), commands, "{most} {refusal:04x}");
        }
    }
}

#[test]
fn the_length_that_a_refusal_names_is_asked_for() {
    let mut chip = Plain { most: 0x20, refusal: Some(0x6c20), ..Plain::new(0x1e) };
    let mut bytes = Vec::new();
    chip.read(&mut bytes).unwrap();
    assert_eq!(bytes, chip.file);
    assert_eq!(chip.sent.len(), 2);
}

#[test]
fn a_chip_that_gives_less_than_asked_is_asked_on() {
    for most in [255, 1000, 6] {
        let mut chip = Plain { most, ..Plain::new(5_000) };
        let mut bytes = Vec::new();
        let outcome = chip.read(&mut bytes);
        assert_eq!(outcome, Ok(()), "{most}");
        assert_eq!(bytes, chip.file, "{most}");
    }
}

#[test]
fn a_chip_that_gives_one_octet_at_a_time_is_given_up() {
    let mut chip = Plain { most: 1, ..Plain::new(200) };
    // The head does not come in one piece.
    assert_eq!(chip.read(&mut Vec::new()), Err(ReadError::Malformed(FileId::Dg(2))));
    let mut chip = Plain { most: 6, ..Plain::new(60_000) };
    assert_eq!(chip.read(&mut Vec::new()), Err(ReadError::Malformed(FileId::Dg(2))));
    assert!(chip.sent.len() <= 4_097);
}

#[test]
fn a_chip_without_short_identifiers_has_its_files_selected() {
    let mut chip = Plain { knows_short_identifiers: false, ..Plain::new(300) };
    let mut session = Session::new(&mut chip, &Unwatched);
    for _ in 0..2 {
        session.read_file(FileId::Dg(2), &mut Vec::new()).unwrap();
    }
    // Refused, selected, read; the second time selected and read.
    assert_eq!(chip.sent.len(), 5);
}

#[test]
fn a_length_that_no_file_has_is_refused_at_once() {
    for (head, error) in [
        (&[0x75, 0x84, 0xff, 0xff, 0xff, 0xff][..], ReadError::TooLarge(FileId::Dg(2))),
        (&[0x75, 0x83, 0x04, 0x00, 0x01], ReadError::TooLarge(FileId::Dg(2))),
        (&[0x75, 0x80, 0x00, 0x00], ReadError::Malformed(FileId::Dg(2))),
        (&[0x75, 0x85, 1, 0, 0, 0, 0], ReadError::Malformed(FileId::Dg(2))),
        (&[0x75], ReadError::Malformed(FileId::Dg(2))),
        (&[0x61, 0x02, 0, 0], ReadError::Malformed(FileId::Dg(2))),
        (&[], ReadError::File { file: FileId::Dg(2), status: SUCCESS }),
    ] {
        let mut chip = Plain { file: head.to_vec(), ..Plain::new(0) };
        assert_eq!(chip.read(&mut Vec::new()), Err(error), "{head:02x?}");
        assert!(chip.sent.len() <= 3, "{head:02x?}");
    }
    // Shorter than it says: the end comes first.
    let mut chip = Plain { file: vec![0x75, 0x82, 0x10, 0x00, 1, 2, 3], ..Plain::new(0) };
    assert_eq!(chip.read(&mut Vec::new()), Err(ReadError::File { file: FileId::Dg(2), status: SUCCESS }));
}

#[test]
fn what_was_read_before_the_loss_stays_and_is_gone_on_from() {
    let whole = Plain::new(20_000);
    for lost_at in 1..=5 {
        let mut chip = Plain { lost_at, ..Plain::new(20_000) };
        let mut bytes = Vec::new();
        assert_eq!(chip.read(&mut bytes), Err(ReadError::Transport(TransportError::TagLost)));
        assert_eq!(bytes, whole.file[..(lost_at - 1) * 4096]);
        chip.lost_at = usize::MAX;
        chip.sent.clear();
        chip.read(&mut bytes).unwrap();
        assert_eq!(bytes, whole.file);
        // The file is selected again, but for the one that was not begun.
        assert_eq!(chip.sent.len(), 5 - (lost_at - 1) + usize::from(lost_at > 1));
    }
}

#[test]
fn a_cancelled_reading_sends_nothing_more() {
    struct Impatient;
    impl ProgressListener for Impatient {
        fn step(&self, _: ReadStep) {}
        fn cancelled(&self) -> bool {
            true
        }
    }
    let mut chip = Plain::new(10);
    let outcome = Session::new(&mut chip, &Impatient).read_file(FileId::Dg(2), &mut Vec::new());
    assert_eq!(outcome, Err(ReadError::Cancelled));
    assert!(chip.sent.is_empty());
}
