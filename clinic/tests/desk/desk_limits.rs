//! The desk's description, its headers, its limits, and what it never says.
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use boon::{Compiler, Schemas};
use presentation::qr;
use reqwest::Method;
use serde_json::{Value, json};

use crate::counter::nation::Nation;
use crate::counter::{Clerk, Running, document, file};

fn desk(nation: &Nation) -> (Running, Clerk) {
    let running = Running::first(nation, &file(nation));
    let clerk = running.clerk("Quầy 1");
    (running, clerk)
}

/// Every schema and reference of the document holds together.
#[test]
fn the_description_is_whole() {
    let document = document::document();
    assert_eq!(document["openapi"], "3.1.0");
    let mut compiler = Compiler::new();
    compiler.add_resource("https://document.invalid/openapi.json", document.clone()).unwrap();
    let mut schemas = Schemas::new();
    for name in document["components"]["schemas"].as_object().unwrap().keys() {
        let address = format!("https://document.invalid/openapi.json#/components/schemas/{name}");
        compiler.compile(&address, &mut schemas).unwrap();
    }
    let mut references = Vec::new();
    collect(&document, &mut references);
    assert!(!references.is_empty());
    for reference in references {
        assert!(document.pointer(reference.strip_prefix('#').unwrap()).is_some(), "{reference}");
    }
}

fn collect(value: &Value, references: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            references.extend(members.get("$ref").and_then(Value::as_str).map(str::to_owned));
            members.values().for_each(|member| collect(member, references));
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, references)),
        _ => {}
    }
}

#[test]
fn the_description_is_served_to_everybody() {
    let nation = Nation::new();
    let running = Running::first(&nation, &file(&nation));
    let stranger = running.stranger();
    assert_eq!(stranger.get("/api/openapi.json").ok(), document::document());
    let page = stranger.get("/api/docs");
    let page = String::from_utf8(page.body).unwrap();
    for (address, calls) in document::document()["paths"].as_object().unwrap() {
        assert!(page.contains(address.as_str()), "{address}");
        for parameter in calls.as_object().unwrap().values().filter_map(|call| call["parameters"].as_array())
        {
            for name in parameter.iter().filter_map(|parameter| parameter["name"].as_str()) {
                assert!(page.contains(&format!("&quot;name&quot;: &quot;{name}&quot;")), "{address} {name}");
            }
        }
    }
}

#[test]
fn every_answer_forbids_frames_foreign_scripts_and_caches() {
    let nation = Nation::new();
    let (_running, clerk) = desk(&nation);
    for path in ["/api/state", "/api/nowhere", "/api/docs"] {
        let headers = clerk.get(path).headers;
        let policy = headers["content-security-policy"].to_str().unwrap();
        for rule in ["default-src 'self'", "frame-ancestors 'none'", "script-src 'self' 'wasm-unsafe-eval'"] {
            assert!(policy.contains(rule), "{path}: {rule}");
        }
        assert_eq!(headers["cache-control"], "no-store", "{path}");
        assert_eq!(headers["x-content-type-options"], "nosniff", "{path}");
        assert_eq!(headers["referrer-policy"], "no-referrer", "{path}");
        assert!(headers.get("access-control-allow-origin").is_none(), "no other page may read it");
    }
}

#[test]
fn the_cookie_is_for_this_site_and_no_script() {
    let nation = Nation::new();
    let running = Running::first(&nation, &file(&nation));
    let answered = running.stranger().post("/api/session", &json!({"password": running.password}));
    let cookie = answered.headers["set-cookie"].to_str().unwrap();
    for word in ["HttpOnly", "SameSite=Strict", "Path=/", "Max-Age=43200"] {
        assert!(cookie.contains(word), "{word}");
    }
}

