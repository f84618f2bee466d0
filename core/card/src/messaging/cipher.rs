//! Ciphers, checksums and key derivation of secure messaging (9303-11, 9.7 and 9.8.6).
use aes::{Aes128, Aes192, Aes256};
use cbc::cipher::{
    BlockCipherEncrypt, BlockModeDecrypt, BlockModeEncrypt, KeyInit, KeyIvInit, block_padding::NoPadding,
};
use cbc::{Decryptor, Encryptor};
use cmac::{Cmac, Mac};
use des::cipher::BlockCipherDecrypt;
use des::{Des, TdesEde2};
use sha1::{Digest, Sha1};
use sha2::Sha256;
use subtle::ConstantTimeEq;
use trust::secret::Secret;
use zeroize::Zeroize;

/// What protects a session, the weakest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cipher {
    /// Two-key 3DES in CBC with the retail MAC.
    TripleDes,
    /// AES-128 in CBC with CMAC.
    Aes128,
    /// AES-192 in CBC with CMAC.
    Aes192,
    /// AES-256 in CBC with CMAC.
    Aes256,
}

impl Cipher {
    /// Octets of a block.
    pub const fn block_octets(self) -> usize {
        if matches!(self, Self::TripleDes) { 8 } else { 16 }
    }

    /// Octets of a key.
    pub const fn key_octets(self) -> usize {
        match self {
            Self::TripleDes | Self::Aes128 => 16,
            Self::Aes192 => 24,
            Self::Aes256 => 32,
        }
    }

    /// The name that the command line prints.
    pub const fn name(self) -> &'static str {
        match self {
            Self::TripleDes => "3des",
            Self::Aes128 => "aes-128",
            Self::Aes192 => "aes-192",
            Self::Aes256 => "aes-256",
        }
    }

    /// CBC over whole blocks, with this initialisation vector.
    pub(crate) fn encrypt_blocks(self, key: &[u8], iv: &[u8], data: &[u8]) -> Option<Vec<u8>> {
        match self {
            Self::TripleDes => Encryptor::<TdesEde2>::new_from_slices(key, iv)
                .ok()
                .map(|c| c.encrypt_padded_vec::<NoPadding>(data)),
            Self::Aes128 => Encryptor::<Aes128>::new_from_slices(key, iv)
                .ok()
                .map(|c| c.encrypt_padded_vec::<NoPadding>(data)),
            Self::Aes192 => Encryptor::<Aes192>::new_from_slices(key, iv)
                .ok()
                .map(|c| c.encrypt_padded_vec::<NoPadding>(data)),
            Self::Aes256 => Encryptor::<Aes256>::new_from_slices(key, iv)
                .ok()
                .map(|c| c.encrypt_padded_vec::<NoPadding>(data)),
        }
    }

    /// The inverse of [`Cipher::encrypt_blocks`].
    pub(crate) fn decrypt_blocks(self, key: &[u8], iv: &[u8], data: &[u8]) -> Option<Vec<u8>> {
        if data.is_empty() || !data.len().is_multiple_of(self.block_octets()) {
            return None;
        }
        match self {
            Self::TripleDes => Decryptor::<TdesEde2>::new_from_slices(key, iv)
                .ok()?
                .decrypt_padded_vec::<NoPadding>(data)
                .ok(),
            Self::Aes128 => {
                Decryptor::<Aes128>::new_from_slices(key, iv).ok()?.decrypt_padded_vec::<NoPadding>(data).ok()
            }
            Self::Aes192 => {
                Decryptor::<Aes192>::new_from_slices(key, iv).ok()?.decrypt_padded_vec::<NoPadding>(data).ok()
            }
            Self::Aes256 => {
                Decryptor::<Aes256>::new_from_slices(key, iv).ok()?.decrypt_padded_vec::<NoPadding>(data).ok()
            }
        }
    }

    /// The checksum of eight octets: retail MAC (ISO/IEC 9797-1 algorithm 3, data padded by the caller) or CMAC.
    pub(crate) fn checksum(self, key: &[u8], data: &[u8]) -> Option<[u8; 8]> {
        let eight = |full: &[u8]| full.first_chunk::<8>().copied();
        match self {
            Self::TripleDes => retail_mac(key, data),
            Self::Aes128 => eight(
                &<Cmac<Aes128> as KeyInit>::new_from_slice(key)
                    .ok()?
                    .chain_update(data)
                    .finalize()
                    .into_bytes(),
            ),
            Self::Aes192 => eight(
                &<Cmac<Aes192> as KeyInit>::new_from_slice(key)
                    .ok()?
                    .chain_update(data)
                    .finalize()
                    .into_bytes(),
            ),
            Self::Aes256 => eight(
                &<Cmac<Aes256> as KeyInit>::new_from_slice(key)
                    .ok()?
                    .chain_update(data)
                    .finalize()
                    .into_bytes(),
            ),
        }
    }

    fn encrypt_one(self, key: &[u8], block: &[u8]) -> Option<Vec<u8>> {
        self.encrypt_blocks(key, &vec![0; self.block_octets()], block)
    }
}

