//! What pages hand in hours later, and what is forgotten.
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sen_clinic::database::{Database, Place, note, purge};
use serde_json::{Value, json};
use trust::time::Timestamp;
use verifier::{Seen, Sighting};

use crate::counter::nation::Nation;
use crate::counter::nation::world::NOW;
use crate::counter::{Running, verdict};

type Places = fn(&Nation) -> Place;

const HOUR: i64 = 3600;

fn purged(place: &Place, before: Timestamp, now: Timestamp) {
    let database = Database::open(place).unwrap();
    database.run_blocking(move |statements| purge(statements, before, now)).unwrap();
}

/// How a desk of this name notes a presentation of the card that all these tests show.
fn noted(database: &Database, presentation: u8, desk: &'static str, at: Timestamp) -> Seen {
    let sighting = Sighting {
        presentation: [presentation; 32],
        credential: [9; 32],
        received_at: at,
        keep_until: at.plus_seconds(180),
    };
    database.run_blocking(move |statements| note(statements, &sighting, desk)).unwrap()
}

pub fn a_replay_that_a_page_hands_in_the_next_day_is_found_and_told(place: Places) {
    let mut nation = Nation::new();
    let place = place(&nation);
    let running = Running::first(&nation, &place);
    let clerk = running.clerk("Quầy 1");
    let answer = clerk.check(&nation.code_of(1))["answer"].clone();
    let key = clerk.get("/api/seen").ok()["entries"][0]["key"].clone();
    running.clock.pass(26 * HOUR);
    purged(&place, NOW, NOW.plus_seconds(26 * HOUR));
    let clerk = running.clerk("Quầy 2");
    let entry = json!({"id": "offline-entry-0001", "key": key, "credential": STANDARD.encode([1; 32]),
                       "keep_until": NOW.plus_seconds(240).to_string(), "at": NOW.plus_seconds(60).to_string(),
                       "answer": answer});
    let told = clerk.post("/api/seen", &json!({"entries": [entry]})).ok();
    assert_eq!(told["results"][0]["seen"], "again");
    let kept = clerk.get("/api/checks/offline-entry-0001").ok();
    assert_eq!((verdict(&kept).as_str(), &kept["answer"]["replay"]), ("unsure replayed", &json!("seen")));
}

pub fn a_check_whose_answer_was_lost_is_no_second_use_of_its_code(place: Places) {
    let mut nation = Nation::new();
    let place = place(&nation);
    let running = Running::first(&nation, &place);
    let clerk = running.clerk("Quầy 1");
    let code = nation.code_of(1);
    let asked = |id: &str, text: &str| clerk.post("/api/checks", &json!({"id": id, "text": text}));
    let first = asked("page-0000-000001", &code).ok();
    assert_eq!((verdict(&first).as_str(), &first["id"]), ("accepted", &json!("page-0000-000001")));
    // No check takes another's place, whatever was scanned.
    let other = nation.code_of(2);
    assert_eq!(asked("page-0000-000001", &other).refusal(), (409, "check_known".into()));
    assert_eq!(asked("too-short", &other).refusal(), (400, "malformed".into()));
    let frames = json!({"id": "page-0000-000002", "texts": [other]});
    assert_eq!(clerk.post("/api/checks/frames", &frames).ok()["id"], "page-0000-000002", "nothing was noted");
    let again = asked("page-0000-000003", &code).ok();
    assert_eq!(verdict(&again), "refused replayed");
    // The page heard none of these answers, and decided by itself.
    let keys = clerk.get("/api/seen").ok()["entries"].clone();
    let hand_in = |id: &str, key: usize| {
        let entry = json!({"id": id, "key": keys[key]["key"], "credential": STANDARD.encode([1; 32]),
                           "keep_until": NOW.to_string(), "at": NOW.to_string(), "answer": first["answer"],
                           "face": {"result": "matches", "clerk": "Lan", "at": NOW.to_string()}});
        clerk.post("/api/seen", &json!({"entries": [entry]})).ok()["results"][0].clone()
    };
    for _ in 0..2 {
        let told = hand_in("page-0000-000001", 0);
        assert_eq!((&told["seen"], &told["face"]["result"]), (&json!("first"), &json!("matches")));
    }
    assert_eq!(hand_in("page-0000-000003", 0)["seen"], "again", "so it was answered");
    assert_eq!(hand_in("page-0000-000004", 0)["seen"], "again", "a name that was not asked by");
    let kept = |id: &str| clerk.get(&format!("/api/checks/{id}")).ok();
    assert_eq!(verdict(&kept("page-0000-000001")), "accepted");
    assert_eq!(
        (verdict(&kept("page-0000-000003")).as_str(), &kept("page-0000-000003")["face"]),
        ("refused replayed", &Value::Null)
    );
    assert_eq!(verdict(&kept("page-0000-000004")), "unsure replayed");
}

pub fn a_card_that_a_page_saw_after_another_counter_is_kept_with_the_warning(place: Places) {
    let mut nation = Nation::new();
    let running = Running::first(&nation, &place(&nation));
    let answer = running.clerk("Quầy 1").check(&nation.code_of(1))["answer"].clone();
    let entry = |key: u8| {
        json!({"id": format!("offline-entry-{key:04}"), "key": STANDARD.encode([key; 32]),
               "credential": STANDARD.encode([7; 32]), "keep_until": NOW.plus_seconds(180).to_string(),
               "at": NOW.to_string(), "answer": answer})
    };
    running.clerk("Quầy 1").post("/api/seen", &json!({"entries": [entry(1)]})).ok();
    let clerk = running.clerk("Quầy 2");
    clerk.post("/api/seen", &json!({"entries": [entry(2)]})).ok();
    let kept = clerk.get("/api/checks/offline-entry-0002").ok();
    assert_eq!(verdict(&kept), "accepted seen_elsewhere");
}

