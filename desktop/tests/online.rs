//! Documents in standard formats and portals that ask for them, with no more to believe than the account's provider.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod sen;

use sen::nation::{NUMBER, PHONE, ask, insure, mailbox, post, start};
use sen::{Home, Ran};
use serde_json::{Value, json};

fn run(home: &Home, words: &[&str]) -> Ran {
    home.run(&[words, &["--json"]].concat())
}

/// A link of the portal for a wallet on the same device.
fn sign_in(nation: &Value) -> (String, Value) {
    let begun = ask(nation, "/portal/start", &json!({"other_screen": false}));
    (begun["link"].as_str().unwrap().to_owned(), begun["view"].clone())
}

/// How the sign-in stands for the browser that the wallet sent on.
fn state(nation: &Value, view: &Value, shown: &Value) -> Value {
    let redirect = shown["redirect_uri"].as_str().unwrap();
    let code = redirect.split("code=").nth(1).unwrap();
    ask(nation, "/asking/state", &json!({"view": view, "code": code}))
}

fn withdraw(nation: &Value, who: &str, withdrawn: bool) {
    post(nation, "/sandbox/withdrawal", &json!({"who": who, "withdrawn": withdrawn}));
}

#[test]
fn the_trust_list_says_whom_to_believe_until_somebody_is_withdrawn() {
    let home = Home::new();
    let (_sandbox, nation) = start(&home);
    insure(&home, &nation);
    let obtained = run(&home, &["credential", "obtain", "citizen_sd_jwt"]).exits(0);
    assert_eq!(obtained["documents"][0]["copies"], 4, "{obtained}");
    let offer = ask(&nation, "/sandbox/offer", &json!({"number": NUMBER, "credential": "residence_mdoc"}));
    let offer = offer["credential_offer"].as_str().unwrap();
    run(&home, &["credential", "obtain", offer]).exits(0);

    let (link, view) = sign_in(&nation);
    let shown = run(&home, &["present", "online", &link, "--yes"]).exits(0);
    assert!(shown["by"].as_str().unwrap().contains("Cổng dịch vụ công Mẫu"), "{shown}");
    assert_eq!(shown["purpose"], "Đăng nhập / to sign you in");
    assert_eq!(state(&nation, &view, &shown)["result"]["number"], NUMBER);

    // Withdrawn, and believed on until the wallet looks again.
    withdraw(&nation, "portal", true);
    run(&home, &["present", "online", &sign_in(&nation).0, "--yes"]).exits(0);
    run(&home, &["credential", "refresh"]).exits(0);
    run(&home, &["present", "online", &sign_in(&nation).0, "--yes"]).fails(1, "online.unknown_verifier");
    withdraw(&nation, "portal", false);
    withdraw(&nation, "registrar", true);
    run(&home, &["credential", "refresh"]).exits(0);
    let (link, _) = sign_in(&nation);
    let unregistered = run(&home, &["present", "online", &link, "--yes"]).exits(0);
    assert_eq!(unregistered["purpose"], Value::Null);
    withdraw(&nation, "issuer", true);
    run(&home, &["credential", "refresh"]).exits(0);
    run(&home, &["credential", "obtain", "citizen_mdoc"]).fails(1, "issuance.unknown_issuer");
}

#[test]
fn of_two_documents_that_would_do_the_person_picks_one() {
    let (home, elsewhere) = (Home::new(), Home::new());
    let (_sandbox, nation) = start(&home);
    let (_other_sandbox, other) = start(&elsewhere);
    insure(&home, &nation);
    let text = |nation: &Value, name: &str| nation[name].as_str().unwrap().to_owned();
    let (url, roots) = (text(&other, "url"), text(&other, "roots"));
    let open =
        ["account", "open", "--provider", &url, "--roots", &roots, "--number", NUMBER, "--phone", PHONE];
    run(&elsewhere, &open).exits(0);
    run(&elsewhere, &["account", "activate", "--code", &mailbox(&other)]).exits(0);
    let own = run(&home, &["credential", "obtain", "citizen_sd_jwt"]).exits(0);
    let own = text(&own["documents"][0], "id");
    // The two must not be of one second: the newer comes first.
    std::thread::sleep(std::time::Duration::from_millis(1100));
    let offer = ask(&other, "/sandbox/offer", &json!({"number": NUMBER, "credential": "citizen_sd_jwt"}));
    let (offer, issuers) = (text(&offer, "credential_offer"), roots.replace("ca.pem", "documents-ca.pem"));
    let obtain = ["credential", "obtain", &offer, "--roots", &roots, "--issuers", &issuers];
    let foreign = text(&run(&home, &obtain).exits(0)["documents"][0], "id");

    let present = |picks: &[&str]| {
        let (link, view) = sign_in(&nation);
        let words = [&["present", "online", &link, "--yes"], picks].concat();
        (run(&home, &words), view)
    };
    // The first is the newest, of an issuer that this portal does not believe.
    let (taken, _) = present(&[]);
    taken.fails(1, "server.other");
    assert!(taken.stderr.contains("taking the first: urn:vn:citizen:1"), "{taken:?}");
    for pick in ["2", own.as_str()] {
        let (ran, view) = present(&["--use", pick]);
        let shown = ran.exits(0);
        assert_eq!(shown["shown"][0]["id"], own.as_str());
        assert_eq!(shown["shown"][0]["alternatives"][0]["id"], foreign.as_str());
        assert_eq!(state(&nation, &view, &shown)["result"]["number"], NUMBER);
        assert!(!ran.stderr.contains("taking"), "{ran:?}");
    }
    present(&["--use", "3"]).0.fails(2, "online.not_an_alternative");
    present(&["--use", "urn:vn:residence:1"]).0.fails(2, "online.not_an_alternative");
}

#[test]
fn the_digits_of_another_screen_are_read_when_it_shows_them() {
    let home = Home::new();
    let (_sandbox, nation) = start(&home);
    insure(&home, &nation);
    run(&home, &["credential", "obtain", "citizen_sd_jwt"]).exits(0);
    let approve = |type_what: fn(&str) -> String| {
        let begun = ask(&nation, "/bank/start", &json!({}));
        let look = || ask(&nation, "/asking/state", &json!({"view": begun["view"]}));
        let link = begun["link"].as_str().unwrap();
        let mut phone = home.waiting(&["present", "online", link, "--yes", "--number", "-", "--json"]);
        phone.says("reading the two digits");
        let shown = look()["number"].as_str().unwrap().to_owned();
        (phone.given(&type_what(&shown)), look())
    };
    let (ran, state) = approve(|shown| format!("{shown}\n"));
    ran.exits(0);
    assert_eq!(state["result"]["number"], NUMBER);
    let (ran, state) = approve(|shown| if shown == "00" { "01\n" } else { "00\n" }.to_owned());
    ran.fails(1, "server.other");
    assert_eq!(state["reason"], "wrong_number");
}
