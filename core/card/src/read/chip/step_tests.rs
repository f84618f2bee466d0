//! Each step of the chip's proofs with a chip that answers one thing otherwise.
use std::collections::VecDeque;

use trust::random::SystemRandom;

use super::*;
use crate::read::Unwatched;
use crate::transport::{CardTransport, TransportError};
use crate::vectors::{json, octets};

const AES: &[u8] = &[0x04, 0x00, 0x7f, 0x00, 0x07, 0x02, 0x02, 0x03, 0x02, 0x02];
const DES: &[u8] = &[0x04, 0x00, 0x7f, 0x00, 0x07, 0x02, 0x02, 0x03, 0x02, 0x01];
const DONE: &[u8] = &[0x90, 0x00];
const REFUSED: &[u8] = &[0x6a, 0x80];
/// The answer of GENERAL AUTHENTICATE.
const AGREED: &[u8] = &[0x7c, 0x00, 0x90, 0x00];

/// A chip that gives these answers in turn and keeps what it was sent.
struct Answers {
    longest: usize,
    left: VecDeque<&'static [u8]>,
    sent: Vec<Vec<u8>>,
}

impl Answers {
    fn new(answers: &[&'static [u8]]) -> Self {
        Self { longest: 65_544, left: answers.iter().copied().collect(), sent: Vec::new() }
    }
}

impl CardTransport for Answers {
    fn max_command_len(&self) -> usize {
        self.longest
    }

