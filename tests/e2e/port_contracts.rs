//! The simulated chip keeps what a phone's transport promises, at every length of command that a way takes; and each promise is broken by
//! a transport of its own, and found.

#[path = "contract/card_transport.rs"]
mod card_transport;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

use card::{CardTransport, TransportError};
use card_transport::CardInField;
use sandbox::chip::{Chip, ChipTransport, FaultPlan};

struct InProcess(ChipTransport);

impl CardTransport for InProcess {
    fn max_command_len(&self) -> usize {
        self.0.max_command_len()
    }

    fn transceive(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        self.0.transceive(command)
    }
}

impl CardInField for InProcess {
    fn remove(&mut self) {
        let next = self.0.chip().commands() + 1;
        self.0.chip_mut().set_faults(FaultPlan::lose_tag_at(next));
    }
}

#[test]
fn a_chip_in_process_keeps_the_contract_of_the_port() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../vectors/emrtd/vn_cccd/b_bp384_named_2024");
    for length in [261, 319, 2_048, 65_544] {
        card_transport::card_transport(|| {
            let chip = Chip::from_folder(&folder).unwrap();
            InProcess(ChipTransport::new(chip).with_max_command_len(length))
        });
    }
}

/// A card that keeps every promise but the one that is given.
#[derive(Clone, Copy)]
struct Card {
    answer: fn(&[u8]) -> Vec<u8>,
    longest: fn(gone: bool) -> usize,
    takes: usize,
    losses: usize,
    gone: bool,
}

/// Knows SELECT alone.
const GOOD: Card = Card {
    answer: |command| if command[1] == 0xa4 { vec![0x90, 0] } else { vec![0x6d, 0] },
    longest: |_| 2_048,
    takes: 2_048,
    losses: usize::MAX,
    gone: false,
};

impl CardTransport for Card {
    fn max_command_len(&self) -> usize {
        (self.longest)(self.gone)
    }

    fn transceive(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        if self.gone && self.losses > 0 {
            self.losses -= 1;
            return Err(TransportError::TagLost);
        }
        if command.len() > self.takes {
            return Err(TransportError::Unavailable);
        }
        Ok((self.answer)(command))
    }
}

impl CardInField for Card {
    fn remove(&mut self) {
        self.gone = true;
    }
}

#[test]
fn each_promise_of_a_card_transport_can_be_broken_and_is_found() {
    let broken = |card: Card| -> Vec<&str> {
        let stops = |(_, check): &(_, fn(Card))| catch_unwind(AssertUnwindSafe(|| check(card))).is_err();
        card_transport::promises().into_iter().filter(stops).map(|(name, _)| name).collect()
    };
    assert_eq!(broken(GOOD), <[&str; 0]>::default());
    let ports = [
        ("an answer ends with two status octets", Card { answer: |_| vec![1], ..GOOD }),
        ("answers come in the order of their commands", Card { answer: |_| vec![0x90, 0], ..GOOD }),
        ("a short command always fits", Card { longest: |_| 260, ..GOOD }),
        ("the longest command that it names goes through", Card { takes: 1_000, ..GOOD }),
        ("a card that left is lost, for every command from then on", Card { losses: 1, ..GOOD }),
        (
            "how long a command may be is known without a card",
            Card { longest: |gone| if gone { 261 } else { 2_048 }, ..GOOD },
        ),
    ];
    let names: Vec<&str> = card_transport::promises::<Card>().map(|(name, _)| name).into();
    assert_eq!(ports.map(|(promise, _)| promise).to_vec(), names);
    for (promise, port) in ports {
        assert!(broken(port).contains(&promise), "not found: {promise}");
    }
}
