//! Basic Access Control (9303-11, 4.3).
use subtle::ConstantTimeEq;
use trust::secret::Secret;

use super::key::MrzKey;
use crate::messaging::{Cipher, SecureMessaging, SessionKeys, derive_key};

/// The two keys that the MRZ yields.
#[derive(Debug)]
pub(crate) struct BacKeys {
    encryption: Secret<Vec<u8>>,
    checksum: Secret<Vec<u8>>,
}

/// The reader's half of a run: its challenge and key material.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) challenge: [u8; 8],
    pub(crate) material: Secret<[u8; 16]>,
}

const IV: [u8; 8] = [0; 8];

impl BacKeys {
    pub(crate) fn derive(mrz: &MrzKey) -> Self {
        let digest = mrz.digest();
        let seed = digest.expose().get(..16).unwrap_or_default();
        Self {
            encryption: derive_key(Cipher::TripleDes, seed, 1),
            checksum: derive_key(Cipher::TripleDes, seed, 2),
        }
    }

    #[cfg(test)]
    pub(crate) fn expose(&self) -> (&[u8], &[u8]) {
        (self.encryption.expose(), self.checksum.expose())
    }

    /// The data of EXTERNAL AUTHENTICATE: `E(RND.IFD || RND.IC || K.IFD) || MAC`.
    pub(crate) fn request(&self, run: &Run, chip_challenge: &[u8; 8]) -> Option<Vec<u8>> {
        let plain = Secret::new([&run.challenge[..], chip_challenge, run.material.expose()].concat());
        let mut out = Cipher::TripleDes.encrypt_blocks(self.encryption.expose(), &IV, plain.expose())?;
        let checksum = self.checksum(&out)?;
        out.extend(checksum);
        Some(out)
    }

    /// The session that the chip's answer opens; nothing where the answer is not by a chip with the same keys.
    pub(crate) fn session(
        &self,
        run: &Run,
        chip_challenge: &[u8; 8],
        answer: &[u8],
    ) -> Option<SecureMessaging> {
        let (encrypted, checksum) = answer.split_last_chunk::<8>()?;
        let right = self.checksum(encrypted)?.ct_eq(checksum);
        if encrypted.len() != 32 || !bool::from(right) {
            return None;
        }
        let plain = Cipher::TripleDes.decrypt_blocks(self.encryption.expose(), &IV, encrypted)?;
        let plain = Secret::new(plain);
        let material = plain.expose().strip_prefix(chip_challenge)?.strip_prefix(&run.challenge)?;
        let seed = material.iter().zip(run.material.expose()).map(|(chip, reader)| chip ^ reader);
        let seed = Secret::new(seed.collect::<Vec<u8>>());
        let counter = [chip_challenge.get(4..)?, run.challenge.get(4..)?].concat();
        let keys = SessionKeys::derive(Cipher::TripleDes, seed.expose());
        Some(SecureMessaging::new(keys, counter.try_into().ok()))
    }

    fn checksum(&self, data: &[u8]) -> Option<[u8; 8]> {
        let padded = [data, &[0x80, 0, 0, 0, 0, 0, 0, 0]].concat();
        Cipher::TripleDes.checksum(self.checksum.expose(), &padded)
    }
}
