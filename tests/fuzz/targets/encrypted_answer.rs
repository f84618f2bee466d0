//! An answer that is encrypted to a desk's question: any bytes, and a sound answer with changes.
#![no_main]
use std::sync::OnceLock;

use presentation::encryption::{EncryptedAnswer, encrypt};
use sen_fuzz::signed;

fn sound() -> &'static [u8] {
    static SOUND: OnceLock<Vec<u8>> = OnceLock::new();
    SOUND.get_or_init(|| encrypt(b"a token", &signed::key(), &[9; 16]).unwrap())
}

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    let _ = sen_fuzz::bounded("answer", input, |bytes| EncryptedAnswer::parse(bytes).is_ok());
    let changed = signed::changed(sound(), input);
    let _ = sen_fuzz::bounded("changed answer", &changed, |bytes| EncryptedAnswer::parse(bytes).is_ok());
});