#[test]
fn bodies_are_bounded_and_of_the_announced_type() {
    let nation = Nation::new();
    let (_running, clerk) = desk(&nation);
    let long = clerk.post("/api/checks", &json!({"text": "7".repeat(16 * 1024 + 1)}));
    assert_eq!(long.refusal(), (413, "too_large".into()));
    let larger = clerk.post("/api/checks", &json!({"text": "7".repeat(1 << 20)}));
    assert_eq!(larger.refusal(), (413, "too_large".into()));
    let form = clerk.request(Method::POST, "/api/checks").header("x-sen-desk", "1");
    let form = clerk.send(form.header("content-type", "text/plain").body("{\"text\":\"1\"}"));
    assert_eq!(form.refusal(), (415, "media_type".into()));
    assert_eq!(
        clerk.post("/api/checks", &json!({"text": "1", "more": 1})).refusal(),
        (400, "malformed".into())
    );
    assert_eq!(clerk.post("/api/checks", &json!({"text": 1})).refusal(), (400, "malformed".into()));
    assert_eq!(clerk.get("/api/queue/x").refusal(), (405, "method_not_allowed".into()));
    assert_eq!(clerk.get("/api/day?when=now").refusal(), (400, "malformed".into()));
}

#[test]
fn a_picture_is_read_and_one_without_a_code_is_told() {
    let mut nation = Nation::new();
    let (_running, clerk) = desk(&nation);
    let picture = |bytes: Vec<u8>| {
        let request = clerk.request(Method::POST, "/api/checks/picture").header("x-sen-desk", "1");
        clerk.send(request.header("content-type", "image/png").body(bytes))
    };
    let matrix = qr::encode(&nation.code_of(1)).unwrap();
    let side = (matrix.size() + 8) * 5;
    let image = image::GrayImage::from_fn(side, side, |x, y| {
        let module = |at: u32| i32::try_from(at / 5).unwrap() - 4;
        image::Luma([if matrix.is_dark(module(x), module(y)) { 0 } else { 255 }])
    });
    let png = |image: image::GrayImage| {
        let mut png = std::io::Cursor::new(Vec::new());
        image.write_to(&mut png, image::ImageFormat::Png).unwrap();
        png.into_inner()
    };
    assert_eq!(picture(png(image)).ok()["answer"]["verdict"], "accepted");
    assert_eq!(picture(png(image::GrayImage::new(64, 64))).refusal(), (422, "no_code".into()));
    assert_eq!(picture(b"no picture".to_vec()).refusal(), (422, "picture_unreadable".into()));
    assert_eq!(picture(vec![0; (16 << 20) + 1]).refusal(), (413, "too_large".into()));
}

/// Whoever sends slowly is let go, and keeps nobody waiting meanwhile.
#[test]
fn slow_callers_keep_nobody_from_their_work() {
    let nation = Nation::new();
    let (running, clerk) = desk(&nation);
    let slow: Vec<TcpStream> = (0..300)
        .map(|_| {
            let mut stream = TcpStream::connect(running.desk.address()).unwrap();
            let head = "POST /api/checks HTTP/1.1\r\nHost: desk\r\nContent-Length: 100\r\n\r\n{";
            stream.write_all(head.as_bytes()).unwrap();
            stream
        })
        .collect();
    assert!(clerk.get("/api/state").status.is_success());
    let mut first = slow.into_iter().next().unwrap();
    first.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
    let mut answer = vec![0; 64];
    let length = first.read(&mut answer).unwrap();
    assert!(answer[..length].starts_with(b"HTTP/1.1 408"));
}

#[test]
fn pages_are_told_that_something_has_changed_and_not_what() {
    let mut nation = Nation::new();
    let (running, clerk) = desk(&nation);
    let mut stream = TcpStream::connect(running.desk.address()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    let cookie = clerk.cookie.clone().unwrap();
    write!(stream, "GET /api/events HTTP/1.1\r\nHost: desk\r\nCookie: {cookie}\r\n\r\n").unwrap();
    let mut heard = String::new();
    let mut hear = |wanted: &str| {
        let mut piece = [0; 1024];
        while !heard.contains(wanted) {
            let length = stream.read(&mut piece).unwrap();
            assert!(length > 0, "the stream ended");
            heard += std::str::from_utf8(&piece[..length]).unwrap();
        }
    };
    hear("text/event-stream");
    let check = clerk.check(&nation.code_of(1));
    hear("data: {\"kind\":\"check\"}\n\n");
    clerk.post("/api/queue", &json!({"check": check["id"]})).ok();
    hear("data: {\"kind\":\"queue\"}\n\n");
}
