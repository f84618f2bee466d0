//! Which application a key belongs to: `AttestationApplicationId`, which the operating system writes.
use der::asn1::AnyRef;
use der::{Decode, Reader, SliceReader, Tag};

use super::super::AttestationError;

/// No more packages share a user.
pub const MOST_PACKAGES: usize = 16;
/// No more certificates sign an application.
const MOST_SIGNERS: usize = 16;

/// The packages that share the key, and the certificates that signed them.
pub(super) struct ApplicationId<'a> {
    pub(super) packages: Vec<&'a str>,
    pub(super) signers: Vec<&'a [u8]>,
}

impl<'a> ApplicationId<'a> {
    pub(super) fn parse(bytes: &'a [u8]) -> Result<Self, AttestationError> {
        let (packages, signers) = read(bytes).map_err(|_| AttestationError::Malformed)?;
        let packages = packages.into_iter().map(std::str::from_utf8).collect::<Result<_, _>>();
        Ok(Self { packages: packages.map_err(|_| AttestationError::Malformed)?, signers })
    }
}

type Read<'a> = (Vec<&'a [u8]>, Vec<&'a [u8]>);

fn read(bytes: &[u8]) -> der::Result<Read<'_>> {
    let mut reader = SliceReader::new(bytes)?;
    let read = reader.sequence(|inner| {
        let (packages, signers) = (AnyRef::decode(inner)?, AnyRef::decode(inner)?);
        Ok::<_, der::Error>((set(packages, MOST_PACKAGES, package)?, set(signers, MOST_SIGNERS, octets)?))
    })?;
    reader.finish()?;
    Ok(read)
}

fn set<'a>(
    set: AnyRef<'a>,
    most: usize,
    member: impl Fn(AnyRef<'a>) -> der::Result<&'a [u8]>,
) -> der::Result<Vec<&'a [u8]>> {
    set.header().tag().assert_eq(Tag::Set)?;
    let (mut reader, mut members) = (SliceReader::new(set.value())?, Vec::new());
    while !reader.is_finished() {
        if members.len() == most {
            return Err(Tag::Set.length_error().into());
        }
        members.push(member(AnyRef::decode(&mut reader)?)?);
    }
    Ok(members)
}

fn package(info: AnyRef<'_>) -> der::Result<&[u8]> {
    info.header().tag().assert_eq(Tag::Sequence)?;
    let mut reader = SliceReader::new(info.value())?;
    let name = octets(AnyRef::decode(&mut reader)?)?;
    let _version = i64::decode(&mut reader)?;
    reader.finish()?;
    Ok(name)
}

fn octets(any: AnyRef<'_>) -> der::Result<&[u8]> {
    any.header().tag().assert_eq(Tag::OctetString)?;
    Ok(any.value())
}
