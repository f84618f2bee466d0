//! Algorithm identifiers (RFC 3279, RFC 4055, RFC 5758; BSI TR-03111, 5.2.1).
use std::fmt;

use ring::digest;
use sha2::Digest;

use crate::asn1::{Element, Malformed, OID, SEQUENCE, Walk};

/// A hash function.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hash {
    /// SHA-1: old documents only.
    Sha1,
    /// SHA-224.
    Sha224,
    /// SHA-256.
    Sha256,
    /// SHA-384.
    Sha384,
    /// SHA-512.
    Sha512,
}

const HASHES: [(Hash, &[u8]); 5] = [
    (Hash::Sha1, &[0x2b, 0x0e, 0x03, 0x02, 0x1a]),
    (Hash::Sha224, &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x04]),
    (Hash::Sha256, &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01]),
    (Hash::Sha384, &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x02]),
    (Hash::Sha512, &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x03]),
];

impl Hash {
    /// By its object identifier.
    pub(crate) fn from_oid(oid: &[u8]) -> Option<Self> {
        HASHES.iter().find(|(_, known)| *known == oid).map(|(hash, _)| *hash)
    }

    /// From an AlgorithmIdentifier.
    pub(crate) fn from_identifier(identifier: Element<'_>) -> Result<Option<Self>, Malformed> {
        let mut parts = identifier.tagged(SEQUENCE)?.inside();
        let hash = Self::from_oid(parts.expect(OID)?.value);
        no_parameters(parts)?;
        Ok(hash)
    }

    /// The digest of a message.
    pub fn digest(self, message: &[u8]) -> Vec<u8> {
        let algorithm = match self {
            Self::Sha1 => &digest::SHA1_FOR_LEGACY_USE_ONLY,
            Self::Sha224 => return sha2::Sha224::digest(message).to_vec(),
            Self::Sha256 => &digest::SHA256,
            Self::Sha384 => &digest::SHA384,
            Self::Sha512 => &digest::SHA512,
        };
        digest::digest(algorithm, message).as_ref().to_vec()
    }

    /// Octets of a digest.
    pub const fn octets(self) -> usize {
        match self {
            Self::Sha1 => 20,
            Self::Sha224 => 28,
            Self::Sha256 => 32,
            Self::Sha384 => 48,
            Self::Sha512 => 64,
        }
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Sha1 => "sha1",
            Self::Sha224 => "sha224",
            Self::Sha256 => "sha256",
            Self::Sha384 => "sha384",
            Self::Sha512 => "sha512",
        })
    }
}

/// Parameters must be absent or NULL: nobody signs them in a SignerInfo.
fn no_parameters(mut rest: Walk<'_>) -> Result<(), Malformed> {
    match rest.optional(0x05)? {
        Some(null) if !null.value.is_empty() => Err(Malformed),
        _ => rest.end(),
    }
}

/// How a signature is made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// RSASSA-PKCS1-v1_5.
    RsaPkcs1(Hash),
    /// RSASSA-PSS with MGF1 over the same hash and a salt of so many octets.
    RsaPss(Hash, usize),
    /// ECDSA, `SEQUENCE { r, s }`.
    Ecdsa(Hash),
    /// ECDSA, plain `r || s` (TR-03111).
    PlainEcdsa(Hash),
    /// RSA whose hash stands elsewhere: plain `rsaEncryption` as some security objects carry it.
    RsaOfDigestAlgorithm,
}

const RSA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01];
const MGF1: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x08];
const ECDSA: &[u8] = &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04];
const PLAIN_ECDSA: &[u8] = &[0x04, 0x00, 0x7f, 0x00, 0x07, 0x01, 0x01, 0x04, 0x01];

impl Scheme {
    /// From an AlgorithmIdentifier; nothing where the algorithm is not known here.
    pub(crate) fn from_identifier(identifier: Element<'_>) -> Result<Option<Self>, Malformed> {
        let mut parts = identifier.tagged(SEQUENCE)?.inside();
        let oid = parts.expect(OID)?.value;
        if oid != [RSA, &[0x0a]].concat() {
            no_parameters(parts)?;
        }
        if let Some([last]) = oid.strip_prefix(RSA) {
            return Ok(match last {
                0x01 => Some(Self::RsaOfDigestAlgorithm),
                0x05 => Some(Self::RsaPkcs1(Hash::Sha1)),
                0x0e => Some(Self::RsaPkcs1(Hash::Sha224)),
                0x0b => Some(Self::RsaPkcs1(Hash::Sha256)),
                0x0c => Some(Self::RsaPkcs1(Hash::Sha384)),
                0x0d => Some(Self::RsaPkcs1(Hash::Sha512)),
                0x0a => pss(parts.optional(SEQUENCE)?)?,
                _ => None,
            });
        }
        Ok(match oid.strip_prefix(ECDSA) {
            Some([0x01]) => Some(Self::Ecdsa(Hash::Sha1)),
            Some([0x03, 0x01]) => Some(Self::Ecdsa(Hash::Sha224)),
            Some([0x03, 0x02]) => Some(Self::Ecdsa(Hash::Sha256)),
            Some([0x03, 0x03]) => Some(Self::Ecdsa(Hash::Sha384)),
            Some([0x03, 0x04]) => Some(Self::Ecdsa(Hash::Sha512)),
            _ => Self::plain(oid),
        })
    }

    /// The plain ECDSA algorithms of TR-03111, which DG14 names for Active Authentication.
    pub(crate) fn plain(oid: &[u8]) -> Option<Self> {
        let hash = match oid.strip_prefix(PLAIN_ECDSA)? {
            [0x01] => Hash::Sha1,
            [0x02] => Hash::Sha224,
            [0x03] => Hash::Sha256,
            [0x04] => Hash::Sha384,
            [0x05] => Hash::Sha512,
            _ => return None,
        };
        Some(Self::PlainEcdsa(hash))
    }
}

/// RSASSA-PSS-params (RFC 4055, 3.1): defaults are SHA-1, MGF1 with SHA-1, salt 20.
fn pss(parameters: Option<Element<'_>>) -> Result<Option<Scheme>, Malformed> {
    let (mut hash, mut mgf_hash, mut salt) = (Some(Hash::Sha1), Some(Hash::Sha1), 20);
    for parameter in parameters.map_or_else(|| Ok(Vec::new()), |parameters| parameters.inside().all())? {
        let inner = parameter.inside().next()?;
        match parameter.tag {
            0xa0 => hash = Hash::from_identifier(inner)?,
            0xa1 => {
                let mut mgf = inner.tagged(SEQUENCE)?.inside();
                if mgf.expect(OID)?.value != MGF1 {
                    return Ok(None);
                }
                mgf_hash = Hash::from_identifier(mgf.next()?)?;
            }
            0xa2 => salt = usize::try_from(inner.small()?).map_err(|_| Malformed)?,
            0xa3 if inner.small()? == 1 => {}
            _ => return Ok(None),
        }
    }
    Ok(hash.filter(|_| hash == mgf_hash).map(|hash| Scheme::RsaPss(hash, salt)))
}
