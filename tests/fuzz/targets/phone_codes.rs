//! What one phone shows to another: a move, and a card to be read. Any text, and any content in a sound frame.
#![no_main]
use presentation::borrowed_reader::BorrowedReaderCode;
use presentation::frame::{Content, encode_as};
use presentation::new_phone::NewPhoneCode;

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    let framed = [Content::NewPhone, Content::BorrowedReader].map(|content| encode_as(content, input));
    let texts = framed.iter().map(String::as_str).chain(std::str::from_utf8(input));
    for text in texts {
        let parse = |text: &[u8]| {
            let text = std::str::from_utf8(text).unwrap_or_default();
            (NewPhoneCode::parse(text).is_ok(), BorrowedReaderCode::parse(text).is_ok())
        };
        let _ = sen_fuzz::bounded("code of a phone", text.as_bytes(), parse);
    }
});
