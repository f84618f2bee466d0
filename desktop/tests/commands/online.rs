//! Documents in standard formats and portals that ask for them, with no more to believe than the account's provider.
use serde_json::{Value, json};

use crate::sen::nation::{NUMBER, PHONE, ask, insure, mailbox, post, start};
use crate::sen::{Home, Ran};

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

/// A document of another nation, which gives none anew without an offer.
fn hold_a_foreign_one(home: &Home, elsewhere: &Home, other: &Value) -> String {
    let text = |nation: &Value, name: &str| nation[name].as_str().unwrap().to_owned();
    let (url, roots) = (text(other, "url"), text(other, "roots"));
    let open =
        ["account", "open", "--provider", &url, "--roots", &roots, "--number", NUMBER, "--phone", PHONE];
    run(elsewhere, &open).exits(0);
    run(elsewhere, &["account", "activate", "--code", &mailbox(other)]).exits(0);
    let offer = ask(other, "/sandbox/offer", &json!({"number": NUMBER, "credential": "citizen_sd_jwt"}));
    let (offer, issuers) = (text(&offer, "credential_offer"), roots.replace("ca.pem", "documents-ca.pem"));
    let obtain = ["credential", "obtain", &offer, "--roots", &roots, "--issuers", &issuers];
    text(&run(home, &obtain).exits(0)["documents"][0], "id")
}

#[test]
fn all_that_is_due_is_fetched_anew_and_what_fails_stops_nothing() {
    let (home, elsewhere) = (Home::new(), Home::new());
    let (_sandbox, nation) = start(&home);
    let (_other_sandbox, other) = start(&elsewhere);
    insure(&home, &nation);
    run(&home, &["credential", "obtain", "citizen_sd_jwt"]).exits(0);
    run(&home, &["credential", "obtain", "driving_licence_mdoc"]).exits(0);
    let foreign = hold_a_foreign_one(&home, &elsewhere, &other);
    let ids = || -> Vec<String> {
        let held = run(&home, &["credential", "list"]).exits(0);
        let of = |name: &str| held[name].as_array().unwrap().clone();
        let mut ids: Vec<_> = of("credentials")
            .iter()
            .chain(&of("documents"))
            .map(|one| one["id"].as_str().unwrap().to_owned())
            .collect();
        ids.sort_unstable();
        ids
    };
    let results = |told: &Value| -> Vec<(String, String)> {
        let text = |row: &Value, name: &str| row[name].as_str().unwrap().to_owned();
        told["refreshed"]
            .as_array()
            .unwrap()
            .iter()
            .map(|row| (text(row, "type"), text(row, "result")))
            .collect()
    };
    let count =
        |told: &Value, result: &str| results(told).iter().filter(|(_, found)| found == result).count();

    let fresh = ids();
    assert_eq!(fresh.len(), 4);
    let nothing = run(&home, &["credential", "refresh"]).exits(0);
    assert_eq!((results(&nothing), ids()), (Vec::new(), fresh.clone()));

    let before = ids();
    let all = run(&home, &["credential", "refresh", "--all"]);
    let told = all.exits(0);
    assert_eq!((count(&told, "refreshed"), count(&told, "needs_offer")), (3, 1), "{told}");
    let after = ids();
    assert!(after.iter().all(|id| *id == foreign || !before.contains(id)), "{before:?} {after:?}");
    assert!(all.stderr.contains("4 of 4: "), "{all:?}");

    // Nobody believes the issuer of documents any more: they are kept as they were, and the insurance card comes all the same.
    withdraw(&nation, "issuer", true);
    let some = run(&home, &["credential", "refresh", "--all"]);
    let told = some.exits(1);
    let counted = ["refreshed", "failed", "needs_offer"].map(|result| count(&told, result));
    assert_eq!((counted, told["failed"].as_array().unwrap().len()), ([1, 2, 1], 2), "{told}");
    assert!(
        told["failed"].as_array().unwrap().iter().all(|failed| failed["code"] == "issuance.unknown_issuer")
    );
    assert_eq!(ids().iter().filter(|id| after.contains(id)).count(), 3);
    let words = home.run(&["credential", "refresh", "--all"]);
    assert_eq!(words.status, 1);
    for words_of_one in
        ["health-insurance:1: fetched anew, prepared until", "kept as it was: ", "for a new offer alone"]
    {
        assert!(words.stdout.contains(words_of_one), "{words_of_one}: {words:?}");
    }
}

#[test]
fn of_two_documents_that_would_do_the_person_picks_one() {
    let (home, elsewhere) = (Home::new(), Home::new());
    let (_sandbox, nation) = start(&home);
    let (_other_sandbox, other) = start(&elsewhere);
    insure(&home, &nation);
    let own = run(&home, &["credential", "obtain", "citizen_sd_jwt"]).exits(0);
    let own = own["documents"][0]["id"].as_str().unwrap();
    // The two must not be of one second: the newer comes first.
    std::thread::sleep(std::time::Duration::from_millis(1100));
    let foreign = hold_a_foreign_one(&home, &elsewhere, &other);

    let present = |picks: &[&str]| {
        let (link, view) = sign_in(&nation);
        let words = [&["present", "online", &link, "--yes"], picks].concat();
        (run(&home, &words), view)
    };
    // The first is the newest, of an issuer that this portal does not believe.
    let (taken, _) = present(&[]);
    taken.fails(1, "server.other");
    assert!(taken.stderr.contains("taking the first: urn:vn:citizen:1"), "{taken:?}");
    for pick in ["2", own] {
        let (ran, view) = present(&["--use", pick]);
        let shown = ran.exits(0);
        assert_eq!(shown["shown"][0]["id"], own);
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
    // Why, in the bank's own words, and marked as such.
    let words = format!("wrong_number: {}", state["en"].as_str().unwrap());
    assert_eq!(ran.exits(1)["error"]["verifier_words"], words.as_str());
    assert!(ran.stderr.contains(&format!("the verifier's own words: {words}\n")), "{ran:?}");
    let history = run(&home, &["history"]).exits(0);
    assert!(!history.to_string().contains("wrong_number"), "{history}");
}
