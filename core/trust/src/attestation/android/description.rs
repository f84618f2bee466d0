//! `KeyDescription`, the extension's content, in its versions 1 to 4 (Keymaster) and 100 to 400 (KeyMint).
use der::asn1::AnyRef;
use der::{Decode, DecodeValue, Reader, SliceReader, Tag};

use super::super::{AttestationError, SecurityLevel};

/// The numbers of the properties that decide something.
pub(super) mod tag {
    pub(crate) const PURPOSE: u32 = 1;
    pub(crate) const ALGORITHM: u32 = 2;
    pub(crate) const KEY_SIZE: u32 = 3;
    pub(crate) const DIGEST: u32 = 5;
    pub(crate) const EC_CURVE: u32 = 10;
    pub(crate) const NO_AUTH_REQUIRED: u32 = 503;
    pub(crate) const USER_AUTH_TYPE: u32 = 504;
    pub(crate) const AUTH_TIMEOUT: u32 = 505;
    pub(crate) const ALLOW_WHILE_ON_BODY: u32 = 506;
    pub(crate) const ALL_APPLICATIONS: u32 = 600;
    pub(crate) const EXPORTABLE: u32 = 602;
    pub(crate) const ORIGIN: u32 = 702;
    pub(crate) const ROOT_OF_TRUST: u32 = 704;
    pub(crate) const OS_PATCH_LEVEL: u32 = 706;
    pub(crate) const APPLICATION_ID: u32 = 709;
}

/// The versions that are read.
const VERSIONS: [u64; 8] = [1, 2, 3, 4, 100, 200, 300, 400];

/// What is said of a key.
pub(super) struct KeyDescription<'a> {
    pub(super) attestation_level: SecurityLevel,
    pub(super) key_level: SecurityLevel,
    pub(super) challenge: &'a [u8],
    /// What the operating system keeps.
    pub(super) software: Properties<'a>,
    /// What hardware keeps.
    pub(super) hardware: Properties<'a>,
}

/// `AuthorizationList`: properties by number, each at most once.
pub(super) struct Properties<'a>(Vec<(u32, AnyRef<'a>)>);

/// `RootOfTrust`: what the hardware started.
pub(super) struct RootOfTrust {
    pub(super) is_locked: bool,
    pub(super) is_verified: bool,
}

struct Parts<'a> {
    version: u64,
    levels: (AnyRef<'a>, AnyRef<'a>),
    challenge: AnyRef<'a>,
    software: AnyRef<'a>,
    hardware: AnyRef<'a>,
}

fn malformed(_: der::Error) -> AttestationError {
    AttestationError::Malformed
}

impl<'a> KeyDescription<'a> {
    pub(super) fn parse(bytes: &'a [u8]) -> Result<Self, AttestationError> {
        let parts = Parts::read(bytes).map_err(malformed)?;
        if !VERSIONS.contains(&parts.version) {
            return Err(AttestationError::Version);
        }
        Ok(Self {
            attestation_level: level(parts.levels.0)?,
            key_level: level(parts.levels.1)?,
            challenge: parts.challenge.value(),
            software: Properties::parse(parts.software)?,
            hardware: Properties::parse(parts.hardware)?,
        })
    }
}

impl<'a> Parts<'a> {
    fn read(bytes: &'a [u8]) -> der::Result<Self> {
        let mut reader = SliceReader::new(bytes)?;
        let parts = reader.sequence(|inner| {
            let version = u64::decode(inner)?;
            let attestation_level = AnyRef::decode(inner)?;
            let _keymaster_version = u64::decode(inner)?;
            let key_level = AnyRef::decode(inner)?;
            let challenge = expect(AnyRef::decode(inner)?, Tag::OctetString)?;
            let _unique_id = expect(AnyRef::decode(inner)?, Tag::OctetString)?;
            let software = expect(AnyRef::decode(inner)?, Tag::Sequence)?;
            let hardware = expect(AnyRef::decode(inner)?, Tag::Sequence)?;
            let levels = (attestation_level, key_level);
            Ok::<_, der::Error>(Self { version, levels, challenge, software, hardware })
        })?;
        reader.finish()?;
        Ok(parts)
    }
}

