//! Login and session.
use reqwest::{Method, StatusCode};
use sen_clinic::database::Place;
use sen_clinic::desk::set_password;
use serde_json::{Value, json};

use crate::counter::Running;
use crate::counter::nation::Nation;

type Places = fn(&Nation) -> Place;

fn wrong(password: &str) -> Value {
    json!({"password": password})
}

pub fn a_wrong_password_is_refused_and_slowed_down(place: Places) {
    let nation = Nation::new();
    let running = Running::first(&nation, &place(&nation));
    let stranger = running.stranger();
    for _ in 0..5 {
        let refused = stranger.post("/api/session", &wrong("0000-0000")).refusal();
        assert_eq!(refused, (401, "wrong_password".into()));
    }
    // Even the right one has to wait now.
    let slowed = stranger.post("/api/session", &wrong(&running.password));
    assert_eq!(slowed.refusal(), (429, "slow_down".into()));
    assert_eq!(slowed.headers["retry-after"], "2");
    running.clock.pass(2);
    running.clerk("Quầy 1");
}

pub fn nothing_is_told_without_a_session(place: Places) {
    let nation = Nation::new();
    let running = Running::first(&nation, &place(&nation));
    let mut stranger = running.stranger();
    for cookie in [None, Some("sen_desk=".to_owned()), Some(format!("sen_desk={}", "A".repeat(43)))] {
        stranger.cookie = cookie;
        for path in [
            "/api/session",
            "/api/state",
            "/api/day",
            "/api/queue",
            "/api/offline",
            "/api/events",
            "/api/checks/x",
        ] {
            assert_eq!(stranger.get(path).refusal(), (401, "no_session".into()), "{path}");
        }
        for path in [
            "/api/checks",
            "/api/checks/picture",
            "/api/checks/x/face",
            "/api/queue",
            "/api/queue/x",
            "/api/seen",
        ] {
            assert_eq!(stranger.post(path, &json!({})).refusal(), (401, "no_session".into()), "{path}");
        }
    }
}

pub fn a_change_needs_the_header_of_our_page(place: Places) {
    let nation = Nation::new();
    let running = Running::first(&nation, &place(&nation));
    let clerk = running.clerk("Quầy 1");
    for (method, path) in [
        (Method::POST, "/api/session"),
        (Method::DELETE, "/api/session"),
        (Method::POST, "/api/checks"),
        (Method::POST, "/api/queue"),
        (Method::POST, "/api/seen"),
    ] {
        let request = clerk.request(method, path).header("content-type", "application/json").body("{}");
        assert_eq!(clerk.send(request).refusal(), (403, "header_missing".into()), "{path}");
    }
    assert_eq!(clerk.get("/api/session").ok()["clerk"], "Lan");
}

pub fn a_session_ends_with_its_time_and_when_the_clerk_leaves(place: Places) {
    let nation = Nation::new();
    let running = Running::first(&nation, &place(&nation));
    let (early, late) = (running.clerk("Quầy 1"), running.clerk("Quầy 2"));
    let said = late.get("/api/session").ok();
    assert_eq!(said, json!({"desk": "Quầy 2", "clerk": "Lan", "facility": "79034"}));
    assert_eq!(early.delete("/api/session").status, StatusCode::NO_CONTENT);
    assert_eq!(early.get("/api/state").refusal().0, 401);
    running.clock.pass(12 * 3600 - 1);
    assert_eq!(late.get("/api/session").status, StatusCode::OK);
    running.clock.pass(1);
    assert_eq!(late.get("/api/session").refusal().0, 401);
}

pub fn a_new_password_ends_every_session(place: Places) {
    let nation = Nation::new();
    let place = place(&nation);
    let running = Running::first(&nation, &place);
    let clerk = running.clerk("Quầy 1");
    assert!(set_password(&place, Some("short".into())).is_err());
    let password = set_password(&place, None).unwrap();
    assert_eq!(running.stranger().post("/api/session", &wrong(&running.password)).refusal().0, 401);
    running.clock.pass(30);
    assert_eq!(clerk.get("/api/session").refusal().0, 401);
    running.stranger().log_in(&password, None, None);
}
