//! EF.COM: the TLV cursor by the shortest way.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    let _ = sen_fuzz::bounded("com", input, card::lds::com);
});
