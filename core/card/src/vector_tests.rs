//! Known answers of other people for data and proofs.
use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;
use trust::time::Timestamp;

use crate::lds::dg13::printed_date;
use crate::lds::face::FaceFormat;
use crate::lds::mrz::{Mrz, MrzDefect, Sex};
use crate::passive::anchors::MasterList;
use crate::passive::certificate::Certificate;
use crate::passive::signed_data::SignedData;
use crate::signature::Verdict;
use crate::vectors::{area, entries, json, octets, ran};
use crate::*;

const DOCUMENT_SIGNERS_VALID: &str = "2025-06-01T00:00:00Z";

fn at(text: &str) -> Timestamp {
    Timestamp::parse_rfc3339(text).unwrap()
}

/// The files of a card folder.
pub(crate) fn card(folder: &Path) -> BTreeMap<FileId, Vec<u8>> {
    FileId::all()
        .filter_map(|file| Some((file, std::fs::read(folder.join(file.file_stem() + ".bin")).ok()?)))
        .collect()
}

fn evidence(files: &BTreeMap<FileId, Vec<u8>>) -> Evidence<'_> {
    Evidence { files, active: None, chip: ChipOutcome::NotDone }
}

fn vietnamese_cards() -> Vec<(BTreeMap<FileId, Vec<u8>>, CscaAnchors, Value)> {
    let Some(folder) = area("vn_cccd") else {
        return Vec::new();
    };
    let cards = entries(&folder).into_iter().filter(|path| path.join("expected.json").exists()).map(|path| {
        let csca = CscaAnchors::from_der(&std::fs::read(path.join("csca.cer")).unwrap()).unwrap();
        (
            card(&path),
            csca,
            serde_json::from_slice(&std::fs::read(path.join("expected.json")).unwrap()).unwrap(),
        )
    });
    cards.collect()
}

#[test]
fn vectors_of_vietnamese_cards_are_proven_and_say_what_is_expected() {
    let cards = vietnamese_cards();
    for (files, csca, expected) in &cards {
        let now = at(expected["pki"]["verify_at"].as_str().unwrap());
        let exchange = ActiveExchange {
            challenge: octets(&expected["active_authentication"]["RND_IFD"]).try_into().unwrap(),
            response: octets(&expected["active_authentication"]["signature"]),
        };
        let with_active = Evidence { active: Some(&exchange), ..evidence(files) };
        let document = verify_document(with_active, csca, now).unwrap();
        assert_eq!(document.active(), ChipOutcome::Verified);
        assert_eq!(document.personal_number().unwrap(), expected["personal_number"]);
        assert_eq!(document.mrz().document_number, expected["bac"]["doc"]);
        assert_eq!(document.mrz().date_of_birth, expected["bac"]["dob"]);
        assert_eq!(document.mrz().date_of_expiry, expected["bac"]["exp"]);
        let dg13 = document.dg13().unwrap();
        let text = |field: &Option<String>| field.clone().map_or(Value::Null, Value::from);
        for (name, field) in [
            ("id", &dg13.number),
            ("name", &dg13.name),
            ("dob", &dg13.date_of_birth),
            ("sex", &dg13.sex),
            ("ethnic", &dg13.ethnicity),
            ("religion", &dg13.religion),
            ("origin", &dg13.origin),
            ("residence", &dg13.residence),
            ("marks", &dg13.marks),
            ("issue", &dg13.issued),
            ("expiry", &dg13.expires),
            ("father", &dg13.father),
            ("mother", &dg13.mother),
            ("spouse", &dg13.spouse),
            ("old", &dg13.old_number),
            ("chip", &dg13.chip_id),
        ] {
            assert_eq!(text(field), expected["dg13"][name], "{name}");
        }
        assert_eq!(text(&dg13.nationality), expected["dg13_nationality"]);
        assert_eq!(document.date_of_birth(), printed_date(expected["dg13"]["dob"].as_str().unwrap()));
        assert_eq!(document.date_of_expiry(), printed_date(expected["dg13"]["expiry"].as_str().unwrap()));
        let face = document.face().unwrap();
        let format =
            if expected["face"]["format"] == "jp2" { FaceFormat::Jpeg2000 } else { FaceFormat::Jpeg };
        assert_eq!(face.format, format);
        let (width, height) = face.size.unwrap();
        assert_eq!(
            (width.into(), height.into()),
            (expected["face"]["width"].clone(), expected["face"]["height"].clone())
        );
        assert_eq!(face.bytes.len() as u64, expected["face"]["length"]);
        let digest = ring::digest::digest(&ring::digest::SHA256, &face.bytes);
        assert_eq!(hex::encode(digest.as_ref()), expected["face"]["sha256"]);
        let bad = ActiveExchange {
            response: octets(&expected["active_authentication"]["bad_signature"]),
            ..exchange
        };
        let refused =
            verify_document(Evidence { active: Some(&bad), ..evidence(files) }, csca, now).unwrap_err();
        assert_eq!(refused.active, ChipOutcome::Failed(Reason::SignatureInvalid));
        assert!(matches!(refused.passive, PassiveOutcome::Verified(_)));
    }
    ran("vn_cccd", cards.len());
}

