//! The trust list: which issuers and status signers are believed (`COSE_Sign1` by the root, typ [`TYP`]).
//!
//! ```cddl
//! trust-list = { "sequence": uint, "issued": int, "expires": int, "issuers": [* issuer],
//!                "status_signers": [* signer], "status_base": tstr, "successor": bstr / null, ? "foreign": [+ foreign],
//!                ? "certificates": [+ certificate] }
//! issuer = { "iss": tstr, "kid": bstr, "key": bstr .size 33, "name": tstr, "vcts": [* tstr],
//!            "not_before": int, "not_after": int, "revoked": bool }
//! signer = { "kid": bstr, "key": bstr .size 33 }
//! foreign = { "format": tstr, "kid": bstr, "alg": -7 / -8 / -37, "key": bstr, "name": tstr, "uses": [* tstr] }
//! certificate = { "role": "documents" / "requests" / "registrations", "certificate": bstr, "name": tstr, "revoked": bool }
//! ```
//! Times are seconds since the epoch, keys compressed P-256 points, certificates DER.
mod certified;
mod foreign;
#[cfg(test)]
mod tests;

pub use certified::{ListedCertificate, Role};
pub use foreign::{ForeignIssuer, ForeignKey};

use serde::{Deserialize, Serialize};

use crate::cbor::{self, Profile};
use crate::certificates::{CertificateAnchors, CertificateError};
use crate::cose::{Draft, Sign1};
use crate::p256::PublicKey;
use crate::time::Timestamp;
use certified::{CertificateRecord, Listed};
use foreign::ForeignRecord;

/// The `typ` of a trust list.
pub const TYP: &str = "application/sen-trust-list+cwt";
/// No list of ours is larger.
const LARGEST: usize = 1 << 20;

