//! Credential offers: any link, any offer inside a link, and any offer that a link refers to.
#![no_main]
use std::fmt::Write;

use holder::fuzzing::{offer, offer_link};

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    let named = sen_fuzz::bounded("offer", input, offer);
    if let Ok(text) = std::str::from_utf8(input) {
        let _ = sen_fuzz::bounded("link", input, |_| offer_link(text));
    }
    let escaped = input.iter().fold(String::new(), |mut text, octet| {
        let _ = write!(text, "%{octet:02x}");
        text
    });
    let link = format!("openid-credential-offer://?credential_offer={escaped}");
    let linked = sen_fuzz::bounded("offer in a link", link.as_bytes(), |_| offer_link(&link));
    // The same offer, however it came, unless the link is too long.
    if std::str::from_utf8(input).is_ok() && link.len() <= 16 * 1024 {
        assert_eq!(linked, named);
    }
    assert!(named.is_none_or(|issuer| issuer.to_ascii_lowercase().starts_with("https:")));
});
