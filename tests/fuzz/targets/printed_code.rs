//! The text of the QR code printed on a Vietnamese card.
#![no_main]
use card::vietnam::PrintedCode;

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    if let Ok(text) = std::str::from_utf8(input) {
        let _ = sen_fuzz::bounded("printed_code", input, |_| PrintedCode::parse(text));
    }
});