/// Why a trust list is not believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TrustError {
    /// It is larger than 1 MiB.
    #[error("trust list too large")]
    TooLarge,
    /// It is no well-formed trust list.
    #[error("trust list malformed: {0}")]
    Malformed(#[from] cbor::Error),
    /// Another kind of token.
    #[error("not a trust list")]
    WrongType,
    /// Neither the root nor its announced successor signed it.
    #[error("trust list not signed by the root")]
    SignatureInvalid,
    /// A newer one has been seen.
    #[error("trust list {offered} is older than {seen}, which was seen before")]
    Rollback {
        /// The highest sequence seen.
        seen: u64,
        /// The sequence of this list.
        offered: u64,
    },
    /// Its time is over.
    #[error("trust list expired")]
    Expired,
    /// A key in it is no point on P-256.
    #[error("a key in the trust list is no P-256 point")]
    BadKey,
    /// A certificate in it cannot be read.
    #[error("a certificate in the trust list: {0}")]
    BadCertificate(CertificateError),
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Record {
    sequence: u64,
    issued: i64,
    expires: i64,
    issuers: Vec<IssuerRecord>,
    status_signers: Vec<SignerRecord>,
    status_base: String,
    #[serde(with = "serde_bytes")]
    successor: Option<Vec<u8>>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    foreign: Vec<ForeignRecord>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    certificates: Vec<CertificateRecord>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct IssuerRecord {
    iss: String,
    #[serde(with = "serde_bytes")]
    kid: Vec<u8>,
    #[serde(with = "serde_bytes")]
    key: Vec<u8>,
    name: String,
    vcts: Vec<String>,
    not_before: i64,
    not_after: i64,
    revoked: bool,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SignerRecord {
    #[serde(with = "serde_bytes")]
    kid: Vec<u8>,
    #[serde(with = "serde_bytes")]
    key: Vec<u8>,
}

/// An issuer of credentials, as the trust list names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issuer {
    /// Claim `iss` of its credentials, at most 8 characters.
    pub iss: String,
    /// Header `kid` of its credentials, at most 8 bytes.
    pub kid: Vec<u8>,
    /// Its key.
    pub key: PublicKey,
    /// Its name, for people.
    pub name: String,
    /// The credential types it may issue.
    pub vcts: Vec<String>,
    /// Its first second.
    pub not_before: Timestamp,
    /// Its last second.
    pub not_after: Timestamp,
    /// No longer believed, whatever the dates say.
    pub revoked: bool,
}

impl Issuer {
    /// Whether it is believed for what it signed at this time: it is not revoked, it may issue this type, and its own time covers
    /// the moment of issue.
    pub fn may_issue(&self, vct: &str, issued_at: Timestamp) -> bool {
        let in_its_time = self.not_before <= issued_at && issued_at <= self.not_after;
        !self.revoked && in_its_time && self.vcts.iter().any(|allowed| allowed == vct)
    }
}

/// A key that signs status lists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatusSigner {
    /// Header `kid` of its tokens.
    pub kid: Vec<u8>,
    /// The key.
    pub key: PublicKey,
}

/// A verified trust list: built by [`Trust::load`] alone.
#[derive(Clone, Debug)]
pub struct Trust {
    sequence: u64,
    issued: Timestamp,
    expires: Timestamp,
    issuers: Vec<Issuer>,
    status_signers: Vec<StatusSigner>,
    status_base: String,
    signed_by: PublicKey,
    successor: Option<PublicKey>,
    foreign: Vec<ForeignIssuer>,
    certificates: Vec<Listed>,
}

impl Trust {
    /// Believes a list when one of the roots signed it (the current root, and the successor that an earlier list
    /// announced), its sequence is not below the highest one seen, and its time is not over.
    pub fn load(
        roots: &[PublicKey],
        list: &[u8],
        highest_seen: u64,
        now: Timestamp,
    ) -> Result<Self, TrustError> {
        let trust = Self::load_even_expired(roots, list, highest_seen)?;
        if now >= trust.expires { Err(TrustError::Expired) } else { Ok(trust) }
    }

    /// As [`Trust::load`], but also a list whose time is over: for a desk that has been without network for long. The
    /// verifier believes nothing on such a list alone; it says what it would say and that the list is old.
    pub fn load_even_expired(
        roots: &[PublicKey],
        list: &[u8],
        highest_seen: u64,
    ) -> Result<Self, TrustError> {
        if list.len() > LARGEST {
            return Err(TrustError::TooLarge);
        }
        let token = Sign1::parse_tagged(list, Profile::Interoperable)?;
        if token.header(crate::cose::TYP).and_then(|typ| typ.as_text().ok()) != Some(TYP) {
            return Err(TrustError::WrongType);
        }
        let signed_by =
            *roots.iter().find(|root| token.verify(root).is_ok()).ok_or(TrustError::SignatureInvalid)?;
        let record: Record = cbor::from_slice(token.payload())?;
        if record.sequence < highest_seen {
            return Err(TrustError::Rollback { seen: highest_seen, offered: record.sequence });
        }
        let key = |bytes: &[u8]| PublicKey::from_compressed(bytes).map_err(|_| TrustError::BadKey);
        let issuer = |issuer: IssuerRecord| {
            Ok(Issuer {
                key: key(&issuer.key)?,
                iss: issuer.iss,
                kid: issuer.kid,
                name: issuer.name,
                vcts: issuer.vcts,
                not_before: Timestamp::from_unix(issuer.not_before),
                not_after: Timestamp::from_unix(issuer.not_after),
                revoked: issuer.revoked,
            })
        };
        let signer = |signer: SignerRecord| Ok(StatusSigner { key: key(&signer.key)?, kid: signer.kid });
        Ok(Self {
            sequence: record.sequence,
            issued: Timestamp::from_unix(record.issued),
            expires: Timestamp::from_unix(record.expires),
            issuers: record.issuers.into_iter().map(issuer).collect::<Result<_, TrustError>>()?,
            status_signers: record
                .status_signers
                .into_iter()
                .map(signer)
                .collect::<Result<_, TrustError>>()?,
            status_base: record.status_base,
            signed_by,
            successor: record.successor.as_deref().map(key).transpose()?,
            foreign: record.foreign.into_iter().map(ForeignIssuer::try_from).collect::<Result<_, _>>()?,
            certificates: record.certificates.into_iter().map(Listed::try_from).collect::<Result<_, _>>()?,
        })
    }

    /// The issuer with this `iss` and `kid`.
    pub fn issuer(&self, iss: &str, kid: &[u8]) -> Option<&Issuer> {
        self.issuers.iter().find(|issuer| issuer.iss == iss && issuer.kid == kid)
    }

    /// All issuers.
    pub fn issuers(&self) -> &[Issuer] {
        &self.issuers
    }

    /// The issuers of codes in a format that others designed.
    pub fn foreign<'a>(&'a self, format: &'a str) -> impl Iterator<Item = &'a ForeignIssuer> {
        self.foreign.iter().filter(move |issuer| issuer.format == format)
    }

    /// Those whose certificates are believed in this role, but for what was withdrawn from it.
    pub fn certificate_anchors(&self, role: Role) -> CertificateAnchors {
        certified::anchors(&self.certificates, role)
    }

    /// The keys that may sign status lists.
    pub fn status_signers(&self) -> &[StatusSigner] {
        &self.status_signers
    }

    /// Where a list with a short `s:N` name is fetched: the base address that `N` is appended to.
    pub fn status_base(&self) -> &str {
        &self.status_base
    }

    /// To be remembered: nothing below it is believed afterwards.
    pub const fn sequence(&self) -> u64 {
        self.sequence
    }

    /// When the list was signed.
    pub const fn issued(&self) -> Timestamp {
        self.issued
    }

    /// When its time is over.
    pub const fn expires(&self) -> Timestamp {
        self.expires
    }

    /// The roots to believe from now on: the one that signed, and the successor that it names.
    pub fn roots(&self) -> Vec<PublicKey> {
        std::iter::once(self.signed_by).chain(self.successor).collect()
    }
}

/// A trust list to be signed by the root.
#[derive(Clone, Debug)]
pub struct TrustListDraft {
    /// One more than the last list's.
    pub sequence: u64,
    /// When it is signed.
    pub issued: Timestamp,
    /// When its time is over.
    pub expires: Timestamp,
    /// The issuers.
    pub issuers: Vec<Issuer>,
    /// The keys that may sign status lists.
    pub status_signers: Vec<StatusSigner>,
    /// Base address of status lists.
    pub status_base: String,
    /// The root that will sign after this one.
    pub successor: Option<PublicKey>,
}

impl TrustListDraft {
    /// The token that waits for the root's signature.
    pub fn draft(&self, root_kid: &[u8]) -> Result<Draft, cbor::Error> {
        self.draft_with(root_kid, &[])
    }

    /// As [`TrustListDraft::draft`], with issuers of codes in formats that others designed.
    pub fn draft_with(&self, root_kid: &[u8], foreign: &[ForeignIssuer]) -> Result<Draft, cbor::Error> {
        self.draft_naming(root_kid, foreign, &[])
    }

    /// As [`TrustListDraft::draft_with`], with those whom certificates name.
    pub fn draft_naming(
        &self,
        root_kid: &[u8],
        foreign: &[ForeignIssuer],
        certificates: &[ListedCertificate],
    ) -> Result<Draft, cbor::Error> {
        let issuer = |issuer: &Issuer| IssuerRecord {
            iss: issuer.iss.clone(),
            kid: issuer.kid.clone(),
            key: issuer.key.compressed().to_vec(),
            name: issuer.name.clone(),
            vcts: issuer.vcts.clone(),
            not_before: issuer.not_before.as_unix(),
            not_after: issuer.not_after.as_unix(),
            revoked: issuer.revoked,
        };
        let signer = |signer: &StatusSigner| SignerRecord {
            kid: signer.kid.clone(),
            key: signer.key.compressed().to_vec(),
        };
        let record = Record {
            sequence: self.sequence,
            issued: self.issued.as_unix(),
            expires: self.expires.as_unix(),
            issuers: self.issuers.iter().map(issuer).collect(),
            status_signers: self.status_signers.iter().map(signer).collect(),
            status_base: self.status_base.clone(),
            successor: self.successor.map(|key| key.compressed().to_vec()),
            foreign: foreign.iter().map(ForeignRecord::from).collect(),
            certificates: certificates.iter().map(CertificateRecord::from).collect(),
        };
        Ok(Draft::es256(root_kid, TYP, cbor::to_vec(&record)?))
    }
}
