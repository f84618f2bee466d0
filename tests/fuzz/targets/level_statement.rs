//! A provider's statement of the authentication level: any token, and a sound one with changes, which nobody believes.
#![no_main]
use std::sync::OnceLock;

use presentation::level_statement::{LevelStatement, LevelStatementDraft};
use sen_fuzz::{desk, signed};

fn sound() -> &'static [u8] {
    static SOUND: OnceLock<Vec<u8>> = OnceLock::new();
    SOUND.get_or_init(|| {
        let statement = LevelStatementDraft {
            iss: "provider",
            kid: signed::KID,
            key: &signed::key(),
            level: 4,
            issued_at: desk::NOW,
            expires_at: desk::NOW.plus_seconds(300),
        };
        let statement = statement.prepare().unwrap();
        statement.assemble(&signed::sign(&statement.to_be_signed()))
    })
}

fn is_believed(token: &[u8]) -> bool {
    let statement = LevelStatement::parse(token);
    statement.is_ok_and(|statement| statement.verify(desk::trust(), &signed::key(), desk::NOW).is_ok())
}

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    let believed = sen_fuzz::bounded("level statement", input, is_believed);
    assert!(!believed, "the desk's trust list names nobody who states levels");
    let changed = signed::changed(sound(), input);
    let _ = sen_fuzz::bounded("changed level statement", &changed, is_believed);
});
