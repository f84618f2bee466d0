//! The authority behind the cards: a country signing key and a document signer under it.
use std::path::Path;

use ring::rand::{SecureRandom, SystemRandom};
use ring::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, ECDSA_P384_SHA384_ASN1_SIGNING, EcdsaKeyPair, EcdsaSigningAlgorithm,
    KeyPair,
};
use sha2::{Digest, Sha256, Sha384};
use trust::time::Timestamp;

use super::FactoryError;
use super::certificate::{Draft, Role, name};
use super::encoding::{bit_string, oid, sequence};

/// id-ecPublicKey.
const EC_PUBLIC_KEY: [u8; 7] = [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01];

const DAY: i64 = 86_400;

/// The curve of a signing key, with the hash that goes with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Curve {
    /// P-256 with SHA-256.
    P256,
    /// P-384 with SHA-384.
    P384,
}

impl Curve {
    const fn ring(self) -> &'static EcdsaSigningAlgorithm {
        match self {
            Self::P256 => &ECDSA_P256_SHA256_ASN1_SIGNING,
            Self::P384 => &ECDSA_P384_SHA384_ASN1_SIGNING,
        }
    }

    const fn identifier(self) -> &'static [u8] {
        match self {
            Self::P256 => &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07],
            Self::P384 => &[0x2b, 0x81, 0x04, 0x00, 0x22],
        }
    }

    /// ecdsa-with-SHA256 or -SHA384.
    const fn signature_identifier(self) -> &'static [u8] {
        match self {
            Self::P256 => &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02],
            Self::P384 => &[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x03],
        }
    }

    /// id-sha256 or id-sha384.
    pub(super) const fn hash_identifier(self) -> &'static [u8] {
        match self {
            Self::P256 => &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01],
            Self::P384 => &[0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x02],
        }
    }

    pub(super) fn digest(self, message: &[u8]) -> Vec<u8> {
        match self {
            Self::P256 => Sha256::digest(message).to_vec(),
            Self::P384 => Sha384::digest(message).to_vec(),
        }
    }
}

/// A key that signs certificates or documents.
pub(super) struct Signer {
    curve: Curve,
    pair: EcdsaKeyPair,
    document: Vec<u8>,
}

impl Signer {
    fn generate(curve: Curve) -> Result<Self, FactoryError> {
        let system = SystemRandom::new();
        let document = EcdsaKeyPair::generate_pkcs8(curve.ring(), &system).map_err(|_| FactoryError::Key)?;
        Self::from_pkcs8(curve, document.as_ref())
    }

    fn from_pkcs8(curve: Curve, document: &[u8]) -> Result<Self, FactoryError> {
        let pair = EcdsaKeyPair::from_pkcs8(curve.ring(), document, &SystemRandom::new())
            .map_err(|_| FactoryError::Key)?;
        Ok(Self { curve, pair, document: document.to_vec() })
    }

    fn load(path: &Path) -> Result<Self, FactoryError> {
        let document = std::fs::read(path)?;
        Self::from_pkcs8(Curve::P256, &document).or_else(|_| Self::from_pkcs8(Curve::P384, &document))
    }

    pub(super) const fn curve(&self) -> Curve {
        self.curve
    }

    /// The uncompressed point.
    pub(super) fn public_key(&self) -> &[u8] {
        self.pair.public_key().as_ref()
    }

    /// SubjectPublicKeyInfo.
    pub(super) fn public_key_info(&self) -> Vec<u8> {
        let algorithm = sequence(&[oid(&EC_PUBLIC_KEY), oid(self.curve.identifier())]);
        sequence(&[algorithm, bit_string(self.public_key())])
    }

    /// AlgorithmIdentifier of its signatures.
    pub(super) fn algorithm(&self) -> Vec<u8> {
        sequence(&[oid(self.curve.signature_identifier())])
    }

