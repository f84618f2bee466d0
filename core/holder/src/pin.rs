//! The PIN key: a PIN that only the server can check.
//!
//! seed = HMAC-SHA256(device secret, label || PBKDF2-HMAC-SHA256(PIN, salt)), and the Ed25519 key of that seed. The phone keeps
//! the salt, sealed, and nothing that would tell a right PIN from a wrong one: no public key, no signature, nothing encrypted
//! under it. Who copies the phone's storage still needs the device secret, and then has to ask the server for each guess.

use std::num::NonZeroU32;

use ring::signature::{Ed25519KeyPair, KeyPair};
use ring::{hmac, pbkdf2};
use trust::secret::Secret;
use zeroize::Zeroizing;

/// Rounds of PBKDF2; about 0.1 s on a phone. It slows down who holds salt and device secret; the server's counting stops them.
const ROUNDS: NonZeroU32 = NonZeroU32::new(210_000).unwrap();
const LABEL: &[u8] = b"sen pin key 1";
const DIGITS: usize = 6;
pub(crate) const SALT_LENGTH: usize = 32;

/// Six digits that are not among the first that a thief tries.
pub struct Pin(Secret<[u8; DIGITS]>);

/// Why a PIN is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PinRefused {
    /// It is not six digits.
    #[error("a PIN has six digits")]
    NotSixDigits,
    /// It is one of those that are guessed first.
    #[error("this PIN is too easy to guess")]
    TooEasy,
}

impl Pin {
    /// A PIN as typed, to be checked by the server.
    pub fn parse(text: &str) -> Result<Self, PinRefused> {
        let digits: [u8; DIGITS] = text.as_bytes().try_into().map_err(|_| PinRefused::NotSixDigits)?;
        if !digits.iter().all(u8::is_ascii_digit) {
            return Err(PinRefused::NotSixDigits);
        }
        Ok(Self(Secret::new(digits)))
    }

    /// Refuses repetitions (`111111`, `121212`, `123123`), runs (`123456`, `987654`) and mirrored halves (`123321`).
    pub(crate) fn not_easy(&self) -> Result<(), PinRefused> {
        let digits = self.0.expose();
        let repeats = |period: usize| digits.iter().zip(digits.iter().skip(period)).all(|(a, b)| a == b);
        let runs = |step: u8| {
            let next = |digit: u8| (digit - b'0' + step) % 10 + b'0';
            digits.iter().zip(digits.iter().skip(1)).all(|(a, b)| next(*a) == *b)
        };
        let mirrored = digits.iter().eq(digits.iter().rev());
        let easy = (1..=3).any(repeats) || runs(1) || runs(9) || mirrored;
        if easy { Err(PinRefused::TooEasy) } else { Ok(()) }
    }

    /// The key of this PIN on this device. Takes about 0.1 s.
    pub(crate) fn derive_key(
        &self,
        salt: &[u8; SALT_LENGTH],
        device_secret: &Secret<[u8; 32]>,
    ) -> Option<PinKey> {
        let mut stretched = Zeroizing::new([0; 32]);
        pbkdf2::derive(pbkdf2::PBKDF2_HMAC_SHA256, ROUNDS, salt, self.0.expose(), stretched.as_mut());
        let key = hmac::Key::new(hmac::HMAC_SHA256, device_secret.expose());
        let message = Zeroizing::new([LABEL, stretched.as_slice()].concat());
        let seed = hmac::sign(&key, &message);
        Ed25519KeyPair::from_seed_unchecked(seed.as_ref()).ok().map(PinKey)
    }
}

/// Signs instructions for as long as one takes; never stored.
pub(crate) struct PinKey(Ed25519KeyPair);

impl PinKey {
    /// Goes to the server once, when the PIN is set; the phone does not keep it.
    pub(crate) fn public(&self) -> &[u8] {
        self.0.public_key().as_ref()
    }

    pub(crate) fn sign(&self, message: &[u8]) -> Vec<u8> {
        self.0.sign(message).as_ref().to_vec()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refuses_what_is_not_six_digits() {
        for text in ["", "12345", "1234567", "12345a", "１２３４５６", "12 456"] {
            assert_eq!(Pin::parse(text).err(), Some(PinRefused::NotSixDigits), "{text}");
        }
    }

    #[test]
    fn refuses_the_pins_that_are_guessed_first() {
        for text in ["000000", "121212", "123123", "123456", "654321", "890123", "210987", "123321"] {
            assert_eq!(Pin::parse(text).unwrap().not_easy(), Err(PinRefused::TooEasy), "{text}");
        }
        for text in ["159357", "123457", "112233", "404071"] {
            assert_eq!(Pin::parse(text).unwrap().not_easy(), Ok(()), "{text}");
        }
    }

    #[test]
    fn gives_another_key_for_another_pin_salt_or_device() {
        let key = |pin: &str, salt: u8, device: u8| {
            let key = Pin::parse(pin).unwrap().derive_key(&[salt; 32], &Secret::new([device; 32])).unwrap();
            key.public().to_vec()
        };
        let all = [key("159357", 1, 1), key("159358", 1, 1), key("159357", 2, 1), key("159357", 1, 2)];
        assert_eq!(all[0], key("159357", 1, 1));
        for (index, one) in all.iter().enumerate() {
            assert!(all.iter().skip(index + 1).all(|other| other != one));
        }
    }
}
