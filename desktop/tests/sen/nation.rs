//! A sandbox in a process of its own, and a person in it.
#![allow(clippy::indexing_slicing)]
use http_client::{Client, Limits, Request};
use serde_json::Value;

use super::{CARD_B, Home, Running, card, csca};

pub const NUMBER: &str = "000204067891";
pub const PHONE: &str = "0900000002";

/// The sandbox in a process of its own, and its addresses.
pub fn start(home: &Home) -> (Running, Value) {
    let (data, csca) = (home.path("nation"), csca(CARD_B));
    home.serve(&["sandbox", "serve", "--listen", "127.0.0.1:0", "--data", &data, "--csca", &csca, "--json"])
}

/// The newest one-time code.
pub fn mailbox(nation: &Value) -> String {
    let roots = std::fs::read(nation["roots"].as_str().unwrap()).unwrap();
    let address = format!("{}/mailbox?phone={PHONE}", nation["url"].as_str().unwrap());
    let fetch = async {
        let request = Request::get(&address).unwrap().header("accept", "application/json").unwrap();
        Client::new(&roots, Limits::default()).unwrap().fetch(request).await.unwrap().json().unwrap()
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let mailbox: Value = runtime.block_on(fetch);
    let text = mailbox.pointer("/messages/0/text").unwrap().as_str().unwrap();
    text.rsplit(' ').next().unwrap().to_owned()
}

/// The person's wallet at level 2, with the insurance card.
pub fn insure(home: &Home, nation: &Value) {
    let text = |name: &str| nation[name].as_str().unwrap().to_owned();
    let (url, roots, simulate) = (text("url"), text("roots"), card(CARD_B));
    let sen = |words: &[&str]| home.run(&[words, &["--json"]].concat()).exits(0);
    sen(&["account", "open", "--provider", &url, "--roots", &roots, "--number", NUMBER, "--phone", PHONE]);
    sen(&["account", "activate", "--code", &mailbox(nation)]);
    sen(&["account", "verify", "--simulate", &simulate, "--can", "067891"]);
    sen(&["credential", "obtain", "health-insurance"]);
}

/// What the sandbox's operator does.
pub fn post(nation: &Value, path: &str, body: &Value) {
    ask(nation, path, body);
}

/// The same, with the answer.
pub fn ask(nation: &Value, path: &str, body: &Value) -> Value {
    let roots = std::fs::read(nation["roots"].as_str().unwrap()).unwrap();
    let address = format!("{}{path}", nation["url"].as_str().unwrap());
    let send = async {
        let request = Request::post_json(&address, body).unwrap();
        Client::new(&roots, Limits::default()).unwrap().fetch(request).await.unwrap().json().unwrap()
    };
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(send)
}
