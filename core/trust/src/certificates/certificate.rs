//! One certificate, read from the received bytes.
use std::ops::Range;
use std::sync::OnceLock;

use der::asn1::{AnyRef, BitStringRef, ObjectIdentifier, UintRef};
use der::{Decode, Reader, SliceReader, Tag, TagMode, TagNumber};
use ring::signature::{
    ECDSA_P256_SHA256_ASN1, ECDSA_P256_SHA384_ASN1, ECDSA_P384_SHA256_ASN1, ECDSA_P384_SHA384_ASN1,
    RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey, VerificationAlgorithm,
};
use x509_cert::certificate::Version;
use x509_cert::ext::Extension;
use x509_cert::spki::{AlgorithmIdentifierRef, SubjectPublicKeyInfoRef};
use x509_cert::time::{Time, Validity};

use super::CertificateError;
use super::extensions::Extensions;
use crate::p256::PublicKey;
use crate::time::Timestamp;

const EC_PUBLIC_KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const P256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
const P384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.34");
const ECDSA_SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.2");
const ECDSA_SHA384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.3");
const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const RSA_SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.11");
/// No certificate of a chain is larger.
const LARGEST: usize = 16 * 1024;

/// A parsed, unverified certificate of version 3.
#[derive(Clone, Debug)]
pub struct Certificate {
    der: Vec<u8>,
    signed: Range<usize>,
    signature: Range<usize>,
    scheme: Scheme,
    serial: Range<usize>,
    issuer: Range<usize>,
    subject: Range<usize>,
    subject_text: OnceLock<String>,
    not_before: Timestamp,
    not_after: Timestamp,
    key: Key,
    pub(super) extensions: Extensions,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scheme {
    EcdsaSha256,
    EcdsaSha384,
    RsaSha256,
}

/// The key that a certificate certifies: leaves have P-256, authorities also P-384, those of platforms RSA.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Key {
    P256(PublicKey),
    P384([u8; 97]),
    /// A DER `RSAPublicKey`.
    Rsa(Vec<u8>),
}

/// Which algorithms are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Algorithms {
    Ecdsa,
    /// Platforms have roots of before the others.
    EcdsaAndRsa,
}

impl Certificate {
    /// From DER.
    pub fn parse(bytes: &[u8]) -> Result<Self, CertificateError> {
        Self::read(bytes, Algorithms::Ecdsa)
    }

    /// From DER, for chains of platforms alone: their authorities may have RSA keys.
    pub(crate) fn parse_of_platform(bytes: &[u8]) -> Result<Self, CertificateError> {
        Self::read(bytes, Algorithms::EcdsaAndRsa)
    }

    fn read(bytes: &[u8], algorithms: Algorithms) -> Result<Self, CertificateError> {
        if bytes.len() > LARGEST {
            return Err(CertificateError::TooLarge);
        }
        let (signed, algorithm, signature) = outer(bytes).map_err(|_| CertificateError::Malformed)?;
        let part = |range: &Range<usize>| bytes.get(range.clone()).unwrap_or_default();
        let tbs = Tbs::read(part(&signed)).map_err(|_| CertificateError::Malformed)?;
        // RFC 5280, 4.1.1.2: what is signed names the same algorithm as what is not.
        if tbs.algorithm != algorithm || tbs.version != Some(Version::V3) {
            return Err(CertificateError::Malformed);
        }
        let scheme = AlgorithmIdentifierRef::from_der(algorithm).map_err(|_| CertificateError::Malformed)?;
        let scheme = match scheme.oid {
            // RFC 4055, 5: with parameters, which are NULL.
            RSA_SHA256
                if algorithms == Algorithms::EcdsaAndRsa
                    && scheme.parameters.is_some_and(AnyRef::is_null) =>
            {
                Scheme::RsaSha256
            }
            _ if scheme.parameters.is_some() => return Err(CertificateError::Algorithm),
            ECDSA_SHA256 => Scheme::EcdsaSha256,
            ECDSA_SHA384 => Scheme::EcdsaSha384,
            _ => return Err(CertificateError::Algorithm),
        };
        let time = |time: Time| {
            Timestamp::from_unix(i64::try_from(time.to_unix_duration().as_secs()).unwrap_or(i64::MAX))
        };
        let within = |range: Range<usize>| signed.start + range.start..signed.start + range.end;
        Ok(Self {
            serial: within(tbs.serial),
            issuer: within(tbs.issuer),
            subject: within(tbs.subject),
            subject_text: OnceLock::new(),
            scheme,
            not_before: time(tbs.validity.not_before),
            not_after: time(tbs.validity.not_after),
            key: Key::read(&tbs.key, algorithms)?,
            extensions: Extensions::read(&tbs.extensions)?,
            signed,
            signature,
            der: bytes.to_vec(),
        })
    }

