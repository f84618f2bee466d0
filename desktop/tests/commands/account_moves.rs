//! The account commands between devices, each with a home of its own, against a sandbox in a process of its own.
use serde_json::{Value, json};

use crate::sen::nation::{NUMBER, PHONE, insure, mailbox, post, start};
use crate::sen::{CARD_B, Home, Ran, card};

fn run(home: &Home, words: &str) -> Ran {
    home.run(&[words.split(' ').collect::<Vec<_>>(), vec!["--json"]].concat())
}

fn with_pin(home: &Home, words: &str, pins: &str) -> Ran {
    home.run_with_input(&[words.split(' ').collect::<Vec<_>>(), vec!["--json"]].concat(), pins)
}

fn provider(nation: &Value) -> String {
    format!("--provider {} --roots {}", nation["url"].as_str().unwrap(), nation["roots"].as_str().unwrap())
}

fn set_wait(nation: &Value, seconds: i64) {
    post(nation, "/sandbox/recovery-wait", &json!({"seconds": seconds}));
}

#[test]
fn a_new_phone_takes_over_by_the_card_and_the_old_one_is_emptied() {
    let (old, new) = (Home::new(), Home::new());
    let (_sandbox, nation) = start(&old);
    insure(&old, &nation);
    set_wait(&nation, 3600);
    let by_card =
        format!("--number {NUMBER} --phone {PHONE} --device tablet --can 067891 --simulate {}", card(CARD_B));
    let begin = format!("account transfer new-phone {} {by_card}", provider(&nation));
    assert_eq!(run(&new, &begin).exits(0)["state"], "waiting");
    let waiting = run(&new, "account show").exits(0);
    assert_eq!((&waiting["state"], &waiting["level"]), (&json!("waiting"), &json!(0)));
    run(&new, "credential obtain citizen").fails(1, "account.device_waiting");
    let devices = run(&old, "account devices").exits(0);
    assert_eq!(
        (&devices["pending"]["kind"], &devices["pending"]["name"]),
        (&json!("device"), &json!("tablet"))
    );

    let cancelled = run(&old, "account devices --cancel").exits(0);
    assert_eq!(cancelled["pending"], Value::Null);
    run(&new, "account show").fails(1, "account.move_cancelled");
    assert_eq!(run(&new, "account show --remembered").exits(0)["state"], "cancelled");

    set_wait(&nation, 0);
    run(&new, &begin).exits(0);
    let taken = run(&new, "account show").exits(0);
    assert_eq!((&taken["state"], &taken["level"]), (&json!("active"), &json!(2)));
    run(&old, "account show").fails(1, "account.device_replaced");
    assert_eq!(run(&old, "account show --remembered").exits(0)["state"], "replaced");
    assert_eq!(run(&old, "credential list").exits(0)["credentials"], json!([]));
    assert_eq!(run(&old, "history").exits(0)["history"][0]["event"], "phone_replaced");
    let keys = std::fs::read_dir(old.path("home/keys")).unwrap();
    assert_eq!(keys.count(), 0);
    run(&new, "credential obtain health-insurance").exits(0);
}

#[test]
fn hands_over_from_phone_to_phone_with_the_pin() {
    let (old, new) = (Home::new(), Home::new());
    let (_sandbox, nation) = start(&old);
    insure(&old, &nation);
    let receive = format!("account transfer receive {} --device tablet --once", provider(&nation));
    let shown = run(&new, &receive).exits(0);
    let (code, digits) = (shown["text"].as_str().unwrap(), shown["check_digits"].as_str().unwrap());
    let give = format!("account transfer to {code} --yes --once");
    with_pin(&old, &give, "159357\n").fails(2, "account.no_pin");
    with_pin(&old, "account pin set", "123456\n").fails(2, "pin.too_easy");
    with_pin(&old, "account pin set", "159357\n").exits(0);
    with_pin(&old, "account pin check", "159358\n").fails(2, "account.wrong_pin");
    with_pin(&old, "account pin change", "159357\n404071\n").exits(0);
    with_pin(&old, &give, "159357\n").fails(2, "account.wrong_pin");
    assert_eq!(run(&new, &receive).exits(0)["text"], code);
    // Without a word nobody has compared the digits.
    with_pin(&old, &format!("account transfer to {code} --once"), "").fails(1, "cancelled");

    let given = with_pin(&old, &give, "404071\n");
    assert_eq!(given.exits(0)["state"], "handed_over");
    assert!(given.stderr.contains("\"tablet\"") && given.stderr.contains(digits), "{given:?}");
    let taken = run(&new, &receive).exits(0);
    assert_eq!(
        (&taken["state"], &taken["level"], &taken["credentials"]),
        (&json!("active"), &json!(2), &json!(1))
    );
    assert!(taken["history"].as_u64().unwrap() >= 4);
    let history = run(&new, "history").exits(0);
    assert!(history["history"].as_array().unwrap().iter().any(|line| line["event"] == "account_opened"));
    assert_eq!(run(&new, "present qr --once").status, 0);
    run(&old, "account show").fails(1, "account.device_replaced");
    run(&new, &receive).fails(2, "account.already_active");
}

