//! EF.DG5.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    let _ = sen_fuzz::bounded("dg5", input, card::lds::dg5);
});
