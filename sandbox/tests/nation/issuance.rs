use credential::claims::Vct;
use credential::sd_cwt::{LONGEST_LIFE, SdCwt};
use presentation::animated;
use serde_json::{Value, json};

use crate::device::{Device, Key, NUMBER, decode};
use crate::lists::trust;
use crate::world::{Answer, World, clock};

const GRANT: &str = "urn:ietf:params:oauth:grant-type:pre-authorized_code";
pub(crate) const CITIZEN: (&str, &str) = ("citizen", "citizen_sd_cwt");
pub(crate) const INSURANCE: (&str, &str) = ("health-insurance", "health_insurance_sd_cwt");

/// The offer that a link carries.
fn offer(world: &World, device: &mut Device, name: &str) -> Value {
    offer_of(world, device, &json!({"credential": name}))
}

pub(crate) fn offer_of(world: &World, device: &mut Device, members: &Value) -> Value {
    let link = device.ask(world, "/account/offer", "offer", members).text("credential_offer");
    let link = url::Url::parse(&link).unwrap();
    assert_eq!(link.scheme(), "openid-credential-offer");
    let (_, text) = link.query_pairs().find(|(member, _)| member == "credential_offer").unwrap();
    serde_json::from_str(&text).unwrap()
}

pub(crate) fn code(world: &World, device: &mut Device, name: &str) -> String {
    let offer = offer(world, device, name);
    assert_eq!(offer["credential_issuer"], world.url);
    offer["grants"][GRANT]["pre-authorized_code"].as_str().unwrap().to_owned()
}

pub(crate) fn exchange(world: &World, code: &str) -> Answer {
    world.post_form("/token", &[("grant_type", GRANT), ("pre-authorized_code", code)])
}

pub(crate) fn token(world: &World, device: &mut Device, name: &str) -> String {
    let code = code(world, device, name);
    let answer = exchange(world, &code);
    assert_eq!(answer.text("token_type"), "Bearer");
    answer.text("access_token")
}

pub(crate) fn nonce(world: &World) -> String {
    world.post("/nonce", &Value::Null).text("c_nonce")
}

/// A key proof, with these members replaced in its payload.
pub(crate) fn proof(world: &World, key: &Key, replaced: &Value) -> String {
    let mut payload = json!({"aud": world.url, "iat": world.now(), "nonce": nonce(world)});
    payload.as_object_mut().unwrap().extend(replaced.as_object().unwrap().clone());
    key.jws(&json!({"alg": "ES256", "typ": "openid4vci-proof+jwt", "jwk": key.jwk()}), &payload)
}

pub(crate) fn request(configuration: &str, proofs: &[String]) -> Value {
    json!({"credential_configuration_id": configuration, "proofs": {"jwt": proofs}})
}

/// Obtains a credential for a key as an honest wallet does.
pub(crate) fn obtain(world: &World, device: &mut Device, document: (&str, &str), key: &Key) -> Vec<u8> {
    let token = token(world, device, document.0);
    issued(world, &token, document.1, key)
}

/// The same, of a person in the holder's care.
pub(crate) fn obtain_for(
    world: &World,
    device: &mut Device,
    document: (&str, &str),
    key: &Key,
    person: &str,
) -> Vec<u8> {
    let token = token_for(world, device, document.0, person);
    issued(world, &token, document.1, key)
}

/// A token for a document of a person in the holder's care.
pub(crate) fn token_for(world: &World, device: &mut Device, name: &str, person: &str) -> String {
    let offer = offer_of(world, device, &json!({"credential": name, "for": person}));
    let code = offer["grants"][GRANT]["pre-authorized_code"].as_str().unwrap().to_owned();
    exchange(world, &code).text("access_token")
}

fn issued(world: &World, token: &str, configuration: &str, key: &Key) -> Vec<u8> {
    let body = request(configuration, &[proof(world, key, &json!({}))]);
    let answer = world.post_as("/credential", token, &body).done();
    decode(answer["credentials"][0]["credential"].as_str().unwrap())
}

