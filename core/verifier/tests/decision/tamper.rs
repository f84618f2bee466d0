//! Nothing that differs from what was signed is accepted, and nothing makes the verifier fall over.
use presentation::frame;
use verifier::{Decision, MemorySeenList, verify};

use crate::world::World;

struct Desk {
    world: World,
    text: String,
}

impl Desk {
    fn new() -> Self {
        let world = World::new();
        Self { text: world.text(), world }
    }

    /// Counts the accepted ones of many texts.
    fn accepted(&self, texts: impl Iterator<Item = String>) -> (usize, usize) {
        let (trust, status) = (self.world.trust(), self.world.status());
        let (mut tried, mut accepted) = (0, 0);
        for text in texts {
            let mut seen = MemorySeenList::default();
            let decision = verify(
                &text,
                &trust,
                &status,
                &self.world.policy,
                &mut seen,
                self.world.received_at,
                self.world.now,
            );
            tried += 1;
            accepted += usize::from(!matches!(decision, Decision::Refused(_)));
        }
        (tried, accepted)
    }
}

#[test]
fn no_code_with_a_changed_digit_is_accepted() {
    let desk = Desk::new();
    let text = desk.text.as_bytes();
    let changed = (0..text.len()).flat_map(|at| {
        (b'0'..=b'9').filter(move |digit| text[at] != *digit).map(move |digit| {
            let mut changed = text.to_vec();
            changed[at] = digit;
            String::from_utf8(changed).unwrap()
        })
    });
    assert_eq!(desk.accepted(changed), (text.len() * 9, 0));
}

#[test]
fn no_code_that_was_cut_is_accepted() {
    let desk = Desk::new();
    let text = &desk.text;
    let cut = (0..text.len()).flat_map(|at| [text[..at].to_owned(), text[at + 1..].to_owned()]);
    let dropped = (0..text.len()).map(|at| format!("{}{}", &text[..at], &text[at + 1..]));
    assert_eq!(desk.accepted(cut.chain(dropped)), (3 * text.len(), 0));
}

#[test]
fn no_code_that_was_doubled_is_accepted() {
    let desk = Desk::new();
    let text = &desk.text;
    let whole = [format!("{text}{text}"), format!("{text}\n{text}")].into_iter();
    let one = (0..text.len()).map(|at| format!("{}{}{}", &text[..at], &text[at..=at], &text[at..]));
    assert_eq!(desk.accepted(whole.chain(one)), (text.len() + 2, 0));
}

#[test]
fn no_token_with_a_changed_byte_is_accepted_though_its_check_digits_fit() {
    let desk = Desk::new();
    let token = frame::decode(&desk.text).unwrap();
    let changed = (0..token.len()).flat_map(|at| {
        let token = &token;
        [1, 0x20, 0x80, 0xff].into_iter().map(move |bits| {
            let mut changed = token.clone();
            changed[at] ^= bits;
            frame::encode(&changed)
        })
    });
    assert_eq!(desk.accepted(changed), (4 * token.len(), 0));
}

#[test]
fn no_token_that_was_cut_or_lengthened_is_accepted_though_its_check_digits_fit() {
    let desk = Desk::new();
    let token = frame::decode(&desk.text).unwrap();
    let cut = (1..token.len()).map(|at| frame::encode(&token[..at]));
    let longer = (0..=255).map(|byte| frame::encode(&[&token[..], &[byte]].concat()));
    assert_eq!(desk.accepted(cut.chain(longer)), (token.len() - 1 + 256, 0));
}
