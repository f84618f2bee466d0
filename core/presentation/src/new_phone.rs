//! What a new phone shows to the old one, and what the old phone sends back, sealed.
//!
//! ```cddl
//! code = [ instance_key: bstr .size 33, parcel_key: bstr .size 33, made_at: uint, name: tstr .size (1..64) ]
//! ```
//! Keys are compressed points, `made_at` is seconds since 1970. On the screen: a [frame] with `7363`. The code is no
//! secret: who films it knows two public keys. Who swaps it for another one is found out by [`NewPhoneCode::check_digits`], which
//! both phones show.
//!
//! The parcel is HPKE in base mode (RFC 9180; DHKEM(P-256, HKDF-SHA256), HKDF-SHA256, AES-128-GCM): `enc || ciphertext`. Its key
//! is made for one move and kept until the parcel is opened, so that a crash in between loses nothing; ring's agreement keys
//! cannot be kept.

use p256::NonZeroScalar;
use p256::elliptic_curve::sec1::ToSec1Point;
use ring::digest::{SHA256, digest};
use trust::cbor::{Encoder, Item, Profile};
use trust::p256::PublicKey;
use trust::random::{Random, SystemRandom};
use trust::secret::Secret;
use trust::time::Timestamp;
use zeroize::Zeroize;

use crate::encryption::{EncryptionError, agree, ephemeral};
use crate::frame::{self, Content, FrameError};
use crate::hpke::Context;
use crate::shown::can_be_shown;

/// Bytes of a phone's name.
pub(crate) const LONGEST_NAME: usize = 64;
const POINT: usize = 65;

/// Why a text is no new phone's code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NewPhoneError {
    /// The text is no frame of a new phone.
    #[error(transparent)]
    Frame(#[from] FrameError),
    /// What is framed is not a new phone's code.
    #[error("not the code of a new phone")]
    Malformed,
}

/// What the new phone shows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewPhoneCode {
    /// The key with which it will sign its messages to the provider.
    pub instance_key: PublicKey,
    /// The key to which the parcel is sealed.
    pub parcel_key: PublicKey,
    /// When it was made, by the new phone's clock.
    pub made_at: Timestamp,
    /// What its owner calls it: 1 to 64 bytes, no control characters and none that are invisible or change the
    /// direction.
    pub name: String,
}

impl NewPhoneCode {
    /// The digits of its QR code.
    ///
    /// # Errors
    /// [`NewPhoneError::Malformed`] for a name that does not fit, or a time before 1970.
    pub fn to_text(&self) -> Result<String, NewPhoneError> {
        Ok(frame::encode_as(Content::NewPhone, &self.bytes()?))
    }

    /// Reads the digits back.
    pub fn parse(scanned: &str) -> Result<Self, NewPhoneError> {
        let bytes = frame::decode_as(Content::NewPhone, scanned)?;
        let code = Self::from_bytes(&bytes).ok_or(NewPhoneError::Malformed)?;
        if code.bytes()? == bytes { Ok(code) } else { Err(NewPhoneError::Malformed) }
    }

    /// Six digits that both phones show: they differ where the code was swapped on its way.
    pub fn check_digits(&self) -> Result<String, NewPhoneError> {
        Ok(check_digits_of(b"sen new phone 1", &self.bytes()?))
    }

    fn bytes(&self) -> Result<Vec<u8>, NewPhoneError> {
        let made_at = u64::try_from(self.made_at.as_unix()).map_err(|_| NewPhoneError::Malformed)?;
        if !can_be_shown(&self.name, LONGEST_NAME) {
            return Err(NewPhoneError::Malformed);
        }
        let mut out = Encoder::new();
        out.array(4).bytes(&self.instance_key.compressed()).bytes(&self.parcel_key.compressed());
        out.uint(made_at).text(&self.name);
        Ok(out.finish())
    }

    fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let mut parts = Item::parse(bytes, Profile::Deterministic).ok()?.as_array().ok()?;
        let mut key = || PublicKey::from_compressed(parts.next()?.as_bytes().ok()?).ok();
        let (instance_key, parcel_key) = (key()?, key()?);
        let made_at = i64::try_from(parts.next()?.as_uint().ok()?).ok()?;
        let name = parts.next()?.as_text().ok()?.to_owned();
        Some(Self { instance_key, parcel_key, made_at: Timestamp::from_unix(made_at), name })
    }
}

/// Six digits of what two screens should have in common.
pub(crate) fn check_digits_of(what: &[u8], bytes: &[u8]) -> String {
    let hash = digest(&SHA256, &[what, bytes].concat());
    let number = hash.as_ref().iter().take(8).fold(0_u64, |number, octet| number << 8 | u64::from(*octet));
    format!("{:06}", number % 1_000_000)
}

/// The new phone's key for the parcel.
pub struct ParcelKey {
    private: Secret<[u8; 32]>,
    public: PublicKey,
}

impl ParcelKey {
    /// A new key, from the system's random numbers.
    pub fn generate() -> Result<Self, EncryptionError> {
        let mut octets = [0; 32];
        // A number above the curve's order is drawn once in four thousand million times.
        let key = (0..4).find_map(|_| {
            SystemRandom::new().fill(&mut octets).ok()?;
            Self::from_octets(&octets)
        });
        octets.zeroize();
        key.ok_or(EncryptionError::NoRandom)
    }

    /// The key that [`ParcelKey::private_octets`] gave, read back from where it was kept.
    pub fn from_octets(octets: &[u8; 32]) -> Option<Self> {
        let scalar = NonZeroScalar::try_from(&octets[..]).ok()?;
        let point = p256::PublicKey::from_secret_scalar(&scalar).to_sec1_point(false);
        let public = PublicKey::from_uncompressed(point.as_bytes()).ok()?;
        Some(Self { private: Secret::new(*octets), public })
    }

    /// To be kept sealed until the parcel was opened.
    pub const fn private_octets(&self) -> &Secret<[u8; 32]> {
        &self.private
    }

    /// What the code carries.
    pub const fn public(&self) -> &PublicKey {
        &self.public
    }

    /// Opens a parcel that was sealed with this `info`.
    ///
    /// # Errors
    /// [`EncryptionError::Unreadable`] where it was sealed to another key or with other `info`, or was changed.
    pub fn open(&self, parcel: &[u8], info: &[u8]) -> Result<Secret<Vec<u8>>, EncryptionError> {
        let (enc, ciphertext) = parcel.split_first_chunk::<POINT>().ok_or(EncryptionError::Unreadable)?;
        self.open_parts(enc, info, &[], ciphertext)
    }

    fn open_parts(
        &self,
        enc: &[u8],
        info: &[u8],
        aad: &[u8],
        ciphertext: &[u8],
    ) -> Result<Secret<Vec<u8>>, EncryptionError> {
        let unreadable = EncryptionError::Unreadable;
        let sender = p256::PublicKey::from_sec1_bytes(enc).map_err(|_| unreadable)?;
        let private = NonZeroScalar::try_from(&self.private.expose()[..]).map_err(|_| unreadable)?;
        let agreed = (sender.to_projective() * *private).to_affine().to_sec1_point(false);
        let agreed = agreed.x().ok_or(unreadable)?;
        let context = Context::new(agreed, enc, self.public.uncompressed(), info);
        context.open(aad, ciphertext).map(Secret::new).map_err(|_| unreadable)
    }
}

/// Seals what the old phone passes on. `info` says what for; it is not sent.
pub fn seal(plain: &[u8], to: &PublicKey, info: &[u8]) -> Result<Vec<u8>, EncryptionError> {
    let (private, public) = ephemeral()?;
    let enc = public.uncompressed();
    let ciphertext =
        agree(private, to, |agreed| Context::new(agreed, enc, to.uncompressed(), info).seal(&[], plain))?
            .map_err(|_| EncryptionError::Unreadable)?;
    Ok([&enc[..], &ciphertext].concat())
}

#[cfg(test)]
mod tests;
