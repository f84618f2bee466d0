//! Codes of others, from their own test data, against the verifier as a whole.
mod written;

use std::path::PathBuf;

use der::{Decode, Encode};
use ring::digest::{SHA256, digest};
use serde_json::Value;
use test_key::TestKey;
use test_key::base45::encode as encode_base45;
use trust::anchors::{ForeignIssuer, ForeignKey, TrustListDraft};
use trust::p256::PublicKey;
use trust::status::StatusStore;
use x509_cert::Certificate;

use super::*;
use crate::{NoSeenList, Policy, verify};

const NOW: Timestamp = Timestamp::from_unix(1_750_000_000);

/// The JSON cases of a vector area, with names; nothing where another root was given that has no such area.
pub(super) fn vectors(area: &str) -> Option<Vec<(String, Value)>> {
    let given = std::env::var_os("SEN_VECTORS");
    let root = given
        .clone()
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/vectors"), PathBuf::from);
    let Ok(folder) = std::fs::read_dir(root.join(area)) else {
        assert!(given.is_some(), "{area}: no such area");
        println!("vectors {area}: absent, skipped");
        return None;
    };
    let mut files: Vec<PathBuf> = folder.map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "json"));
    files.sort();
    let read = |file: PathBuf| {
        let case = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
        (file.file_name().unwrap().to_string_lossy().into_owned(), case)
    };
    Some(files.into_iter().map(read).collect())
}

/// A trust list with these issuers.
fn trust(foreign: &[ForeignIssuer]) -> Trust {
    let root = TestKey::new();
    let draft = TrustListDraft {
        sequence: 1,
        issued: Timestamp::from_unix(0),
        expires: Timestamp::from_unix(i64::MAX),
        issuers: Vec::new(),
        status_signers: Vec::new(),
        status_base: String::new(),
        successor: None,
    };
    let token = draft.draft_with(b"root", foreign).unwrap();
    let token = token.assemble(&root.sign(&token.to_be_signed()));
    Trust::load(&[root.public()], &token, 0, NOW).unwrap()
}

fn decide_on(text: &str, trust: &Trust, now: Timestamp) -> Decision {
    verify(text, trust, &StatusStore::new(), &Policy::clinic(), &mut NoSeenList, now, now)
}

/// The verdict as text, and what is shown.
fn outcome(decision: Decision) -> (String, Option<UnboundCode>) {
    let codes = |reasons: &[Reason]| reasons.iter().map(|reason| reason.code()).collect::<Vec<_>>().join(" ");
    match decision {
        Decision::Unsure { shown: Shown::Unbound(code), reasons } => {
            (format!("unsure {}", codes(&reasons)), Some(*code))
        }
        Decision::Refused(refusal) => (format!("refused {}", codes(refusal.reasons())), None),
        other => panic!("{other:?}"),
    }
}

/// The national key of a case: its certificate names `kid`, key and what it may certify.
fn national_key(case: &Value) -> Option<ForeignIssuer> {
    let text = case["TESTCTX"]["CERTIFICATE"].as_str()?;
    let der = decode_base64(text);
    let certificate = Certificate::from_der(&der).ok()?;
    let spki = certificate.tbs_certificate().subject_public_key_info();
    let bits = spki.subject_public_key.raw_bytes();
    let key = match PublicKey::from_uncompressed(bits) {
        Ok(key) => ForeignKey::P256(key),
        Err(_) => ForeignKey::RsaPss(bits.to_vec()),
    };
    Some(ForeignIssuer {
        format: "eu-dcc".into(),
        kid: digest(&SHA256, &der).as_ref()[..8].to_vec(),
        key,
        name: "Elsewhere".into(),
        uses: uses(&certificate),
    })
}

/// Extended key usages 1.3.6.1.4.1.{1847,0}.2021.1.{1,2,3}: test, vaccination, recovery.
fn uses(certificate: &Certificate) -> Vec<String> {
    let extensions = certificate.tbs_certificate().extensions().map(Vec::as_slice).unwrap_or_default();
    let encoded: Vec<u8> = extensions
        .iter()
        .filter(|extension| extension.extn_id.to_string() == "2.5.29.37")
        .flat_map(|extension| extension.extn_value.to_der().unwrap())
        .collect();
    let ends = [("t", 1), ("v", 2), ("r", 3)];
    // 2021.1.n ends in 8F 65 01 n.
    ends.iter()
        .filter(|(_, n)| encoded.windows(4).any(|window| window == [0x8f, 0x65, 1, *n]))
        .map(|(group, _)| (*group).to_owned())
        .collect()
}

fn decode_base64(text: &str) -> Vec<u8> {
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let (mut held, mut bits, mut out) = (0_u32, 0, Vec::new());
    for digit in text.bytes().filter_map(|c| alphabet.iter().position(|a| *a == c)) {
        held = held << 6 | u32::try_from(digit).unwrap();
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            out.push((held >> bits & 0xff) as u8);
        }
    }
    out
}

