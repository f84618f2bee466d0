use serde_json::json;

use crate::device::{Device, Key, NUMBER, PHONE};
use crate::world::{World, clock};

#[test]
fn opens_activates_and_shows_an_account() {
    let world = World::start(clock!());
    let mut device = Device::new();
    let opened = device.open(&world, NUMBER, PHONE).done();
    assert_eq!(opened["code_sent_to"], "•••• 002");
    assert_eq!(opened["code_expires_in"], 600);
    assert_eq!(device.show(&world)["state"], "awaiting_code");
    let activated = device.activate(&world, &world.code(PHONE)).done();
    assert_eq!(activated, json!({"account": device.account, "level": 1, "state": "active"}));
    let shown = device.show(&world);
    assert_eq!(shown["level"], 1);
    assert_eq!(shown["state"], "active");
    assert_eq!(shown["devices"][0]["name"], "test phone");
    assert_eq!(shown["devices"][0]["thumbprint"], device.key.jwk().thumbprint_base64url());
}

#[test]
fn what_was_opened_outlives_a_restart() {
    let mut world = World::start(clock!());
    let mut device = Device::at_level_1(&world);
    world.restart();
    assert_eq!(device.show(&world)["state"], "active");
}

#[test]
fn refuses_a_number_that_the_register_has_not() {
    let world = World::start(clock!());
    assert_eq!(Device::new().open(&world, "000999999999", PHONE).refusal(), "unknown_person");
}

#[test]
fn refuses_a_phone_of_somebody_else() {
    let world = World::start(clock!());
    assert_eq!(Device::new().open(&world, NUMBER, "0900000001").refusal(), "phone_not_registered");
}

#[test]
fn refuses_the_dead() {
    let world = World::start(clock!());
    world.post("/sandbox/death", &json!({"number": NUMBER})).done();
    assert_eq!(Device::new().open(&world, NUMBER, PHONE).refusal(), "person_deceased");
}

#[test]
fn refuses_a_second_account_of_a_person() {
    let world = World::start(clock!());
    let mut first = Device::at_level_1(&world);
    assert_eq!(Device::new().open(&world, NUMBER, PHONE).refusal(), "already_active");
    first.ask(&world, "/account/lock", "lock", &json!({})).done();
    assert_eq!(Device::new().open(&world, NUMBER, PHONE).refusal(), "already_active");
}

#[test]
fn refuses_to_activate_twice() {
    let world = World::start(clock!());
    let mut device = Device::at_level_1(&world);
    assert_eq!(device.activate(&world, &world.code(PHONE)).refusal(), "already_active");
}

#[test]
fn an_account_never_activated_gives_way_to_a_new_one() {
    let world = World::start(clock!());
    let mut first = Device::new();
    first.open(&world, NUMBER, PHONE).done();
    let first_code = world.code(PHONE);
    let mut second = Device::new();
    second.open(&world, NUMBER, PHONE).done();
    assert_eq!(first.activate(&world, &first_code).refusal(), "account_unknown");
    second.activate(&world, &world.code(PHONE)).done();
}

#[test]
fn a_wrong_code_costs_an_attempt_and_the_sixth_is_not_looked_at() {
    let world = World::start(clock!());
    let mut device = Device::new();
    device.open(&world, NUMBER, PHONE).done();
    let code = world.code(PHONE);
    let wrong = if code == "000000" { "000001" } else { "000000" };
    for left in (0..5).rev() {
        let answer = device.activate(&world, wrong);
        assert_eq!(answer.refusal(), "wrong_code");
        assert_eq!(answer.json()["attempts_left"], left);
    }
    assert_eq!(device.activate(&world, &code).refusal(), "too_many_attempts");
}

#[test]
fn opening_again_brings_no_more_attempts_than_a_few_an_hour() {
    let world = World::start(clock!());
    for _ in 0..5 {
        Device::new().open(&world, NUMBER, PHONE).done();
    }
    let answer = Device::new().open(&world, NUMBER, PHONE);
    assert_eq!(answer.refusal(), "too_many_attempts");
    assert_eq!(answer.status, 403);
    let wait: i64 = answer.headers.get("retry-after").unwrap().to_str().unwrap().parse().unwrap();
    assert!((1..=3600).contains(&wait));
    world.pass(wait);
    Device::new().open(&world, NUMBER, PHONE).done();
}

#[test]
fn refuses_a_code_that_is_too_old() {
    let world = World::start(clock!());
    let mut device = Device::new();
    device.open(&world, NUMBER, PHONE).done();
    world.pass(600);
    assert_eq!(device.activate(&world, &world.code(PHONE)).refusal(), "code_expired");
}

