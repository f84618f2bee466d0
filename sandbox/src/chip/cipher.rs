//! The ciphers and checksums that a chip speaks, and how it derives their keys (ICAO Doc 9303-11, 9.7 and 9.8). The
//! chip has its own, so that an error in the reader's cannot cancel itself out.
use aes::cipher::{
    Block, BlockCipherDecrypt, BlockCipherEncrypt, BlockModeDecrypt, BlockModeEncrypt, InnerIvInit, KeyInit,
};
use aes::{Aes128, Aes192, Aes256};
use cmac::{Cmac, Mac};
use des::{Des, TdesEde2};
use sha1::Sha1;
use sha2::{Digest, Sha256};

use super::command::StatusWord;

/// A cipher with the checksum that goes with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Suite {
    /// Two-key triple DES in CBC mode, retail MAC.
    TripleDes,
    /// AES in CBC mode, CMAC cut to eight octets.
    Aes128,
    /// As `Aes128` with a longer key.
    Aes192,
    /// As `Aes128` with a longer key.
    Aes256,
}

/// What a key is derived for: the counter of Doc 9303-11, 9.7.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    Encryption = 1,
    Checksum = 2,
    Password = 3,
}

/// One key of a suite.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Key {
    suite: Suite,
    octets: Vec<u8>,
}

impl Suite {
    /// Octets of a cipher block.
    pub(super) const fn block(self) -> usize {
        match self {
            Self::TripleDes => 8,
            _ => 16,
        }
    }

    /// Octets of a key.
    pub(super) const fn key_octets(self) -> usize {
        match self {
            Self::TripleDes | Self::Aes128 => 16,
            Self::Aes192 => 24,
            Self::Aes256 => 32,
        }
    }

    /// Derives a key from a shared secret (Doc 9303-11, 9.7.1).
    pub(super) fn derive(self, secret: &[u8], purpose: Purpose) -> Key {
        let counter = [0, 0, 0, purpose as u8];
        let mut octets = match self {
            Self::TripleDes | Self::Aes128 => {
                Sha1::new().chain_update(secret).chain_update(counter).finalize().to_vec()
            }
            Self::Aes192 | Self::Aes256 => {
                Sha256::new().chain_update(secret).chain_update(counter).finalize().to_vec()
            }
        };
        octets.truncate(self.key_octets());
        Key { suite: self, octets }
    }

    /// Adds a one bit and zeros up to a whole block (ISO/IEC 9797-1, method 2).
    pub(super) fn pad(self, data: &[u8]) -> Vec<u8> {
        let mut padded = data.to_vec();
        padded.push(0x80);
        padded.resize(padded.len().next_multiple_of(self.block()), 0);
        padded
    }
}

/// Takes the padding of [`Suite::pad`] off.
pub(super) fn unpad(padded: &[u8]) -> Result<&[u8], StatusWord> {
    let end = padded.iter().rposition(|octet| *octet != 0).ok_or(StatusWord::MESSAGING_OBJECTS_WRONG)?;
    match padded.get(..=end) {
        Some([data @ .., 0x80]) => Ok(data),
        _ => Err(StatusWord::MESSAGING_OBJECTS_WRONG),
    }
}

impl Key {
    /// A key out of the first of these octets.
    pub(super) fn new(suite: Suite, octets: &[u8]) -> Self {
        Self { suite, octets: octets.iter().copied().take(suite.key_octets()).collect() }
    }

    /// The suite that this key is for.
    pub(super) const fn suite(&self) -> Suite {
        self.suite
    }

    /// Encrypts whole blocks from an all-zero initial value.
    pub(super) fn encrypt(&self, data: &[u8]) -> Result<Vec<u8>, StatusWord> {
        self.encrypt_from(&vec![0; self.suite.block()], data)
    }

    /// Encrypts whole blocks in CBC mode.
    pub(super) fn encrypt_from(&self, initial: &[u8], data: &[u8]) -> Result<Vec<u8>, StatusWord> {
        match self.suite {
            Suite::TripleDes => encrypt::<TdesEde2>(&self.octets, initial, data),
            Suite::Aes128 => encrypt::<Aes128>(&self.octets, initial, data),
            Suite::Aes192 => encrypt::<Aes192>(&self.octets, initial, data),
            Suite::Aes256 => encrypt::<Aes256>(&self.octets, initial, data),
        }
    }

