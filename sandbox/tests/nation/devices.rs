//! The account moves: to a new phone by the card, from phone to phone, away from a lost one.
use serde_json::{Value, json};
use trust::status::Status;

use crate::device::{Device, Key, NUMBER, PHONE, encode};
use crate::issuance::{CITIZEN, obtain, token};
use crate::lists::status;
use crate::pin::PinKey;
use crate::step_up::StepUp;
use crate::world::{Answer, World, clock};

const DAY: i64 = 24 * 3600;

impl Device {
    fn begin_move(&mut self, world: &World, phone: &str) -> Answer {
        let members = json!({"personal_number": NUMBER, "phone": phone});
        let answer = self.ask(world, "/account/device", "device_start", &members);
        if answer.status == 200 {
            self.account = answer.text("account");
        }
        answer
    }

    /// Asks for the account of the test card's person with the card and the face.
    pub(crate) fn move_here(&mut self, world: &World) -> Answer {
        let started = self.begin_move(world, PHONE).done();
        assert_eq!(started["purpose"], "new-device");
        let proof = StepUp::read(world, self, &started, "new-device");
        self.finish_move(world, &proof)
    }

    fn finish_move(&mut self, world: &World, proof: &StepUp) -> Answer {
        let statement = proof.face(world, self, &json!({})).text("statement");
        let mut members = proof.members(&statement);
        members["device_name"] = json!("new phone");
        self.ask(world, "/account/device/verify", "device", &members)
    }

    fn try_show(&mut self, world: &World) -> Answer {
        self.ask(world, "/account/show", "show", &json!({}))
    }

    fn with_pin(world: &World) -> (Self, PinKey) {
        let mut device = Self::at_level_2(world);
        let pin = PinKey::of("258013");
        device.pin(world, "pin_set", None, Some(("salt", &pin))).done();
        (device, pin)
    }

    fn hand_over(&mut self, world: &World, pin: &PinKey, to: &Self, more: &Value) -> Answer {
        let members = json!({"new_key": to.key.jwk(), "device_name": "new phone"});
        let mut payload = self.message(world, "hand_over", &members);
        payload.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        payload["pin"] = json!(pin.inner(&payload.clone(), &json!({})));
        world.post("/account/hand-over", &self.envelope(&payload))
    }

    fn claim(&mut self, world: &World) -> Answer {
        self.ask(world, "/account/hand-over/claim", "hand_over_claim", &json!({}))
    }

    fn revocation_code(&mut self, world: &World) -> String {
        self.ask(world, "/account/revocation-code", "revocation_code", &json!({})).text("code")
    }
}

#[test]
fn a_new_phone_takes_over_after_a_day_and_the_old_one_is_told() {
    let world = World::start(clock!());
    let mut old = Device::at_level_2(&world);
    let credential = obtain(&world, &mut old, CITIZEN, &Key::generate());
    let mut new = Device::new();
    let moved = new.move_here(&world).done();
    assert_eq!((&moved["state"], &moved["effective_at"]), (&json!("waiting"), &json!(world.now() + DAY)));
    assert!(world.newest_message(PHONE).contains("2025-06-02T00:00:00Z"));
    let waiting = old.show(&world);
    assert_eq!(
        (&waiting["pending"]["kind"], &waiting["pending"]["name"]),
        (&json!("device"), &json!("new phone"))
    );
    let early = new.try_show(&world);
    assert_eq!(early.refusal(), "device_waiting");
    assert_eq!(early.headers.get("retry-after").unwrap(), &DAY.to_string());
    assert_eq!(status(&world, &credential), Status::Valid);
    world.pass(DAY);
    let shown = new.show(&world);
    assert_eq!(
        (&shown["state"], &shown["level"], &shown["pending"]),
        (&json!("active"), &json!(2), &Value::Null)
    );
    assert_eq!(shown["devices"][0]["name"], "new phone");
    assert_eq!(shown["devices"][1]["state"], "replaced");
    assert_eq!(old.try_show(&world).refusal(), "device_replaced");
    assert_eq!(status(&world, &credential), Status::Revoked);
    obtain(&world, &mut new, CITIZEN, &Key::generate());
}

