//! Two-way mode from desk to phone and back, and the animated code, with the real commands.
use std::time::Duration;

use crate::sen::Home;
use crate::sen::nation::{insure, start};

/// A file that another command is about to write.
fn appears(path: &str) {
    for _ in 0..200 {
        if std::path::Path::new(path).exists() {
            return;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    assert!(std::path::Path::new(path).exists(), "{path} was not written");
}

#[test]
fn a_desk_asks_a_phone_answers_and_the_answer_is_good_there_alone() {
    let home = Home::new();
    let (_sandbox, nation) = start(&home);
    insure(&home, &nation);
    let text = |name: &str| nation[name].as_str().unwrap().to_owned();
    let (roots, trust, status) = (text("roots"), text("trust"), text("status"));
    let register = format!("{}/sandbox/desk", text("url"));
    let (here, there) = (home.path("here"), home.path("there"));
    let enrol = |desk: &str, name: &str| {
        let words =
            ["clinic", "enrol", "--desk", desk, "--name", name, "--register", &register, "--roots", &roots];
        home.run(&[&words[..], &["--json"]].concat())
    };
    home.run(&["clinic", "ask", "--desk", &here, "--trust", &trust, "--json"]).fails(2, "desk_unnamed");
    enrol(&here, "Quầy 1").exits(0);
    enrol(&there, "Quầy 1").fails(1, "name_refused");
    enrol(&there, "Quầy 2").exits(0);

    let ask = |desk: &str, file: &str, more: &[&str]| {
        let words = [
            "clinic", "ask", "--desk", desk, "--trust", &trust, "--status", &status, "--text", file, "--json",
        ];
        let waiting = home.waiting(&[&words[..], more].concat());
        appears(file);
        waiting
    };
    let answer = |question: &str| {
        let shown = home.run(&["present", "qr", "--challenge", question, "--yes", "--json"]).exits(0);
        shown["text"].as_str().unwrap().to_owned()
    };
    let (plain, other, sealed) = (home.path("plain"), home.path("other"), home.path("sealed"));
    let (asked, elsewhere) = (ask(&here, &plain, &[]), ask(&there, &other, &[]));
    let captured = answer(&plain);
    let relayed = elsewhere.given(&captured).exits(1);
    assert_eq!(relayed["reasons"], serde_json::json!(["stale", "wrong_audience"]));
    let decided = asked.given(&captured).exits(0);
    assert_eq!((&decided["verdict"], &decided["freshness"]), (&"accepted".into(), &"challenged".into()));

    let encrypted = ask(&here, &sealed, &["--encrypted"]);
    assert_eq!(encrypted.given(&answer(&sealed)).exits(0)["freshness"], "challenged");

    // The phone says what for, and a desk asks nothing that a phone cannot show.
    let spoken = ask(&here, &home.path("spoken"), &["--purpose", "tiêm chủng", "--claims", "1,4,75"]);
    let told = home.run(&["present", "qr", "--challenge", &home.path("spoken"), "--yes", "--json"]);
    assert!(told.stderr.contains("for: tiêm chủng"), "{told:?}");
    assert_eq!(spoken.given(told.json()["text"].as_str().unwrap()).exits(0)["verdict"], "accepted");
    let bell = ["clinic", "ask", "--desk", &here, "--trust", &trust, "--purpose", "a\u{7}", "--json"];
    home.run(&bell).fails(2, "question_unusable");

    // Nobody is there to say yes; and a question that nobody signed is none.
    home.run(&["present", "qr", "--challenge", &plain, "--json"]).fails(1, "declined");
    let history = home.run(&["history", "--json"]).exits(0).to_string();
    assert!(history.contains("Quầy 1") && history.contains("declined"), "{history}");
    home.run(&["present", "qr", "--challenge", "73610", "--yes", "--json"])
        .fails(2, "challenge.scan_incomplete");
}

#[test]
fn a_guardian_shows_a_minors_card_and_is_told_whose_it_is() {
    const CHILD: &str = "000224000001";
    let home = Home::new();
    let (_sandbox, nation) = start(&home);
    insure(&home, &nation);
    let sen = |words: &[&str]| home.run(&[words, &["--json"]].concat());
    sen(&["present", "qr", "--for", CHILD, "--guardian"]).fails(2, "present.no_credential");
    let obtained = sen(&["credential", "obtain", "health-insurance", "--for", CHILD]).exits(0);
    assert_eq!(obtained["credentials"][0]["ward"], CHILD);
    let own = sen(&["present", "qr"]);
    assert_eq!((own.exits(0)["for"].is_null(), own.stderr.contains("minor")), (true, false));
    let alone = sen(&["present", "qr", "--for", CHILD, "--yes"]);
    alone.fails(1, "guardian_needed");
    assert!(alone.stderr.contains(&format!("for the minor {CHILD}")), "{alone:?}");
    let shown = sen(&["present", "qr", "--for", CHILD, "--guardian"]).exits(0);
    assert_eq!(shown["for"], CHILD);
    let (trust, status) = (nation["trust"].as_str().unwrap(), nation["status"].as_str().unwrap());
    let words = ["clinic", "check", "-", "--trust", trust, "--status", status, "--json"];
    let decided = home.run_with_input(&words, shown["text"].as_str().unwrap()).exits(0);
    assert_eq!(
        (&decided["claims"]["personal_number"], &decided["presented_by"]),
        (&CHILD.into(), &"guardian".into())
    );
    let history = home.run(&["history"]).stdout;
    assert!(history.contains(&format!("of the minor {CHILD} shown to")), "{history}");
    assert!(history.contains(&format!("of the minor {CHILD} to vn.clinic")), "{history}");
}

#[test]
fn a_camera_sees_the_face_that_the_issuer_vouches_for() {
    let home = Home::new();
    let (_sandbox, nation) = start(&home);
    insure(&home, &nation);
    let (trust, status) = (nation["trust"].as_str().unwrap(), nation["status"].as_str().unwrap());
    let check = |lines: &str| {
        let words = ["clinic", "check", "-", "--trust", trust, "--status", status, "--json"];
        home.run_with_input(&words, lines).exits(0)
    };
    let folder = home.path("frames");
    let lines = home.run(&["present", "qr", "--animated", &folder, "--text", "--once"]).stdout;
    let count = lines.lines().count();
    assert!((2..=5).contains(&count), "{count} frames");
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), count);
    assert_eq!(check(&lines)["face"], "shown");
    assert_eq!(check(lines.lines().next().unwrap())["face"], "compare_with_card");
    let without_last: Vec<&str> = lines.lines().take(count - 1).collect();
    assert_eq!(check(&without_last.join("\n"))["face"], "not_available");
    let svg = home.path("code.svg");
    assert_eq!(home.run(&["present", "qr", "--once", "--svg", &svg]).status, 0);
    assert!(std::fs::read_to_string(svg).unwrap().starts_with("<svg"));
    home.run(&["credential", "refresh", "--json"]).exits(0);
    let held = home.run(&["credential", "list", "--json"]).exits(0);
    assert!(
        held["credentials"][0]["expires_at"].is_string() && held["credentials"][0]["warnings"].is_array()
    );
}

