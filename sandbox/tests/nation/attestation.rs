//! What the issuer refuses of attestations of wallets and keys, one thing at a time.
use credential::attestation::{
    KeyAttestationDraft, LONGEST_POP_AGE, PopDraft, Resistance, Unsigned, WalletAttestationDraft,
};
use credential::mdoc::IssuerSigned;
use credential::sd_jwt::SdJwt;
use presentation::openid4vp::{LEVEL_POLICY, TRANSACTION_NAMESPACE};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use serde_json::{Value, json};
use test_key::{Authority, TestKey};
use trust::time::Timestamp;

use crate::device::{Device, Key, decode};
use crate::issuance::{code, nonce};
use crate::world::{Answer, World, clock};

const GRANT: &str = "urn:ietf:params:oauth:grant-type:pre-authorized_code";
const DOCUMENT: &str = "citizen_sd_jwt";

/// The nation's provider of wallets, as its folder has it, and a wallet's key.
struct Provider {
    pair: EcdsaKeyPair,
    chain: Vec<Vec<u8>>,
    key: Key,
    now: Timestamp,
}

impl Provider {
    fn of(world: &World) -> Self {
        let folder = world.folder.join("keys");
        let pkcs8 = std::fs::read(folder.join("wallets.p8")).unwrap();
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &pkcs8, &SystemRandom::new());
        let chain = vec![std::fs::read(folder.join("wallets.cer")).unwrap()];
        Self { pair: pair.unwrap(), chain, key: Key::generate(), now: Timestamp::from_unix(world.now()) }
    }

    fn sign(&self, unsigned: &Unsigned) -> String {
        let signature = self.pair.sign(&SystemRandom::new(), unsigned.to_be_signed()).unwrap();
        unsigned.assemble(&signature.as_ref().try_into().unwrap())
    }

    fn wallet(&self) -> WalletAttestationDraft {
        WalletAttestationDraft {
            client_id: "sen-wallet".to_owned(),
            key: self.key.public(),
            wallet_name: "test".to_owned(),
            issued: self.now,
            expires: self.now.plus_seconds(3600),
            chain: self.chain.clone(),
        }
    }

    fn keys(&self, keys: &[&Key], nonce: Option<String>) -> KeyAttestationDraft {
        KeyAttestationDraft {
            keys: keys.iter().map(|key| key.public()).collect(),
            key_storage: Resistance::High,
            user_authentication: Resistance::Moderate,
            level_policy: 2,
            nonce,
            issued: self.now,
            expires: self.now.plus_seconds(300),
            chain: self.chain.clone(),
        }
    }

    fn pop(&self, pop: &PopDraft<'_>) -> String {
        let unsigned = pop.prepare();
        unsigned.assemble(&self.key.sign(unsigned.to_be_signed()))
    }
}

fn demand(world: &World, client: bool, keys: bool, alone: bool) {
    world.post("/sandbox/attestation", &json!({"client": client, "keys": keys, "alone": alone})).done();
}

fn challenge(world: &World) -> String {
    world.post("/attestation-challenge", &Value::Null).text("attestation_challenge")
}

fn ask(world: &World, code: &str, attestation: &str, pop: &str) -> Answer {
    let headers = [("oauth-client-attestation", attestation), ("oauth-client-attestation-pop", pop)];
    world.post_form_with("/token", &[("grant_type", GRANT), ("pre-authorized_code", code)], &headers)
}

/// The code and the detail of a refusal.
fn refused(answer: &Answer) -> (String, String) {
    let detail = answer.json()["detail"].as_str().unwrap_or_default().to_owned();
    (answer.refusal(), detail)
}