#[test]
fn the_old_phone_learns_it_even_if_it_asks_first() {
    let world = World::start(clock!());
    let mut old = Device::at_level_2(&world);
    let mut new = Device::new();
    new.move_here(&world).done();
    world.pass(DAY);
    assert_eq!(old.try_show(&world).refusal(), "device_replaced");
    assert_eq!(new.show(&world)["state"], "active");
}

#[test]
fn the_old_phone_cancels_a_new_one() {
    let world = World::start(clock!());
    let mut old = Device::at_level_2(&world);
    let mut new = Device::new();
    new.move_here(&world).done();
    assert_eq!(
        new.ask(&world, "/account/pending/cancel", "pending_cancel", &json!({})).refusal(),
        "device_waiting"
    );
    old.ask(&world, "/account/pending/cancel", "pending_cancel", &json!({})).done();
    world.pass(2 * DAY);
    assert_eq!(new.try_show(&world).refusal(), "account_unknown");
    assert_eq!(old.show(&world)["state"], "active");
    let none = old.ask(&world, "/account/pending/cancel", "pending_cancel", &json!({}));
    assert_eq!(none.refusal(), "nothing_pending");
}

#[test]
fn a_phone_that_waits_for_an_account_which_ends_is_told_that_it_gets_none() {
    let world = World::start(clock!());
    let mut old = Device::at_level_2(&world);
    let mut new = Device::new();
    new.move_here(&world).done();
    old.ask(&world, "/account/close", "close", &json!({})).done();
    assert_eq!(new.try_show(&world).refusal(), "account_unknown");
}

#[test]
fn a_phone_that_waits_does_not_take_the_account_from_one_that_it_was_handed_to() {
    let world = World::start(clock!());
    let (mut old, pin) = Device::with_pin(&world);
    let (mut waits, mut new) = (Device::new(), Device::new());
    waits.move_here(&world).done();
    new.account = old.account.clone();
    old.hand_over(&world, &pin, &new, &json!({})).done();
    assert_eq!(waits.try_show(&world).refusal(), "device_waiting");
    new.claim(&world).done();
    assert_eq!(waits.try_show(&world).refusal(), "account_unknown");
    world.pass(2 * DAY);
    assert_eq!(new.show(&world)["state"], "active");
}

#[test]
fn a_counter_s_proof_ends_the_wait() {
    let world = World::start(clock!());
    Device::at_level_2(&world);
    let nothing = world.post("/sandbox/counter", &json!({"number": NUMBER}));
    assert_eq!(nothing.refusal(), "nothing_pending");
    let mut new = Device::new();
    new.move_here(&world).done();
    world.post("/sandbox/counter", &json!({"number": NUMBER})).done();
    assert_eq!(new.show(&world)["state"], "active");
}

#[test]
fn the_operator_sets_the_wait() {
    let world = World::start(clock!());
    Device::at_level_2(&world);
    world.post("/sandbox/recovery-wait", &json!({"seconds": 0})).done();
    let mut new = Device::new();
    assert_eq!(new.move_here(&world).done()["state"], "active");
    assert_eq!(new.show(&world)["level"], 2);
    let wrong = world.post("/sandbox/recovery-wait", &json!({"seconds": -1}));
    assert_eq!(wrong.refusal(), "invalid_request");
}

#[test]
fn the_clock_going_back_brings_no_phone_forward() {
    let world = World::start(clock!());
    Device::at_level_2(&world);
    let mut new = Device::new();
    new.move_here(&world).done();
    world.pass(-10 * DAY);
    assert_eq!(new.try_show(&world).refusal(), "device_waiting");
}