#[test]
fn issues_both_documents_bound_to_their_keys() {
    let world = World::start(clock!());
    let mut device = Device::at_level_2(&world);
    let trust = trust(&world);
    for (document, vct) in [(CITIZEN, Vct::Citizen), (INSURANCE, Vct::HealthInsurance)] {
        let key = Key::generate();
        let bytes = obtain(&world, &mut device, document, &key);
        let parsed = SdCwt::parse(&bytes).unwrap();
        let issuer = trust.issuer(parsed.issuer(), parsed.key_id()).unwrap();
        assert!(issuer.vcts.iter().any(|named| named == vct.urn()));
        let verified = parsed.verify(&issuer.key).unwrap();
        assert_eq!(verified.vct(), vct);
        assert_eq!(verified.holder_key(), key.jwk().key());
        assert_eq!(verified.issued_at().as_unix(), world.now());
        assert!(verified.expires().as_unix() - world.now() <= LONGEST_LIFE);
        assert_eq!(verified.subject().len(), 8);
        println!("{}: {} bytes", document.0, bytes.len());
        let clinic = verified.claims().clinic();
        // Of the citizen credential every claim is redacted until the holder discloses it.
        assert_eq!(clinic.is_ok(), vct == Vct::HealthInsurance);
        if let Ok(clinic) = clinic {
            assert_eq!(clinic.person.number, NUMBER);
            assert_eq!(clinic.person.name, "Đặng Quốc Ưu");
            assert_eq!(clinic.insurance.number.len(), 15);
            assert!(clinic.person.portrait_hash.is_some());
        }
    }
}

#[test]
fn the_portrait_beside_a_credential_is_the_one_it_vouches_for_and_fits_four_codes() {
    let world = World::start(clock!());
    let mut device = Device::at_level_2(&world);
    let (token, key) = (token(&world, &mut device, INSURANCE.0), Key::generate());
    let body = request(INSURANCE.1, &[proof(&world, &key, &json!({}))]);
    let issued = world.post_as("/credential", &token, &body).done();
    let member = |name: &str| decode(issued["credentials"][0][name].as_str().unwrap());
    let (credential, portrait) = (member("credential"), member("portrait"));
    let parsed = SdCwt::parse(&credential).unwrap();
    let issuer = trust(&world).issuer(parsed.issuer(), parsed.key_id()).unwrap().key;
    let verified = parsed.verify(&issuer).unwrap();
    assert!(animated::is_portrait_of(&portrait, &verified.claims().portrait_hash.unwrap()));
    let frames = animated::split(&portrait).unwrap();
    println!("{} bytes in {} codes", portrait.len(), frames.len());
    assert!(portrait.starts_with(&[0xff, 0xd8, 0xff]), "a JPEG");
}

#[test]
fn publishes_metadata_at_the_well_known_places() {
    let world = World::start(clock!());
    let issuer = world.get("/.well-known/openid-credential-issuer").done();
    assert_eq!(issuer["credential_issuer"], world.url);
    for (_, configuration) in [CITIZEN, INSURANCE] {
        let entry = &issuer["credential_configurations_supported"][configuration];
        assert_eq!(entry["format"], "dc+sd-cwt");
        assert_eq!(
            entry["proof_types_supported"]["jwt"]["proof_signing_alg_values_supported"],
            json!(["ES256"])
        );
    }
    let server = world.get("/.well-known/oauth-authorization-server").done();
    assert_eq!(server["issuer"], world.url);
    assert_eq!(server["token_endpoint"], format!("{}/token", world.url));
    assert_eq!(server["pre-authorized_grant_anonymous_access_supported"], true);
}

#[test]
fn offers_nothing_below_level_2_or_to_a_locked_account() {
    let world = World::start(clock!());
    let mut device = Device::at_level_1(&world);
    let ask = json!({"credential": "citizen"});
    assert_eq!(device.ask(&world, "/account/offer", "offer", &ask).refusal(), "level_required");
    device.ask(&world, "/account/lock", "lock", &json!({})).done();
    assert_eq!(device.ask(&world, "/account/offer", "offer", &ask).refusal(), "account_locked");
}

#[test]
fn offers_only_documents_that_there_are() {
    let world = World::start(clock!());
    let mut device = Device::at_level_2(&world);
    let ask = json!({"credential": "driving-licence-of-the-moon"});
    assert_eq!(device.ask(&world, "/account/offer", "offer", &ask).refusal(), "credential_unknown");
}

