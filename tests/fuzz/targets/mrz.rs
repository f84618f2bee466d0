//! The text of a machine-readable zone.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    let _ = sen_fuzz::bounded("mrz", input, card::lds::mrz::Mrz::parse);
});
