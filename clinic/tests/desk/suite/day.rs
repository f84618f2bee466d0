//! The day, the queue, forgetting, and what pages saw alone.
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::Method;
use sen_clinic::database::Place;
use serde_json::{Value, json};
use verifier::offline::OfflineBundle;

use crate::counter::nation::Nation;
use crate::counter::nation::world::NOW;
use crate::counter::{Clerk, Running};

type Places = fn(&Nation) -> Place;

fn id(value: &Value) -> String {
    value["id"].as_str().unwrap().to_owned()
}

fn numbers(clerk: &Clerk) -> Vec<i64> {
    let entries = clerk.get("/api/queue").ok();
    entries["entries"].as_array().unwrap().iter().map(|entry| entry["number"].as_i64().unwrap()).collect()
}

fn line_up(clerk: &Clerk, check: &Value) -> Value {
    clerk.post("/api/queue", &json!({"check": id(check)})).ok()["entry"].clone()
}

pub fn the_day_lists_checks_the_newest_first(place: Places) {
    let mut nation = Nation::new();
    let running = Running::first(&nation, &place(&nation));
    let clerk = running.clerk("Quầy 1");
    let code = nation.code_of(1);
    clerk.check(&code);
    running.clock.pass(1);
    clerk.check(&code);
    let day = clerk.get("/api/day").ok();
    assert_eq!(day["date"], "2027-01-15");
    let rows = day["checks"].as_array().unwrap();
    assert_eq!(rows.len(), 2);
    assert_eq!((&rows[0]["verdict"], &rows[0]["name"]), (&json!("refused"), &Value::Null));
    assert_eq!(rows[1]["name"], "Nguyễn Thị Phương Thảo");
    assert_eq!(rows[1]["insurance_number"], "GD4000000012345");
    assert_eq!(clerk.get("/api/day?date=2027-01-14").ok()["checks"], json!([]));
    assert_eq!(clerk.get("/api/day?date=yesterday").refusal(), (400, "malformed".into()));
    // Five in the evening in UTC is after midnight in Vietnam.
    running.clock.pass(9 * 3600);
    assert_eq!(clerk.get("/api/day").ok()["date"], "2027-01-16");
}

pub fn a_comparison_of_faces_can_be_taken_back(place: Places) {
    let mut nation = Nation::new();
    let running = Running::first(&nation, &place(&nation));
    let clerk = running.clerk("Quầy 1");
    let (check, refused) = (clerk.check(&nation.code_of(1)), clerk.check("0123"));
    let address = format!("/api/checks/{}/face", id(&check));
    assert!(clerk.get("/api/day").ok()["checks"][0]["face"].is_null());
    for result in ["matches", "differs", "matches"] {
        let said = clerk.post(&address, &json!({"result": result})).ok();
        assert_eq!(said["face"], json!({"result": result, "clerk": "Lan", "at": NOW.to_string()}));
        let kept = clerk.get(&format!("/api/checks/{}", id(&check))).ok();
        assert_eq!(kept["face"], said["face"]);
    }
    assert_eq!(clerk.delete(&address).ok()["face"], Value::Null);
    assert_eq!(clerk.get(&format!("/api/checks/{}", id(&check))).ok()["face"], Value::Null, "taken back");
    assert_eq!(clerk.delete(&format!("/api/checks/{}/face", id(&refused))).refusal().1, "nobody_shown");
    assert_eq!(clerk.post(&address, &json!({"result": "maybe"})).refusal().1, "malformed");
    assert_eq!(clerk.post(&address, &json!({})).refusal().1, "malformed");
    let nobody = clerk.post(&format!("/api/checks/{}/face", id(&refused)), &json!({"result": "matches"}));
    assert_eq!(nobody.refusal(), (409, "nobody_shown".into()));
    assert_eq!(clerk.post("/api/checks/x/face", &json!({"result": "matches"})).refusal().0, 404);
}

pub fn whom_the_clerk_did_not_recognise_is_served_nowhere(place: Places) {
    let mut nation = Nation::new();
    let running = Running::first(&nation, &place(&nation));
    let clerk = running.clerk("Quầy 1");
    let address = format!("/api/checks/{}", id(&clerk.check(&nation.code_of(1))));
    let compared = |result| clerk.post(&format!("{address}/face"), &json!({"result": result})).ok();
    let served = || {
        let forms = ["lines", "row4750", "fhir"].map(|form| clerk.get(&format!("{address}/{form}")));
        let queued = clerk.post("/api/queue", &json!({"check": address.rsplit('/').next()}));
        forms.into_iter().chain([queued]).collect::<Vec<_>>()
    };
    compared("differs");
    for refused in served() {
        assert_eq!(refused.refusal(), (409, "face_differs".into()));
    }
    assert!(numbers(&clerk).is_empty());
    compared("matches");
    assert!(served().iter().all(|answered| answered.status.is_success()));
}