    /// All certificates of a PEM text, in its order; text between them is passed over.
    pub fn parse_pem(text: &str) -> Result<Vec<Self>, CertificateError> {
        Self::read_pem(text, Algorithms::Ecdsa)
    }

    /// The same for roots of platforms.
    pub(crate) fn parse_pem_of_platform(text: &str) -> Result<Vec<Self>, CertificateError> {
        Self::read_pem(text, Algorithms::EcdsaAndRsa)
    }

    fn read_pem(text: &str, algorithms: Algorithms) -> Result<Vec<Self>, CertificateError> {
        const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
        const END: &str = "-----END CERTIFICATE-----";
        let mut certificates = Vec::new();
        for block in text.split_inclusive(END).filter_map(|part| part.get(part.find(BEGIN)?..)) {
            let (_, bytes) =
                der::pem::decode_vec(block.as_bytes()).map_err(|_| CertificateError::Malformed)?;
            certificates.push(Self::read(&bytes, algorithms)?);
        }
        Ok(certificates)
    }

    /// Its bytes as received.
    pub fn der(&self) -> &[u8] {
        &self.der
    }

    /// SHA-256 of its bytes, as `x509_hash` and `x5t#S256` have it.
    pub fn sha256(&self) -> [u8; 32] {
        let mut out = [0; 32];
        let digest = ring::digest::digest(&ring::digest::SHA256, &self.der);
        out.iter_mut().zip(digest.as_ref()).for_each(|(to, from)| *to = *from);
        out
    }

    /// The subject as RFC 4514 writes it.
    pub fn subject(&self) -> &str {
        self.subject_text.get_or_init(|| {
            let name = x509_cert::name::Name::from_der(self.part(&self.subject));
            name.map_or_else(|_| String::new(), |name| name.to_string())
        })
    }

    /// The serial number in lower-case hexadecimal without leading zeros, as revocation lists of platforms have it.
    pub(crate) fn serial_hex(&self) -> String {
        let octets = self.part(&self.serial).iter();
        let digits = octets.fold(String::new(), |digits, octet| format!("{digits}{octet:02x}"));
        digits.trim_start_matches('0').to_owned()
    }

    /// The content of a platform's extension.
    pub(crate) fn platform_extension(&self, oid: ObjectIdentifier) -> Option<&[u8]> {
        self.extensions
            .of_platform
            .iter()
            .find(|(found, _)| *found == oid)
            .map(|(_, content)| content.as_slice())
    }

    /// Whether both are of one subject and one key: a root that was written anew is still that root.
    pub(crate) fn is_same_authority(&self, other: &Self) -> bool {
        self.part(&self.subject) == other.part(&other.subject) && self.key == other.key
    }

    fn part(&self, range: &Range<usize>) -> &[u8] {
        self.der.get(range.clone()).unwrap_or_default()
    }

    /// The P-256 key that it certifies; nothing for another curve.
    pub const fn key(&self) -> Option<&PublicKey> {
        match &self.key {
            Key::P256(key) => Some(key),
            Key::P384(_) | Key::Rsa(_) => None,
        }
    }

    /// The first second of its time.
    pub const fn not_before(&self) -> Timestamp {
        self.not_before
    }

    /// The last second of its time.
    pub const fn not_after(&self) -> Timestamp {
        self.not_after
    }

    /// Whether it is an authority's (`cA`).
    pub const fn is_authority(&self) -> bool {
        self.extensions.is_authority
    }

    /// Its DNS names (subjectAltName), as written.
    pub fn dns_names(&self) -> &[String] {
        &self.extensions.dns_names
    }

    /// The identifier of its own key.
    pub fn subject_key_id(&self) -> Option<&[u8]> {
        self.extensions.subject_key_id.as_deref()
    }

    /// The identifier of its issuer's key.
    pub fn authority_key_id(&self) -> Option<&[u8]> {
        self.extensions.authority_key_id.as_deref()
    }

    pub(crate) fn is_self_issued(&self) -> bool {
        self.part(&self.issuer) == self.part(&self.subject)
    }

    pub(crate) fn is_valid_at(&self, now: Timestamp) -> bool {
        self.not_before <= now && now <= self.not_after
    }

    /// Whether the names, and the key identifiers where both are there, say that `issuer` issued this.
    pub(crate) fn names_as_issuer(&self, issuer: &Self) -> bool {
        let same_key = match (self.authority_key_id(), issuer.subject_key_id()) {
            (Some(authority), Some(subject)) => authority == subject,
            _ => true,
        };
        self.part(&self.issuer) == issuer.part(&issuer.subject) && same_key
    }

