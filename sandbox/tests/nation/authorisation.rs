//! A document that the person agrees to in a browser, and every way in which a code comes to nothing.
use serde_json::json;

use crate::asking::at_level_2;
use crate::device::{Device, Key, NUMBER, PHONE};
use crate::issuance::{proof, request};
use crate::world::{Answer, World, clock};

const RETURN: &str = "http://127.0.0.1:49152/returned";
/// RFC 7636, appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// Pushes a good request with some fields replaced.
fn push(world: &World, replaced: &[(&str, &str)]) -> Answer {
    let mut fields = vec![
        ("response_type", "code"),
        ("client_id", "app"),
        ("redirect_uri", RETURN),
        ("state", "s1"),
        ("scope", "residence_sd_jwt"),
        ("code_challenge", CHALLENGE),
        ("code_challenge_method", "S256"),
    ];
    for (name, value) in replaced {
        fields.retain(|(field, _)| field != name);
        fields.push((name, value));
    }
    world.post_form("/par", &fields)
}

fn pushed(world: &World) -> String {
    let answer = push(world, &[]);
    assert_eq!(answer.status, 201);
    answer.text("request_uri")
}

fn open(world: &World, client: &str, request_uri: &str) -> Answer {
    world.get_json(&format!("/authorize?client_id={client}&request_uri={request_uri}"))
}

/// What the person types, sent by a program: its refusals come as JSON.
fn typed(world: &World, fields: &[(&str, &str)]) -> Answer {
    world.post_form_with("/authorize", fields, &[("accept", "application/json")])
}

fn page(answer: &Answer) -> String {
    assert!(
        answer
            .headers
            .get("content-security-policy")
            .unwrap()
            .to_str()
            .unwrap()
            .contains("frame-ancestors 'none'")
    );
    String::from_utf8(answer.body.clone()).unwrap()
}

/// The visit's name, once the person has typed the number.
fn logged_in(world: &World) -> String {
    let request_uri = pushed(world);
    let shown = page(&open(world, "app", &request_uri));
    assert!(shown.contains("<b>app</b>") && shown.contains("Residence"), "{shown}");
    let visit = request_uri.rsplit(':').next().unwrap().to_owned();
    assert!(shown.contains(&visit));
    let next = typed(world, &[("visit", &visit), ("number", NUMBER)]);
    assert!(page(&next).contains("one-time-code"));
    visit
}

fn answer(world: &World, visit: &str, code: &str) -> Answer {
    typed(world, &[("visit", visit), ("code", code), ("answer", "yes")])
}

/// Where the browser is sent: its parameters.
fn returned(answer: &Answer) -> Vec<(String, String)> {
    assert_eq!(answer.status, 303);
    let to = url::Url::parse(answer.headers.get("location").unwrap().to_str().unwrap()).unwrap();
    assert!(to.as_str().starts_with(RETURN), "{to}");
    to.query_pairs().into_owned().collect()
}

/// A code that the person has given.
fn code(world: &World) -> String {
    let visit = logged_in(world);
    let parameters = returned(&answer(world, &visit, &world.code(PHONE)));
    let [(name, code), (_, state), (_, issuer)] = parameters.as_slice() else { panic!("{parameters:?}") };
    assert_eq!((name.as_str(), state.as_str(), issuer), ("code", "s1", &world.url));
    code.clone()
}

fn exchange(world: &World, code: &str, replaced: &[(&str, &str)]) -> Answer {
    let mut fields = vec![
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", RETURN),
        ("code_verifier", VERIFIER),
        ("client_id", "app"),
    ];
    for (name, value) in replaced {
        fields.retain(|(field, _)| field != name);
        fields.push((name, value));
    }
    world.post_form("/token", &fields)
}

#[test]
fn the_person_agrees_and_the_document_comes_for_the_client_that_asked() {
    let world = World::start(clock!());
    at_level_2(&world);
    let token = exchange(&world, &code(&world), &[]).text("access_token");
    let key = Key::generate();
    let ask = |members| {
        let body = request("residence_sd_jwt", &[proof(&world, &key, &members)]);
        world.post_as("/credential", &token, &body)
    };
    assert_eq!(ask(json!({})).refusal(), "invalid_proof");
    assert_eq!(ask(json!({"iss": "another"})).refusal(), "invalid_proof");
    assert_eq!(ask(json!({"iss": "app"})).done()["credentials"].as_array().unwrap().len(), 1);
}

