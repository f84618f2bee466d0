use serde_json::Value;

use super::*;
use crate::access::group::{Group, Parameters};
use crate::access::pace;
use crate::messaging::{Cipher, SessionKeys};
use crate::passive::anchors::CscaAnchors;
use crate::test_authority::{DG1, LDS_OBJECT, Party, set};
use crate::vectors::{area, entries, json, octets, ran};

/// One object of the last answer, or of the second, of a trace.
fn object(answer: &str, tag: u32) -> Vec<u8> {
    let answer = hex::decode(answer).unwrap();
    let objects = Element::whole(&answer[..answer.len() - 2]).unwrap().inside().all().unwrap();
    objects.into_iter().find(|object| object.tag == tag).unwrap().value.to_vec()
}

fn at(time: &str) -> Timestamp {
    Timestamp::parse_rfc3339(time).unwrap()
}

/// The traces of real documents: their EF.CardSecurity is there, and nothing of the chip's secrets.
fn real_mappings() -> Vec<(String, Value)> {
    let mut cases = json("pace", "");
    cases.retain(|(_, case)| case["EF_CardSecurity"].is_string() && case["EF_CardAccess"].is_null());
    cases
}

#[test]
fn vectors_of_a_real_mapping_prove_one_key_that_a_believed_country_signed() {
    let mut cases = 0;
    for (name, case) in real_mappings() {
        let apdus = case["apdus"].as_array().unwrap();
        let parameters = Parameters::standardised(13).unwrap();
        assert_eq!(parameters.name(), case["curve"]);
        let mapping_public = object(apdus[2]["response"].as_str().unwrap(), 0x82);
        let encrypted = object(apdus[4]["response"].as_str().unwrap(), 0x8a);
        assert_eq!(encrypted, octets(&case["A_IC"]));
        let keys = SessionKeys::derive(Cipher::Aes128, &octets(&case["shared_secret_K"]));
        let scalar = keys.decrypt_chip_authentication(&encrypted).unwrap();
        assert_eq!(scalar, octets(&case["CA_IC"]));
        let proof = MappingProof { parameters, mapping_public, scalar };
        let file = octets(&case["EF_CardSecurity"]);
        assert_eq!(proves_a_key(&proof, &file), Ok(true), "{name}");
        let signed = parse(&file).unwrap();
        let keys = chip_keys(Element::whole(&signed.content).unwrap().inside()).unwrap();
        assert_eq!(keys.iter().filter(|key| proof.proves(&key.public)).count(), 1);
        assert_eq!(keys.len(), 2);
        let mut other = proof.clone();
        *other.scalar.last_mut().unwrap() ^= 1;
        assert_eq!(proves_a_key(&other, &file), Ok(false));
        if let Some(lists) = area("csca") {
            let mut anchors = CscaAnchors::new();
            for path in entries(&lists).iter().filter(|path| path.extension().is_some_and(|e| e == "ml")) {
                anchors.extend(CscaAnchors::from_master_list(&std::fs::read(path).unwrap()).unwrap());
            }
            let judge = |proof: &MappingProof, file: &Vec<u8>, anchors: &CscaAnchors| {
                let files = BTreeMap::from([(FileId::CardSecurity, file.clone())]);
                let years = (2012..=2030).map(|year| at(&format!("{year}-06-01T00:00:00Z")));
                years.map(|now| mapping_outcome(proof, &files, anchors, now)).collect::<Vec<_>>()
            };
            assert!(judge(&proof, &file, &anchors).contains(&ChipOutcome::AssertedByReader), "{name}");
            assert!(!judge(&other, &file, &anchors).contains(&ChipOutcome::AssertedByReader));
            let mut changed = file.clone();
            *changed.last_mut().unwrap() ^= 1;
            assert!(!judge(&proof, &changed, &anchors).contains(&ChipOutcome::AssertedByReader));
        }
        // Without an anchor nothing is told of the chip; beside a document that is believed its key must be, too.
        let (csca, of_document) = (Party::new("UT", "CSCA"), Party::new("UT", "Signer"));
        let believed = CscaAnchors::from_der(&csca.root()).unwrap();
        let sod = of_document.sign_document(&[(1, DG1)], (&csca, 7), &csca.document_signer(&of_document, 7));
        let mut files = BTreeMap::from([(FileId::CardSecurity, file)]);
        let mut outcome = |sod: Option<Vec<u8>>, anchors: &CscaAnchors| {
            files.extend(sod.map(|sod| (FileId::Sod, sod)));
            mapping_outcome(&proof, &files, anchors, at("2025-06-01T00:00:00Z"))
        };
        assert_eq!(outcome(None, &believed), ChipOutcome::NotDone);
        assert_eq!(outcome(Some(sod), &CscaAnchors::new()), ChipOutcome::NotDone);
        assert_eq!(outcome(None, &believed), ChipOutcome::Failed(Reason::ChainInvalid));
        cases += 1;
    }
    ran("pace-cam (real)", cases);
}

