//! Proves a record again: who signed it, for which nonce, and everything that the bytes themselves prove.
use trust::cbor::Profile;
use trust::cose::Sign1;
use trust::p256::PublicKey;
use trust::secret::Secret;
use trust::time::Timestamp;

use super::{EvidenceContext, EvidenceRecord};
use crate::document::{CardNotProven, Reason, VerifiedDocument};
use crate::file_id::FileId;
use crate::passive::PassiveOutcome;
use crate::passive::anchors::CscaAnchors;
use crate::remote::{RemoteChipAuthentication, RemoteError, RemotelyProvenChip};

/// How far the reader's clock may be ahead, in seconds.
const MOST_AHEAD: i64 = 60;

/// What a server demands of a record.
#[derive(Clone, Copy, Debug)]
pub struct Expected<'a> {
    /// The signers that are believed.
    pub signers: &'a [PublicKey],
    /// The nonce that was given out for this reading. Without it an old record passes as well as a new one.
    pub nonce: Option<&'a [u8]>,
    /// The private key of the remote challenge, by whoever sent it: the record must then hold the chip's proof.
    pub remote_key: Option<&'a Secret<Vec<u8>>>,
}

/// Why a record is refused.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EvidenceRefused {
    /// The signature does not belong to the record.
    #[error("the record's signature is wrong")]
    SignatureInvalid,
    /// Signed by somebody who is not believed.
    #[error("the record's signer is not believed")]
    SignerNotTrusted,
    /// It says that it was read later than now.
    #[error("the record is from the future")]
    FromTheFuture,
    /// It was made for another nonce.
    #[error("the record is for another nonce")]
    OtherNonce,
    /// The challenge that the chip answered does not come of the nonce.
    #[error("the chip answered another challenge")]
    OtherChallenge,
    /// The document is not proven at the time of the reading.
    #[error(transparent)]
    Document(#[from] CardNotProven),
    /// A private key is given, but the record holds no remote Chip Authentication.
    #[error("the record holds no answer to the remote challenge")]
    RemoteMissing,
    /// The record holds another remote challenge than this private key's.
    #[error("the record holds another remote challenge")]
    OtherRemoteChallenge,
    /// The chip did not prove itself to this private key.
    #[error(transparent)]
    Remote(#[from] RemoteError),
}

/// A record by a believed signer whose document is proven: built by [`EvidenceRecord::verify`] alone.
#[derive(Clone, Debug)]
pub struct VerifiedEvidence {
    record: EvidenceRecord,
    document: VerifiedDocument,
    certificates_now: Result<(), Reason>,
    remote: Option<RemotelyProvenChip>,
}

/// A record whose document is proven but whose signer nobody vouches for: built by [`EvidenceRecord::verify_unpinned`]
/// alone. Time, nonce and what is asserted are anybody's word; the data are the country's.
#[derive(Clone, Debug)]
pub struct UnpinnedEvidence {
    record: EvidenceRecord,
    document: VerifiedDocument,
}

impl EvidenceRecord {
    /// Proves the record. Certificates are judged at the time of the reading, for which the believed signer stands;
    /// what has become of them since is [`VerifiedEvidence::certificates_now`].
    pub fn verify(
        &self,
        expected: &Expected<'_>,
        anchors: &CscaAnchors,
        now: Timestamp,
    ) -> Result<VerifiedEvidence, EvidenceRefused> {
        self.verify_signature()?;
        if !expected.signers.contains(&self.signer) {
            return Err(EvidenceRefused::SignerNotTrusted);
        }
        self.verify_binding(expected.nonce, now)?;
        let document = self.reading.verify(anchors, self.context.read_at)?;
        let remote = expected.remote_key.map(|key| self.verify_remote(key, &document)).transpose()?;
        let certificates_now = match self.reading.verify(anchors, now) {
            Ok(_) => Ok(()),
            Err(CardNotProven { passive: PassiveOutcome::Verified(_), chip, .. }) => {
                Err(chip.reason().unwrap_or(Reason::ChainInvalid))
            }
            Err(refused) => Err(refused.passive.reason().unwrap_or(Reason::ChainInvalid)),
        };
        Ok(VerifiedEvidence { record: self.clone(), document, certificates_now, remote })
    }

    /// Proves what a record by anybody proves. Certificates must be good now: whoever signed the record could date it
    /// back to when a stolen key was still good.
    pub fn verify_unpinned(
        &self,
        nonce: Option<&[u8]>,
        anchors: &CscaAnchors,
        now: Timestamp,
    ) -> Result<UnpinnedEvidence, EvidenceRefused> {
        self.verify_signature()?;
        self.verify_binding(nonce, now)?;
        Ok(UnpinnedEvidence { record: self.clone(), document: self.reading.verify(anchors, now)? })
    }

    fn verify_signature(&self) -> Result<(), EvidenceRefused> {
        let signed = Sign1::parse(&self.bytes, Profile::Deterministic);
        let verified = signed.is_ok_and(|signed| signed.verify(&self.signer).is_ok());
        if verified { Ok(()) } else { Err(EvidenceRefused::SignatureInvalid) }
    }

    /// Time, nonce, and that the chip answered this nonce.
    fn verify_binding(&self, nonce: Option<&[u8]>, now: Timestamp) -> Result<(), EvidenceRefused> {
        let EvidenceContext { nonce: own, origin, read_at, .. } = &self.context;
        if read_at.seconds_since(now) > MOST_AHEAD {
            return Err(EvidenceRefused::FromTheFuture);
        }
        if nonce.is_some_and(|expected| expected != own) {
            return Err(EvidenceRefused::OtherNonce);
        }
        let challenge = origin.challenge(own);
        if self.reading.active().is_some_and(|exchange| Some(exchange.challenge) != challenge) {
            return Err(EvidenceRefused::OtherChallenge);
        }
        Ok(())
    }

    fn verify_remote(
        &self,
        key: &Secret<Vec<u8>>,
        document: &VerifiedDocument,
    ) -> Result<RemotelyProvenChip, EvidenceRefused> {
        let exchange = self.context.remote.as_ref().ok_or(EvidenceRefused::RemoteMissing)?;
        let dg14 = document.files().get(&FileId::Dg(14)).ok_or(RemoteError::NotSupported)?;
        let key = Secret::new(key.expose().clone());
        let (server, challenge) = RemoteChipAuthentication::with_private_key(dg14, key)?;
        if challenge != exchange.challenge {
            return Err(EvidenceRefused::OtherRemoteChallenge);
        }
        Ok(server.verify(document, &exchange.response)?)
    }
}

impl VerifiedEvidence {
    /// The document, proven at the time of the reading, with what Active Authentication came to.
    pub const fn document(&self) -> &VerifiedDocument {
        &self.document
    }

    /// Who signed.
    pub const fn signer(&self) -> &PublicKey {
        self.record.signer()
    }

    /// Nonce, time and the rest of what the signer says.
    pub const fn context(&self) -> &EvidenceContext {
        self.record.context()
    }

    /// Whether the certificates are good now, and else why not: expired since, or revoked since.
    pub const fn certificates_now(&self) -> Result<(), Reason> {
        self.certificates_now
    }

    /// The proof of remote Chip Authentication, where its private key was given.
    pub const fn remote(&self) -> Option<RemotelyProvenChip> {
        self.remote
    }
}

impl UnpinnedEvidence {
    /// The document, proven now.
    pub const fn document(&self) -> &VerifiedDocument {
        &self.document
    }

    /// Who signed, whoever that is.
    pub const fn signer(&self) -> &PublicKey {
        self.record.signer()
    }

    /// What that signer says.
    pub const fn context(&self) -> &EvidenceContext {
        self.record.context()
    }
}