fn retail_mac(key: &[u8], data: &[u8]) -> Option<[u8; 8]> {
    let (first, second) = key.split_at_checked(8)?;
    let (first, second) = (Des::new_from_slice(first).ok()?, Des::new_from_slice(second).ok()?);
    let mut state = [0_u8; 8];
    for block in data.chunks(8) {
        state.iter_mut().zip(block).for_each(|(state, octet)| *state ^= octet);
        first.encrypt_block((&mut state).into());
    }
    second.decrypt_block((&mut state).into());
    first.encrypt_block((&mut state).into());
    Some(state)
}

/// KDF of 9303-11, 9.7.1: SHA-1 for keys of 16 octets, SHA-256 for longer ones; DES keys get their parity.
/// Counter 1 makes the encryption key, 2 the checksum key, 3 the password key of PACE.
pub fn derive_key(cipher: Cipher, secret: &[u8], counter: u8) -> Secret<Vec<u8>> {
    let counter = [0, 0, 0, counter];
    let mut key = if cipher.key_octets() == 16 {
        wiped(Sha1::new().chain_update(secret).chain_update(counter).finalize().as_mut_slice())
    } else {
        wiped(Sha256::new().chain_update(secret).chain_update(counter).finalize().as_mut_slice())
    };
    // The vector is wiped in its whole capacity.
    key.truncate(cipher.key_octets());
    if cipher == Cipher::TripleDes {
        for octet in &mut key {
            *octet = *octet & 0xfe | u8::from((*octet >> 1).count_ones() % 2 == 0);
        }
    }
    Secret::new(key)
}

/// Moves octets to where they will be wiped.
fn wiped(octets: &mut [u8]) -> Vec<u8> {
    let moved = octets.to_vec();
    octets.zeroize();
    moved
}

/// Without the padding of ISO/IEC 7816-4: 80 and zeros.
pub(super) fn unpad(mut padded: Vec<u8>) -> Option<Vec<u8>> {
    let end = padded.iter().rposition(|octet| *octet != 0)?;
    if padded.get(end) != Some(&0x80) {
        return None;
    }
    padded.truncate(end);
    Some(padded)
}

/// The two keys of a session.
#[derive(Debug)]
pub struct SessionKeys {
    cipher: Cipher,
    encryption: Secret<Vec<u8>>,
    checksum: Secret<Vec<u8>>,
}

impl SessionKeys {
    /// From a shared secret.
    pub fn derive(cipher: Cipher, secret: &[u8]) -> Self {
        Self { cipher, encryption: derive_key(cipher, secret, 1), checksum: derive_key(cipher, secret, 2) }
    }

    #[cfg(test)]
    pub(crate) fn from_parts(cipher: Cipher, encryption: Vec<u8>, checksum: Vec<u8>) -> Self {
        Self { cipher, encryption: Secret::new(encryption), checksum: Secret::new(checksum) }
    }

    #[cfg(test)]
    pub(crate) fn same_as(&self, other: &Self) -> bool {
        self.encryption.expose() == other.encryption.expose()
            && self.checksum.expose() == other.checksum.expose()
    }

    /// The cipher.
    pub const fn cipher(&self) -> Cipher {
        self.cipher
    }

    /// Zero for 3DES, the encrypted counter for AES (9.8.6).
    fn iv(&self, counter: &[u8]) -> Vec<u8> {
        match self.cipher {
            Cipher::TripleDes => vec![0; 8],
            _ => self.cipher.encrypt_one(self.encryption.expose(), counter).unwrap_or_default(),
        }
    }

    pub(super) fn encrypt(&self, counter: &[u8], padded: &[u8]) -> Vec<u8> {
        self.cipher.encrypt_blocks(self.encryption.expose(), &self.iv(counter), padded).unwrap_or_default()
    }

    pub(super) fn decrypt(&self, counter: &[u8], data: &[u8]) -> Option<Vec<u8>> {
        self.cipher.decrypt_blocks(self.encryption.expose(), &self.iv(counter), data)
    }

    /// The proof of the chip authentication mapping, encrypted with a counter of minus one (4.4.3.5.2).
    pub(crate) fn decrypt_chip_authentication(&self, data: &[u8]) -> Option<Vec<u8>> {
        unpad(self.decrypt(&vec![0xff; self.cipher.block_octets()], data)?)
    }

    /// Over data that the caller padded.
    pub(crate) fn checksum(&self, data: &[u8]) -> [u8; 8] {
        self.cipher.checksum(self.checksum.expose(), data).unwrap_or_default()
    }

    pub(crate) fn verify_checksum(&self, data: &[u8], claimed: &[u8]) -> bool {
        self.cipher.checksum(self.checksum.expose(), data).is_some_and(|right| right.ct_eq(claimed).into())
    }
}
