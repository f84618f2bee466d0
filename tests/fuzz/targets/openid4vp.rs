//! Requests and answers of OpenID4VP: any link, any parameters of a request, any request object, any form.
#![no_main]
use credential::jose::parse_json;
use presentation::openid4vp::{ClientId, Expectation, RequestLink, Unsigned, open, read_unsigned, verify};
use sen_fuzz::desk;
use trust::certificates::CertificateAnchors;

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    let anchors = CertificateAnchors::default();
    let expectation = Expectation {
        verifiers: &anchors,
        registrars: &anchors,
        fetched_from: None,
        wallet_nonce: None,
        unsigned: Unsigned::NamesNobody,
        now: desk::NOW,
    };
    let id = |text| ClientId::parse(text).unwrap();
    if let Ok(text) = std::str::from_utf8(input) {
        let _ = sen_fuzz::bounded("link", input, |_| RequestLink::parse(text));
        let _ = sen_fuzz::bounded("client identifier", input, |_| ClientId::parse(text));
        let named = id("x509_san_dns:portal.example.vn");
        let _ = sen_fuzz::bounded("request object", input, |_| verify(text, &named, &expectation));
    }
    sen_fuzz::bounded("parameters", input, |text| {
        let Ok(value) = parse_json(text) else { return };
        let Some(parameters) = value.as_object() else { return };
        let address = id("redirect_uri:https://portal.example.vn/answer");
        let _ = read_unsigned(parameters, &address, &expectation);
    });
    let _ = sen_fuzz::bounded("answer", input, |body| open(body, "s", None));
});
