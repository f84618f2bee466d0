//! Certificates of issuers and verifiers, and chains of them up to anchors (RFC 5280, 6.1; ISO/IEC 18013-5, Annex B).
//!
//! A chain comes leaf first, without its anchor, as `x5c` and `x5chain` have it. P-256 leaves, P-256 or P-384
//! authorities, ECDSA with SHA-256 or SHA-384. Certificates of chip cards are another matter, and `card`'s.
mod certificate;
mod extensions;
#[cfg(test)]
mod tests;

pub use certificate::Certificate;
pub(crate) use extensions::{APP_ATTEST_NONCE, KEY_DESCRIPTION};

use std::sync::Arc;

use der::asn1::ObjectIdentifier;

use crate::p256::PublicKey;
use crate::time::Timestamp;

/// No chain is longer, anchor excepted.
pub const LONGEST_CHAIN: usize = 4;

/// What is wrong with a certificate by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CertificateError {
    /// Larger than 16 KiB.
    #[error("certificate too large")]
    TooLarge,
    /// No DER certificate of version 3, or an extension twice.
    #[error("certificate malformed")]
    Malformed,
    /// Neither ECDSA with SHA-256 nor with SHA-384.
    #[error("signature algorithm of a certificate not supported")]
    Algorithm,
    /// No named curve P-256 or P-384, or no point on it.
    #[error("key of a certificate not supported")]
    Key,
    /// A critical extension that is not understood here.
    #[error("a certificate has an unknown critical extension")]
    UnknownCritical,
}

/// Why a chain is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ChainError {
    /// A certificate of it cannot be read.
    #[error(transparent)]
    Certificate(#[from] CertificateError),
    /// No certificate, or more than [`LONGEST_CHAIN`].
    #[error("certificate chain empty or too long")]
    Length,
    /// A self-issued certificate that is no pinned signer: the chain holds its own anchor, or the leaf vouches for itself.
    #[error("self-issued certificate in the chain")]
    SelfIssued,
    /// A certificate does not name, or was not signed by, the next one.
    #[error("certificate chain broken")]
    Broken,
    /// No anchor issued the last certificate.
    #[error("no trust anchor for this chain")]
    UnknownAnchor,
    /// A certificate or the anchor is not yet or no longer valid.
    #[error("a certificate is outside its time")]
    OutsideValidity,
    /// A certificate or the anchor was withdrawn by those who vouched for it.
    #[error("a certificate was withdrawn")]
    Withdrawn,
    /// An issuer in the chain is no authority, may not sign certificates, or has more authorities below than it allows.
    #[error("a certificate may not issue certificates")]
    NotAnAuthority,
    /// The leaf is an authority, may not sign data, is on another curve than P-256, or is for another purpose.
    #[error("the certificate is not for this use")]
    WrongPurpose,
}

/// What a leaf is for. A leaf that says nothing of its purposes serves every one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// It signs credentials: `1.0.18013.5.1.2` (mdlDS).
    Credentials,
    /// It signs requests: `1.0.18013.5.1.6` (mdlReaderAuth), or a web server's or client's purpose.
    Requests,
    /// It signs status lists: `1.3.6.1.5.5.7.3.30` (id-kp-oauthStatusSigning), or mdlDS.
    StatusLists,
    /// Any purpose will do: attestations and metadata.
    Anything,
}

const MDL_DS: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.0.18013.5.1.2");
const MDL_READER: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.0.18013.5.1.6");
const SERVER: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.1");
const CLIENT: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.2");
const STATUS: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.30");

impl Purpose {
    fn is_served_by(self, leaf: &Certificate) -> bool {
        let wanted: &[ObjectIdentifier] = match self {
            Self::Credentials => &[MDL_DS],
            Self::Requests => &[MDL_READER, SERVER, CLIENT],
            Self::StatusLists => &[STATUS, MDL_DS],
            Self::Anything => return true,
        };
        let said = leaf.extensions.purposes.as_ref();
        said.is_none_or(|purposes| purposes.iter().any(|purpose| wanted.contains(purpose)))
    }
}

/// Those who are believed: authorities, and single signers that are pinned and vouch for themselves alone.
#[derive(Clone, Debug, Default)]
pub struct CertificateAnchors {
    /// Shared with the chains that end in them.
    anchors: Vec<Arc<Certificate>>,
    /// SHA-256 of certificates that nothing may rest on.
    withdrawn: Vec<[u8; 32]>,
}

impl CertificateAnchors {
    /// From the anchors, which the caller took from a trusted place.
    pub fn new(anchors: Vec<Certificate>) -> Self {
        Self { anchors: anchors.into_iter().map(Arc::new).collect(), withdrawn: Vec::new() }
    }

    /// The same but for these, by the SHA-256 of their DER: no chain leads through one of them or ends in it.
    #[must_use]
    pub fn without(mut self, withdrawn: impl IntoIterator<Item = [u8; 32]>) -> Self {
        self.withdrawn.extend(withdrawn);
        self
    }

