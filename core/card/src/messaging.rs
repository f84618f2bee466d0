//! Secure messaging, the reader's side (ICAO Doc 9303-11, 9.8): commands are encrypted and authenticated, answers
//! checked and decrypted. A wrong checksum ends the session: the caller must open access anew.
mod cipher;
#[cfg(test)]
mod tests;

pub use cipher::{Cipher, SessionKeys, derive_key};

use crate::apdu::{CommandApdu, ResponseApdu, expected_field};
use crate::asn1::{Walk, encode};

/// Why an answer is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MessagingError {
    /// The answer is not protected, or its objects are not those of 9303-11, 9.8.
    #[error("the answer is not protected as it should be")]
    Malformed,
    /// The checksum is wrong: somebody else answered, or the session is out of step.
    #[error("wrong checksum")]
    WrongChecksum,
    /// The padding is wrong.
    #[error("wrong padding")]
    WrongPadding,
}

/// An open session.
#[derive(Debug)]
pub struct SecureMessaging {
    keys: SessionKeys,
    counter: Vec<u8>,
}

impl SecureMessaging {
    /// With the counter that BAC leaves (8 octets), or zero.
    pub fn new(keys: SessionKeys, counter: Option<[u8; 8]>) -> Self {
        let counter =
            counter.map_or_else(|| vec![0; keys.cipher().block_octets()], |counter| counter.to_vec());
        Self { keys, counter }
    }

    #[cfg(test)]
    pub(crate) fn with_counter(keys: SessionKeys, counter: Vec<u8>) -> Self {
        Self { keys, counter }
    }

    #[cfg(test)]
    pub(crate) fn uses(&self, keys: &SessionKeys, counter: &[u8]) -> bool {
        self.keys.same_as(keys) && self.counter == counter
    }

    fn count(&mut self) {
        for octet in self.counter.iter_mut().rev() {
            *octet = octet.wrapping_add(1);
            if *octet != 0 {
                break;
            }
        }
    }

    fn pad(&self, data: &[u8]) -> Vec<u8> {
        let block = self.keys.cipher().block_octets();
        let mut padded = data.to_vec();
        padded.push(0x80);
        padded.resize(padded.len().next_multiple_of(block), 0);
        padded
    }

    /// Octets of data that fit into a protected answer of so many octets with its objects and its status.
    pub(crate) fn data_within(&self, answer: usize) -> usize {
        let block = self.keys.cipher().block_octets();
        // The padding indicator, object 99, object 8E, and the status outside.
        let around = |padded: usize| length_head(padded + 1) + 1 + 4 + 10 + 2;
        let mut padded = answer / block * block;
        while padded > 0 && padded + around(padded) > answer {
            padded -= block;
        }
        padded.saturating_sub(1)
    }

    /// The command as it goes to the chip.
    pub fn protect(&mut self, command: &CommandApdu) -> Vec<u8> {
        self.count();
        let header = [command.cla | 0x0c, command.ins, command.p1, command.p2];
        let mut objects = Vec::new();
        if !command.data.is_empty() {
            let encrypted = self.keys.encrypt(&self.counter, &self.pad(&command.data));
            // An odd instruction's data are data objects already (7816-4, 10.2).
            let object = if command.ins & 1 == 1 {
                encode(0x85, &encrypted)
            } else {
                encode(0x87, &[&[1], &encrypted[..]].concat())
            };
            objects.extend(object);
        }
        if let Some(expected) = command.expected {
            objects.extend(encode(0x97, &expected_field(expected, expected > 0x100)));
        }
        let mut authenticated = [&self.counter[..], &self.pad(&header)].concat();
        if !objects.is_empty() {
            authenticated.extend(self.pad(&objects));
        }
        objects.extend(encode(0x8e, &self.keys.checksum(&authenticated)));
        let extended = command.is_extended() || objects.len() > 0xff;
        let whole = if extended { 0x1_0000 } else { 0x100 };
        let protected =
            CommandApdu { cla: command.cla | 0x0c, data: objects, expected: Some(whole), ..command.clone() };
        protected.encode_as(extended)
    }

    /// The answer as the chip meant it.
    pub fn unprotect(&mut self, response: &[u8]) -> Result<ResponseApdu, MessagingError> {
        self.count();
        let outer = ResponseApdu::parse(response).ok_or(MessagingError::Malformed)?;
        let mut objects = Walk(&outer.data);
        let mut next = |tag| objects.optional(tag).map_err(|_| MessagingError::Malformed);
        let encrypted = match next(0x87)? {
            Some(object) => Some((object, true)),
            None => next(0x85)?.map(|object| (object, false)),
        };
        let status = next(0x99)?;
        let checksum = next(0x8e)?.ok_or(MessagingError::Malformed)?;
        objects.end().map_err(|_| MessagingError::Malformed)?;
        let mut objects = Vec::new();
        objects.extend_from_slice(encrypted.map_or(&[], |(object, _)| object.raw));
        objects.extend_from_slice(status.map_or(&[], |object| object.raw));
        let authenticated = [&self.counter[..], &self.pad(&objects)].concat();
        if !self.keys.verify_checksum(&authenticated, checksum.value) {
            return Err(MessagingError::WrongChecksum);
        }
        // Without object 99 the chip's status would be nobody's word (9303-11, 9.8.4).
        let status = status.map(|object| object.value).and_then(|value| <[u8; 2]>::try_from(value).ok());
        let status = u16::from_be_bytes(status.ok_or(MessagingError::Malformed)?);
        let data = match encrypted {
            None => Vec::new(),
            Some((object, indicator)) => {
                let encrypted = if indicator { object.value.strip_prefix(&[1]) } else { Some(object.value) };
                let encrypted = encrypted.ok_or(MessagingError::Malformed)?;
                let plain = self.keys.decrypt(&self.counter, encrypted).ok_or(MessagingError::Malformed)?;
                cipher::unpad(plain).ok_or(MessagingError::WrongPadding)?
            }
        };
        Ok(ResponseApdu { data, status })
    }
}

/// Octets of a tag of one octet and of the length that follows it.
const fn length_head(length: usize) -> usize {
    match length {
        0..=0x7f => 2,
        0x80..=0xff => 3,
        0x100..=0xffff => 4,
        _ => 5,
    }
}
