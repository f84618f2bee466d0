//! Token Status List in its CWT and JWT forms (draft-ietf-oauth-status-list -20): a `COSE_Sign1` with `sub` naming the list
//! and claim 65533 holding `{"bits": 1/2/4/8, "lst": zlib bytes}`; index i stands at bit `(i * bits) mod 8` from the
//! least significant bit of byte `i * bits / 8`.
use std::io::Read;

use flate2::read::ZlibDecoder;

use crate::anchors::StatusSigner;
use crate::cbor::{self, Item, Profile};
use crate::cose::{self, Sign1};
use crate::time::Timestamp;

mod draft;
mod golomb;
mod jwt;
mod national;
mod store;
#[cfg(test)]
mod tests;

pub use draft::StatusListDraft;
pub use jwt::JWT_TYP;
pub use national::{DELTA_TYP, NationalDraft, NationalStatus, Run, SNAPSHOT_TYP};
pub use store::{Lookup, StatusStore};

/// The `typ` of a status list token; the registered content format number is still open.
pub const TYP: &str = "application/statuslist+cwt";
/// No token of ours is larger.
const LARGEST_TOKEN: usize = 4 << 20;
/// An inflated list is at most 2^20 entries of 8 bits.
pub const LARGEST_LIST: usize = 1 << 20;

const SUB: i64 = 2;
const EXP: i64 = 4;
const IAT: i64 = 6;
const STATUS_LIST: i64 = 65533;
const TTL: i64 = 65534;

/// Why a status list token is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StatusError {
    /// The token is larger than 4 MiB, or the list larger than 1 MiB.
    #[error("status list too large")]
    TooLarge,
    /// The token is no well-formed status list.
    #[error("status list malformed: {0}")]
    Malformed(#[from] cbor::Error),
    /// The compressed list does not inflate.
    #[error("status list does not inflate")]
    Inflate,
    /// Another kind of token.
    #[error("not a status list")]
    WrongType,
    /// `bits` is not 1, 2, 4 or 8.
    #[error("status width is not 1, 2, 4 or 8 bits")]
    WrongWidth,
    /// No believed status signer signed it.
    #[error("status list not signed by a believed signer")]
    SignatureInvalid,
    /// The list has another name than the one it was fetched under.
    #[error("status list of another name")]
    WrongSubject,
    /// A newer list of this name is here already.
    #[error("status list older than the one at hand")]
    Rollback,
    /// A delta applies to another state than the one at hand.
    #[error("the changes apply to another state")]
    OtherBase,
    /// Changes do not fit the state that they apply to, or do not lead to the one they name.
    #[error("the changes do not fit")]
    Changes,
}

/// The state of one credential (section 7 of the draft).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// 0: in force.
    Valid,
    /// 1: withdrawn for good.
    Revoked,
    /// 2: withdrawn for the time being.
    Suspended,
    /// A value that the application would have to know.
    Other(u8),
}

impl From<u8> for Status {
    fn from(value: u8) -> Self {
        match value {
            0 => Self::Valid,
            1 => Self::Revoked,
            2 => Self::Suspended,
            other => Self::Other(other),
        }
    }
}

/// A status list whose signature was checked: built by [`StatusList::verify`] alone.
#[derive(Clone, Debug)]
pub struct StatusList {
    subject: String,
    issued: Timestamp,
    expires: Option<Timestamp>,
    ttl_seconds: Option<u64>,
    bits: u8,
    bytes: Vec<u8>,
}

