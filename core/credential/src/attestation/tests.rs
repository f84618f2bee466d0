use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Map, json};
use test_key::{Authority, TestKey};
use trust::certificates::Certificate;

use super::*;
use crate::jose::Jwk;
use trust::p256::PublicKey;

const NOW: Timestamp = Timestamp::from_unix(1_800_000_000);
const SERVER: &str = "https://issuer.vn";

/// A provider that is believed, and a wallet with a key.
struct World {
    anchors: CertificateAnchors,
    provider: TestKey,
    chain: Vec<Vec<u8>>,
    key: TestKey,
}

fn public(key: &TestKey) -> PublicKey {
    PublicKey::from_uncompressed(key.public().uncompressed()).unwrap()
}

impl World {
    fn new() -> Self {
        let (root, provider) = (Authority::root("wallet providers"), TestKey::new());
        let chain = vec![root.issue("provider", &provider)];
        let anchors = CertificateAnchors::new(vec![Certificate::parse(&root.der()).unwrap()]);
        Self { anchors, provider, chain, key: TestKey::new() }
    }

    fn wallet(&self) -> WalletAttestationDraft {
        WalletAttestationDraft {
            client_id: "sen-wallet".to_owned(),
            key: public(&self.key),
            wallet_name: "Sen".to_owned(),
            issued: NOW,
            expires: NOW.plus_seconds(3600),
            chain: self.chain.clone(),
        }
    }

    fn keys(&self) -> KeyAttestationDraft {
        KeyAttestationDraft {
            keys: vec![public(&self.key), public(&TestKey::new())],
            key_storage: Resistance::High,
            user_authentication: Resistance::Moderate,
            level_policy: 2,
            nonce: Some("c-nonce".to_owned()),
            issued: NOW,
            expires: NOW.plus_seconds(300),
            chain: self.chain.clone(),
        }
    }

    fn sign(&self, unsigned: &Unsigned) -> String {
        unsigned.assemble(&self.provider.sign(unsigned.to_be_signed()))
    }

    /// An attestation with these members of header and claims changed; null takes one out.
    fn signed(&self, unsigned: &Unsigned, header: &Value, claims: &Value) -> String {
        let mut parts = unsigned.0.split('.').map(|part| {
            let part: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap();
            part.as_object().unwrap().clone()
        });
        let change = |mut members: Map<String, Value>, changes: &Value| {
            for (name, value) in changes.as_object().unwrap() {
                members.remove(name);
                if !value.is_null() {
                    members.insert(name.clone(), value.clone());
                }
            }
            Value::Object(members)
        };
        let header = change(parts.next().unwrap(), header);
        let claims = change(parts.next().unwrap(), claims);
        let input = signing_input(&header, &claims);
        compact(&input, &self.provider.sign(input.as_bytes()))
    }

    fn wallet_with(
        &self,
        header: &Value,
        claims: &Value,
    ) -> Result<VerifiedWalletAttestation, AttestationError> {
        let text = self.signed(&self.wallet().prepare(), header, claims);
        VerifiedWalletAttestation::verify(&text, &self.anchors, NOW)
    }

    fn keys_with(&self, header: &Value, claims: &Value) -> Result<VerifiedKeyAttestation, AttestationError> {
        let text = self.signed(&self.keys().prepare(), header, claims);
        VerifiedKeyAttestation::verify(&text, &self.anchors, NOW)
    }

    fn pop(&self, pop: &PopDraft<'_>) -> Result<VerifiedPop, AttestationError> {
        let unsigned = pop.prepare();
        let text = unsigned.assemble(&self.key.sign(unsigned.to_be_signed()));
        self.wallet_with(&json!({}), &json!({}))?.verify_pop(&text, SERVER, NOW)
    }
}

const POP: PopDraft<'_> = PopDraft { audience: SERVER, jti: "1", challenge: Some("c"), issued: NOW };

#[test]
fn believes_a_wallet_and_its_proof() {
    let world = World::new();
    let text = world.sign(&world.wallet().prepare());
    let wallet = VerifiedWalletAttestation::verify(&text, &world.anchors, NOW).unwrap();
    assert_eq!((wallet.client_id(), wallet.key()), ("sen-wallet", &public(&world.key)));
    let pop = world.pop(&POP).unwrap();
    assert_eq!((pop.jti(), pop.challenge()), ("1", Some("c")));
    assert_eq!(world.pop(&PopDraft { challenge: None, ..POP }).unwrap().challenge(), None);
}

