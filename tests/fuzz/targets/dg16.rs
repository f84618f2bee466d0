//! EF.DG16.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    let _ = sen_fuzz::bounded("dg16", input, card::lds::notify::dg16);
});
