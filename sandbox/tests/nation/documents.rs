//! The documents in standard formats, as any wallet and verifier would read them.
use std::collections::BTreeSet;

use credential::claims::StatusReference;
use credential::mdoc::IssuerSigned;
use credential::sd_jwt::{IssuerKey, SdJwt};
use presentation::openid4vp::TRANSACTION_NAMESPACE;
use serde_json::{Value, json};
use trust::anchors::StatusSigner;
use trust::certificates::{CertificateAnchors, Purpose};
use trust::status::{Status, StatusList};
use trust::time::Timestamp;

use crate::device::{Device, Key, NUMBER, PHONE, decode};
use crate::issuance::{nonce, request, token, token_for};
use crate::world::{Answer, START, World, clock};

pub(crate) fn anchors(world: &World, file: &str) -> CertificateAnchors {
    let pem = std::fs::read_to_string(world.folder.join(file)).unwrap();
    CertificateAnchors::from_pem(&pem).unwrap()
}

fn now(world: &World) -> Timestamp {
    Timestamp::from_unix(world.now())
}

/// Proofs of these keys with one nonce.
fn proofs<'k>(world: &World, keys: impl IntoIterator<Item = &'k Key>, nonce: &str) -> Vec<String> {
    let payload = json!({"aud": world.url, "iat": world.now(), "nonce": nonce});
    let proof = |key: &Key| {
        key.jws(&json!({"alg": "ES256", "typ": "openid4vci-proof+jwt", "jwk": key.jwk()}), &payload)
    };
    keys.into_iter().map(proof).collect()
}

fn ask(world: &World, device: &mut Device, document: &str, keys: &[Key]) -> Answer {
    let token = token(world, device, document);
    let proofs = proofs(world, keys, &nonce(world));
    world.post_as("/credential", &token, &request(document, &proofs))
}

/// The copies of a document, as many as there are keys.
pub(crate) fn copies(world: &World, device: &mut Device, document: &str, keys: &[Key]) -> Vec<String> {
    let issued = ask(world, device, document, keys).done();
    let text = |issued: &Value| issued["credential"].as_str().unwrap().to_owned();
    issued["credentials"].as_array().unwrap().iter().map(text).collect()
}

fn keys(count: usize) -> Vec<Key> {
    (0..count).map(|_| Key::generate()).collect()
}

/// Type, claims and status of a copy, verified for this key.
fn verified(world: &World, copy: &str, key: &Key) -> (String, Value, Option<StatusReference>) {
    let anchors = anchors(world, "documents-ca.pem");
    if copy.contains('~') {
        let found = SdJwt::parse(copy).unwrap().verify(IssuerKey::Anchored(&anchors), now(world)).unwrap();
        assert_eq!(found.holder_key(), Some(key.jwk().key()));
        let status = found.status().cloned();
        return (found.vct().to_owned(), Value::Object(found.claims().clone()), status);
    }
    let bytes = decode(copy);
    let mdoc = IssuerSigned::parse(&bytes).unwrap();
    let found = mdoc.verify(mdoc.doc_type(), &anchors, now(world)).unwrap();
    assert_eq!(found.device_key(), key.jwk().key());
    let claims = found.to_json().as_object().unwrap().values().next().unwrap().clone();
    (found.doc_type().to_owned(), claims, found.status().cloned())
}

/// What the list says, read as a relying party does: the JWT form, signed by the documents' issuer.
fn status(world: &World, reference: &StatusReference) -> Status {
    let path = reference.uri.strip_prefix(&world.url).unwrap();
    let answer = world.get_with(path, "accept", "application/statuslist+jwt");
    assert_eq!(answer.headers.get("content-type").unwrap(), "application/statuslist+jwt");
    let token = String::from_utf8(answer.body).unwrap();
    let header: Value = serde_json::from_slice(&decode(token.split('.').next().unwrap())).unwrap();
    let leaf = base64::Engine::decode(
        &base64::engine::general_purpose::STANDARD,
        header["x5c"][0].as_str().unwrap(),
    );
    let chain = anchors(world, "documents-ca.pem");
    let chain = chain.verify(&[leaf.unwrap()], Purpose::StatusLists, now(world)).unwrap();
    let signer = StatusSigner { kid: Vec::new(), key: *chain.key() };
    let list = StatusList::verify_jwt(&token, &[signer]).unwrap();
    assert_eq!(list.subject(), reference.uri);
    list.get(reference.index).unwrap()
}

