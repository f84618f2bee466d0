//! The demonstration that stays: a sandbox, and a clinic desk that can ask the insurance portal.
use std::io::{Read, Write};
use std::net::TcpStream;

use serde_json::Value;

use crate::sen::Home;

/// One call by hand; gives head and body.
fn call(desk: &str, request: &str, headers: &str, body: &str) -> (String, String) {
    let host = desk.strip_prefix("http://").unwrap();
    let length = body.len();
    let mut stream = TcpStream::connect(host).unwrap();
    write!(stream, "{request} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nX-Sen-Desk: 1\r\n{headers}")
        .unwrap();
    write!(stream, "Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n{body}").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    (head.to_owned(), body.to_owned())
}

#[test]
fn the_demo_leaves_a_desk_that_can_ask_the_insurance_portal() {
    let home = Home::new();
    let (_running, demo) = home.serve(&["demo", "--serve", "--json"]);
    assert_eq!(demo["clinic"]["verdict"], "accepted");
    let desk = demo["desk"]["url"].as_str().unwrap();
    let login = serde_json::json!({"password": demo["desk"]["password"]}).to_string();
    let (head, _) = call(desk, "POST /api/session", "", &login);
    assert!(head.starts_with("HTTP/1.1 204"), "{head}");
    let cookie = head.lines().find_map(|line| line.strip_prefix("set-cookie: ")).unwrap();
    let cookie = format!("Cookie: {}\r\n", cookie.split(';').next().unwrap());
    let ask = |request: &str, body: &str| -> Value {
        serde_json::from_str(&call(desk, request, &cookie, body).1).unwrap()
    };
    let state = ask("GET /api/state", "");
    assert_eq!(state["lookup"], "configured");
    // The page's own verifier is taken from where its build puts it.
    let target = std::path::Path::new(env!("CARGO_BIN_EXE_sen")).ancestors().nth(2).unwrap();
    assert_eq!(state["web"], target.join("web/sen_verifier.js").is_file());
    let scanned = serde_json::json!({"text": demo["presentation"]["text"]}).to_string();
    let check = ask("POST /api/checks", &scanned);
    assert_eq!(check["answer"]["verdict"], "accepted");
    let told = ask(&format!("POST /api/checks/{}/entitlement", check["id"].as_str().unwrap()), "{}");
    assert_eq!(told["result"], "entitled");
}
