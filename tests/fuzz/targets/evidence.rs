//! Readings as signed records: any bytes, and a sound record of a Vietnamese card's files with changes.
#![no_main]
use std::collections::BTreeMap;
use std::sync::OnceLock;

use card::{
    CardReading, ChallengeOrigin, EvidenceContext, EvidenceRecord, EvidenceSigner, FileId, SignerUnavailable,
    Software,
};
use sen_fuzz::{desk::NOW, signed};
use trust::p256::PublicKey;

struct Signer;

impl EvidenceSigner for Signer {
    fn public_key(&self) -> Result<PublicKey, SignerUnavailable> {
        Ok(signed::key())
    }

    fn sign(&self, message: &[u8]) -> Result<[u8; 64], SignerUnavailable> {
        Ok(signed::sign(message))
    }
}

fn sound() -> &'static [u8] {
    static SOUND: OnceLock<EvidenceRecord> = OnceLock::new();
    let make = || {
        let files = [(FileId::Dg(1), vec![0x61, 0]), (FileId::Dg(13), vec![0x6d, 0])];
        let reading = CardReading::from_files(BTreeMap::from(files), None);
        let context = EvidenceContext {
            nonce: vec![7; 32],
            origin: ChallengeOrigin::Derived { key_thumbprint: [1; 32], purpose: "account".to_owned() },
            read_at: NOW,
            remote: None,
            software: Software { name: "fuzz".to_owned(), version: "1".to_owned() },
        };
        EvidenceRecord::sign(&reading, &context, &Signer).unwrap()
    };
    SOUND.get_or_init(make).as_bytes()
}

libfuzzer_sys::fuzz_target!(|input: &[u8]| {
    let _ = sen_fuzz::bounded("evidence", input, EvidenceRecord::parse);
    let changed = signed::changed(sound(), input);
    let _ = sen_fuzz::bounded("changed evidence", &changed, EvidenceRecord::parse);
});
