//! What platforms say of keys: any bytes, and any that an invented maker signed. The extension, the authenticator data and the assertion
//! reach their parsers behind a right signature.
#![no_main]
use std::collections::BTreeSet;
use std::sync::LazyLock;

use test_key::TestKey;
use test_key::platform::{AndroidMaker, AppleMaker, PACKAGE, SIGNER};
use trust::attestation::android::Revocations;
use trust::attestation::apple::{AppAttestKey, Environment};
use trust::attestation::{AndroidPolicy, ApplePolicy, PlatformRoots, SecurityLevel};
use trust::time::Timestamp;

/// 2026-01-02.
const NOW: Timestamp = Timestamp::from_unix(1_767_312_000);
const CHALLENGE: &[u8] = b"challenge";

struct World {
    android: (AndroidMaker, AndroidPolicy),
    apple: (AppleMaker, ApplePolicy),
    key: TestKey,
}

static WORLD: LazyLock<World> = LazyLock::new(|| {
    let (android, apple) = (AndroidMaker::new(), AppleMaker::new());
    let android_policy = AndroidPolicy {
        roots: PlatformRoots::from_der(&[android.root()]).unwrap(),
        revocations: Revocations::default(),
        packages: BTreeSet::from([PACKAGE.to_owned()]),
        signers: BTreeSet::from([SIGNER]),
        minimum_level: SecurityLevel::TrustedEnvironment,
        minimum_patch_level: 0,
    };
    let apple_policy = ApplePolicy {
        roots: PlatformRoots::from_der(&[apple.root()]).unwrap(),
        application: "0000000000.vn.example.sen".to_owned(),
        environment: Environment::Production,
    };
    World { android: (android, android_policy), apple: (apple, apple_policy), key: TestKey::new() }
});

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    let World { android, apple, key } = &*WORLD;
    let any = sen_fuzz::bounded("chain", input, |input| android.1.verify(&[input], CHALLENGE, NOW));
    assert!(any.is_err(), "a fuzzer signs nothing");
    let chain = android.0.certify_with(key, input, |_| ());
    let _ = sen_fuzz::bounded("key description", input, |_| android.1.verify(&chain, CHALLENGE, NOW));
    let any = sen_fuzz::bounded("attestation object", input, |input| apple.1.verify(input, CHALLENGE, NOW));
    assert!(any.is_err(), "a fuzzer signs nothing");
    let object = apple.0.attest(key, input, CHALLENGE);
    let _ = sen_fuzz::bounded("authenticator data", input, |_| apple.1.verify(&object, CHALLENGE, NOW));
    let known = AppAttestKey::known(key.public(), 0);
    let any =
        sen_fuzz::bounded("assertion", input, |input| apple.1.verify_assertion(input, &known, CHALLENGE));
    assert!(any.is_err(), "a fuzzer signs nothing");
    let _ = sen_fuzz::bounded("revocations", input, Revocations::from_json);
});
