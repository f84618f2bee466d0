//! The card through the real PC/SC daemon and the virtual reader. `tests/run reader` starts the daemon.
#![cfg(feature = "reader")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]
mod sen;

use std::sync::Mutex;
use std::time::{Duration, Instant};

use sen::{CARD_B, Home, Ran, Running, card, csca};

/// The virtual reader has two slots. The daemon is slow to notice a card that follows a killed one, so each test that
/// puts a card in has a slot of its own.
const FIRST: (&str, &str) = ("Virtual PCD 00 00", "127.0.0.1:35963");
const SECOND: (&str, &str) = ("Virtual PCD 00 01", "127.0.0.1:35964");
/// The daemon serves one test at a time.
static TURN: Mutex<()> = Mutex::new(());

fn need_daemon() {
    assert!(
        std::env::var_os("SEN_PCSCD").is_some_and(|set| set == "1"),
        "this test needs pcscd and vsmartcard-vpcd: run `tests/run reader`, or start `pcscd -f` and set SEN_PCSCD=1"
    );
}

fn read(home: &Home, slot: (&str, &str), more: &[&str]) -> Ran {
    let csca = csca(CARD_B);
    let mut words = vec!["card", "read", "--reader", slot.0, "--csca", &csca, "--json"];
    words.extend(more);
    home.run(&words)
}

/// Puts the card into the reader; reads it until the daemon has noticed it.
fn insert(home: &Home, slot: (&str, &str)) -> Running {
    let running = home.start(&["card", "serve", &card(CARD_B), "--vpcd", slot.1]);
    let started = Instant::now();
    loop {
        let ran = read(home, slot, &["--can", "067891"]);
        if ran.status != 3 {
            return running;
        }
        assert!(started.elapsed() < Duration::from_secs(15), "the card never came: {ran:?}");
        std::thread::sleep(Duration::from_millis(200));
    }
}

#[test]
fn a_card_is_read_and_proven_through_the_daemon() {
    need_daemon();
    let _turn = TURN.lock();
    let home = Home::new();
    let _card = insert(&home, FIRST);
    let kept = home.path("kept");
    let report = read(&home, FIRST, &["--can", "067891", "--save", &kept]).exits(0);
    assert_eq!(report["personal_number"], "000204067891");
    for proof in ["passive_authentication", "active_authentication"] {
        assert_eq!(report[proof]["result"], "verified", "{proof}");
    }
    let chip = report["chip_authentication"]["result"].as_str().unwrap();
    assert!(["verified", "asserted_by_reader"].contains(&chip), "{chip}");
    println!("{} APDUs in {} ms", report["apdus"], report["milliseconds"]);
    for name in ["EF_COM", "EF_SOD", "EF_DG1", "EF_DG2", "EF_DG13", "EF_DG14", "EF_DG15"] {
        let read = std::fs::read(format!("{kept}/{name}.bin")).unwrap();
        let on_card = std::fs::read(format!("{}/{name}.bin", card(CARD_B))).unwrap();
        assert!(read == on_card, "{name}");
    }
    read(&home, FIRST, &["--can", "999999"]).fails(1, "card.wrong_access_key");
    let lines =
        "IDVNM2040678917000204067891<<7/0412317M2912316VNM<<<<<<<<<<<2/DANG<<QUOC<UU<<<<<<<<<<<<<<<<<";
    read(&home, FIRST, &["--mrz", lines]).exits(0);
}

#[test]
fn a_card_that_is_gone_is_said_in_one_line() {
    need_daemon();
    let _turn = TURN.lock();
    let home = Home::new();
    let card = insert(&home, SECOND);
    drop(card);
    let started = Instant::now();
    let ran = loop {
        let ran = read(&home, SECOND, &["--can", "067891"]);
        if ran.status != 0 || started.elapsed() > Duration::from_secs(15) {
            break ran;
        }
    };
    let error = ran.exits(3);
    let code = error.pointer("/error/code").unwrap().as_str().unwrap();
    assert!(["no_card", "card.tag_lost", "card.reader_unavailable"].contains(&code), "{ran:?}");
    read(&home, SECOND, &["--can", "067891"]).fails(3, "no_card");
}

#[test]
fn an_unknown_reader_is_answered_with_those_there_are() {
    need_daemon();
    let _turn = TURN.lock();
    let csca = csca(CARD_B);
    let ran = Home::new()
        .run(&["card", "read", "--reader", "no such", "--can", "067891", "--csca", &csca, "--json"]);
    ran.fails(3, "no_such_reader");
    assert!(ran.stderr.contains(FIRST.0), "{ran:?}");
}