#[test]
fn vectors_of_vietnamese_cards_fail_with_any_changed_byte_in_a_data_group() {
    let cards = vietnamese_cards();
    for (files, csca, _) in &cards {
        for (file, step) in [(FileId::Dg(1), 1), (FileId::Dg(2), 97), (FileId::Dg(13), 7)] {
            for position in (0..4).chain((4..files[&file].len()).step_by(step)) {
                let mut changed = files.clone();
                changed.get_mut(&file).unwrap()[position] ^= 1;
                let refused =
                    verify_document(evidence(&changed), csca, at(DOCUMENT_SIGNERS_VALID)).unwrap_err();
                assert_eq!(
                    refused.passive,
                    PassiveOutcome::Failed(Reason::DigestMismatch),
                    "{file} {position}"
                );
            }
        }
    }
    ran("vn_cccd", cards.len());
}

#[test]
fn vectors_of_vietnamese_cards_fail_with_any_changed_byte_in_the_security_object() {
    let cards = vietnamese_cards();
    for (files, csca, _) in &cards {
        for position in 0..files[&FileId::Sod].len() {
            let mut changed = files.clone();
            changed.get_mut(&FileId::Sod).unwrap()[position] ^= 1 << (position % 8);
            let refused = verify_document(evidence(&changed), csca, at(DOCUMENT_SIGNERS_VALID)).unwrap_err();
            assert!(matches!(refused.passive, PassiveOutcome::Failed(_)), "byte {position}: {refused:?}");
        }
        let last = files[&FileId::Sod].len() - 1;
        let mut changed = files.clone();
        changed.get_mut(&FileId::Sod).unwrap()[last] ^= 1;
        let refused = verify_document(evidence(&changed), csca, at(DOCUMENT_SIGNERS_VALID)).unwrap_err();
        assert_eq!(refused.passive, PassiveOutcome::Failed(Reason::SignatureInvalid));
    }
    ran("vn_cccd", cards.len());
}

