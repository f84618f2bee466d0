//! The holder's JWS over a presentation (RFC 9901, 4.3; OpenID4VP 1.0, B.3.4 and 8.4).
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};
use trust::time::Timestamp;

use super::{IssuerKey, KB_JWT, LONGEST, SHA_256, SdJwt, SdJwtError, VerifiedSdJwt};
use crate::digest::sha256;
use crate::jose::{Jws, compact, signing_input};

/// How far a holder's clock may be ahead, in seconds.
const AHEAD: i64 = 60;

/// What a holder binds a presentation to.
#[derive(Clone, Copy, Debug)]
pub struct KeyBinding<'a> {
    /// The verifier: its full client identifier, or `origin:` and the origin.
    pub audience: &'a str,
    /// The request's nonce.
    pub nonce: &'a str,
    /// When it is made.
    pub issued_at: Timestamp,
    /// The transaction data, each the base64url text as it was received: nothing is decoded before it is hashed.
    pub transaction_data: &'a [&'a str],
    /// Whether the request named the hash algorithm, so that the answer repeats it.
    pub names_hash: bool,
}

/// A presentation that waits for the device's signature.
#[derive(Clone, Debug)]
pub struct KeyBindingDraft {
    presented: String,
    input: String,
}

impl KeyBinding<'_> {
    /// For an SD-JWT without key binding, as [`super::select`] gives it.
    pub fn prepare(&self, presented: &str) -> Result<KeyBindingDraft, SdJwtError> {
        self.prepare_with(presented, Map::new())
    }

    /// The same with claims of the caller's besides, as a type of transaction data defines them (OpenID4VP 1.0, B.3.3); those of
    /// the standard stay as they are.
    pub fn prepare_with(
        &self,
        presented: &str,
        more: Map<String, Value>,
    ) -> Result<KeyBindingDraft, SdJwtError> {
        if !presented.ends_with('~') {
            return Err(SdJwtError::KeyBinding);
        }
        let mut claims = json!({
            "iat": self.issued_at.as_unix(),
            "aud": self.audience,
            "nonce": self.nonce,
            "sd_hash": hash(presented),
        });
        if let (Some(claims), false) = (claims.as_object_mut(), self.transaction_data.is_empty()) {
            let hashes: Vec<String> = self.transaction_data.iter().map(|data| hash(data)).collect();
            claims.insert("transaction_data_hashes".to_owned(), hashes.into());
            if self.names_hash {
                claims.insert("transaction_data_hashes_alg".to_owned(), SHA_256.into());
            }
        }
        let mut all = more;
        if let Value::Object(claims) = claims {
            all.extend(claims);
        }
        let input = signing_input(&json!({"alg": "ES256", "typ": KB_JWT}), &Value::Object(all));
        Ok(KeyBindingDraft { presented: presented.to_owned(), input })
    }
}

impl KeyBindingDraft {
    /// The bytes that the device signs.
    pub fn to_be_signed(&self) -> &[u8] {
        self.input.as_bytes()
    }

    /// The presentation.
    pub fn assemble(&self, signature: &[u8; 64]) -> String {
        format!("{}{}", self.presented, compact(&self.input, signature))
    }
}

fn hash(text: &str) -> String {
    URL_SAFE_NO_PAD.encode(sha256(text.as_bytes()))
}

/// What a verifier expects of a key binding.
#[derive(Clone, Copy, Debug)]
pub struct ExpectedBinding<'a> {
    /// Its own name, as in the request.
    pub audience: &'a str,
    /// The request's nonce. That it was not answered before is for the caller to know.
    pub nonce: &'a str,
    /// The transaction data as they were sent, in their order.
    pub transaction_data: &'a [&'a str],
    /// How old it may be, in seconds.
    pub longest_age: i64,
}

impl SdJwt {
    /// As [`SdJwt::verify`], and the holder's key binding with it.
    pub fn verify_bound(
        &self,
        issuer: IssuerKey<'_>,
        expected: &ExpectedBinding<'_>,
        now: Timestamp,
    ) -> Result<BoundSdJwt, SdJwtError> {
        let binding = self.key_binding().ok_or(SdJwtError::KeyBinding)?;
        let sd_jwt = self.verify_issuer(issuer, now)?;
        let key = sd_jwt.holder_key().ok_or(SdJwtError::Unbound)?;
        let binding = Jws::parse(binding, LONGEST).and_then(|jws| jws.of_type(KB_JWT));
        let binding = binding.and_then(|jws| jws.verify(key)).map_err(SdJwtError::Holder)?;
        let text = |name: &str| binding.claims().get(name).and_then(Value::as_str);
        if text("aud") != Some(expected.audience) {
            return Err(SdJwtError::Audience);
        }
        if text("nonce") != Some(expected.nonce) {
            return Err(SdJwtError::Nonce);
        }
        let issued_at = binding.claims().get("iat").and_then(Value::as_i64).map(Timestamp::from_unix);
        let issued_at = issued_at.ok_or(SdJwtError::BindingTime)?;
        let age = now.seconds_since(issued_at);
        if age > expected.longest_age || age < -AHEAD {
            return Err(SdJwtError::BindingTime);
        }
        if text("sd_hash") != Some(&hash(self.presented())) {
            return Err(SdJwtError::PresentationHash);
        }
        transaction_data(binding.claims(), expected.transaction_data)?;
        Ok(BoundSdJwt { sd_jwt, issued_at, binding: binding.into_claims() })
    }
}

/// Exactly the hashes of what was sent, and none where nothing was.
fn transaction_data(claims: &Map<String, Value>, sent: &[&str]) -> Result<(), SdJwtError> {
    let hashes = claims.get("transaction_data_hashes");
    let algorithm = claims.get("transaction_data_hashes_alg");
    let expected: Vec<String> = sent.iter().map(|data| hash(data)).collect();
    let fits = match hashes {
        None => sent.is_empty() && algorithm.is_none(),
        Some(hashes) => !sent.is_empty() && *hashes == Value::from(expected),
    };
    if fits && algorithm.is_none_or(|algorithm| algorithm == SHA_256) {
        Ok(())
    } else {
        Err(SdJwtError::TransactionData)
    }
}

/// An SD-JWT VC that its holder presented for this request: built by [`SdJwt::verify_bound`] alone.
#[derive(Clone, Debug)]
pub struct BoundSdJwt {
    sd_jwt: VerifiedSdJwt,
    issued_at: Timestamp,
    binding: Map<String, Value>,
}

impl BoundSdJwt {
    /// What the issuer signed.
    pub const fn sd_jwt(&self) -> &VerifiedSdJwt {
        &self.sd_jwt
    }

    /// A claim that the holder signed.
    pub fn binding_claim(&self, name: &str) -> Option<&Value> {
        self.binding.get(name)
    }

    /// When the holder presented it, by the holder's clock.
    pub const fn issued_at(&self) -> Timestamp {
        self.issued_at
    }
}
