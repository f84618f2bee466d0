//! The lists that a desk decides with and hands to its page: read, fetched, and never older than before.
use std::fs;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::{Method, StatusCode};
use sen_clinic::database::Database;
use sen_clinic::desk::{DeskConfig, RunningDesk};
use serde_json::Value;
use tokio::runtime::Runtime;
use verifier::offline::OfflineBundle;

use crate::counter::nation::Nation;
use crate::counter::nation::world::NOW;
use crate::counter::{Clerk, Running, TestClock, config, file};
use crate::provider::Provider;

/// Waits until the desk's state says so, ten seconds at most.
fn wait(clerk: &Clerk, what: &str, said: impl Fn(&Value) -> bool) {
    for _ in 0..100 {
        if said(&clerk.get("/api/state").ok()) {
            return;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    unreachable!("not within ten seconds: {what}");
}

/// A desk that fetches, started now.
fn fetching(provider: &Provider) -> (Running, Clerk) {
    let (clock, place) = (TestClock::new(), file(&provider.nation));
    let fetcher = Some(provider.fetcher());
    let desk = RunningDesk::start(DeskConfig { fetcher, ..config(&provider.nation, place, &clock) }).unwrap();
    let password = desk.first_password().unwrap().to_owned();
    let running = Running { desk, password, clock };
    let clerk = running.clerk("Quầy 1");
    (running, clerk)
}

fn bundle(clerk: &Clerk) -> OfflineBundle {
    serde_json::from_value(clerk.get("/api/offline").ok()).unwrap()
}

#[test]
fn a_desk_fetches_what_is_newer_although_one_list_is_not_believed() {
    let runtime = Runtime::new().unwrap();
    let mut provider = runtime.block_on(Provider::new());
    provider.put_list("/status/8", "s:8", NOW, false);
    let folder = provider.nation.folder.clone();
    fs::write(folder.join("status/8.cwt"), b"none yet").unwrap();
    provider.put("/status/7", b"no list".to_vec());
    provider.nation.world.list.sequence += 1;
    provider.put_trust_list(&provider.nation.world.root);
    let held = fs::read(folder.join("trust/trust-list.cwt")).unwrap();
    let (_running, clerk) = fetching(&provider);
    wait(&clerk, "online", |state| state["online"] == true);
    assert_ne!(fs::read(folder.join("trust/trust-list.cwt")).unwrap(), held);
    assert_ne!(fs::read(folder.join("status/8.cwt")).unwrap(), b"none yet");
    let asked = provider.asked();
    assert!(asked.contains(&"/status/7 200".to_owned()), "{asked:?}");
    assert!(asked.contains(&"/status/national/snapshot 404".to_owned()), "{asked:?}");
    assert_eq!(clerk.get("/api/state").ok()["rollback"], false);
}

#[test]
fn a_provider_that_offers_something_older_is_told_until_it_offers_no_more() {
    let runtime = Runtime::new().unwrap();
    let mut provider = runtime.block_on(Provider::new());
    provider.nation.world.list.sequence = 3;
    provider.nation.publish();
    provider.nation.world.list.sequence = 2;
    provider.put_trust_list(&provider.nation.world.root);
    let (_running, clerk) = fetching(&provider);
    wait(&clerk, "rollback", |state| state["rollback"] == true);
    assert_eq!(clerk.verdict(&provider.nation.code_of(1)), "unsure rollback");
    assert!(bundle(&clerk).policy.rollback);
    provider.nation.world.list.sequence = 3;
    provider.put_trust_list(&provider.nation.world.root);
    let (_running, clerk) = fetching(&provider);
    wait(&clerk, "online", |state| state["online"] == true);
    assert_eq!(clerk.verdict(&provider.nation.code_of(2)), "accepted");
}

#[test]
fn a_page_gets_the_lists_that_the_desk_decides_with_after_a_roll_back() {
    let mut nation = Nation::new();
    let place = file(&nation);
    nation.world.list.sequence = 2;
    nation.publish();
    let newer =
        ["trust/trust-list.cwt", "status/7.cwt"].map(|name| fs::read(nation.folder.join(name)).unwrap());
    let running = Running::first(&nation, &place);
    nation.world.list.sequence = 1;
    nation.world.statuses.issued = NOW.minus_seconds(900);
    nation.publish();
    let later = running.another(&nation, &place);
    let bundle = bundle(&later.clerk("Quầy 1"));
    assert_eq!(bundle.trust, STANDARD.encode(&newer[0]));
    assert_eq!(bundle.status.len(), 1);
    assert_eq!(bundle.status[0].token, STANDARD.encode(&newer[1]));
    assert!(bundle.policy.rollback && bundle.open().unwrap().passed_over.is_empty());
}

#[test]
fn a_bundle_has_one_version_until_lists_policy_or_counter_change() {
    let mut nation = Nation::new();
    let place = file(&nation);
    let running = Running::first(&nation, &place);
    let clerk = running.clerk("Quầy 1");
    let version = clerk.get("/api/offline").headers["etag"].clone();
    let ask = |clerk: &Clerk| {
        clerk.send(clerk.request(Method::GET, "/api/offline").header("if-none-match", &version)).status
    };
    clerk.check(&nation.code_of(1));
    running.clock.pass(5);
    assert_eq!(ask(&clerk), StatusCode::NOT_MODIFIED, "a check and the time change no list");
    assert_eq!(bundle(&clerk).seen_recent.len(), 1);
    assert_eq!(clerk.get("/api/seen").ok()["entries"][0]["key"], bundle(&clerk).seen_recent[0].as_str());
    assert_eq!(ask(&running.clerk("Quầy 2")), StatusCode::OK, "another counter");
    nation.world.statuses.issued = NOW.minus_seconds(200);
    nation.publish();
    assert_eq!(ask(&running.another(&nation, &place).clerk("Quầy 1")), StatusCode::OK, "another list");
}

#[test]
fn lists_that_could_not_be_taken_in_are_tried_again() {
    let mut nation = Nation::new();
    let place = file(&nation);
    let running = Running::first(&nation, &place);
    let clerk = running.clerk("Quầy 1");
    let database = Database::open(&place).unwrap();
    let change = |statement| {
        database.run_blocking(move |statements| statements.execute(statement, &[])).unwrap();
    };
    change("ALTER TABLE newest RENAME TO broken");
    nation.world.list.issued = NOW.minus_seconds(60);
    nation.publish();
    // Longer than between two looks: the desk has tried, in vain.
    std::thread::sleep(Duration::from_secs(7));
    assert_eq!(clerk.get("/api/state").ok()["trust_age_seconds"], 3600);
    change("ALTER TABLE broken RENAME TO newest");
    wait(&clerk, "the new list", |state| state["trust_age_seconds"] == 60);
}