#[test]
fn a_code_is_exchanged_once_in_time_by_whom_it_was_given_to() {
    let world = World::start(clock!());
    at_level_2(&world);
    for wrong in [
        ("code_verifier", "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXK"),
        ("redirect_uri", "http://127.0.0.1:49153/returned"),
        ("client_id", "another"),
    ] {
        let code = code(&world);
        assert_eq!(exchange(&world, &code, &[wrong]).refusal(), "invalid_grant", "{wrong:?}");
        assert_eq!(exchange(&world, &code, &[]).refusal(), "invalid_grant", "spent by the wrong attempt");
    }
    let late = code(&world);
    world.pass(60);
    assert_eq!(exchange(&world, &late, &[]).refusal(), "invalid_grant");
    let twice = code(&world);
    exchange(&world, &twice, &[]).done();
    assert_eq!(exchange(&world, &twice, &[]).refusal(), "invalid_grant");
    assert_eq!(exchange(&world, "x", &[]).refusal(), "invalid_grant");
}

#[test]
fn refuses_requests_without_pkce_for_several_documents_or_to_elsewhere() {
    let world = World::start(clock!());
    for (field, value, refusal) in [
        ("response_type", "token", "unsupported_response_type"),
        ("code_challenge_method", "plain", "invalid_request"),
        ("code_challenge", "short", "invalid_request"),
        ("scope", "residence_sd_jwt citizen_sd_jwt", "invalid_scope"),
        ("scope", "nothing", "invalid_scope"),
        ("redirect_uri", "https://127.0.0.1:49152/returned", "invalid_request"),
        ("redirect_uri", "http://localhost:49152/returned", "invalid_request"),
        ("redirect_uri", "http://198.51.100.1:49152/returned", "invalid_request"),
        ("redirect_uri", "http://127.0.0.1/returned", "invalid_request"),
        ("redirect_uri", "http://127.0.0.1:49152/returned?a=b", "invalid_request"),
        ("redirect_uri", "javascript:alert(1)", "invalid_request"),
        ("redirect_uri", "vn.sen.app:/elsewhere", "invalid_request"),
        ("redirect_uri", "another.app:/authorised", "invalid_request"),
        ("state", "", "invalid_request"),
    ] {
        assert_eq!(push(&world, &[(field, value)]).refusal(), refusal, "{field}={value}");
    }
    let request_uri = pushed(&world);
    assert_eq!(open(&world, "another", &request_uri).refusal(), "request_unknown");
    assert_eq!(open(&world, "app", "urn:x").refusal(), "request_unknown");
    world.pass(60);
    assert_eq!(open(&world, "app", &request_uri).refusal(), "request_unknown");
}

#[test]
fn the_browser_of_an_iphone_returns_to_the_apps_own_scheme() {
    let world = World::start(clock!());
    let request_uri = push(&world, &[("redirect_uri", "vn.sen.app:/authorised")]).text("request_uri");
    let shown = open(&world, "app", &request_uri);
    // Browsers hold the redirect after a form against this, too.
    let policy = shown.headers.get("content-security-policy").unwrap().to_str().unwrap();
    assert!(policy.contains("form-action 'self' http://127.0.0.1:* vn.sen.app:;"), "{policy}");
    let visit = request_uri.rsplit(':').next().unwrap().to_owned();
    let answer = typed(&world, &[("visit", &visit), ("answer", "no")]);
    let to = answer.headers.get("location").unwrap().to_str().unwrap();
    assert!(to.starts_with("vn.sen.app:/authorised?error=access_denied&state=s1&iss="), "{to}");
}

#[test]
fn a_no_is_final_and_a_wrong_code_is_tried_five_times() {
    let world = World::start(clock!());
    at_level_2(&world);
    let visit = logged_in(&world);
    let no = typed(&world, &[("visit", &visit), ("answer", "no")]);
    assert_eq!(returned(&no)[0], ("error".to_owned(), "access_denied".to_owned()));
    assert_eq!(answer(&world, &visit, &world.code(PHONE)).refusal(), "request_unknown");
    let visit = logged_in(&world);
    let right = world.code(PHONE);
    for _ in 0..4 {
        assert_eq!(answer(&world, &visit, "x").status, 403);
    }
    assert_eq!(answer(&world, &visit, "x").refusal(), "request_unknown");
    assert_eq!(answer(&world, &visit, &right).refusal(), "request_unknown");
}

