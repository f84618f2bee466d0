use card::{
    AccessKey, Can, CardReading, ChipOutcome, CscaAnchors, FileId, ReadRequest, Unwatched, read_card,
};
use ring::digest::{SHA256, digest};
use sen_sandbox::chip::{Chip, ChipTransport};
use serde_json::{Value, json};
use trust::random::SystemRandom;
use trust::time::Timestamp;

use crate::device::{Device, Key, NUMBER, decode, encode};
use crate::world::{Answer, World, card_folder, clock};

/// A step-up under way.
pub(crate) struct StepUp {
    pub(crate) nonce: String,
    pub(crate) files: serde_json::Map<String, Value>,
    pub(crate) response: Vec<u8>,
    pub(crate) dg2_sha256: String,
}

/// The test card, asked to answer this challenge if any.
pub(crate) fn read(challenge: Option<[u8; 8]>) -> CardReading {
    let mut transport = ChipTransport::new(Chip::from_folder(&card_folder()).unwrap());
    let key = AccessKey::Can(Can::from_personal_number(NUMBER).unwrap());
    let request = ReadRequest { active_challenge: challenge, ..ReadRequest::default() };
    read_card(&mut transport, &key, &request, &mut SystemRandom::new(), &Unwatched).unwrap()
}

/// What the protocol says that the chip has to answer.
fn challenge(nonce: &str, key: &Key, purpose: &str) -> [u8; 8] {
    let message = [&decode(nonce)[..], &key.jwk().thumbprint(), purpose.as_bytes()].concat();
    *digest(&SHA256, &message).as_ref().first_chunk().unwrap()
}

impl StepUp {
    pub(crate) fn start(world: &World, device: &mut Device) -> Self {
        let started = device.ask(world, "/account/step-up", "step_up_start", &json!({})).done();
        assert_eq!(started["purpose"], "level-2");
        Self::read(world, device, &started, "level-2")
    }

    /// Reads the card for a proof that the server began.
    pub(crate) fn read(world: &World, device: &Device, started: &Value, purpose: &str) -> Self {
        assert_eq!(started["face_service"], format!("{}/face/statement", world.url));
        assert_eq!(started["expires_in"], 300);
        let nonce = started["nonce"].as_str().unwrap().to_owned();
        let reading = read(Some(challenge(&nonce, &device.key, purpose)));
        let files =
            reading.files().iter().map(|(file, bytes)| (file.file_stem(), json!(encode(bytes)))).collect();
        let dg2_sha256 = encode(digest(&SHA256, &reading.files()[&FileId::Dg(2)]).as_ref());
        Self { nonce, files, response: reading.active().unwrap().response.clone(), dg2_sha256 }
    }

    /// What the face service says, with these members replaced in what it is asked.
    pub(crate) fn face(&self, world: &World, device: &Device, replaced: &Value) -> Answer {
        let mut request = json!({
            "account": device.account, "nonce": self.nonce, "dg2_sha256": self.dg2_sha256,
            "device_key_thumbprint": device.key.jwk().thumbprint_base64url(), "capture": encode(b"a picture"),
        });
        request.as_object_mut().unwrap().extend(replaced.as_object().unwrap().clone());
        world.post("/face/statement", &request)
    }

    pub(crate) fn finish(&self, world: &World, device: &mut Device, statement: &str) -> Answer {
        let members = self.members(statement);
        device.ask(world, "/account/verify", "step_up", &members)
    }

    /// The evidence as members of a message.
    pub(crate) fn members(&self, statement: &str) -> Value {
        json!({
            "nonce": self.nonce, "files": self.files, "active_response": encode(&self.response),
            "face_statement": statement,
        })
    }

    /// The whole of it as an honest wallet does it.
    pub(crate) fn done(&self, world: &World, device: &mut Device) -> Answer {
        let statement = self.face(world, device, &json!({})).text("statement");
        self.finish(world, device, &statement)
    }
}

impl Device {
    pub(crate) fn at_level_2(world: &World) -> Self {
        let mut device = Self::at_level_1(world);
        let raised = StepUp::start(world, &mut device).done(world, &mut device).done();
        assert_eq!(raised["level"], 2);
        device
    }
}

#[test]
fn raises_the_level_by_chip_and_face() {
    let world = World::start(clock!());
    let mut device = Device::at_level_1(&world);
    let raised = StepUp::start(&world, &mut device).done(&world, &mut device).done();
    assert_eq!(raised, json!({"level": 2, "verified_at": "2025-06-01T00:00:00Z", "method": "chip+face"}));
    let shown = device.show(&world);
    assert_eq!((&shown["level"], &shown["method"]), (&json!(2), &json!("chip+face")));
    assert_eq!(shown["verified_at"], "2025-06-01T00:00:00Z");
}

