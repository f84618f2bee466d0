use sen_trust as trust;
use test_key::TestKey;
use test_key::platform::{AppleMaker, DEVELOPMENT, PRODUCTION};
use trust::attestation::apple::{AppAttestKey, Environment, client_data};
use trust::attestation::{ApplePolicy, AttestationError, AttestedPolicy, PlatformRoots, SecurityLevel};
use trust::certificates::ChainError;
use trust::p256::PublicKey;

use crate::{CHALLENGE, NOW};

const APPLICATION: &str = "0000000000.vn.example.sen";

pub(crate) fn policy(maker: &AppleMaker) -> ApplePolicy {
    ApplePolicy {
        roots: PlatformRoots::from_pem(&maker.root_pem()).unwrap(),
        application: APPLICATION.to_owned(),
        environment: Environment::Production,
    }
}

pub(crate) fn data(key: &TestKey) -> Vec<u8> {
    AppleMaker::authenticator_data(APPLICATION, PRODUCTION, key)
}

fn public(key: &TestKey) -> PublicKey {
    PublicKey::from_uncompressed(key.public().uncompressed()).unwrap()
}

/// What becomes of these authenticator data.
fn refusal(key: &TestKey, data: &[u8]) -> AttestationError {
    let maker = AppleMaker::new();
    let object = maker.attest(key, data, CHALLENGE);
    policy(&maker).verify(&object, CHALLENGE, NOW).unwrap_err()
}

#[test]
fn believes_a_device_key_by_attestation_and_a_further_one_by_assertion() {
    let (maker, signer) = (AppleMaker::new(), TestKey::new());
    let (first, further) = (public(&TestKey::new()), public(&TestKey::new()));
    let policy = policy(&maker);
    let said = client_data(&first, AttestedPolicy::Presentation, CHALLENGE);
    let object = maker.attest(&signer, &data(&signer), &said);
    let verify = |policy_of_key, key| policy.verify_device_key(&object, key, policy_of_key, CHALLENGE, NOW);
    let (vouched, attested) = verify(AttestedPolicy::Presentation, &first).unwrap();
    assert_eq!((vouched.key(), vouched.level()), (&first, SecurityLevel::SecureElement));
    assert_eq!((vouched.policy(), vouched.authentication_level()), (AttestedPolicy::Presentation, 2));
    assert!(!vouched.is_biometric());
    assert_eq!((attested.key(), attested.counter()), (&public(&signer), 0));
    // Neither another key nor another policy.
    assert_eq!(verify(AttestedPolicy::Presentation, &further), Err(AttestationError::Challenge));
    assert_eq!(verify(AttestedPolicy::Approval, &first), Err(AttestationError::Challenge));

    let said = client_data(&further, AttestedPolicy::Approval, b"next");
    let assertion = AppleMaker::assert(&signer, APPLICATION, 1, &said);
    let further_key = |challenge| {
        policy.verify_further_key(&assertion, &attested, &further, AttestedPolicy::Approval, challenge)
    };
    let (vouched, used) = further_key(&b"next"[..]).unwrap();
    assert_eq!((vouched.key(), vouched.policy()), (&further, AttestedPolicy::Approval));
    // A biometric alone opens a key that approves: nothing on Apple's platforms attests that, and the application says it.
    assert_eq!((vouched.is_biometric(), vouched.authentication_level()), (true, 3));
    assert_eq!(used.counter(), 1);
    assert_eq!(further_key(b"last"), Err(AttestationError::Signature));
}

#[test]
fn refuses_other_client_data() {
    let (maker, key) = (AppleMaker::new(), TestKey::new());
    let object = maker.attest(&key, &data(&key), CHALLENGE);
    policy(&maker).verify(&object, CHALLENGE, NOW).unwrap();
    assert_eq!(policy(&maker).verify(&object, b"other", NOW), Err(AttestationError::Challenge));
}

#[test]
fn refuses_another_format_and_a_certificate_without_a_nonce() {
    let (maker, key) = (AppleMaker::new(), TestKey::new());
    let with = |format: &str, nonce| {
        let object = maker.attest_with(&key, &data(&key), format, nonce);
        policy(&maker).verify(&object, CHALLENGE, NOW).unwrap_err()
    };
    assert_eq!(with("packed", None), AttestationError::Format);
    assert_eq!(with("apple-appattest", None), AttestationError::Missing);
    assert_eq!(with("apple-appattest", Some(vec![0x30, 0])), AttestationError::Malformed);
}

