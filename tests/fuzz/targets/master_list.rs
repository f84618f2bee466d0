//! Master lists of country signing certificates.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    let _ = sen_fuzz::bounded("master_list", input, card::passive::anchors::MasterList::parse);
});