#[test]
fn refuses_a_nonce_twice_or_too_late_or_of_another_account() {
    let world = World::start(clock!());
    let mut device = Device::at_level_1(&world);
    let step_up = StepUp::start(&world, &mut device);
    step_up.done(&world, &mut device).done();
    let statement = step_up.face(&world, &device, &json!({})).text("statement");
    assert_eq!(step_up.finish(&world, &mut device, &statement).refusal(), "nonce_unknown");
    let late = StepUp::start(&world, &mut device);
    let mut other = Device::active(&world, "000199012345", "0900000001");
    assert_eq!(late.done(&world, &mut other).refusal(), "nonce_unknown");
    world.pass(300);
    assert_eq!(late.done(&world, &mut device).refusal(), "nonce_unknown");
}

#[test]
fn refuses_a_changed_file_with_the_reason() {
    let world = World::start(clock!());
    let mut device = Device::at_level_1(&world);
    for (file, reasons) in [
        ("EF_DG1", &["digest_mismatch"][..]),
        ("EF_DG13", &["digest_mismatch"]),
        ("EF_SOD", &["signature_invalid", "malformed", "digest_mismatch", "chain_invalid"]),
    ] {
        let mut step_up = StepUp::start(&world, &mut device);
        let mut bytes = decode(step_up.files[file].as_str().unwrap());
        *bytes.last_mut().unwrap() ^= 1;
        step_up.files.insert(file.to_owned(), json!(encode(&bytes)));
        let answer = step_up.done(&world, &mut device);
        assert_eq!(answer.refusal(), "card_not_genuine", "{file}");
        assert!(reasons.contains(&answer.text("reason").as_str()), "{file}: {}", answer.text("reason"));
    }
    assert_eq!(device.show(&world)["level"], 1);
}

#[test]
fn refuses_a_reading_without_its_security_object() {
    let world = World::start(clock!());
    let mut device = Device::at_level_1(&world);
    let mut step_up = StepUp::start(&world, &mut device);
    step_up.files.remove("EF_SOD");
    assert_eq!(step_up.done(&world, &mut device).refusal(), "card_not_genuine");
}

#[test]
fn refuses_a_copy_of_a_card_that_cannot_answer() {
    let world = World::start(clock!());
    let mut device = Device::at_level_1(&world);
    let mut wrong = StepUp::start(&world, &mut device);
    wrong.response.iter_mut().for_each(|octet| *octet ^= 0x55);
    assert_eq!(wrong.done(&world, &mut device).refusal(), "active_authentication_failed");
    // The chip answered, but for something else.
    let started = device.ask(&world, "/account/step-up", "step_up_start", &json!({})).done();
    let mut other_purpose = StepUp::read(&world, &device, &started, "new-device");
    assert_eq!(other_purpose.done(&world, &mut device).refusal(), "active_authentication_failed");
    // An answer that somebody overheard, with a new nonce.
    other_purpose.nonce = StepUp::start(&world, &mut device).nonce;
    assert_eq!(other_purpose.done(&world, &mut device).refusal(), "active_authentication_failed");
    assert_eq!(device.show(&world)["level"], 1);
}

#[test]
fn what_a_reader_says_of_the_chip_raises_nothing() {
    let world = World::start(clock!());
    let mut device = Device::at_level_1(&world);
    // The chip proved itself to the reader, which knows its own ephemeral key and could have invented that.
    let csca = CscaAnchors::from_der(&std::fs::read(card_folder().join("csca.cer")).unwrap()).unwrap();
    let document = read(None).verify(&csca, Timestamp::from_unix(world.now())).unwrap();
    assert_eq!(document.chip(), ChipOutcome::AssertedByReader);
    let said = json!({"chip": "verified", "chip_authentication": "asserted_by_reader"});
    for response in [None, Some(json!("")), Some(json!(encode(&[7; 64])))] {
        let step_up = StepUp::start(&world, &mut device);
        let statement = step_up.face(&world, &device, &json!({})).text("statement");
        let mut members = step_up.members(&statement);
        let sent = members.as_object_mut().unwrap();
        sent.remove("active_response");
        sent.extend(said.as_object().unwrap().clone());
        sent.extend(response.map(|response| ("active_response".to_owned(), response)));
        let refusal = device.ask(&world, "/account/verify", "step_up", &members).refusal();
        assert!(
            ["malformed_message", "active_authentication_failed"].contains(&refusal.as_str()),
            "{refusal}"
        );
    }
    assert_eq!(device.show(&world)["level"], 1);
}

