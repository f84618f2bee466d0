//! A statement of the authentication level: what it takes, and what it says.
use presentation::level_statement::{LEVEL_AUTHORITY, LevelStatement};
use serde_json::{Value, json};
use trust::time::Timestamp;

use crate::device::{Device, Key, decode, encode};
use crate::issuance::{INSURANCE, obtain};
use crate::lists::trust;
use crate::pin::PinKey;
use crate::world::{Answer, World, clock};

const PIN: &str = "258013";

/// The person at level 2 with a PIN and the insurance card.
fn insured(world: &World) -> (Device, Key) {
    let mut device = Device::at_level_2(world);
    let key = Key::generate();
    obtain(world, &mut device, INSURANCE, &key);
    device.pin(world, "pin_set", None, Some(("salt", &PinKey::of(PIN)))).done();
    (device, key)
}

fn begin(world: &World, device: &mut Device) -> Answer {
    device.ask(world, "/account/level", "level_start", &json!({}))
}

/// What the face service says of what was begun, with these members replaced in what it is asked.
fn face(world: &World, device: &Device, begun: &Value, replaced: &Value) -> String {
    let mut request = json!({
        "account": device.account, "nonce": begun["nonce"], "dg2_sha256": begun["portrait_sha256"],
        "device_key_thumbprint": device.key.jwk().thumbprint_base64url(), "capture": encode(b"a picture"),
    });
    request.as_object_mut().unwrap().extend(replaced.as_object().unwrap().clone());
    world.post("/face/statement", &request).text("statement")
}

/// Asks for a statement with the PIN, and with these members besides.
fn ask(world: &World, device: &mut Device, key: &Key, pin: &str, more: &Value) -> Answer {
    let mut payload = device.message(world, "level_statement", &json!({"key": key.jwk()}));
    payload["pin"] = json!(PinKey::of(pin).inner(&payload, &json!({})));
    payload.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    world.post("/account/level", &device.envelope(&payload))
}

/// Begins, has the face compared, and asks.
fn ask_with_face(world: &World, device: &mut Device, key: &Key, replaced: &Value) -> Answer {
    let begun = begin(world, device).done();
    let statement = face(world, device, &begun, replaced);
    ask(world, device, key, PIN, &json!({"nonce": begun["nonce"], "face_statement": statement}))
}

/// The statement in an answer, believed under the trust list for this key.
fn believed(world: &World, answer: Answer, key: &Key) -> u8 {
    let answer = answer.done();
    assert_eq!(answer["expires_in"], 300);
    let statement = LevelStatement::parse(&decode(answer["statement"].as_str().unwrap())).unwrap();
    let now = Timestamp::from_unix(world.now());
    assert_eq!((statement.issued_at(), statement.expires_at()), (now, now.plus_seconds(300)));
    let level = statement.verify(&trust(world), &key.public(), now).unwrap();
    assert_eq!(answer["level"], level);
    level
}

#[test]
fn states_level_2_by_phone_and_pin_and_level_4_with_the_face() {
    let world = World::start(clock!());
    let (mut device, key) = insured(&world);
    let by_pin = ask(&world, &mut device, &key, PIN, &json!({}));
    assert_eq!(believed(&world, by_pin, &key), 2);
    let by_all = ask_with_face(&world, &mut device, &key, &json!({}));
    assert_eq!(believed(&world, by_all, &key), 4);
    let signers = trust(&world);
    let mut signers = signers.issuers().iter().filter(|issuer| issuer.iss == "vn-level");
    assert_eq!(signers.next().unwrap().vcts, [LEVEL_AUTHORITY], "and nothing else");
}

