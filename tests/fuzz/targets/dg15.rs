//! EF.DG15.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    let _ = sen_fuzz::bounded("dg15", input, card::lds::security::dg15);
});