/// What each defective case must be refused for. Cases not named here are good, or are about what is not looked at here:
/// national rules on the age of a test.
fn stated_reason(name: &str) -> Option<&'static str> {
    Some(match name {
        "B1.json" | "Z1.json" | "Z2.json" | "CBO1.json" | "CBO2.json" | "DGC1.json" | "DGC2.json"
        | "H1.json" | "H2.json" | "H3.json" => "refused malformed",
        "CO5.json" => "refused issuer_signature",
        "CO6.json" | "CO7.json" | "CO8.json" | "CO9.json" | "CO10.json" | "CO11.json" | "CO22.json"
        | "CO23.json" => "refused unknown_issuer",
        "CO16.json" => "refused not_yet_valid",
        "CO17.json" => "refused expired",
        _ => return None,
    })
}

#[test]
fn vectors_of_eu_dcc_are_shown_or_refused_for_the_stated_reason() {
    for country in ["common", "AT", "BE", "CH", "DE", "SE"] {
        let area = format!("qr/eu-dcc/{country}");
        let Some(cases) = vectors(&area) else { continue };
        for (name, case) in &cases {
            let text = case["PREFIX"].as_str().unwrap();
            let clock = case["TESTCTX"]["VALIDATIONCLOCK"].as_str().unwrap();
            let now = Timestamp::parse_rfc3339(clock).unwrap();
            let trust = trust(&national_key(case).into_iter().collect::<Vec<_>>());
            let (found, shown) = outcome(decide_on(text, &trust, now));
            let reason = if country == "common" { stated_reason(name) } else { None };
            assert_eq!(found, reason.unwrap_or("unsure not_holder_bound"), "{area}/{name}");
            if let Some(code) = shown {
                assert_eq!((code.format(), code.issued_by()), (Format::EuDcc, Some("Elsewhere")));
                assert!(code.claims().name.is_some());
            }
        }
        println!("vectors {area}: {} cases", cases.len());
        assert!(!cases.is_empty() || std::env::var_os("SEN_VECTORS").is_some());
    }
}

#[test]
fn an_eu_certificate_of_a_desk_that_knows_no_issuers_is_unproven() {
    let Some(cases) = vectors("qr/eu-dcc/SE") else { return };
    let (name, case) = &cases[0];
    let now = Timestamp::parse_rfc3339(case["TESTCTX"]["VALIDATIONCLOCK"].as_str().unwrap()).unwrap();
    let (found, shown) = outcome(decide_on(case["PREFIX"].as_str().unwrap(), &trust(&[]), now));
    assert_eq!(found, "unsure not_holder_bound unknown_issuer", "{name}");
    assert_eq!(shown.unwrap().issued_by(), None);
}

#[test]
fn vectors_of_claim169_are_shown_as_unbound_and_never_accepted() {
    for kind in ["valid", "edge", "invalid"] {
        let area = format!("qr/claim169/{kind}");
        let Some(cases) = vectors(&area) else { continue };
        for (name, case) in &cases {
            let text = case["qr_data"].as_str().unwrap();
            let now = case["expected_cwt_meta"]["issuedAt"].as_i64().map_or(NOW, Timestamp::from_unix);
            let (found, shown) = outcome(decide_on(text, &trust(&[]), now));
            let expected = match case["expected_error"].as_str() {
                Some("Claim169NotFound") => "refused missing_claim",
                Some(_) => "refused malformed",
                None => "unsure not_holder_bound unknown_issuer",
            };
            assert_eq!(found, expected, "{area}/{name}");
            let Some(code) = shown else { continue };
            assert_eq!(code.format(), Format::Claim169);
            if case["encryption_key"].is_null() {
                let person = &case["expected_claim169"];
                assert_eq!(code.claims().name.as_deref(), person["fullName"].as_str(), "{name}");
                assert_eq!(code.claims().number.as_deref(), person["id"].as_str(), "{name}");
            }
            if let Some(expires) = case["expected_cwt_meta"]["expiresAt"].as_i64() {
                let later = outcome(decide_on(text, &trust(&[]), Timestamp::from_unix(expires)));
                let expected = if case["encryption_key"].is_null() { "refused expired" } else { &found };
                assert_eq!(later.0, expected, "{name}");
            }
        }
        println!("vectors {area}: {} cases", cases.len());
        assert!(!cases.is_empty() || std::env::var_os("SEN_VECTORS").is_some());
    }
}

#[test]
fn vectors_of_claim169_signed_by_a_known_issuer_name_it_and_others_are_refused() {
    let Some(cases) = vectors("qr/claim169/valid") else { return };
    let signed: Vec<_> = cases.iter().filter(|(_, case)| !case["signing_key"].is_null()).collect();
    assert!(!signed.is_empty() || std::env::var_os("SEN_VECTORS").is_some());
    for (name, case) in signed {
        let key = hex::decode(case["signing_key"]["public_key_hex"].as_str().unwrap()).unwrap();
        let issuer = |key| ForeignIssuer {
            format: "claim-169".into(),
            kid: Vec::new(),
            key: ForeignKey::Ed25519(key),
            name: "Registrar".into(),
            uses: Vec::new(),
        };
        let text = case["qr_data"].as_str().unwrap();
        let known = trust(&[issuer(key.try_into().unwrap())]);
        let (found, shown) = outcome(decide_on(text, &known, NOW));
        assert_eq!(found, "unsure not_holder_bound", "{name}");
        assert_eq!(shown.unwrap().issued_by(), Some("Registrar"));
        let other = trust(&[issuer([7; 32])]);
        assert_eq!(outcome(decide_on(text, &other, NOW)).0, "refused issuer_signature", "{name}");
        for at in 0..text.len() {
            for letter in ["0", "Z", ":"] {
                let changed = format!("{}{letter}{}", &text[..at], &text[at + 1..]);
                let found = outcome(decide_on(&changed, &known, NOW)).0;
                assert!(changed == text || found.starts_with("refused"), "{name}: position {at} {letter}");
            }
        }
    }
}

