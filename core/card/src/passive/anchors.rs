//! Country signing certificates that the caller believes.
use super::certificate::Certificate;
use super::signed_data::SignedData;
use crate::asn1::{Element, INTEGER, Malformed, SEQUENCE, SET};
use crate::signature::Verdict;

/// 2.23.136.1.1.2, the content of a CSCA master list (9303-12, 9).
const MASTER_LIST: &[u8] = &[0x67, 0x81, 0x08, 0x01, 0x01, 0x02];

/// The country signing certificates that are believed. Where they come from is the caller's matter.
#[derive(Clone, Debug, Default)]
pub struct CscaAnchors(Vec<Certificate>);

impl CscaAnchors {
    /// Nobody is believed: a sound signature is then [`crate::PassiveOutcome::NoTrustAnchor`].
    pub fn new() -> Self {
        Self::default()
    }

    /// One certificate, DER.
    pub fn from_der(certificate: &[u8]) -> Result<Self, Malformed> {
        Ok(Self(vec![Certificate::parse(certificate)?]))
    }

    /// The certificates of a master list, believed because the caller believes the list.
    pub fn from_master_list(list: &[u8]) -> Result<Self, Malformed> {
        Ok(MasterList::parse(list)?.into_anchors())
    }

    /// A certificate or a master list, whichever the bytes are.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, Malformed> {
        Self::from_der(bytes).or_else(|_| Self::from_master_list(bytes))
    }

    /// With those of another source.
    pub fn extend(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// All of them.
    pub fn certificates(&self) -> &[Certificate] {
        &self.0
    }

    /// Those that may have issued a certificate, the likeliest first: by key identifier, then by name, then the rest,
    /// because names repeat and identifiers are missing or malformed in published lists.
    pub(crate) fn candidates<'a>(
        &'a self,
        issued: &'a Certificate,
    ) -> impl Iterator<Item = (&'a Certificate, bool)> {
        let named = |anchor: &Certificate| {
            let by_key =
                issued.authority_key_id.is_some() && anchor.subject_key_id == issued.authority_key_id;
            by_key || anchor.subject == issued.issuer
        };
        let (likely, rest): (Vec<_>, Vec<_>) = self.0.iter().partition(|anchor| named(anchor));
        likely.into_iter().map(|anchor| (anchor, true)).chain(rest.into_iter().map(|anchor| (anchor, false)))
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
        let issued = signer.raw == root.raw || signer.signed_by(root) == Verdict::Valid;
        match (self.signed.verify(signer), issued) {
            (Verdict::Valid, true) => Ok(self.into_anchors()),
            (Verdict::Valid, false) => Err(Verdict::Invalid),
            (verdict, _) => Err(verdict),
        }
    }

    /// How many entries are no certificates that can be read.
    pub const fn unreadable(&self) -> usize {
        self.unreadable
    }

    fn into_anchors(self) -> CscaAnchors {
        CscaAnchors(self.certificates)
    }
}
