//! What a citizen's folder may hold as anchors: a certificate, PEM text or a master list; and revocation lists.
#![no_main]
use card::CscaAnchors;

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    let _ = sen_fuzz::bounded("anchors", input, CscaAnchors::from_bytes);
    let _ = sen_fuzz::bounded("revocation list", input, |list| CscaAnchors::new().revoke_by(list));
});
