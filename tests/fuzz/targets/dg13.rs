//! EF.DG13 of the Vietnamese card.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    let _ = sen_fuzz::bounded("dg13", input, card::lds::dg13::dg13);
});