pub fn a_key_without_its_credential_is_refused(place: Places) {
    let nation = Nation::new();
    let running = Running::first(&nation, &place(&nation));
    let clerk = running.clerk("Quầy 1");
    let half = |key: Value, credential: Value| {
        let entry = json!({"id": "offline-entry-0001", "key": key, "credential": credential,
                           "keep_until": NOW.to_string(), "at": NOW.to_string()});
        clerk.post("/api/seen", &json!({"entries": [entry]})).refusal()
    };
    let hash = json!(STANDARD.encode([1; 32]));
    assert_eq!(half(hash.clone(), Value::Null), (400, "malformed".into()));
    assert_eq!(half(Value::Null, hash), (400, "malformed".into()));
}

pub fn a_sighting_that_comes_late_is_no_warning_for_another_time_of_day(place: Places) {
    let nation = Nation::new();
    let database = Database::open(&place(&nation)).unwrap();
    assert_eq!(noted(&database, 1, "one", NOW), Seen::First);
    assert_eq!(noted(&database, 2, "two", NOW.minus_seconds(HOUR + 1)), Seen::First, "an hour before");
    assert_eq!(noted(&database, 3, "two", NOW.minus_seconds(HOUR)), Seen::FirstHereAfterAnotherDesk);
}

pub fn a_sighting_that_comes_late_does_not_hide_the_newest(place: Places) {
    let nation = Nation::new();
    let database = Database::open(&place(&nation)).unwrap();
    assert_eq!(noted(&database, 1, "one", NOW), Seen::First);
    assert_eq!(noted(&database, 2, "one", NOW.minus_seconds(5 * HOUR)), Seen::First);
    assert_eq!(noted(&database, 3, "two", NOW), Seen::FirstHereAfterAnotherDesk);
}

pub fn a_comparison_made_after_a_lost_answer_is_kept_and_an_older_one_changes_nothing(place: Places) {
    let mut nation = Nation::new();
    let running = Running::first(&nation, &place(&nation));
    let clerk = running.clerk("Quầy 1");
    let answer = clerk.check(&nation.code_of(1))["answer"].clone();
    running.clock.pass(60);
    let hand_in = |face: Value| {
        let entry = json!({"id": "offline-entry-0001", "key": null, "credential": null, "answer": answer,
                           "keep_until": NOW.to_string(), "at": NOW.to_string(), "face": face});
        let told = clerk.post("/api/seen", &json!({"entries": [entry]})).ok();
        let kept = clerk.get("/api/checks/offline-entry-0001").ok();
        assert_eq!(told["results"][0]["face"], kept["face"], "the page is told what is kept");
        kept["face"].clone()
    };
    let face = |result: &str, second| json!({"result": result, "clerk": "Minh", "at": NOW.plus_seconds(second).to_string()});
    assert_eq!(hand_in(Value::Null), Value::Null);
    assert_eq!(hand_in(face("differs", 10)), face("differs", 10), "made before the answer came");
    assert_eq!(hand_in(face("matches", 9)), face("differs", 10), "an older one");
    assert_eq!(hand_in(Value::Null), face("differs", 10), "what the page then takes back by name");
    assert_eq!(hand_in(face("matches", 20)), face("matches", 20));
    clerk.delete("/api/checks/offline-entry-0001/face").ok();
    assert_eq!(hand_in(face("matches", 20)), Value::Null, "taken back since");
}

pub fn every_table_about_people_is_empty_after_its_time(place: Places) {
    let mut nation = Nation::new();
    let place = place(&nation);
    let running = Running::first(&nation, &place);
    let clerk = running.clerk("Quầy 1");
    let check = clerk.check(&nation.code_of(1));
    clerk.post("/api/queue", &json!({"check": check["id"]})).ok();
    let face = format!("/api/checks/{}/face", check["id"].as_str().unwrap());
    clerk.post(&face, &json!({"result": "matches"})).ok();
    let entry = json!({"id": "offline-entry-0001", "key": null, "credential": null,
                       "keep_until": NOW.to_string(), "at": NOW.to_string()});
    clerk.post("/api/seen", &json!({"entries": [entry]})).ok();
    let database = Database::open(&place).unwrap();
    let held = || {
        let count =
            |query| database.run_blocking(move |statements| statements.query(query, &[])?[0].int(0)).unwrap();
        [
            "SELECT COUNT(*) FROM checks",
            "SELECT COUNT(*) FROM faces",
            "SELECT COUNT(*) FROM queue",
            "SELECT COUNT(*) FROM synced",
            "SELECT COUNT(*) FROM sessions",
            "SELECT COUNT(*) FROM seen",
            "SELECT COUNT(*) FROM shown",
        ]
        .map(count)
    };
    purged(&place, NOW, NOW);
    assert_eq!(held(), [1; 7], "its time has not come");
    purged(&place, NOW.plus_seconds(1), NOW.plus_seconds(12 * HOUR + 1));
    assert_eq!(held(), [0, 0, 0, 0, 0, 1, 1], "replays are found for two days more");
    purged(&place, NOW, NOW.plus_seconds(49 * HOUR + 1));
    assert_eq!(held(), [0; 7]);
}
