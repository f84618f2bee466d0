use presentation::challenge::{self, ChallengeDraft};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use serde_json::json;
use trust::p256::PublicKey;
use trust::time::Timestamp;

use crate::device::{decode, encode};
use crate::lists::trust;
use crate::world::{World, clock};

struct DeskKey(EcdsaKeyPair);

impl DeskKey {
    fn generate() -> Self {
        let random = SystemRandom::new();
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
        Self(EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8.as_ref(), &random).unwrap())
    }

    fn point(&self) -> String {
        encode(&PublicKey::from_uncompressed(self.0.public_key().as_ref()).unwrap().compressed())
    }
}

#[test]
fn names_a_desk_whose_question_a_phone_believes_under_the_trust_list() {
    let world = World::start(clock!());
    let key = DeskKey::generate();
    let named = world.post("/sandbox/desk", &json!({"name": "79034 · Quầy 1", "key": key.point()})).done();
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
    .prepare();
    let signature = key.0.sign(&SystemRandom::new(), &draft.to_be_signed()).unwrap();
    let screen = challenge::encode(&draft.assemble(signature.as_ref().try_into().unwrap()));
    let asked = challenge::verify(&screen, &trust(&world), now).unwrap();
    assert_eq!(asked.desk(), "79034 · Quầy 1");
    assert!(asked.named_by().contains("register of clinics"));
}

#[test]
fn gives_no_name_twice_but_to_the_same_key() {
    let mut world = World::start(clock!());
    let (one, other) = (DeskKey::generate().point(), DeskKey::generate().point());
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
    let key = DeskKey::generate().point();
    for (name, key) in [("", &*key), (&"x".repeat(65), &key), ("a\nb", &key), ("Quầy 1", "AAAA")] {
        let refused = world.post("/sandbox/desk", &json!({"name": name, "key": key}));
        assert_eq!(refused.refusal(), "invalid_request", "{name}");
    }
}
