//! What a key store and a secret store promise, for every implementation: the same promises as in `bindings/kotlin/src/contract`.
#![allow(dead_code, unreachable_pub, clippy::unwrap_used)]
use std::sync::Arc;

use holder::{DeviceKey, KeyAttestation, KeyError, KeyId, KeyPolicy, KeyStore, SecretStore};
use ring::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
use trust::secret::Secret;

/// The same store each time, as a wallet finds it when it starts again.
type Keys<'a> = &'a dyn Fn() -> Arc<dyn KeyStore>;
type Secrets<'a> = &'a dyn Fn() -> Arc<dyn SecretStore>;

const CHALLENGE: [u8; 32] = [7; 32];
const ANY: KeyPolicy = KeyPolicy::Presentation;

/// Every promise of a key store and its keys.
pub fn key_store(keys: Keys<'_>) {
    for (name, check) in [
        ("a key that was made is found again", found_again as fn(Keys<'_>)),
        ("each key is its own", its_own),
        ("a signature verifies for its message and key alone", signatures),
        ("a key that asks at each use signs, too", per_use),
        ("a key under a name that is taken takes its place", takes_its_place),
        ("a key that was deleted is lost, and another is not", deleted),
        ("names of 64 characters are kept apart", long_names),
        ("what is said of a key stays the same", said),
        ("an empty challenge is none the worse", empty_challenge),
    ] {
        println!("key store: {name}");
        clear(keys);
        check(keys);
    }
    clear(keys);
}

/// Every promise of a secret store.
pub fn secret_store(store: Secrets<'_>) {
    for (name, check) in [
        ("nothing was saved yet", nothing as fn(Secrets<'_>)),
        ("what was saved is loaded", loaded),
        ("the last one counts, whatever its length", last_counts),
        ("what is erased is gone, and another can be saved", erased),
    ] {
        println!("secret store: {name}");
        // Erasing nothing is no error, either.
        store().erase().unwrap();
        store().erase().unwrap();
        check(store);
    }
    store().erase().unwrap();
}

fn id(text: &str) -> KeyId {
    KeyId::from_text(text).unwrap()
}

fn one() -> KeyId {
    id("contract-one")
}

fn other() -> KeyId {
    id("contract-two")
}

fn made(keys: Keys<'_>, id: &KeyId) -> Arc<dyn DeviceKey> {
    keys().create(id, ANY, &CHALLENGE).unwrap()
}

/// Deleting what is not there is no error.
fn clear(keys: Keys<'_>) {
    for id in [one(), other(), one()] {
        keys().delete(&id).unwrap();
    }
}

fn public(key: &dyn DeviceKey) -> [u8; 65] {
    key.public_key().unwrap()
}

/// Refuses a point that is not on the curve, whatever was signed.
fn verifies(key: &dyn DeviceKey, message: &[u8], signature: &[u8]) -> bool {
    UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, public(key)).verify(message, signature).is_ok()
}

fn found_again(keys: Keys<'_>) {
    let point = public(&*made(keys, &one()));
    assert_eq!(point, public(&*keys().open(&one()).unwrap()));
}

fn its_own(keys: Keys<'_>) {
    assert_ne!(public(&*made(keys, &one())), public(&*made(keys, &other())));
}

fn signatures(keys: Keys<'_>) {
    let (key, other) = (made(keys, &one()), made(keys, &other()));
    let long = vec![7; 100_000];
    for message in [&b""[..], b"message", &long] {
        let signature = key.sign(message).unwrap();
        assert!(verifies(&*key, message, &signature));
        assert!(!verifies(&*key, &[message, b"0"].concat(), &signature));
        assert!(!verifies(&*other, message, &signature));
        let again = keys().open(&one()).unwrap().sign(message).unwrap();
        assert!(verifies(&*key, message, &again));
    }
}

fn per_use(keys: Keys<'_>) {
    let key = keys().create(&one(), KeyPolicy::Approval, &CHALLENGE).unwrap();
    assert!(verifies(&*key, b"message", &key.sign(b"message").unwrap()));
}

fn takes_its_place(keys: Keys<'_>) {
    let first = public(&*made(keys, &one()));
    let second = public(&*made(keys, &one()));
    assert_ne!(first, second);
    assert_eq!(second, public(&*keys().open(&one()).unwrap()));
}

fn deleted(keys: Keys<'_>) {
    assert!(matches!(keys().open(&one()), Err(KeyError::Lost)));
    made(keys, &one());
    let kept = public(&*made(keys, &other()));
    keys().delete(&one()).unwrap();
    assert!(matches!(keys().open(&one()), Err(KeyError::Lost)));
    assert_eq!(kept, public(&*keys().open(&other()).unwrap()));
}

fn long_names(keys: Keys<'_>) {
    let [first, second] = ["0", "1"].map(|end| id(&("a".repeat(63) + end)));
    let point = public(&*made(keys, &first));
    made(keys, &second);
    assert_eq!(point, public(&*keys().open(&first).unwrap()));
    keys().delete(&first).unwrap();
    keys().delete(&second).unwrap();
}

fn said(keys: Keys<'_>) {
    let said = made(keys, &one()).attestation();
    assert_eq!(said, keys().open(&one()).unwrap().attestation());
    assert_ne!(said, KeyAttestation::Android(Vec::new()), "an empty chain vouches for nothing");
}

fn empty_challenge(keys: Keys<'_>) {
    let key = keys().create(&one(), ANY, &[]).unwrap();
    assert!(verifies(&*key, b"message", &key.sign(b"message").unwrap()));
}

fn held(store: Secrets<'_>) -> Option<Vec<u8>> {
    store().load().unwrap().map(|secret| secret.expose().clone())
}

fn save(store: Secrets<'_>, secret: &[u8]) {
    store().save(&Secret::new(secret.to_vec())).unwrap();
}

fn nothing(store: Secrets<'_>) {
    assert_eq!(held(store), None);
}

fn loaded(store: Secrets<'_>) {
    for secret in [&[0][..], &[7; 32], &[0xff; 128]] {
        save(store, secret);
        assert_eq!(held(store).as_deref(), Some(secret));
    }
}

fn last_counts(store: Secrets<'_>) {
    save(store, &[1; 128]);
    save(store, &[7]);
    assert_eq!(held(store), Some(vec![7]));
}

fn erased(store: Secrets<'_>) {
    save(store, &[1, 2, 3]);
    store().erase().unwrap();
    assert_eq!(held(store), None);
    save(store, &[4]);
    assert_eq!(held(store), Some(vec![4]));
}
