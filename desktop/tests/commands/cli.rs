//! The commands as a person or a script meets them: output, exit status, errors, help.
use serde_json::Value;

use crate::sen::{CARD_A, CARD_B, Home, Ran, card, csca};

const AT: &str = "2025-06-01T00:00:00Z";

fn keys(object: &Value) -> Vec<&str> {
    let mut keys: Vec<&str> = object.as_object().unwrap().keys().map(String::as_str).collect();
    keys.sort_unstable();
    keys
}

fn holds(object: &Value, expected: &str) {
    for name in expected.split(' ') {
        assert!(object.get(name).is_some(), "{name} is missing: {object}");
    }
}

#[test]
fn the_demo_ends_accepted_and_its_text_can_be_checked_again() {
    let home = Home::new();
    let demo = home.run(&["demo", "--json"]).exits(0);
    assert_eq!(keys(&demo), ["clinic", "presentation", "steps"]);
    for step in demo["steps"].as_array().unwrap() {
        assert_eq!(keys(step), ["milliseconds", "name", "ok"]);
        assert_eq!(step["ok"], true, "{step}");
    }
    assert_eq!(demo["clinic"]["verdict"], "accepted");
    let shown = &demo["presentation"];
    assert_eq!(keys(shown), ["bytes", "qr_version", "status", "text", "trust"]);
    let text = |name: &str| shown[name].as_str().unwrap();
    let at = demo["clinic"]["presented_at"].as_str().unwrap();
    let check = |more: &[&str]| {
        let mut words = vec!["clinic", "check", "-", "--json", "--trust", text("trust")];
        words.extend(more);
        home.run_with_input(&words, text("text"))
    };

    let again = check(&["--status", text("status"), "--at", at]).exits(0);
    holds(
        &again,
        "verdict reasons format holder_bound issued_by presented_at age_seconds claims status trust_as_of",
    );
    holds(&again, "freshness window_seconds replay face authentication_level presented_by entitlement");
    holds(&again["claims"], "name date_of_birth sex personal_number insurance");
    holds(&again["claims"]["insurance"], "number valid_from valid_to facility benefit_level five_years_from");
    assert_eq!((&again["verdict"], &again["replay"]), (&"accepted".into(), &"not_checked".into()));
    let unsure = check(&["--at", at]).exits(1);
    assert_eq!((&unsure["verdict"], &unsure["reasons"][0]), (&"unsure".into(), &"status_unknown".into()));
    let stale = check(&["--status", text("status"), "--at", "2100-01-01T00:00:00Z"]).exits(1);
    assert_eq!(stale["verdict"], "refused");
    assert!(stale["reasons"].as_array().unwrap().contains(&"stale".into()), "{stale}");
    assert!(stale["claims"].is_null());

    let seen = home.path("seen.db");
    let with_list = ["--status", text("status"), "--at", at, "--seen", &seen];
    assert_eq!(check(&with_list).exits(0)["replay"], "first_seen");
    assert_eq!(check(&with_list).exits(1)["reasons"][0], "replayed");
    check(&["--at", "yesterday"]).fails(2, "bad_time");
    let nowhere = home.path("nowhere");
    let unreadable = home.run(&["clinic", "check", &nowhere, "--trust", text("trust"), "--json"]);
    unreadable.fails(2, "file_unreadable");
}

#[cfg(unix)]
#[test]
fn an_account_that_others_can_read_is_not_used() {
    use std::os::unix::fs::PermissionsExt as _;
    let home = Home::new();
    let file = home.path("account.json");
    std::fs::write(&file, "{}").unwrap();
    let words = ["clinic", "serve", "--json", "--trust", "nowhere", "--lookup", "https://127.0.0.1:1"];
    let serve =
        || home.run(&[&words[..], &["--lookup-account", &file, "--lookup-roots", "nowhere"]].concat());
    for (mode, code) in
        [(0o640, "account_open_to_others"), (0o604, "account_open_to_others"), (0o600, "bad_account")]
    {
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).unwrap();
        serve().fails(2, code);
    }
}