#[test]
fn a_desk_that_demands_level_4_is_answered_with_what_the_provider_states() {
    let home = Home::new();
    let (_sandbox, nation) = start(&home);
    insure(&home, &nation);
    let text = |name: &str| nation[name].as_str().unwrap().to_owned();
    let (roots, trust, status) = (text("roots"), text("trust"), text("status"));
    let register = format!("{}/sandbox/desk", text("url"));
    let (desk, screen) = (home.path("counter"), home.path("screen"));
    let enrol = ["--name", "Quầy 1", "--register", &register, "--roots", &roots, "--json"];
    home.run(&[&["clinic", "enrol", "--desk", &desk][..], &enrol].concat()).exits(0);
    home.run_with_input(&["account", "pin", "set", "--json"], "159357\n").exits(0);
    let asked = home.waiting(&[
        "clinic", "ask", "--desk", &desk, "--trust", &trust, "--status", &status, "--text", &screen,
        "--level", "4", "--json",
    ]);
    appears(&screen);
    let answer = |more: &[&str], input: &str| {
        let words = ["present", "qr", "--challenge", &screen, "--yes", "--json"];
        home.run_with_input(&[&words[..], more].concat(), input)
    };
    answer(&[], "").fails(2, "present.level_too_low");
    answer(&["--level", "2"], "159357\n").fails(2, "present.level_too_low");
    answer(&["--level", "4"], "159358\n").fails(2, "account.wrong_pin");
    let shown = answer(&["--level", "4"], "159357\n");
    assert!(shown.stderr.contains("at authentication level 4, as your provider states"), "{shown:?}");
    let shown = shown.exits(0);
    assert_eq!(shown["stated_level"], 4);
    let decided = asked.given(shown["text"].as_str().unwrap()).exits(0);
    let level = serde_json::json!({"level": 4, "basis": "server_statement"});
    assert_eq!((&decided["verdict"], &decided["authentication_level"]), (&"accepted".into(), &level));
    // Within the minutes that it is good nobody is asked for the PIN again.
    let again = home.run(&["present", "qr", "--level", "4", "--json"]).exits(0);
    assert!(again["qr_version"].as_u64().unwrap() <= 25, "{again}");
    let history = home.run(&["history"]).stdout;
    assert!(history.contains("at stated level 4"), "{history}");
}
