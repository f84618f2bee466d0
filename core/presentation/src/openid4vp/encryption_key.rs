//! The key that an answer is encrypted to (OpenID4VP 1.0, section 8.3; HAIP 1.0, section 5).

use credential::jose::Jwk;
use credential::jose::jwe::Encryption;
use serde_json::{Map, Value};

use super::RequestError;

/// A key of the verifier for this one answer, and how the wallet encrypts to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EncryptionKey {
    jwk: Jwk,
    kid: Option<String>,
    content: Encryption,
}

impl EncryptionKey {
    /// The key.
    pub const fn jwk(&self) -> &Jwk {
        &self.jwk
    }

    /// Its name, to be echoed.
    pub fn kid(&self) -> Option<&str> {
        self.kid.as_deref()
    }

    /// How the content is encrypted.
    pub const fn content(&self) -> Encryption {
        self.content
    }

    /// The first P-256 key for encryption whose `alg` is ECDH-ES, and the strongest content encryption that is offered.
    pub(super) fn choose(metadata: Option<&Map<String, Value>>) -> Result<Self, RequestError> {
        let metadata = metadata.ok_or(RequestError::EncryptionKey)?;
        let content = match metadata.get("encrypted_response_enc_values_supported") {
            None => Encryption::A128Gcm,
            Some(offered) => {
                let offered = offered.as_array().ok_or(RequestError::EncryptionKey)?;
                let ours = [Encryption::A256Gcm, Encryption::A128Gcm];
                let found = ours.into_iter().find(|ours| offered.iter().any(|one| one == ours.name()));
                found.ok_or(RequestError::EncryptionKey)?
            }
        };
        let keys = metadata.get("jwks").and_then(|jwks| jwks.get("keys")).and_then(Value::as_array);
        let usable = |key: &Value| {
            let text = |name: &str| key.get(name).and_then(Value::as_str);
            let for_encryption = key.get("use").is_none_or(|used| used == "enc");
            if !for_encryption || text("alg") != Some("ECDH-ES") {
                return None;
            }
            let kid = match key.get("kid") {
                None => None,
                Some(kid) => Some(kid.as_str().filter(|kid| (1..=256).contains(&kid.len()))?.to_owned()),
            };
            Some(Self { jwk: Jwk::from_json(key).ok()?, kid, content })
        };
        keys.into_iter().flatten().find_map(usable).ok_or(RequestError::EncryptionKey)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn choose(metadata: &Value) -> Result<EncryptionKey, RequestError> {
        EncryptionKey::choose(metadata.as_object())
    }

    /// The keys printed in section 8.3.
    fn printed() -> Value {
        json!({
            "jwks": {"keys": [
                {"kty": "OKP", "kid": "jc", "use": "enc", "crv": "X25519", "alg": "ECDH-ES",
                    "x": "WPX7wnwq10hFNK9aDSyG1QlLswE_CJY14LdhcFUIVVc"},
                {"kty": "EC", "kid": "lc", "use": "enc", "crv": "P-384", "alg": "ECDH-ES",
                    "x": "iHytgLNtXjEyYMAIGwfgjINZRmLfObYbmjPhkaPD8OiTkJtRHjegTNdH31Mxg4nV",
                    "y": "MizXWSqNB7sSt_SNjg3spvaJnmjB-LpxsPpLUaea33rvINL3Mq-gEaANErRQpbLx"},
                {"kty": "EC", "kid": "ac", "use": "enc", "crv": "P-256", "alg": "ECDH-ES",
                    "x": "YO4epjifD-KWeq1sL2tNmm36BhXnkJ0He-WqMYrp9Fk",
                    "y": "Hekpm0zfK7C-YccH5iBjcIXgf6YdUvNUac_0At55Okk"},
            ]},
            "encrypted_response_enc_values_supported": ["A128GCM", "A128CBC-HS256"],
        })
    }

    #[test]
    fn takes_the_p_256_key_of_those_that_the_specification_prints() {
        let key = choose(&printed()).unwrap();
        assert_eq!((key.kid(), key.content()), (Some("ac"), Encryption::A128Gcm));
    }

    #[test]
    fn prefers_a256gcm_and_takes_a128gcm_where_nothing_is_said() {
        let mut metadata = printed();
        metadata["encrypted_response_enc_values_supported"] = json!(["A128GCM", "A256GCM"]);
        assert_eq!(choose(&metadata).unwrap().content(), Encryption::A256Gcm);
        metadata.as_object_mut().unwrap().remove("encrypted_response_enc_values_supported");
        assert_eq!(choose(&metadata).unwrap().content(), Encryption::A128Gcm);
        metadata["encrypted_response_enc_values_supported"] = json!(["A128CBC-HS256"]);
        assert_eq!(choose(&metadata), Err(RequestError::EncryptionKey));
        assert_eq!(EncryptionKey::choose(None), Err(RequestError::EncryptionKey));
    }

    #[test]
    fn takes_no_key_for_signing_of_another_algorithm_or_without_one() {
        for (name, value, is_taken) in [
            ("use", json!("sig"), false),
            ("alg", json!("ECDH-ES+A128KW"), false),
            ("alg", json!(null), false),
            ("kid", json!(7), false),
            ("y", json!("YO4epjifD-KWeq1sL2tNmm36BhXnkJ0He-WqMYrp9Fk"), false),
            ("d", json!("Et-3ce0omz8_TuZ96Df9lp0GAaaDoUnDe6X-CRO7Aww"), false),
            ("use", json!("enc"), true),
        ] {
            let mut metadata = printed();
            metadata["jwks"]["keys"][2][name] = value;
            assert_eq!(choose(&metadata).is_ok(), is_taken, "{name}");
        }
        let mut metadata = printed();
        metadata["jwks"]["keys"][2].as_object_mut().unwrap().remove("use");
        assert!(choose(&metadata).is_ok());
    }
}
