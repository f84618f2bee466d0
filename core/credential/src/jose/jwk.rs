//! P-256 public keys as JSON (RFC 7518, 6.2.1) and their thumbprints (RFC 7638).

use super::{JoseError, decode};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Value, json};
use trust::p256::PublicKey;

/// A P-256 public key in its JSON form `{"kty":"EC","crv":"P-256","x":...,"y":...}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Jwk(PublicKey);

impl Jwk {
    /// The JSON form of a key.
    pub fn new(key: PublicKey) -> Self {
        Self(key)
    }

    /// Reads a key, ignoring the members that a public key may carry besides (RFC 7517, 4).
    ///
    /// # Errors
    /// [`JoseError::Key`] for another kind of key, a point off the curve, coordinates that are not 32 bytes, or a
    /// private key: one that travels is no longer private, and nothing signed with it proves anything.
    pub fn from_json(value: &Value) -> Result<Self, JoseError> {
        let member = |name: &str| value.get(name).and_then(Value::as_str);
        if member("kty") != Some("EC") || member("crv") != Some("P-256") || value.get("d").is_some() {
            return Err(JoseError::Key);
        }
        let coordinate = |name: &str| -> Result<[u8; 32], JoseError> {
            let bytes = decode(member(name).ok_or(JoseError::Key)?)?;
            bytes.try_into().map_err(|_| JoseError::Key)
        };
        let (x, y) = (coordinate("x")?, coordinate("y")?);
        PublicKey::from_coordinates(&x, &y).map(Self).map_err(|_| JoseError::Key)
    }

    /// The JSON form.
    pub fn to_json(&self) -> Value {
        let (x, y) = self.coordinates();
        json!({"kty": "EC", "crv": "P-256", "x": x, "y": y})
    }

    /// The key itself.
    pub fn key(&self) -> &PublicKey {
        &self.0
    }

    /// SHA-256 thumbprint over the required members in lexicographic order (RFC 7638, 3).
    pub fn thumbprint(&self) -> [u8; 32] {
        let (x, y) = self.coordinates();
        let canonical = format!(r#"{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}"#);
        crate::digest::sha256(canonical.as_bytes())
    }

    /// The thumbprint as base64url, as `jkt` and key identifiers carry it.
    pub fn thumbprint_base64url(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.thumbprint())
    }

    fn coordinates(&self) -> (String, String) {
        (URL_SAFE_NO_PAD.encode(self.0.x()), URL_SAFE_NO_PAD.encode(self.0.y()))
    }
}

impl From<PublicKey> for Jwk {
    fn from(key: PublicKey) -> Self {
        Self(key)
    }
}

impl Serialize for Jwk {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.to_json().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Jwk {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let value = Value::deserialize(deserializer)?;
        Self::from_json(&value).map_err(serde::de::Error::custom)
    }
}
