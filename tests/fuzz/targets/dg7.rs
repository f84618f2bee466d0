//! EF.DG7.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    let _ = sen_fuzz::bounded("dg7", input, card::lds::dg7);
});
