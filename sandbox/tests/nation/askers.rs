//! The register of those who ask: an integrator with a key of its own is believed by wallets, for what it registered, until it is
//! withdrawn.
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use credential::jose::{Jwk, compact};
use der::pem::{LineEnding, encode_string};
use presentation::openid4vp::{
    ClientId, Expectation, RequestDraft, RequestError, Requester, Unsigned, VerifiedRequest, verify,
};
use serde_json::{Value, json};
use test_key::TestKey;
use trust::anchors::Role;
use trust::time::Timestamp;

use crate::lists::trust;
use crate::world::{World, clock};

const ADDRESS: &str = "https://portal.example.vn";

fn query(claims: &[&str]) -> Value {
    let claims: Vec<_> = claims.iter().map(|claim| json!({"path": [claim]})).collect();
    json!({"credentials": [{"id": "citizen", "format": "dc+sd-jwt", "meta": {"vct_values": ["urn:vn:citizen:1"]}, "claims": claims}]})
}

/// What an integrator hands in.
fn wish(name: &str, key: &TestKey) -> Value {
    json!({"name": name, "address": ADDRESS, "purpose": "to sign you in", "may_ask": query(&["name"]),
           "key": Jwk::new(key.public()).to_json()})
}

fn with(wish: &Value, name: &str, value: Value) -> Value {
    let mut wish = wish.clone();
    wish[name] = value;
    wish
}

/// A request by what was registered, as a wallet reads it that believes the nation's trust list.
fn asked(
    world: &World,
    key: &TestKey,
    registered: &Value,
    at: &str,
) -> Result<VerifiedRequest, RequestError> {
    let now = Timestamp::from_unix(world.now());
    let client_id = ClientId::parse(registered["client_id"].as_str().unwrap()).unwrap();
    let leaf = STANDARD.decode(registered["x5c"][0].as_str().unwrap()).unwrap();
    let input = RequestDraft {
        client_id: &client_id,
        chain: &[leaf],
        response_uri: &format!("{at}/answer"),
        nonce: "n0123456789012345678901",
        state: "s0123456789012345678901",
        query: &query(&["name"]),
        transaction: None,
        encryption_key: None,
        verifier_info: registered["verifier_info"].as_array().unwrap(),
        wallet_nonce: None,
        issued_at: now,
        expires_at: now.plus_seconds(60),
    }
    .signing_input();
    let list = trust(world);
    let expectation = Expectation {
        verifiers: &list.certificate_anchors(Role::Requests),
        registrars: &list.certificate_anchors(Role::Registrations),
        fetched_from: None,
        wallet_nonce: None,
        unsigned: Unsigned::Refused,
        now,
    };
    verify(&compact(&input, &key.sign(input.as_bytes())), &client_id, &expectation)
        .map_err(|refused| refused.error)
}

#[test]
fn wallets_believe_who_registered_with_a_key_of_its_own_until_it_is_withdrawn() {
    let world = World::start(clock!());
    let (key, other) = (TestKey::new(), TestKey::new());
    let registered = world.post("/sandbox/asker", &wish("Cổng thử", &key)).done();
    let request = asked(&world, &key, &registered, ADDRESS).unwrap();
    let Requester::Certified { subject, vouched_by, .. } = request.requester() else { panic!("certified") };
    assert!(subject.contains("Cổng thử") && vouched_by.contains("askers"), "{subject} {vouched_by}");
    let registration = request.registration().unwrap();
    assert_eq!((registration.name(), registration.purpose()), ("Cổng thử", "to sign you in"));
    // Another's key signs nothing in its name.
    assert!(asked(&world, &other, &registered, ADDRESS).is_err());

    // The same key may come again; another one may not take the name.
    let again = world.post("/sandbox/asker", &wish("Cổng thử", &key)).done();
    assert_ne!(again["certificate"], registered["certificate"]);
    assert_eq!(world.post("/sandbox/asker", &wish("Cổng thử", &other)).refusal(), "name_taken");
    assert_eq!(world.post("/sandbox/asker", &wish("portal", &other)).refusal(), "name_taken");
    // Nor one that looks the same on a phone, here in characters apart from their marks, nor what the nation's own are called.
    for taken in
        ["Cô\u{309}ng thử", "Ngân hàng Mẫu", "Nga\u{302}n hàng Mẫu", "Cổng dịch vụ công Mẫu, TEST ONLY"]
    {
        assert_eq!(world.post("/sandbox/asker", &wish(taken, &other)).refusal(), "name_taken", "{taken}");
    }
    let apart = world.post("/sandbox/asker", &wish("Cô\u{309}ng thử", &key)).done();
    assert_eq!(apart["name"], "Cổng thử");

    let withdraw = |withdrawn: bool| {
        world.post("/sandbox/withdrawal", &json!({"who": "Cổng thử", "withdrawn": withdrawn})).done()
    };
    withdraw(true);
    // The list that wallets have would not name another certificate.
    assert_eq!(world.post("/sandbox/asker", &wish("Cổng thử", &key)).refusal(), "asker_withdrawn");
    for one in [&registered, &again] {
        assert!(matches!(asked(&world, &key, one, ADDRESS), Err(RequestError::Certificate(_))));
    }
    withdraw(false);
    asked(&world, &key, &again, ADDRESS).unwrap();
    let unknown = world.post("/sandbox/withdrawal", &json!({"who": "Ai đó", "withdrawn": true}));
    assert_eq!(unknown.refusal(), "who_unknown");
}

