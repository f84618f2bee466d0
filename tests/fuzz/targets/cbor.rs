//! The strict CBOR reader in both profiles. What is deterministic is also interoperable.
#![no_main]
use trust::cbor::{Item, Profile, scan};

/// Visits everything inside.
fn walk(item: &Item<'_>) {
    let _ = (item.kind(), item.as_int(), item.as_bytes(), item.as_bool(), item.as_simple());
    if let Ok(text) = item.as_text() {
        assert!(text.len() <= item.raw().len());
    }
    if let Ok((_, inner)) = item.as_tag() {
        walk(&inner);
    }
    for inner in item.as_array().into_iter().flatten() {
        walk(&inner);
    }
    for (key, value) in item.as_map().into_iter().flatten() {
        walk(&key);
        walk(&value);
    }
}

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    for profile in [Profile::Deterministic, Profile::Interoperable] {
        sen_fuzz::bounded("cbor", input, |bytes| {
            if let Ok(item) = Item::parse(bytes, profile) {
                walk(&item);
            }
        });
    }
    if scan(input, Profile::Deterministic).is_ok() {
        assert_eq!(scan(input, Profile::Interoperable), Ok(()));
    }
});