#[test]
fn refuses_a_card_without_the_chip_s_public_key() {
    let world = World::start(clock!());
    let mut device = Device::at_level_1(&world);
    let mut step_up = StepUp::start(&world, &mut device);
    step_up.files.remove("EF_DG15");
    let answer = step_up.done(&world, &mut device).refusal();
    assert!(["active_authentication_failed", "card_not_genuine"].contains(&answer.as_str()), "{answer}");
    assert_eq!(device.show(&world)["level"], 1);
}

#[test]
fn refuses_the_card_of_another_person() {
    let world = World::start(clock!());
    let mut device = Device::active(&world, "000199012345", "0900000001");
    let step_up = StepUp::start(&world, &mut device);
    assert_eq!(step_up.done(&world, &mut device).refusal(), "card_number_mismatch");
}

#[test]
fn refuses_a_card_past_its_day() {
    let world = World::start(clock!());
    let mut device = Device::at_level_1(&world);
    // The test card is good to the end of 2029; its signer is for longer.
    world.pass(1_893_542_400 - world.now());
    let step_up = StepUp::start(&world, &mut device);
    assert_eq!(step_up.done(&world, &mut device).refusal(), "card_expired");
}

#[test]
fn refuses_a_face_that_does_not_match() {
    let world = World::start(clock!());
    let mut device = Device::at_level_1(&world);
    world.post("/sandbox/face-outcome", &json!({"number": NUMBER, "matches": false})).done();
    let step_up = StepUp::start(&world, &mut device);
    assert_eq!(step_up.done(&world, &mut device).refusal(), "face_not_matched");
    world.post("/sandbox/face-outcome", &json!({"number": NUMBER, "matches": true})).done();
    StepUp::start(&world, &mut device).done(&world, &mut device).done();
}

#[test]
fn refuses_a_face_statement_about_anything_else() {
    let world = World::start(clock!());
    let mut device = Device::at_level_1(&world);
    let other = Device::active(&world, "000199012345", "0900000001");
    for replaced in [
        json!({"nonce": encode(&[7; 32])}),
        json!({"dg2_sha256": encode(&[7; 32])}),
        json!({"account": other.account}),
        json!({"device_key_thumbprint": other.key.jwk().thumbprint_base64url()}),
    ] {
        let step_up = StepUp::start(&world, &mut device);
        let statement = step_up.face(&world, &device, &replaced).text("statement");
        assert_eq!(
            step_up.finish(&world, &mut device, &statement).refusal(),
            "face_statement_invalid",
            "{replaced}"
        );
    }
}

#[test]
fn refuses_a_face_statement_that_the_phone_made_or_that_is_too_old() {
    let world = World::start(clock!());
    let mut device = Device::at_level_1(&world);
    let step_up = StepUp::start(&world, &mut device);
    let payload = json!({
        "nonce": step_up.nonce, "dg2_sha256": step_up.dg2_sha256, "account": device.account, "outcome": "match",
        "device_key_thumbprint": device.key.jwk().thumbprint_base64url(), "iat": world.now(), "exp": world.now() + 120,
    });
    let own = device.key.jws(&json!({"alg": "ES256", "typ": "sen-face+jwt"}), &payload);
    assert_eq!(step_up.finish(&world, &mut device, &own).refusal(), "face_statement_invalid");
    let step_up = StepUp::start(&world, &mut device);
    let old = step_up.face(&world, &device, &json!({})).text("statement");
    world.pass(121);
    assert_eq!(step_up.finish(&world, &mut device, &old).refusal(), "face_statement_invalid");
    let step_up = StepUp::start(&world, &mut device);
    assert_eq!(step_up.finish(&world, &mut device, "").refusal(), "face_statement_invalid");
}

#[test]
fn the_face_service_needs_a_picture_and_a_known_account() {
    let world = World::start(clock!());
    let mut device = Device::at_level_1(&world);
    let step_up = StepUp::start(&world, &mut device);
    assert_eq!(step_up.face(&world, &device, &json!({"capture": ""})).refusal(), "capture_missing");
    assert_eq!(step_up.face(&world, &device, &json!({"account": "acc_none"})).refusal(), "account_unknown");
}

#[test]
fn refuses_files_that_are_not_base64url() {
    let world = World::start(clock!());
    let mut device = Device::at_level_1(&world);
    let mut step_up = StepUp::start(&world, &mut device);
    step_up.files.insert("EF_DG1".to_owned(), json!("!"));
    assert_eq!(step_up.done(&world, &mut device).refusal(), "malformed_message");
}
