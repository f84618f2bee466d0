//! Passive Authentication (ICAO Doc 9303-11, 5.1; 9303-12): the document signer's signature over the digests of the
//! data groups, the digests themselves, and the signer's chain to a country signing certificate.
pub mod anchors;
pub(crate) mod ber;
pub mod certificate;
pub(crate) mod chain;
#[cfg(test)]
mod check_tests;
mod extensions;
mod revocation;
pub(crate) mod signed_data;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use trust::time::Timestamp;

use self::anchors::CscaAnchors;
use self::certificate::Certificate;
use self::signed_data::SignedData;
use crate::access::info::{pace_infos, signed_pace_infos};
use crate::asn1::{Element, INTEGER, Malformed, OCTET_STRING, SEQUENCE};
use crate::document::Reason;
use crate::file_id::FileId;
use crate::lds;
use crate::signature::{Hash, PublicKey, Scheme, Verdict};

/// 2.23.136.1.1.1, the content of a security object.
const LDS_SECURITY_OBJECT: &[u8] = &[0x67, 0x81, 0x08, 0x01, 0x01, 0x01];

/// Who signed a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PassiveProof {
    /// Subject of the document signer (RFC 4514).
    pub signer: String,
    /// Subject of the country signing certificate; absent where no anchor was found.
    pub csca: Option<String>,
    /// Algorithm of the security object's signature: `ecdsa-sha512/brainpoolP512r1`, `rsa-pss-sha256/2048`.
    pub signature: String,
}

/// What Passive Authentication came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PassiveOutcome {
    /// Genuine: signed by a believed country.
    Verified(PassiveProof),
    /// The signature and all digests are right, but no believed country signing certificate issued the signer's.
    NoTrustAnchor(PassiveProof),
    /// Not genuine, or not to be told.
    Failed(Reason),
}

impl PassiveOutcome {
    /// The word that the command line's JSON has for it.
    pub const fn result(&self) -> &'static str {
        match self {
            Self::Verified(_) => "verified",
            Self::NoTrustAnchor(_) => "no_trust_anchor",
            Self::Failed(_) => "failed",
        }
    }

    /// Why it failed.
    pub const fn reason(&self) -> Option<Reason> {
        match self {
            Self::Failed(reason) => Some(*reason),
            Self::Verified(_) | Self::NoTrustAnchor(_) => None,
        }
    }

    /// Who signed, where the signature is right.
    pub const fn proof(&self) -> Option<&PassiveProof> {
        match self {
            Self::Verified(proof) | Self::NoTrustAnchor(proof) => Some(proof),
            Self::Failed(_) => None,
        }
    }
}

/// The security object of EF.SOD, unverified.
#[derive(Clone, Debug)]
pub struct SecurityObject {
    signed: SignedData,
    hash: Hash,
    digests: BTreeMap<u8, Vec<u8>>,
}

impl SecurityObject {
    /// From the bytes of EF.SOD: `77 { ContentInfo }`.
    pub fn parse(file: &[u8]) -> Result<Self, Reason> {
        let signed = SignedData::parse(Element::first(file)?.tagged(0x77)?.value)?;
        if !signed.holds(LDS_SECURITY_OBJECT) {
            return Err(Reason::Malformed);
        }
        let mut object = Element::whole(&signed.content)?.tagged(SEQUENCE)?.inside();
        object.expect(INTEGER)?;
        let hash = Hash::from_identifier(object.next()?)?.ok_or(Reason::UnsupportedAlgorithm)?;
        let mut digests = BTreeMap::new();
        for entry in object.expect(SEQUENCE)?.inside().all()? {
            let mut parts = entry.tagged(SEQUENCE)?.inside();
            let number = u8::try_from(parts.next()?.small()?).map_err(|_| Malformed)?;
            let digest = parts.expect(OCTET_STRING)?.value.to_vec();
            if !(1..=16).contains(&number) || digests.insert(number, digest).is_some() {
                return Err(Reason::Malformed);
            }
        }
        Ok(Self { signed, hash, digests })
    }