#[test]
fn refuses_another_application_and_environment() {
    let key = TestKey::new();
    let other = AppleMaker::authenticator_data("0000000000.vn.example.fake", PRODUCTION, &key);
    assert_eq!(refusal(&key, &other), AttestationError::Application);
    let development = AppleMaker::authenticator_data(APPLICATION, DEVELOPMENT, &key);
    assert_eq!(refusal(&key, &development), AttestationError::Environment);
    let neither = AppleMaker::authenticator_data(APPLICATION, b"appattest\0\0\0\0\0\0\x01", &key);
    assert_eq!(refusal(&key, &neither), AttestationError::Environment);
}

#[test]
fn development_is_believed_where_the_policy_says_so_and_nowhere_else() {
    let (maker, key) = (AppleMaker::new(), TestKey::new());
    let policy = ApplePolicy { environment: Environment::Development, ..policy(&maker) };
    let with = |environment| {
        let data = AppleMaker::authenticator_data(APPLICATION, environment, &key);
        policy.verify(&maker.attest(&key, &data, CHALLENGE), CHALLENGE, NOW).map(drop)
    };
    assert_eq!(with(DEVELOPMENT), Ok(()));
    assert_eq!(with(PRODUCTION), Err(AttestationError::Environment));
}

#[test]
fn refuses_a_key_that_was_used_before_its_attestation() {
    let key = TestKey::new();
    let mut used = data(&key);
    used[36] = 1;
    assert_eq!(refusal(&key, &used), AttestationError::Counter);
}

#[test]
fn refuses_the_identifier_or_the_key_of_another_key() {
    let (key, other) = (TestKey::new(), TestKey::new());
    let mut id = data(&key);
    id[60] ^= 1;
    assert_eq!(refusal(&key, &id), AttestationError::KeyId);
    // The right identifier with another key behind it.
    let (own, others) = (data(&key), data(&other));
    let mixed = [&own[..87], &others[87..]].concat();
    assert_eq!(refusal(&key, &mixed), AttestationError::KeyId);
}

#[test]
fn refuses_malformed_authenticator_data() {
    let key = TestKey::new();
    let whole = data(&key);
    for length in [0, 32, 36, 37, 53, 60, whole.len() - 1] {
        assert_eq!(refusal(&key, &whole[..length]), AttestationError::Malformed, "{length}");
    }
    assert_eq!(refusal(&key, &[&whole[..], &[0]].concat()), AttestationError::Malformed);
    let mut without_key = whole;
    without_key[32] = 0;
    assert_eq!(refusal(&key, &without_key), AttestationError::Malformed);
}

#[test]
fn refuses_a_root_that_is_not_pinned() {
    let (maker, other, key) = (AppleMaker::new(), AppleMaker::new(), TestKey::new());
    let object = other.attest(&key, &data(&key), CHALLENGE);
    let refusal = policy(&maker).verify(&object, CHALLENGE, NOW).unwrap_err();
    assert_eq!(refusal, AttestationError::Chain(ChainError::UnknownAnchor));
}

#[test]
fn refuses_an_assertion_of_another_key_application_or_count() {
    let (maker, key) = (AppleMaker::new(), TestKey::new());
    let policy = policy(&maker);
    let known = AppAttestKey::known(public(&key), 7);
    let asserted = |key: &TestKey, application: &str, counter| {
        let assertion = AppleMaker::assert(key, application, counter, b"data");
        policy.verify_assertion(&assertion, &known, b"data").map(|used| used.counter())
    };
    assert_eq!(asserted(&key, APPLICATION, 8), Ok(8));
    assert_eq!(asserted(&key, APPLICATION, u32::MAX), Ok(u32::MAX));
    assert_eq!(asserted(&key, APPLICATION, 7), Err(AttestationError::Counter));
    assert_eq!(asserted(&key, APPLICATION, 0), Err(AttestationError::Counter));
    assert_eq!(asserted(&TestKey::new(), APPLICATION, 8), Err(AttestationError::Signature));
    assert_eq!(asserted(&key, "0000000000.vn.example.fake", 8), Err(AttestationError::Application));
    assert_eq!(policy.verify_assertion(b"\xa0", &known, b"data"), Err(AttestationError::Malformed));
    let long = [AppleMaker::assert(&key, APPLICATION, 8, b"data"), vec![0]].concat();
    assert_eq!(policy.verify_assertion(&long, &known, b"data"), Err(AttestationError::Malformed));
}
