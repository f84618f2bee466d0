//! JSON signatures (RFC 7515 compact form, ES256 alone) with P-256 keys (RFC 7517).
//!
//! Signing happens in the device key: [`signing_input`] gives the bytes, [`compact`] takes the signature. Reading is
//! strict: one algorithm, no critical extensions, no member twice, nothing beyond the given size.
//!
//! ```
//! use sen_credential as credential;
//! use credential::jose::{Jws, JoseError};
//! let unsigned = "eyJhbGciOiJub25lIn0.e30.";
//! assert_eq!(Jws::parse(unsigned, 4096).unwrap_err(), JoseError::Algorithm);
//! ```

mod json;
pub mod jwe;
mod jwk;

pub use json::parse_json;
pub use jwk::Jwk;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};
use trust::p256::PublicKey;

/// Why a JSON signature or key is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum JoseError {
    /// Longer than the caller allows.
    #[error("longer than allowed")]
    TooLong,
    /// Not three parts separated by dots.
    #[error("not a compact JWS")]
    NotCompact,
    /// A part is no base64url without padding, or not its shortest form (RFC 7515, 2).
    #[error("not base64url without padding")]
    Base64,
    /// Not JSON, a member twice, or something after the value (RFC 7515, 4; RFC 7519, 7.2).
    #[error("not strict JSON")]
    Json,
    /// Header or payload is JSON but no object, or a member has the wrong type.
    #[error("a member is missing or has the wrong type")]
    Member,
    /// `alg` is not ES256 (RFC 7518, 3.4).
    #[error("the algorithm is not ES256")]
    Algorithm,
    /// A critical extension is demanded; this crate knows none (RFC 7515, 4.1.11).
    #[error("a critical extension is unknown")]
    Critical,
    /// `typ` is not the expected one (RFC 8725, 3.11).
    #[error("the type is not the expected one")]
    Type,
    /// Not a P-256 public key, or a private one (RFC 7518, 6.2).
    #[error("not a P-256 public key")]
    Key,
    /// The signature does not verify, or is not 64 bytes.
    #[error("the signature does not verify")]
    Signature,
}

/// What a signer signs: `BASE64URL(header) "." BASE64URL(payload)` (RFC 7515, 5.1), as ASCII bytes.
pub fn signing_input(header: &Value, payload: &Value) -> String {
    let mut input = URL_SAFE_NO_PAD.encode(header.to_string());
    input.push('.');
    URL_SAFE_NO_PAD.encode_string(payload.to_string(), &mut input);
    input
}

/// Joins what was signed and the raw signature r || s to the compact form.
pub fn compact(signing_input: &str, signature: &[u8; 64]) -> String {
    let mut jws = String::with_capacity(signing_input.len() + 87);
    jws.push_str(signing_input);
    jws.push('.');
    URL_SAFE_NO_PAD.encode_string(signature, &mut jws);
    jws
}

/// A compact JWS as received: well-formed and believed by nobody yet.
#[derive(Debug, Clone)]
pub struct Jws {
    header: Header,
    signed: String,
    payload: Vec<u8>,
    signature: [u8; 64],
}

/// The protected header. Before the signature is verified it serves only to find the key.
#[derive(Debug, Clone)]
pub struct Header {
    members: Map<String, Value>,
    typ: Option<String>,
    kid: Option<String>,
    jwk: Option<Jwk>,
}

impl Header {
    /// `typ` as written.
    pub fn typ(&self) -> Option<&str> {
        self.typ.as_deref()
    }

    /// `kid`.
    pub fn kid(&self) -> Option<&str> {
        self.kid.as_deref()
    }

    /// `jwk`: a key that the signer names itself. Holding it proves nothing until it is compared with a known one.
    pub fn jwk(&self) -> Option<&Jwk> {
        self.jwk.as_ref()
    }

    /// Every member, also those that this crate does not use.
    pub fn members(&self) -> &Map<String, Value> {
        &self.members
    }
}

/// A JWS whose signature fits the key it was verified with.
#[derive(Debug, Clone)]
pub struct VerifiedJws {
    header: Header,
    claims: Map<String, Value>,
}

