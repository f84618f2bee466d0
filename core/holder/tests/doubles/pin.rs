//! The server's side of the PIN: both signatures over one numbered instruction, attempts counted before the check.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::signature::{ED25519, UnparsedPublicKey};
use serde_json::{Map, Value, json};

#[derive(Default, Clone)]
pub struct PinDesk {
    pub id: Option<String>,
    pub attempts: u32,
    key: Vec<u8>,
}

impl PinDesk {
    pub fn answer(&mut self, claims: &Map<String, Value>) -> Result<Value, Value> {
        let operation = claims["op"].as_str().unwrap();
        if operation == "pin_set" {
            assert!(self.id.is_none());
        } else {
            self.attempts += 1;
            if self.attempts > 3 {
                return Err(json!({"error": "pin_blocked"}));
            }
            if !signed(claims, "pin", &self.key) {
                return Err(json!({"error": "wrong_pin", "attempts_left": 3 - self.attempts}));
            }
            self.attempts = 0;
        }
        if matches!(operation, "pin_set" | "pin_change") {
            let key = URL_SAFE_NO_PAD.decode(claims["pin_key"].as_str().unwrap()).unwrap();
            assert!(signed(claims, "pin_new", &key));
            (self.id, self.key) = (Some(claims["pin_id"].as_str().unwrap().to_owned()), key);
        }
        Ok(json!({"expires_in": 300}))
    }
}

/// Whether the inner message is by this key and about exactly the outer one.
fn signed(claims: &Map<String, Value>, member: &str, key: &[u8]) -> bool {
    let (input, signature) = claims[member].as_str().unwrap().rsplit_once('.').unwrap();
    let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
    let (header, payload) = input.split_once('.').unwrap();
    let read =
        |part: &str| -> Value { serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap() };
    assert_eq!(read(header), json!({"alg": "EdDSA", "typ": "sen-pin+jwt"}));
    for (name, value) in read(payload).as_object().unwrap() {
        assert_eq!(&claims[name], value);
    }
    assert_eq!(read(payload).as_object().unwrap().len(), 5);
    UnparsedPublicKey::new(&ED25519, key).verify(input.as_bytes(), &signature).is_ok()
}