#[test]
fn a_token_is_given_to_an_attested_wallet_and_to_no_other() {
    let world = World::start(clock!());
    let mut device = Device::at_level_1(&world);
    demand(&world, true, false, false);
    let metadata = world.get("/.well-known/oauth-authorization-server").done();
    assert_eq!(metadata["token_endpoint_auth_methods_supported"], json!(["attest_jwt_client_auth"]));
    let (code, provider) = (code(&world, &mut device, DOCUMENT), Provider::of(&world));
    let (url, now) = (world.url.clone(), provider.now);
    let wallet = provider.sign(&provider.wallet().prepare());
    let pop = |jti: &str, change: &dyn Fn(&mut PopDraft<'_>)| {
        let challenge = challenge(&world);
        let mut draft = PopDraft { audience: &url, jti, challenge: Some(&challenge), issued: now };
        change(&mut draft);
        provider.pop(&draft)
    };
    let unchanged = |_: &mut PopDraft<'_>| ();
    let detail = |text: &str| ("invalid_client_attestation".to_owned(), text.to_owned());

    // Nothing, or one of the two.
    let plain = world.post_form("/token", &[("grant_type", GRANT), ("pre-authorized_code", &code)]);
    assert_eq!(plain.refusal(), "invalid_client");
    let half = [("oauth-client-attestation", wallet.as_str())];
    let fields = [("grant_type", GRANT), ("pre-authorized_code", code.as_str())];
    assert_eq!(world.post_form_with("/token", &fields, &half).refusal(), "invalid_client");

    // A provider that nobody knows.
    let (root, other) = (Authority::root("others"), TestKey::new());
    let draft = WalletAttestationDraft { chain: vec![root.issue("other", &other)], ..provider.wallet() };
    let unsigned = draft.prepare();
    let unknown = unsigned.assemble(&other.sign(unsigned.to_be_signed()));
    let answer = ask(&world, &code, &unknown, &pop("1", &unchanged));
    assert_eq!(refused(&answer), detail("no trust anchor for this chain"));

    // Over, and an algorithm that is none.
    let draft = WalletAttestationDraft { expires: now, ..provider.wallet() };
    let answer = ask(&world, &code, &provider.sign(&draft.prepare()), &pop("2", &unchanged));
    assert_eq!(refused(&answer), detail("the attestation has expired"));
    // {"alg":"none"} and {"alg":"HS256"}
    for header in ["eyJhbGciOiJub25lIn0", "eyJhbGciOiJIUzI1NiJ9"] {
        let (_, rest) = wallet.split_once('.').unwrap();
        let answer = ask(&world, &code, &format!("{header}.{rest}"), &pop("3", &unchanged));
        assert_eq!(refused(&answer), detail("the algorithm is not ES256"));
    }

    // A proof by another key, for another server, of another time.
    let thief = Provider::of(&world);
    let stolen = {
        let challenge = challenge(&world);
        thief.pop(&PopDraft { audience: &url, jti: "4", challenge: Some(&challenge), issued: now })
    };
    let answer = ask(&world, &code, &wallet, &stolen);
    assert_eq!(refused(&answer), detail("the proof of possession is by another key"));
    let elsewhere = pop("5", &|pop| pop.audience = "https://other.vn");
    assert_eq!(
        refused(&ask(&world, &code, &wallet, &elsewhere)),
        detail("the proof of possession is for another server")
    );
    let old = pop("6", &|pop| pop.issued = now.minus_seconds(LONGEST_POP_AGE + 1));
    assert_eq!(refused(&ask(&world, &code, &wallet, &old)), detail("the proof of possession is too old"));

    // No challenge, an invented one.
    for challenge in [None, Some("invented")] {
        let pop = pop(if challenge.is_some() { "7" } else { "8" }, &|pop| pop.challenge = challenge);
        assert_eq!(ask(&world, &code, &wallet, &pop).refusal(), "use_attestation_challenge");
    }

    // The code is unspent. With everything right it is exchanged, and the same name never serves again.
    assert_eq!(ask(&world, &code, &wallet, &pop("9", &unchanged)).text("token_type"), "Bearer");
    let answer = ask(&world, &code, &wallet, &pop("9", &unchanged));
    assert_eq!(refused(&answer), detail(""));
    assert!(answer.text("error_description").contains("used before"));
}