#[test]
fn the_code_is_kept_as_a_hash_only() {
    let world = World::start(clock!());
    Device::new().open(&world, NUMBER, PHONE).done();
    let code = world.code(PHONE);
    let hash = world.kept("SELECT code_hash FROM activation").remove(0);
    assert_eq!(hash.len(), 32);
    assert!(!hash.windows(6).any(|window| window == code.as_bytes()));
}

#[test]
fn refuses_a_challenge_twice_or_too_late_or_invented() {
    let world = World::start(clock!());
    let mut device = Device::at_level_1(&world);
    let payload = device.message(&world, "show", &json!({}));
    world.post("/account/show", &device.envelope(&payload)).done();
    let mut again = payload.clone();
    again["seq"] = json!(device.sequence + 1);
    device.sequence += 1;
    assert_eq!(world.post("/account/show", &device.envelope(&again)).refusal(), "challenge_unknown");
    let mut payload = device.message(&world, "show", &json!({}));
    world.pass(300);
    payload["iat"] = json!(world.now());
    assert_eq!(world.post("/account/show", &device.envelope(&payload)).refusal(), "challenge_unknown");
    let invented = json!({"challenge": "AAAA"});
    assert_eq!(device.ask(&world, "/account/show", "show", &invented).refusal(), "challenge_unknown");
}

#[test]
fn refuses_a_number_that_does_not_rise() {
    let world = World::start(clock!());
    let mut device = Device::at_level_1(&world);
    let same = json!({"seq": device.sequence});
    assert_eq!(device.ask(&world, "/account/show", "show", &same).refusal(), "sequence_replayed");
    let lower = json!({"seq": device.sequence - 2});
    assert_eq!(device.ask(&world, "/account/show", "show", &lower).refusal(), "sequence_replayed");
    device.show(&world);
}

#[test]
fn refuses_a_message_for_another_provider_or_operation_or_time() {
    let world = World::start(clock!());
    let mut device = Device::at_level_1(&world);
    let mut refused = |members| device.ask(&world, "/account/show", "show", &members).refusal();
    assert_eq!(refused(json!({"aud": "https://127.0.0.1:1"})), "wrong_audience");
    assert_eq!(refused(json!({"op": "lock"})), "wrong_operation");
    assert_eq!(refused(json!({"iat": world.now() - 301})), "clock_skew");
    assert_eq!(refused(json!({"iat": world.now() + 301})), "clock_skew");
    assert_eq!(refused(json!({"iat": null})), "clock_skew");
}

#[test]
fn refuses_another_key_and_a_wrong_signature() {
    let world = World::start(clock!());
    let mut device = Device::at_level_1(&world);
    let payload = device.message(&world, "show", &json!({}));
    let mut thief = Device::new();
    thief.account = device.account.clone();
    assert_eq!(world.post("/account/show", &thief.envelope(&payload)).refusal(), "account_unknown");
    let payload = device.message(&world, "show", &json!({}));
    let header = json!({"alg": "ES256", "typ": "sen-account+jwt", "jwk": device.key.jwk()});
    let forged = json!({"jws": Key::generate().jws(&header, &payload)});
    assert_eq!(world.post("/account/show", &forged).refusal(), "bad_signature");
}