    fn transceive(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        self.sent.push(command.to_vec());
        self.left.pop_front().map(<[u8]>::to_vec).ok_or(TransportError::TagLost)
    }
}

/// Whether the chip took the key, and the instruction and parameters of each command.
fn agree(protocol: &[u8], answers: &[&'static [u8]]) -> (bool, Vec<String>) {
    let mut chip = Answers::new(answers);
    let taken = agree_on_key(&mut Session::new(&mut chip, &Unwatched), protocol, Some(&[5]), &[4, 1, 2]);
    let sent = chip.sent.iter().map(|command| hex::encode(&command[1..4])).collect();
    (taken.unwrap(), sent)
}

#[test]
fn with_aes_the_key_goes_by_general_authenticate() {
    let (set, agreed) = ("2241a4".to_owned(), "860000".to_owned());
    assert_eq!(agree(AES, &[DONE, AGREED]), (true, vec![set.clone(), agreed.clone()]));
    assert_eq!(agree(AES, &[REFUSED]), (false, vec![set.clone()]));
    assert_eq!(agree(AES, &[DONE, REFUSED]), (false, vec![set, agreed]));
}

#[test]
fn with_triple_des_the_key_goes_by_one_command_and_the_other_way_where_that_is_unknown() {
    let (key, set, agreed) = ("2241a6".to_owned(), "2241a4".to_owned(), "860000".to_owned());
    assert_eq!(agree(DES, &[DONE]), (true, vec![key.clone()]));
    assert_eq!(agree(DES, &[REFUSED, DONE, AGREED]), (true, vec![key.clone(), set.clone(), agreed]));
    assert_eq!(agree(DES, &[REFUSED, REFUSED]), (false, vec![key, set]));
}

#[test]
fn the_protocol_the_keys_number_and_the_public_key_are_sent() {
    let mut chip = Answers::new(&[DONE, AGREED]);
    agree_on_key(&mut Session::new(&mut chip, &Unwatched), AES, Some(&[5]), &[4, 1, 2]).unwrap();
    let sent: Vec<_> = chip.sent.iter().map(hex::encode).collect();
    assert_eq!(sent, ["002241a40f800a04007f00070202030202840105", "00860000077c05800304010200"]);
    let mut chip = Answers::new(&[DONE]);
    agree_on_key(&mut Session::new(&mut chip, &Unwatched), DES, None, &[4, 1, 2]).unwrap();
    assert_eq!(hex::encode(&chip.sent[0]), "002241a6059103040102");
}

#[test]
fn a_chip_that_refuses_the_key_failed_and_one_that_loses_the_session_is_not_genuine() {
    for (_, case) in json("chip_auth", "AT") {
        let dg14 = octets(&case["DG14"]);
        let prove = |answers: &[&'static [u8]]| {
            let mut chip = Answers::new(answers);
            authenticate_chip(&mut Session::new(&mut chip, &Unwatched), &dg14, &mut SystemRandom::new())
        };
        assert_eq!(prove(&[REFUSED]), Ok(ChipOutcome::Failed(Reason::SignatureInvalid)));
        assert_eq!(prove(&[DONE, AGREED, DONE]), Err(ReadError::ChipNotGenuine));
        let unprotected = b"\x99\x02\x90\x00\x8e\x08\x00\x00\x00\x00\x00\x00\x00\x00\x90\x00";
        assert_eq!(prove(&[DONE, AGREED, unprotected]), Err(ReadError::ChipNotGenuine));
    }
}

/// EF.DG15 with an RSA key whose modulus has so many octets.
fn rsa(octets: usize) -> Vec<u8> {
    let modulus = [vec![0x00, 0xc1], vec![1; octets - 1]].concat();
    let numbers = [encode(0x02, &modulus), vec![0x02, 0x03, 0x01, 0x00, 0x01]].concat();
    let bits = encode(0x03, &[&[0][..], &encode(0x30, &numbers)].concat());
    let name = encode(0x06, &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01]);
    encode(0x6f, &encode(0x30, &[encode(0x30, &name), bits].concat()))
}

#[test]
fn a_challenge_asks_for_a_long_answer_where_the_key_is_long_and_the_way_carries_it() {
    for (octets, longest, extended) in
        [(223, 65_544, false), (224, 65_544, true), (512, 65_544, true), (224, 261, false)]
    {
        let mut chip = Answers { longest, ..Answers::new(&[b"\x01\x02\x90\x00"]) };
        let mut session = Session::new(&mut chip, &Unwatched);
        let exchange = answer_challenge(&mut session, &rsa(octets), *b"8 octets").unwrap();
        assert_eq!(exchange, Some(ActiveExchange { challenge: *b"8 octets", response: vec![1, 2] }));
        assert_eq!(chip.sent[0].len(), if extended { 17 } else { 14 }, "{octets} {longest}");
    }
}

#[test]
fn a_chip_that_refuses_the_challenge_answered_nothing_unless_the_answer_cannot_come() {
    let refused = Some(ActiveExchange { challenge: *b"8 octets", response: Vec::new() });
    for (octets, longest, expected) in
        [(128, 65_544, &refused), (512, 65_544, &refused), (256, 261, &refused), (257, 261, &None)]
    {
        let mut chip = Answers { longest, ..Answers::new(&[b"\x01\x02\x63\x00"]) };
        let mut session = Session::new(&mut chip, &Unwatched);
        let exchange = answer_challenge(&mut session, &rsa(octets), *b"8 octets").unwrap();
        assert_eq!(exchange, *expected, "{octets} {longest}");
    }
}

#[test]
fn a_chip_cannot_choose_by_giving_less_that_its_refusal_is_no_failure() {
    let refused = Some(ActiveExchange { challenge: *b"8 octets", response: Vec::new() });
    // Taken for short by what it refused, by what it announced, and both.
    let tricks: [fn(&mut Session<'_>); 3] = [
        |session| session.chunk = 96,
        |session| session.announced(256),
        |session| {
            session.announced(256);
            session.chunk = 96;
        },
    ];
    for trick in tricks {
        let mut chip = Answers::new(&[b"\x67\x00"]);
        let mut session = Session::new(&mut chip, &Unwatched);
        trick(&mut session);
        assert_eq!(answer_challenge(&mut session, &rsa(512), *b"8 octets").unwrap(), refused);
    }
}
