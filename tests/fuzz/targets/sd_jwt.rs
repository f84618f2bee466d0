//! SD-JWTs as they come, and payloads with disclosures that fit together: the first line is the payload, the others are
//! disclosures, and what a fuzzer writes into the place of a digest is replaced by the digest.
#![no_main]
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use credential::sd_jwt::{SdJwt, select};
use ring::digest::{SHA256, digest};

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    let Ok(text) = str::from_utf8(input) else { return };
    let _ = sen_fuzz::bounded("sd_jwt", input, |_| SdJwt::parse(text).is_ok());
    let mut lines = text.lines();
    let mut payload = lines.next().unwrap_or_default().to_owned();
    let mut tail = String::from("~");
    for (number, disclosure) in lines.take(8).enumerate() {
        let disclosure = URL_SAFE_NO_PAD.encode(disclosure);
        let hash = URL_SAFE_NO_PAD.encode(digest(&SHA256, disclosure.as_bytes()));
        payload = payload.replace(&format!("${number}"), &hash);
        tail.push_str(&disclosure);
        tail.push('~');
    }
    let header = URL_SAFE_NO_PAD.encode(r#"{"alg":"ES256","typ":"dc+sd-jwt"}"#);
    let signature = URL_SAFE_NO_PAD.encode([1; 64]);
    let token = format!("{header}.{}.{signature}{tail}", URL_SAFE_NO_PAD.encode(payload));
    let Ok(read) = sen_fuzz::bounded("resolved", token.as_bytes(), |_| SdJwt::parse(&token)) else { return };
    // The whole selection discloses what was disclosed.
    let copy = select(&token, &read.disclosed()).unwrap();
    assert_eq!(SdJwt::parse(&copy).unwrap().claims(), read.claims());
});
