use presentation::challenge::{self, ChallengeDraft, ChallengeError};
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

/// A question of this desk, as its screen shows it now.
fn screen(world: &World, key: &TestKey, certificate: &str) -> (String, Timestamp) {
    let now = Timestamp::from_unix(world.now());
    let draft = ChallengeDraft {
        certificate: &decode(certificate),
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
    (challenge::encode(&draft.assemble(&key.sign(&draft.to_be_signed()))), now)
}

#[test]
fn a_withdrawn_desk_is_answered_no_more_and_its_key_gets_no_other_name() {
    let mut world = World::start(clock!());
    let (stolen, other, new) = (TestKey::new(), TestKey::new(), TestKey::new());
    let name = |world: &World, name: &str, key: &TestKey| {
        world.post("/sandbox/desk", &json!({"name": name, "key": point(key)}))
    };
    let named = name(&world, "Quầy 1", &stolen).text("certificate");
    name(&world, "Quầy 3", &stolen).done();
    for taken in ["Quâ\u{300}y 1", "Cổng dịch vụ công Mẫu", "Ngân hàng Mẫu: quầy 1"] {
        assert_eq!(name(&world, taken, &other).refusal(), "name_taken", "{taken}");
    }
    let others = name(&world, "Quầy 2", &other).text("certificate");
    let (question, now) = screen(&world, &stolen, &named);
    let before = trust(&world);
    challenge::verify(&question, &before, now).unwrap();

    let withdraw = |world: &World, name: &str| world.post("/sandbox/desk-withdrawal", &json!({"name": name}));
    assert_eq!(withdraw(&world, "Quầy 9").refusal(), "desk_unknown");
    assert_eq!(trust(&world).sequence(), before.sequence(), "nothing changed");
    withdraw(&world, "Quầy 1").done();
    assert_eq!(withdraw(&world, "Quầy 3").refusal(), "desk_unknown", "the same key");
    world.restart();
    let after = trust(&world);
    assert!(after.sequence() > before.sequence());
    let refused = challenge::verify(&question, &after, now).unwrap_err();
    assert_eq!(refused, ChallengeError::DeskWithdrawn);
    let (question, now) = screen(&world, &other, &others);
    assert_eq!(challenge::verify(&question, &after, now).unwrap().desk(), "Quầy 2");
    assert_eq!(name(&world, "Quầy 4", &stolen).refusal(), "desk_withdrawn");
    name(&world, "Quầy 1", &new).done();
}

#[test]
fn names_a_desk_whose_question_a_phone_believes_under_the_trust_list() {
    let world = World::start(clock!());
    let key = TestKey::new();
    let named = world.post("/sandbox/desk", &json!({"name": "79034 · Quầy 1", "key": point(&key)})).done();
    let (screen, now) = screen(&world, &key, named["certificate"].as_str().unwrap());
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