impl Jws {
    /// Reads a compact JWS of at most `max` bytes.
    ///
    /// # Errors
    /// Anything but strict base64url, JSON without repeated members, ES256, and no `crit`.
    pub fn parse(text: &str, max: usize) -> Result<Self, JoseError> {
        if text.len() > max {
            return Err(JoseError::TooLong);
        }
        let (signed, signature) = text.rsplit_once('.').ok_or(JoseError::NotCompact)?;
        let (header, payload) = signed.split_once('.').ok_or(JoseError::NotCompact)?;
        if payload.contains('.') {
            return Err(JoseError::NotCompact);
        }
        let header = Header::parse(&decode(header)?)?;
        let payload = decode(payload)?;
        let signature = decode(signature)?.try_into().map_err(|_| JoseError::Signature)?;
        Ok(Self { header, signed: signed.to_owned(), payload, signature })
    }

    /// The header, unproven.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// Passes the JWS on if its `typ` is this media type, with or without `application/`, in any case (RFC 7515, 4.1.9).
    ///
    /// # Errors
    /// [`JoseError::Type`], also where `typ` is missing.
    pub fn of_type(self, typ: &str) -> Result<Self, JoseError> {
        let found = self.header.typ().ok_or(JoseError::Type)?;
        let found = match found.split_at_checked("application/".len()) {
            Some((prefix, rest)) if prefix.eq_ignore_ascii_case("application/") => rest,
            _ => found,
        };
        if found.eq_ignore_ascii_case(typ) { Ok(self) } else { Err(JoseError::Type) }
    }

    /// The payload, of which nothing is known yet: for formats that verify later what they read.
    pub(crate) fn unverified_payload(&self) -> &[u8] {
        &self.payload
    }

    /// Verifies the signature alone.
    pub(crate) fn verify_signature(&self, key: &PublicKey) -> Result<(), JoseError> {
        key.verify(self.signed.as_bytes(), &self.signature).map_err(|_| JoseError::Signature)
    }

    /// Verifies the signature and only then reads the payload, which must be a JSON object.
    ///
    /// # Errors
    /// [`JoseError::Signature`], or a payload that is no strict JSON object.
    pub fn verify(self, key: &PublicKey) -> Result<VerifiedJws, JoseError> {
        self.verify_signature(key)?;
        match parse_json(&self.payload)? {
            Value::Object(claims) => Ok(VerifiedJws { header: self.header, claims }),
            _ => Err(JoseError::Member),
        }
    }
}

impl VerifiedJws {
    /// The header, covered by the signature.
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// The payload's members.
    pub fn claims(&self) -> &Map<String, Value> {
        &self.claims
    }

    /// The same, taken out.
    pub fn into_claims(self) -> Map<String, Value> {
        self.claims
    }

    /// The payload as a record.
    ///
    /// # Errors
    /// [`JoseError::Member`] where a member is missing or has another type.
    pub fn claims_as<T: serde::de::DeserializeOwned>(&self) -> Result<T, JoseError> {
        T::deserialize(Value::Object(self.claims.clone())).map_err(|_| JoseError::Member)
    }
}

impl Header {
    fn parse(bytes: &[u8]) -> Result<Self, JoseError> {
        let Value::Object(members) = parse_json(bytes)? else {
            return Err(JoseError::Member);
        };
        if members.get("alg").and_then(Value::as_str) != Some("ES256") {
            return Err(JoseError::Algorithm);
        }
        if members.contains_key("crit") {
            return Err(JoseError::Critical);
        }
        let text = |name: &str| match members.get(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(_) => Err(JoseError::Member),
        };
        let (typ, kid) = (text("typ")?, text("kid")?);
        let jwk = members.get("jwk").map(Jwk::from_json).transpose()?;
        Ok(Self { members, typ, kid, jwk })
    }
}

fn decode(part: &str) -> Result<Vec<u8>, JoseError> {
    URL_SAFE_NO_PAD.decode(part).map_err(|_| JoseError::Base64)
}

#[cfg(test)]
mod tests;