#[test]
fn nobody_below_level_2_agrees_and_a_strangers_number_looks_the_same() {
    let world = World::start(clock!());
    let pages = |world: &World| {
        let request_uri = pushed(world);
        open(world, "app", &request_uri);
        let visit = request_uri.rsplit(':').next().unwrap().to_owned();
        let shown = page(&typed(world, &[("visit", &visit), ("number", NUMBER)]));
        (visit.clone(), shown.replace(&visit, ""))
    };
    let (_, nobody) = pages(&world);
    Device::at_level_1(&world);
    let (visit, level_1) = pages(&world);
    assert_eq!(nobody, level_1);
    assert!(world.newest_message(PHONE).contains("level 2"));
    assert_eq!(answer(&world, &visit, &world.code(PHONE)).status, 403);
}

#[test]
fn five_codes_an_hour_go_to_a_phone() {
    let world = World::start(clock!());
    at_level_2(&world);
    for _ in 0..5 {
        logged_in(&world);
    }
    let request_uri = pushed(&world);
    open(&world, "app", &request_uri);
    let visit = request_uri.rsplit(':').next().unwrap();
    let sixth = || typed(&world, &[("visit", visit), ("number", NUMBER)]);
    assert_eq!(sixth().refusal(), "too_many_attempts");
    world.pass(3600);
    logged_in(&world);
}

#[test]
fn the_sixth_code_tells_nobody_who_has_an_account() {
    let world = World::start(clock!());
    let mut locked = Device::at_level_2(&world);
    locked.ask(&world, "/account/lock", "lock", &json!({})).done();
    let asked = |number: &str| {
        let request_uri = pushed(&world);
        open(&world, "app", &request_uri);
        let visit = request_uri.rsplit(':').next().unwrap();
        typed(&world, &[("visit", visit), ("number", number)])
    };
    let stranger = "000199999999";
    for number in [NUMBER, stranger] {
        for _ in 0..5 {
            assert_eq!(asked(number).status, 200);
        }
    }
    let sixth = [NUMBER, stranger].map(|number| {
        let answer = asked(number);
        (answer.status, answer.refusal(), answer.headers.get("retry-after").cloned(), answer.body)
    });
    assert_eq!((sixth[0].0, sixth[0].1.as_str()), (403, "too_many_attempts"));
    assert_eq!(sixth[0], sixth[1]);
    assert_eq!(asked("000199999998").status, 200, "another number");
}

/// What a person in a browser reads: words in both languages, nothing to go to.
fn told(answer: &Answer, status: u16, vietnamese: &str, english: &str) {
    assert_eq!(answer.status, status);
    assert_eq!(answer.headers.get("location"), None);
    assert!(answer.headers.get("content-type").unwrap().to_str().unwrap().starts_with("text/html"));
    let shown = page(answer);
    assert!(shown.contains(vietnamese) && shown.contains(english), "{shown}");
}

#[test]
fn a_person_is_told_a_refusal_in_words_and_sent_nowhere() {
    let world = World::start(clock!());
    at_level_2(&world);
    let unknown = |answer: &Answer| told(answer, 400, "Yêu cầu này không có", "begin again");
    let elsewhere = "client_id=app&redirect_uri=https%3A%2F%2Felsewhere.example%2F";
    for query in ["", "?client_id=app", &format!("?{elsewhere}"), &format!("?{elsewhere}&request_uri=urn:x")]
    {
        unknown(&world.get(&format!("/authorize{query}")));
    }
    let request_uri = pushed(&world);
    unknown(&world.get(&format!("/authorize?client_id=another&request_uri={request_uri}")));
    let typed = |fields: &[(&str, &str)]| world.post_form("/authorize", fields);
    unknown(&typed(&[("visit", "x"), ("number", NUMBER), ("redirect_uri", "https://elsewhere.example/")]));
    unknown(&typed(&[("visit", "x"), ("answer", "no")]));
    told(&typed(&[("number", NUMBER)]), 400, "mở sai cách", "not the form");
    // A page of the app's own words still comes as one, and goes back to the app alone.
    let visit = logged_in(&world);
    assert_eq!(returned(&typed(&[("visit", &visit), ("answer", "no")]))[0].1, "access_denied");
    for _ in 0..4 {
        logged_in(&world);
    }
    let request_uri = pushed(&world);
    open(&world, "app", &request_uri);
    let visit = request_uri.rsplit(':').next().unwrap();
    let sixth = typed(&[("visit", visit), ("number", NUMBER)]);
    told(&sixth, 403, "chờ một giờ", "too many codes");
    assert_eq!(sixth.headers.get("retry-after").unwrap(), "3600");
}
