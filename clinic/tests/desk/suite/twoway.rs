//! Two-way mode and animated codes at the counter.
use std::fs;

use presentation::challenge::{self, DESK_AUTHORITY, DeskCertificateDraft, VerifiedChallenge};
use presentation::{animated, encryption, frame};
use ring::digest::{SHA256, digest};
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use sen_clinic::database::{Database, Place};
use sen_clinic::desk::{Demands, DeskConfig, RunningDesk};
use sen_clinic::desk_name::DeskIdentity;
use serde_json::{Value, json};
use test_key::TestKey;
use trust::anchors::Issuer;
use trust::p256::PublicKey;

use crate::counter::nation::Nation;
use crate::counter::nation::world::NOW;
use crate::counter::{Clerk, Running, TestClock, config, verdict};

type Places = fn(&Nation) -> Place;

const NAME: &str = "79034 · Quầy 1";

/// A nation whose register has named the desk.
fn named() -> Nation {
    let (mut nation, authority) = (Nation::new(), TestKey::new());
    let folder = nation.folder.join("identity");
    DeskIdentity::open(&folder).unwrap();
    let pkcs8 = fs::read(folder.join("desk.p8")).unwrap();
    let random = ring::rand::SystemRandom::new();
    let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &pkcs8, &random).unwrap();
    nation.world.list.issuers.push(Issuer {
        iss: "vn-desks".into(),
        kid: b"d1".to_vec(),
        key: authority.public(),
        name: "Register of clinics of the tests".into(),
        vcts: vec![DESK_AUTHORITY.into()],
        not_before: NOW.minus_seconds(86_400),
        not_after: NOW.plus_seconds(86_400),
        revoked: false,
    });
    nation.publish();
    let draft = DeskCertificateDraft {
        iss: "vn-desks",
        kid: b"d1",
        name: NAME,
        key: &PublicKey::from_uncompressed(key.public_key().as_ref()).unwrap(),
        issued_at: NOW.minus_seconds(3600),
        expires_at: NOW.plus_seconds(3600),
        may_ask: &credential::claims::key::CLINIC_SET,
    }
    .prepare()
    .unwrap();
    let certificate = draft.assemble(&authority.sign(&draft.to_be_signed()));
    fs::write(folder.join("desk.cwt"), certificate).unwrap();
    fs::write(folder.join("desk.txt"), NAME).unwrap();
    nation
}

/// What the phone scans from the screen.
fn scanned(nation: &Nation, asked: &Value) -> VerifiedChallenge {
    assert!(asked["svg"].as_str().unwrap().starts_with("<svg"));
    assert_eq!(asked["desk"], NAME);
    assert_eq!(asked["lifetime_seconds"], 60);
    challenge::verify(asked["text"].as_str().unwrap(), &nation.world.trust(), NOW).unwrap()
}

/// What the phone signs for it.
fn token(nation: &mut Nation, asked: &VerifiedChallenge) -> Vec<u8> {
    asked.desk().clone_into(&mut nation.world.audience);
    nation.world.cnonce = Some(asked.cnonce().to_vec());
    nation.world.token()
}

fn state(clerk: &Clerk, asked: &Value) -> Value {
    clerk.get(&format!("/api/challenges/{}", asked["id"].as_str().unwrap())).ok()
}

pub fn a_desk_without_a_name_asks_nothing(place: Places) {
    let nation = Nation::new();
    let running = Running::first(&nation, &place(&nation));
    let clerk = running.clerk("Quầy 1");
    let refused = clerk.post("/api/challenges", &json!({}));
    assert_eq!(refused.refusal(), (409, "desk_unnamed".to_owned()));
    assert_eq!(clerk.get("/api/challenges/nothing").refusal(), (404, "not_found".to_owned()));
    assert_eq!(running.stranger().post("/api/challenges", &json!({})).refusal().0, 401);
}

pub fn the_answer_to_a_question_is_taken_once_and_closes_it(place: Places) {
    let mut nation = named();
    let running = Running::first(&nation, &place(&nation));
    let clerk = running.clerk("Quầy 1");
    let asked = clerk.post("/api/challenges", &json!({})).ok();
    assert_eq!(state(&clerk, &asked), json!({"state": "waiting", "check": null}));
    let question = scanned(&nation, &asked);
    assert_eq!(question.purpose(), Some("khám bệnh, chữa bệnh"));
    let answers = [(); 2].map(|()| frame::encode(&token(&mut nation, &question)));
    let check = clerk.check(&answers[0]);
    assert_eq!((verdict(&check).as_str(), &check["answer"]["freshness"]), ("accepted", &json!("challenged")));
    assert_eq!(state(&clerk, &asked), json!({"state": "answered", "check": check["id"]}));
    assert_eq!(clerk.verdict(&answers[1]), "refused stale wrong_audience");
}

