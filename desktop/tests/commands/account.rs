//! The account commands, from opening to deletion, against a sandbox in a process of its own.
use serde_json::json;

use crate::sen::nation::{NUMBER, PHONE, mailbox, start};
use crate::sen::{CARD_B, Home, card};

#[test]
fn an_account_from_opening_to_deletion() {
    let home = Home::new();
    let (sandbox, nation) = start(&home);
    let text = |name: &str| nation[name].as_str().unwrap().to_owned();
    let (url, roots, trust, status) = (text("url"), text("roots"), text("trust"), text("status"));
    let sen = |words: &str| {
        let mut words: Vec<&str> = words.split(' ').collect();
        words.push("--json");
        home.run(&words)
    };

    sen("account show").fails(2, "account.no_account");
    sen("present qr --once").fails(2, "present.no_credential");
    let open = format!("account open --provider {url} --roots {roots} --number {NUMBER} --phone");
    sen(&format!("{open} 0999999999")).fails(1, "account.phone_not_registered");
    let opened = sen(&format!("{open} {PHONE}")).exits(0);
    assert_eq!(opened["code_sent_to"], "•••• 002");
    let code = mailbox(&nation);
    let wrong = if code == "000000" { "000001" } else { "000000" };
    sen(&format!("account activate --code {wrong}")).fails(2, "account.wrong_code");
    assert_eq!(sen(&format!("account activate --code {code}")).exits(0)["level"], 1);
    sen("credential obtain citizen").fails(2, "account.level_required");
    let simulate = card(CARD_B);
    let verify = format!("account verify --simulate {simulate} --can");
    sen(&format!("{verify} 999999")).fails(1, "card.wrong_access_key");
    assert_eq!(sen(&format!("{verify} 067891")).exits(0)["level"], 2);
    let shown = sen("account show").exits(0);
    assert_eq!(
        (&shown["level"], &shown["state"], &shown["method"]),
        (&2.into(), &"active".into(), &"chip+face".into())
    );
    assert_eq!(sen("account devices").exits(0)["devices"].as_array().unwrap().len(), 1);

    sen("credential obtain driving-licence").fails(2, "credential_unknown");
    for name in ["citizen", "health-insurance"] {
        sen(&format!("credential obtain {name}")).exits(0);
    }
    let held = sen("credential list").exits(0);
    let held = held["credentials"].as_array().unwrap();
    let id_of = |vct: &str| held.iter().find(|info| info["vct"] == vct).unwrap()["id"].as_str().unwrap();
    assert_eq!(held.len(), 2);
    assert_ne!(id_of("urn:vn:citizen:1"), id_of("urn:vn:health-insurance:1"));

    let anchors = format!(" --issuers {}", roots.replace("ca.pem", "documents-ca.pem"));
    for (name, issuers) in [("citizen_sd_jwt", ""), ("citizen_mdoc", anchors.as_str())] {
        let documents = sen(&format!("credential obtain {name}{issuers}")).exits(0);
        assert_eq!(documents["documents"][0]["copies"], 4, "{documents}");
    }
    let unbelieved = sen(&format!("credential obtain citizen_mdoc --issuers {roots}"));
    unbelieved.fails(1, "issuance.unknown_issuer");
    assert_eq!(sen("credential list").exits(0)["documents"].as_array().unwrap().len(), 2);

    let digits = home.run(&["present", "qr", "--text", "--once"]).stdout;
    assert!(digits.trim_end().bytes().all(|digit| digit.is_ascii_digit()));
    let check = || {
        let words = ["clinic", "check", "-", "--trust", &trust, "--status", &status, "--json"];
        home.run_with_input(&words, &digits)
    };
    assert_eq!(check().exits(0)["verdict"], "accepted");
    let picture = home.path("code.png");
    assert_eq!(home.run(&["present", "qr", "--once", "--png", &picture]).status, 0);
    let scanned = sen(&format!("clinic check {picture} --trust {trust} --status {status}"));
    assert_eq!(scanned.exits(0)["verdict"], "accepted");

    assert_eq!(sen("account lock").exits(0)["state"], "locked");
    assert_eq!(check().exits(1)["reasons"][0], "suspended");
    sen("credential obtain citizen").fails(1, "account.account_locked");
    assert_eq!(sen("account unlock").exits(0)["state"], "active");
    assert_eq!(check().exits(0)["verdict"], "accepted");

    let history = sen("history").exits(0);
    let lines = history["history"].as_array().unwrap();
    assert!(lines.len() >= 8, "{history}");
    let second = lines[1]["sequence"].as_u64().unwrap();
    let page = sen(&format!("history --before {second} --limit 2")).exits(0);
    assert_eq!(page["history"].as_array().unwrap()[..], lines[2..4], "the next page");
    let clinic = &sen("history --recipients").exits(0)["recipients"][0];
    assert_eq!((&clinic["to"], &clinic["vct"]), (&json!("vn.clinic"), &json!("urn:vn:health-insurance:1")));
    assert!(clinic["claims"].as_array().unwrap().contains(&json!("75")), "{clinic}");
    let export = home.path("history.jsonl");
    assert_eq!(sen(&format!("history --export {export}")).exits(0)["entries"], lines.len());
    let exported = std::fs::read_to_string(&export).unwrap();
    assert_eq!(exported.lines().count(), lines.len());
    let entry = lines.iter().find(|line| line["event"].get("presented").is_some()).unwrap();
    let report = sen(&format!("history report --entry {} fake", entry["sequence"])).exits(0);
    let noted = &sen("history --limit 1").exits(0)["history"][0];
    assert_eq!(noted["sequence"], report["sequence"]);
    assert_eq!(noted["event"]["fraud_reported"]["by"], entry["event"]["presented"]["to"]);
    sen("history report --who caller wanted-my-PIN").exits(0);
    sen("history report --entry 9999 fake").fails(2, "history.no_entry");
    let nowhere = home.path("no-such-folder/history.jsonl");
    sen(&format!("history --export {nowhere}")).fails(2, "file_not_writable");
    drop(sandbox);
    sen("account show").fails(3, "network.unreachable");
    assert_eq!(sen("present qr --once").status, 0);
    let id = id_of("urn:vn:health-insurance:1");
    sen(&format!("credential delete {id}")).fails(1, "cancelled");
    assert_eq!(sen(&format!("credential delete {id} --yes")).exits(0)["deleted"], id);
    sen(&format!("credential delete {id} --yes")).fails(2, "credential.not_found");
    sen("present qr --once").fails(2, "present.no_credential");
}
