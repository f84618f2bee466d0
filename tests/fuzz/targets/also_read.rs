//! Any text that a desk scans. None may be accepted.
#![no_main]
use sen_fuzz::desk;

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    if let Ok(text) = std::str::from_utf8(input) {
        sen_fuzz::inflated("also_read", input, 64 << 10, |_| desk::decide(text));
    }
});
