//! Token Status Lists as JWT: any text, and any two parts that a believed signer signed.
#![no_main]
use base64::Engine;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use sen_fuzz::signed::{sign, status_signers};
use trust::status::{LARGEST_LIST, StatusList};

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    let Ok(text) = std::str::from_utf8(input) else {
        return;
    };
    let signers = status_signers();
    let _ = sen_fuzz::bounded("status list", input, |_| StatusList::verify_jwt(text, &signers));
    let encode = |bytes: &[u8]| BASE64_URL_SAFE_NO_PAD.encode(bytes);
    let header = br#"{"alg":"ES256","typ":"statuslist+jwt","kid":"k1"}"#;
    let signed = format!("{}.{}", encode(header), encode(input));
    let token = format!("{signed}.{}", encode(&sign(signed.as_bytes())));
    let _ = sen_fuzz::inflated("signed status list", token.as_bytes(), LARGEST_LIST, |_| {
        StatusList::verify_jwt(&token, &signers)
    });
});
