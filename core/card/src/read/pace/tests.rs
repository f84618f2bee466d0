use std::collections::VecDeque;

use serde_json::Value;
use trust::random::RandomError;

use super::*;
use crate::access::info::pace_offers;
use crate::access::key::{Can, MrzKey};
use crate::read::Unwatched;
use crate::transport::{CardTransport, TransportError};
use crate::vectors::{json, octets, ran};

/// A chip that answers as in a vector, and takes nothing but what was sent there.
struct Trace(VecDeque<(Vec<u8>, Vec<u8>)>);

impl Trace {
    fn of(case: &Value) -> Self {
        let exchange = |command: &Value, response: &Value| (octets(command), octets(response));
        let apdus = case["apdus"].as_array().unwrap();
        Self(apdus.iter().map(|apdu| exchange(&apdu["command"], &apdu["response"])).collect())
    }

    fn answering(mut self, number: usize, answer: &[u8]) -> Self {
        self.0[number].1 = answer.to_vec();
        self
    }
}

impl CardTransport for Trace {
    fn max_command_len(&self) -> usize {
        65_544
    }

    fn transceive(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        let (expected, answer) = self.0.pop_front().expect("a command after the last one");
        assert_eq!(hex::encode(command), hex::encode(expected), "{} commands are left", self.0.len());
        Ok(answer)
    }
}

/// The reader's numbers of a vector, in the order in which they are drawn.
struct Drawn(VecDeque<Vec<u8>>);

impl Drawn {
    fn of(case: &Value, offer: &PaceOffer) -> Self {
        let scalar = |name: &str| {
            let number = octets(&case[name]);
            let number = crate::asn1::trim_zeros(&number);
            [&vec![0; offer.parameters.order_octets() - number.len()], number].concat()
        };
        let first = match offer.mapping {
            Mapping::Integrated => octets(&case["terminal_nonce_t"]),
            Mapping::Generic | Mapping::ChipAuthentication => scalar("terminal_map_private"),
        };
        Self([first, scalar("terminal_ephemeral_private")].into())
    }
}

impl Random for Drawn {
    fn fill(&mut self, out: &mut [u8]) -> Result<(), RandomError> {
        out.copy_from_slice(&self.0.pop_front().ok_or(RandomError)?);
        Ok(())
    }
}

fn password(case: &Value) -> AccessKey {
    let password = case["password"].as_str().unwrap();
    if case["password_type"] == "CAN" {
        return AccessKey::Can(Can::parse(password).unwrap());
    }
    let (number, rest) = password.split_at(password.len() - 15);
    AccessKey::Mrz(MrzKey::from_fields(number.trim_end_matches('<'), &rest[1..7], &rest[8..14]).unwrap())
}

fn offer(case: &Value) -> PaceOffer {
    let (offers, _) = pace_offers(&octets(&case["EF_CardAccess"])).unwrap();
    offers.into_iter().next().unwrap()
}

/// The protocol of a vector with a chip that may answer otherwise.
fn run(case: &Value, mut trace: Trace) -> Result<Option<MappingProof>, ReadError> {
    let offer = offer(case);
    let mut session = Session::new(&mut trace, &Unwatched);
    run_pace(&mut session, &offer, &password(case), &mut Drawn::of(case, &offer))
}

/// The vectors that say what was sent, the one of the standard's appendix G.1 first.
fn cases() -> Vec<(String, Value)> {
    let all = json("pace", "").into_iter().filter(|(_, case)| case["EF_CardAccess"].is_string());
    let mut all: Vec<_> = all.collect();
    all.sort_by_key(|(name, _)| !name.contains("_G1_"));
    all
}