#[test]
fn states_nothing_for_a_wrong_pin_and_counts_it() {
    let world = World::start(clock!());
    let (mut device, key) = insured(&world);
    let refused = ask(&world, &mut device, &key, "258014", &json!({}));
    assert_eq!((refused.refusal(), &refused.json()["attempts_left"]), ("wrong_pin".into(), &json!(3)));
    let payload = device.message(&world, "level_statement", &json!({"key": key.jwk()}));
    assert_eq!(world.post("/account/level", &device.envelope(&payload)).refusal(), "malformed_message");
}

#[test]
fn states_nothing_for_a_key_of_nobody_or_of_somebody_else() {
    let world = World::start(clock!());
    let (mut device, key) = insured(&world);
    let stranger = Key::generate();
    assert_eq!(ask(&world, &mut device, &stranger, PIN, &json!({})).refusal(), "credential_unknown");
    let mut other = Device::active(&world, "000199012345", "0900000001");
    other.pin(&world, "pin_set", None, Some(("salt", &PinKey::of(PIN)))).done();
    assert_eq!(ask(&world, &mut other, &key, PIN, &json!({})).refusal(), "credential_unknown");
    let no_key = ask(&world, &mut device, &key, PIN, &json!({"key": {"kty": "EC"}}));
    assert_eq!(no_key.refusal(), "malformed_message");
}

#[test]
fn states_nothing_for_a_credential_whose_time_is_over() {
    let world = World::start(clock!());
    let (mut device, key) = insured(&world);
    world.pass(15 * 24 * 3600);
    assert_eq!(ask(&world, &mut device, &key, PIN, &json!({})).refusal(), "credential_unknown");
}

#[test]
fn takes_a_face_for_this_nonce_account_phone_and_portrait_alone() {
    let world = World::start(clock!());
    let (mut device, key) = insured(&world);
    for replaced in [
        json!({"nonce": "another"}),
        json!({"dg2_sha256": encode(&[7; 32])}),
        json!({"device_key_thumbprint": key.jwk().thumbprint_base64url()}),
    ] {
        let refused = ask_with_face(&world, &mut device, &key, &replaced);
        assert_eq!(refused.refusal(), "face_statement_invalid", "{replaced}");
    }
    let other = Device::active(&world, "000199012345", "0900000001");
    let refused = ask_with_face(&world, &mut device, &key, &json!({"account": other.account}));
    assert_eq!(refused.refusal(), "face_statement_invalid");
    world.post("/sandbox/face-outcome", &json!({"number": crate::device::NUMBER, "matches": false})).done();
    assert_eq!(ask_with_face(&world, &mut device, &key, &json!({})).refusal(), "face_not_matched");
}

#[test]
fn a_nonce_serves_once_and_a_nonce_of_another_purpose_never() {
    let world = World::start(clock!());
    let (mut device, key) = insured(&world);
    let begun = begin(&world, &mut device).done();
    assert_eq!(begun["purpose"], "level-statement");
    let statement = face(&world, &device, &begun, &json!({}));
    let proof = json!({"nonce": begun["nonce"], "face_statement": statement});
    ask(&world, &mut device, &key, PIN, &proof).done();
    assert_eq!(ask(&world, &mut device, &key, PIN, &proof).refusal(), "nonce_unknown");
    let step_up = device.ask(&world, "/account/step-up", "step_up_start", &json!({})).done();
    let proof = json!({"nonce": step_up["nonce"], "face_statement": statement});
    assert_eq!(ask(&world, &mut device, &key, PIN, &proof).refusal(), "nonce_unknown");
}

#[test]
fn compares_no_face_where_no_chip_has_shown_one() {
    let world = World::start(clock!());
    let mut device = Device::at_level_1(&world);
    assert_eq!(begin(&world, &mut device).refusal(), "level_required");
}

#[test]
fn states_nothing_of_a_locked_account() {
    let world = World::start(clock!());
    let (mut device, key) = insured(&world);
    device.ask(&world, "/account/lock", "lock", &json!({})).done();
    assert_eq!(ask(&world, &mut device, &key, PIN, &json!({})).refusal(), "account_locked");
}