#[test]
fn vectors_refuse_an_injected_data_group_a_missing_anchor_and_a_time_out_of_validity() {
    let cards = vietnamese_cards();
    for (files, csca, _) in &cards {
        let now = at(DOCUMENT_SIGNERS_VALID);
        let mut injected = files.clone();
        injected.insert(FileId::Dg(11), vec![0x6b, 0x00]);
        let refused = verify_document(evidence(&injected), csca, now).unwrap_err();
        assert_eq!(refused.passive, PassiveOutcome::Failed(Reason::DataGroupNotInSod));
        let unanchored = verify_document(evidence(files), &CscaAnchors::new(), now).unwrap_err();
        assert!(matches!(unanchored.passive, PassiveOutcome::NoTrustAnchor(_)));
        for outside in ["1999-01-01T00:00:00Z", "2099-01-01T00:00:00Z"] {
            let refused = verify_document(evidence(files), csca, at(outside)).unwrap_err();
            assert_eq!(refused.passive, PassiveOutcome::Failed(Reason::Expired), "{outside}");
        }
        let mut missing = files.clone();
        missing.remove(&FileId::Sod);
        let refused = verify_document(evidence(&missing), csca, now).unwrap_err();
        assert_eq!(refused.passive, PassiveOutcome::Failed(Reason::Malformed));
    }
    ran("vn_cccd", cards.len());
}

#[test]
fn vectors_of_the_signature_matrix_verify_with_their_own_anchor_only() {
    let Some(folder) = area("sod_matrix") else { return };
    let index: Value = serde_json::from_slice(&std::fs::read(folder.join("index.json")).unwrap()).unwrap();
    let rows = index["rows"].as_array().unwrap();
    let anchors: Vec<_> = rows
        .iter()
        .map(|row| {
            CscaAnchors::from_der(&std::fs::read(folder.join(row["csca"].as_str().unwrap())).unwrap())
                .unwrap()
        })
        .collect();
    let (dg1, dg2) = (octets(&index["DG1"]), octets(&index["DG2"]));
    let files = BTreeMap::from([(FileId::Dg(1), dg1), (FileId::Dg(2), dg2)]);
    let now = at(DOCUMENT_SIGNERS_VALID);
    for (number, row) in rows.iter().enumerate() {
        let name = row["file"].as_str().unwrap();
        let sod = std::fs::read(folder.join(name)).unwrap();
        let object = SecurityObject::parse(&sod).unwrap();
        let own = object.verify(&files, &anchors[number], now);
        assert_eq!(
            matches!(own, Ok(PassiveOutcome::Verified(_))),
            row["valid"].as_bool().unwrap(),
            "{name}: {own:?}"
        );
        let other = object.verify(&files, &anchors[(number + 1) % anchors.len()], now);
        assert!(!matches!(other, Ok(PassiveOutcome::Verified(_))), "{name}: {other:?}");
        for position in [sod.len() - 1, sod.len() / 2, 60] {
            let mut changed = sod.clone();
            changed[position] ^= 1;
            let verdict =
                SecurityObject::parse(&changed).and_then(|o| o.verify(&files, &anchors[number], now));
            assert!(!matches!(verdict, Ok(PassiveOutcome::Verified(_))), "{name} byte {position}");
        }
    }
    ran("sod_matrix", rows.len());
}

fn master_list(name: &str) -> Option<CscaAnchors> {
    let file = area("csca")?.join(name);
    Some(CscaAnchors::from_master_list(&std::fs::read(file).unwrap()).unwrap())
}

#[test]
fn vectors_of_real_security_objects_chain_to_the_german_list() {
    let (Some(folder), Some(anchors)) = (area("sod_real"), master_list("DE_ML_2026-05-28-08-28-45.ml"))
    else {
        return;
    };
    let index: Value = serde_json::from_slice(&std::fs::read(folder.join("index.json")).unwrap()).unwrap();
    let rows = index["rows"].as_array().unwrap();
    for row in rows {
        let name = row["sod"].as_str().unwrap();
        let sod = std::fs::read(folder.join(name)).unwrap();
        let object = SecurityObject::parse(&sod).unwrap_or_else(|reason| panic!("{name}: {reason:?}"));
        // These documents were read in different years: at their own time each must verify.
        let years = (2010..=2026).map(|year| at(&format!("{year}-06-01T00:00:00Z")));
        let outcomes: Vec<_> = years.map(|now| object.verify(&BTreeMap::new(), &anchors, now)).collect();
        let verified = outcomes.iter().any(|outcome| matches!(outcome, Ok(PassiveOutcome::Verified(_))));
        assert!(verified, "{name}: {:?}", outcomes.last());
        let mut changed = sod;
        *changed.last_mut().unwrap() ^= 1;
        // The last byte of New Zealand's is the end of an indefinite length, not of the signature.
        let verdict = SecurityObject::parse(&changed)
            .and_then(|o| o.verify(&BTreeMap::new(), &anchors, at(DOCUMENT_SIGNERS_VALID)));
        assert!(!matches!(verdict, Ok(PassiveOutcome::Verified(_))), "{name}");
        if let Some(security) = row["card_security"].as_str() {
            let bytes = std::fs::read(folder.join(security)).unwrap();
            let signed = SignedData::parse(&bytes).unwrap();
            assert_eq!(signed.verify(signed.signer_certificate().unwrap()), Verdict::Valid, "{security}");
        }
    }
    ran("sod_real", rows.len());
}

