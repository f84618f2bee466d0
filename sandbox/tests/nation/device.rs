//! A wallet's device as the protocol knows it: an instance key and a message number.
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use credential::jose::{Jwk, compact, signing_input};
use serde_json::{Value, json};
use test_key::TestKey;

use crate::world::{Answer, World};

/// The person of the test card, who is also in the register.
pub(crate) const NUMBER: &str = "000204067891";
pub(crate) const PHONE: &str = "0900000002";

pub(crate) fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

pub(crate) fn decode(text: &str) -> Vec<u8> {
    URL_SAFE_NO_PAD.decode(text).unwrap()
}

pub(crate) struct Key(TestKey);

impl Key {
    pub(crate) fn generate() -> Self {
        Self(TestKey::new())
    }

    pub(crate) fn jwk(&self) -> Jwk {
        Jwk::new(self.0.public())
    }

    pub(crate) fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.0.sign(message)
    }

    pub(crate) fn public(&self) -> trust::p256::PublicKey {
        self.0.public()
    }

    pub(crate) fn jws(&self, header: &Value, payload: &Value) -> String {
        let input = signing_input(header, payload);
        compact(&input, &self.0.sign(input.as_bytes()))
    }
}

pub(crate) struct Device {
    pub(crate) key: Key,
    pub(crate) sequence: i64,
    pub(crate) account: String,
}

impl Device {
    pub(crate) fn new() -> Self {
        Self { key: Key::generate(), sequence: 0, account: String::new() }
    }

    /// A message as the protocol wants it, with these members added or replaced.
    pub(crate) fn message(&mut self, world: &World, op: &str, members: &Value) -> Value {
        self.sequence += 1;
        let challenge = world.post("/account/challenge", &json!({})).text("challenge");
        let mut payload = json!({
            "aud": world.url, "op": op, "challenge": challenge, "seq": self.sequence, "iat": world.now(),
            "account": self.account,
        });
        payload.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
        payload
    }

    pub(crate) fn envelope(&self, payload: &Value) -> Value {
        let header = json!({"alg": "ES256", "typ": "sen-account+jwt", "jwk": self.key.jwk()});
        json!({"jws": self.key.jws(&header, payload)})
    }

    pub(crate) fn ask(&mut self, world: &World, path: &str, op: &str, members: &Value) -> Answer {
        let payload = self.message(world, op, members);
        world.post(path, &self.envelope(&payload))
    }

    pub(crate) fn open(&mut self, world: &World, number: &str, phone: &str) -> Answer {
        let members = json!({"personal_number": number, "phone": phone, "device_name": "test phone"});
        let answer = self.ask(world, "/account/open", "open", &members);
        if answer.status == 200 {
            self.account = answer.text("account");
        }
        answer
    }

    pub(crate) fn activate(&mut self, world: &World, code: &str) -> Answer {
        self.ask(world, "/account/activate", "activate", &json!({"code": code}))
    }

    pub(crate) fn show(&mut self, world: &World) -> Value {
        self.ask(world, "/account/show", "show", &json!({})).done()
    }

    /// An account at level 1 of the person of the test card.
    pub(crate) fn at_level_1(world: &World) -> Self {
        Self::active(world, NUMBER, PHONE)
    }

    pub(crate) fn active(world: &World, number: &str, phone: &str) -> Self {
        let mut device = Self::new();
        device.open(world, number, phone).done();
        let activated = device.activate(world, &world.code(phone)).done();
        assert_eq!(activated, json!({"account": device.account, "level": 1, "state": "active"}));
        device
    }
}