fn expect(any: AnyRef<'_>, tag: Tag) -> der::Result<AnyRef<'_>> {
    any.header().tag().assert_eq(tag)?;
    Ok(any)
}

fn level(any: AnyRef<'_>) -> Result<SecurityLevel, AttestationError> {
    match (any.header().tag(), any.value()) {
        (Tag::Enumerated, [0]) => Ok(SecurityLevel::Software),
        (Tag::Enumerated, [1]) => Ok(SecurityLevel::TrustedEnvironment),
        (Tag::Enumerated, [2]) => Ok(SecurityLevel::SecureElement),
        _ => Err(AttestationError::Malformed),
    }
}

impl<'a> Properties<'a> {
    fn parse(list: AnyRef<'a>) -> Result<Self, AttestationError> {
        let mut reader = SliceReader::new(list.value()).map_err(malformed)?;
        let mut properties: Vec<(u32, AnyRef<'a>)> = Vec::new();
        while !reader.is_finished() {
            let (number, value) = property(&mut reader).map_err(malformed)?;
            // Some phones do not write them in order, so that each is looked for among all.
            if properties.iter().any(|(earlier, _)| *earlier == number) {
                return Err(AttestationError::Ambiguous);
            }
            properties.push((number, value));
        }
        Ok(Self(properties))
    }

    fn get(&self, number: u32) -> Option<AnyRef<'a>> {
        self.0.iter().find(|(found, _)| *found == number).map(|(_, value)| *value)
    }

    fn read<T: DecodeValue<'a, Error = der::Error> + der::FixedTag + 'a>(
        &self,
        number: u32,
    ) -> Result<Option<T>, AttestationError> {
        self.get(number).map(|value| value.decode_as::<T>().map_err(malformed)).transpose()
    }

    /// Whether a number is among the properties.
    pub(super) fn has(&self, number: u32) -> bool {
        self.get(number).is_some()
    }

    /// A number that both lists have.
    pub(super) fn shares(&self, other: &Self) -> bool {
        self.0.iter().any(|(number, _)| other.has(*number))
    }

    pub(super) fn integer(&self, number: u32) -> Result<Option<u64>, AttestationError> {
        self.read(number)
    }

    /// The members of a set of integers.
    pub(super) fn integers(&self, number: u32) -> Result<Vec<u64>, AttestationError> {
        let Some(set) = self.get(number) else { return Ok(Vec::new()) };
        let read = || {
            let set = expect(set, Tag::Set)?;
            let (mut reader, mut members) = (SliceReader::new(set.value())?, Vec::new());
            while !reader.is_finished() {
                members.push(u64::decode(&mut reader)?);
            }
            Ok(members)
        };
        read().map_err(malformed)
    }

    pub(super) fn octets(&self, number: u32) -> Result<Option<&'a [u8]>, AttestationError> {
        let octets = |value| expect(value, Tag::OctetString).map(AnyRef::value).map_err(malformed);
        self.get(number).map(octets).transpose()
    }

    pub(super) fn root_of_trust(&self) -> Result<Option<RootOfTrust>, AttestationError> {
        self.get(tag::ROOT_OF_TRUST).map(|value| RootOfTrust::read(value).map_err(malformed)).transpose()
    }
}

/// One property: an explicit tag around one value.
fn property<'a>(reader: &mut SliceReader<'a>) -> der::Result<(u32, AnyRef<'a>)> {
    let any = AnyRef::decode(reader)?;
    let tag = any.header().tag();
    let Tag::ContextSpecific { constructed: true, number } = tag else {
        return Err(tag.unexpected_error(None).into());
    };
    Ok((number.value(), AnyRef::from_der(any.value())?))
}

impl RootOfTrust {
    fn read(value: AnyRef<'_>) -> der::Result<Self> {
        let value = expect(value, Tag::Sequence)?;
        let mut reader = SliceReader::new(value.value())?;
        let _boot_key = expect(AnyRef::decode(&mut reader)?, Tag::OctetString)?;
        let is_locked = bool::decode(&mut reader)?;
        let state = expect(AnyRef::decode(&mut reader)?, Tag::Enumerated)?;
        // Its hash is there from version 3 on.
        if !reader.is_finished() {
            expect(AnyRef::decode(&mut reader)?, Tag::OctetString)?;
        }
        reader.finish()?;
        // Verified 0, self-signed 1, unverified 2, failed 3.
        Ok(Self { is_locked, is_verified: state.value() == [0] })
    }
}
