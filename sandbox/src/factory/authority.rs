//! The authority behind the cards: a country signing key and a document signer under it.
use std::path::Path;

use trust::random::{Random, SystemRandom};
use trust::time::Timestamp;

use super::certificate::{Draft, Role, name};
use super::signer::{Algorithm, Signer};
use super::{FactoryError, revocation};

const DAY: i64 = 86_400;

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
        Self::generate_with(Algorithm::P384, Algorithm::P256, now)
    }

    /// A new authority with these keys. Its country signing certificate holds for fifteen years, the signer's for ten and
    /// three months; both have begun a day ago.
    pub fn generate_with(csca: Algorithm, signer: Algorithm, now: Timestamp) -> Result<Self, FactoryError> {
        let random = &mut SystemRandom::new();
        let (csca, signer) = (Signer::generate(csca, random)?, Signer::generate(signer, random)?);
        let (csca_serial, signer_serial) = (serial(random)?, serial(random)?);
        let (issuer, subject) = (csca_name(), name("DS Sen sandbox"));
        let csca_certificate = Draft {
            role: Role::CountrySigning,
            serial: &csca_serial,
            issuer: &issuer,
            subject: &issuer,
            not_before: now.plus_seconds(-DAY),
            not_after: now.plus_seconds(15 * 365 * DAY),
        }
        .sign(&csca, &csca, random)?;
        let signer_certificate = Draft {
            role: Role::DocumentSigner,
            serial: &signer_serial,
            issuer: &issuer,
            subject: &subject,
            not_before: now.plus_seconds(-DAY),
            not_after: now.plus_seconds((10 * 365 + 90) * DAY),
        }
        .sign(&signer, &csca, random)?;
        Ok(Self { csca, csca_certificate, signer, signer_certificate, signer_serial })
    }

    /// The country signing certificate, DER.
    pub fn csca_certificate(&self) -> &[u8] {
        &self.csca_certificate
    }

    /// A revocation list, DER, that revokes the document signer since `since`; with nothing on it, where that is absent.
    pub fn revocation_list(
        &self,
        since: Option<Timestamp>,
        now: Timestamp,
        random: &mut dyn Random,
    ) -> Result<Vec<u8>, FactoryError> {
        let revoked = since.map(|since| (&self.signer_serial[..], since));
        revocation::sign(&self.csca, &csca_name(), revoked, now, random)
    }

    /// Loads an authority from its folder, or makes one and writes it there.
    pub fn open(folder: &Path, now: Timestamp) -> Result<Self, FactoryError> {
        let [csca, csca_certificate, signer, signer_certificate, signer_serial] =
            NAMES.map(|name| folder.join(name));
        if csca.is_file() {
            return Ok(Self {
                csca: Signer::from_pkcs8(Algorithm::P384, &std::fs::read(csca)?)?,
                csca_certificate: std::fs::read(csca_certificate)?,
                signer: Signer::from_pkcs8(Algorithm::P256, &std::fs::read(signer)?)?,
                signer_certificate: std::fs::read(signer_certificate)?,
                signer_serial: std::fs::read(signer_serial)?,
            });
        }
        let authority = Self::generate(now)?;
        std::fs::create_dir_all(folder)?;
        std::fs::write(csca_certificate, &authority.csca_certificate)?;
        std::fs::write(signer, authority.signer.pkcs8())?;
        std::fs::write(signer_certificate, &authority.signer_certificate)?;
        std::fs::write(signer_serial, &authority.signer_serial)?;
        // Last, since its presence says that the rest is there.
        std::fs::write(csca, authority.csca.pkcs8())?;
        Ok(authority)
    }
}

/// The issuer of the signer's certificate.
pub(super) fn csca_name() -> Vec<u8> {
    name("CSCA Sen sandbox")
}

/// Eight random octets, positive.
fn serial(random: &mut dyn Random) -> Result<Vec<u8>, FactoryError> {
    let mut serial = vec![0; 8];
    random.fill(&mut serial)?;
    if let Some(first) = serial.first_mut() {
        *first = *first & 0x3f | 0x40;
    }
    Ok(serial)
}