#[test]
fn a_desk_that_takes_answers_alone_needs_a_name_to_ask_with() {
    let home = Home::new();
    let refused = home.run(&["clinic", "serve", "--trust", "nowhere", "--challenged-only"]);
    assert!(refused.status == 2 && refused.stderr.contains("--identity"), "{refused:?}");
}

#[test]
fn a_card_is_served_until_it_is_told_to_stop_and_a_wrong_one_is_said_at_once() {
    let home = Home::new();
    let folder = card(CARD_B);
    let serve =
        |folder: &str, address: &str| home.run(&["card", "serve", folder, "--vpcd", address, "--json"]);
    serve(&home.path("nowhere"), "127.0.0.1:1").fails(2, "card_folder_unreadable");
    // A folder that begins well.
    let broken = home.path("broken");
    std::fs::create_dir_all(format!("{broken}/keys")).unwrap();
    std::fs::write(format!("{broken}/EF_SOD.bin"), [0x77, 0]).unwrap();
    std::fs::write(format!("{broken}/keys/aa_pkcs8.der"), "no key").unwrap();
    serve(&broken, "127.0.0.1:1").fails(2, "card_folder_unreadable");
    for address in ["nothing", "127.0.0.1", "127.0.0.1:port"] {
        serve(&folder, address).fails(2, "bad_address");
    }
    // No reader is there: the card waits for one.
    let mut waiting = home.waiting(&["card", "serve", &folder, "--vpcd", "127.0.0.1:1", "--json"]);
    waiting.says("serving ");
    waiting.interrupt();
    let served = waiting.given("").exits(0);
    assert_eq!((&served["folder"], &served["vpcd"]), (&folder.as_str().into(), &"127.0.0.1:1".into()));
}

fn verify(home: &Home, folder: &str, csca: &str, more: &[&str]) -> Ran {
    let mut words = vec!["card", "verify", folder, "--csca", csca, "--json"];
    words.extend(more);
    home.run(&words)
}

#[test]
fn several_anchors_stand_behind_one_word_before_or_after_what_is_proven() {
    let home = Home::new();
    let (folder, one, other) = (card(CARD_B), csca(CARD_A), csca(CARD_B));
    for words in [[&folder, "--csca", &one, &other], ["--csca", &one, &other, &folder]] {
        let words: Vec<&str> =
            ["card", "verify"].into_iter().chain(words).chain(["--at", AT, "--json"]).collect();
        assert_eq!(home.run(&words).exits(0)["personal_number"], "000204067891");
    }
    home.run(&["card", "verify", "--csca", &one, "--json"]).fails(2, "usage");
}

#[test]
fn saved_readings_are_proven_field_by_field() {
    let home = Home::new();
    for name in [CARD_A, CARD_B] {
        let folder = card(name);
        let report = verify(&home, &folder, &csca(name), &["--at", AT]).exits(0);
        let expected = std::fs::read(folder + "/expected.json").unwrap();
        let expected: Value = serde_json::from_slice(&expected).unwrap();
        assert_eq!(report["personal_number"], expected["personal_number"]);
        assert_eq!(report["document_number"], expected["bac"]["doc"]);
        assert_eq!(report["name"], expected["dg13"]["name"]);
        let dg13 = &report["dg13"];
        for (ours, theirs) in
            [("number", "id"), ("old_number", "old"), ("chip_id", "chip"), ("ethnicity", "ethnic")]
                .into_iter()
                .chain(["name", "sex", "religion", "origin", "residence", "marks"].map(|same| (same, same)))
                .chain(["father", "mother", "spouse"].map(|same| (same, same)))
        {
            assert_eq!(dg13[ours], expected["dg13"][theirs], "{name}: {ours}");
        }
        assert_eq!(dg13["nationality"], expected["dg13_nationality"]);
        for (ours, theirs) in [("date_of_birth", "dob"), ("issued", "issue"), ("expires", "expiry")] {
            let printed: Vec<&str> = expected["dg13"][theirs].as_str().unwrap().rsplit('/').collect();
            assert_eq!(dg13[ours], printed.join("-"), "{name}: {ours}");
        }
        for field in ["format", "width", "height", "sha256"] {
            assert_eq!(report["face"][field], expected["face"][field], "{name}: face {field}");
        }
        assert_eq!(report["face"]["bytes"], expected["face"]["length"]);
        assert_eq!(report["passive_authentication"]["result"], "verified");
        assert!(report["passive_authentication"]["reason"].is_null());
        assert_eq!(report["active_authentication"]["result"], "not_done");
        for null in ["access", "apdus", "milliseconds"] {
            assert!(report[null].is_null(), "{null}");
        }
    }
}