#[test]
fn vectors_of_a_real_mapping_prove_nothing_with_any_bit_of_the_answer_changed() {
    let mut cases = 0;
    for (name, case) in real_mappings() {
        let apdus = case["apdus"].as_array().unwrap();
        let mapping_public = object(apdus[2]["response"].as_str().unwrap(), 0x82);
        let keys = SessionKeys::derive(Cipher::Aes128, &octets(&case["shared_secret_K"]));
        let (encrypted, file) = (octets(&case["A_IC"]), octets(&case["EF_CardSecurity"]));
        // One bit of each octet, another one each time.
        for at in 0..encrypted.len() {
            let mut changed = encrypted.clone();
            changed[at] ^= 1 << (at % 8);
            // Where the padding breaks there is nothing to prove with.
            let Some(scalar) = keys.decrypt_chip_authentication(&changed) else { continue };
            let parameters = Parameters::standardised(13).unwrap();
            let proof = MappingProof { parameters, mapping_public: mapping_public.clone(), scalar };
            assert_ne!(proves_a_key(&proof, &file), Ok(true), "{name}: octet {at}");
        }
        cases += 1;
    }
    ran("pace-cam (real, changed)", cases);
}

#[test]
fn a_security_object_of_a_document_is_no_card_security() {
    let own = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/vectors/emrtd/vn_cccd");
    let sod = std::fs::read(own.join("b_bp384_named_2024/EF_SOD.bin")).unwrap();
    let proof = MappingProof {
        parameters: Parameters::standardised(13).unwrap(),
        mapping_public: vec![4],
        scalar: vec![1],
    };
    assert!(proves_a_key(&proof, Element::whole(&sod).unwrap().value).is_err());
    assert!(proves_a_key(&proof, &[]).is_err());
    let now = at("2025-06-01T00:00:00Z");
    let outcome = mapping_outcome(&proof, &BTreeMap::new(), &CscaAnchors::new(), now);
    assert_eq!(outcome, ChipOutcome::Failed(Reason::Malformed));
}

#[test]
fn refuses_a_card_security_whose_type_alone_is_another() {
    let signer = Party::new("UT", "Signer");
    let judge = |kind| {
        let file = signer.sign_content(kind, &set(&[]), (&signer, 1), &signer.root());
        let parameters = Parameters::standardised(13).unwrap();
        proves_a_key(&MappingProof { parameters, mapping_public: vec![4], scalar: vec![1] }, &file)
    };
    // It has no key, which is no error of the file.
    assert_eq!(judge(SECURITY_OBJECT), Ok(false));
    assert_eq!(judge(LDS_OBJECT), Err(Reason::Malformed));
}

#[test]
fn vectors_of_a_real_mapping_lead_to_its_generator() {
    for (name, case) in real_mappings() {
        let group = Group::new(Parameters::standardised(13).unwrap()).unwrap();
        let shared = octets(&case["shared_H"]);
        let generator = pace::map_generator(&group, &octets(&case["nonce_s"]), &shared).unwrap();
        assert_eq!(*generator.expose(), octets(&case["mapped_generator"]), "{name}");
    }
}
