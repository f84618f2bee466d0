//! Signed records of readings: written with a key of this computer, proven again from a file.
use std::path::{Path, PathBuf};
use std::sync::Arc;

use card::{
    CardNotProven, CardReading, ChallengeOrigin, CscaAnchors, EvidenceContext, EvidenceRecord,
    EvidenceRefused, EvidenceSigner, Expected, Reason, SignerUnavailable, Software, VerifiedDocument,
    derived_challenge, key_thumbprint,
};
use holder::{DeviceKey, KeyId, KeyPolicy, KeyStore};
use serde::Serialize;
use trust::p256::PublicKey;
use trust::random::{Random, SystemRandom};
use trust::time::Timestamp;

use crate::home;
use crate::output::{Failure, say};
use crate::private_file::{self, OwnDisk};
use crate::wallet;

/// The key's name in the store.
const KEY: &str = "card-evidence";
/// What the answer of a chip is for.
const PURPOSE: &str = "sen card read";
/// Where the public key lies, for whoever pins it.
const PUBLIC: &str = "card-evidence.pub";

/// A record that is to be written: whose key signs it, and for which nonce.
pub(crate) struct Wanted {
    signer: SoftwareSigner,
    nonce: Vec<u8>,
    key_thumbprint: [u8; 32],
}

/// This computer's key for records.
struct SoftwareSigner(Arc<dyn DeviceKey>);

impl EvidenceSigner for SoftwareSigner {
    fn public_key(&self) -> Result<PublicKey, SignerUnavailable> {
        let point = self.0.public_key().map_err(|_| SignerUnavailable)?;
        PublicKey::from_uncompressed(&point).map_err(|_| SignerUnavailable)
    }

    fn sign(&self, message: &[u8]) -> Result<[u8; 64], SignerUnavailable> {
        self.0.sign(message).map_err(|_| SignerUnavailable)
    }
}

impl Wanted {
    /// Opens the key, which is made when absent, and says which it is.
    pub(crate) fn new(nonce: Option<&str>) -> Result<Self, Failure> {
        let nonce = if let Some(text) = nonce {
            hex_nonce(text)?
        } else {
            let mut fresh = vec![0; 32];
            SystemRandom::new().fill(&mut fresh).map_err(|error| Failure::input("no_random", error))?;
            fresh
        };
        let unavailable = |error| Failure::input("evidence.key_unavailable", error);
        let home = home::folder()?;
        let (keys, id) = (wallet::keys(&home), KeyId::from_text(KEY));
        let id = id.ok_or_else(|| Failure::input("evidence.key_unavailable", "no such key"))?;
        // A key that is there and cannot be opened is not replaced: somebody may have pinned it.
        let key = if keys.holds(&id) {
            keys.open(&id).map_err(unavailable)?
        } else {
            keys.create(&id, KeyPolicy::Presentation, &[]).map_err(unavailable)?
        };
        let signer = SoftwareSigner(key);
        let public = signer.public_key().map_err(refused)?;
        let (file, key_thumbprint) = (home.join(PUBLIC), key_thumbprint(&public));
        home::write_file(&file, (hex::encode(public.uncompressed()) + "\n").as_bytes())?;
        say(format_args!(
            "the record is signed with the software key {}; its public key is in {}",
            hex::encode(key_thumbprint),
            file.display()
        ));
        Ok(Self { signer, nonce, key_thumbprint })
    }

    /// The challenge that the chip is to answer.
    pub(crate) fn challenge(&self) -> [u8; 8] {
        derived_challenge(&self.nonce, &self.key_thumbprint, PURPOSE)
    }

    /// Signs the record and writes it.
    pub(crate) fn write(
        self,
        reading: &CardReading,
        file: &Path,
        read_at: Timestamp,
    ) -> Result<EvidenceReport, Failure> {
        let Self { signer, nonce, key_thumbprint } = self;
        let origin = ChallengeOrigin::Derived { key_thumbprint, purpose: PURPOSE.to_owned() };
        let software = Software {
            name: env!("CARGO_BIN_NAME").to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
        };
        let context = EvidenceContext { nonce, origin, read_at, remote: None, software };
        let record = EvidenceRecord::sign(reading, &context, &signer).map_err(refused)?;
        // Portrait and all: for whoever read the card alone.
        private_file::write(&OwnDisk, file, record.as_bytes()).map_err(|error| {
            Failure::input("file_not_writable", format!("cannot write {}: {error}", file.display()))
        })?;
        say(format_args!("wrote the record, {} bytes, to {}", record.as_bytes().len(), file.display()));
        Ok(EvidenceReport::new(&record, true, None))
    }
}

