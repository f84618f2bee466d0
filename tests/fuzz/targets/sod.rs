//! EF.SOD, with the BER transcoder in front.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    let _ = sen_fuzz::bounded("sod", input, card::SecurityObject::parse);
});