#[test]
fn a_new_phone_needs_the_chip_and_the_face_for_this_purpose() {
    let world = World::start(clock!());
    Device::at_level_2(&world);
    let mut new = Device::new();
    let started = new.begin_move(&world, PHONE).done();
    let proof = StepUp::read(&world, &new, &started, "level-2");
    assert_eq!(new.finish_move(&world, &proof).refusal(), "active_authentication_failed");
    let started = new.begin_move(&world, PHONE).done();
    let mut copied = StepUp::read(&world, &new, &started, "new-device");
    copied.response.iter_mut().for_each(|octet| *octet ^= 0x55);
    assert_eq!(new.finish_move(&world, &copied).refusal(), "active_authentication_failed");
    world.post("/sandbox/face-outcome", &json!({"number": NUMBER, "matches": false})).done();
    let started = new.begin_move(&world, PHONE).done();
    let proof = StepUp::read(&world, &new, &started, "new-device");
    assert_eq!(new.finish_move(&world, &proof).refusal(), "face_not_matched");
    world.pass(2 * DAY);
    assert_eq!(new.try_show(&world).refusal(), "account_unknown");
}

#[test]
fn a_nonce_for_one_phone_serves_no_other() {
    let world = World::start(clock!());
    Device::at_level_2(&world);
    let (mut new, mut thief) = (Device::new(), Device::new());
    let started = new.begin_move(&world, PHONE).done();
    let proof = StepUp::read(&world, &new, &started, "new-device");
    thief.account = new.account.clone();
    assert_eq!(thief.finish_move(&world, &proof).refusal(), "nonce_unknown");
}

#[test]
fn moves_only_accounts_that_there_are() {
    let world = World::start(clock!());
    assert_eq!(Device::new().begin_move(&world, PHONE).refusal(), "account_unknown");
    let mut waiting = Device::new();
    waiting.open(&world, NUMBER, PHONE).done();
    assert_eq!(Device::new().begin_move(&world, PHONE).refusal(), "account_not_active");
    let mut device = Device::at_level_1(&world);
    assert_eq!(Device::new().begin_move(&world, "0900000001").refusal(), "phone_not_registered");
    world.pass(3600);
    assert_eq!(device.begin_move(&world, PHONE).refusal(), "key_in_use");
}

#[test]
fn an_account_that_an_authority_locked_does_not_move() {
    let world = World::start(clock!());
    Device::at_level_2(&world);
    let mut new = Device::new();
    new.move_here(&world).done();
    let lock = json!({"number": NUMBER, "reason": "authority"});
    world.post("/sandbox/lock", &lock).done();
    assert_eq!(Device::new().begin_move(&world, PHONE).refusal(), "account_locked");
    world.pass(2 * DAY);
    // What was proven before waits for the lock to end.
    assert_eq!(new.try_show(&world).refusal(), "device_waiting");
    world.post("/sandbox/unlock", &lock).done();
    assert_eq!(new.show(&world)["state"], "active");
}

#[test]
fn the_holder_s_own_lock_moves_along() {
    let world = World::start(clock!());
    let mut old = Device::at_level_2(&world);
    old.ask(&world, "/account/lock", "lock", &json!({})).done();
    let mut new = Device::new();
    new.move_here(&world).done();
    world.pass(DAY);
    assert_eq!(new.show(&world)["locked_by"], "holder");
    new.ask(&world, "/account/unlock", "unlock", &json!({})).done();
    assert_eq!(new.show(&world)["state"], "active");
}

#[test]
fn tokens_of_the_old_phone_are_void() {
    let world = World::start(clock!());
    world.post("/sandbox/recovery-wait", &json!({"seconds": 0})).done();
    let mut old = Device::at_level_2(&world);
    let token = token(&world, &mut old, CITIZEN.0);
    Device::new().move_here(&world).done();
    let body = json!({"credential_configuration_id": CITIZEN.1, "proofs": {"jwt": ["x"]}});
    assert_eq!(world.post_as("/credential", &token, &body).refusal(), "invalid_token");
}