#[test]
fn believes_keys() {
    let world = World::new();
    let draft = world.keys();
    let keys = VerifiedKeyAttestation::verify(&world.sign(&draft.prepare()), &world.anchors, NOW).unwrap();
    assert_eq!(keys.keys(), draft.keys);
    assert_eq!(
        (keys.key_storage(), keys.user_authentication()),
        (Some(Resistance::High), Some(Resistance::Moderate))
    );
    assert_eq!((keys.level_policy(), keys.nonce()), (Some(2), Some("c-nonce")));
}

#[test]
fn takes_the_highest_of_several_names_and_passes_over_those_of_others() {
    let storage = |names: Value| World::new().keys_with(&json!({}), &json!({"key_storage": names}));
    let both = json!(["iso_18045_basic", "iso_18045_moderate", "vn_1"]);
    assert_eq!(storage(both).unwrap().key_storage(), Some(Resistance::Moderate));
    assert_eq!(storage(json!(["vn_1"])).unwrap().key_storage(), None);
    assert_eq!(storage(Value::Null).unwrap().key_storage(), None);
    for names in [json!([]), json!("iso_18045_high"), json!([1])] {
        assert_eq!(storage(names).unwrap_err(), AttestationError::Member);
    }
}

#[test]
fn refuses_the_algorithm_none_and_confused_ones() {
    for alg in ["none", "HS256", "ES384", "es256"] {
        let world = World::new();
        let refused = AttestationError::Jose(JoseError::Algorithm);
        assert_eq!(world.wallet_with(&json!({"alg": alg}), &json!({})).unwrap_err(), refused);
        assert_eq!(world.keys_with(&json!({"alg": alg}), &json!({})).unwrap_err(), refused);
    }
    let world = World::new();
    let text = world.sign(&world.wallet().prepare());
    let unsigned = format!("{}.", text.rsplit_once('.').unwrap().0);
    let refused = VerifiedWalletAttestation::verify(&unsigned, &world.anchors, NOW).unwrap_err();
    assert_eq!(refused, AttestationError::Jose(JoseError::Signature));
}

#[test]
fn refuses_one_kind_in_place_of_another() {
    let world = World::new();
    let (wallet, keys) = (world.sign(&world.wallet().prepare()), world.sign(&world.keys().prepare()));
    let refused = AttestationError::Jose(JoseError::Type);
    assert_eq!(VerifiedWalletAttestation::verify(&keys, &world.anchors, NOW).unwrap_err(), refused);
    assert_eq!(VerifiedKeyAttestation::verify(&wallet, &world.anchors, NOW).unwrap_err(), refused);
    let attested = VerifiedWalletAttestation::verify(&wallet, &world.anchors, NOW).unwrap();
    assert_eq!(attested.verify_pop(&wallet, SERVER, NOW).unwrap_err(), refused);
}

#[test]
fn refuses_an_unknown_provider() {
    let (world, other) = (World::new(), World::new());
    let unknown = AttestationError::Provider(ChainError::UnknownAnchor);
    let text = other.sign(&other.wallet().prepare());
    assert_eq!(VerifiedWalletAttestation::verify(&text, &world.anchors, NOW).unwrap_err(), unknown);
    let text = other.sign(&other.keys().prepare());
    assert_eq!(VerifiedKeyAttestation::verify(&text, &world.anchors, NOW).unwrap_err(), unknown);
    // Our provider's certificate with another's signature.
    let draft = WalletAttestationDraft { chain: world.chain.clone(), ..other.wallet() };
    let text = other.sign(&draft.prepare());
    let refused = VerifiedWalletAttestation::verify(&text, &world.anchors, NOW).unwrap_err();
    assert_eq!(refused, AttestationError::Jose(JoseError::Signature));
    for x5c in [Value::Null, json!("text"), json!(["?"])] {
        let refused = world.wallet_with(&json!({"x5c": x5c}), &json!({})).unwrap_err();
        assert_eq!(refused, AttestationError::NoCertificates);
    }
    let jwk = json!({"x5c": null, "jwk": Jwk::new(public(&world.provider))});
    assert_eq!(world.wallet_with(&jwk, &json!({})).unwrap_err(), AttestationError::NoCertificates);
    let root = Authority::root("wallet providers");
    let own = json!({"x5c": [STANDARD.encode(root.der())]});
    assert!(matches!(world.wallet_with(&own, &json!({})).unwrap_err(), AttestationError::Provider(_)));
}