fn refused(error: impl std::fmt::Display) -> Failure {
    Failure::negative("evidence.not_signed", error)
}

fn hex_nonce(text: &str) -> Result<Vec<u8>, Failure> {
    let nonce = hex::decode(text).ok().filter(|nonce| (8..=64).contains(&nonce.len()));
    nonce.ok_or_else(|| Failure::input("bad_nonce", "--nonce takes 8 to 64 octets in hex"))
}

/// What is said of a record.
#[derive(Debug, Serialize)]
pub(crate) struct EvidenceReport {
    /// The thumbprint of the signer's key (RFC 9679).
    pub(crate) signer: String,
    pub(crate) signer_trusted: bool,
    pub(crate) signed_at: String,
    pub(crate) nonce: String,
    purpose: Option<String>,
    software: String,
    /// Whether the certificates are good at the time of the check; absent where they were judged then alone.
    pub(crate) certificates_now: Option<String>,
}

impl EvidenceReport {
    fn new(
        record: &EvidenceRecord,
        signer_trusted: bool,
        certificates_now: Option<Result<(), Reason>>,
    ) -> Self {
        let context = record.context();
        let purpose = match &context.origin {
            ChallengeOrigin::Derived { purpose, .. } => Some(purpose.clone()),
            ChallengeOrigin::Nonce => None,
        };
        let standing =
            |now: Result<(), Reason>| now.map_or_else(|reason| reason.to_string(), |()| "valid".into());
        Self {
            signer: hex::encode(key_thumbprint(record.signer())),
            signer_trusted,
            signed_at: context.read_at.to_string(),
            nonce: hex::encode(&context.nonce),
            purpose,
            software: format!("{} {}", context.software.name, context.software.version),
            certificates_now: certificates_now.map(standing),
        }
    }
}

/// A record, its proof, and what is said of it.
pub(crate) struct Judged {
    pub(crate) record: EvidenceRecord,
    pub(crate) outcome: Result<VerifiedDocument, CardNotProven>,
    pub(crate) report: EvidenceReport,
}

/// Proves a record from a file: by pinned signers, or by anybody where none are given.
pub(crate) fn verify(
    file: &Path,
    signers: Option<&PathBuf>,
    nonce: Option<&str>,
    anchors: &CscaAnchors,
    now: Timestamp,
) -> Result<Judged, Failure> {
    let (signers, nonce) = (signers.map(|file| pinned(file)).transpose()?, nonce.map(hex_nonce).transpose()?);
    let malformed = |error| Failure::negative("evidence.malformed", format!("{}: {error}", file.display()));
    let record = EvidenceRecord::parse(&home::read_file(file)?).map_err(malformed)?;
    let nonce = nonce.as_deref();
    let (outcome, standing) = match &signers {
        Some(signers) => {
            let expected = Expected { signers, nonce, remote_key: None };
            match record.verify(&expected, anchors, now) {
                Ok(evidence) => (Ok(evidence.document().clone()), Some(evidence.certificates_now())),
                Err(error) => (Err(error), None),
            }
        }
        None => (record.verify_unpinned(nonce, anchors, now).map(|e| e.document().clone()), None),
    };
    let outcome = match outcome {
        Ok(document) => Ok(document),
        Err(EvidenceRefused::Document(refused)) => Err(refused),
        Err(error) => return Err(Failure::negative(code(&error), error)),
    };
    let report = EvidenceReport::new(&record, signers.is_some(), standing);
    Ok(Judged { record, outcome, report })
}

/// The stable code of a refusal.
const fn code(error: &EvidenceRefused) -> &'static str {
    match error {
        EvidenceRefused::SignatureInvalid => "evidence.signature_invalid",
        EvidenceRefused::SignerNotTrusted => "evidence.signer_not_trusted",
        EvidenceRefused::FromTheFuture => "evidence.from_the_future",
        EvidenceRefused::OtherNonce => "evidence.other_nonce",
        EvidenceRefused::OtherChallenge => "evidence.other_challenge",
        _ => "evidence.refused",
    }
}

/// Public keys in hex, one a line.
fn pinned(file: &Path) -> Result<Vec<PublicKey>, Failure> {
    let text = String::from_utf8(home::read_file(file)?).unwrap_or_default();
    let key = |line: &str| PublicKey::from_uncompressed(&hex::decode(line).ok()?).ok();
    let keys: Option<Vec<_>> = text.lines().map(str::trim).filter(|l| !l.is_empty()).map(key).collect();
    keys.filter(|keys| !keys.is_empty()).ok_or_else(|| {
        let what = "holds no public keys, one a line, 65 octets each in hex";
        Failure::input("bad_signer", format!("{} {what}", file.display()))
    })
}