#[test]
fn a_picture_of_the_code_is_read_and_the_old_device_waits_until_it_is_taken() {
    let (old, new) = (Home::new(), Home::new());
    let (_sandbox, nation) = start(&old);
    insure(&old, &nation);
    with_pin(&old, "account pin set", "159357\n").exits(0);
    let picture = new.path("code.png");
    let place = provider(&nation);
    let receive = format!("account transfer receive {place} --png {picture}");
    let words: Vec<&str> = receive.split(' ').collect();
    let receiving = new.waiting(&words);
    for _ in 0..100 {
        if std::path::Path::new(&picture).exists() {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    let done = with_pin(&old, &format!("account transfer to {picture} --yes"), "159357\n").exits(0);
    assert_eq!(done["state"], "replaced");
    let received = receiving.given("");
    assert!(received.stdout.contains("on this device"), "{received:?}");
}

#[test]
fn where_a_machine_waits_for_its_object_the_code_is_shown_beside_it() {
    let (old, new) = (Home::new(), Home::new());
    let (_sandbox, nation) = start(&old);
    insure(&old, &nation);
    with_pin(&old, "account pin set", "159357\n").exits(0);
    let receive = format!("account transfer receive {} --json --text", provider(&nation));
    let mut receiving = new.waiting(&receive.split(' ').collect::<Vec<_>>());
    let is_code = |line: &String| line.len() > 50 && line.bytes().all(|octet| octet.is_ascii_digit());
    let code = std::iter::repeat_with(|| receiving.says("")).find(is_code).unwrap();
    with_pin(&old, &format!("account transfer to {code} --yes"), "159357\n").exits(0);
    assert_eq!(receiving.given("").exits(0)["state"], "active");
}

#[test]
fn revocation_code_wards_recovery_and_the_end() {
    let home = Home::new();
    let (_sandbox, nation) = start(&home);
    insure(&home, &nation);
    let made = run(&home, "account revocation-code").exits(0);
    assert_eq!(made["code"].as_str().unwrap().len(), 20);
    assert!(made["use_at"].as_str().unwrap().ends_with("/revoke"));

    let child = Home::new();
    let open = format!("account open {} --number 000224000001 --phone 0900000003", provider(&nation));
    run(&child, &open).exits(0);
    let wards = run(&home, "account wards list").exits(0);
    assert_eq!(wards["wards"][0]["account"]["state"], "awaiting_code");
    run(&home, "account wards lock 000224000001").fails(1, "account.account_not_active");
    run(&home, "account wards lock 000199012345").fails(1, "account.not_in_care");

    let recover = format!("account pin recover --can 067891 --simulate {}", card(CARD_B));
    run(&home, &recover).fails(2, "account.no_pin");
    with_pin(&home, "account pin set", "159357\n").exits(0);
    set_wait(&nation, 0);
    run(&home, &recover).exits(0);
    with_pin(&home, "account pin set", "404071\n").exits(0);

    assert_eq!(run(&home, "account lock").exits(0)["state"], "locked");
    assert_eq!(run(&home, "account show").exits(0)["locks"], json!(["holder"]));
    run(&home, "account close").fails(1, "cancelled");
    run(&home, "account close --yes").exits(0);
    run(&home, "account show").fails(2, "account.no_account");
    assert_eq!(run(&home, "credential list").exits(0)["credentials"], json!([]));
}

#[test]
fn another_device_reads_the_card_for_one_without_a_reader() {
    let (own, other) = (Home::new(), Home::new());
    let (_sandbox, nation) = start(&own);
    let place = provider(&nation);
    run(&own, &format!("account open {place} --number {NUMBER} --phone {PHONE}")).exits(0);
    run(&own, &format!("account activate --code {}", mailbox(&nation))).exits(0);
    let picture = own.path("code.png");
    let verify = format!("account verify --other-phone --png {picture} --json");
    let waiting = own.waiting(&verify.split(' ').collect::<Vec<_>>());
    for _ in 0..300 {
        if std::path::Path::new(&picture).exists() {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(100));
    }
    let lend = format!("card lend {picture} --can 067891 --simulate {}", card(CARD_B));
    run(&other, &format!("{lend} --yes")).fails(2, "provider_missing");
    run(&other, &format!("{lend} {place}")).fails(1, "cancelled");
    let lent = run(&other, &format!("{lend} {place} --yes"));
    assert_eq!(lent.exits(0), json!({"lent_to": "computer", "purpose": "level-2"}));
    let raised = waiting.given("");
    assert_eq!(raised.exits(0), json!({"level": 2}));
    let digits = |said: &str| {
        said.lines()
            .find_map(|line| line.split_once("both devices show "))
            .map(|(_, rest)| rest[..6].to_owned())
    };
    assert_eq!(digits(&raised.stderr).unwrap(), digits(&lent.stderr).unwrap());
    assert_eq!(
        run(&other, "history").exits(0)["history"][0]["event"],
        json!({"reader_lent": {"to": "computer"}})
    );
    run(&other, "account show").fails(2, "account.no_account");
}