#[test]
fn vectors_of_pace_are_repeated_octet_for_octet_and_open_the_session() {
    let cases = cases();
    for (name, case) in &cases {
        let offer = offer(case);
        let mut trace = Trace::of(case);
        let select = case["secure_messaging_after_PACE"].as_array().and_then(|exchanges| exchanges.first());
        if let Some(select) = select {
            assert_eq!(select["plain_command"], "00A4040C07A0000002471001", "{name}");
            trace.0.push_back((octets(&select["protected_command"]), octets(&select["protected_response"])));
        }
        let mut session = Session::new(&mut trace, &Unwatched);
        let proof = run_pace(&mut session, &offer, &password(case), &mut Drawn::of(case, &offer)).unwrap();
        assert_eq!(proof.is_some(), offer.mapping == Mapping::ChipAuthentication, "{name}");
        if let Some(proof) = proof {
            assert!(proof.proves(&octets(&case["chip_static_public_PK_IC"])), "{name}");
        }
        if select.is_some() {
            let application = hex::decode("A0000002471001").unwrap();
            let command = CommandApdu::new(0xa4, 4, 0x0c).with_data(application);
            assert_eq!(session.send(&command).unwrap().status, SUCCESS, "{name}");
        }
    }
    ran("pace (exchanges)", cases.len());
}

#[test]
fn a_chip_that_refuses_the_protocol_is_told_from_one_that_counts_attempts() {
    let Some((_, case)) = cases().into_iter().next() else { return };
    let answering = |status: [u8; 2]| run(&case, Trace::of(&case).answering(0, &status));
    assert_eq!(answering([0x63, 0xc2]), Ok(None));
    assert_eq!(answering([0x63, 0x00]), Err(ReadError::AccessRefused(0x6300)));
    assert_eq!(answering([0x6a, 0x82]), Err(ReadError::AccessRefused(0x6a82)));
    assert_eq!(answering([0x90, 0x01]), Err(ReadError::AccessRefused(0x9001)));
}

#[test]
fn a_chip_that_does_not_know_the_parameters_number_is_asked_without_it() {
    let Some((_, case)) = cases().into_iter().next() else { return };
    for status in [[0x6a, 0x80], [0x6a, 0x88]] {
        let mut trace = Trace::of(&case);
        let mut without = trace.0[0].0.clone();
        // The object 84 of three octets is the last.
        without.truncate(without.len() - 3);
        without[4] -= 3;
        trace.0[0].1 = status.to_vec();
        trace.0.insert(1, (without, vec![0x90, 0x00]));
        assert_eq!(run(&case, trace), Ok(None));
    }
}

#[test]
fn only_the_last_step_tells_a_wrong_password() {
    let Some((_, case)) = cases().into_iter().next() else { return };
    let answering = |number, answer: &[u8]| run(&case, Trace::of(&case).answering(number, answer));
    assert_eq!(answering(4, &[0x63, 0x00]), Err(ReadError::WrongAccessKey));
    assert_eq!(answering(4, &[0x6f, 0x00]), Err(ReadError::AccessRefused(0x6f00)));
    for number in 1..4 {
        assert_eq!(answering(number, &[0x63, 0x00]), Err(ReadError::AccessRefused(0x6300)), "{number}");
    }
}

#[test]
fn a_token_with_any_changed_octet_is_a_wrong_password() {
    let Some((_, case)) = cases().into_iter().next() else { return };
    let right = Trace::of(&case).0[4].1.clone();
    // 7C 0A 86 08, the token, 90 00.
    for position in 4..12 {
        let mut changed = right.clone();
        changed[position] ^= 1;
        let outcome = run(&case, Trace::of(&case).answering(4, &changed));
        assert_eq!(outcome, Err(ReadError::WrongAccessKey), "octet {position}");
    }
}

#[test]
fn answers_without_their_object_or_with_a_key_sent_before_are_malformed() {
    let Some((_, case)) = cases().into_iter().next() else { return };
    let object = |tag, value: &[u8]| [&encode(0x7c, &encode(tag, value))[..], &[0x90, 0]].concat();
    let malformed = |number, answer: &[u8]| {
        let outcome = run(&case, Trace::of(&case).answering(number, answer));
        assert_eq!(outcome, Err(ReadError::AccessMalformed), "{number}");
    };
    for number in 1..5 {
        malformed(number, &[0x7c, 0, 0x90, 0]);
        malformed(number, &object(0x99, &[1; 8]));
    }
    malformed(1, &object(0x80, &[1; 15]));
    malformed(2, &object(0x82, &octets(&case["terminal_map_public"])));
    malformed(3, &object(0x84, &octets(&case["chip_map_public"])));
    malformed(3, &object(0x84, &octets(&case["terminal_ephemeral_public"])));
    malformed(3, &object(0x84, &[4; 65]));
}
