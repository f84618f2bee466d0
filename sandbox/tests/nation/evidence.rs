//! A customer at the bank's counter by the chip: the signed record of one of the bank's readers.
use card::{
    CardReading, ChallengeOrigin, EvidenceContext, EvidenceRecord, EvidenceSigner, SignerUnavailable,
    Software, derived_challenge, key_thumbprint,
};
use serde_json::{Value, json};
use trust::p256::PublicKey;
use trust::time::Timestamp;

use crate::device::{Key, NUMBER, decode, encode};
use crate::step_up::read;
use crate::world::{Answer, World, clock};

impl EvidenceSigner for Key {
    fn public_key(&self) -> Result<PublicKey, SignerUnavailable> {
        Ok(self.public())
    }

    fn sign(&self, message: &[u8]) -> Result<[u8; 64], SignerUnavailable> {
        Ok(Key::sign(self, message))
    }
}

fn nonce(world: &World) -> String {
    world.post("/bank/evidence/start", &Value::Null).text("nonce")
}

/// What a reader signs of the test card, for a nonce of the bank's.
fn record(world: &World, reader: &Key, nonce: &str) -> String {
    let challenge = derived_challenge(&decode(nonce), &key_thumbprint(&reader.public()), "counter");
    signed(world, reader, nonce, &read(Some(challenge)))
}

fn signed(world: &World, reader: &Key, nonce: &str, reading: &CardReading) -> String {
    let (nonce, thumbprint) = (decode(nonce), key_thumbprint(&reader.public()));
    let context = EvidenceContext {
        nonce,
        origin: ChallengeOrigin::Derived { key_thumbprint: thumbprint, purpose: "counter".to_owned() },
        read_at: Timestamp::from_unix(world.now()),
        remote: None,
        software: Software { name: "tests".to_owned(), version: "1".to_owned() },
    };
    encode(EvidenceRecord::sign(reading, &context, reader).unwrap().as_bytes())
}

fn show(world: &World, nonce: &str, record: &str, face_compared: bool) -> Answer {
    let body = json!({"nonce": nonce, "record": record, "face_compared": face_compared});
    world.post("/bank/evidence", &body)
}

/// A reader that the bank knows.
fn reader(world: &World) -> Key {
    let key = Key::generate();
    let compressed = encode(&key.public().compressed());
    world.post("/sandbox/bank-reader", &json!({"key": compressed})).done();
    key
}

#[test]
fn the_counter_knows_whom_the_chip_proves() {
    let world = World::start(clock!());
    let reader = reader(&world);
    let nonce = nonce(&world);
    let seen = show(&world, &nonce, &record(&world, &reader, &nonce), true).done();
    assert_eq!((&seen["number"], &seen["proven_by"]), (&json!(NUMBER), &json!("chip")));
    assert_eq!((&seen["name"], &seen["is_new"]), (&json!("Đặng Quốc Ưu"), &json!(true)));
}

#[test]
fn a_reader_is_made_known_by_the_file_that_its_program_writes() {
    let world = World::start(clock!());
    let key = Key::generate();
    let line = format!("{}\n", hex::encode(key.public().uncompressed()));
    world.post("/sandbox/bank-reader", &json!({"key": line})).done();
    let nonce = nonce(&world);
    assert_eq!(show(&world, &nonce, &record(&world, &key, &nonce), true).done()["number"], NUMBER);
    for wrong in ["", "00", &line[2..]] {
        assert_eq!(world.post("/sandbox/bank-reader", &json!({"key": wrong})).refusal(), "invalid_request");
    }
}

#[test]
fn a_record_serves_one_nonce_and_a_nonce_one_record() {
    let world = World::start(clock!());
    let reader = reader(&world);
    let first = nonce(&world);
    let proof = record(&world, &reader, &first);
    assert_eq!(show(&world, &nonce(&world), &proof, true).refusal(), "other_reading");
    show(&world, &first, &proof, true).done();
    assert_eq!(show(&world, &first, &proof, true).refusal(), "nonce_unknown");
}

#[test]
fn a_reader_that_the_bank_does_not_know_proves_nothing() {
    let world = World::start(clock!());
    let nonce = nonce(&world);
    let proof = record(&world, &Key::generate(), &nonce);
    let refused = show(&world, &nonce, &proof, true);
    assert_eq!(refused.refusal(), "reader_unknown");
    assert!(refused.text("vi").contains("không biết"));
}

#[test]
fn what_is_no_record_or_was_changed_proves_nothing() {
    let world = World::start(clock!());
    let reader = reader(&world);
    let refusal = |change: &dyn Fn(&mut Vec<u8>)| {
        let nonce = nonce(&world);
        let mut bytes = decode(&record(&world, &reader, &nonce));
        change(&mut bytes);
        show(&world, &nonce, &encode(&bytes), true).refusal()
    };
    assert_eq!(refusal(&|bytes| bytes.clear()), "record_unreadable");
    assert_eq!(refusal(&|bytes| bytes.truncate(bytes.len() - 1)), "record_unreadable");
    // A bit of the signature.
    assert_eq!(refusal(&|bytes| *bytes.last_mut().unwrap() ^= 1), "card_not_proven");
}

#[test]
fn what_a_reader_says_of_the_chip_opens_no_account_at_the_counter() {
    let world = World::start(clock!());
    let (reader, nonce) = (reader(&world), nonce(&world));
    // Chip Authentication alone, by a reader that is believed: it knows its own ephemeral key.
    let proof = signed(&world, &reader, &nonce, &read(None));
    assert_eq!(show(&world, &nonce, &proof, true).refusal(), "card_not_proven");
}

#[test]
fn a_chip_without_a_compared_face_is_no_customer() {
    let world = World::start(clock!());
    let reader = reader(&world);
    let nonce = nonce(&world);
    let proof = record(&world, &reader, &nonce);
    assert_eq!(show(&world, &nonce, &proof, false).refusal(), "face_not_compared");
}