#[test]
fn exchanges_a_code_once_and_in_time() {
    let world = World::start(clock!());
    let mut device = Device::at_level_2(&world);
    let once = code(&world, &mut device, "citizen");
    exchange(&world, &once).done();
    assert_eq!(exchange(&world, &once).refusal(), "invalid_grant");
    assert_eq!(exchange(&world, "invented").refusal(), "invalid_grant");
    let late = code(&world, &mut device, "citizen");
    world.pass(300);
    assert_eq!(exchange(&world, &late).refusal(), "invalid_grant");
}

#[test]
fn refuses_token_requests_that_break_the_rules() {
    let world = World::start(clock!());
    let mut device = Device::at_level_2(&world);
    let code = code(&world, &mut device, "citizen");
    let fields = [("grant_type", GRANT), ("pre-authorized_code", code.as_str()), ("tx_code", "1234")];
    assert_eq!(world.post_form("/token", &fields).refusal(), "invalid_request");
    assert_eq!(world.post_form("/token", &fields[..1]).refusal(), "invalid_request");
    assert_eq!(world.post_form("/token", &fields[1..2]).refusal(), "invalid_request");
    let password = [("grant_type", "password")];
    assert_eq!(world.post_form("/token", &password).refusal(), "unsupported_grant_type");
    assert_eq!(world.post_text("/token", "application/json", "{}").refusal(), "invalid_request");
    exchange(&world, &code).done();
}

#[test]
fn refuses_a_token_that_is_wrong_too_old_or_spent() {
    let world = World::start(clock!());
    let mut device = Device::at_level_2(&world);
    let key = Key::generate();
    let body = request(CITIZEN.1, &[proof(&world, &key, &json!({}))]);
    for answer in [world.post("/credential", &body), world.post_as("/credential", "invented", &body)] {
        assert_eq!((answer.status, answer.refusal().as_str()), (401, "invalid_token"));
        assert_eq!(answer.headers.get("www-authenticate").unwrap(), "Bearer error=\"invalid_token\"");
    }
    let spent = token(&world, &mut device, CITIZEN.0);
    world.post_as("/credential", &spent, &body).done();
    let again = request(CITIZEN.1, &[proof(&world, &Key::generate(), &json!({}))]);
    assert_eq!(world.post_as("/credential", &spent, &again).refusal(), "invalid_token");
    let late = token(&world, &mut device, CITIZEN.0);
    world.pass(300);
    let body = request(CITIZEN.1, &[proof(&world, &Key::generate(), &json!({}))]);
    assert_eq!(world.post_as("/credential", &late, &body).refusal(), "invalid_token");
}

#[test]
fn a_refused_request_does_not_spend_the_token() {
    let world = World::start(clock!());
    let mut device = Device::at_level_2(&world);
    let (key, token) = (Key::generate(), token(&world, &mut device, CITIZEN.0));
    let stale = request(CITIZEN.1, &[proof(&world, &key, &json!({"nonce": "stale"}))]);
    assert_eq!(world.post_as("/credential", &token, &stale).refusal(), "invalid_nonce");
    let fresh = request(CITIZEN.1, &[proof(&world, &key, &json!({}))]);
    world.post_as("/credential", &token, &fresh).done();
}

#[test]
fn refuses_a_document_that_the_token_is_not_for() {
    let world = World::start(clock!());
    let mut device = Device::at_level_2(&world);
    let token = token(&world, &mut device, CITIZEN.0);
    let proofs = [proof(&world, &Key::generate(), &json!({}))];
    for other in [INSURANCE.1, "moon"] {
        let answer = world.post_as("/credential", &token, &request(other, &proofs));
        assert_eq!(answer.refusal(), "unknown_credential_configuration");
    }
    let none = json!({"proofs": {"jwt": proofs}});
    assert_eq!(world.post_as("/credential", &token, &none).refusal(), "invalid_credential_request");
    let identifier = json!({"credential_identifier": "x", "proofs": {"jwt": proofs}});
    assert_eq!(world.post_as("/credential", &token, &identifier).refusal(), "unknown_credential_identifier");
    assert_eq!(world.post_as("/credential", &token, &json!([])).refusal(), "invalid_credential_request");
}

