//! A server that has too much to do: `sen` waits as long as it asks, within reason, and says so.
#[path = "../../../core/holder/tests/doubles/server.rs"]
#[allow(dead_code, unreachable_pub)]
mod server;

use std::time::{Duration, Instant};

use serde_json::json;
use server::{Reply, Server};

use crate::sen::{Home, Ran};

/// Opens an account at a provider that first says this and then knows no such address; how long that took.
async fn open(status: u16, header: (&'static str, &str)) -> (Ran, Duration) {
    let server = Server::start(|_, _| Some(Reply::error(404, &json!({})))).await;
    server.line().instead.push(Reply::error(status, &json!({})).with(header.0, header.1));
    let home = Home::new();
    let roots = home.path("roots.pem");
    std::fs::write(&roots, &server.roots_pem).unwrap();
    let url = server.url.clone();
    let ran = tokio::task::spawn_blocking(move || {
        let begun = Instant::now();
        let who = ["--number", "000199012345", "--phone", "0900012345", "--json"];
        let words = ["account", "open", "--provider", &url, "--roots", &roots];
        (home.run(&[&words[..], &who].concat()), begun.elapsed())
    });
    ran.await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn says_that_it_waits_for_a_busy_server_and_how_long() {
    for status in [429, 503] {
        let (ran, took) = open(status, ("retry-after", "2")).await;
        assert!(ran.stderr.contains("the server is busy, trying again in 2 s ...\n"), "{ran:?}");
        assert!(took >= Duration::from_secs(2), "{took:?}");
        // It was asked again, and what it said then is the answer.
        assert!(ran.json()["error"]["message"].as_str().unwrap().contains("404"), "{ran:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn does_not_wait_for_an_hour_but_says_when_to_come_back() {
    let (ran, took) = open(429, ("retry-after", "3600")).await;
    let answer = ran.exits(3);
    assert_eq!(answer["error"]["message"], "the server is busy: try again in 3600 s");
    assert!(!ran.stderr.contains("trying again"), "{ran:?}");
    assert!(took < Duration::from_mins(1), "{took:?}");
}