#[test]
fn what_is_not_proven_is_said_and_kept_back() {
    let home = Home::new();
    let folder = card(CARD_B);
    let stranger = verify(&home, &folder, &csca(CARD_A), &["--at", AT]).exits(1);
    assert_eq!(stranger["passive_authentication"]["result"], "no_trust_anchor");

    let broken = home.path("broken");
    std::fs::create_dir_all(&broken).unwrap();
    for file in ["EF_COM", "EF_SOD", "EF_DG1", "EF_DG2", "EF_DG13", "EF_DG14", "EF_DG15"] {
        std::fs::copy(format!("{folder}/{file}.bin"), format!("{broken}/{file}.bin")).unwrap();
    }
    for (file, reason) in [
        ("EF_DG1", "digest_mismatch"),
        ("EF_DG2", "digest_mismatch"),
        ("EF_DG13", "digest_mismatch"),
        ("EF_SOD", "malformed"),
    ] {
        let whole = std::fs::read(format!("{folder}/{file}.bin")).unwrap();
        let mut bytes = whole.clone();
        if file == "EF_SOD" {
            bytes.truncate(100);
        } else if file == "EF_DG1" {
            // Another name: the zone stays one that can be read.
            let name = bytes.windows(5).position(|part| part == b"DANG<").unwrap();
            bytes[name] = b'B';
        } else {
            *bytes.last_mut().unwrap() ^= 1;
        }
        std::fs::write(format!("{broken}/{file}.bin"), bytes).unwrap();
        let report = verify(&home, &broken, &csca(CARD_B), &["--at", AT]).exits(1);
        assert_eq!(report["passive_authentication"]["result"], "failed");
        assert_eq!(report["passive_authentication"]["reason"], reason, "{file}");
        for field in
            ["personal_number", "document_number", "name", "mrz_name", "date_of_birth", "dg13", "face"]
        {
            assert!(report[field].is_null(), "{file}: {field}");
        }
        // Whoever asks for it sees what the files say, and still that it is not proven.
        let report = verify(&home, &broken, &csca(CARD_B), &["--at", AT, "--show-unproven"]).exits(1);
        assert_eq!(report["passive_authentication"]["reason"], reason, "{file}");
        assert_eq!(report["document_number"], "204067891", "{file}");
        assert_eq!(report["mrz_name"].as_str().unwrap().starts_with('B'), file == "EF_DG1", "{file}");
        for field in ["name", "mrz_name", "date_of_birth", "dg13", "face"] {
            assert!(!report[field].is_null(), "{file}: {field}");
        }
        std::fs::write(format!("{broken}/{file}.bin"), whole).unwrap();
    }
    // A group of another person, or one that ends early, hides no other.
    let whole = |name: &str, file: &str| std::fs::read(format!("{}/{file}.bin", card(name))).unwrap();
    std::fs::write(format!("{broken}/EF_DG13.bin"), whole(CARD_A, "EF_DG13")).unwrap();
    std::fs::write(format!("{broken}/EF_DG2.bin"), &whole(CARD_B, "EF_DG2")[..40]).unwrap();
    let report = verify(&home, &broken, &csca(CARD_B), &["--at", AT, "--show-unproven"]).exits(1);
    assert_eq!(report["document_number"], "204067891");
    assert_eq!(report["personal_number"], "000204067891");
    assert_eq!(report["dg13"]["number"], "000199012345");
    assert!(report["face"].is_null());

    verify(&home, &home.path("nowhere"), &csca(CARD_B), &[]).fails(2, "file_missing");
    verify(&home, &folder, &csca(CARD_B), &["--at", "2025"]).fails(2, "bad_time");
    verify(&home, &folder, &home.path("nowhere"), &[]).fails(2, "file_unreadable");
    verify(&home, &folder, &(folder.clone() + "/EF_DG1.bin"), &[]).fails(2, "no_csca");
}

