use ring::signature::{Ed25519KeyPair, KeyPair as _};
use serde_json::{Value, json};

use crate::device::{Device, encode};
use crate::world::{Answer, World, clock};

/// The key that phone and PIN make.
pub(crate) struct PinKey(Ed25519KeyPair);

impl PinKey {
    pub(crate) fn of(pin: &str) -> Self {
        let seed = ring::digest::digest(&ring::digest::SHA256, pin.as_bytes());
        Self(Ed25519KeyPair::from_seed_unchecked(seed.as_ref()).unwrap())
    }

    /// The inner message of an outer one, with these members replaced.
    pub(crate) fn inner(&self, outer: &Value, replaced: &Value) -> String {
        let header = json!({"alg": "EdDSA", "typ": "sen-pin+jwt"});
        let mut payload = serde_json::Map::new();
        for name in ["aud", "op", "account", "challenge", "seq"] {
            payload.insert(name.to_owned(), outer[name].clone());
        }
        payload.extend(replaced.as_object().unwrap().clone());
        let input = credential::jose::signing_input(&header, &Value::Object(payload));
        format!("{input}.{}", encode(self.0.sign(input.as_bytes()).as_ref()))
    }
}

impl Device {
    pub(crate) fn pin(
        &mut self,
        world: &World,
        op: &str,
        old: Option<&PinKey>,
        new: Option<(&str, &PinKey)>,
    ) -> Answer {
        let mut payload = self.message(world, op, &json!({}));
        let outer = payload.clone();
        if let Some(old) = old {
            payload["pin"] = json!(old.inner(&outer, &json!({})));
        }
        if let Some((id, new)) = new {
            payload["pin_id"] = json!(id);
            payload["pin_key"] = json!(encode(new.0.public_key().as_ref()));
            payload["pin_new"] = json!(new.inner(&outer, &json!({})));
        }
        world.post("/account/pin", &self.envelope(&payload))
    }

    pub(crate) fn check_pin(&mut self, world: &World, key: &PinKey) -> Answer {
        self.pin(world, "pin_check", Some(key), None)
    }
}

#[test]
fn sets_checks_and_changes_a_pin() {
    let world = World::start(clock!());
    let mut device = Device::at_level_1(&world);
    let (first, second) = (PinKey::of("258013"), PinKey::of("975310"));
    assert_eq!(device.show(&world)["pin"], Value::Null);
    assert_eq!(device.check_pin(&world, &first).refusal(), "no_pin");
    device.pin(&world, "pin_set", None, Some(("salt 1", &first))).done();
    assert_eq!(device.show(&world)["pin_id"], "salt 1");
    device.check_pin(&world, &first).done();
    assert_eq!(device.pin(&world, "pin_set", None, Some(("salt 2", &second))).refusal(), "pin_is_set");
    device.pin(&world, "pin_change", Some(&first), Some(("salt 2", &second))).done();
    assert_eq!(device.show(&world)["pin_id"], "salt 2");
    device.check_pin(&world, &second).done();
    assert_eq!(device.check_pin(&world, &first).refusal(), "wrong_pin");
}

#[test]
fn wrong_pins_cost_rounds_then_time_then_the_pin() {
    let world = World::start(clock!());
    let mut device = Device::at_level_1(&world);
    let (right, wrong) = (PinKey::of("258013"), PinKey::of("258014"));
    device.pin(&world, "pin_set", None, Some(("salt", &right))).done();
    for delay in [60, 300, 3600] {
        for left in [3, 2, 1, 0] {
            let answer = device.check_pin(&world, &wrong);
            assert_eq!(answer.refusal(), "wrong_pin");
            assert_eq!(answer.json()["attempts_left"], left);
        }
        let answer = device.check_pin(&world, &right);
        assert_eq!((answer.status, answer.refusal().as_str()), (403, "pin_delayed"));
        assert_eq!(answer.headers.get("retry-after").unwrap(), &delay.to_string());
        world.pass(-3 * delay);
        assert_eq!(device.check_pin(&world, &right).refusal(), "pin_delayed", "the clock went back");
        world.pass(4 * delay);
    }
    for _ in 0..3 {
        assert_eq!(device.check_pin(&world, &wrong).refusal(), "wrong_pin");
    }
    assert_eq!(device.check_pin(&world, &wrong).refusal(), "pin_blocked");
    world.pass(10 * 365 * 24 * 3600);
    assert_eq!(device.check_pin(&world, &right).refusal(), "pin_blocked");
    assert_eq!(device.show(&world)["state"], "blocked");
}

