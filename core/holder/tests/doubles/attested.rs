//! A provider that vouches for wallets and keys, and an authorization server that knows wallets by that.

use std::collections::{HashMap, HashSet};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use credential::attestation::{
    KeyAttestationDraft, Resistance, VerifiedKeyAttestation, VerifiedWalletAttestation,
    WalletAttestationDraft,
};
use credential::jose::{Jwk, Jws};
use serde_json::{Map, Value, json};
use test_key::{Authority, TestKey};
use trust::certificates::CertificateAnchors;
use trust::p256::PublicKey;
use trust::time::Timestamp;

use super::document_issuer::CLIENT;
use super::provider::SERVER_TIME;
use super::server::{Asked, Reply};

/// The provider's part.
pub struct Vouching {
    root: Authority,
    key: TestKey,
    chain: Vec<Vec<u8>>,
    /// Which policy each key was handed in with, by thumbprint.
    handed: HashMap<String, String>,
    /// How often it vouched, by operation.
    pub vouched: Vec<String>,
}

impl Default for Vouching {
    fn default() -> Self {
        let (root, key) = (Authority::root("Wallet providers"), TestKey::new());
        let chain = vec![root.issue("Provider", &key)];
        Self { root, key, chain, handed: HashMap::new(), vouched: Vec::new() }
    }
}

fn now() -> Timestamp {
    Timestamp::from_unix(SERVER_TIME)
}

impl Vouching {
    /// The root, for those who believe it.
    pub fn root_pem(&self) -> String {
        self.root.pem()
    }

    /// The answer to a message, where it is one of these operations.
    pub fn answer(&mut self, claims: &Map<String, Value>) -> Option<Value> {
        let operation = claims["op"].as_str().unwrap();
        let keys = || claims["keys"].as_array().unwrap().clone();
        let answer = match operation {
            "attest_keys" => {
                for key in keys() {
                    let jwk = Jwk::from_json(&key["jwk"]).unwrap();
                    // The double's platform says the challenge, so that it can be looked at.
                    let policy = key["policy"].as_str().unwrap();
                    let said = format!("{} {policy}", claims["challenge"].as_str().unwrap());
                    assert_eq!(key["android"], json!([URL_SAFE_NO_PAD.encode(&said)]));
                    let earlier = self.handed.insert(jwk.thumbprint_base64url(), policy.to_owned());
                    assert_eq!(earlier, None, "a key was handed in twice");
                }
                json!({"attested": keys().len()})
            }
            "wallet_attestation" => {
                let [key] = &self.known(&keys())[..] else { panic!("one key") };
                let draft = WalletAttestationDraft {
                    client_id: CLIENT.to_owned(),
                    key: *key,
                    wallet_name: "test".to_owned(),
                    issued: now(),
                    expires: now().plus_seconds(3600),
                    chain: self.chain.clone(),
                };
                let unsigned = draft.prepare();
                let signature = self.key.sign(unsigned.to_be_signed());
                json!({"wallet_attestation": unsigned.assemble(&signature), "client_id": CLIENT})
            }
            "key_attestation" => {
                let per_use = |key: &Value| {
                    let jwk = Jwk::from_json(key).unwrap();
                    self.handed[&jwk.thumbprint_base64url()] == "approval"
                };
                let level_policy = if keys().iter().all(per_use) { 3 } else { 2 };
                let draft = KeyAttestationDraft {
                    keys: self.known(&keys()),
                    key_storage: Resistance::High,
                    user_authentication: Resistance::Moderate,
                    level_policy,
                    nonce: claims.get("nonce").and_then(Value::as_str).map(str::to_owned),
                    issued: now(),
                    expires: now().plus_seconds(300),
                    chain: self.chain.clone(),
                };
                let unsigned = draft.prepare();
                let signature = self.key.sign(unsigned.to_be_signed());
                json!({"key_attestation": unsigned.assemble(&signature)})
            }
            _ => return None,
        };
        self.vouched.push(operation.to_owned());
        Some(answer)
    }

    /// What a new phone brings of its own key, made in answer to this challenge.
    pub fn handed_over(&mut self, claims: &Map<String, Value>, key: &Jwk, challenge: &str) {
        let Some(attestation) = claims.get("attestation") else { return };
        let said = URL_SAFE_NO_PAD.encode(format!("{challenge} presentation"));
        let expected = json!({"jwk": key.to_json(), "policy": "presentation", "android": [said]});
        assert_eq!((attestation, &claims["key_challenge"]), (&expected, &json!(challenge)));
        self.vouched.push("hand_over_claim".to_owned());
    }

    fn known(&self, keys: &[Value]) -> Vec<PublicKey> {
        let known = |key: &Value| {
            let jwk = Jwk::from_json(key).unwrap();
            assert!(self.handed.contains_key(&jwk.thumbprint_base64url()), "a key that was never handed in");
            *jwk.key()
        };
        keys.iter().map(known).collect()
    }
}