impl StatusList {
    /// Checks a token against the believed signers, inflates the list and keeps it.
    pub fn verify(token: &[u8], signers: &[StatusSigner]) -> Result<Self, StatusError> {
        let token = signed(token, TYP, signers)?;
        let claims = token.payload_item()?.as_map()?;
        let claim = |key| claims.get_int(key);
        let required = |key| claim(key).ok_or(StatusError::Malformed(cbor::Error::Record));
        let time = |item: Item<'_>| item.as_int().map(Timestamp::from_unix);
        let list = required(STATUS_LIST)?.as_map()?;
        let member = |name| list.get_text(name).ok_or(StatusError::Malformed(cbor::Error::Record));
        let (bits, bytes) = unpack(member("bits")?.as_uint()?, member("lst")?.as_bytes()?)?;
        Ok(Self {
            subject: required(SUB)?.as_text()?.to_owned(),
            issued: time(required(IAT)?)?,
            expires: claim(EXP).map(time).transpose()?,
            ttl_seconds: claim(TTL).map(|ttl| ttl.as_uint()).transpose()?,
            bits,
            bytes,
        })
    }

    /// The state at an index, or nothing where the list ends before it.
    pub fn get(&self, index: u64) -> Option<Status> {
        read(&self.bytes, self.bits, index).map(Status::from)
    }

    /// The name of the list: the `uri` in the credentials that refer to it.
    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// When it was signed.
    pub const fn issued(&self) -> Timestamp {
        self.issued
    }

    /// For how many seconds after fetching it may be kept without looking again.
    pub const fn ttl_seconds(&self) -> Option<u64> {
        self.ttl_seconds
    }
}

/// A token of this type that one of the signers signed.
fn signed<'a>(token: &'a [u8], typ: &str, signers: &[StatusSigner]) -> Result<Sign1<'a>, StatusError> {
    if token.len() > LARGEST_TOKEN {
        return Err(StatusError::TooLarge);
    }
    let token = Sign1::parse_tagged(token, Profile::Interoperable)?;
    if token.header(cose::TYP).and_then(|typ| typ.as_text().ok()) != Some(typ) {
        return Err(StatusError::WrongType);
    }
    let kid = token.header(cose::KID).or_else(|| token.unprotected().as_map().ok()?.get_int(cose::KID));
    let kid = kid.and_then(|kid| kid.as_bytes().ok());
    let named = |signer: &&StatusSigner| kid.is_none_or(|kid| kid == signer.kid);
    if !signers.iter().filter(named).any(|signer| token.verify(&signer.key).is_ok()) {
        return Err(StatusError::SignatureInvalid);
    }
    Ok(token)
}

fn unpack(bits: u64, compressed: &[u8]) -> Result<(u8, Vec<u8>), StatusError> {
    let bits =
        u8::try_from(bits).ok().filter(|bits| [1, 2, 4, 8].contains(bits)).ok_or(StatusError::WrongWidth)?;
    let mut bytes = Vec::new();
    let limit = LARGEST_LIST as u64 + 1;
    ZlibDecoder::new(compressed).take(limit).read_to_end(&mut bytes).map_err(|_| StatusError::Inflate)?;
    if bytes.len() > LARGEST_LIST {
        return Err(StatusError::TooLarge);
    }
    // Growing doubles: without this a nation's lists would take twice their size for good.
    bytes.shrink_to_fit();
    Ok((bits, bytes))
}

fn position(bits: u8, index: u64) -> Option<(usize, u32, u8)> {
    let bit = index.checked_mul(u64::from(bits))?;
    let mask = u8::MAX >> (8 - bits);
    Some((usize::try_from(bit / 8).ok()?, u32::try_from(bit % 8).ok()?, mask))
}

fn read(bytes: &[u8], bits: u8, index: u64) -> Option<u8> {
    let (byte, shift, mask) = position(bits, index)?;
    Some(bytes.get(byte)? >> shift & mask)
}

/// `false` where there is no such index or the width has no such value.
fn write(bytes: &mut [u8], bits: u8, index: u64, value: u8) -> bool {
    let Some((byte, shift, mask)) = position(bits, index) else {
        return false;
    };
    match bytes.get_mut(byte) {
        Some(byte) if value <= mask => {
            *byte = *byte & !(mask << shift) | value << shift;
            true
        }
        _ => false,
    }
}
