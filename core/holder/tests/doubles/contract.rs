//! What a key store and a secret store promise, for every implementation: the same promises as in `bindings/kotlin/src/contract`.
#![allow(dead_code, unreachable_pub, clippy::unwrap_used, clippy::type_complexity)]
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use holder::{DeviceKey, KeyAttestation, KeyError, KeyId, KeyPolicy, KeyStore, SecretStore};
use ring::signature::{ECDSA_P256_SHA256_FIXED, UnparsedPublicKey};
use trust::secret::Secret;

/// The same store each time, as a wallet finds it when it starts again.
pub type Keys<'a> = &'a dyn Fn() -> Arc<dyn KeyStore>;
pub type Secrets<'a> = &'a dyn Fn() -> Arc<dyn SecretStore>;

const CHALLENGE: [u8; 32] = [7; 32];
const ANY: KeyPolicy = KeyPolicy::Presentation;

/// Every promise of a key store and its keys.
pub const KEY_STORE: [(&str, fn(Keys<'_>)); 11] = [
    ("a key that was made is found again", found_again),
    ("each key is its own", its_own),
    ("a signature verifies for its message and key alone", signatures),
    ("a key that asks at each use signs, too", per_use),
    ("a key under a name that is taken takes its place", takes_its_place),
    ("a key that was deleted is lost, and another is not", deleted),
    ("a key that was never made is lost", never_made),
    ("deleting what is not there is no error", deleted_twice),
    ("names of 64 characters are kept apart", long_names),
    ("what is said of a key stays the same", said),
    ("an empty challenge is none the worse", empty_challenge),
];

/// Every promise of a secret store.
pub const SECRET_STORE: [(&str, fn(Secrets<'_>)); 5] = [
    ("nothing was saved yet", nothing),
    ("what was saved is loaded", loaded),
    ("the last one counts, whatever its length", last_counts),
    ("what is erased is gone, and another can be saved", erased),
    ("erasing nothing is no error", erased_twice),
];

pub fn key_store(keys: Keys<'_>) {
    for (name, check) in KEY_STORE {
        println!("key store: {name}");
        clear(keys);
        check(keys);
    }
    clear(keys);
}

pub fn secret_store(store: Secrets<'_>) {
    for (name, check) in SECRET_STORE {
        println!("secret store: {name}");
        empty(store);
        check(store);
    }
    empty(store);
}

/// The promises that a key store breaks.
pub fn broken_by_keys(keys: Keys<'_>) -> Vec<&'static str> {
    broken(KEY_STORE, |check| {
        clear(keys);
        check(keys);
    })
}

/// The promises that a secret store breaks.
pub fn broken_by_secret(store: Secrets<'_>) -> Vec<&'static str> {
    broken(SECRET_STORE, |check| {
        empty(store);
        check(store);
    })
}

/// The names of those whose check stops.
fn broken<C, const N: usize>(promises: [(&'static str, C); N], run: impl Fn(&C)) -> Vec<&'static str> {
    let stops = |(_, check): &(_, C)| catch_unwind(AssertUnwindSafe(|| run(check))).is_err();
    promises.into_iter().filter(stops).map(|(name, _)| name).collect()
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

/// Whether that works is a promise of its own.
fn clear(keys: Keys<'_>) {
    for id in [one(), other()] {
        let _ = keys().delete(&id);
    }
}

fn empty(store: Secrets<'_>) {
    let _ = store().erase();
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

fn never_made(keys: Keys<'_>) {
    assert!(matches!(keys().open(&one()), Err(KeyError::Lost)));
}

fn deleted_twice(keys: Keys<'_>) {
    made(keys, &one());
    keys().delete(&one()).unwrap();
    keys().delete(&one()).unwrap();
    keys().delete(&other()).unwrap();
}

fn deleted(keys: Keys<'_>) {
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

fn erased_twice(store: Secrets<'_>) {
    save(store, &[1]);
    store().erase().unwrap();
    store().erase().unwrap();
}
