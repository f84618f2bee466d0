//! Checks and the seen-list.
use sen_clinic::database::Place;
use serde_json::{Value, json};

use crate::counter::nation::Nation;
use crate::counter::nation::world::NOW;
use crate::counter::{Running, verdict};

type Places = fn(&Nation) -> Place;

pub fn a_genuine_code_is_accepted_once(place: Places) {
    let mut nation = Nation::new();
    let running = Running::first(&nation, &place(&nation));
    let clerk = running.clerk("Quầy 1");
    let code = nation.code_of(1);
    let check = clerk.check(&code);
    assert_eq!(verdict(&check), "accepted");
    assert_eq!(check["answer"]["replay"], "first_seen");
    assert_eq!(check["answer"]["claims"]["personal_number"], "000199012345");
    let kept = clerk.get(&format!("/api/checks/{}", check["id"].as_str().unwrap())).ok();
    assert_eq!(kept["answer"], check["answer"]);
    assert_eq!((&kept["desk"], &kept["clerk"]), (&json!("Quầy 1"), &json!("Lan")));
    let again = clerk.check(&code);
    assert_eq!(verdict(&again), "refused replayed");
    assert!(again["answer"]["claims"].is_null());
    assert_eq!(again["answer"]["replay"], "seen");
    assert_eq!(clerk.verdict("0123"), "refused malformed");
}

pub fn of_two_desks_that_race_on_one_code_exactly_one_accepts(place: Places) {
    let mut nation = Nation::new();
    let place = place(&nation);
    let first = Running::first(&nation, &place);
    let second = first.another(&nation, &place);
    let codes: Vec<String> = (0..20).map(|holder| nation.code_of(holder)).collect();
    let verdicts: Vec<Vec<String>> = std::thread::scope(|scope| {
        let desks = [(&first, "Quầy 1"), (&second, "Quầy 2"), (&first, "Quầy 3"), (&second, "Quầy 4")];
        let racers: Vec<_> = desks
            .map(|(running, counter)| {
                let clerk = running.clerk(counter);
                let codes = &codes;
                scope.spawn(move || codes.iter().map(|code| clerk.verdict(code)).collect())
            })
            .into_iter()
            .collect();
        racers.into_iter().map(|racer| racer.join().unwrap()).collect()
    });
    for code in 0..codes.len() {
        let mut of_code: Vec<&str> = verdicts.iter().map(|desk| desk[code].as_str()).collect();
        of_code.sort_unstable();
        assert_eq!(of_code, ["accepted", "refused replayed", "refused replayed", "refused replayed"]);
    }
}

pub fn the_same_card_at_another_counter_within_the_hour_is_a_warning(place: Places) {
    let mut nation = Nation::new();
    let place = place(&nation);
    let running = Running::first(&nation, &place);
    let other = running.another(&nation, &place);
    let sd_cwt = nation.world.sd_cwt();
    let mut code = |seconds: i64| {
        nation.world.presented_at = NOW.plus_seconds(seconds);
        presentation::frame::encode(&nation.world.present(&sd_cwt))
    };
    let (here, there) = (running.clerk("Quầy 1"), other.clerk("Quầy 2"));
    assert_eq!(here.verdict(&code(0)), "accepted");
    running.clock.pass(10);
    assert_eq!(here.verdict(&code(10)), "accepted", "the same counter");
    running.clock.pass(3590);
    assert_eq!(there.verdict(&code(3600)), "accepted seen_elsewhere");
    running.clock.pass(3601);
    assert_eq!(here.verdict(&code(7201)), "accepted", "more than an hour later");
}

pub fn a_restarted_desk_remembers_what_it_has_seen(place: Places) {
    let mut nation = Nation::new();
    let place = place(&nation);
    let running = Running::first(&nation, &place);
    let (code, clerk) = (nation.code_of(1), running.clerk("Quầy 1"));
    assert_eq!(clerk.verdict(&code), "accepted");
    let Running { desk, password, clock } = running;
    desk.stop();
    let first = Running { desk: crate::counter::start(&nation, &place, &clock), password, clock };
    assert!(first.desk.first_password().is_none());
    assert_eq!(first.clerk("Quầy 1").verdict(&code), "refused replayed");
}

pub fn a_clock_a_day_behind_is_told(place: Places) {
    let mut nation = Nation::new();
    let running = Running::first(&nation, &place(&nation));
    let clerk = running.clerk("Quầy 1");
    let state = clerk.get("/api/state").ok();
    assert_eq!((&state["clock"], &state["online"]), (&json!("ok"), &Value::Null), "nobody fetches here");
    running.clock.pass(-86_400);
    nation.world.presented_at = NOW.minus_seconds(86_400);
    assert_eq!(clerk.get("/api/state").ok()["clock"], "suspect");
    let found = clerk.verdict(&nation.code_of(1));
    assert!(found.starts_with("unsure") && found.contains("clock_suspect"), "{found}");
}

pub fn lists_that_are_a_day_old_leave_the_decision_to_a_person(place: Places) {
    let mut nation = Nation::new();
    nation.world.statuses.expires = NOW.plus_seconds(10 * 86_400);
    nation.publish();
    let running = Running::first(&nation, &place(&nation));
    running.clock.pass(86_400 - 360);
    let clerk = running.clerk("Quầy 1");
    nation.world.credential.exp = NOW.plus_seconds(10 * 86_400);
    nation.world.presented_at = NOW.plus_seconds(86_400 - 360);
    assert_eq!(clerk.verdict(&nation.code_of(1)), "accepted");
    running.clock.pass(120);
    nation.world.presented_at = NOW.plus_seconds(86_400 - 240);
    assert_eq!(clerk.verdict(&nation.code_of(2)), "unsure status_old");
    assert!(clerk.get("/api/state").ok()["status_age_seconds"].as_i64().unwrap() > 86_400);
}

pub fn a_scan_counts_from_its_first_character(place: Places) {
    let mut nation = Nation::new();
    let running = Running::first(&nation, &place(&nation));
    let clerk = running.clerk("Quầy 1");
    nation.world.presented_at = NOW.minus_seconds(70);
    let scan = |body| clerk.post("/api/checks", &body);
    let code = nation.code_of(1);
    assert_eq!(verdict(&scan(json!({"text": code})).ok()), "refused stale");
    let slow = scan(json!({"text": code, "duration_ms": 12_000})).ok();
    assert_eq!(verdict(&slow), "accepted");
    assert_eq!(slow["received_at"], NOW.minus_seconds(12).to_string());
    let timed = json!({"text": nation.code_of(2), "received_at": NOW.minus_seconds(20).to_string()});
    assert_eq!(verdict(&scan(timed).ok()), "accepted");
    let long_ago = json!({"text": code, "received_at": NOW.minus_seconds(61).to_string()});
    assert_eq!(scan(long_ago).refusal(), (400, "malformed".into()));
    let later = json!({"text": nation.code_of(3), "received_at": NOW.plus_seconds(61).to_string()});
    assert_eq!(scan(later).ok()["received_at"], NOW.to_string(), "never after now");
}