#[test]
fn a_forgotten_pin_is_freed_by_card_and_face_after_the_wait() {
    let world = World::start(clock!());
    let (mut device, forgotten) = Device::with_pin(&world);
    let started = device.ask(&world, "/account/pin/recover", "pin_recover_start", &json!({})).done();
    assert_eq!(started["purpose"], "new-pin");
    let proof = StepUp::read(&world, &device, &started, "new-pin");
    let statement = proof.face(&world, &device, &json!({})).text("statement");
    let waiting =
        device.ask(&world, "/account/pin/recover", "pin_recover", &proof.members(&statement)).done();
    assert_eq!(waiting["state"], "waiting");
    let new = PinKey::of("975310");
    assert_eq!(device.pin(&world, "pin_set", None, Some(("new", &new))).refusal(), "pin_is_set");
    world.pass(DAY);
    device.pin(&world, "pin_set", None, Some(("new", &new))).done();
    device.check_pin(&world, &new).done();
    assert_eq!(device.check_pin(&world, &forgotten).refusal(), "wrong_pin");
}

#[test]
fn a_pin_is_not_freed_by_a_proof_for_something_else() {
    let world = World::start(clock!());
    let (mut device, _) = Device::with_pin(&world);
    let proof = StepUp::start(&world, &mut device);
    let statement = proof.face(&world, &device, &json!({})).text("statement");
    let answer = device.ask(&world, "/account/pin/recover", "pin_recover", &proof.members(&statement));
    assert_eq!(answer.refusal(), "nonce_unknown");
    let mut without = Device::active(&world, "000199012345", "0900000001");
    let none = without.ask(&world, "/account/pin/recover", "pin_recover_start", &json!({}));
    assert_eq!(none.refusal(), "no_pin");
}

#[test]
fn hands_the_account_over_from_phone_to_phone() {
    let world = World::start(clock!());
    let (mut old, pin) = Device::with_pin(&world);
    let credential = obtain(&world, &mut old, CITIZEN, &Key::generate());
    let mut new = Device::new();
    new.account = old.account.clone();
    assert_eq!(new.claim(&world).refusal(), "no_hand_over");
    old.hand_over(&world, &pin, &new, &json!({"sealed": "for the new phone's eyes"})).done();
    assert_eq!(old.show(&world)["state"], "active");
    let claimed = new.claim(&world).done();
    assert_eq!((&claimed["level"], &claimed["state"]), (&json!(2), &json!("active")));
    assert_eq!(claimed["sealed"], "for the new phone's eyes");
    assert_eq!(old.try_show(&world).refusal(), "device_replaced");
    assert_eq!(status(&world, &credential), Status::Revoked);
    // The answer may be lost.
    assert_eq!(new.claim(&world).done()["sealed"], "for the new phone's eyes");
    // For longer than the parcel is kept: the account is that key's.
    world.pass(300);
    let late = new.claim(&world).done();
    assert_eq!((&late["account"], &late["sealed"]), (&claimed["account"], &Value::Null));
    obtain(&world, &mut new, CITIZEN, &Key::generate());
    assert_eq!(new.show(&world)["pin"], Value::Null);
}

#[test]
fn a_hand_over_needs_the_pin_and_the_named_key_in_time() {
    let world = World::start(clock!());
    let (mut old, pin) = Device::with_pin(&world);
    let (mut new, mut thief) = (Device::new(), Device::new());
    new.account = old.account.clone();
    thief.account = old.account.clone();
    assert_eq!(old.hand_over(&world, &PinKey::of("000001"), &new, &json!({})).refusal(), "wrong_pin");
    assert_eq!(new.claim(&world).refusal(), "no_hand_over");
    old.hand_over(&world, &pin, &new, &json!({})).done();
    assert_eq!(thief.claim(&world).refusal(), "no_hand_over");
    world.pass(300);
    assert_eq!(new.claim(&world).refusal(), "no_hand_over");
    assert_eq!(old.hand_over(&world, &pin, &new, &json!({"new_key": {}})).refusal(), "malformed_message");
    let own = json!({"new_key": old.key.jwk()});
    assert_eq!(old.hand_over(&world, &pin, &new, &own).refusal(), "key_in_use");
    let mut without = Device::active(&world, "000199012345", "0900000001");
    assert_eq!(without.hand_over(&world, &pin, &new, &json!({})).refusal(), "no_pin");
}