pub fn whoever_shows_another_face_leaves_the_queue_until_that_is_taken_back(place: Places) {
    let mut nation = Nation::new();
    let running = Running::first(&nation, &place(&nation));
    let clerk = running.clerk("Quầy 1");
    let checks = [clerk.check(&nation.code_of(1)), clerk.check(&nation.code_of(2))];
    let entries = [line_up(&clerk, &checks[0]), line_up(&clerk, &checks[1])];
    let states = || {
        clerk.get("/api/queue").ok()["entries"]
            .as_array()
            .unwrap()
            .iter()
            .map(|entry| entry["state"].clone())
            .collect::<Vec<_>>()
    };
    let face = format!("/api/checks/{}/face", id(&checks[0]));
    let step = |state: &str| clerk.post(&format!("/api/queue/{}", id(&entries[0])), &json!({"state": state}));
    step("called").ok();
    clerk.post(&face, &json!({"result": "differs"})).ok();
    assert_eq!(states(), ["left", "waiting"]);
    assert_eq!(clerk.get("/api/state").ok()["queue_length"], 1);
    for state in ["waiting", "called", "done"] {
        assert_eq!(step(state).refusal(), (409, "face_differs".into()));
    }
    assert_eq!(states(), ["left", "waiting"]);
    clerk.delete(&face).ok();
    clerk.post(&face, &json!({"result": "matches"})).ok();
    assert_eq!(line_up(&clerk, &checks[0]), entries[0], "the same number");
    assert_eq!(states(), ["waiting", "waiting"]);
    step("done").ok();
    clerk.post(&face, &json!({"result": "differs"})).ok();
    assert_eq!(states(), ["done", "waiting"], "what is done is done");
}

pub fn numbers_of_the_queue_count_from_one_each_day(place: Places) {
    let mut nation = Nation::new();
    let running = Running::first(&nation, &place(&nation));
    let clerk = running.clerk("Quầy 1");
    let checks: Vec<Value> = (0..3).map(|holder| clerk.check(&nation.code_of(holder))).collect();
    let entries: Vec<Value> = checks.iter().map(|check| line_up(&clerk, check)).collect();
    assert_eq!(numbers(&clerk), [1, 2, 3]);
    assert_eq!(line_up(&clerk, &checks[1]), entries[1], "a check stands there once");
    assert_eq!(clerk.get("/api/state").ok()["queue_length"], 3);
    let refused = clerk.check("0123");
    let refused = clerk.post("/api/queue", &json!({"check": id(&refused)})).refusal();
    assert_eq!(refused, (409, "refused".into()));
    running.clock.pass(9 * 3600);
    assert!(numbers(&clerk).is_empty());
    nation.world.presented_at = NOW.plus_seconds(9 * 3600);
    let tomorrow = clerk.check(&nation.code_of(9));
    assert_eq!(line_up(&clerk, &tomorrow)["number"], 1);
}

pub fn two_counters_never_give_one_number_twice(place: Places) {
    let mut nation = Nation::new();
    let place = place(&nation);
    let first = Running::first(&nation, &place);
    let second = first.another(&nation, &place);
    let clerks = [first.clerk("Quầy 1"), second.clerk("Quầy 2")];
    let checks: Vec<Value> = (0..16).map(|holder| clerks[0].check(&nation.code_of(holder))).collect();
    std::thread::scope(|scope| {
        for (at, clerk) in clerks.iter().enumerate() {
            let checks = &checks;
            scope.spawn(move || {
                checks.iter().skip(at).step_by(2).for_each(|check| drop(line_up(clerk, check)));
            });
        }
    });
    assert_eq!(numbers(&clerks[1]), (1..=16).collect::<Vec<_>>());
}

