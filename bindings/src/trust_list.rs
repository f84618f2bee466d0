//! Whom the nation vouches for, by the provider's trust list.
use trust::certificates::{Certificate, CertificateAnchors};
use trust::time::Timestamp;

use crate::error::SenError;
use crate::wallet::Wallet;

/// A certificate that is believed.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct Anchor {
    /// Its subject (RFC 4514).
    pub subject: String,
    /// DER.
    pub certificate: Vec<u8>,
    /// Its last second.
    pub not_after: i64,
}

/// Whom the trust list names by certificates.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct NationalAnchors {
    /// Who vouches for issuers of documents.
    pub issuers: Vec<Anchor>,
    /// Who vouches for those who ask.
    pub verifiers: Vec<Anchor>,
    /// Who registers what they may ask for.
    pub registrars: Vec<Anchor>,
}

/// The trust list last believed, as the two files of the folder that [`check_scanned`](crate::check_scanned) reads.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct KeptTrustList {
    /// What belongs into `root.pub`.
    pub root: String,
    /// What belongs into `trust-list.cwt`.
    pub list: Vec<u8>,
}

#[uniffi::export(async_runtime = "tokio")]
impl Wallet {
    /// Whom the nation vouches for. A list of the last day is believed as it is, an older one is fetched anew.
    pub async fn national_anchors(&self, now: i64) -> Result<NationalAnchors, SenError> {
        Ok(self.0.account().national_anchors(Timestamp::from_unix(now)).await?.into())
    }

    /// Fetches the trust list now: what was withdrawn is believed no more from here on.
    pub async fn refresh_trust_list(&self, now: i64) -> Result<NationalAnchors, SenError> {
        Ok(self.0.account().refresh_trust_list(Timestamp::from_unix(now)).await?.into())
    }

    /// The trust list last believed; nothing before one was needed.
    pub fn kept_trust_list(&self) -> Result<Option<KeptTrustList>, SenError> {
        let file =
            |octets: &[u8; 65]| octets.iter().fold(String::new(), |text, byte| format!("{text}{byte:02x}"));
        let kept = self.0.trust_list()?;
        Ok(kept.map(|(root, list)| KeptTrustList { root: file(root.uncompressed()), list }))
    }
}

impl From<holder::NationalAnchors> for NationalAnchors {
    fn from(named: holder::NationalAnchors) -> Self {
        let anchor = |certificate: &Certificate| Anchor {
            subject: certificate.subject().to_owned(),
            certificate: certificate.der().to_vec(),
            not_after: certificate.not_after().as_unix(),
        };
        let anchors = |anchors: &CertificateAnchors| anchors.certificates().map(anchor).collect();
        Self {
            issuers: anchors(&named.issuers),
            verifiers: anchors(&named.verifiers),
            registrars: anchors(&named.registrars),
        }
    }
}
