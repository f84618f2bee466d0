//! EF.DG1.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    let _ = sen_fuzz::bounded("dg1", input, card::lds::dg1);
});
