use presentation::challenge::{self, ChallengeDraft};
use serde_json::json;
use test_key::TestKey;
use trust::time::Timestamp;

use crate::device::{decode, encode};
use crate::lists::trust;
use crate::world::{World, clock};

/// As the sandbox is asked to name it.
fn point(key: &TestKey) -> String {
    encode(&key.public().compressed())
}

#[test]
fn names_a_desk_whose_question_a_phone_believes_under_the_trust_list() {
    let world = World::start(clock!());
    let key = TestKey::new();
    let named = world.post("/sandbox/desk", &json!({"name": "79034 · Quầy 1", "key": point(&key)})).done();
    let certificate = decode(named["certificate"].as_str().unwrap());
    let now = Timestamp::from_unix(world.now());
    let draft = ChallengeDraft {
        certificate: &certificate,
        issued_at: now,
        expires_at: now.plus_seconds(60),
        cnonce: &[7; 16],
        minimum_level: None,
        encryption_key: None,
        asked: &[],
        purpose: "",
    }
    .prepare()
    .unwrap();
    let screen = challenge::encode(&draft.assemble(&key.sign(&draft.to_be_signed())));
    let asked = challenge::verify(&screen, &trust(&world), now).unwrap();
    assert_eq!(asked.desk(), "79034 · Quầy 1");
    assert!(asked.named_by().contains("register of clinics"));
}

#[test]
fn gives_no_name_twice_but_to_the_same_key() {
    let mut world = World::start(clock!());
    let (one, other) = (point(&TestKey::new()), point(&TestKey::new()));
    let ask = |world: &World, name: &str, key: &str| {
        world.post("/sandbox/desk", &json!({"name": name, "key": key}))
    };
    ask(&world, "Quầy 1", &one).done();
    ask(&world, "Quầy 1", &one).done();
    world.restart();
    assert_eq!(ask(&world, "Quầy 1", &other).refusal(), "name_taken");
    ask(&world, "Quầy 2", &other).done();
}

#[test]
fn refuses_a_name_or_a_key_that_is_none() {
    let world = World::start(clock!());
    let key = point(&TestKey::new());
    for (name, key) in [("", &*key), (&"x".repeat(65), &key), ("a\nb", &key), ("Quầy 1", "AAAA")] {
        let refused = world.post("/sandbox/desk", &json!({"name": name, "key": key}));
        assert_eq!(refused.refusal(), "invalid_request", "{name}");
    }
}
