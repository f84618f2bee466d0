//! The texts of a loop of codes, one a line.
#![no_main]
use presentation::animated;

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    if let Ok(text) = std::str::from_utf8(input) {
        let texts: Vec<_> = text.lines().take(64).collect();
        let _ = sen_fuzz::bounded("animated", input, |_| animated::collect(&texts));
    }
});
