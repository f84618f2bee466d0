use serde_json::json;

use crate::device::{Device, NUMBER, PHONE};
use crate::world::{World, clock};

#[test]
fn the_first_page_says_what_to_try() {
    let world = World::start(clock!());
    let page = world.get("/");
    assert_eq!(page.headers.get("content-type").unwrap(), "text/html; charset=utf-8");
    let text = String::from_utf8(page.body).unwrap();
    for part in [&*world.url, "sen account open", "/mailbox", "/trust/root.pub", "/sandbox/death"] {
        assert!(text.contains(part), "{part}");
    }
}

#[test]
fn the_mailbox_is_a_page_or_json() {
    let world = World::start(clock!());
    Device::new().open(&world, NUMBER, PHONE).done();
    let code = world.code(PHONE);
    assert!(code.len() == 6 && code.bytes().all(|digit| digit.is_ascii_digit()));
    let page = String::from_utf8(world.get(&format!("/mailbox?phone={PHONE}")).body).unwrap();
    assert!(page.contains(&code));
    assert_eq!(world.newest_message("0900000001"), "");
    assert_eq!(world.get("/mailbox").refusal(), "invalid_request");
}

#[test]
fn the_log_has_the_code_and_no_person() {
    let world = World::start(clock!());
    Device::new().open(&world, NUMBER, PHONE).done();
    let log = std::fs::read_to_string(world.folder.join("sandbox.log")).unwrap();
    assert!(log.contains(&world.code(PHONE)), "{log}");
    for personal in [NUMBER, PHONE, "Ưu"] {
        assert!(!log.contains(personal), "{log}");
    }
}

#[test]
fn an_operator_names_persons_that_exist() {
    let world = World::start(clock!());
    let nobody = json!({"number": "000999999999", "matches": true, "reason": "authority"});
    for path in ["/sandbox/face-outcome", "/sandbox/death", "/sandbox/lock", "/sandbox/unlock"] {
        assert_eq!(world.post(path, &nobody).refusal(), "unknown_person", "{path}");
    }
    let reason = json!({"number": NUMBER, "reason": "weather"});
    assert_eq!(world.post("/sandbox/lock", &reason).refusal(), "invalid_request");
    assert_eq!(world.post("/sandbox/death", &json!({})).refusal(), "invalid_request");
}

#[test]
fn an_address_that_is_not_there_is_refused_in_json() {
    let world = World::start(clock!());
    assert_eq!(world.get("/nowhere").refusal(), "not_found");
    let wrong_method = world.get("/account/open");
    assert_eq!((wrong_method.status, wrong_method.refusal().as_str()), (405, "method_not_allowed"));
}

#[test]
fn a_body_beyond_the_limit_is_refused() {
    let world = World::start(clock!());
    let long = json!({"jws": "a".repeat(600 * 1024)}).to_string();
    let answer = world.post_text("/account/show", "application/json", &long);
    assert_eq!((answer.status, answer.refusal().as_str()), (413, "too_large"));
}

#[test]
fn the_services_are_described_as_openapi() {
    let world = World::start(clock!());
    let document = world.get("/openapi.json").done();
    assert_eq!((&document["openapi"], &document["servers"][0]["url"]), (&json!("3.1.0"), &json!(world.url)));
    let paths = document["paths"].as_object().unwrap();
    let body = &paths["/account/open"]["post"]["requestBody"]["content"]["application/json"]["schema"];
    let payload = &body["properties"]["jws"]["x-sen-payload"]["allOf"];
    assert_eq!(payload[0]["properties"]["op"]["enum"], json!(["open"]));
    assert_eq!(payload[2]["properties"]["phone"]["examples"], json!(["0900000002"]));
    // What is described is there: a call without what it needs is refused, and not as unknown.
    for (path, methods) in paths {
        let path = path.replace("{number}", "1").replace("{sequence}", "1");
        for method in methods.as_object().unwrap().keys() {
            let answer = if method == "get" { world.get(&path) } else { world.post(&path, &json!({})) };
            assert!(![405, 500].contains(&answer.status), "{method} {path}: {}", answer.status);
            if answer.status == 404 {
                assert_eq!(answer.refusal(), "state_unknown", "{path}");
            }
        }
    }
    let page = String::from_utf8(world.get("/api").body).unwrap();
    assert!(page.contains("hand_over_claim"));
}