    /// A signature in DER.
    pub(super) fn sign(&self, message: &[u8]) -> Result<Vec<u8>, FactoryError> {
        let signature = self.pair.sign(&SystemRandom::new(), message).map_err(|_| FactoryError::Key)?;
        Ok(signature.as_ref().to_vec())
    }
}

/// Who signs the cards. Its certificate is what relying parties believe.
pub struct Authority {
    csca: Signer,
    csca_certificate: Vec<u8>,
    pub(super) signer: Signer,
    pub(super) signer_certificate: Vec<u8>,
    pub(super) signer_serial: Vec<u8>,
}

const NAMES: [&str; 5] = ["csca_pkcs8.der", "csca.cer", "ds_pkcs8.der", "ds.cer", "ds_serial.bin"];

impl Authority {
    /// A new authority with a country signing key on P-384 and a document signer on P-256.
    pub fn generate(now: Timestamp) -> Result<Self, FactoryError> {
        Self::generate_with(Curve::P384, Curve::P256, now)
    }

    /// A new authority on these curves. Its country signing certificate holds for fifteen years, the signer's for ten and
    /// three months; both have begun a day ago.
    pub fn generate_with(csca: Curve, signer: Curve, now: Timestamp) -> Result<Self, FactoryError> {
        let (csca, signer) = (Signer::generate(csca)?, Signer::generate(signer)?);
        let (csca_serial, signer_serial) = (serial()?, serial()?);
        let (issuer, subject) = (csca_name(), name("DS Sen sandbox"));
        let csca_certificate = Draft {
            role: Role::CountrySigning,
            serial: &csca_serial,
            issuer: &issuer,
            subject: &issuer,
            not_before: now.plus_seconds(-DAY),
            not_after: now.plus_seconds(15 * 365 * DAY),
        }
        .sign(&csca, &csca)?;
        let signer_certificate = Draft {
            role: Role::DocumentSigner,
            serial: &signer_serial,
            issuer: &issuer,
            subject: &subject,
            not_before: now.plus_seconds(-DAY),
            not_after: now.plus_seconds((10 * 365 + 90) * DAY),
        }
        .sign(&signer, &csca)?;
        Ok(Self { csca, csca_certificate, signer, signer_certificate, signer_serial })
    }

    /// The country signing certificate, DER.
    pub fn csca_certificate(&self) -> &[u8] {
        &self.csca_certificate
    }

    /// Loads an authority from its folder, or makes one and writes it there.
    pub fn open(folder: &Path, now: Timestamp) -> Result<Self, FactoryError> {
        let [csca, csca_certificate, signer, signer_certificate, signer_serial] =
            NAMES.map(|name| folder.join(name));
        if csca.is_file() {
            return Ok(Self {
                csca: Signer::load(&csca)?,
                csca_certificate: std::fs::read(csca_certificate)?,
                signer: Signer::load(&signer)?,
                signer_certificate: std::fs::read(signer_certificate)?,
                signer_serial: std::fs::read(signer_serial)?,
            });
        }
        let authority = Self::generate(now)?;
        std::fs::create_dir_all(folder)?;
        std::fs::write(csca_certificate, &authority.csca_certificate)?;
        std::fs::write(signer, &authority.signer.document)?;
        std::fs::write(signer_certificate, &authority.signer_certificate)?;
        std::fs::write(signer_serial, &authority.signer_serial)?;
        // Last, since its presence says that the rest is there.
        std::fs::write(csca, &authority.csca.document)?;
        Ok(authority)
    }
}

/// The issuer of the signer's certificate.
pub(super) fn csca_name() -> Vec<u8> {
    name("CSCA Sen sandbox")
}

/// Eight random octets, positive.
fn serial() -> Result<Vec<u8>, FactoryError> {
    let mut serial = vec![0; 8];
    SystemRandom::new().fill(&mut serial).map_err(|_| FactoryError::Key)?;
    if let Some(first) = serial.first_mut() {
        *first = *first & 0x3f | 0x40;
    }
    Ok(serial)
}