#[test]
fn refuses_a_proof_that_is_wrong() {
    let world = World::start(clock!());
    let mut device = Device::at_level_2(&world);
    let (key, token) = (Key::generate(), token(&world, &mut device, CITIZEN.0));
    let good = proof(&world, &key, &json!({}));
    let payload = json!({"aud": world.url, "iat": world.now(), "nonce": nonce(&world)});
    let header = json!({"alg": "ES256", "typ": "openid4vci-proof+jwt", "jwk": key.jwk()});
    let mut refused = vec![
        vec![],
        vec![good.clone(), good.clone()],
        vec![proof(&world, &key, &json!({"aud": "https://127.0.0.1:1"}))],
        vec![proof(&world, &key, &json!({"iat": world.now() - 301}))],
        vec![proof(&world, &key, &json!({"iat": world.now() + 301}))],
        vec![proof(&world, &key, &json!({"iss": "a client that is none"}))],
        vec![Key::generate().jws(&header, &payload)],
        vec![key.jws(&json!({"alg": "ES256", "typ": "jwt", "jwk": key.jwk()}), &payload)],
        vec![key.jws(&json!({"alg": "ES256", "typ": "openid4vci-proof+jwt"}), &payload)],
        vec![key.jws(
            &json!({"alg": "ES256", "typ": "openid4vci-proof+jwt", "jwk": key.jwk(), "kid": "1"}),
            &payload,
        )],
        vec![good[..good.len() - 4].to_owned() + "AAAA"],
    ];
    for proofs in refused.drain(..) {
        let answer = world.post_as("/credential", &token, &request(CITIZEN.1, &proofs));
        assert_eq!(answer.refusal(), "invalid_proof", "{proofs:?}");
    }
    let both =
        json!({"credential_configuration_id": CITIZEN.1, "proofs": {"jwt": [good], "attestation": ["x"]}});
    assert_eq!(world.post_as("/credential", &token, &both).refusal(), "invalid_proof");
    let none = json!({"credential_configuration_id": CITIZEN.1});
    assert_eq!(world.post_as("/credential", &token, &none).refusal(), "invalid_proof");
}

#[test]
fn a_nonce_serves_once_and_for_two_minutes() {
    let world = World::start(clock!());
    let mut device = Device::at_level_2(&world);
    let once = nonce(&world);
    let first = token(&world, &mut device, CITIZEN.0);
    let body = request(CITIZEN.1, &[proof(&world, &Key::generate(), &json!({"nonce": once}))]);
    world.post_as("/credential", &first, &body).done();
    let second = token(&world, &mut device, CITIZEN.0);
    let body = request(CITIZEN.1, &[proof(&world, &Key::generate(), &json!({"nonce": once}))]);
    assert_eq!(world.post_as("/credential", &second, &body).refusal(), "invalid_nonce");
    let late = nonce(&world);
    world.pass(120);
    let body = request(CITIZEN.1, &[proof(&world, &Key::generate(), &json!({"nonce": late}))]);
    assert_eq!(world.post_as("/credential", &second, &body).refusal(), "invalid_nonce");
}

#[test]
fn binds_a_key_to_one_credential() {
    let world = World::start(clock!());
    let mut device = Device::at_level_2(&world);
    let key = Key::generate();
    obtain(&world, &mut device, CITIZEN, &key);
    let token = token(&world, &mut device, INSURANCE.0);
    let body = request(INSURANCE.1, &[proof(&world, &key, &json!({}))]);
    assert_eq!(world.post_as("/credential", &token, &body).refusal(), "invalid_proof");
    // Nor is the instance key one: it signs account messages only.
    let own = request(INSURANCE.1, &[proof(&world, &device.key, &json!({}))]);
    assert_eq!(world.post_as("/credential", &token, &own).refusal(), "invalid_proof");
}

#[test]
fn issues_nothing_to_an_account_that_was_locked_meanwhile() {
    let world = World::start(clock!());
    let mut device = Device::at_level_2(&world);
    let token = token(&world, &mut device, CITIZEN.0);
    device.ask(&world, "/account/lock", "lock", &json!({})).done();
    let body = request(CITIZEN.1, &[proof(&world, &Key::generate(), &json!({}))]);
    assert_eq!(world.post_as("/credential", &token, &body).refusal(), "credential_request_denied");
}
