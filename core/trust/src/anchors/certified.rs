//! Those whom a certificate names rather than a key: who issues documents in standard formats, who asks for them, and who
//! registers what may be asked (HAIP 1.0, section 5; ISO/IEC 18013-5, annex B).
use serde::{Deserialize, Serialize};

use crate::anchors::TrustError;
use crate::certificates::{Certificate, CertificateAnchors};

/// What a listed certificate is believed for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// Those below it issue documents (mdoc, SD-JWT VC).
    Documents,
    /// Those below it ask wallets for documents.
    Requests,
    /// Those below it register what may be asked for.
    Registrations,
}

/// A certificate in the trust list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedCertificate {
    /// What it is believed for.
    pub role: Role,
    /// The certificate, DER: of an authority, or of one signer.
    pub certificate: Vec<u8>,
    /// Its name, for people.
    pub name: String,
    /// Withdrawn: no chain ends in it or leads through it any more. So an authority can stay while one that it certified goes.
    pub revoked: bool,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CertificateRecord {
    role: Role,
    #[serde(with = "serde_bytes")]
    certificate: Vec<u8>,
    name: String,
    revoked: bool,
}

impl From<&ListedCertificate> for CertificateRecord {
    fn from(listed: &ListedCertificate) -> Self {
        let ListedCertificate { role, certificate, name, revoked } = listed.clone();
        Self { role, certificate, name, revoked }
    }
}

/// A certificate of the list, read.
#[derive(Clone, Debug)]
pub(super) struct Listed {
    role: Role,
    certificate: Certificate,
    revoked: bool,
}

impl TryFrom<CertificateRecord> for Listed {
    type Error = TrustError;

    fn try_from(record: CertificateRecord) -> Result<Self, TrustError> {
        let certificate = Certificate::parse(&record.certificate).map_err(TrustError::BadCertificate)?;
        Ok(Self { role: record.role, certificate, revoked: record.revoked })
    }
}

/// The anchors of one role, with what was withdrawn from it.
pub(super) fn anchors(listed: &[Listed], role: Role) -> CertificateAnchors {
    let (withdrawn, anchors): (Vec<_>, Vec<_>) =
        listed.iter().filter(|listed| listed.role == role).partition(|listed| listed.revoked);
    let withdrawn = withdrawn.into_iter().map(|listed| listed.certificate.sha256());
    let anchors = anchors.into_iter().map(|listed| listed.certificate.clone()).collect();
    CertificateAnchors::new(anchors).without(withdrawn)
}
