//! The desk's password: PBKDF2 over a salt of its own (RFC 8018, 5.2), made at the first start.
use std::num::NonZeroU32;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::pbkdf2;
use trust::random::{Random, RandomError};

use crate::database::{DatabaseError, Statements};

const ALGORITHM: pbkdf2::Algorithm = pbkdf2::PBKDF2_HMAC_SHA256;
/// Rounds: a fifth of a second on a small computer.
const ROUNDS: NonZeroU32 = NonZeroU32::new(600_000).unwrap();
/// Letters that nobody mistakes for one another.
const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";
/// The shortest password that a clinic may choose.
pub const SHORTEST: usize = 8;

/// A new password of sixteen letters in four groups: 80 bits.
pub(crate) fn generate(random: &mut dyn Random) -> Result<String, RandomError> {
    let mut bytes = [0; 16];
    random.fill(&mut bytes)?;
    let mut password = String::with_capacity(19);
    for (at, byte) in bytes.into_iter().enumerate() {
        if at > 0 && at % 4 == 0 {
            password.push('-');
        }
        password.extend(LETTERS.get(usize::from(byte) % LETTERS.len()).map(|letter| char::from(*letter)));
    }
    Ok(password)
}

/// What is kept of a password.
pub(crate) fn seal(password: &str, random: &mut dyn Random) -> Result<String, RandomError> {
    let mut salt = [0; 16];
    random.fill(&mut salt)?;
    let mut hash = [0; 32];
    pbkdf2::derive(ALGORITHM, ROUNDS, &salt, password.as_bytes(), &mut hash);
    Ok(format!("{ROUNDS}.{}.{}", URL_SAFE_NO_PAD.encode(salt), URL_SAFE_NO_PAD.encode(hash)))
}

/// Whether it is the password that was sealed. Takes as long as sealing.
pub(crate) fn fits(password: &str, sealed: &str) -> bool {
    let mut parts = sealed.split('.');
    let rounds = parts.next().and_then(|rounds| rounds.parse().ok());
    let mut bytes = || parts.next().and_then(|part| URL_SAFE_NO_PAD.decode(part).ok());
    let (Some(rounds), Some(salt), Some(hash)) = (rounds, bytes(), bytes()) else { return false };
    pbkdf2::verify(ALGORITHM, rounds, &salt, password.as_bytes(), &hash).is_ok()
}

/// Keeps the first password; another desk on the same database may have been faster.
pub(crate) fn keep_first(statements: &mut dyn Statements, sealed: &str) -> Result<bool, DatabaseError> {
    let insert = "INSERT INTO settings VALUES ('password', $1) ON CONFLICT DO NOTHING";
    Ok(statements.execute(insert, &[sealed.into()])? == 1)
}

/// Keeps a new password in place of the old one, and ends every session.
pub(crate) fn replace(statements: &mut dyn Statements, sealed: &str) -> Result<(), DatabaseError> {
    let upsert = "INSERT INTO settings VALUES ('password', $1)
        ON CONFLICT (name) DO UPDATE SET value = excluded.value";
    statements.execute(upsert, &[sealed.into()])?;
    statements.execute("DELETE FROM sessions", &[])?;
    Ok(())
}

/// What is kept of the password, if one was ever made.
pub(crate) fn kept(statements: &mut dyn Statements) -> Result<Option<String>, DatabaseError> {
    let rows = statements.query("SELECT value FROM settings WHERE name = 'password'", &[])?;
    rows.first().map(|row| row.text(0)).transpose()
}

#[cfg(test)]
mod tests {
    use super::*;
    use trust::random::SystemRandom;

    #[test]
    fn only_the_password_that_was_sealed_fits() {
        let mut random = SystemRandom::new();
        let password = generate(&mut random).unwrap();
        assert_eq!(password.len(), 19);
        let sealed = seal(&password, &mut random).unwrap();
        assert!(fits(&password, &sealed));
        assert!(!fits("another-password", &sealed));
        assert!(!sealed.contains(&password));
        assert_ne!(seal(&password, &mut random).unwrap(), sealed, "a salt of its own");
    }

    #[test]
    fn nothing_fits_a_broken_seal() {
        for sealed in ["", "600000", "600000..", "0.AAAA.AAAA", "x.AAAA.AAAA", "1.AAAA.!"] {
            assert!(!fits("password", sealed), "{sealed}");
        }
    }
}