    pub(crate) fn is_signed_by(&self, issuer: &Self) -> bool {
        let (algorithm, key): (&dyn VerificationAlgorithm, &[u8]) = match (&issuer.key, self.scheme) {
            (Key::P256(key), Scheme::EcdsaSha256) => (&ECDSA_P256_SHA256_ASN1, key.uncompressed()),
            (Key::P256(key), Scheme::EcdsaSha384) => (&ECDSA_P256_SHA384_ASN1, key.uncompressed()),
            (Key::P384(key), Scheme::EcdsaSha256) => (&ECDSA_P384_SHA256_ASN1, key),
            (Key::P384(key), Scheme::EcdsaSha384) => (&ECDSA_P384_SHA384_ASN1, key),
            (Key::Rsa(key), Scheme::RsaSha256) => (&RSA_PKCS1_2048_8192_SHA256, key),
            // A key signs in its own way alone.
            (Key::Rsa(_), _) | (_, Scheme::RsaSha256) => return false,
        };
        let (signed, signature) = (self.part(&self.signed), self.part(&self.signature));
        UnparsedPublicKey::new(algorithm, key).verify(signed, signature).is_ok()
    }
}

impl Key {
    fn read(info: &SubjectPublicKeyInfoRef<'_>, algorithms: Algorithms) -> Result<Self, CertificateError> {
        if info.algorithm.oid == RSA && algorithms == Algorithms::EcdsaAndRsa {
            let key = info.subject_public_key.as_bytes().ok_or(CertificateError::Malformed)?;
            return Ok(Self::Rsa(key.to_vec()));
        }
        if info.algorithm.oid != EC_PUBLIC_KEY {
            return Err(CertificateError::Algorithm);
        }
        // Explicit parameters are no name of a curve and are never computed with.
        let curve = info.algorithm.parameters.and_then(|curve| curve.decode_as().ok());
        let point = info.subject_public_key.as_bytes().ok_or(CertificateError::Malformed)?;
        match curve {
            Some(P256) => {
                PublicKey::from_uncompressed(point).map(Self::P256).map_err(|_| CertificateError::Key)
            }
            Some(P384) if point.first() == Some(&4) => {
                point.try_into().map(Self::P384).map_err(|_| CertificateError::Key)
            }
            _ => Err(CertificateError::Key),
        }
    }
}

/// What is signed, as far as it decides something.
struct Tbs<'a> {
    version: Option<Version>,
    serial: Range<usize>,
    algorithm: &'a [u8],
    issuer: Range<usize>,
    validity: Validity,
    subject: Range<usize>,
    key: SubjectPublicKeyInfoRef<'a>,
    extensions: Vec<Extension>,
}

impl<'a> Tbs<'a> {
    /// `TBSCertificate` of RFC 5280, 4.1; names stay as they are, since only their bytes are compared.
    fn read(bytes: &'a [u8]) -> der::Result<Self> {
        let mut reader = SliceReader::new(bytes)?;
        let read = reader.sequence(|inner| {
            let version = inner.context_specific(TagNumber(0), TagMode::Explicit)?;
            let octets = UintRef::decode(inner)?.as_bytes().len();
            let end = usize::try_from(inner.position())?;
            let serial = end.saturating_sub(octets)..end;
            let algorithm = inner.tlv_bytes()?;
            let issuer = name(inner)?;
            let validity = Validity::decode(inner)?;
            let subject = name(inner)?;
            let key = SubjectPublicKeyInfoRef::decode(inner)?;
            for unique in [TagNumber(1), TagNumber(2)] {
                let _id: Option<BitStringRef<'_>> = inner.context_specific(unique, TagMode::Implicit)?;
            }
            let extensions: Option<_> = inner.context_specific(TagNumber(3), TagMode::Explicit)?;
            let extensions = extensions.unwrap_or_default();
            Ok::<_, der::Error>(Self {
                version,
                serial,
                algorithm,
                issuer,
                validity,
                subject,
                key,
                extensions,
            })
        })?;
        reader.finish()?;
        Ok(read)
    }
}

/// Where a name stands.
fn name(reader: &mut SliceReader<'_>) -> der::Result<Range<usize>> {
    Tag::peek(reader)?.assert_eq(Tag::Sequence)?;
    let start = usize::try_from(reader.position())?;
    reader.tlv_bytes()?;
    Ok(start..usize::try_from(reader.position())?)
}

/// Where the signed part stands, the algorithm, and where the signature's octets stand.
fn outer(bytes: &[u8]) -> der::Result<(Range<usize>, &[u8], Range<usize>)> {
    let mut reader = SliceReader::new(bytes)?;
    let (signed, algorithm, signature) = reader.sequence(|inner| {
        Ok::<_, der::Error>((inner.tlv_bytes()?, inner.tlv_bytes()?, inner.tlv_bytes()?))
    })?;
    reader.finish()?;
    let octets = BitStringRef::from_der(signature)?;
    let octets = octets.as_bytes().ok_or_else(|| Tag::BitString.value_error())?.len();
    // The three fill the sequence, and nothing follows it.
    let start = bytes.len() - signed.len() - algorithm.len() - signature.len();
    Ok((start..start + signed.len(), algorithm, bytes.len() - octets..bytes.len()))
}
