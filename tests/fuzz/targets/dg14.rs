//! EF.DG14.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    let _ = sen_fuzz::bounded("dg14", input, card::lds::security::dg14);
});