#[test]
fn certificate_and_registration_live_as_long_as_is_said() {
    let world = World::start(clock!());
    let key = TestKey::new();
    // Days begin at midnight, lives whenever they do.
    world.pass(12 * 3600);
    let registered = world.post("/sandbox/asker", &wish("Cổng thử", &key)).done();
    world.pass(registered["expires_in"].as_i64().unwrap() - 1);
    assert!(asked(&world, &key, &registered, ADDRESS).unwrap().registration().is_some());
    world.pass(24 * 3600);
    assert!(asked(&world, &key, &registered, ADDRESS).is_err());
}

#[test]
fn a_host_name_can_be_the_name_under_which_wallets_know_it() {
    let world = World::start(clock!());
    let key = TestKey::new();
    let by_name = with(&wish("Cổng thử", &key), "client_id_prefix", json!("x509_san_dns"));
    let registered = world.post("/sandbox/asker", &by_name).done();
    assert_eq!(registered["client_id"], "x509_san_dns:portal.example.vn");
    let request = asked(&world, &key, &registered, ADDRESS).unwrap();
    assert!(request.registration().is_some());
    assert!(asked(&world, &key, &registered, "https://elsewhere.example.vn").is_err());
    let without = with(&by_name, "address", json!("https://127.0.0.1:9443"));
    assert_eq!(world.post("/sandbox/asker", &without).refusal(), "invalid_request");
}

/// A request of `openssl req -new`, and the same with one letter of its signature changed.
#[test]
fn a_certificate_request_shows_the_key_if_it_is_signed_by_it() {
    let world = World::start(clock!());
    let key = rcgen::KeyPair::generate().unwrap();
    let request = rcgen::CertificateParams::default().serialize_request(&key).unwrap();
    let wish = |pem: &str| {
        json!({"name": "Ngân hàng thử", "address": "https://127.0.0.1:9443", "purpose": "to know customers",
               "may_ask": query(&["name"]), "csr": pem})
    };
    let registered = world.post("/sandbox/asker", &wish(&request.pem().unwrap())).done();
    assert!(registered["client_id"].as_str().unwrap().starts_with("x509_hash:"));
    let mut forged = request.der().to_vec();
    *forged.last_mut().unwrap() ^= 1;
    let forged = encode_string("CERTIFICATE REQUEST", LineEnding::LF, &forged).unwrap();
    assert_eq!(world.post("/sandbox/asker", &wish(&forged)).refusal(), "invalid_request");

    // The page does the same.
    let query = query(&["name"]).to_string();
    let form = |may_ask: &str, csr: &str| {
        world.post_form(
            "/sandbox/asker",
            &[
                ("name", "Quầy <thử>"),
                ("address", "https://127.0.0.1:9443"),
                ("purpose", "x"),
                ("may_ask", may_ask),
                ("csr", csr),
            ],
        )
    };
    let page = form(&query, &request.pem().unwrap());
    let text = String::from_utf8(page.body).unwrap();
    assert_eq!(page.status, 200, "{text}");
    assert!(
        text.contains("BEGIN CERTIFICATE-----")
            && text.contains("Quầy &lt;thử&gt;")
            && !text.contains("<thử>")
    );
    for refused in [form(&query, &forged), form("no JSON", &request.pem().unwrap())] {
        assert_eq!(refused.status, 400);
        assert!(String::from_utf8(refused.body).unwrap().contains("href=\"/sandbox/asker\""));
    }
    assert!(String::from_utf8(world.get("/sandbox/asker").body).unwrap().contains("<textarea name=\"csr\""));
}

#[test]
fn refuses_what_wallets_would_not_show_or_understand() {
    let world = World::start(clock!());
    let good = wish("Cổng thử", &TestKey::new());
    for (member, value, code) in [
        ("name", json!(""), "invalid_request"),
        ("name", json!("x".repeat(65)), "invalid_request"),
        ("name", json!("\u{202e}"), "invalid_request"),
        ("purpose", json!("x".repeat(161)), "invalid_request"),
        ("address", json!("http://portal.example.vn"), "invalid_request"),
        ("address", json!("portal"), "invalid_request"),
        ("may_ask", json!({}), "invalid_query"),
        ("client_id_prefix", json!("redirect_uri"), "invalid_request"),
        ("key", json!({"kty": "EC"}), "invalid_request"),
        ("key", Value::Null, "invalid_request"),
        ("csr", json!("both"), "invalid_request"),
    ] {
        let refused = world.post("/sandbox/asker", &with(&good, member, value.clone()));
        assert_eq!(refused.refusal(), code, "{member} {value}");
    }
    world.post("/sandbox/asker", &good).done();
}
