//! A card that another phone reads for one that cannot.
use serde_json::{Value, json};

use crate::device::{Device, encode};
use crate::world::{Answer, World, clock};

impl Device {
    fn awaits(&mut self, world: &World, to: &str) -> Answer {
        self.ask(world, "/account/reading", "reading_await", &json!({"to": to}))
    }

    fn takes(&mut self, world: &World, to: &str) -> Answer {
        self.ask(world, "/account/reading/take", "reading_take", &json!({"to": to}))
    }
}

fn give(world: &World, to: &str, sealed: &str) -> Answer {
    world.post("/account/reading/give", &json!({"to": to, "sealed": sealed}))
}

fn address(octet: u8) -> String {
    encode(&[octet; 32])
}

#[test]
fn a_reading_reaches_the_phone_that_awaits_it_and_the_last_one_counts() {
    let world = World::start(clock!());
    let mut phone = Device::at_level_1(&world);
    let to = address(1);
    assert_eq!(phone.awaits(&world, &to).done(), json!({"expires_in": 300}));
    assert_eq!(phone.takes(&world, &to).done()["sealed"], Value::Null);
    give(&world, &to, "first").done();
    give(&world, &to, "second").done();
    // An answer that was lost is given again.
    for _ in 0..2 {
        assert_eq!(phone.takes(&world, &to).text("sealed"), "second");
    }
}

#[test]
fn nobody_gives_or_takes_a_reading_that_is_not_awaited() {
    let world = World::start(clock!());
    let mut phone = Device::at_level_1(&world);
    let to = address(1);
    assert_eq!(give(&world, &to, "x").refusal(), "no_reading_awaited");
    assert_eq!(phone.takes(&world, &to).refusal(), "no_reading_awaited");
    phone.awaits(&world, &to).done();
    assert_eq!(give(&world, &address(2), "x").refusal(), "no_reading_awaited");
    assert_eq!(phone.takes(&world, &address(2)).refusal(), "no_reading_awaited");
    // A new code takes the place of the old one.
    phone.awaits(&world, &address(2)).done();
    assert_eq!(give(&world, &to, "x").refusal(), "no_reading_awaited");
}

#[test]
fn another_account_does_not_take_it() {
    let world = World::start(clock!());
    let mut phone = Device::at_level_1(&world);
    let to = address(1);
    phone.awaits(&world, &to).done();
    give(&world, &to, "x").done();
    let mut other = Device::active(&world, "000199012345", "0900000001");
    assert_eq!(other.takes(&world, &to).refusal(), "no_reading_awaited");
}

#[test]
fn a_reading_is_awaited_for_five_minutes() {
    let world = World::start(clock!());
    let mut phone = Device::at_level_1(&world);
    let to = address(1);
    phone.awaits(&world, &to).done();
    world.pass(299);
    give(&world, &to, "x").done();
    world.pass(1);
    assert_eq!(phone.takes(&world, &to).refusal(), "no_reading_awaited");
    assert_eq!(give(&world, &to, "x").refusal(), "no_reading_awaited");
}

#[test]
fn addresses_and_readings_of_no_possible_length_are_refused() {
    let world = World::start(clock!());
    let mut phone = Device::at_level_1(&world);
    for to in ["", "?", &encode(&[0; 31])] {
        assert_eq!(phone.awaits(&world, to).refusal(), "malformed_message", "{to}");
    }
    let to = address(1);
    phone.awaits(&world, &to).done();
    assert_eq!(give(&world, &to, "").refusal(), "malformed_message");
    assert_eq!(give(&world, &to, &"x".repeat(256 * 1024 + 1)).refusal(), "malformed_message");
    give(&world, &to, &"x".repeat(256 * 1024)).done();
}
