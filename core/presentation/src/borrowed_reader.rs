//! What a phone that cannot read a chip shows to one that can, so that the other reads the card for it.
//!
//! ```cddl
//! code = [ parcel_key: bstr .size 33, nonce: bstr .size (16..64), key_thumbprint: bstr .size 32,
//!          purpose: tstr .size (1..64), made_at: uint, name: tstr .size (1..64) ]
//! ```
//! `parcel_key` is a compressed point, `made_at` is seconds since 1970. The chip answers the challenge that comes of nonce,
//! thumbprint and purpose, so that its answer serves the phone that shows the code, for this purpose, and nobody else; the
//! reading travels back as a parcel ([`crate::new_phone::seal`]) that this phone alone can open. On the screen: a [frame] with
//! `7364`. Who films the code can open nothing; who swaps it for another one is found out by
//! [`BorrowedReaderCode::check_digits`], which both phones show.

use trust::cbor::{Encoder, Item, Profile};
use trust::p256::PublicKey;
use trust::time::Timestamp;

use crate::frame::{self, Content, FrameError};
use crate::new_phone::{LONGEST_NAME, check_digits_of};
use crate::shown::can_be_shown;

const NONCE: std::ops::RangeInclusive<usize> = 16..=64;

/// Why a text asks for no reading.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BorrowedReaderError {
    /// The text is no frame of a phone that borrows a reader.
    #[error(transparent)]
    Frame(#[from] FrameError),
    /// What is framed does not ask for a reading.
    #[error("not the code of a phone that borrows a reader")]
    Malformed,
}

/// What the phone without a reader shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BorrowedReaderCode {
    /// The key to which the reading is sealed.
    pub parcel_key: PublicKey,
    /// The provider's nonce, 16 to 64 octets.
    pub nonce: Vec<u8>,
    /// RFC 7638 thumbprint of the key that the proof is for.
    pub key_thumbprint: [u8; 32],
    /// What the person is proven for, as the provider names it.
    pub purpose: String,
    /// When it was made, by the clock of the phone that shows it.
    pub made_at: Timestamp,
    /// What the owner calls that phone: 1 to 64 bytes, no control characters and none that are invisible or change
    /// the direction.
    pub name: String,
}

impl BorrowedReaderCode {
    /// The digits of its QR code.
    ///
    /// # Errors
    /// [`BorrowedReaderError::Malformed`] for a nonce, purpose or name that does not fit, or a time before 1970.
    pub fn to_text(&self) -> Result<String, BorrowedReaderError> {
        Ok(frame::encode_as(Content::BorrowedReader, &self.bytes()?))
    }

    /// Reads the digits back.
    ///
    /// # Errors
    /// [`BorrowedReaderError::Frame`] for what is no whole frame of this kind, [`BorrowedReaderError::Malformed`] for what is in it.
    pub fn parse(scanned: &str) -> Result<Self, BorrowedReaderError> {
        let bytes = frame::decode_as(Content::BorrowedReader, scanned)?;
        let code = Self::from_bytes(&bytes).ok_or(BorrowedReaderError::Malformed)?;
        if code.bytes()? == bytes { Ok(code) } else { Err(BorrowedReaderError::Malformed) }
    }

    /// Six digits that both phones show: they differ where the code was swapped on its way.
    ///
    /// # Errors
    /// As [`BorrowedReaderCode::to_text`].
    pub fn check_digits(&self) -> Result<String, BorrowedReaderError> {
        Ok(check_digits_of(b"sen borrowed reader 1", &self.bytes()?))
    }

    fn bytes(&self) -> Result<Vec<u8>, BorrowedReaderError> {
        let malformed = BorrowedReaderError::Malformed;
        let made_at = u64::try_from(self.made_at.as_unix()).map_err(|_| malformed)?;
        let shown = [&self.purpose, &self.name].iter().all(|text| can_be_shown(text, LONGEST_NAME));
        if !shown || !NONCE.contains(&self.nonce.len()) {
            return Err(malformed);
        }
        let mut out = Encoder::new();
        out.array(6).bytes(&self.parcel_key.compressed()).bytes(&self.nonce).bytes(&self.key_thumbprint);
        out.text(&self.purpose).uint(made_at).text(&self.name);
        Ok(out.finish())
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let mut parts = Item::parse(bytes, Profile::Deterministic).ok()?.as_array().ok()?;
        let parcel_key = PublicKey::from_compressed(parts.next()?.as_bytes().ok()?).ok()?;
        let nonce = parts.next()?.as_bytes().ok()?.to_vec();
        let key_thumbprint = parts.next()?.as_bytes().ok()?.try_into().ok()?;
        let purpose = parts.next()?.as_text().ok()?.to_owned();
        let made_at = i64::try_from(parts.next()?.as_uint().ok()?).ok()?;
        let name = parts.next()?.as_text().ok()?.to_owned();
        Some(Self {
            parcel_key,
            nonce,
            key_thumbprint,
            purpose,
            made_at: Timestamp::from_unix(made_at),
            name,
        })
    }
}

#[cfg(test)]
mod tests;
