//! What issuers and authorization servers say of themselves: any JSON, any signed document, and any claims that a believed signer
//! signed.
#![no_main]
use std::sync::OnceLock;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use holder::fuzzing::{issuer_metadata, server_metadata, signed_issuer_metadata};
use sen_fuzz::signed;
use trust::certificates::{Certificate, CertificateAnchors};
use trust::time::Timestamp;

/// Of the key that signs, by itself; it begins before [`NOW`] and ends in 2046.
const CERTIFICATE: &str = "3082018030820125a003020102021462f9c4f7e86dd41e4f014c2491ca0ba55fa6c9bf300a06082a8648ce3d04030230\
                           1f311d301b06035504030c145369676e6572206f66207468652066757a7a6572301e170d323631313239323332313530\
                           5a170d3436313132343233323135305a301f311d301b06035504030c145369676e6572206f66207468652066757a7a65\
                           723059301306072a8648ce3d020106082a8648ce3d0301070342000460fed4ba255a9d31c961eb74c6356d68c049b892\
                           3b61fa6ce669622e60f29fb67903fe1008b8bc99a41ae9e95628bc64f2f1b20c2d7e9f5177a3c294d4462299a33f303d\
                           300e0603551d0f0101ff040403020780300c0603551d130101ff04023000301d0603551d0e041604141a9569579bce32\
                           9a942d0769c9c0b56431563710300a06082a8648ce3d0403020349003046022100c36580c50847440468535cb7fde0c2\
                           61b63aaaa967cba01d9b2929cb99f9cf4a022100cf1667530147243c738482a97e50db8b97f476b9990b00ee611ae4de\
                           81bd9f5c";
const NOW: Timestamp = Timestamp::from_unix(1_800_000_000);
const ISSUER: &str = "https://issuer.vn";

fn anchors() -> &'static CertificateAnchors {
    static ANCHORS: OnceLock<CertificateAnchors> = OnceLock::new();
    ANCHORS.get_or_init(|| {
        let certificate = Certificate::parse(&hex::decode(CERTIFICATE).unwrap()).unwrap();
        CertificateAnchors::new(vec![certificate])
    })
}

fn header() -> &'static str {
    static HEADER: OnceLock<String> = OnceLock::new();
    HEADER.get_or_init(|| {
        let certificate = STANDARD.encode(hex::decode(CERTIFICATE).unwrap());
        let header =
            format!(r#"{{"alg":"ES256","typ":"openidvci-issuer-metadata+jwt","x5c":["{certificate}"]}}"#);
        URL_SAFE_NO_PAD.encode(header)
    })
}

fn sign(claims: &[u8]) -> String {
    let input = format!("{}.{}", header(), URL_SAFE_NO_PAD.encode(claims));
    format!("{input}.{}", URL_SAFE_NO_PAD.encode(signed::sign(input.as_bytes())))
}

fn believed(text: &str) -> bool {
    signed_issuer_metadata(text, ISSUER, anchors(), NOW)
}

/// The signer is believed: a target whose signatures are all refused would read no claims.
fn sound_ones_are_believed() {
    static ONCE: OnceLock<()> = OnceLock::new();
    ONCE.get_or_init(|| {
        let claims = format!(
            r#"{{"sub":"{ISSUER}","iat":{},"credential_issuer":"{ISSUER}",
               "credential_endpoint":"{ISSUER}/c","credential_configurations_supported":{{}}}}"#,
            NOW.as_unix()
        );
        assert!(believed(&sign(claims.as_bytes())));
    });
}

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    sound_ones_are_believed();
    let _ = sen_fuzz::bounded("issuer", input, issuer_metadata);
    let _ = sen_fuzz::bounded("authorization server", input, server_metadata);
    if let Ok(text) = std::str::from_utf8(input) {
        assert!(!sen_fuzz::bounded("signed document", input, |_| believed(text)));
    }
    let token = sign(input);
    let _ = sen_fuzz::bounded("signed claims", token.as_bytes(), |_| believed(&token));
});
