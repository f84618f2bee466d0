use std::collections::BTreeMap;

use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use trust::cbor::Encoder;
use trust::cose::Draft;

use super::*;
use crate::active::ActiveExchange;
use crate::asn1::encode;
use crate::document::ChipOutcome;
use crate::file_id::FileId;
use crate::passive::anchors::CscaAnchors;
use crate::test_authority::*;

mod forms;
mod mutants;
mod proofs;

const NONCE: &[u8] = b"nonce of a bank's session";

fn at(text: &str) -> Timestamp {
    Timestamp::parse_rfc3339(text).unwrap()
}

fn read_at() -> Timestamp {
    at("2025-06-01T00:00:00Z")
}

fn pair() -> EcdsaKeyPair {
    let random = SystemRandom::new();
    let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
    EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, pkcs8.as_ref(), &random).unwrap()
}

/// A reader's key.
struct Desk(EcdsaKeyPair);

impl EvidenceSigner for Desk {
    fn public_key(&self) -> Result<PublicKey, SignerUnavailable> {
        PublicKey::from_uncompressed(self.0.public_key().as_ref()).map_err(|_| SignerUnavailable)
    }

    fn sign(&self, message: &[u8]) -> Result<[u8; 64], SignerUnavailable> {
        Ok(self.0.sign(&SystemRandom::new(), message).unwrap().as_ref().try_into().unwrap())
    }
}

/// A chip with a key for Active Authentication.
struct Chip(EcdsaKeyPair);

impl Chip {
    fn dg15(&self) -> Vec<u8> {
        let algorithm = sequence(&[
            &oid(&[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01]),
            &oid(&[0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07]),
        ]);
        let point = encode(3, &[&[0], self.0.public_key().as_ref()].concat());
        encode(0x6f, &sequence(&[&algorithm, &point]))
    }

    fn answer(&self, challenge: [u8; 8]) -> ActiveExchange {
        let response = self.0.sign(&SystemRandom::new(), &challenge).unwrap().as_ref().to_vec();
        ActiveExchange { challenge, response }
    }
}

/// A country, a card of it, and a desk that reads it.
struct World {
    csca: Party,
    signer: Party,
    chip: Chip,
    desk: Desk,
}

impl World {
    fn new() -> Self {
        let (csca, signer) = (Party::new("VN", "CSCA of tests"), Party::new("VN", "Signer 7"));
        Self { csca, signer, chip: Chip(pair()), desk: Desk(pair()) }
    }

    fn anchors(&self) -> CscaAnchors {
        CscaAnchors::from_der(&self.csca.root()).unwrap()
    }

    fn files(&self, certificate: &[u8]) -> BTreeMap<FileId, Vec<u8>> {
        let dg15 = self.chip.dg15();
        let sod = self.signer.sign_document(&[(1, DG1), (15, &dg15)], (&self.csca, 7), certificate);
        BTreeMap::from([(FileId::Sod, sod), (FileId::Dg(1), DG1.to_vec()), (FileId::Dg(15), dg15)])
    }

    fn reading(&self) -> CardReading {
        let challenge = context().origin.challenge(NONCE).unwrap();
        let files = self.files(&self.csca.document_signer(&self.signer, 7));
        CardReading::from_files(files, Some(self.chip.answer(challenge)))
    }

    fn record(&self) -> EvidenceRecord {
        self.record_of(&self.reading(), &context())
    }

    fn record_of(&self, reading: &CardReading, context: &EvidenceContext) -> EvidenceRecord {
        EvidenceRecord::sign(reading, context, &self.desk).unwrap()
    }

    /// A record of other fields than the code would write, signed all the same.
    fn signed(&self, fields: Vec<(Vec<u8>, Vec<u8>)>) -> Vec<u8> {
        let mut payload = Encoder::new();
        payload.sorted_map(fields);
        self.sealed(payload.finish())
    }

    fn sealed(&self, payload: Vec<u8>) -> Vec<u8> {
        let key = self.desk.public_key().unwrap();
        self.drafted(&Draft::es256(&key_thumbprint(&key), TYP, payload))
    }

    fn drafted(&self, draft: &Draft) -> Vec<u8> {
        let signature = self.desk.sign(&draft.to_be_signed()).unwrap();
        draft.assemble(&trust::p256::normalize_s(&signature))
    }

    /// The fields of a sound record with one of them changed.
    fn with(&self, key: i64, value: impl FnOnce(&mut Encoder) -> &mut Encoder) -> Vec<u8> {
        self.with_all(vec![(key, encoded(value))])
    }

    fn with_all(&self, changes: Vec<(i64, Vec<u8>)>) -> Vec<u8> {
        let record = self.record();
        let mut fields = fields(&record);
        for (key, value) in changes {
            let key = encoded(|out| out.int(key));
            fields.retain(|(known, _)| *known != key);
            fields.push((key, value));
        }
        self.signed(fields)
    }
}

fn context() -> EvidenceContext {
    EvidenceContext {
        nonce: NONCE.to_vec(),
        origin: ChallengeOrigin::Derived { key_thumbprint: [7; 32], purpose: "counter".to_owned() },
        read_at: read_at(),
        remote: None,
        software: Software { name: "tests".to_owned(), version: "1".to_owned() },
    }
}

fn encoded(write: impl FnOnce(&mut Encoder) -> &mut Encoder) -> Vec<u8> {
    let mut out = Encoder::new();
    write(&mut out);
    out.finish()
}

/// Encoded keys and values of a record.
fn fields(record: &EvidenceRecord) -> Vec<(Vec<u8>, Vec<u8>)> {
    let profile = trust::cbor::Profile::Deterministic;
    let signed = trust::cose::Sign1::parse(record.as_bytes(), profile).unwrap();
    let payload = signed.payload_item().unwrap();
    payload.as_map().unwrap().map(|(key, value)| (key.raw().to_vec(), value.raw().to_vec())).collect()
}
