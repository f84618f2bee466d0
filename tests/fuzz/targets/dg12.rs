//! EF.DG12.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    let _ = sen_fuzz::bounded("dg12", input, card::lds::details::dg12);
});
