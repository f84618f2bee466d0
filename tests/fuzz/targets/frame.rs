//! The digits of the clinic's code. What decodes encodes to the same digits.
#![no_main]
use presentation::frame;

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    let Ok(text) = std::str::from_utf8(input) else {
        return;
    };
    if let Ok(token) = sen_fuzz::bounded("frame", input, |_| frame::decode(text)) {
        assert_eq!(frame::encode(&token), text.trim_end(), "one token, one code");
    }
});