#[test]
fn the_revocation_code_ends_a_lost_phone_from_any_computer() {
    let world = World::start(clock!());
    let mut lost = Device::at_level_2(&world);
    let credential = obtain(&world, &mut lost, CITIZEN, &Key::generate());
    let code = lost.revocation_code(&world);
    assert_eq!(code.split(' ').map(str::len).collect::<Vec<_>>(), [6, 6, 6]);
    let page = String::from_utf8(world.get("/revoke").body).unwrap();
    assert!(page.contains("name=\"code\""));
    let done = world.post_form("/revoke", &[("code", &code)]);
    assert_eq!(done.status, 200);
    assert_eq!(status(&world, &credential), Status::Revoked);
    assert_eq!(lost.try_show(&world).refusal(), "device_revoked");
    assert_eq!(world.post("/revoke", &json!({"code": code})).refusal(), "wrong_code");
    assert_eq!(Device::new().open(&world, NUMBER, PHONE).refusal(), "already_active");
    let mut new = Device::new();
    new.move_here(&world).done();
    world.pass(DAY);
    assert_eq!(new.show(&world)["state"], "active");
}

#[test]
fn who_mistypes_a_revocation_code_on_the_page_is_told_on_a_page() {
    let world = World::start(clock!());
    let typed = || world.post_form("/revoke", &[("code", "000000000000000000")]);
    let told = |answer: &Answer, status: u16, vietnamese: &str, english: &str| {
        assert_eq!(answer.status, status);
        assert!(answer.headers.get("content-type").unwrap().to_str().unwrap().starts_with("text/html"));
        let page = String::from_utf8(answer.body.clone()).unwrap();
        assert!(
            page.contains(vietnamese) && page.contains(english) && page.contains("href=\"/revoke\""),
            "{page}"
        );
    };
    for _ in 0..5 {
        told(&typed(), 400, "Không có mã thu hồi này", "no such revocation code");
    }
    let sixth = typed();
    told(&sixth, 429, "chờ mười phút", "too many wrong codes");
    assert_eq!(sixth.headers.get("retry-after").unwrap(), "600");
    told(&world.post_form("/revoke", &[("word", "x")]), 400, "mở sai cách", "not the form");
}

#[test]
fn a_new_revocation_code_voids_the_old_one() {
    let world = World::start(clock!());
    let mut device = Device::at_level_1(&world);
    let first = device.revocation_code(&world);
    let second = device.revocation_code(&world);
    assert_ne!(first, second);
    assert_eq!(world.post("/revoke", &json!({"code": first})).refusal(), "wrong_code");
    assert_eq!(
        world.post("/revoke", &json!({"code": second.replace(' ', "")})).done(),
        json!({"revoked": true})
    );
}

#[test]
fn revocation_codes_are_tried_slowly_and_kept_hashed() {
    let world = World::start(clock!());
    let mut device = Device::at_level_1(&world);
    let code = device.revocation_code(&world).replace(' ', "");
    for _ in 0..5 {
        let wrong = json!({"code": "000000000000000000"});
        assert_eq!(world.post("/revoke", &wrong).refusal(), "wrong_code");
    }
    let answer = world.post("/revoke", &json!({"code": code}));
    assert_eq!((answer.status, answer.refusal().as_str()), (429, "too_many_attempts"));
    let hash = world.kept("SELECT hash FROM revocation_code").remove(0);
    assert_ne!(hash, ring::digest::digest(&ring::digest::SHA256, code.as_bytes()).as_ref());
    assert_eq!(hash.len(), 32);
    world.pass(600);
    world.post("/revoke", &json!({"code": code})).done();
}

#[test]
fn what_waits_outlives_a_restart() {
    let mut world = World::start(clock!());
    Device::at_level_2(&world);
    let mut new = Device::new();
    new.move_here(&world).done();
    world.restart();
    assert_eq!(new.try_show(&world).refusal(), "device_waiting");
    world.pass(DAY);
    assert_eq!(new.show(&world)["state"], "active");
    assert_eq!(new.key.jwk().thumbprint_base64url(), new.show(&world)["devices"][0]["thumbprint"]);
    assert_eq!(encode(&new.key.jwk().thumbprint()).len(), 43);
}
