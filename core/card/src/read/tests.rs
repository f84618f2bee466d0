use std::cell::RefCell;

use super::*;
use crate::access::key::{Can, MrzKey};
use crate::asn1::{SET, encode};
use crate::transport::TransportError;
use trust::random::SystemRandom;

/// A card whose only file is EF.CardAccess and that refuses every access protocol; it notes what it was sent.
struct Shut {
    card_access: Vec<u8>,
    /// Octets that READ BINARY gives at most.
    most: usize,
    sent: RefCell<Vec<Vec<u8>>>,
}

impl Shut {
    fn new(card_access: Vec<u8>) -> Self {
        Self { card_access, most: 256, sent: RefCell::default() }
    }

    fn was_sent(&self, instruction: u8) -> bool {
        self.sent.borrow().iter().any(|command| command[1] == instruction)
    }

    fn read(&mut self, key: &AccessKey) -> ReadError {
        let request = ReadRequest::default();
        read_card(self, key, &request, &mut SystemRandom::new(), &Unwatched).unwrap_err()
    }
}

impl CardTransport for Shut {
    fn max_command_len(&self) -> usize {
        261
    }

    fn transceive(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        self.sent.borrow_mut().push(command.to_vec());
        let answer = match command[..4] {
            [0, 0xa4, 0x02 | 0x04, 0x0c] => vec![0x90, 0x00],
            [0, 0xb0, high, low] if high & 0x80 == 0 => {
                let offset = usize::from(high) << 8 | usize::from(low);
                let expected = if command[4] == 0 { 256 } else { usize::from(command[4]) };
                let rest = self.card_access.get(offset..).unwrap_or_default();
                [&rest[..rest.len().min(expected).min(self.most)], &[0x90, 0x00]].concat()
            }
            [0, 0x22, ..] => vec![0x6a, 0x80],
            _ => vec![0x6d, 0x00],
        };
        Ok(answer)
    }
}

fn mrz() -> AccessKey {
    AccessKey::Mrz(MrzKey::from_fields("199012345", "990101", "390101").unwrap())
}

/// PACE with generic mapping over brainpoolP256r1 behind so many octets of infos that nobody here knows.
fn card_access_after_unknown_infos(octets: usize) -> Vec<u8> {
    let unknown = encode(0x30, &[encode(0x06, &[0x2a, 0x03]), encode(0x04, &vec![7; octets])].concat());
    let pace = hex::decode("3012060a04007f0007020204020202010202010d").unwrap();
    encode(SET, &[unknown, pace].concat())
}

#[test]
fn an_offer_of_pace_far_back_in_a_long_card_access_is_found_and_bac_is_not_tried() {
    for (octets, most) in [(10, 256), (300, 256), (900, 256), (300, 100)] {
        let mut card = Shut::new(card_access_after_unknown_infos(octets));
        card.most = most;
        assert_eq!(card.read(&mrz()), ReadError::AccessRefused(0x6a80), "{octets} {most}");
        assert!(!card.was_sent(0x84), "{octets}: BAC after PACE was offered");
    }
}

#[test]
fn aes_is_chosen_before_triple_des_whatever_the_order_and_the_group() {
    // Generic mapping: with Triple-DES over P-521, with AES-128 over P-256.
    let triple_des = hex::decode("3012060a04007f00070202040201020102020112").unwrap();
    let aes = hex::decode("3012060a04007f0007020204020202010202010c").unwrap();
    for offers in [[&triple_des, &aes], [&aes, &triple_des]] {
        let mut card = Shut::new(encode(SET, &offers.map(Vec::as_slice).concat()));
        assert_eq!(card.read(&mrz()), ReadError::AccessRefused(0x6a80));
        let sent = card.sent.borrow();
        let chosen = sent.iter().find(|command| command[1] == 0x22).unwrap();
        assert_eq!(hex::encode(chosen), "0022c1a412800a04007f0007020204020283010184010c");
    }
}

#[test]
fn a_card_access_that_ends_early_or_never_is_an_error_and_bac_is_not_tried() {
    let mut cut = card_access_after_unknown_infos(300);
    cut.truncate(280);
    for (file, error) in [
        (cut, ReadError::Malformed(FileId::CardAccess)),
        (vec![0x31, 0x83, 0xff, 0xff, 0xff], ReadError::TooLarge(FileId::CardAccess)),
        (vec![0x31, 0x04, 0x30, 0x05, 0x06, 0x00], ReadError::Malformed(FileId::CardAccess)),
    ] {
        let mut card = Shut::new(file);
        assert_eq!(card.read(&mrz()), error);
        assert!(!card.was_sent(0x84));
    }
}

#[test]
fn a_card_that_offers_only_an_unknown_mapping_of_pace_is_opened_with_no_key() {
    // PACE with mapping 9, which does not exist.
    let unknown = hex::decode("3012060a04007f0007020204090202010202010d").unwrap();
    for key in [AccessKey::Can(Can::parse("012345").unwrap()), mrz()] {
        let mut card = Shut::new(encode(SET, &unknown));
        assert_eq!(card.read(&key), ReadError::AccessNotOffered);
        assert!(!card.was_sent(0x84), "BAC although PACE is offered");
    }
}

#[test]
fn a_card_that_shows_no_card_access_is_tried_with_what_is_known_of_vietnamese_cards() {
    let can = || AccessKey::Can(Can::parse("012345").unwrap());
    let mut card = Shut::new(Vec::new());
    assert_eq!(card.read(&can()), ReadError::AccessRefused(0x6a80));
    let sent = card.sent.borrow();
    let chosen = sent.iter().find(|command| command[1] == 0x22).unwrap();
    // PACE with generic mapping and AES-128, the card access number, brainpoolP256r1.
    assert_eq!(hex::encode(chosen), "0022c1a412800a04007f0007020204020283010284010d");
    let tried: Vec<_> = sent.iter().map(|command| (command[1], command[2])).collect();
    let by_short_id = (0xb0, 0x9c);
    let (select, read) = ((0xa4, 0x02), (0xb0, 0x00));
    let (master, application) = ((0xa4, 0x00), (0xa4, 0x04));
    let expected = [by_short_id, select, read, master, master, by_short_id, application, select, read];
    assert_eq!(tried[..expected.len()], expected);
}

#[test]
fn a_card_that_shows_no_card_access_is_opened_by_basic_access_where_the_policy_lets_it() {
    for (policy, error, tried) in [
        (AccessPolicy::PaceThenBacIfNotOffered, ReadError::AccessRefused(0x6d00), true),
        (AccessPolicy::BacOnly, ReadError::AccessRefused(0x6d00), true),
        (AccessPolicy::PaceOnly, ReadError::AccessNotOffered, false),
    ] {
        let mut card = Shut::new(Vec::new());
        let request = ReadRequest { policy, ..ReadRequest::default() };
        let outcome = read_card(&mut card, &mrz(), &request, &mut SystemRandom::new(), &Unwatched);
        assert_eq!(outcome.unwrap_err(), error, "{policy:?}");
        assert_eq!(card.was_sent(0x84), tried, "{policy:?}");
    }
}

#[test]
fn a_card_access_number_is_no_key_for_basic_access() {
    let mut card = Shut::new(Vec::new());
    let key = AccessKey::Can(Can::parse("012345").unwrap());
    let request = ReadRequest { policy: AccessPolicy::BacOnly, ..ReadRequest::default() };
    let outcome = read_card(&mut card, &key, &request, &mut SystemRandom::new(), &Unwatched);
    assert_eq!(outcome.unwrap_err(), ReadError::AccessNotOffered);
    assert!(!card.was_sent(0x84));
}