#[test]
fn issues_four_documents_in_two_formats_each_copy_for_its_own_key() {
    let world = World::start(clock!());
    let mut device = Device::at_level_2(&world);
    let mut places = BTreeSet::new();
    for (document, kind, name, value) in [
        ("citizen_sd_jwt", "urn:vn:citizen:1", "personal_number", json!(NUMBER)),
        ("citizen_mdoc", "vn.citizen.1", "account_level", json!(2)),
        ("health_insurance_sd_jwt", "urn:vn:health-insurance:1", "name", json!("Đặng Quốc Ưu")),
        ("health_insurance_mdoc", "vn.health-insurance.1", "birth_date", json!("2004-12-31")),
        ("driving_licence_sd_jwt", "urn:vn:driving-licence:1", "family_name", json!("Đặng")),
        ("driving_licence_mdoc", "org.iso.18013.5.1.mDL", "un_distinguishing_sign", json!("VN")),
        ("residence_sd_jwt", "urn:vn:residence:1", "resident_country", json!("VN")),
        ("residence_mdoc", "vn.residence.1", "personal_number", json!(NUMBER)),
    ] {
        let keys = keys(4);
        let copies = copies(&world, &mut device, document, &keys);
        assert_eq!(copies.len(), 4, "{document}");
        for (copy, key) in copies.iter().zip(&keys) {
            let (found, claims, reference) = verified(&world, copy, key);
            let reference = reference.unwrap();
            assert_eq!((found.as_str(), &claims[name]), (kind, &value), "{claims}");
            assert_eq!(status(&world, &reference), Status::Valid);
            places.insert((reference.uri, reference.index));
        }
    }
    assert_eq!(places.len(), 32);
}

#[test]
fn the_identity_approves_transactions_and_others_tell_the_level_alone() {
    let world = World::start(clock!());
    let mut device = Device::at_level_2(&world);
    for (document, approves, tells_level) in [
        ("citizen_mdoc", true, true),
        ("driving_licence_mdoc", false, true),
        // Whose holder is not to be recognised.
        ("adult_mdoc", false, false),
    ] {
        let copy = decode(&copies(&world, &mut device, document, &keys(1))[0]);
        let mdoc = IssuerSigned::parse(&copy).unwrap();
        let allows = |element| mdoc.authorizations().allow(TRANSACTION_NAMESPACE, element);
        assert_eq!(allows("transaction_data_hash"), approves);
        assert_eq!(allows("authentication_level"), tells_level);
    }
}

#[test]
fn copies_of_a_proof_of_age_cannot_be_told_from_those_of_other_people() {
    let world = World::start(clock!());
    let mut device = Device::at_level_2(&world);
    for (document, name) in [("adult_sd_jwt", "urn:vn:adult:1"), ("adult_mdoc", "vn.adult.1")] {
        let keys = keys(4);
        let copies = copies(&world, &mut device, document, &keys);
        for (copy, key) in copies.iter().zip(&keys) {
            let (kind, mut claims, status) = verified(&world, copy, key);
            assert_eq!((kind.as_str(), status), (name, None), "a status index would be a name");
            let claims = claims.as_object_mut().unwrap();
            claims.retain(|name, _| !["iss", "vct", "cnf"].contains(&name.as_str()));
            assert_eq!(claims.remove("age_over_18"), Some(json!(true)));
            for (name, time) in claims.iter() {
                assert!(["iat", "exp"].contains(&name.as_str()), "{name}");
                assert_eq!(time.as_i64().unwrap() % 3600, 0, "times are those of many");
            }
            if let (Some(from), Some(until)) = (claims.get("iat"), claims.get("exp")) {
                assert_eq!(until.as_i64().unwrap() - from.as_i64().unwrap(), 24 * 3600);
            }
        }
    }
}

#[test]
fn a_minor_gets_no_proof_of_age_and_gets_one_on_the_eighteenth_birthday() {
    let world = World::start(clock!());
    // The day before, noon.
    world.pass(1_672_401_600 - START);
    let mut device = Device::seen_at_counter(&world, (NUMBER, PHONE));
    for document in ["adult_sd_jwt", "adult_mdoc"] {
        assert_eq!(ask(&world, &mut device, document, &keys(1)).refusal(), "credential_request_denied");
    }
    // It is not the account: what has no age is issued.
    assert_eq!(copies(&world, &mut device, "residence_sd_jwt", &keys(1)).len(), 1);
    world.pass(24 * 3600);
    for document in ["adult_sd_jwt", "adult_mdoc"] {
        assert_eq!(copies(&world, &mut device, document, &keys(1)).len(), 1);
    }
}

#[test]
fn nobody_holds_the_proof_of_age_of_another() {
    let world = World::start(clock!());
    let mut guardian = Device::seen_at_counter(&world, ("000199012345", "0900000001"));
    let ward_of_sixty_five = "000060000005";
    let token = token_for(&world, &mut guardian, "adult_sd_jwt", ward_of_sixty_five);
    let key = Key::generate();
    let body = request("adult_sd_jwt", &proofs(&world, [&key], &nonce(&world)));
    assert_eq!(world.post_as("/credential", &token, &body).refusal(), "credential_request_denied");
}