/// The key and header of a key proof for this issuer, nonce and client.
pub fn key_proof(
    proof: &Value,
    audience: &str,
    nonce: &str,
    client: Option<&str>,
) -> (Jwk, Map<String, Value>) {
    let proof = Jws::parse(proof.as_str().unwrap(), 16_384).unwrap().of_type("openid4vci-proof+jwt").unwrap();
    let (key, header) = (proof.header().jwk().unwrap().clone(), proof.header().members().clone());
    let claims = proof.verify(key.key()).unwrap().claims().clone();
    assert_eq!((&claims["aud"], &claims["iat"]), (&json!(audience), &json!(SERVER_TIME)));
    assert_eq!(claims["nonce"], nonce);
    assert_eq!(claims.get("iss").and_then(Value::as_str), client);
    (key, header)
}

/// An issuer's demand that a provider vouches for keys: with the proof of one of them, or alone.
pub struct KeyCheck {
    pub anchors: CertificateAnchors,
    pub alone: bool,
}

impl KeyCheck {
    /// What the issuer's metadata say of it.
    pub fn describe(&self, types: &mut Value) {
        types["jwt"]["key_attestations_required"] = json!({});
        if self.alone {
            *types = json!({"attestation": types["jwt"]});
        }
    }

    /// The keys that one attestation speaks for, and no other proof.
    pub fn keys(&self, proofs: &Value, audience: &str, nonce: &str, client: Option<&str>) -> Vec<PublicKey> {
        let kind = if self.alone { "attestation" } else { "jwt" };
        let [one] = &proofs[kind].as_array().unwrap()[..] else { panic!("one proof") };
        let (signer, attestation) = if self.alone {
            (None, one.clone())
        } else {
            let (key, header) = key_proof(one, audience, nonce, client);
            (Some(key), header["key_attestation"].clone())
        };
        let attested =
            VerifiedKeyAttestation::verify(attestation.as_str().unwrap(), &self.anchors, now()).unwrap();
        assert_eq!(attested.nonce(), Some(nonce));
        assert!(signer.is_none_or(|signer| attested.keys().contains(signer.key())));
        attested.keys().to_vec()
    }
}

/// The authorization server's part: one challenge for each request.
pub struct ClientCheck {
    anchors: CertificateAnchors,
    challenges: u32,
    used: HashSet<String>,
    /// The paths at which a wallet was known.
    pub known_at: Vec<String>,
    keys: HashSet<Vec<u8>>,
    /// Refuse the first proof and give a challenge with the refusal.
    pub in_header: bool,
    /// Refuse every proof.
    pub endless: bool,
}

impl ClientCheck {
    pub fn believing(root_pem: &str) -> Self {
        Self {
            anchors: CertificateAnchors::from_pem(root_pem).unwrap(),
            challenges: 0,
            used: HashSet::new(),
            known_at: Vec::new(),
            keys: HashSet::new(),
            in_header: false,
            endless: false,
        }
    }

    /// What the server's metadata say of it.
    pub fn describe(&self, metadata: &mut Value, url: &str) {
        metadata["token_endpoint_auth_methods_supported"] = json!(["attest_jwt_client_auth"]);
        if !self.in_header {
            metadata["challenge_endpoint"] = json!(format!("{url}/as/challenge"));
        }
    }

    pub fn challenge(&mut self) -> Value {
        self.challenges += 1;
        json!({"attestation_challenge": format!("a-{}", self.challenges)})
    }

    /// How many keys wallets were known by.
    pub fn keys(&self) -> usize {
        self.keys.len()
    }

    pub fn check(&mut self, asked: &Asked, url: &str) -> Result<(), Reply> {
        let attestation = asked.header("oauth-client-attestation").unwrap();
        let wallet = VerifiedWalletAttestation::verify(&attestation, &self.anchors, now()).unwrap();
        let pop = asked.header("oauth-client-attestation-pop").unwrap();
        let pop = wallet.verify_pop(&pop, &format!("{url}/as"), now()).unwrap();
        assert!(self.used.insert(pop.jti().to_owned()), "a proof was used twice");
        assert_eq!(asked.field("client_id").as_deref(), Some(wallet.client_id()));
        self.keys.insert(wallet.key().uncompressed().to_vec());
        let expected = format!("a-{}", self.challenges);
        if self.endless || pop.challenge() != Some(&expected) {
            self.challenges += 1;
            let next = format!("a-{}", self.challenges);
            let refusal = Reply::error(400, &json!({"error": "use_attestation_challenge"}));
            return Err(refusal.with("oauth-client-attestation-challenge", &next));
        }
        self.challenges += 1;
        self.known_at.push(asked.path.clone());
        Ok(())
    }
}
