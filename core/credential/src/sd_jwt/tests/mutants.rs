//! Every character of a presentation changed in several ways: nothing of it is believed.
use super::*;

#[test]
fn none_of_ten_thousand_changed_presentations_is_believed() {
    let world = World::new();
    let text = world.presented();
    world.verify_bound(&text).unwrap();
    let mut tried = 0;
    let mut try_it = |changed: Vec<u8>, at: usize| {
        tried += 1;
        let changed = String::from_utf8(changed).unwrap_or_default();
        assert!(world.verify_bound(&changed).is_err(), "character {at}: {}", &changed[at..]);
    };
    for at in 0..text.len() {
        for bit in [1, 2, 4, 0x20] {
            let mut changed = text.clone().into_bytes();
            changed[at] ^= bit;
            try_it(changed, at);
        }
        for character in [b'A', b'~', b'.', b'='] {
            let mut changed = text.clone().into_bytes();
            changed.insert(at, character);
            try_it(changed, at);
        }
        let mut changed = text.clone().into_bytes();
        changed.remove(at);
        try_it(changed, at);
    }
    assert!(tried >= 10_000, "{tried}");
}
