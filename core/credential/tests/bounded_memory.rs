//! No SD-JWT takes more memory than its length allows, however its disclosures are nested or named: a place names everything around it,
//! and a wallet reads whatever an issuer or another wallet sends. The allocator counts for the whole process, so this is one test in a
//! program of its own.
#![allow(clippy::unwrap_used, reason = "a test stops where its world does not stand")]
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use peak_alloc::PeakAlloc;
use ring::digest::{SHA256, digest};
use sen_credential::sd_jwt::{LONGEST, MOST_DISCLOSURES, MOST_NESTING, SdJwt, select};
use serde_json::{Value, json};

#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// The most memory that was held at one time during a call, beside what was held before.
fn held<Answer>(call: impl FnOnce() -> Answer) -> (usize, Answer) {
    let before = MEMORY.current_usage();
    MEMORY.reset_peak_usage();
    let answer = call();
    (MEMORY.peak_usage() - before, answer)
}

/// A disclosure and its digest.
fn disclosure(content: &Value) -> (String, String) {
    let text = URL_SAFE_NO_PAD.encode(content.to_string());
    let hash = URL_SAFE_NO_PAD.encode(digest(&SHA256, text.as_bytes()));
    (text, hash)
}

fn token(payload: &Value, disclosures: &[String]) -> String {
    let header = URL_SAFE_NO_PAD.encode(r#"{"alg":"ES256","typ":"dc+sd-jwt"}"#);
    let (payload, signature) = (URL_SAFE_NO_PAD.encode(payload.to_string()), URL_SAFE_NO_PAD.encode([1; 64]));
    format!("{header}.{payload}.{signature}~{}~", disclosures.join("~"))
}

/// As many disclosures as may be, all below one member whose name is that long.
fn below_a_long_name(length: usize) -> String {
    let leaves = (0..MOST_DISCLOSURES).map(|number| disclosure(&json!(["s", number.to_string(), 1])));
    let (texts, hashes): (Vec<_>, Vec<_>) = leaves.unzip();
    token(&json!({"n".repeat(length): {"_sd": hashes}}), &texts)
}

/// Disclosures inside disclosures as deep as may be, the rest of them at the bottom, each name that long.
fn nested(length: usize) -> String {
    let depth = MOST_NESTING - 1;
    let leaves = (0..MOST_DISCLOSURES - depth).map(|number| disclosure(&json!(["s", number.to_string(), 1])));
    let (mut texts, hashes): (Vec<_>, Vec<_>) = leaves.unzip();
    let mut inside = json!({"_sd": hashes});
    for _ in 0..depth {
        let (text, hash) = disclosure(&json!(["s", "n".repeat(length), inside]));
        texts.push(text);
        inside = json!({"_sd": [hash]});
    }
    token(&inside, &texts)
}

#[test]
fn an_sd_jwt_takes_no_more_memory_than_sixteen_times_its_length() {
    // The counter counts: else nothing below could fail.
    assert!(held(|| vec![1_u8; 3 * LONGEST]).0 >= 3 * LONGEST);
    for (name, text) in [("a long name", below_a_long_name(70_000)), ("nesting", nested(1_500))] {
        assert!((LONGEST / 2..=LONGEST).contains(&text.len()), "{name} is {}", text.len());
        let allowed = 16 * LONGEST;
        let (parsed, read) = held(|| SdJwt::parse(&text).unwrap());
        assert!(parsed <= allowed, "{name}: {parsed} to read {}", text.len());
        let (placed, places) = held(|| read.disclosed());
        assert_eq!(places.len(), MOST_DISCLOSURES);
        assert!(placed <= allowed, "{name}: {placed} for the places");
        let (chosen, copy) = held(|| select(&text, places.get(..1).unwrap()).unwrap());
        assert!(copy.len() < text.len());
        assert!(chosen <= allowed, "{name}: {chosen} to choose");
        println!("{name}: {parsed} to read {}, {placed} for the places, {chosen} to choose", text.len());
    }
}