#[test]
fn refuses_what_has_ended_or_not_begun() {
    let world = World::new();
    for (claims, error) in [
        (json!({"exp": NOW.as_unix()}), AttestationError::Expired),
        (json!({"iat": NOW.as_unix() + SKEW + 1}), AttestationError::NotYetValid),
        (json!({"exp": null}), AttestationError::Member),
        (json!({"exp": "tomorrow"}), AttestationError::Member),
    ] {
        assert_eq!(world.wallet_with(&json!({}), &claims).unwrap_err(), error, "{claims}");
        assert_eq!(world.keys_with(&json!({}), &claims).unwrap_err(), error, "{claims}");
    }
    assert_eq!(world.keys_with(&json!({}), &json!({"iat": null})).unwrap_err(), AttestationError::Member);
    assert!(world.wallet_with(&json!({}), &json!({"iat": NOW.as_unix() + SKEW})).is_ok());
}

#[test]
fn refuses_missing_and_malformed_members() {
    let world = World::new();
    for claims in
        [json!({"sub": null}), json!({"sub": ""}), json!({"cnf": null}), json!({"cnf": {"kid": "1"}})]
    {
        assert_eq!(world.wallet_with(&json!({}), &claims).unwrap_err(), AttestationError::Member, "{claims}");
    }
    let private = json!({"cnf": {"jwk": {"kty": "EC", "crv": "P-256", "x": "", "y": "", "d": ""}}});
    let refused = AttestationError::Jose(JoseError::Key);
    assert_eq!(world.wallet_with(&json!({}), &private).unwrap_err(), refused);
    let many: Vec<_> = std::iter::repeat_n(Jwk::new(public(&world.key)), 33).collect();
    for claims in [
        json!({"attested_keys": null}),
        json!({"attested_keys": []}),
        json!({"attested_keys": many}),
        json!({"level_policy": 0}),
        json!({"level_policy": 5}),
        json!({"nonce": 1}),
    ] {
        assert_eq!(world.keys_with(&json!({}), &claims).unwrap_err(), AttestationError::Member, "{claims}");
    }
    assert_eq!(world.keys_with(&json!({}), &json!({"attested_keys": [1]})).unwrap_err(), refused);
}

#[test]
fn refuses_a_proof_by_another_key_for_another_server_or_of_another_time() {
    let world = World::new();
    let elsewhere = World { key: TestKey::new(), ..World::new() };
    let attested = world.wallet_with(&json!({}), &json!({})).unwrap();
    let unsigned = POP.prepare();
    let text = unsigned.assemble(&elsewhere.key.sign(unsigned.to_be_signed()));
    assert_eq!(attested.verify_pop(&text, SERVER, NOW).unwrap_err(), AttestationError::WrongKey);
    let refused = |pop: PopDraft<'_>| world.pop(&pop).unwrap_err();
    assert_eq!(refused(PopDraft { audience: "https://other.vn", ..POP }), AttestationError::Audience);
    let old = NOW.minus_seconds(LONGEST_POP_AGE + 1);
    assert_eq!(refused(PopDraft { issued: old, ..POP }), AttestationError::TooOld);
    let ahead = NOW.plus_seconds(SKEW + 1);
    assert_eq!(refused(PopDraft { issued: ahead, ..POP }), AttestationError::NotYetValid);
    assert!(world.pop(&PopDraft { issued: NOW.minus_seconds(LONGEST_POP_AGE), ..POP }).is_ok());
}

#[test]
fn refuses_a_proof_with_a_member_missing() {
    let world = World::new();
    let attested = world.wallet_with(&json!({}), &json!({})).unwrap();
    let refused = |claims: Value| {
        let unsigned = Unsigned::new(CLIENT_POP, None, &claims);
        let text = unsigned.assemble(&world.key.sign(unsigned.to_be_signed()));
        attested.verify_pop(&text, SERVER, NOW).unwrap_err()
    };
    let iat = NOW.as_unix();
    assert_eq!(refused(json!({"aud": SERVER, "iat": iat})), AttestationError::Member);
    assert_eq!(refused(json!({"aud": SERVER, "jti": "1"})), AttestationError::Member);
    assert_eq!(refused(json!({"jti": "1", "iat": iat})), AttestationError::Audience);
    assert_eq!(refused(json!({"aud": [SERVER], "jti": "1", "iat": iat})), AttestationError::Member);
    let challenge = json!({"aud": SERVER, "jti": "1", "iat": iat, "challenge": 1});
    assert_eq!(refused(challenge), AttestationError::Member);
}
