//! Authenticator data, as Web Authentication lays them out (level 2, 6.1).
use super::super::AttestationError;
use super::Environment;
use crate::cbor::{self, Item, Profile};
use crate::p256::PublicKey;

/// The flag of attested credential data.
const ATTESTED: u8 = 0x40;
const PRODUCTION: &[u8; 16] = b"appattest\0\0\0\0\0\0\0";
const DEVELOPMENT: &[u8; 16] = b"appattestdevelop";
/// COSE_Key (RFC 9052, 7; RFC 9053, 7.1.1).
const KEY_TYPE: i64 = 1;
const EC2: i64 = 2;
const CURVE: i64 = -1;
const P256: i64 = 1;
const X: i64 = -2;
const Y: i64 = -3;

/// Who speaks, and how often already.
pub(super) struct AuthenticatorData<'a> {
    /// SHA-256 of the application's identifier.
    pub(super) application: &'a [u8],
    pub(super) counter: u32,
    flags: u8,
    rest: &'a [u8],
}

/// The key that the data are about.
pub(super) struct Attested<'a> {
    /// None where the text is neither of the two.
    pub(super) environment: Option<Environment>,
    pub(super) credential_id: &'a [u8],
    pub(super) key: PublicKey,
}

impl<'a> AuthenticatorData<'a> {
    /// Of an assertion: nothing follows the counter.
    pub(super) fn parse(bytes: &'a [u8]) -> Result<Self, AttestationError> {
        let read = Self::read(bytes).ok_or(AttestationError::Malformed)?;
        if read.rest.is_empty() { Ok(read) } else { Err(AttestationError::Malformed) }
    }

    /// Of an attestation: the key follows.
    pub(super) fn parse_attested(bytes: &'a [u8]) -> Result<(Self, Attested<'a>), AttestationError> {
        let read = Self::read(bytes).ok_or(AttestationError::Malformed)?;
        if read.flags & ATTESTED == 0 {
            return Err(AttestationError::Malformed);
        }
        let attested = Attested::read(read.rest).ok_or(AttestationError::Malformed)?;
        Ok((read, attested))
    }

    fn read(bytes: &'a [u8]) -> Option<Self> {
        let (application, rest) = bytes.split_at_checked(32)?;
        let (flags, rest) = rest.split_first()?;
        let (counter, rest) = rest.split_first_chunk()?;
        Some(Self { application, counter: u32::from_be_bytes(*counter), flags: *flags, rest })
    }
}

impl<'a> Attested<'a> {
    fn read(bytes: &'a [u8]) -> Option<Self> {
        let (environment, rest) = bytes.split_first_chunk::<16>()?;
        let environment = match environment {
            PRODUCTION => Some(Environment::Production),
            DEVELOPMENT => Some(Environment::Development),
            _ => None,
        };
        let (length, rest) = rest.split_first_chunk()?;
        let (credential_id, key) = rest.split_at_checked(u16::from_be_bytes(*length).into())?;
        Some(Self { environment, credential_id, key: cose_key(key).ok()? })
    }
}

fn cose_key(bytes: &[u8]) -> Result<PublicKey, cbor::Error> {
    let key = Item::parse(bytes, Profile::Interoperable)?.as_map()?;
    let member = |number| key.get_int(number).ok_or(cbor::Error::Record);
    if member(KEY_TYPE)?.as_int()? != EC2 || member(CURVE)?.as_int()? != P256 {
        return Err(cbor::Error::Record);
    }
    let (x, y) = (member(X)?.as_bytes()?, member(Y)?.as_bytes()?);
    PublicKey::from_coordinates(x, y).map_err(|_| cbor::Error::Record)
}
