//! One case for each verdict and reason, and every foreign code of the vectors: the page's verifier answers as the desk
//! does. With `SEN_WEB_CASES=FILE` the cases are written there, for the same test over the WebAssembly.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]
#[path = "../../../core/verifier/tests/world/mod.rs"]
mod world;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use credential::claims::Vct;
use presentation::frame;
use serde_json::{Value, json};
use test_key::TestKey;
use verifier::answer::Answer;
use verifier::offline::{OfflineBundle, seen_text};
use verifier::{Seen, SeenList, Sighting, verify};
use world::{INDEX, NOW, World};

/// A list that has seen what a case says, and takes down what it is told.
#[derive(Default)]
struct Told {
    again: bool,
    noted: Option<Sighting>,
}

impl SeenList for Told {
    fn note(&mut self, sighting: &Sighting) -> Seen {
        self.noted = Some(*sighting);
        if self.again { Seen::Again } else { Seen::First }
    }
}

struct Case {
    name: String,
    world: World,
    text: String,
    seen_before: bool,
    reasons: Option<Vec<&'static str>>,
}

impl Case {
    fn new(name: &str, reasons: &[&'static str], change: impl FnOnce(&mut World)) -> Self {
        let mut world = World::new();
        change(&mut world);
        let text = world.text();
        Self { name: name.into(), world, text, seen_before: false, reasons: Some(reasons.to_vec()) }
    }

    fn with_text(mut self, change: impl FnOnce(&str) -> String) -> Self {
        self.text = change(&self.text);
        self
    }

    /// The desk's answer, and the key of what it noted.
    fn on_the_desk(&self) -> (Answer, Option<Sighting>) {
        let World { policy, received_at, now, .. } = &self.world;
        let mut told = Told { again: self.seen_before, noted: None };
        let (trust, status) = (self.world.trust(), self.world.status());
        let decision = verify(&self.text, &trust, &status, policy, &mut told, *received_at, *now);
        (Answer::new(&decision, trust.issued(), *now), told.noted)
    }

    fn bundle(&self) -> String {
        let World { list, statuses, root, signer, policy, .. } = &self.world;
        let list = list.draft(b"root").unwrap();
        let list = list.assemble(&root.sign(&list.to_be_signed()));
        let status = statuses.draft(b"s1").unwrap();
        let status = ("7.cwt".to_owned(), status.assemble(&signer.sign(&status.to_be_signed())));
        let roots = [root.public()];
        let bundle = OfflineBundle::new((&list, &roots), &[status], policy, &[], "Quầy 1", NOW);
        serde_json::to_string(&bundle).unwrap()
    }
}

fn reasons() -> Vec<Case> {
    let hour = 3600;
    let mut replayed = Case::new("replayed", &["replayed"], |_| ());
    replayed.seen_before = true;
    vec![
        Case::new("accepted", &[], |_| ()),
        replayed,
        Case::new("scan_incomplete", &["scan_incomplete"], |_| ()).with_text(|text| text[..100].into()),
        Case::new("malformed", &["malformed"], |_| ()).with_text(|_| frame::encode(&[0xa0])),
        Case::new("unsupported_version", &["unsupported_version"], |_| ()).with_text(later_version),
        Case::new("unknown_issuer", &["unknown_issuer"], |world| world.credential.iss = "vn-other".into()),
        Case::new("issuer_revoked", &["issuer_revoked"], |world| world.list.issuers[0].revoked = true),
        Case::new("issuer_signature", &["issuer_signature"], |world| world.issuer = TestKey::new()),
        Case::new("holder_signature", &["holder_signature"], |world| world.device = TestKey::new()),
        Case::new("wrong_audience", &["wrong_audience"], |world| world.audience = "vn.bank".into()),
        Case::new("stale", &["stale"], |world| world.presented_at = NOW.minus_seconds(61)),
        Case::new("expired", &["expired"], |world| world.credential.exp = NOW),
        Case::new("not_yet_valid", &["not_yet_valid"], |world| world.credential.iat = NOW.minus_seconds(3)),
        Case::new("missing_claim", &["missing_claim"], |world| {
            world.credential.vct = Vct::Citizen;
            world.credential.claims = world::claims().person.into();
        }),
        Case::new("over_disclosed", &["over_disclosed"], |world| {
            world.policy.permitted.retain(|claim| *claim != 9);
        }),
        Case::new("authentication_level", &["authentication_level"], |world| world.policy.minimum_level = 3),
        Case::new("suspended", &["suspended"], |world| assert!(world.statuses.set(INDEX, 2))),
        Case::new("revoked", &["revoked"], |world| assert!(world.statuses.set(INDEX, 1))),
        Case::new("status_unknown", &["status_unknown"], |world| world.credential.status.index = 1000),
        Case::new("status_old", &["status_old"], |world| {
            world.statuses.issued = NOW.minus_seconds(24 * hour + 1);
        }),
        Case::new("trust_old", &["trust_old"], |world| {
            world.list.issued = NOW.minus_seconds(7 * 24 * hour + 1);
        }),
        Case::new("rollback", &["rollback"], |world| world.policy.rollback = true),
        Case::new("clock_suspect", &["clock_suspect"], |world| {
            world.policy.newest_signed_time = NOW.plus_seconds(61);
        }),
        Case::new("not_holder_bound", &["not_holder_bound"], |_| ())
            .with_text(|_| "000190000002||Trần Thị B|02021990|Nữ|Thôn Mẫu, Xã Mẫu, Nghệ An|02022022".into()),
    ]
}

fn later_version(text: &str) -> String {
    let later = format!("73602{}", &text[5..text.len() - 6]);
    let crc = crc32fast::hash(later.as_bytes());
    format!("{later}{:06}", crc % 1_000_000)
}

/// Every foreign code that the vectors hold, wherever in their files it stands.
fn foreign() -> Vec<Case> {
    let default = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/vectors");
    let root = std::env::var_os("SEN_VECTORS").map_or(default, PathBuf::from);
    let mut texts = Vec::new();
    for area in ["eu-dcc", "claim169"] {
        collect(&root.join("qr").join(area), &mut texts);
    }
    let case = |(name, text): (String, String)| Case {
        reasons: None,
        ..Case::new(&name, &[], |_| ()).with_text(|_| text)
    };
    texts.into_iter().map(case).collect()
}

fn collect(place: &Path, texts: &mut Vec<(String, String)>) {
    if let Ok(entries) = std::fs::read_dir(place) {
        let mut places: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
        places.sort();
        for place in &places {
            collect(place, texts);
        }
    } else if place.extension().is_some_and(|extension| extension == "json") {
        let case: Value = serde_json::from_slice(&std::fs::read(place).unwrap()).unwrap();
        let text = case.get("PREFIX").or_else(|| case.get("qr_data")).and_then(Value::as_str);
        texts.extend(text.map(|text| (place.to_string_lossy().into_owned(), text.to_owned())));
    }
}

#[test]
fn vectors_and_every_reason_get_the_desks_answer_from_the_pages_verifier() {
    let (own, foreign) = (reasons(), foreign());
    println!("{} reasons and {} vectors of qr/eu-dcc and qr/claim169", own.len(), foreign.len());
    assert!(std::env::var_os("SEN_VECTORS").is_some() || foreign.len() > 20);
    let mut written = Vec::new();
    for case in own.iter().chain(&foreign) {
        let (answer, noted) = case.on_the_desk();
        if let Some(reasons) = &case.reasons {
            assert_eq!(&answer.reasons, reasons, "{}", case.name);
        }
        let key = noted.map(|sighting| seen_text(&sighting.presentation));
        let seen = if case.seen_before { key.clone() } else { None };
        let bundle = case.bundle();
        let World { received_at, now, .. } = &case.world;
        let desk = sen_web::Desk::open(&bundle).unwrap();
        let checked = desk.check(&[&case.text], *received_at, *now, seen.as_deref()).unwrap();
        let on_the_page = serde_json::to_value(checked).unwrap();
        assert_eq!(on_the_page["answer"], serde_json::to_value(&answer).unwrap(), "{}", case.name);
        let to_note = if case.seen_before { Value::Null } else { json!(key) };
        assert_eq!(on_the_page["noted"].get("key").unwrap_or(&Value::Null), &to_note, "{}", case.name);
        written.push(json!({
            "name": case.name, "text": case.text, "bundle": bundle, "received_at": received_at.to_string(),
            "now": now.to_string(), "seen": seen, "expected": on_the_page,
        }));
    }
    if let Some(file) = std::env::var_os("SEN_WEB_CASES") {
        std::fs::write(file, serde_json::to_vec(&written).unwrap()).unwrap();
    }
}

#[test]
fn every_reason_has_a_case() {
    let source = include_str!("../../../core/verifier/src/reason.rs");
    let codes = source.lines().filter(|line| line.contains("Self::") && line.contains(" => \""));
    let codes: Vec<&str> = codes.map(|line| line.split('"').nth(1).unwrap()).collect();
    assert!(codes.len() >= 24);
    let cases = reasons();
    // The page keeps no list of cards, so it never gives this one.
    for code in codes.into_iter().filter(|code| *code != "seen_elsewhere") {
        let has_it = |case: &Case| case.reasons.as_ref().is_some_and(|reasons| reasons == &[code]);
        assert!(cases.iter().any(has_it), "{code}");
    }
}

/// What TypeScript knows of the answer.
const TYPES: &str = include_str!("../src/answer.d.ts");

#[test]
fn the_types_name_every_reason_and_every_member() {
    let source = include_str!("../../../core/verifier/src/reason.rs");
    let codes: BTreeSet<&str> = source
        .lines()
        .filter(|line| line.contains("Self::") && line.contains(" => \""))
        .map(|line| line.split('"').nth(1).unwrap())
        .collect();
    let union = TYPES.split("export type Reason =").nth(1).unwrap().split(';').next().unwrap();
    assert_eq!(union.split('"').skip(1).step_by(2).collect::<BTreeSet<_>>(), codes);
    let case = Case::new("accepted", &[], |_| ());
    let desk = sen_web::Desk::open(&case.bundle()).unwrap();
    let World { received_at, now, .. } = &case.world;
    let checked = serde_json::to_value(desk.check(&[&case.text], *received_at, *now, None).unwrap()).unwrap();
    let mut told = Vec::new();
    members(&checked, &mut told);
    assert!(told.len() > 30 && told.contains(&"insurance".to_owned()), "{told:?}");
    for name in told {
        assert!(TYPES.contains(&format!("{name}: ")), "answer.d.ts has no {name}");
    }
}

fn members(value: &Value, told: &mut Vec<String>) {
    for (name, value) in value.as_object().into_iter().flatten() {
        told.push(name.clone());
        members(value, told);
    }
}

#[test]
fn a_desk_of_a_providers_lists_decides_as_one_of_a_bundle() {
    let case = Case::new("accepted", &[], |_| ());
    let World { list, statuses, root, signer, received_at, now, .. } = &case.world;
    let draft = list.draft(b"root").unwrap();
    let list = draft.assemble(&root.sign(&draft.to_be_signed()));
    let draft = statuses.draft(b"s1").unwrap();
    let status = draft.assemble(&signer.sign(&draft.to_be_signed()));
    let root_pub = format!("{}\n", hex::encode(root.public().uncompressed()));
    let desk = |root: &str, status: &[&[u8]]| {
        let mut lists = sen_web::Lists::new(root, &list)?;
        status.iter().enumerate().for_each(|(at, token)| lists.add_status(&format!("{at}.cwt"), token));
        lists.open("Quầy 1", *now)
    };
    let opened = desk(&root_pub, &[&status]).unwrap();
    let answer = |desk: &sen_web::Desk| desk.check(&[&case.text], *received_at, *now, None).unwrap().answer;
    assert_eq!(answer(&opened), case.on_the_desk().0);
    assert_eq!(opened.passed_over().count(), 0);
    // Without a status list, or with one that nobody believed signed, the status is unknown.
    let forged = draft.assemble(&TestKey::new().sign(&draft.to_be_signed()));
    let unsure = desk(&root_pub, &[&forged]).unwrap();
    assert_eq!(unsure.passed_over().collect::<Vec<_>>(), ["0.cwt"]);
    for desk in [&unsure, &desk(&root_pub, &[]).unwrap()] {
        assert_eq!(answer(desk).reasons, ["status_unknown"]);
    }
    let other = hex::encode(TestKey::new().public().uncompressed());
    assert_eq!(desk(&other, &[&status]).unwrap_err().code(), "offline_bundle");
    for bad in ["", &root_pub[..128], &"0".repeat(130), &"ữ".repeat(43)] {
        assert_eq!(desk(bad, &[]).unwrap_err().code(), "root", "{bad}");
    }
}

#[test]
fn a_bundle_or_a_time_that_cannot_be_read_has_its_code() {
    let case = Case::new("accepted", &[], |_| ());
    let code = |bundle: &str, seen: Option<&str>| {
        let desk = sen_web::Desk::open(bundle);
        desk.and_then(|desk| desk.check(&[&case.text], NOW, NOW, seen)).unwrap_err().code()
    };
    assert_eq!(code("{}", None), "offline_bundle");
    assert_eq!(code(&case.bundle(), Some("short")), "offline_bundle");
}