pub fn a_step_of_the_queue_can_be_taken_back(place: Places) {
    let mut nation = Nation::new();
    let running = Running::first(&nation, &place(&nation));
    let clerk = running.clerk("Quầy 1");
    let entry = line_up(&clerk, &clerk.check(&nation.code_of(1)));
    assert_eq!((&entry["state"], &entry["name"]), (&json!("waiting"), &json!("Nguyễn Thị Phương Thảo")));
    let address = format!("/api/queue/{}", id(&entry));
    for state in ["called", "done", "left", "called", "waiting"] {
        assert_eq!(clerk.post(&address, &json!({"state": state})).ok()["entry"]["state"], state);
        assert_eq!(clerk.get("/api/queue").ok()["entries"][0]["state"], state);
    }
    assert_eq!(clerk.post(&address, &json!({"state": "gone"})).refusal().0, 400);
    assert_eq!(clerk.post("/api/queue/x", &json!({"state": "done"})).refusal().0, 404);
}

pub fn what_is_older_than_the_clinic_says_is_forgotten(place: Places) {
    let mut nation = Nation::new();
    let place = place(&nation);
    let running = Running::first(&nation, &place);
    let clerk = running.clerk("Quầy 1");
    let check = clerk.check(&nation.code_of(1));
    line_up(&clerk, &check);
    let address = format!("/api/checks/{}", id(&check));
    clerk.post(&format!("{address}/face"), &json!({"result": "matches"})).ok();
    running.clock.pass(30 * 86_400);
    running.another(&nation, &place).desk.stop();
    let clerk = running.clerk("Quầy 1");
    assert_eq!(clerk.get(&address).ok()["face"]["result"], "matches", "thirty days are kept");
    running.clock.pass(1);
    let other = running.another(&nation, &place);
    let clerk = other.clerk("Quầy 1");
    for _ in 0..50 {
        if clerk.get(&address).status == 404 {
            assert_eq!(clerk.get("/api/day?date=2027-01-15").ok()["checks"], json!([]));
            return;
        }
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    unreachable!("the check is still there");
}

pub fn a_page_that_was_alone_hands_in_what_it_saw(place: Places) {
    let mut nation = Nation::new();
    let running = Running::first(&nation, &place(&nation));
    let clerk = running.clerk("Quầy 1");
    let answer = clerk.check(&nation.code_of(1))["answer"].clone();
    let handed = clerk.get("/api/offline");
    let known = handed.ok()["seen_recent"].clone();
    let bundle: OfflineBundle = serde_json::from_value(handed.ok()).unwrap();
    let alone = bundle.open().unwrap();
    assert!(alone.passed_over.is_empty());
    assert_eq!(alone.seen.len(), 1);
    let held = clerk.request(Method::GET, "/api/offline").header("if-none-match", &handed.headers["etag"]);
    assert_eq!(clerk.send(held).status, 304, "nothing new");
    assert_eq!(known.as_array().unwrap().len(), 1);
    let entry = |name: u8, key: Value| {
        let credential = if key.is_null() { Value::Null } else { json!(STANDARD.encode([name; 32])) };
        json!({"id": format!("offline-entry-{name:04}"), "key": key, "credential": credential,
               "keep_until": NOW.plus_seconds(180).to_string(), "at": NOW.to_string(), "answer": answer})
    };
    let mut compared = entry(1, json!(STANDARD.encode([1; 32])));
    compared["clerk"] = json!("Minh");
    compared["face"] = json!({"result": "differs", "clerk": "Minh", "at": NOW.minus_seconds(60).to_string()});
    let entries = json!({"entries": [compared.clone(), entry(2, known[0].clone()), entry(3, Value::Null)]});
    let results = clerk.post("/api/seen", &entries).ok();
    let seen: Vec<&str> = results["results"]
        .as_array()
        .unwrap()
        .iter()
        .map(|result| result["seen"].as_str().unwrap())
        .collect();
    assert_eq!(seen, ["first", "again", "not_checked"]);
    assert_eq!(clerk.post("/api/seen", &entries).ok(), results, "sent again, it changes nothing");
    assert_eq!(clerk.get("/api/day").ok()["checks"].as_array().unwrap().len(), 4);
    let kept = |name: u8| clerk.get(&format!("/api/checks/offline-entry-{name:04}")).ok();
    assert_eq!((&kept(1)["clerk"], &kept(1)["face"]), (&json!("Minh"), &compared["face"]), "as it was then");
    assert_eq!((&kept(2)["clerk"], &kept(2)["face"]), (&json!("Lan"), &Value::Null));
    let broken = json!({"entries": [entry(4, json!("AAAA"))]});
    assert_eq!(clerk.post("/api/seen", &broken).refusal(), (400, "malformed".into()));
}
