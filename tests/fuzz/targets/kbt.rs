//! The token in a clinic's code, with the credential in it.
#![no_main]
use presentation::kbt::Kbt;

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    let _ = sen_fuzz::bounded("kbt", input, |token| Kbt::parse(token).is_ok());
});
