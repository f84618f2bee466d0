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

/// Labels of PEM blocks (RFC 7468, 5 and 6).
const CERTIFICATE: &str = "CERTIFICATE";
const REVOCATION_LIST: &str = "X509 CRL";

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
        match pem_blocks(bytes, CERTIFICATE)? {
            Some(blocks) => {
                let mut read = Self::new();
                for certificate in blocks {
                    read.extend(Self::from_der(&certificate)?);
                }
                Ok(read)
            }
            None => Self::from_der(bytes).or_else(|_| Self::from_master_list(bytes)),
        }
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

    /// Takes a revocation list that one of the believed countries signed, in DER, or one or more in PEM. All are taken
    /// or none.
    pub fn revoke_by(&mut self, list: &[u8]) -> Result<(), RevocationListError> {
        let lists = match pem_blocks(list, REVOCATION_LIST)? {
            Some(blocks) => {
                blocks.iter().map(|list| RevocationList::parse(list)).collect::<Result<Vec<_>, _>>()?
            }
            None => vec![RevocationList::parse(list)?],
        };
        if lists.iter().any(|list| list.verify(&self.certificates) != Verdict::Valid) {
            return Err(RevocationListError::NotSigned);
        }
        self.revocations.extend(lists);
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

/// The contents of the PEM blocks of that label; nothing where there is none.
fn pem_blocks(bytes: &[u8], label: &str) -> Result<Option<Vec<Vec<u8>>>, Malformed> {
    let (begin, end) = (format!("-----BEGIN {label}-----"), format!("-----END {label}-----"));
    let Some(text) = std::str::from_utf8(bytes).ok().filter(|text| text.contains(&begin)) else {
        return Ok(None);
    };
    // What stands before a block explains it (RFC 7468, 2).
    let blocks = text.split(&begin).skip(1).map(|block| {
        let body = block.split_inclusive(&end).next().unwrap_or_default();
        let block = format!("{begin}{body}");
        let (_, content) = Document::from_pem(&block).map_err(|_| Malformed)?;
        Ok(content.as_bytes().to_vec())
    });
    blocks.collect::<Result<_, _>>().map(Some)
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
