//! A desk's question: any text, and a sound question with changes.
#![no_main]
use std::sync::OnceLock;

use presentation::challenge::{Challenge, ChallengeDraft, DeskCertificateDraft, verify};
use sen_fuzz::{desk, signed};

fn sound() -> &'static [u8] {
    static SOUND: OnceLock<Vec<u8>> = OnceLock::new();
    SOUND.get_or_init(|| {
        let key = signed::key();
        let certificate = DeskCertificateDraft {
            iss: "health",
            kid: signed::KID,
            name: "Clinic 7, counter 2",
            key: &key,
            issued_at: desk::NOW,
            expires_at: desk::NOW.plus_seconds(86_400),
            may_ask: &[1, 4, 8, 75],
        };
        let certificate = certificate.prepare().unwrap();
        let certificate = certificate.assemble(&signed::sign(&certificate.to_be_signed()));
        let question = ChallengeDraft {
            certificate: &certificate,
            issued_at: desk::NOW,
            expires_at: desk::NOW.plus_seconds(60),
            cnonce: &[9; 16],
            minimum_level: Some(2),
            encryption_key: Some(&key),
            asked: &[1, 4],
            purpose: "insurance",
        };
        let question = question.prepare().unwrap();
        question.assemble(&signed::sign(&question.to_be_signed()))
    })
}

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    if let Ok(text) = std::str::from_utf8(input) {
        let _ = sen_fuzz::bounded("scanned question", input, |_| verify(text, desk::trust(), desk::NOW));
    }
    let _ = sen_fuzz::bounded("question", input, |token| Challenge::parse(token).is_ok());
    let changed = signed::changed(sound(), input);
    let _ = sen_fuzz::bounded("changed question", &changed, |token| Challenge::parse(token).is_ok());
});
