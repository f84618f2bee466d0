//! Certificates of issuers and verifiers: none that a fuzzer makes is under the anchor, and a pinned one stands for itself.
#![no_main]
use trust::certificates::{Certificate, CertificateAnchors, Purpose};

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    let Ok(certificate) = sen_fuzz::bounded("x509", input, Certificate::parse) else { return };
    assert_eq!(certificate.der(), input);
    let now = certificate.not_before();
    let anchors = CertificateAnchors::new(vec![certificate]);
    let _ = anchors.verify(&[input], Purpose::Credentials, now);
    let _ = anchors.verify(&[input, input], Purpose::Requests, now);
});