    /// The numbers of the data groups that it covers.
    pub fn data_groups(&self) -> impl Iterator<Item = u8> {
        self.digests.keys().copied()
    }

    /// Compares a data group's digest; a group that the object does not list is refused (an injected one).
    pub fn verify_data_group(&self, number: u8, file: &[u8]) -> Result<(), Reason> {
        let digest = self.digests.get(&number).ok_or(Reason::DataGroupNotInSod)?;
        // The digest covers the data object alone; a file may be longer (9303-10, 4.6.2).
        let content = Element::first(file).map_err(|_| Reason::DigestMismatch)?.raw;
        if self.hash.digest(content) == *digest { Ok(()) } else { Err(Reason::DigestMismatch) }
    }

    pub(crate) fn verify_signature(&self) -> Result<&Certificate, Reason> {
        let signer = self.signed.signer_certificate().ok_or(Reason::SignatureInvalid)?;
        match self.signed.verify(signer) {
            Verdict::Valid => Ok(signer),
            Verdict::Invalid => Err(Reason::SignatureInvalid),
            Verdict::Unsupported => Err(Reason::UnsupportedAlgorithm),
        }
    }

    /// Checks the signature and the digest of each data group that was read, then the chain.
    pub(crate) fn verify(
        &self,
        files: &BTreeMap<FileId, Vec<u8>>,
        anchors: &CscaAnchors,
        now: Timestamp,
    ) -> Result<PassiveOutcome, Reason> {
        let signer = self.verify_signature()?;
        for (file, bytes) in files {
            if let FileId::Dg(number) = file {
                self.verify_data_group(*number, bytes)?;
            }
        }
        self.compare_with_listing(files)?;
        compare_offers(files)?;
        let csca = chain::find_issuer(signer, anchors, now)?;
        let proof = PassiveProof {
            signer: signer.subject(),
            csca: csca.map(Certificate::subject),
            signature: signature_name(self.signed.scheme(), &signer.key),
        };
        Ok(match csca {
            Some(_) => PassiveOutcome::Verified(proof),
            None => PassiveOutcome::NoTrustAnchor(proof),
        })
    }

    /// EF.COM is signed by nobody: it must list what is signed, neither more nor less.
    fn compare_with_listing(&self, files: &BTreeMap<FileId, Vec<u8>>) -> Result<(), Reason> {
        let Some(com) = files.get(&FileId::Com) else {
            return Ok(());
        };
        let listed: BTreeSet<_> = lds::com(com)?.into_iter().map(FileId::from_tag).collect();
        let signed: BTreeSet<_> = self.data_groups().map(|number| Some(FileId::Dg(number))).collect();
        if listed == signed { Ok(()) } else { Err(Reason::DataGroupsDisagree) }
    }
}

/// EF.CardAccess is signed by nobody: somebody may have taken the better protocols out of it. Where EF.DG14 repeats them,
/// as it should (9303-11, 9.2.1), both must offer the same; many cards leave them out of it, which says nothing.
fn compare_offers(files: &BTreeMap<FileId, Vec<u8>>) -> Result<(), Reason> {
    let (Some(access), Some(dg14)) = (files.get(&FileId::CardAccess), files.get(&FileId::Dg(14))) else {
        return Ok(());
    };
    let signed = signed_pace_infos(dg14).unwrap_or_default();
    if signed.is_empty() {
        return Ok(());
    }
    let offered = pace_infos(Element::first(access)?)?;
    if signed == offered { Ok(()) } else { Err(Reason::DataGroupsDisagree) }
}

fn signature_name(scheme: Option<Scheme>, key: &PublicKey) -> String {
    let algorithm = match scheme {
        Some(Scheme::RsaPkcs1(hash)) => format!("rsa-{hash}"),
        Some(Scheme::RsaPss(hash, _)) => format!("rsa-pss-{hash}"),
        Some(Scheme::Ecdsa(hash) | Scheme::PlainEcdsa(hash)) => format!("ecdsa-{hash}"),
        Some(Scheme::RsaOfDigestAlgorithm) | None => "unknown".to_owned(),
    };
    format!("{algorithm}/{}", key.name())
}