    /// Decrypts whole blocks from an all-zero initial value.
    pub(super) fn decrypt(&self, data: &[u8]) -> Result<Vec<u8>, StatusWord> {
        self.decrypt_from(&vec![0; self.suite.block()], data)
    }

    /// Decrypts whole blocks in CBC mode.
    pub(super) fn decrypt_from(&self, initial: &[u8], data: &[u8]) -> Result<Vec<u8>, StatusWord> {
        match self.suite {
            Suite::TripleDes => decrypt::<TdesEde2>(&self.octets, initial, data),
            Suite::Aes128 => decrypt::<Aes128>(&self.octets, initial, data),
            Suite::Aes192 => decrypt::<Aes192>(&self.octets, initial, data),
            Suite::Aes256 => decrypt::<Aes256>(&self.octets, initial, data),
        }
    }

    /// The checksum of eight octets over a padded message: retail MAC (ISO/IEC 9797-1, algorithm 3) or CMAC.
    pub(super) fn checksum_padded(&self, padded: &[u8]) -> Result<[u8; 8], StatusWord> {
        let full = match self.suite {
            Suite::TripleDes => {
                let (first, second) = self.octets.split_at_checked(8).ok_or(StatusWord::NO_DIAGNOSIS)?;
                let chained = encrypt::<Des>(first, &[0; 8], padded)?;
                let last = chained.rchunks(8).next().ok_or(StatusWord::NO_DIAGNOSIS)?;
                let opened = decrypt::<Des>(second, &[0; 8], last)?;
                encrypt::<Des>(first, &[0; 8], &opened)?
            }
            Suite::Aes128 => full_checksum::<Cmac<Aes128>>(&self.octets, padded)?,
            Suite::Aes192 => full_checksum::<Cmac<Aes192>>(&self.octets, padded)?,
            Suite::Aes256 => full_checksum::<Cmac<Aes256>>(&self.octets, padded)?,
        };
        full.first_chunk().copied().ok_or(StatusWord::NO_DIAGNOSIS)
    }

    /// The checksum over any message: CMAC pads by itself, the retail MAC by method 2.
    pub(super) fn checksum(&self, message: &[u8]) -> Result<[u8; 8], StatusWord> {
        match self.suite {
            Suite::TripleDes => self.checksum_padded(&self.suite.pad(message)),
            _ => self.checksum_padded(message),
        }
    }
}

fn blocks<C: BlockCipherEncrypt>(data: &[u8]) -> Result<Vec<Block<C>>, StatusWord> {
    let (whole, rest) = Block::<C>::slice_as_chunks(data);
    if rest.is_empty() { Ok(whole.to_vec()) } else { Err(StatusWord::MESSAGING_OBJECTS_WRONG) }
}

fn encrypt<C: BlockCipherEncrypt + KeyInit>(
    key: &[u8],
    initial: &[u8],
    data: &[u8],
) -> Result<Vec<u8>, StatusWord> {
    let cipher = C::new_from_slice(key).map_err(|_| StatusWord::NO_DIAGNOSIS)?;
    let mut mode =
        cbc::Encryptor::<C>::inner_iv_slice_init(cipher, initial).map_err(|_| StatusWord::NO_DIAGNOSIS)?;
    let mut blocks = blocks::<C>(data)?;
    mode.encrypt_blocks(&mut blocks);
    Ok(blocks.concat())
}

fn decrypt<C: BlockCipherEncrypt + BlockCipherDecrypt + KeyInit>(
    key: &[u8],
    initial: &[u8],
    data: &[u8],
) -> Result<Vec<u8>, StatusWord> {
    let cipher = C::new_from_slice(key).map_err(|_| StatusWord::NO_DIAGNOSIS)?;
    let mut mode =
        cbc::Decryptor::<C>::inner_iv_slice_init(cipher, initial).map_err(|_| StatusWord::NO_DIAGNOSIS)?;
    let mut blocks = blocks::<C>(data)?;
    mode.decrypt_blocks(&mut blocks);
    Ok(blocks.concat())
}

fn full_checksum<M: Mac + KeyInit>(key: &[u8], message: &[u8]) -> Result<Vec<u8>, StatusWord> {
    let mut mac = <M as KeyInit>::new_from_slice(key).map_err(|_| StatusWord::NO_DIAGNOSIS)?;
    mac.update(message);
    Ok(mac.finalize().into_bytes().to_vec())
}
