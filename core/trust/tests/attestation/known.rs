//! What real phones said, kept with its source in `tests/vectors/attestation`.
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use sen_trust as trust;
use serde_json::Value;
use trust::attestation::android::Revocations;
use trust::attestation::apple::{AppAttestKey, Environment};
use trust::attestation::{
    AndroidPolicy, ApplePolicy, AttestationError, AttestedPolicy, PlatformRoots, SecurityLevel,
};
use trust::certificates::{Certificate, CertificateError, ChainError};
use trust::p256::PublicKey;
use trust::time::Timestamp;

/// One known answer; none where another set of vectors lacks it.
fn known(name: &str) -> Option<Value> {
    let given = std::env::var_os("SEN_VECTORS").map(PathBuf::from);
    let is_ours = given.is_none();
    let root = given.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/vectors"));
    let file = root.join("attestation").join(name);
    if !file.exists() {
        assert!(!is_ours, "{name} is missing");
        println!("attestation/{name}: absent from SEN_VECTORS, skipped");
        return None;
    }
    Some(serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap())
}

fn bytes(value: &Value) -> Vec<u8> {
    hex::decode(value.as_str().unwrap()).unwrap()
}

fn at(known: &Value) -> Timestamp {
    Timestamp::from_unix(known["at"].as_i64().unwrap())
}

struct Phone {
    chain: Vec<Vec<u8>>,
    challenge: Vec<u8>,
    at: Timestamp,
    policy: AndroidPolicy,
}

/// A Pixel whose key belongs to Google's own services, under the root that its chain names.
fn phone(name: &str) -> Option<Phone> {
    let known = known(name)?;
    let chain: Vec<Vec<u8>> = known["certificates"].as_array().unwrap().iter().map(bytes).collect();
    let signer = hex::decode("f0fd6c5b410f25cb25c3b53346c8972fae30f8ee7411df910480ad6b2d60db83").unwrap();
    let policy = AndroidPolicy {
        roots: PlatformRoots::from_der(&chain[4..]).unwrap(),
        revocations: Revocations::default(),
        packages: BTreeSet::from(["com.google.android.gsf", "com.google.android.gms"].map(str::to_owned)),
        signers: BTreeSet::from([signer.try_into().unwrap()]),
        minimum_level: SecurityLevel::TrustedEnvironment,
        minimum_patch_level: 202_401,
    };
    Some(Phone { challenge: bytes(&known["challenge"]), at: at(&known), chain, policy })
}

#[test]
fn believes_two_real_android_phones_under_an_rsa_and_a_p_384_root() {
    for name in ["android_pixel_8a_2025.json", "android_pixel_2026.json"] {
        let Some(phone) = phone(name) else { continue };
        let read = phone.policy.verify(&phone.chain, &phone.challenge, phone.at).unwrap();
        assert_eq!(read.policy(), AttestedPolicy::Presentation);
        assert_eq!(read.level(), SecurityLevel::TrustedEnvironment);
        assert!(!read.is_biometric());
        let without_root = &phone.chain[..4];
        assert_eq!(phone.policy.verify(without_root, &phone.challenge, phone.at).unwrap(), read);
    }
}

#[test]
fn refuses_a_real_android_phone_where_one_thing_does_not_fit() {
    let Some(phone) = phone("android_pixel_8a_2025.json") else { return };
    let verify = |policy: &AndroidPolicy, at| policy.verify(&phone.chain, &phone.challenge, at).unwrap_err();
    let strong = AndroidPolicy { minimum_level: SecurityLevel::SecureElement, ..phone.policy.clone() };
    assert_eq!(verify(&strong, phone.at), AttestationError::AttestationLevel);
    let newer = AndroidPolicy { minimum_patch_level: 202_612, ..phone.policy.clone() };
    assert_eq!(verify(&newer, phone.at), AttestationError::PatchLevel);
    let ours =
        AndroidPolicy { packages: BTreeSet::from(["vn.example.sen".to_owned()]), ..phone.policy.clone() };
    assert_eq!(verify(&ours, phone.at), AttestationError::Application);
    let later = phone.at.plus_seconds(90 * 24 * 3600);
    assert_eq!(verify(&phone.policy, later), AttestationError::Chain(ChainError::OutsideValidity));
    let serial = r#"{"entries": {"d602a03a672d865ba5a485e33a207c73": {"status": "REVOKED"}}}"#;
    let revocations = Revocations::from_json(serial.as_bytes()).unwrap();
    let revoked = AndroidPolicy { revocations, ..phone.policy.clone() };
    assert_eq!(verify(&revoked, phone.at), AttestationError::Revoked);
}

#[test]
fn an_rsa_authority_is_read_for_platforms_alone() {
    let Some(phone) = phone("android_pixel_8a_2025.json") else { return };
    assert_eq!(Certificate::parse(&phone.chain[4]).unwrap_err(), CertificateError::Algorithm);
    assert_eq!(Certificate::parse(&phone.chain[3]).unwrap_err(), CertificateError::Algorithm);
}

fn apple(known: &Value, environment: Environment) -> ApplePolicy {
    ApplePolicy {
        roots: PlatformRoots::from_der(&[bytes(&known["root"])]).unwrap(),
        application: known["application"].as_str().unwrap().to_owned(),
        environment,
    }
}

#[test]
fn believes_two_real_app_attest_keys_each_in_its_environment_alone() {
    use Environment::{Development, Production};
    for (name, environment, other) in [
        ("apple_production.json", Production, Development),
        ("apple_development.json", Development, Production),
    ] {
        let Some(known) = known(name) else { continue };
        let (object, data) = (bytes(&known["object"]), bytes(&known["client_data"]));
        let verify = |environment| apple(&known, environment).verify(&object, &data, at(&known));
        let key = verify(environment).unwrap();
        let id = ring::digest::digest(&ring::digest::SHA256, key.key().uncompressed());
        assert_eq!(id.as_ref(), bytes(&known["key_id"]));
        assert_eq!(verify(other), Err(AttestationError::Environment));
    }
}

#[test]
fn believes_a_real_assertion_once() {
    let Some(known) = known("apple_assertion.json") else { return };
    let policy = ApplePolicy {
        roots: PlatformRoots::default(),
        application: known["application"].as_str().unwrap().to_owned(),
        environment: Environment::Production,
    };
    let key = PublicKey::from_uncompressed(&bytes(&known["key"])).unwrap();
    let (assertion, data) = (bytes(&known["assertion"]), bytes(&known["client_data"]));
    let used = policy.verify_assertion(&assertion, &AppAttestKey::known(key, 0), &data).unwrap();
    assert_eq!(u64::from(used.counter()), known["counter"].as_u64().unwrap());
    assert_eq!(policy.verify_assertion(&assertion, &used, &data), Err(AttestationError::Counter));
}
