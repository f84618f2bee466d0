//! Answers under secure messaging; the first octet chooses the cipher.
#![no_main]
use card::messaging::{Cipher, SecureMessaging, SessionKeys};

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    let Some((&choice, answer)) = input.split_first() else {
        return;
    };
    let ciphers = [Cipher::TripleDes, Cipher::Aes128, Cipher::Aes192, Cipher::Aes256];
    let cipher = ciphers[usize::from(choice) % ciphers.len()];
    let mut session = SecureMessaging::new(SessionKeys::derive(cipher, b"secret"), None);
    let _ = sen_fuzz::bounded("secure_messaging", answer, |answer| session.unprotect(answer));
});
