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

/// A fixed pseudo-random row of numbers below a bound.
fn numbers(seed: u64) -> impl FnMut(i64) -> i64 {
    let mut state = seed;
    move |bound| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        i64::try_from(state >> 33).unwrap() % bound
    }
}

/// The clock jumps to anywhere before each attempt, and the server restarts now and then. By what the phone is answered alone: no
/// round has more than four attempts, none begins before the newest time of the one before has its delay behind it, a clock that is
/// set back lets nothing through that it did not let through before, and what is blocked stays so.
#[test]
fn no_clock_shortens_a_wait_gives_attempts_back_or_unblocks() {
    const DELAYS: [i64; 3] = [60, 300, 3600];
    let mut blocked = 0;
    for seed in 1..=4 {
        let mut world = World::start(clock!());
        let mut device = Device::at_level_1(&world);
        let (right, wrong) = (PinKey::of("258013"), PinKey::of("258014"));
        device.pin(&world, "pin_set", None, Some(("salt", &right))).done();
        let mut random = numbers(seed);
        let (mut wrongs, mut newest, mut opens_at) = (0, world.now(), 0);
        for step in 0..120 {
            // Mostly back and forth within the longest delay; sometimes to where the wait ends.
            match random(8) {
                0 if opens_at != 0 => world.pass((opens_at - world.now()).max(0)),
                1 if opens_at != 0 => world.pass(opens_at - world.now() - 1),
                2 => {}
                3 if step % 9 == 0 => world.restart(),
                _ => world.pass(random(8_000) - 4_000),
            }
            let now = world.now();
            let answer = device.check_pin(&world, &wrong);
            let said = (answer.refusal(), answer.headers.get("retry-after").cloned());
            if wrongs == 16 {
                assert_eq!(said.0, "pin_blocked", "{seed} {step}");
                assert_eq!(device.check_pin(&world, &right).refusal(), "pin_blocked", "{seed} {step}");
                blocked += 1;
                continue;
            }
            if now < opens_at {
                assert_eq!(said.0, "pin_delayed", "{seed} {step}");
                assert_eq!(said.1.unwrap(), &(opens_at - now).to_string(), "{seed} {step}");
                assert_eq!(device.check_pin(&world, &right).refusal(), "pin_delayed", "{seed} {step}");
                continue;
            }
            (wrongs, newest) = (wrongs + 1, newest.max(now));
            if wrongs == 16 {
                assert_eq!(said.0, "pin_blocked", "{seed} {step}");
                continue;
            }
            assert_eq!(said.0, "wrong_pin", "{seed} {step}");
            assert_eq!(answer.json()["attempts_left"], 3 - (wrongs - 1) % 4, "{seed} {step}");
            // Within a round nothing is waited for.
            opens_at = if wrongs % 4 == 0 { newest + DELAYS[wrongs / 4 - 1] } else { 0 };
        }
    }
    assert!(blocked > 20, "{blocked}");
}

#[test]
fn a_clock_that_jumps_forward_ends_a_wait_and_gives_no_attempts() {
    let world = World::start(clock!());
    let mut device = Device::at_level_1(&world);
    let (right, wrong) = (PinKey::of("258013"), PinKey::of("258014"));
    device.pin(&world, "pin_set", None, Some(("salt", &right))).done();
    for left in [3, 2, 1, 0] {
        assert_eq!(device.check_pin(&world, &wrong).json()["attempts_left"], left);
        // A year between two attempts starts no new round.
        world.pass(if left == 0 { 0 } else { 365 * 86_400 });
    }
    assert_eq!(device.check_pin(&world, &right).refusal(), "pin_delayed");
    world.pass(60);
    // The wait is over, the attempts of before still count: the next round has the longer delay.
    for left in [3, 2, 1, 0] {
        assert_eq!(device.check_pin(&world, &wrong).json()["attempts_left"], left);
    }
    let delayed = device.check_pin(&world, &right);
    assert_eq!(delayed.headers.get("retry-after").unwrap(), "300");
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
