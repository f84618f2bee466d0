//! Secure messaging from the card's side: opens protected commands, protects responses, counts every message (ICAO
//! Doc 9303-11, 9.8).
use super::cipher::{Key, Purpose, Suite, unpad};
use super::command::{Answer, Command, Outcome, StatusWord};
use super::objects::{encode, find, objects};

/// Padded cryptogram, odd instruction's cryptogram, status, expected length, checksum.
const CRYPTOGRAM: u32 = 0x87;
const ODD_CRYPTOGRAM: u32 = 0x85;
const STATUS: u32 = 0x99;
const EXPECTED: u32 = 0x97;
const CHECKSUM: u32 = 0x8e;

/// One session: two keys and the send sequence counter.
#[derive(Clone, Debug)]
pub(super) struct Session {
    encryption: Key,
    checksum: Key,
    counter: Vec<u8>,
}

impl Session {
    /// A session on keys derived from a shared secret, its counter at zero (PACE, chip authentication).
    pub(super) fn new(suite: Suite, secret: &[u8]) -> Self {
        Self::with_counter(suite, secret, vec![0; suite.block()])
    }

    /// A session whose counter starts elsewhere (BAC).
    pub(super) fn with_counter(suite: Suite, secret: &[u8], counter: Vec<u8>) -> Self {
        Self {
            encryption: suite.derive(secret, Purpose::Encryption),
            checksum: suite.derive(secret, Purpose::Checksum),
            counter,
        }
    }

    /// A session on known keys.
    #[cfg(test)]
    pub(super) const fn with_keys(encryption: Key, checksum: Key, counter: Vec<u8>) -> Self {
        Self { encryption, checksum, counter }
    }

    /// The key for encryption, which PACE with chip authentication mapping uses once more.
    #[cfg(test)]
    pub(super) const fn encryption_key(&self) -> &Key {
        &self.encryption
    }

    /// The counter as it stands.
    #[cfg(test)]
    pub(super) fn counter(&self) -> &[u8] {
        &self.counter
    }

    const fn suite(&self) -> Suite {
        self.encryption.suite()
    }

    fn count(&mut self) {
        for octet in self.counter.iter_mut().rev() {
            *octet = octet.wrapping_add(1);
            if *octet != 0 {
                return;
            }
        }
    }

    /// The initial value: zeros for triple DES, the encrypted counter for AES.
    fn initial(&self) -> Result<Vec<u8>, StatusWord> {
        match self.suite() {
            Suite::TripleDes => Ok(vec![0; 8]),
            _ => self.encryption.encrypt(&self.counter),
        }
    }

    /// Checks and opens a protected command. An error ends the session and is answered in the clear.
    pub(super) fn open(&mut self, protected: &Command) -> Result<Command, StatusWord> {
        self.count();
        let objects = objects(&protected.data).map_err(|_| StatusWord::MESSAGING_OBJECTS_WRONG)?;
        let claimed = find(&objects, CHECKSUM).ok_or(StatusWord::MESSAGING_OBJECTS_MISSING)?;
        let header = [protected.class, protected.instruction, protected.p1, protected.p2];
        let mut message = self.counter.clone();
        message.extend(self.suite().pad(&header));
        let covered: Vec<u8> = objects
            .iter()
            .filter(|object| object.tag & 1 == 1)
            .flat_map(|object| encode(object.tag, object.value))
            .collect();
        if !covered.is_empty() {
            message.extend(covered);
            message = self.suite().pad(&message);
        }
        if self.checksum.checksum_padded(&message)? != *claimed {
            return Err(StatusWord::MESSAGING_OBJECTS_WRONG);
        }
        let data = match (find(&objects, CRYPTOGRAM), find(&objects, ODD_CRYPTOGRAM)) {
            (Some([1, cryptogram @ ..]), None) | (None, Some(cryptogram)) => self.decrypt(cryptogram)?,
            (None, None) => Vec::new(),
            _ => return Err(StatusWord::MESSAGING_OBJECTS_WRONG),
        };
        let expected = match find(&objects, EXPECTED) {
            None => None,
            Some([0]) => Some(256),
            Some([short]) => Some(usize::from(*short)),
            Some([0, 0]) => Some(65_536),
            Some([high, low]) => Some(usize::from(u16::from_be_bytes([*high, *low]))),
            Some(_) => return Err(StatusWord::MESSAGING_OBJECTS_WRONG),
        };
        Ok(Command {
            class: protected.class & !0x0c,
            instruction: protected.instruction,
            p1: protected.p1,
            p2: protected.p2,
            data,
            expected,
            extended: protected.extended,
        })
    }

    fn decrypt(&self, cryptogram: &[u8]) -> Result<Vec<u8>, StatusWord> {
        let padded = self.encryption.decrypt_from(&self.initial()?, cryptogram)?;
        unpad(&padded).map(<[u8]>::to_vec)
    }

    /// Protects what the chip answers to a command with that instruction.
    pub(super) fn protect(&mut self, instruction: u8, outcome: Outcome) -> Result<Answer, StatusWord> {
        self.count();
        let answer = outcome.unwrap_or_else(|word| Answer { data: Vec::new(), word });
        let mut protected = Vec::new();
        if !answer.data.is_empty() {
            let cryptogram =
                self.encryption.encrypt_from(&self.initial()?, &self.suite().pad(&answer.data))?;
            protected.extend(if instruction & 1 == 1 {
                encode(ODD_CRYPTOGRAM, &cryptogram)
            } else {
                encode(CRYPTOGRAM, &[&[1], cryptogram.as_slice()].concat())
            });
        }
        protected.extend(encode(STATUS, &answer.word.0.to_be_bytes()));
        let message = [self.counter.as_slice(), &protected].concat();
        let checksum = self.checksum.checksum_padded(&self.suite().pad(&message))?;
        protected.extend(encode(CHECKSUM, &checksum));
        Ok(Answer { data: protected, word: answer.word })
    }

    /// The most octets of data whose protected form still fits into a response of that length.
    pub(super) fn room(&self, response: usize) -> usize {
        // Status object, checksum object, and the cryptogram's header with its padding indicator.
        let header = match response {
            0..=127 => 3,
            128..=256 => 4,
            _ => 5,
        };
        let cryptogram = response.saturating_sub(4 + 10 + header);
        (cryptogram / self.suite().block() * self.suite().block()).saturating_sub(1)
    }
}
