//! Known answers of other people for data and proofs.
use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;
use trust::time::Timestamp;

use crate::lds::dg13::printed_date;
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

/// A card folder: its files, its country's certificate, what is expected and at what time.
struct CardCase {
    files: BTreeMap<FileId, Vec<u8>>,
    csca: CscaAnchors,
    expected: Value,
    now: Timestamp,
}

fn vietnamese_cards() -> Vec<CardCase> {
    let Some(folder) = area("vn_cccd") else {
        return Vec::new();
    };
    let folders = entries(&folder).into_iter().filter(|path| path.join("expected.json").exists());
    folders
        .map(|path| {
            let read = |name| std::fs::read(path.join(name)).unwrap();
            let expected: Value = serde_json::from_slice(&read("expected.json")).unwrap();
            let now = at(expected["pki"]["verify_at"].as_str().unwrap_or(DOCUMENT_SIGNERS_VALID));
            let csca = CscaAnchors::from_bytes(&read("csca.cer")).unwrap();
            CardCase { files: card(&path), csca, expected, now }
        })
        .collect()
}

#[test]
fn vectors_of_vietnamese_cards_are_proven_and_say_what_is_expected() {
    let cards = vietnamese_cards();
    for CardCase { files, csca, expected, now } in &cards {
        let now = *now;
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
        assert_eq!(face.format.name(), expected["face"]["format"]);
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
fn vectors_of_vietnamese_cards_fail_with_a_changed_byte_in_a_data_group() {
    let cards = vietnamese_cards();
    for CardCase { files, csca, now, .. } in &cards {
        for (file, step) in [(FileId::Dg(1), 1), (FileId::Dg(2), 97), (FileId::Dg(13), 7)] {
            for position in (0..4).chain((4..files[&file].len()).step_by(step)) {
                let mut changed = files.clone();
                changed.get_mut(&file).unwrap()[position] ^= 1;
                let refused = verify_document(evidence(&changed), csca, *now).unwrap_err();
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
    for CardCase { files, csca, now, .. } in &cards {
        for position in 0..files[&FileId::Sod].len() {
            let mut changed = files.clone();
            changed.get_mut(&FileId::Sod).unwrap()[position] ^= 1 << (position % 8);
            let refused = verify_document(evidence(&changed), csca, *now).unwrap_err();
            assert!(matches!(refused.passive, PassiveOutcome::Failed(_)), "byte {position}: {refused:?}");
        }
        let last = files[&FileId::Sod].len() - 1;
        let mut changed = files.clone();
        changed.get_mut(&FileId::Sod).unwrap()[last] ^= 1;
        let refused = verify_document(evidence(&changed), csca, *now).unwrap_err();
        assert_eq!(refused.passive, PassiveOutcome::Failed(Reason::SignatureInvalid));
    }
    ran("vn_cccd", cards.len());
}

#[test]
fn vectors_refuse_an_injected_data_group_a_missing_anchor_and_a_time_out_of_validity() {
    let cards = vietnamese_cards();
    for CardCase { files, csca, now, .. } in &cards {
        let now = *now;
        let mut injected = files.clone();
        let free = (1..=16).map(FileId::Dg).find(|file| !files.contains_key(file) && *file != FileId::Dg(3));
        injected.insert(free.unwrap(), vec![0x6b, 0x00]);
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
        let under =
            |sod: &[u8], anchors| SecurityObject::parse(sod).and_then(|o| o.verify(&files, anchors, now));
        let own = under(&sod, &anchors[number]);
        assert_eq!(
            matches!(own, Ok(PassiveOutcome::Verified(_))),
            row["valid"].as_bool().unwrap(),
            "{name}: {own:?}"
        );
        for other in (0..anchors.len()).filter(|other| *other != number) {
            let other = under(&sod, &anchors[other]);
            assert!(!matches!(other, Ok(PassiveOutcome::Verified(_))), "{name}: {other:?}");
        }
        for position in [sod.len() - 1, sod.len() / 2, 60] {
            let mut changed = sod.clone();
            changed[position] ^= 1;
            let verdict = under(&changed, &anchors[number]);
            assert!(!matches!(verdict, Ok(PassiveOutcome::Verified(_))), "{name} byte {position}");
        }
    }
    ran("sod_matrix", rows.len());
}

/// The certificates of all master lists together.
fn published() -> Option<CscaAnchors> {
    let mut anchors = CscaAnchors::new();
    for path in entries(&area("csca")?).iter().filter(|path| path.extension().is_some_and(|e| e == "ml")) {
        anchors.extend(CscaAnchors::from_master_list(&std::fs::read(path).unwrap()).unwrap());
    }
    Some(anchors)
}

#[test]
fn vectors_of_real_security_objects_chain_to_the_published_lists() {
    let (Some(folder), Some(anchors)) = (area("sod_real"), published()) else { return };
    let index: Value = serde_json::from_slice(&std::fs::read(folder.join("index.json")).unwrap()).unwrap();
    let rows = index["rows"].as_array().unwrap();
    for row in rows {
        let name = row["sod"].as_str().unwrap();
        let sod = std::fs::read(folder.join(name)).unwrap();
        let under = |sod: &[u8], now| {
            SecurityObject::parse(sod).and_then(|object| object.verify(&BTreeMap::new(), &anchors, now))
        };
        // These documents were read in different years: at their own time each must verify.
        let years = (2010..=2030).map(|year| at(&format!("{year}-06-01T00:00:00Z")));
        let outcomes: Vec<_> = years.map(|now| under(&sod, now)).collect();
        let verified = outcomes.iter().any(|outcome| matches!(outcome, Ok(PassiveOutcome::Verified(_))));
        assert_eq!(verified, row["passive_authentication"].as_bool().unwrap(), "{name}: {outcomes:?}");
        let mut changed = sod.clone();
        *changed.last_mut().unwrap() ^= 1;
        // The last byte of New Zealand's is the end of an indefinite length, not of the signature.
        let verdict = under(&changed, at(DOCUMENT_SIGNERS_VALID));
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
fn vectors_of_the_german_list_count_only_with_its_signature_and_under_its_root() {
    let Some(folder) = area("csca") else { return };
    let Ok(german) = std::fs::read(folder.join("DE_ML_2026-05-28-08-28-45.ml")) else { return };
    let certificate = |name| Certificate::parse(&std::fs::read(folder.join(name)).unwrap()).unwrap();
    let (root, vietnamese) =
        (certificate("DE_ROOT_CA_CSCA07.cer"), certificate("VN_CSCA_ePassport_2022.cer"));
    let verified = MasterList::parse(&german).unwrap().verify(&root).unwrap();
    assert_eq!(verified.certificates().len(), 588);
    assert_eq!(vietnamese.verify_self_signed(), Verdict::Valid);
    assert!(verified.certificates().iter().any(|listed| listed.raw == vietnamese.raw));
    assert!(MasterList::parse(&german).unwrap().verify(&vietnamese).is_err());
    let mut changed = german;
    *changed.last_mut().unwrap() ^= 1;
    assert!(MasterList::parse(&changed).map_or(true, |list| list.verify(&root).is_err()));
}

#[test]
fn vectors_of_master_lists_name_who_signed_them_and_every_certificate_is_read() {
    let (Some(folder), Some(published)) = (area("csca"), published()) else { return };
    let is_default = std::env::var_os("SEN_VECTORS").is_none();
    let (mut distinct, mut lists) = (BTreeMap::new(), 0);
    for path in entries(&folder).into_iter().filter(|path| path.extension().is_some_and(|e| e == "ml")) {
        let bytes = std::fs::read(&path).unwrap();
        let list = MasterList::parse(&bytes).unwrap();
        assert_eq!(list.unreadable(), 0, "{}", path.display());
        // The signer of a list stands under a published country or under a root that came along.
        let known = published.certificates().iter().chain(list.enclosed());
        let mut roots = known.filter(|root| root.is_authority());
        let signed = roots.find(|root| list.clone().verify(root).is_ok());
        let by = signed.map_or_else(|| "nobody: its own signature is wrong".to_owned(), Certificate::subject);
        let name = path.file_name().unwrap().to_string_lossy();
        println!("{name}: signed under {by}");
        // The copy of the ICAO list is not signed by the key that came along; OpenSSL says so too.
        assert!(!is_default || signed.is_none() == (name == "ICAO_ml_September2023.ml"), "{name}");
        let anchors = CscaAnchors::from_master_list(&bytes).unwrap();
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
    assert!(!is_default || distinct.len() == 818);
    ran("csca", lists);
}

#[test]
fn vectors_of_active_authentication_verify() {
    let mut cases = 0;
    let (rows, exchanges): (Vec<_>, Vec<_>) =
        json("active_auth", "").into_iter().partition(|(_, case)| case["rows"].is_array());
    for (name, case) in exchanges {
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
    for (name, case) in rows {
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
                let defect = match row["fault"].as_str() {
                    Some("document number check digit") => Some(MrzDefect::DocumentNumberCheckDigit),
                    Some("date of birth check digit") => Some(MrzDefect::BirthCheckDigit),
                    Some("composite check digit") => Some(MrzDefect::CompositeCheckDigit),
                    _ => None,
                };
                // A wrong digit inside is also wrong in the digit over everything; either may be named.
                let names = |found| {
                    defect.is_none_or(|defect| found == defect) || found == MrzDefect::CompositeCheckDigit
                };
                assert!(
                    matches!(read, Err(lds::LdsError::Mrz(found)) if names(found)),
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