#[test]
fn a_right_pin_takes_the_count_back() {
    let world = World::start(clock!());
    let mut device = Device::at_level_1(&world);
    let (right, wrong) = (PinKey::of("258013"), PinKey::of("258014"));
    device.pin(&world, "pin_set", None, Some(("salt", &right))).done();
    for _ in 0..6 {
        for _ in 0..3 {
            assert_eq!(device.check_pin(&world, &wrong).refusal(), "wrong_pin");
        }
        device.check_pin(&world, &right).done();
    }
}

#[test]
fn attempts_outlive_a_restart() {
    let mut world = World::start(clock!());
    let mut device = Device::at_level_1(&world);
    let (right, wrong) = (PinKey::of("258013"), PinKey::of("258014"));
    device.pin(&world, "pin_set", None, Some(("salt", &right))).done();
    for _ in 0..4 {
        assert_eq!(device.check_pin(&world, &wrong).refusal(), "wrong_pin");
    }
    world.restart();
    assert_eq!(device.check_pin(&world, &right).refusal(), "pin_delayed");
    world.pass(60);
    device.check_pin(&world, &right).done();
}

#[test]
fn a_wrong_old_pin_changes_nothing_and_counts() {
    let world = World::start(clock!());
    let mut device = Device::at_level_1(&world);
    let (right, wrong) = (PinKey::of("258013"), PinKey::of("258014"));
    device.pin(&world, "pin_set", None, Some(("salt", &right))).done();
    let answer = device.pin(&world, "pin_change", Some(&wrong), Some(("new", &wrong)));
    assert_eq!((answer.refusal().as_str(), &answer.json()["attempts_left"]), ("wrong_pin", &json!(3)));
    device.check_pin(&world, &right).done();
}

#[test]
fn refuses_an_inner_message_about_anything_else() {
    let world = World::start(clock!());
    let mut device = Device::at_level_1(&world);
    let right = PinKey::of("258013");
    device.pin(&world, "pin_set", None, Some(("salt", &right))).done();
    for replaced in [
        json!({"aud": "https://127.0.0.1:1"}),
        json!({"op": "pin_change"}),
        json!({"account": "acc_other"}),
        json!({"challenge": "AAAA"}),
        json!({"seq": 1}),
        json!({"more": true}),
    ] {
        let mut payload = device.message(&world, "pin_check", &json!({}));
        payload["pin"] = json!(right.inner(&payload.clone(), &replaced));
        let answer = world.post("/account/pin", &device.envelope(&payload));
        assert_eq!(answer.refusal(), "malformed_message", "{replaced}");
        device.check_pin(&world, &right).done();
    }
}

#[test]
fn refuses_a_new_pin_key_that_the_phone_does_not_hold() {
    let world = World::start(clock!());
    let mut device = Device::at_level_1(&world);
    let mut payload = device.message(&world, "pin_set", &json!({"pin_id": "salt"}));
    payload["pin_key"] = json!(encode(PinKey::of("1").0.public_key().as_ref()));
    payload["pin_new"] = json!(PinKey::of("2").inner(&payload.clone(), &json!({})));
    let answer = world.post("/account/pin", &device.envelope(&payload));
    assert_eq!(answer.refusal(), "malformed_message");
}

#[test]
fn a_locked_account_tries_no_pins() {
    let world = World::start(clock!());
    let mut device = Device::at_level_1(&world);
    let right = PinKey::of("258013");
    device.pin(&world, "pin_set", None, Some(("salt", &right))).done();
    device.ask(&world, "/account/lock", "lock", &json!({})).done();
    assert_eq!(device.check_pin(&world, &right).refusal(), "account_locked");
}

#[test]
fn the_database_has_no_key_to_try_pins_against() {
    let world = World::start(clock!());
    let mut device = Device::at_level_1(&world);
    let right = PinKey::of("258013");
    device.pin(&world, "pin_set", None, Some(("salt", &right))).done();
    let sealed = world.kept("SELECT sealed_key FROM pin").remove(0);
    assert_eq!(sealed.len(), 12 + 32 + 16);
    assert!(!sealed.windows(8).any(|window| right.0.public_key().as_ref().starts_with(window)));
}
