//! Sealing of single records: AES-256-GCM with a random 96-bit nonce before the ciphertext.

use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use trust::random::Random;
use zeroize::Zeroizing;

use super::{StoreError, Table};

/// Length of the sealing key, in bytes.
pub(crate) const KEY_LENGTH: usize = 32;

/// Seals and opens records. Random nonces are safe for 2^32 records under one key (NIST SP 800-38D section 8.3).
pub(crate) struct SealingKey(LessSafeKey);

impl SealingKey {
    pub(crate) fn new(key: &[u8; KEY_LENGTH]) -> Result<Self, StoreError> {
        UnboundKey::new(&AES_256_GCM, key).map(|key| Self(LessSafeKey::new(key))).map_err(|_| StoreError::Bug)
    }

    /// `nonce || ciphertext || tag`, good only at this place and version of the record.
    pub(crate) fn seal(
        &self,
        place: &Place<'_>,
        plain: &[u8],
        random: &mut dyn Random,
    ) -> Result<Vec<u8>, StoreError> {
        let mut nonce = [0; NONCE_LEN];
        random.fill(&mut nonce).map_err(|_| StoreError::Random)?;
        let mut body = Zeroizing::new(plain.to_vec());
        let tag = self
            .0
            .seal_in_place_separate_tag(Nonce::assume_unique_for_key(nonce), place.aad(), body.as_mut_slice())
            .map_err(|_| StoreError::Bug)?;
        Ok([&nonce, body.as_slice(), tag.as_ref()].concat())
    }

    pub(crate) fn open(&self, place: &Place<'_>, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, StoreError> {
        let (nonce, body) = sealed.split_first_chunk::<NONCE_LEN>().ok_or(StoreError::Tampered)?;
        let mut body = Zeroizing::new(body.to_vec());
        let length = self
            .0
            .open_in_place(Nonce::assume_unique_for_key(*nonce), place.aad(), body.as_mut_slice())
            .map_err(|_| StoreError::Tampered)?
            .len();
        body.truncate(length);
        Ok(body)
    }
}

/// Where a record stands. Bound into its seal, so that no record can be moved, and none passes under another version. An older one that
/// somebody kept and puts back with its version opens: `docs/threat-model.md` says what that can bring about.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place<'a> {
    pub(crate) table: Table,
    pub(crate) id: &'a str,
    pub(crate) version: i64,
}

impl Place<'_> {
    fn aad(&self) -> Aad<Vec<u8>> {
        let mut bytes = Vec::with_capacity(64);
        for text in [self.table.name(), self.id] {
            bytes.extend_from_slice(text.as_bytes());
            bytes.push(0);
        }
        bytes.extend_from_slice(&self.version.to_be_bytes());
        Aad::from(bytes)
    }
}