pub fn of_two_phones_that_answer_one_question_at_once_one_is_taken(place: Places) {
    let mut nation = named();
    let running = Running::first(&nation, &place(&nation));
    let clerk = running.clerk("Quầy 1");
    for _ in 0..5 {
        let question = scanned(&nation, &clerk.post("/api/challenges", &json!({})).ok());
        let answers = ["p1000000", "p2000000", "p3000000", "p4000000"].map(|phone| {
            phone.clone_into(&mut nation.world.credential.sub);
            frame::encode(&token(&mut nation, &question))
        });
        let verdicts: Vec<String> = std::thread::scope(|scope| {
            let phones = answers.iter().map(|answer| {
                let clerk = clerk.another();
                scope.spawn(move || clerk.verdict(answer))
            });
            let phones: Vec<_> = phones.collect();
            phones.into_iter().map(|phone| phone.join().unwrap()).collect()
        });
        assert_eq!(verdicts.iter().filter(|verdict| *verdict == "accepted").count(), 1, "{verdicts:?}");
    }
}

pub fn a_question_waits_until_its_answer_is_kept(place: Places) {
    let mut nation = named();
    let place = place(&nation);
    let running = Running::first(&nation, &place);
    let clerk = running.clerk("Quầy 1");
    let asked = clerk.post("/api/challenges", &json!({})).ok();
    let question = scanned(&nation, &asked);
    let answer = frame::encode(&token(&mut nation, &question));
    let database = Database::open(&place).unwrap();
    let change = |statement| {
        database.run_blocking(move |statements| statements.execute(statement, &[])).unwrap();
    };
    change("ALTER TABLE checks RENAME TO broken");
    let refused = clerk.post("/api/checks", &json!({"text": answer}));
    assert_eq!(refused.refusal(), (503, "database".into()));
    assert_eq!(state(&clerk, &asked)["state"], "waiting");
    change("ALTER TABLE broken RENAME TO checks");
    assert_eq!(clerk.verdict(&answer), "accepted");
}

pub fn an_encrypted_answer_waits_until_it_is_kept_and_one_that_is_refused_closes_its_question(place: Places) {
    let mut nation = named();
    let place = place(&nation);
    let running = Running::first(&nation, &place);
    let clerk = running.clerk("Quầy 1");
    let ask = || clerk.post("/api/challenges", &json!({"encrypted": true, "level": 2})).ok();
    nation.world.level = Some(2);
    let asked = [ask(), ask()];
    let questions = asked.clone().map(|asked| scanned(&nation, &asked));
    let mut sealed = |question: &VerifiedChallenge, cap| {
        nation.world.credential.claims.level_policy = Some(cap);
        let token = token(&mut nation, question);
        let sealed = encryption::encrypt(&token, question.encryption_key().unwrap(), question.cnonce());
        frame::encode(&sealed.unwrap())
    };
    let answer = sealed(&questions[0], 2);
    let database = Database::open(&place).unwrap();
    let change = |statement| {
        database.run_blocking(move |statements| statements.execute(statement, &[])).unwrap();
    };
    change("ALTER TABLE checks RENAME TO broken");
    assert_eq!(clerk.post("/api/checks", &json!({"text": answer})).refusal(), (503, "database".into()));
    assert_eq!(state(&clerk, &asked[0])["state"], "waiting");
    change("ALTER TABLE broken RENAME TO checks");
    assert_eq!(clerk.verdict(&answer), "accepted");
    let (low, high) = (sealed(&questions[1], 1), sealed(&questions[1], 2));
    let refused = clerk.check(&low);
    assert_eq!(verdict(&refused), "refused authentication_level");
    assert_eq!(state(&clerk, &asked[1]), json!({"state": "answered", "check": refused["id"]}));
    assert_eq!(clerk.verdict(&high), "refused stale", "its key was used once");
}

pub fn an_answer_counts_from_its_first_character(place: Places) {
    let mut nation = named();
    let running = Running::first(&nation, &place(&nation));
    let clerk = running.clerk("Quầy 1");
    let asked = clerk.post("/api/challenges", &json!({})).ok();
    let question = scanned(&nation, &asked);
    nation.world.presented_at = NOW.plus_seconds(50);
    let answer = frame::encode(&token(&mut nation, &question));
    running.clock.pass(70);
    clerk.post("/api/challenges", &json!({})).ok();
    let slow = clerk.post("/api/checks", &json!({"text": answer, "duration_ms": 12_000})).ok();
    assert_eq!((verdict(&slow).as_str(), &slow["answer"]["freshness"]), ("accepted", &json!("challenged")));
    assert_eq!(state(&clerk, &asked)["check"], slow["id"]);
}

pub fn a_question_says_what_it_is_for_and_which_level_will_do(place: Places) {
    let mut nation = named();
    let running = Running::first(&nation, &place(&nation));
    let clerk = running.clerk("Quầy 1");
    for level in [0, 5] {
        assert_eq!(clerk.post("/api/challenges", &json!({"level": level})).refusal().0, 400);
    }
    let asked = clerk.post("/api/challenges", &json!({"level": 2})).ok();
    let question = scanned(&nation, &asked);
    assert_eq!(question.purpose(), Some("khám bệnh, chữa bệnh"));
    assert_eq!(question.minimum_level(), Some(2));
    nation.world.level = Some(2);
    let mut answered = |cap| {
        nation.world.credential.claims.level_policy = Some(cap);
        clerk.verdict(&frame::encode(&token(&mut nation, &question)))
    };
    assert_eq!(answered(1), "refused authentication_level");
    assert_eq!(answered(2), "accepted");
}

