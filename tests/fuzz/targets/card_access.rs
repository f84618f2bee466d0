//! EF.CardAccess.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    let _ = sen_fuzz::bounded("card_access", input, card::lds::security::card_access);
});