#[test]
fn vectors_of_master_lists_verify_and_every_certificate_is_read() {
    let Some(folder) = area("csca") else { return };
    let root = Certificate::parse(&std::fs::read(folder.join("DE_ROOT_CA_CSCA07.cer")).unwrap()).unwrap();
    let german = std::fs::read(folder.join("DE_ML_2026-05-28-08-28-45.ml")).unwrap();
    let german_list = MasterList::parse(&german).unwrap().verify(&root).unwrap();
    assert_eq!(german_list.certificates().len(), 588);
    let mut changed = german.clone();
    let position = changed.len() - 1;
    changed[position] ^= 1;
    assert!(MasterList::parse(&changed).map_or(true, |list| list.verify(&root).is_err()));
    let vietnamese =
        Certificate::parse(&std::fs::read(folder.join("VN_CSCA_ePassport_2022.cer")).unwrap()).unwrap();
    assert_eq!(vietnamese.verify_self_signed(), Verdict::Valid);
    assert!(MasterList::parse(&german).unwrap().verify(&vietnamese).is_err());
    let (mut distinct, mut lists) = (BTreeMap::new(), 0);
    for path in entries(&folder).into_iter().filter(|path| path.extension().is_some_and(|e| e == "ml")) {
        let list = MasterList::parse(&std::fs::read(&path).unwrap()).unwrap();
        assert_eq!(list.unreadable(), 0, "{}", path.display());
        let anchors = CscaAnchors::from_master_list(&std::fs::read(&path).unwrap()).unwrap();
        // The signer of each list stands under a country that the German list has, or under a root that came along.
        let known = german_list.certificates().iter().chain(list.enclosed());
        let mut roots = known.filter(|root| root.is_authority());
        let signed = roots.find(|root| list.clone().verify(root).is_ok());
        // The copy of the ICAO list is not signed by the key that came along; OpenSSL says so too.
        let name = path.file_name().unwrap().to_string_lossy();
        let by =
            signed.map_or_else(|| "no root: its own signature is wrong".to_owned(), Certificate::subject);
        println!("{name}: signed under {by}");
        assert_eq!(signed.is_none(), name == "ICAO_ml_September2023.ml", "{name}");
        distinct.extend(anchors.certificates().iter().map(|c| (c.raw.clone(), c.clone())));
        lists += 1;
    }
    let mut table: BTreeMap<String, usize> = BTreeMap::new();
    for certificate in distinct.values() {
        let verdict = certificate.verify_self_signed();
        let named = |other: &&Certificate| other.subject == certificate.issuer;
        let signs = |other: &Certificate| certificate.signed_by(other) == Verdict::Valid;
        let by_another = || distinct.values().filter(named).any(signs) || distinct.values().any(signs);
        let word = match verdict {
            Verdict::Valid => "self-signed, verified",
            Verdict::Unsupported => "unsupported",
            Verdict::Invalid if by_another() => "signed by another of the lists, verified",
            Verdict::Invalid => "signed by one that is in none of the lists",
        };
        *table.entry(format!("{word}: {}", certificate.public_key().name())).or_default() += 1;
    }
    for (row, count) in &table {
        println!("{count:4}  {row}");
    }
    let unsupported: usize =
        table.iter().filter(|(row, _)| row.starts_with("unsupported")).map(|(_, n)| n).sum();
    assert_eq!(unsupported, 0);
    if std::env::var_os("SEN_VECTORS").is_none() {
        assert_eq!(distinct.len(), 818);
    }
    ran("csca", lists);
}