#[test]
fn a_bomb_is_refused() {
    use std::io::Write;
    let mut zlib = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
    zlib.write_all(&vec![0; 1 << 24]).unwrap();
    let text = encode_base45(&zlib.finish().unwrap());
    assert!(text.len() < 40_000);
    for text in [format!("HC1:{text}"), text] {
        assert_eq!(outcome(decide_on(&text, &trust(&[]), NOW)).0, "refused malformed");
    }
}

const CARD: &str = "000190000002||Trần Thị B|02021990|Nữ|Thôn Mẫu, Xã Mẫu, Nghệ An|02022022";
const PAPER_2021: &str = "0000000001|4e677579e1bb856e2056c4836e2041|01/01/1990|1|-|01 - 000|01/01/2026|-|02/01/2026|\
    00000000000001|-|4| 01/01/2027|0000000000000000-0000|4|5068c6b0e1bb9d6e67204de1baab752c2048c3a0204ee1bb9969|$";
const PAPER_2015: &str = "DN4000000000001|4e677579e1bb856e2056c4836e2041|01/01/1990|1|53e1bb91203120c490c6b0e1bb9d6e67\
    204de1baab75|01 - 000|01/01/2020|31/12/2020|02/01/2020|00000000000001|-|4|01/01/2022|0000000000000000-0000|$";

#[test]
fn an_identity_cards_code_fills_the_form_and_proves_nothing() {
    let (found, shown) = outcome(decide_on(CARD, &trust(&[]), NOW));
    let code = shown.unwrap();
    assert_eq!((found.as_str(), code.format().code()), ("unsure not_holder_bound", "card-qr"));
    assert_eq!(code.claims().number.as_deref(), Some("000190000002"));
    assert_eq!(code.claims().name.as_deref(), Some("Trần Thị B"));
    assert_eq!(code.claims().birth_date.unwrap().to_string(), "1990-02-02");
    assert_eq!(code.claims().sex.unwrap().letter(), "F");
}

#[test]
fn a_paper_insurance_cards_code_fills_the_form_and_proves_nothing() {
    for (text, number, to, level) in
        [(PAPER_2021, "0000000001", None, 4), (PAPER_2015, "DN4000000000001", Some("2020-12-31"), 4)]
    {
        let (found, shown) = outcome(decide_on(text, &trust(&[]), NOW));
        let code = shown.unwrap();
        assert_eq!((found.as_str(), code.format().code()), ("unsure not_holder_bound", "bhyt-paper"));
        let claims = code.claims();
        assert_eq!(claims.insurance_number.as_deref(), Some(number));
        assert_eq!(claims.name.as_deref(), Some("Nguyễn Văn A"));
        assert_eq!((claims.facility.as_deref(), claims.benefit_level), (Some("01000"), Some(level)));
        assert_eq!(claims.valid_to.map(|date| date.to_string()).as_deref(), to);
        assert!(claims.five_years_from.is_some());
    }
}

#[test]
fn vectors_of_an_mdoc_engagement_are_recognised() {
    let Some(cases) = vectors("qr/iso18013-5") else { return };
    let mut ran = 0;
    for (_, case) in cases.iter().filter(|(_, case)| !case["device_engagement"].is_null()) {
        let bytes = hex::decode(case["device_engagement"].as_str().unwrap()).unwrap();
        let text = format!("mdoc:{}", base64url(&bytes));
        let (found, shown) = outcome(decide_on(&text, &trust(&[]), NOW));
        assert_eq!((found.as_str(), shown.unwrap().format().code()), ("unsure not_holder_bound", "mdoc"));
        let cut = &text[..text.len() - 4];
        assert_eq!(outcome(decide_on(cut, &trust(&[]), NOW)).0, "refused malformed");
        ran += 1;
    }
    println!("vectors qr/iso18013-5 (engagement): {ran} cases");
    assert!(ran > 0 || std::env::var_os("SEN_VECTORS").is_some());
}

fn base64url(bytes: &[u8]) -> String {
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let digits = (bytes.len() * 8).div_ceil(6);
    let bit = |at: usize| bytes.get(at / 8).map_or(0, |byte| byte >> (7 - at % 8) & 1);
    let digit = |at: usize| (0..6).fold(0, |value, n| value << 1 | bit(6 * at + n));
    (0..digits).map(|at| char::from(alphabet[usize::from(digit(at))])).collect()
}
