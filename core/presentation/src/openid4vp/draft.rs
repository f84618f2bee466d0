//! The verifier writes a request: the bytes to sign, and the link to it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use credential::jose::jwe::DecryptionKey;
use credential::jose::signing_input;
use serde_json::{Map, Value, json};
use trust::time::Timestamp;
use url::form_urlencoded;

use super::{AUDIENCE, ClientId, Method, request};

/// A request to be signed by the verifier's key.
#[derive(Clone, Debug)]
pub struct RequestDraft<'a> {
    /// Who asks: [`ClientId::of_certificate`] for HAIP.
    pub client_id: &'a ClientId,
    /// The verifier's certificates in DER, leaf first, without the anchor.
    pub chain: &'a [Vec<u8>],
    /// Where the answer goes: https.
    pub response_uri: &'a str,
    /// Random, at least 128 bits, letters and digits; never used before.
    pub nonce: &'a str,
    /// Names the session in the answer; the same letters.
    pub state: &'a str,
    /// The query in JSON (`dcql_query`).
    pub query: &'a Value,
    /// What is to be approved: [`Transaction::encode`](super::Transaction::encode).
    pub transaction: Option<&'a str>,
    /// A key made for this answer, which it is encrypted to; without one it comes as it is.
    pub encryption_key: Option<&'a DecryptionKey>,
    /// Entries of `verifier_info`: [`RegistrationDraft::entry`](super::RegistrationDraft::entry).
    pub verifier_info: &'a [Value],
    /// What the wallet sent as `wallet_nonce`, where it fetched by POST.
    pub wallet_nonce: Option<&'a str>,
    /// Now.
    pub issued_at: Timestamp,
    /// When an answer comes too late; at most [`LONGEST_APPROVAL`](super::LONGEST_APPROVAL) seconds later where a number is
    /// to be matched.
    pub expires_at: Timestamp,
}

impl RequestDraft<'_> {
    /// What the verifier signs: [`compact`](credential::jose::compact) joins it with the signature to the request object.
    pub fn signing_input(&self) -> String {
        let header = json!({"alg": "ES256", "typ": request::TYP, "x5c": x5c(self.chain)});
        let mode = if self.encryption_key.is_some() { "direct_post.jwt" } else { "direct_post" };
        let mut payload = Map::new();
        for (name, value) in [
            ("client_id", json!(self.client_id.as_str())),
            ("aud", json!(AUDIENCE)),
            ("response_type", json!("vp_token")),
            ("response_mode", json!(mode)),
            ("response_uri", json!(self.response_uri)),
            ("nonce", json!(self.nonce)),
            ("state", json!(self.state)),
            ("dcql_query", self.query.clone()),
            ("client_metadata", self.metadata()),
            ("iat", json!(self.issued_at.as_unix())),
            ("exp", json!(self.expires_at.as_unix())),
        ] {
            payload.insert(name.to_owned(), value);
        }
        let optional = [
            ("transaction_data", self.transaction.map(|text| json!([text]))),
            ("wallet_nonce", self.wallet_nonce.map(|nonce| json!(nonce))),
            ("verifier_info", (!self.verifier_info.is_empty()).then(|| json!(self.verifier_info))),
        ];
        payload.extend(optional.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?))));
        signing_input(&header, &Value::Object(payload))
    }

    fn metadata(&self) -> Value {
        let formats = json!({
            "dc+sd-jwt": {"sd-jwt_alg_values": ["ES256"], "kb-jwt_alg_values": ["ES256"]},
            "mso_mdoc": {"issuerauth_alg_values": [-7, -9], "deviceauth_alg_values": [-7, -9]},
        });
        let mut metadata = json!({"vp_formats_supported": formats});
        if let (Some(key), Some(members)) = (self.encryption_key, metadata.as_object_mut()) {
            members.insert("jwks".to_owned(), json!({"keys": [key.to_json()]}));
            members
                .insert("encrypted_response_enc_values_supported".to_owned(), json!(["A256GCM", "A128GCM"]));
        }
        metadata
    }
}

/// The link or QR text that points a wallet to a request object.
pub fn link(client_id: &ClientId, request_uri: &str, method: Method) -> String {
    let method = match method {
        Method::Get => "get",
        Method::Post => "post",
    };
    let query = form_urlencoded::Serializer::new(String::new())
        .append_pair("client_id", client_id.as_str())
        .append_pair("request_uri", request_uri)
        .append_pair("request_uri_method", method)
        .finish();
    format!("openid4vp://?{query}")
}

/// Certificates as the header `x5c` has them.
pub(super) fn x5c(chain: &[Vec<u8>]) -> Vec<String> {
    chain.iter().map(|certificate| STANDARD.encode(certificate)).collect()
}