#[test]
fn refuses_what_is_not_a_message() {
    let world = World::start(clock!());
    let mut device = Device::at_level_1(&world);
    let payload = device.message(&world, "show", &json!({}));
    for header in [
        json!({"alg": "none", "typ": "sen-account+jwt", "jwk": device.key.jwk()}),
        json!({"alg": "ES256", "typ": "jwt", "jwk": device.key.jwk()}),
        json!({"alg": "ES256", "typ": "sen-account+jwt"}),
    ] {
        let envelope = json!({"jws": device.key.jws(&header, &payload)});
        assert_eq!(world.post("/account/show", &envelope).refusal(), "malformed_message");
    }
    for (content_type, body) in [
        ("application/json", "{"),
        ("application/json", "[]"),
        ("application/json", r#"{"jws": 1}"#),
        ("application/json", r#"{"jws": "a", "jws": "b"}"#),
        ("text/plain", r#"{"jws": "a.b.c"}"#),
    ] {
        assert_eq!(
            world.post_text("/account/show", content_type, body).refusal(),
            "malformed_message",
            "{body}"
        );
    }
    assert_eq!(
        device.ask(&world, "/account/activate", "activate", &json!({"seq": "7"})).refusal(),
        "malformed_message"
    );
}

#[test]
fn the_holder_locks_and_unlocks() {
    let world = World::start(clock!());
    let mut device = Device::at_level_1(&world);
    assert_eq!(device.ask(&world, "/account/unlock", "unlock", &json!({})).refusal(), "not_holder_lock");
    device.ask(&world, "/account/lock", "lock", &json!({})).done();
    let shown = device.show(&world);
    assert_eq!((&shown["state"], &shown["locked_by"]), (&json!("locked"), &json!("holder")));
    assert_eq!(device.ask(&world, "/account/lock", "lock", &json!({})).refusal(), "account_locked");
    assert_eq!(
        device.ask(&world, "/account/step-up", "step_up_start", &json!({})).refusal(),
        "account_locked"
    );
    device.ask(&world, "/account/unlock", "unlock", &json!({})).done();
    assert_eq!(device.show(&world)["state"], "active");
}

#[test]
fn the_holder_does_not_lift_the_lock_of_others() {
    let world = World::start(clock!());
    let mut device = Device::at_level_1(&world);
    world.post("/sandbox/lock", &json!({"number": NUMBER, "reason": "authority"})).done();
    assert_eq!(device.show(&world)["locked_by"], "authority");
    assert_eq!(device.ask(&world, "/account/unlock", "unlock", &json!({})).refusal(), "not_holder_lock");
    world.post("/sandbox/unlock", &json!({"number": NUMBER})).done();
    assert_eq!(device.show(&world)["state"], "active");
}

#[test]
fn a_lock_by_the_holder_survives_the_end_of_an_authority_s() {
    let world = World::start(clock!());
    let mut device = Device::at_level_1(&world);
    device.ask(&world, "/account/lock", "lock", &json!({})).done();
    world.post("/sandbox/lock", &json!({"number": NUMBER, "reason": "authority"})).done();
    assert_eq!(device.ask(&world, "/account/unlock", "unlock", &json!({})).refusal(), "not_holder_lock");
    world.post("/sandbox/unlock", &json!({"number": NUMBER})).done();
    let shown = device.show(&world);
    assert_eq!((&shown["state"], &shown["locked_by"]), (&json!("locked"), &json!("holder")));
}

#[test]
fn death_locks_for_good() {
    let world = World::start(clock!());
    let mut device = Device::at_level_1(&world);
    world.post("/sandbox/death", &json!({"number": NUMBER})).done();
    assert_eq!(device.show(&world)["locked_by"], "death");
    assert_eq!(device.ask(&world, "/account/unlock", "unlock", &json!({})).refusal(), "not_holder_lock");
    assert_eq!(world.post("/sandbox/unlock", &json!({"number": NUMBER})).refusal(), "lock_is_final");
}

#[test]
fn a_week_without_activation_needs_the_hotline() {
    let world = World::start(clock!());
    let mut device = Device::new();
    device.open(&world, NUMBER, PHONE).done();
    let nobody = world.post("/sandbox/hotline", &json!({"number": NUMBER}));
    assert_eq!(nobody.refusal(), "not_overdue");
    world.pass(7 * 24 * 3600);
    assert_eq!(device.activate(&world, &world.code(PHONE)).refusal(), "activation_overdue");
    assert_eq!(device.show(&world)["state"], "activation_overdue");
    assert_eq!(Device::new().open(&world, NUMBER, PHONE).refusal(), "activation_overdue");
    world.post("/sandbox/hotline", &json!({"number": NUMBER})).done();
    let device = Device::at_level_1(&world);
    assert!(device.account.starts_with("acc_"));
}

#[test]
fn a_new_try_does_not_extend_the_week() {
    let world = World::start(clock!());
    for _ in 0..6 {
        Device::new().open(&world, NUMBER, PHONE).done();
        world.pass(24 * 3600);
    }
    let mut device = Device::new();
    device.open(&world, NUMBER, PHONE).done();
    world.pass(24 * 3600);
    assert_eq!(device.activate(&world, &world.code(PHONE)).refusal(), "activation_overdue");
}

#[test]
fn the_holder_ends_the_account_and_may_open_another() {
    let world = World::start(clock!());
    let mut device = Device::at_level_1(&world);
    device.ask(&world, "/account/close", "close", &json!({})).done();
    assert_eq!(device.show(&world)["state"], "closed");
    assert_eq!(device.ask(&world, "/account/lock", "lock", &json!({})).refusal(), "account_not_active");
    let used = device.open(&world, NUMBER, PHONE);
    assert_eq!(used.refusal(), "key_in_use");
    Device::at_level_1(&world);
}

#[test]
fn nobody_ends_an_account_that_an_authority_locked() {
    let world = World::start(clock!());
    let mut device = Device::at_level_1(&world);
    world.post("/sandbox/lock", &json!({"number": NUMBER, "reason": "terms"})).done();
    assert_eq!(device.ask(&world, "/account/close", "close", &json!({})).refusal(), "account_locked");
}

#[test]
fn the_account_keeps_its_history() {
    let world = World::start(clock!());
    let mut device = Device::at_level_1(&world);
    device.ask(&world, "/account/lock", "lock", &json!({})).done();
    device.ask(&world, "/account/unlock", "unlock", &json!({})).done();
    let events = world.kept("SELECT event FROM account_event ORDER BY id");
    assert_eq!(events, [&b"activated"[..], b"locked_holder", b"unlocked_holder"]);
}