#[test]
fn the_anchor_is_not_in_the_chain_and_no_authority_stands_for_another() {
    let world = World::start(clock!());
    let mut device = Device::at_level_1(&world);
    let key = keys(1);
    let copy = copies(&world, &mut device, "citizen_mdoc", &key).remove(0);
    let bytes = decode(&copy);
    let mdoc = IssuerSigned::parse(&bytes).unwrap();
    let anchor = anchors(&world, "documents-ca.pem");
    let verified = mdoc.verify("vn.citizen.1", &anchor, now(&world)).unwrap();
    let [leaf] = verified.issuer().certificates() else { panic!("one certificate") };
    let issuer = anchor.certificates().next().unwrap();
    assert_ne!(leaf.subject(), issuer.subject());
    assert_eq!(leaf.authority_key_id(), issuer.subject_key_id());
    let others = anchors(&world, "ca.pem");
    assert!(mdoc.verify("vn.citizen.1", &others, now(&world)).is_err());
}

#[test]
fn an_account_at_level_1_gets_the_identity_alone_and_it_says_so() {
    let world = World::start(clock!());
    let mut device = Device::at_level_1(&world);
    let key = keys(1);
    let copy = copies(&world, &mut device, "citizen_sd_jwt", &key).remove(0);
    assert_eq!(verified(&world, &copy, &key[0]).1["account_level"], json!(1));
    for document in ["residence_sd_jwt", "driving_licence_mdoc", "health_insurance_mdoc"] {
        let members = json!({"credential": document});
        let answer = device.ask(&world, "/account/offer", "offer", &members);
        assert_eq!(answer.refusal(), "level_required", "{document}");
    }
}

#[test]
fn a_lock_reaches_the_list_of_a_standard_document_at_once() {
    let world = World::start(clock!());
    let mut device = Device::at_level_1(&world);
    let key = keys(1);
    let copy = copies(&world, &mut device, "citizen_sd_jwt", &key).remove(0);
    let reference = verified(&world, &copy, &key[0]).2.unwrap();
    assert_eq!(status(&world, &reference), Status::Valid);
    device.ask(&world, "/account/lock", "lock", &json!({})).done();
    assert_eq!(status(&world, &reference), Status::Suspended);
    device.ask(&world, "/account/unlock", "unlock", &json!({})).done();
    assert_eq!(status(&world, &reference), Status::Valid);
    world.post("/sandbox/death", &json!({"number": NUMBER})).done();
    assert_eq!(status(&world, &reference), Status::Revoked);
}

#[test]
fn refuses_too_many_copies_a_key_twice_and_two_nonces() {
    let world = World::start(clock!());
    let mut device = Device::at_level_1(&world);
    let refused = |device: &mut Device, proofs: &[String]| {
        let token = token(&world, device, "citizen_mdoc");
        world.post_as("/credential", &token, &request("citizen_mdoc", proofs)).refusal()
    };
    let five = keys(5);
    assert_eq!(refused(&mut device, &proofs(&world, &five, &nonce(&world))), "invalid_proof");
    let twice = [&five[0], &five[0]];
    assert_eq!(refused(&mut device, &proofs(&world, twice, &nonce(&world))), "invalid_proof");
    let mut two = proofs(&world, &five[..1], &nonce(&world));
    two.extend(proofs(&world, &five[1..2], &nonce(&world)));
    assert_eq!(refused(&mut device, &two), "invalid_nonce");
    let two = proofs(&world, &five[..2], &nonce(&world));
    let token = token(&world, &mut device, "citizen_mdoc");
    world.post_as("/credential", &token, &request("citizen_mdoc", &two)).done();
    // Nor is a used nonce good for another key.
    assert_eq!(refused(&mut device, &two), "invalid_nonce");
}

#[test]
fn a_counter_hands_over_an_offer_of_the_persons_own_document() {
    let world = World::start(clock!());
    let _device = Device::at_level_1(&world);
    let ask = |credential: &str, number: &str| {
        world.post("/sandbox/offer", &json!({"number": number, "credential": credential}))
    };
    let link = ask("citizen_mdoc", NUMBER).text("credential_offer");
    assert!(link.starts_with("openid-credential-offer://?credential_offer="));
    assert_eq!(ask("residence_mdoc", NUMBER).refusal(), "level_required");
    assert_eq!(ask("passport", NUMBER).refusal(), "credential_unknown");
    assert_eq!(ask("citizen_mdoc", "000199012345").refusal(), "unknown_person");
}