#[test]
fn vectors_of_active_authentication_verify() {
    let mut cases = 0;
    for (name, case) in json("active_auth", "real") {
        let exchange = ActiveExchange {
            challenge: octets(&case["RND_IFD"]).try_into().unwrap(),
            response: octets(&case["signature"]),
        };
        let dg15 = octets(&case["DG15"]);
        assert_eq!(verify_active_authentication(&dg15, None, &exchange), Verdict::Valid, "{name}");
        let other = ActiveExchange { challenge: [0; 8], ..exchange };
        assert_eq!(verify_active_authentication(&dg15, None, &other), Verdict::Invalid, "{name}");
        cases += 1;
    }
    for (name, case) in json("active_auth", "representatives") {
        for row in case["rows"].as_array().unwrap() {
            let challenge = octets(&row["RND_IFD"]);
            let representative = octets(&row["F"]);
            assert!(iso9796::verify_representative(&representative, &challenge), "{name} {}", row["hash"]);
            for position in 0..representative.len() {
                let mut changed = representative.clone();
                changed[position] ^= 1;
                assert!(
                    !iso9796::verify_representative(&changed, &challenge),
                    "{} byte {position}",
                    row["hash"]
                );
            }
            cases += 1;
        }
    }
    ran("active_auth", cases);
}

#[test]
fn vectors_of_machine_readable_zones_are_read_or_refused() {
    let mut cases = 0;
    for (_, file) in json("mrz", "") {
        for row in file["rows"].as_array().unwrap() {
            let lines: Vec<_> =
                row["lines"].as_array().unwrap().iter().map(|line| line.as_str().unwrap()).collect();
            let read = Mrz::parse(lines.join("\n").as_bytes());
            cases += 1;
            if !row["valid"].as_bool().unwrap() {
                let defect = match row["fault"].as_str().unwrap() {
                    "document number check digit" => MrzDefect::DocumentNumberCheckDigit,
                    "date of birth check digit" => MrzDefect::BirthCheckDigit,
                    "composite check digit" => MrzDefect::CompositeCheckDigit,
                    other => panic!("unknown fault {other}"),
                };
                // A wrong digit inside is also wrong in the composite; either may be named, except the composite itself.
                let allowed = [defect, MrzDefect::CompositeCheckDigit];
                assert!(
                    matches!(read, Err(lds::LdsError::Mrz(found)) if allowed.contains(&found)),
                    "{lines:?}: {read:?}"
                );
                continue;
            }
            let read = read.unwrap();
            assert_eq!(read.document_number, row["doc"]);
            assert_eq!(read.date_of_birth, row["dob"]);
            assert_eq!(read.date_of_expiry, row["exp"]);
            assert_eq!(read.sex, if row["sex"] == "F" { Sex::Female } else { Sex::Male });
            for (member, value) in [
                ("issuer", &read.issuer),
                ("nationality", &read.nationality),
                ("surname", &read.surname),
                ("given", &read.given_names),
                ("optional", &read.optional_data),
            ] {
                assert!(row[member].is_null() || row[member] == **value, "{member}: {value}");
            }
            let number = read.vietnamese_personal_number().unwrap();
            assert_eq!(number.map_or(Value::Null, Value::from), row["personal_number"]);
        }
    }
    ran("mrz", cases);
}
