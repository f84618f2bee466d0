//! What a transport to a chip promises, for every implementation: the same promises as in `bindings/kotlin/src/contract`.
#![allow(unreachable_pub, clippy::unwrap_used, clippy::needless_pass_by_value)]
use card::{CardTransport, TransportError};

/// A card in a field, and how it leaves for good.
pub trait CardInField: CardTransport {
    fn remove(&mut self);
}

/// What is promised, and its check.
pub type Promise<T> = (&'static str, fn(T));

/// Every promise; each check gets a card of its own, any that answers SELECT with two status octets.
pub fn promises<T: CardInField>() -> [Promise<T>; 6] {
    [
        ("an answer ends with two status octets", answers),
        ("answers come in the order of their commands", in_order),
        ("a short command always fits", short_fits),
        ("the longest command that it names goes through", longest),
        ("a card that left is lost, for every command from then on", lost),
        ("how long a command may be is known without a card", length_known),
    ]
}

pub fn card_transport<T: CardInField>(card: impl Fn() -> T) {
    for (name, check) in promises() {
        println!("card transport: {name}");
        check(card());
    }
}

/// The application of identity documents (ICAO Doc 9303-10).
const SELECT: [u8; 12] = [0, 0xa4, 4, 0x0c, 7, 0xa0, 0, 0, 2, 0x47, 0x10, 1];
/// No card has this instruction.
const UNKNOWN: [u8; 4] = [0, 3, 0, 0];

fn status(transport: &mut impl CardTransport, command: &[u8]) -> [u8; 2] {
    let answer = transport.transceive(command).unwrap();
    *answer.last_chunk().unwrap()
}

fn answers(mut card: impl CardInField) {
    status(&mut card, &SELECT);
}

fn in_order(mut card: impl CardInField) {
    let known = status(&mut card, &SELECT);
    assert_ne!(status(&mut card, &UNKNOWN), known);
    assert_eq!(status(&mut card, &SELECT), known);
}

fn short_fits(card: impl CardInField) {
    assert!(card.max_command_len() >= 261, "less than a short command");
}

/// GET CHALLENGE with data that no card expects: exactly as long as the transport takes.
fn longest(mut card: impl CardInField) {
    let length = card.max_command_len();
    let data = length.min(65_544) - if length == 261 { 6 } else { 9 };
    let mut command = vec![0, 0x84, 0, 0];
    if length == 261 {
        command.push(255);
    } else {
        command.push(0);
        command.extend(u16::try_from(data).unwrap().to_be_bytes());
    }
    command.extend(vec![0; data]);
    command.extend(vec![0; if length == 261 { 1 } else { 2 }]);
    assert_eq!(command.len(), length.min(65_544));
    status(&mut card, &command);
}

fn lost(mut card: impl CardInField) {
    status(&mut card, &SELECT);
    card.remove();
    for _ in 0..3 {
        assert_eq!(card.transceive(&SELECT), Err(TransportError::TagLost));
    }
}

fn length_known(mut card: impl CardInField) {
    let before = card.max_command_len();
    card.remove();
    assert_eq!(card.max_command_len(), before);
}
