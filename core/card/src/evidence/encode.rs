//! Builds what is signed, and has it signed.
use trust::cbor::Encoder;
use trust::cose::Draft;
use trust::p256::{PublicKey, normalize_s};

use super::key::{EvidenceSigner, SignerUnavailable, key_thumbprint};
use super::{
    ChallengeOrigin, EvidenceContext, EvidenceRecord, LONGEST_PURPOSE, LONGEST_SOFTWARE, NONCE_OCTETS,
    RecordError, TYP, VERSION, field,
};
use crate::access::AccessRecord;
use crate::access::group::Parameters;
use crate::access::pace::MappingProof;
use crate::document::ChipOutcome;
use crate::read::CardReading;

/// Why there is no record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SignRecordError {
    /// Nonce, purpose or software is too short or too long.
    #[error("nonce, purpose or software has a length that a record cannot hold")]
    Length,
    /// The chip answered another challenge than the one that comes of the nonce.
    #[error("the chip answered another challenge")]
    OtherChallenge,
    /// The signer gave no signature.
    #[error(transparent)]
    Signer(#[from] SignerUnavailable),
    /// The signer gave a signature that is not its key's.
    #[error("the signature is not by the signer's key")]
    SignatureInvalid,
    /// What was read does not fit into a record.
    #[error(transparent)]
    Record(#[from] RecordError),
}

impl EvidenceRecord {
    /// Records a reading and has the record signed.
    pub fn sign(
        reading: &CardReading,
        context: &EvidenceContext,
        signer: &dyn EvidenceSigner,
    ) -> Result<Self, SignRecordError> {
        if !lengths_fit(context) {
            return Err(SignRecordError::Length);
        }
        let challenge = context.origin.challenge(&context.nonce);
        if reading.active().is_some_and(|exchange| Some(exchange.challenge) != challenge) {
            return Err(SignRecordError::OtherChallenge);
        }
        let key = signer.public_key()?;
        let draft = Draft::es256(&key_thumbprint(&key), TYP, payload(reading, context, &key));
        let message = draft.to_be_signed();
        let signature = normalize_s(&signer.sign(&message)?);
        key.verify(&message, &signature).map_err(|_| SignRecordError::SignatureInvalid)?;
        Ok(Self::parse(&draft.assemble(&signature))?)
    }
}

fn lengths_fit(context: &EvidenceContext) -> bool {
    let software = [&context.software.name, &context.software.version];
    NONCE_OCTETS.contains(&context.nonce.len())
        && software.iter().all(|text| (1..=LONGEST_SOFTWARE).contains(&text.len()))
        && match &context.origin {
            ChallengeOrigin::Nonce => true,
            ChallengeOrigin::Derived { purpose, .. } => (1..=LONGEST_PURPOSE).contains(&purpose.len()),
        }
}

fn payload(reading: &CardReading, context: &EvidenceContext, key: &PublicKey) -> Vec<u8> {
    let mut entries = vec![
        entry(field::VERSION, |out| out.uint(VERSION)),
        entry(field::READ_AT, |out| out.int(context.read_at.as_unix())),
        entry(field::NONCE, |out| out.bytes(&context.nonce)),
        entry(field::SIGNER, |out| out.bytes(&key.compressed())),
        entry(field::FILES, |out| {
            let files = reading.files().iter().map(|(file, bytes)| {
                (encoded(|out| out.text(&file.to_string())), encoded(|out| out.bytes(bytes)))
            });
            out.sorted_map(files.collect())
        }),
        entry(field::CHIP, |out| out.text(chip_word(reading.chip))),
        entry(field::SOFTWARE, |out| {
            out.array(2).text(&context.software.name).text(&context.software.version)
        }),
    ];
    if let ChallengeOrigin::Derived { key_thumbprint, purpose } = &context.origin {
        entries.push(entry(field::ORIGIN, |out| out.array(2).bytes(key_thumbprint).text(purpose)));
    }
    if let Some(exchange) = reading.active() {
        entries.push(entry(field::ACTIVE, |out| {
            out.array(2).bytes(&exchange.challenge).bytes(&exchange.response)
        }));
    }
    entries.extend(reading.mapping.as_ref().and_then(mapping));
    entries.extend(reading.access().map(access));
    if let Some(remote) = &context.remote {
        let challenge = &remote.challenge;
        entries.push(entry(field::REMOTE, |out| {
            out.array(5).bytes(&challenge.protocol);
            match &challenge.key_id {
                Some(key_id) => out.bytes(key_id),
                None => out.null(),
            };
            out.bytes(&challenge.public_key).bytes(&challenge.command).bytes(&remote.response)
        }));
    }
    encoded(|out| out.sorted_map(entries))
}

/// What the reader may say of the chip to somebody else: never that it is proven.
const fn chip_word(outcome: ChipOutcome) -> &'static str {
    match outcome {
        ChipOutcome::Verified => ChipOutcome::AssertedByReader.result(),
        outcome => outcome.result(),
    }
}

fn mapping(proof: &MappingProof) -> Option<(Vec<u8>, Vec<u8>)> {
    // A mapping is only ever over standardised parameters: PACE names them by number.
    let number = (0..=u8::MAX).find(|id| Parameters::standardised(*id) == Some(proof.parameters))?;
    Some(entry(field::MAPPING, |out| {
        out.array(3).uint(number.into()).bytes(&proof.mapping_public).bytes(&proof.scalar)
    }))
}

fn access(record: &AccessRecord) -> (Vec<u8>, Vec<u8>) {
    entry(field::ACCESS, |out| {
        out.array(4).text(record.protocol.name()).text(record.cipher.name());
        match record.parameters {
            Some(name) => out.text(name),
            None => out.null(),
        };
        out.bool(record.assumed_card_access)
    })
}

fn entry(key: i64, value: impl FnOnce(&mut Encoder) -> &mut Encoder) -> (Vec<u8>, Vec<u8>) {
    (encoded(|out| out.int(key)), encoded(value))
}

fn encoded(write: impl FnOnce(&mut Encoder) -> &mut Encoder) -> Vec<u8> {
    let mut out = Encoder::new();
    write(&mut out);
    out.finish()
}
