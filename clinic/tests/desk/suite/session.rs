//! Login and session.
use reqwest::{Method, RequestBuilder, StatusCode};
use sen_clinic::database::Place;
use sen_clinic::desk::set_password;
use serde_json::{Value, json};

use crate::counter::Running;
use crate::counter::document::document;
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
        let refused = every_call(|method, path, is_open| {
            if !is_open {
                let said = stranger
                    .send(with_body(stranger.request(method.clone(), path).header("x-sen-desk", "1")));
                assert_eq!(said.refusal(), (401, "no_session".into()), "{method} {path}");
            }
            !is_open
        });
        assert!(refused > 20, "{refused}");
    }
}

/// Every call that the description has, and whether a stranger may make it; the number of those that `tried` counts.
fn every_call(tried: impl Fn(&Method, &str, bool) -> bool) -> usize {
    let mut counted = 0;
    for (path, calls) in document()["paths"].as_object().unwrap() {
        for (method, call) in calls.as_object().unwrap() {
            let method = Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
            let is_open = call["security"] == json!([]);
            counted += usize::from(tried(&method, &path.replace("{id}", "x"), is_open));
        }
    }
    counted
}

fn with_body(request: RequestBuilder) -> RequestBuilder {
    request.header("content-type", "application/json").body("{}")
}

pub fn a_change_needs_the_header_of_our_page(place: Places) {
    let nation = Nation::new();
    let running = Running::first(&nation, &place(&nation));
    let clerk = running.clerk("Quầy 1");
    let refused = every_call(|method, path, _| {
        if *method != Method::GET {
            let said = clerk.send(with_body(clerk.request(method.clone(), path)));
            assert_eq!(said.refusal(), (403, "header_missing".into()), "{method} {path}");
        }
        *method != Method::GET
    });
    assert!(refused > 8, "{refused}");
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