    /// Those of both. What one of them withdrew counts for the other, too.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.anchors.extend(other.anchors);
        self.withdrawn.extend(other.withdrawn);
        self
    }

    /// From a PEM text with any number of certificates.
    pub fn from_pem(text: &str) -> Result<Self, CertificateError> {
        Certificate::parse_pem(text).map(Self::new)
    }

    /// The anchors.
    pub fn certificates(&self) -> impl ExactSizeIterator<Item = &Certificate> {
        self.anchors.iter().map(|anchor| &**anchor)
    }

    /// Whether nobody is believed.
    pub fn is_empty(&self) -> bool {
        self.anchors.is_empty()
    }

    /// Believes a chain of DER certificates, leaf first, when each was issued by the next and the last by an anchor, all
    /// are valid at `now`, and the leaf may be used for this purpose. Where several anchors have the name and key of the one that
    /// issued it, the first that is good counts.
    pub fn verify<C: AsRef<[u8]>>(
        &self,
        chain: &[C],
        purpose: Purpose,
        now: Timestamp,
    ) -> Result<VerifiedChain, ChainError> {
        if chain.is_empty() || chain.len() > LONGEST_CHAIN {
            return Err(ChainError::Length);
        }
        let chain =
            chain.iter().map(|der| Certificate::parse(der.as_ref())).collect::<Result<Vec<_>, _>>()?;
        let ([leaf, ..], [.., last]) = (chain.as_slice(), chain.as_slice()) else {
            return Err(ChainError::Length);
        };
        let key = leaf_key(leaf, purpose)?;
        let pinned = self.anchors.iter().find(|anchor| !anchor.is_authority() && anchor.der() == leaf.der());
        let anchor = match pinned {
            Some(anchor) if chain.len() == 1 => anchor,
            _ => {
                links(&chain)?;
                let mut named = self.anchors.iter().filter(|anchor| last.names_as_issuer(anchor)).peekable();
                named.peek().ok_or(ChainError::UnknownAnchor)?;
                first_without_defect(named.filter(|anchor| last.is_signed_by(anchor)), |anchor| {
                    may_issue(anchor, chain.len() - 1)?;
                    self.stands(anchor, now)
                })?
            }
        };
        chain.iter().try_for_each(|certificate| self.stands(certificate, now))?;
        let anchor = Arc::clone(anchor);
        Ok(VerifiedChain { key, chain, anchor })
    }

    /// Whether a certificate is valid at that time and was not withdrawn.
    fn stands(&self, certificate: &Certificate, now: Timestamp) -> Result<(), ChainError> {
        if !certificate.is_valid_at(now) {
            return Err(ChainError::OutsideValidity);
        }
        let withdrawn = !self.withdrawn.is_empty() && self.withdrawn.contains(&certificate.sha256());
        if withdrawn { Err(ChainError::Withdrawn) } else { Ok(()) }
    }
}

/// Of the anchors that signed a chain's last certificate the first with nothing amiss, else what is amiss with the first. There are
/// several where a root was renewed: the same name and key with a later end, pinned beside the certificate before it.
pub(crate) fn first_without_defect<A>(
    signed: impl Iterator<Item = A>,
    judge: impl Fn(&A) -> Result<(), ChainError>,
) -> Result<A, ChainError> {
    let mut first = None;
    for anchor in signed {
        match judge(&anchor) {
            Ok(()) => return Ok(anchor),
            Err(defect) => first = first.or(Some(defect)),
        }
    }
    Err(first.unwrap_or(ChainError::Broken))
}

/// The key of a leaf that may sign data for this purpose.
fn leaf_key(leaf: &Certificate, purpose: Purpose) -> Result<PublicKey, ChainError> {
    let may = !leaf.is_authority() && leaf.extensions.signs_data && purpose.is_served_by(leaf);
    leaf.key().copied().filter(|_| may).ok_or(ChainError::WrongPurpose)
}

/// Each certificate was issued by the next, which may do that.
pub(crate) fn links(chain: &[Certificate]) -> Result<(), ChainError> {
    if chain.iter().any(Certificate::is_self_issued) {
        return Err(ChainError::SelfIssued);
    }
    for (below, (certificate, issuer)) in chain.iter().zip(chain.iter().skip(1)).enumerate() {
        may_issue(issuer, below)?;
        if !certificate.names_as_issuer(issuer) || !certificate.is_signed_by(issuer) {
            return Err(ChainError::Broken);
        }
    }
    Ok(())
}

/// Whether this certificate may issue another, with so many authorities between it and the leaf.
pub(crate) fn may_issue(issuer: &Certificate, below: usize) -> Result<(), ChainError> {
    let extensions = &issuer.extensions;
    let length = extensions.path_length.is_none_or(|longest| below <= usize::from(longest));
    if extensions.is_authority && extensions.signs_certificates && length {
        Ok(())
    } else {
        Err(ChainError::NotAnAuthority)
    }
}

/// A chain that ends in an anchor: built by [`CertificateAnchors::verify`] alone.
#[derive(Clone, Debug)]
pub struct VerifiedChain {
    key: PublicKey,
    chain: Vec<Certificate>,
    anchor: Arc<Certificate>,
}

impl VerifiedChain {
    /// The leaf's key.
    pub const fn key(&self) -> &PublicKey {
        &self.key
    }

    /// The certificates, leaf first, without the anchor.
    pub fn certificates(&self) -> &[Certificate] {
        &self.chain
    }

    /// The leaf.
    pub fn leaf(&self) -> &Certificate {
        // A verified chain is never empty.
        self.chain.first().unwrap_or(&self.anchor)
    }

    /// Who is believed.
    pub fn anchor(&self) -> &Certificate {
        &self.anchor
    }
}