#[test]
fn a_request_is_pushed_by_an_attested_wallet_under_its_own_name_and_by_no_other() {
    let world = World::start(clock!());
    let provider = Provider::of(&world);
    let push = |client: &str, headers: &[(&'static str, &str)]| {
        let fields = [
            ("response_type", "code"),
            ("client_id", client),
            ("redirect_uri", "http://127.0.0.1:49152/returned"),
            ("state", "s1"),
            ("scope", DOCUMENT),
            ("code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"),
            ("code_challenge_method", "S256"),
        ];
        world.post_form_with("/par", &fields, headers)
    };
    assert_eq!(push("sen-wallet", &[]).status, 201, "nothing is demanded at first");
    demand(&world, true, false, false);
    let wallet = provider.sign(&provider.wallet().prepare());
    let attested = |client: &str, audience: &str| {
        let challenge = challenge(&world);
        let (challenge, issued) = (Some(challenge.as_str()), provider.now);
        let pop = provider.pop(&PopDraft { audience, jti: challenge.unwrap(), challenge, issued });
        let headers = [("oauth-client-attestation", wallet.as_str()), ("oauth-client-attestation-pop", &pop)];
        push(client, &headers)
    };
    assert_eq!(push("sen-wallet", &[]).refusal(), "invalid_client");
    assert_eq!(attested("other-wallet", &world.url).refusal(), "invalid_client");
    let refusal = refused(&attested("sen-wallet", "https://other.vn"));
    assert_eq!(refusal.0, "invalid_client_attestation");
    assert_eq!(attested("sen-wallet", &world.url).status, 201);
    // Also where nothing is demanded, whoever shows an attestation shows a right one.
    demand(&world, false, false, false);
    assert_eq!(attested("other-wallet", &world.url).refusal(), "invalid_client");
}

#[test]
fn a_token_for_a_wallet_names_that_wallet() {
    let world = World::start(clock!());
    let mut device = Device::at_level_1(&world);
    let (code, provider) = (code(&world, &mut device, DOCUMENT), Provider::of(&world));
    let attested = |code: &str, client: &str| {
        let challenge = challenge(&world);
        let pop = provider.pop(&PopDraft {
            audience: &world.url,
            jti: &challenge,
            challenge: Some(&challenge),
            issued: provider.now,
        });
        let wallet = provider.sign(&provider.wallet().prepare());
        let headers = [("oauth-client-attestation", wallet.as_str()), ("oauth-client-attestation-pop", &pop)];
        let fields = [("grant_type", GRANT), ("pre-authorized_code", code), ("client_id", client)];
        world.post_form_with("/token", &fields, &headers)
    };
    assert_eq!(attested(&code, "other-wallet").refusal(), "invalid_client");
    let token = attested(&code, "sen-wallet").text("access_token");
    let key = Key::generate();
    let proof = |iss: Value| {
        let mut claims = json!({"aud": world.url, "iat": world.now(), "nonce": nonce(&world)});
        if !iss.is_null() {
            claims["iss"] = iss;
        }
        key.jws(&json!({"alg": "ES256", "typ": "openid4vci-proof+jwt", "jwk": key.jwk()}), &claims)
    };
    let request = |proof: String| {
        let body = json!({"credential_configuration_id": DOCUMENT, "proofs": {"jwt": [proof]}});
        world.post_as("/credential", &token, &body)
    };
    assert_eq!(request(proof(Value::Null)).refusal(), "invalid_proof");
    assert_eq!(request(proof(json!("other-wallet"))).refusal(), "invalid_proof");
    assert_eq!(request(proof(json!("sen-wallet"))).done()["credentials"].as_array().unwrap().len(), 1);
}

/// A request with one `jwt` proof by a key, and this attestation.
fn by_jwt(world: &World, key: &Key, nonce: &str, attestation: Option<&str>) -> Value {
    let mut header = json!({"alg": "ES256", "typ": "openid4vci-proof+jwt", "jwk": key.jwk()});
    if let Some(attestation) = attestation {
        header["key_attestation"] = json!(attestation);
    }
    let claims = json!({"aud": world.url, "iat": world.now(), "nonce": nonce});
    json!({"credential_configuration_id": DOCUMENT, "proofs": {"jwt": [key.jws(&header, &claims)]}})
}

#[test]
fn a_key_is_attested_with_this_nonce_by_a_provider_that_is_known() {
    let world = World::start(clock!());
    let mut device = Device::at_level_1(&world);
    demand(&world, false, true, false);
    let metadata = world.get("/.well-known/openid-credential-issuer").done();
    let types = &metadata["credential_configurations_supported"][DOCUMENT]["proof_types_supported"];
    assert_eq!(types["jwt"]["key_attestations_required"], json!({}));
    let provider = Provider::of(&world);
    let token = crate::issuance::token(&world, &mut device, DOCUMENT);
    let (key, second, other) = (Key::generate(), Key::generate(), Key::generate());
    let fresh = || nonce(&world);
    let request = |body: &Value| world.post_as("/credential", &token, body);
    let signed = |draft: KeyAttestationDraft| provider.sign(&draft.prepare());

    let c_nonce = fresh();
    assert_eq!(request(&by_jwt(&world, &key, &c_nonce, None)).refusal(), "invalid_proof");
    // Of another key.
    let c_nonce = fresh();
    let others = signed(provider.keys(&[&other], Some(c_nonce.clone())));
    let answer = request(&by_jwt(&world, &key, &c_nonce, Some(&others)));
    assert!(answer.text("error_description").contains("a key that is not attested"));
    // Without a nonce, or with another.
    let c_nonce = fresh();
    let without = signed(provider.keys(&[&key], None));
    assert_eq!(request(&by_jwt(&world, &key, &c_nonce, Some(&without))).refusal(), "invalid_nonce");
    let another = signed(provider.keys(&[&key], Some(fresh())));
    assert_eq!(request(&by_jwt(&world, &key, &c_nonce, Some(&another))).refusal(), "invalid_nonce");
    // Over, or by somebody else.
    let draft =
        KeyAttestationDraft { expires: provider.now, ..provider.keys(&[&key], Some(c_nonce.clone())) };
    let answer = request(&by_jwt(&world, &key, &c_nonce, Some(&signed(draft))));
    assert_eq!(refused(&answer), ("invalid_proof".to_owned(), "the attestation has expired".to_owned()));
    let (root, stranger) = (Authority::root("others"), TestKey::new());
    let chain = vec![root.issue("other", &stranger)];
    let draft = KeyAttestationDraft { chain, ..provider.keys(&[&key], Some(c_nonce.clone())) }.prepare();
    let strange = draft.assemble(&stranger.sign(draft.to_be_signed()));
    let answer = request(&by_jwt(&world, &key, &c_nonce, Some(&strange)));
    assert_eq!(refused(&answer), ("invalid_proof".to_owned(), "no trust anchor for this chain".to_owned()));
    // An attestation alone is not what was asked for.
    let right = signed(provider.keys(&[&key, &second], Some(c_nonce.clone())));
    let alone = json!({"credential_configuration_id": DOCUMENT, "proofs": {"attestation": [right]}});
    assert_eq!(request(&alone).refusal(), "invalid_proof");
    // Right: a copy for each attested key.
    let answer = request(&by_jwt(&world, &key, &c_nonce, Some(&right))).done();
    assert_eq!(answer["credentials"].as_array().unwrap().len(), 2);
}

#[test]
fn an_attestation_alone_proves_keys_where_that_is_asked_for() {
    let world = World::start(clock!());
    let mut device = Device::at_level_1(&world);
    demand(&world, false, true, true);
    let provider = Provider::of(&world);
    let token = crate::issuance::token(&world, &mut device, DOCUMENT);
    let (key, c_nonce) = (Key::generate(), nonce(&world));
    let request = |proofs: Value| {
        let body = json!({"credential_configuration_id": DOCUMENT, "proofs": proofs});
        world.post_as("/credential", &token, &body)
    };
    let right = provider.sign(&provider.keys(&[&key], Some(c_nonce.clone())).prepare());
    let without = provider.sign(&provider.keys(&[&key], None).prepare());
    let five: Vec<Key> = (0..5).map(|_| Key::generate()).collect();
    let many = provider.keys(&five.iter().collect::<Vec<_>>(), Some(c_nonce.clone()));
    let many = provider.sign(&many.prepare());
    let by_jwt = by_jwt(&world, &key, &c_nonce, Some(&right));
    assert_eq!(request(by_jwt["proofs"].clone()).refusal(), "invalid_proof");
    assert_eq!(request(json!({"attestation": [right, right]})).refusal(), "invalid_proof");
    assert_eq!(request(json!({"attestation": [without]})).refusal(), "invalid_nonce");
    assert_eq!(request(json!({"attestation": [many]})).refusal(), "invalid_proof");
    let answer = request(json!({"attestation": [right]})).done();
    assert_eq!(answer["credentials"].as_array().unwrap().len(), 1);
}

/// Requests for a document with proofs that attest these groups of keys, each to another level.
fn attested_groups(
    world: &World,
    provider: &Provider,
    token: &str,
    document: &str,
    groups: &[(&[&Key], u8)],
) -> Answer {
    let c_nonce = nonce(world);
    let proof = |(keys, level_policy): &(&[&Key], u8)| {
        let draft = provider.keys(keys, Some(c_nonce.clone()));
        let attestation =
            provider.sign(&KeyAttestationDraft { level_policy: *level_policy, ..draft }.prepare());
        by_jwt(world, keys[0], &c_nonce, Some(&attestation))["proofs"]["jwt"][0].clone()
    };
    let proofs: Vec<Value> = groups.iter().map(proof).collect();
    world.post_as(
        "/credential",
        token,
        &json!({"credential_configuration_id": document, "proofs": {"jwt": proofs}}),
    )
}

#[test]
fn each_copy_says_what_was_attested_of_its_own_key() {
    let world = World::start(clock!());
    let mut device = Device::at_level_2(&world);
    let provider = Provider::of(&world);
    for (document, told) in [
        ("citizen_sd_jwt", [Some(2), Some(2), Some(3)]),
        ("citizen_mdoc", [Some(2), Some(2), Some(3)]),
        ("residence_mdoc", [Some(2), Some(2), Some(3)]),
        ("adult_sd_jwt", [None; 3]),
        ("adult_mdoc", [None; 3]),
    ] {
        let keys: Vec<Key> = (0..3).map(|_| Key::generate()).collect();
        let token = crate::issuance::token(&world, &mut device, document);
        let groups: [(&[&Key], u8); 2] = [(&[&keys[0], &keys[1]], 2), (&[&keys[2]], 3)];
        let issued = attested_groups(&world, &provider, &token, document, &groups).done();
        let copies = issued["credentials"].as_array().unwrap();
        let policies: Vec<Option<u64>> =
            copies.iter().map(|copy| level_policy(copy["credential"].as_str().unwrap())).collect();
        assert_eq!(policies, told, "{document}");
    }
}

/// What a copy says of its key: among the claims that stand open, or in the namespace of what a device tells.
fn level_policy(copy: &str) -> Option<u64> {
    let claims = if copy.contains('~') {
        Value::Object(SdJwt::parse(copy).unwrap().claims().clone())
    } else {
        IssuerSigned::parse(&decode(copy)).unwrap().to_json()[TRANSACTION_NAMESPACE].clone()
    };
    claims[LEVEL_POLICY].as_u64()
}

#[test]
fn a_key_that_two_attestations_speak_for_is_refused() {
    let world = World::start(clock!());
    let mut device = Device::at_level_1(&world);
    let provider = Provider::of(&world);
    let token = crate::issuance::token(&world, &mut device, DOCUMENT);
    let (one, other) = (Key::generate(), Key::generate());
    let ask = |groups: &[(&[&Key], u8)]| attested_groups(&world, &provider, &token, DOCUMENT, groups);
    assert_eq!(ask(&[(&[&one, &other], 2), (&[&other], 3)]).refusal(), "invalid_proof");
    let many: Vec<Key> = (0..3).map(|_| Key::generate()).collect();
    let three: Vec<&Key> = many.iter().collect();
    // More than four keys, however they are grouped.
    assert_eq!(ask(&[(&three, 2), (&[&one, &other], 3)]).refusal(), "invalid_proof");
    assert_eq!(ask(&[(&[&one], 2), (&[&other], 3)]).done()["credentials"].as_array().unwrap().len(), 2);
}

#[test]
fn the_provider_vouches_for_no_key_that_no_platform_vouched_for() {
    let world = World::start(clock!());
    let mut device = Device::at_level_1(&world);
    let keys = json!({"keys": [Key::generate().jwk()]});
    for (path, op) in [
        ("/account/key-attestation", "key_attestation"),
        ("/account/wallet-attestation", "wallet_attestation"),
    ] {
        assert_eq!(device.ask(&world, path, op, &keys).refusal(), "not_attested");
        assert_eq!(device.ask(&world, path, op, &json!({"keys": []})).refusal(), "malformed_message");
    }
    let handed =
        json!({"keys": [{"jwk": Key::generate().jwk(), "policy": "presentation", "android": ["AA"]}]});
    assert_eq!(device.ask(&world, "/account/attest", "attest_keys", &handed).refusal(), "platform_unknown");
    for keys in [json!([]), json!([{}]), json!("text")] {
        let refused = device.ask(&world, "/account/attest", "attest_keys", &json!({"keys": keys}));
        assert_eq!(refused.refusal(), "malformed_message");
    }
}
