//! What a provider knows of an account's phones: which one is in use, which one may take over, and the numbers that each has used.

use std::collections::HashMap;

use credential::jose::Jwk;
use serde_json::{Map, Value};

#[derive(Default, Clone)]
pub struct Phones {
    in_use: Option<Jwk>,
    replaced: Vec<Jwk>,
    /// Who may claim the account, and what the old phone passes on.
    next: Option<(Jwk, Value)>,
    /// Who has begun to prove the holder, with the card.
    proving: Option<Jwk>,
    /// Who has proven the holder, and takes over later.
    waiting: Option<Jwk>,
    numbers: HashMap<String, u64>,
}

impl Phones {
    pub fn in_use(&self) -> &Jwk {
        self.in_use.as_ref().unwrap()
    }

    pub fn is_replaced(&self, key: &Jwk) -> bool {
        self.replaced.contains(key)
    }

    /// Takes in who sent a message: a phone that may send this one, with a number higher than any before.
    pub fn heard(&mut self, key: &Jwk, claims: &Map<String, Value>) {
        let may_claim = claims["op"] == "hand_over_claim";
        match claims["op"].as_str() {
            Some("open") => self.in_use = Some(key.clone()),
            Some("device_start") => self.proving = Some(key.clone()),
            _ => {}
        }
        let known = [&self.in_use, &self.proving, &self.waiting].contains(&&Some(key.clone()));
        assert!(may_claim || known || self.is_replaced(key));
        let last = self.numbers.entry(key.thumbprint_base64url()).or_default();
        let number = claims["seq"].as_u64().unwrap();
        assert!(number > *last, "a number was used twice");
        *last = number;
    }

    /// Who may have a face compared.
    pub fn speaks(&self, thumbprint: &Value) -> bool {
        let known = [&self.in_use, &self.proving];
        known.into_iter().flatten().any(|key| key.thumbprint_base64url() == *thumbprint)
    }

    /// The phone of the last proof takes over later.
    pub fn wait(&mut self, key: &Jwk) {
        self.waiting = Some(key.clone());
    }

    /// Nobody waits any more.
    pub fn cancel(&mut self) -> bool {
        self.waiting.take().is_some()
    }

    pub fn is_waiting(&self, key: &Jwk) -> bool {
        self.waiting.as_ref() == Some(key)
    }

    /// Whether an account is this phone's, or was.
    pub fn is_known(&self, key: &Jwk) -> bool {
        self.in_use.as_ref() == Some(key) || self.is_replaced(key)
    }

    /// The time to object is over.
    pub fn take_over(&mut self) {
        let waited = self.waiting.take();
        self.replace();
        self.in_use = waited;
    }

    /// Another phone is in use from now on.
    pub fn replace(&mut self) {
        let before = self.in_use.take();
        self.replaced.extend(before);
    }

    pub fn hand_over(&mut self, claims: &Map<String, Value>) {
        self.next = Some((Jwk::from_json(&claims["new_key"]).unwrap(), claims["sealed"].clone()));
    }

    /// The parcel, as often as the new phone asks: an answer may be lost.
    pub fn claim(&mut self, key: &Jwk) -> Option<Value> {
        let (_, sealed) = self.next.as_ref().filter(|(next, _)| next == key)?;
        let before = self.in_use.replace(key.clone());
        self.replaced.extend(before.filter(|before| before != key));
        Some(sealed.clone())
    }
}