#[test]
fn a_simulated_card_is_read_and_a_wrong_number_is_tried_once() {
    let home = Home::new();
    let (folder, csca, kept) = (card(CARD_B), csca(CARD_B), home.path("kept"));
    let read = |more: &[&str]| {
        let mut words = vec!["card", "read", "--csca", &csca, "--json"];
        words.extend(more);
        home.run(&words)
    };
    let report = read(&["--simulate", &folder, "--can", "067891", "--save", &kept]).exits(0);
    assert_eq!(report["access"]["protocol"], "pace-gm");
    for proof in ["passive_authentication", "active_authentication"] {
        assert_eq!(report[proof]["result"], "verified", "{proof}");
    }
    assert!(report["apdus"].as_u64().unwrap() <= 40);
    assert_eq!(verify(&home, &kept, &csca, &["--at", AT]).exits(0)["personal_number"], "000204067891");
    read(&["--simulate", &folder, "--can", "999999"]).fails(1, "card.wrong_access_key");
    read(&["--simulate", &folder, "--can", "12345a"]).fails(2, "bad_access_key");
    read(&["--simulate", &home.path("nowhere"), "--can", "067891"]).fails(2, "card_folder_unreadable");
    let qr = "000204067891||Đặng Quốc Ưu|31122004|Nam||02092024";
    read(&["--simulate", &folder, "--qr", qr]).exits(0);
}

#[cfg(not(feature = "reader"))]
#[test]
fn a_build_without_readers_says_what_to_install() {
    let home = Home::new();
    let csca = csca(CARD_B);
    let ran = home.run(&["card", "read", "--reader", "any", "--can", "067891", "--csca", &csca, "--json"]);
    ran.fails(3, "reader_not_built_in");
    assert!(ran.stderr.contains("libpcsclite-dev"));
}

#[test]
fn wrong_words_are_one_line_and_exit_2() {
    let home = Home::new();
    home.run(&["card", "verify", "--json"]).fails(2, "usage");
    home.run(&["--json", "fly"]).fails(2, "usage");
    home.run(&["card", "read", "--csca", "x", "--can", "067891", "--mrz", "x", "--json"]).fails(2, "usage");
    let plain = home.run(&["card", "verify"]);
    assert_eq!((plain.status, plain.stdout.as_str()), (2, ""));
    assert_eq!(plain.stderr.lines().count(), 1, "{}", plain.stderr);
}

#[test]
fn an_identifier_may_begin_with_a_hyphen_and_flags_stay_flags() {
    let home = Home::new();
    home.run(&["credential", "delete", "-H--x", "--yes", "--json"]).fails(2, "credential.not_found");
    home.run(&["--json", "credential", "refresh", "-H--x"]).fails(2, "credential.not_found");
    home.run(&["credential", "delete", "--json"]).fails(2, "usage");
    home.run(&["credential", "refresh", "-H--x", "--all", "--json"]).fails(2, "usage");
    home.run(&["credential", "refresh", "--all", "--json"]).exits(0);
}

