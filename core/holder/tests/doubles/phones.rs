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
        if claims["op"] == "open" {
            self.in_use = Some(key.clone());
        }
        assert!(may_claim || self.is_replaced(key) || self.in_use.as_ref() == Some(key));
        let last = self.numbers.entry(key.thumbprint_base64url()).or_default();
        let number = claims["seq"].as_u64().unwrap();
        assert!(number > *last, "a number was used twice");
        *last = number;
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
