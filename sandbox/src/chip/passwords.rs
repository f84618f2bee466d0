//! What is printed on the card and opens it: the fields of the machine readable zone and the six digits.
use sha1::{Digest, Sha1};

use super::objects::sole;

/// The passwords that a chip knows.
#[derive(Clone, Default)]
pub(super) struct Passwords {
    /// Document number, date of birth and date of expiry, each with its check digit.
    mrz: Option<Vec<u8>>,
    /// The card access number.
    can: Option<Vec<u8>>,
}

impl Passwords {
    /// Takes them from EF.DG1. The card access number of a Vietnamese card is the end of the personal number, which
    /// stands in the optional data of the first line.
    pub(super) fn from_dg1(dg1: &[u8]) -> Self {
        let zone = sole(dg1, 0x61).and_then(|content| sole(content, 0x5f1f)).unwrap_or_default();
        let field = |start: usize, length: usize| zone.get(start..start + length).unwrap_or_default();
        // Number with check digit, number's continuation, birth with check digit, expiry with check digit.
        let (number, optional, birth, expiry, can) = match zone.len() {
            90 => (field(5, 10), field(15, 15), field(30, 7), field(38, 7), field(21, 6)),
            72 => (field(36, 10), field(64, 7), field(49, 7), field(57, 7), &[][..]),
            88 => (field(44, 10), &[][..], field(57, 7), field(65, 7), &[][..]),
            _ => return Self::default(),
        };
        // A long number goes on in the optional data, its check digit last (Doc 9303-5, 4.2.4).
        let number = match number {
            [short @ .., b'<'] if !optional.is_empty() => {
                let rest = optional.iter().take_while(|octet| **octet != b'<');
                short.iter().chain(rest).copied().collect()
            }
            whole => whole.to_vec(),
        };
        Self {
            mrz: Some([&number, birth, expiry].concat()),
            can: Some(can.to_vec()).filter(|can| can.len() == 6 && can.iter().all(u8::is_ascii_digit)),
        }
    }

    /// Sets the card access number.
    pub(super) fn set_can(&mut self, can: &str) {
        self.can = Some(can.as_bytes().to_vec());
    }

    /// What BAC's keys are derived from: the first half of a digest (Doc 9303-11, 9.7.2).
    pub(super) fn bac_seed(&self) -> Option<Vec<u8>> {
        self.mrz.as_ref().map(|mrz| Sha1::digest(mrz).iter().take(16).copied().collect())
    }

    /// What PACE's password key is derived from, by the reference in MSE:Set AT: 1 is the zone, 2 the number.
    pub(super) fn pace_secret(&self, reference: u8) -> Option<Vec<u8>> {
        match reference {
            1 => self.mrz.as_ref().map(|mrz| Sha1::digest(mrz).to_vec()),
            2 => self.can.clone(),
            _ => None,
        }
    }
}
