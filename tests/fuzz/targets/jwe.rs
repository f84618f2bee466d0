//! Encrypted messages, opened with a key that they were not encrypted to.
#![no_main]
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use credential::jose::jwe::{DecryptionKey, Jwe};

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    let Ok(text) = str::from_utf8(input) else { return };
    let parse = |text: &str| sen_fuzz::bounded("jwe", text.as_bytes(), |_| Jwe::parse(text, 65_536));
    let _ = parse(text);
    // The header alone, so that what stands in it is reached.
    let header = URL_SAFE_NO_PAD.encode(text);
    if let Ok(message) = parse(&format!("{header}..AAAAAAAAAAAAAAAA.AAAA.AAAAAAAAAAAAAAAAAAAAAA")) {
        let key = DecryptionKey::generate(message.kid().unwrap_or_default()).unwrap();
        assert!(message.open(key).is_err());
    }
});