pub fn a_desk_that_takes_answers_alone_refuses_a_code_for_any_clinic(place: Places) {
    let mut nation = named();
    let (place, clock) = (place(&nation), TestClock::new());
    let demands = Demands { challenged_only: true, minimum_level: 2 };
    let desk = RunningDesk::start(DeskConfig { demands, ..config(&nation, place, &clock) }).unwrap();
    let password = desk.first_password().unwrap().to_owned();
    let running = Running { desk, password, clock };
    let clerk = running.clerk("Quầy 1");
    nation.world.credential.claims.level_policy = Some(2);
    nation.world.level = Some(2);
    assert_eq!(clerk.verdict(&nation.code_of(1)), "refused stale");
    let question = scanned(&nation, &clerk.post("/api/challenges", &json!({})).ok());
    assert_eq!(question.minimum_level(), Some(2));
    assert_eq!(clerk.verdict(&frame::encode(&token(&mut nation, &question))), "accepted");
    let policy = clerk.get("/api/offline").ok()["policy"].clone();
    assert_eq!((&policy["challenged_only"], &policy["minimum_level"]), (&json!(true), &json!(2)));
}

pub fn an_encrypted_answer_is_read_where_it_was_asked_for(place: Places) {
    let mut nation = named();
    let running = Running::first(&nation, &place(&nation));
    let clerk = running.clerk("Quầy 1");
    let asked = clerk.post("/api/challenges", &json!({"encrypted": true})).ok();
    let question = scanned(&nation, &asked);
    let token = token(&mut nation, &question);
    let sealed = encryption::encrypt(&token, question.encryption_key().unwrap(), question.cnonce()).unwrap();
    let check = clerk.check(&frame::encode(&sealed));
    assert_eq!((verdict(&check).as_str(), &check["answer"]["freshness"]), ("accepted", &json!("challenged")));
    assert_eq!(state(&clerk, &asked)["state"], "answered");
}

pub fn a_phone_is_told_the_purpose_and_one_that_it_could_not_show_is_refused(place: Places) {
    let nation = named();
    let running = Running::first(&nation, &place(&nation));
    let clerk = running.clerk("Quầy 1");
    let ask = |purpose: &str| clerk.post("/api/challenges", &json!({"purpose": purpose}));
    assert_eq!(scanned(&nation, &ask("tiêm chủng").ok()).purpose(), Some("tiêm chủng"));
    assert_eq!(scanned(&nation, &ask("").ok()).purpose(), None);
    for purpose in ["x".repeat(65), "a\u{1b}[2Jb".to_owned()] {
        assert_eq!(ask(&purpose).refusal(), (400, "malformed".to_owned()));
    }
}

pub fn a_question_is_over_after_a_minute(place: Places) {
    let mut nation = named();
    let running = Running::first(&nation, &place(&nation));
    let clerk = running.clerk("Quầy 1");
    let asked = clerk.post("/api/challenges", &json!({})).ok();
    let question = scanned(&nation, &asked);
    running.clock.pass(60);
    assert_eq!(state(&clerk, &asked), json!({"state": "expired", "check": null}));
    nation.world.presented_at = NOW.plus_seconds(59);
    let late = frame::encode(&token(&mut nation, &question));
    assert_eq!(clerk.verdict(&late), "refused stale wrong_audience");
}

pub fn a_camera_is_shown_the_portrait_that_the_issuer_vouches_for(place: Places) {
    let mut nation = Nation::new();
    let running = Running::first(&nation, &place(&nation));
    let clerk = running.clerk("Quầy 1");
    let portrait = vec![9; 800];
    let hash = digest(&SHA256, &portrait);
    nation.world.credential.claims.portrait_hash = hash.as_ref()[..16].try_into().ok();
    let frames = |nation: &Nation, portrait: &[u8]| {
        let mut texts = animated::split(portrait).unwrap();
        texts.push(nation.world.text());
        clerk.post("/api/checks/frames", &json!({"texts": texts})).ok()
    };
    let shown = frames(&nation, &portrait);
    assert_eq!((verdict(&shown).as_str(), &shown["answer"]["face"]), ("accepted", &json!("shown")));
    assert!(shown["portrait"].as_str().unwrap().starts_with("data:image/jpeg;base64,"));
    let kept = clerk.get(&format!("/api/checks/{}", shown["id"].as_str().unwrap())).ok();
    assert_eq!(kept["portrait"], Value::Null);
    let other = frames(&nation, &[8; 800]);
    assert_eq!((&other["answer"]["face"], &other["portrait"]), (&json!("not_available"), &Value::Null));
    assert_eq!(clerk.post("/api/checks/frames", &json!({"texts": []})).refusal().0, 400);
}
