//! X.509 certificates.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    let _ = sen_fuzz::bounded("certificate", input, card::passive::certificate::Certificate::parse);
});
