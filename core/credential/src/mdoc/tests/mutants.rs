//! Every byte of a response changed in several ways: nothing of it is believed.
use super::*;

#[test]
fn none_of_ten_thousand_changed_responses_is_believed() {
    let world = World::new();
    let paid = element(PAYMENT, "amount", vec![0x18, 0x64]);
    let all = [(NAMESPACE, "family_name"), (NAMESPACE, "birth_year"), (NAMESPACE, "personal_number")];
    let response = world.response(&all, &[paid]);
    world.verify_response(&response).unwrap();
    let same = world.verify_response(&response).unwrap();
    let mut tried = 0;
    let mut try_it = |changed: Vec<u8>, at: usize| {
        tried += 1;
        if let Ok(verified) = world.verify_response(&changed) {
            // The outer wrapping is signed by nobody: only how it is written may differ, never what it says.
            assert!(
                harmless(&response, &changed),
                "byte {at}: {}",
                String::from_utf8_lossy(&changed[at.saturating_sub(20)..(at + 20).min(changed.len())])
            );
            assert_eq!(verified.mdoc().elements(), same.mdoc().elements());
            assert_eq!(verified.device_signed(), same.device_signed());
        }
    };
    for at in 0..response.len() {
        for bit in [1, 2, 4, 8, 0x10, 0x20, 0x40, 0x80] {
            let mut changed = response.clone();
            changed[at] ^= bit;
            try_it(changed, at);
        }
        for byte in [0, 0xff] {
            let mut changed = response.clone();
            changed.insert(at, byte);
            try_it(changed, at);
        }
        let mut changed = response.clone();
        changed.remove(at);
        try_it(changed, at);
    }
    assert!(tried >= 10_000, "{tried}");
}

/// The version's minor number, which 9.1.2.4 lets grow.
fn harmless(response: &[u8], changed: &[u8]) -> bool {
    let version = response.windows(12).position(|part| part == b"\x67version\x631.0").unwrap();
    response.len() == changed.len()
        && response.iter().zip(changed).enumerate().all(|(at, (one, two))| one == two || at == version + 11)
}
