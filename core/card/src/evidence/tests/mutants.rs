//! Ten thousand and more changed copies of a record, at every octet of it: none is believed.
use super::*;

const LEAST: usize = 10_000;

#[test]
fn no_mutant_of_a_record_is_believed() {
    let world = World::new();
    let (anchors, signers) = (world.anchors(), [world.desk.public_key().unwrap()]);
    let expected = Expected { signers: &signers, nonce: Some(NONCE), remote_key: None };
    let believed = |bytes: &[u8]| {
        let record = EvidenceRecord::parse(bytes);
        record.is_ok_and(|record| record.verify(&expected, &anchors, read_at()).is_ok())
    };
    let record = world.record();
    let sound = record.as_bytes();
    assert!(believed(sound));
    let mut tried = 0;
    for at in 0..sound.len() {
        // An odd factor makes each step another difference, and never none.
        for step in 1..=u8::try_from(LEAST / sound.len() + 1).unwrap() {
            let mut mutant = sound.to_vec();
            mutant[at] ^= step.wrapping_mul(0x9d);
            assert!(!believed(&mutant), "octet {at}, difference {step}");
        }
        tried += LEAST / sound.len() + 3;
        assert!(!believed(&[&sound[..at], &sound[at + 1..]].concat()), "without octet {at}");
        assert!(!believed(&[&sound[..=at], &sound[at..]].concat()), "octet {at} twice");
    }
    println!("evidence: {tried} mutants of {} octets, none believed", sound.len());
    assert!(tried >= LEAST);
}
