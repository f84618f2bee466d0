//! Country signing certificates that the caller believes.
use der::Document;
use trust::time::Timestamp;

use super::certificate::Certificate;
use super::revocation::RevocationList;
use super::signed_data::SignedData;
use crate::asn1::{Element, INTEGER, Malformed, SEQUENCE, SET};
use crate::signature::Verdict;

/// 2.23.136.1.1.2, the content of a CSCA master list (9303-12, 9).
const MASTER_LIST: &[u8] = &[0x67, 0x81, 0x08, 0x01, 0x01, 0x02];

const PEM_BEGIN: &str = "-----BEGIN CERTIFICATE-----";
const PEM_END: &str = "-----END CERTIFICATE-----";

/// The country signing certificates that are believed, and what these countries revoked. Where they come from is the
/// caller's matter.
#[derive(Clone, Debug, Default)]
pub struct CscaAnchors {
    certificates: Vec<Certificate>,
    revocations: Vec<RevocationList>,
}

/// Why a revocation list is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RevocationListError {
    /// It is no such list, or covers only a part.
    #[error("malformed revocation list")]
    Malformed(#[from] Malformed),
    /// No believed country signed it.
    #[error("the revocation list is not signed by a believed country")]
    NotSigned,
}

impl CscaAnchors {
    /// Nobody is believed: a sound signature is then [`crate::PassiveOutcome::NoTrustAnchor`].
    pub fn new() -> Self {
        Self::default()
    }

    /// One certificate, DER.
    pub fn from_der(certificate: &[u8]) -> Result<Self, Malformed> {
        Ok(Self { certificates: vec![Certificate::parse(certificate)?], revocations: Vec::new() })
    }

    /// The certificates of a master list, believed because the caller believes the list.
    pub fn from_master_list(list: &[u8]) -> Result<Self, Malformed> {
        Ok(MasterList::parse(list)?.into_anchors())
    }

    /// One or more certificates in PEM (RFC 7468), a certificate in DER, or a master list: whichever the bytes are.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Malformed> {
        match std::str::from_utf8(bytes) {
            Ok(text) if text.contains(PEM_BEGIN) => Self::from_pem(text),
            _ => Self::from_der(bytes).or_else(|_| Self::from_master_list(bytes)),
        }
    }

    fn from_pem(text: &str) -> Result<Self, Malformed> {
        let mut read = Self::new();
        // What stands before a block explains it (RFC 7468, 2).
        for block in text.split(PEM_BEGIN).skip(1) {
            let body = block.split_inclusive(PEM_END).next().unwrap_or_default();
            let (_, certificate) =
                Document::from_pem(&format!("{PEM_BEGIN}{body}")).map_err(|_| Malformed)?;
            read.extend(Self::from_der(certificate.as_bytes())?);
        }
        Ok(read)
    }

    /// With those of another source.
    pub fn extend(&mut self, other: Self) {
        self.certificates.extend(other.certificates);
        self.revocations.extend(other.revocations);
    }

    /// Believes those of the other certificates by which believed countries vouch for their own new keys (link
    /// certificates; 9303-12, 7.1.2), and says how many these are.
    pub fn extend_by_links(&mut self, others: &Self) -> usize {
        let before = self.certificates.len();
        let new = |other: &&Certificate| {
            other.is_authority() && !self.certificates.iter().any(|own| own.raw == other.raw)
        };
        let mut left: Vec<_> = others.certificates.iter().filter(new).collect();
        loop {
            let vouched = |other: &Certificate| {
                let mut own = self.certificates.iter().filter(|own| own.is_authority());
                own.any(|own| own.country() == other.country() && other.signed_by(own) == Verdict::Valid)
            };
            let (linked, rest): (Vec<_>, Vec<_>) = left.into_iter().partition(|other| vouched(other));
            if linked.is_empty() {
                return self.certificates.len() - before;
            }
            self.certificates.extend(linked.into_iter().cloned());
            left = rest;
        }
    }

    /// Takes a revocation list that one of the believed countries signed, DER.
    pub fn revoke_by(&mut self, list: &[u8]) -> Result<(), RevocationListError> {
        let list = RevocationList::parse(list)?;
        if list.verify(&self.certificates) != Verdict::Valid {
            return Err(RevocationListError::NotSigned);
        }
        self.revocations.push(list);
        Ok(())
    }

    /// All of them.
    pub fn certificates(&self) -> &[Certificate] {
        &self.certificates
    }

    pub(crate) fn is_revoked(&self, certificate: &Certificate, now: Timestamp) -> bool {
        self.revocations.iter().any(|list| list.revokes(certificate, now))
    }
}

/// A parsed CSCA master list.
#[derive(Clone, Debug)]
pub struct MasterList {
    signed: SignedData,
    certificates: Vec<Certificate>,
    unreadable: usize,
}

impl MasterList {
    /// From DER or BER.
    pub fn parse(bytes: &[u8]) -> Result<Self, Malformed> {
        let signed = SignedData::parse(bytes)?;
        if !signed.holds(MASTER_LIST) {
            return Err(Malformed);
        }
        let mut list = Element::whole(&signed.content)?.tagged(SEQUENCE)?.inside();
        list.expect(INTEGER)?;
        let elements = list.expect(SET)?.inside().all()?;
        let certificates: Vec<_> = elements.iter().filter_map(|c| Certificate::parse(c.raw).ok()).collect();
        let unreadable = elements.len() - certificates.len();
        Ok(Self { signed, certificates, unreadable })
    }

    /// Checks the list's own signature, its signer's certificate against the root, and returns the certificates.
    pub fn verify(self, root: &Certificate) -> Result<CscaAnchors, Verdict> {
        let signer = self.signed.signer_certificate().ok_or(Verdict::Invalid)?;
        // A country's document signers stand under the same root and may not sign lists.
        let issued = signer.raw == root.raw
            || signer.is_master_list_signer() && signer.signed_by(root) == Verdict::Valid;
        match (self.signed.verify(signer), issued) {
            (Verdict::Valid, true) => Ok(self.into_anchors()),
            (Verdict::Valid, false) => Err(Verdict::Invalid),
            (verdict, _) => Err(verdict),
        }
    }

    /// The certificates that came along to prove the list, its root perhaps among them: whoever believes that root must
    /// know it from elsewhere.
    pub fn enclosed(&self) -> &[Certificate] {
        &self.signed.certificates
    }

    /// How many entries are no certificates that can be read.
    pub const fn unreadable(&self) -> usize {
        self.unreadable
    }

    fn into_anchors(self) -> CscaAnchors {
        CscaAnchors { certificates: self.certificates, revocations: Vec::new() }
    }
}