/// What somebody can mend alone is wrong use; a database or port that does not answer is out of reach.
#[test]
fn a_sandbox_that_cannot_start_says_what_to_do() {
    let home = Home::new();
    let data = home.path("nation");
    let serve = |more: &[&str]| {
        let words = ["sandbox", "serve", "--listen", "127.0.0.1:0", "--data", &data, "--json"];
        home.run(&[&words, more].concat())
    };
    serve(&["--population", "80000001"]).fails(2, "usage");
    serve(&["--database", "mysql://127.0.0.1/nation"]).fails(2, "bad_database");
    serve(&["--database", "postgres://sen@192.0.2.7/nation"]).fails(2, "bad_database");
    // Nothing listens on a port that was just given back.
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    serve(&["--database", &format!("postgres://sen@{free}/nation")]).fails(3, "database_unusable");
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = taken.local_addr().unwrap().to_string();
    let port = home.run(&["sandbox", "serve", "--listen", &taken, "--data", &data, "--json"]);
    port.fails(3, "sandbox_not_started");
    let database = rusqlite::Connection::open(home.path("nation/nation.db")).unwrap();
    database.execute_batch("CREATE TABLE person (number TEXT)").unwrap();
    drop(database);
    let older = serve(&[]);
    older.fails(2, "other_version");
    assert!(older.stderr.contains(&format!("delete the folder (rm -r {data})")), "{}", older.stderr);
}

/// `tests/run postgres` starts a server and names it in `SEN_POSTGRES`.
#[test]
#[ignore = "needs PostgreSQL: tests/run postgres"]
fn a_nation_of_any_size_is_kept_in_postgresql() {
    let home = Home::new();
    let server = std::env::var("SEN_POSTGRES").unwrap();
    let (data, database) = (home.path("nation"), format!("{server}/postgres"));
    let words =
        ["sandbox", "serve", "--listen", "127.0.0.1:0", "--data", &data, "--database", &database, "--json"];
    let (running, said) = home.serve(&[&words[..], &["--population", "2500"]].concat());
    assert!(said["url"].as_str().unwrap().starts_with("https://127.0.0.1:"));
    let (url, roots) = (said["url"].as_str().unwrap(), said["roots"].as_str().unwrap());
    let open = ["account", "open", "--provider", url, "--roots", roots, "--json"];
    // The last of them: the numbers are the same in every nation.
    let whom = ["--number", "000189500015", "--phone", "0900012499"];
    assert_eq!(home.run(&[&open[..], &whom].concat()).exits(0)["code_expires_in"], 600);
    assert!(!std::path::Path::new(&home.path("nation/nation.db")).exists());
    drop(running);
}

/// Every command below these words, as its own help tells.
fn commands(home: &Home, words: &[String]) -> Vec<Vec<String>> {
    let mut help: Vec<&str> = words.iter().map(String::as_str).collect();
    help.push("--help");
    let ran = home.run(&help);
    assert_eq!(ran.status, 0, "{words:?}");
    let begin = if words.is_empty() { "Start here" } else { "Example" };
    let example = ran.stdout.split_once(begin).map_or("", |(_, example)| example);
    assert!(example.contains(&format!("sen {}", words.join(" "))), "no example, or another's: {words:?}");
    let listed = ran.stdout.split_once("Commands:\n").map(|(_, rest)| rest.to_owned());
    let Some(listed) = listed else { return vec![words.to_vec()] };
    let rows = listed.lines().take_while(|line| !line.is_empty());
    let names = rows.filter(|row| row.starts_with("  ") && !row.starts_with("   "));
    let names: Vec<String> = names.map(|row| row.split_whitespace().next().unwrap().to_owned()).collect();
    let below = names.into_iter().filter(|name| name != "help");
    below.flat_map(|name| commands(home, &[words, &[name]].concat())).collect()
}

#[test]
fn every_command_has_help_with_an_example() {
    let all = commands(&Home::new(), &[]);
    println!("{} commands", all.len());
    assert!(all.len() >= 18, "{all:?}");
}
