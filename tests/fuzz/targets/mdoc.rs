//! Device responses and mdocs: whatever can be read can be selected from and read again.
#![no_main]
use credential::mdoc::{DeviceResponse, IssuerSigned, SessionTranscript, select};

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    let _ = sen_fuzz::bounded("device response", input, |bytes| DeviceResponse::parse(bytes).is_ok());
    let _ = sen_fuzz::bounded("transcript", input, |bytes| SessionTranscript::from_bytes(bytes).is_ok());
    if !sen_fuzz::bounded("mdoc", input, |bytes| IssuerSigned::parse(bytes).is_ok()) {
        return;
    }
    let mdoc = IssuerSigned::parse(input).unwrap();
    let all: Vec<_> = mdoc.elements().iter().map(|one| (one.namespace(), one.identifier())).collect();
    let copy = select(input, &all).unwrap();
    assert_eq!(IssuerSigned::parse(&copy).unwrap().elements().len(), all.len());
});
