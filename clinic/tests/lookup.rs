//! The national look-up against the sandbox's stand-in of the portal.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]
use std::fmt::Write as _;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Mutex, Once};
use std::time::{Duration, Instant};

use http_client::{Client, Limits, Request};
use sandbox::{RunningSandbox, Sandbox, SandboxConfig};
use sen_clinic::answer::AnswerClaims;
use sen_clinic::lookup::{Account, CODES, Entitlement, Lookup, Outcome, Question, SecretsIn};
use serde_json::{Value, json};
use trust::secret::Secret;
use trust::time::Timestamp;

const PASSWORD: &str = "cong-tra-cuu-mau";
const PASSWORD_MD5: &str = "c96577cf3c149303c46832ab7951bb74";
const NUMBER: &str = "000199012345";
const NOW: Timestamp = Timestamp::from_unix(1_748_736_000);

struct World {
    sandbox: RunningSandbox,
    folder: PathBuf,
    roots: Vec<u8>,
    lookup: Lookup,
    client: Client,
    runtime: tokio::runtime::Runtime,
}

fn account(password: &str, staff: &str) -> Account {
    Account::new("00000_BV", &Secret::new(password.to_owned()), staff, "000204067891")
}

impl World {
    fn start(password: &str, staff: &str, secrets_in: SecretsIn, clock: fn() -> Timestamp) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::SeqCst);
        let folder = std::env::temp_dir().join(format!("sen-lookup-{}-{count}", std::process::id()));
        let sandbox = Sandbox::start(SandboxConfig {
            data_dir: folder.clone(),
            listen: "127.0.0.1:0".parse().unwrap(),
            csca: card::CscaAnchors::default(),
            phone_makers: sandbox::PhoneMakers::default(),
            clock,
            population: 0,
        })
        .unwrap();
        let roots = sandbox.ca_pem().unwrap();
        let lookup = Lookup::new(sandbox.url(), &roots, account(password, staff), secrets_in).unwrap();
        let client = Client::new(&roots, Limits::default()).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        Self { sandbox, folder, roots, lookup, client, runtime }
    }

    fn usual() -> Self {
        Self::start(PASSWORD, "Đặng Quốc Ưu", SecretsIn::Address, || NOW)
    }

    fn ask(&self, person: &Value) -> Entitlement {
        self.ask_at(person, NOW)
    }

    fn ask_at(&self, person: &Value, now: Timestamp) -> Entitlement {
        let claims: AnswerClaims = serde_json::from_value(person.clone()).unwrap();
        self.runtime.block_on(self.lookup.ask(&Question::of(&claims).unwrap(), now))
    }

    fn operate(&self, path: &str, body: &Value) -> Value {
        let request = Request::post_json(&format!("{}{path}", self.sandbox.url()), body).unwrap();
        self.runtime.block_on(self.client.fetch(request)).unwrap().json().unwrap()
    }

    /// Sets a fault; so many tokens were in use.
    fn fault(&self, fault: &str) -> Value {
        self.operate("/sandbox/insurance-fault", &json!({"fault": fault}))["tokens"].clone()
    }
}

impl Drop for World {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

/// By the personal number, since the register invents card numbers.
fn person() -> Value {
    json!({"name": "Nguyễn Thị Mẫu", "date_of_birth": "1999-01-01", "sex": "F", "personal_number": NUMBER,
           "insurance": null})
}

#[test]
fn a_good_card_is_entitled_with_its_data_as_of_now() {
    for secrets_in in [SecretsIn::Address, SecretsIn::Body] {
        let world = World::start(PASSWORD, "Đặng Quốc Ưu", secrets_in, || NOW);
        let entitlement = world.ask(&person());
        assert_eq!((entitlement.result, entitlement.code.as_deref()), (Outcome::Entitled, Some("000")));
        assert_eq!(entitlement.as_of, "2025-06-01T00:00:00Z");
        let details = entitlement.details.unwrap();
        assert_eq!(
            (details.valid_from.as_deref(), details.valid_to.as_deref()),
            (Some("2024-01-01"), Some("2029-12-31"))
        );
        assert!(details.object_group_words.is_some() && details.benefit.is_some());
        // The card's own number leads to the same card.
        let mut by_card = person();
        by_card["insurance"] = json!({"number": details.number, "valid_from": null, "valid_to": null, "facility": null,
                                      "benefit_level": null, "five_years_from": null});
        assert_eq!(world.ask(&by_card).result, Outcome::Entitled);
    }
}

#[test]
fn every_code_that_the_portal_can_give_is_mapped() {
    let world = World::usual();
    let rows = CODES.iter().map(|row| (row.code, row.outcome));
    for (code, outcome) in rows.chain([("777", Outcome::UnknownAnswer)]) {
        // A portal that does not know the account is left alone for a while.
        world.fault("none");
        world.operate("/sandbox/insurance-answer", &json!({"number": NUMBER, "code": code}));
        let entitlement = world.ask(&person());
        assert_eq!((entitlement.result, entitlement.code.as_deref()), (outcome, Some(code)));
    }
}

#[test]
fn another_name_is_different_data() {
    let mut other = person();
    other["name"] = json!("Trần Văn Khác");
    let entitlement = World::usual().ask(&other);
    assert_eq!((entitlement.result, entitlement.code.as_deref()), (Outcome::DifferentData, Some("060")));
    assert!(entitlement.details.is_none());
}

#[test]
fn a_clerk_whom_the_portal_does_not_know_is_refused_access() {
    let entitlement = World::start(PASSWORD, "Ai Đó", SecretsIn::Address, || NOW).ask(&person());
    assert_eq!((entitlement.result, entitlement.code.as_deref()), (Outcome::RefusedAccess, Some("055")));
}

#[test]
fn a_refused_login_is_not_tried_again_for_a_minute() {
    let world = World::start("wrong", "Đặng Quốc Ưu", SecretsIn::Address, || NOW);
    assert_eq!(world.ask(&person()).result, Outcome::RefusedAccess);
    // Nothing is asked: a portal that would fail now is not even reached.
    world.fault("broken");
    let kept = world.ask_at(&person(), NOW.plus_seconds(59));
    assert_eq!((kept.result, kept.code.as_deref()), (Outcome::RefusedAccess, Some("401")));
    assert_eq!(world.ask_at(&person(), NOW.plus_seconds(60)).result, Outcome::AskAgain);
}

#[test]
fn a_token_that_the_portal_forgot_is_renewed_once() {
    let world = World::usual();
    assert_eq!(world.ask(&person()).result, Outcome::Entitled);
    // Setting a fault makes the portal forget all tokens.
    world.fault("none");
    assert_eq!(world.ask(&person()).result, Outcome::Entitled);
    world.fault("forgets_tokens");
    let entitlement = world.ask(&person());
    assert_eq!((entitlement.result, entitlement.code.as_deref()), (Outcome::RefusedAccess, Some("401")));
    world.fault("none");
    assert_eq!(world.ask(&person()).result, Outcome::Entitled);
}

#[test]
fn a_token_is_renewed_a_minute_before_it_ends() {
    // The portal's clock stands still: it would take the first token until the end.
    let tokens_after = |seconds| {
        let world = World::usual();
        assert_eq!(world.ask(&person()).result, Outcome::Entitled);
        assert_eq!(world.ask_at(&person(), NOW.plus_seconds(seconds)).result, Outcome::Entitled);
        world.fault("none")
    };
    assert_eq!((tokens_after(3539), tokens_after(3540)), (json!(1), json!(2)));
}

#[test]
fn a_portal_that_fails_is_to_be_asked_again() {
    let world = World::usual();
    for fault in ["broken", "bad_json"] {
        world.fault(fault);
        assert_eq!(world.ask(&person()).result, Outcome::AskAgain, "{fault}");
    }
}

#[test]
fn a_portal_that_is_not_there_or_not_the_portal_is_unreachable() {
    let world = World::usual();
    let stranger = World::usual();
    let ask = |lookup: &Lookup| {
        let claims: AnswerClaims = serde_json::from_value(person()).unwrap();
        world.runtime.block_on(lookup.ask(&Question::of(&claims).unwrap(), NOW)).result
    };
    let nobody = Lookup::new(
        "https://127.0.0.1:1",
        &world.roots,
        account(PASSWORD, "Đặng Quốc Ưu"),
        SecretsIn::Address,
    );
    assert_eq!(ask(&nobody.unwrap()), Outcome::Unreachable);
    let url = world.sandbox.url();
    let other = Lookup::new(url, &stranger.roots, account(PASSWORD, "Đặng Quốc Ưu"), SecretsIn::Address);
    assert_eq!(ask(&other.unwrap()), Outcome::Unreachable);
}

#[test]
fn a_slow_portal_does_not_keep_the_desk_waiting() {
    let world = World::usual();
    world.operate("/sandbox/insurance-fault", &json!({"fault": "slow", "milliseconds": 20_000}));
    let start = Instant::now();
    assert_eq!(world.ask(&person()).result, Outcome::Unreachable);
    assert!(start.elapsed() < Duration::from_secs(14), "{:?}", start.elapsed());
}

#[test]
fn there_is_no_question_without_number_name_and_birth_date() {
    for missing in ["name", "date_of_birth", "personal_number"] {
        let mut person = person();
        person[missing] = Value::Null;
        let claims: AnswerClaims = serde_json::from_value(person).unwrap();
        assert!(Question::of(&claims).is_none(), "{missing}");
    }
}

#[test]
fn a_wrong_address_is_refused_at_once() {
    let world = World::usual();
    let plain = Lookup::new("http://127.0.0.1:1", &world.roots, account(PASSWORD, "A"), SecretsIn::Body);
    assert_eq!(plain.unwrap_err(), http_client::Error::BadAddress);
}

/// Everything that any part of the process would log, at the finest level.
struct Everything(Mutex<String>);

impl log::Log for Everything {
    fn enabled(&self, _: &log::Metadata<'_>) -> bool {
        true
    }

    fn log(&self, record: &log::Record<'_>) {
        writeln!(self.0.lock().unwrap(), "{} {}", record.target(), record.args()).unwrap();
    }

    fn flush(&self) {}
}

static LOG: Everything = Everything(Mutex::new(String::new()));

#[test]
fn neither_logs_nor_debug_texts_hold_a_secret_or_a_person() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        log::set_logger(&LOG).unwrap();
        log::set_max_level(log::LevelFilter::Trace);
    });
    let world = World::usual();
    let good = world.ask(&person());
    world.fault("broken");
    let failed = world.ask(&person());
    let shown = format!(
        "{good:?} {failed:?} {:?} {:?} {}",
        world.lookup,
        account(PASSWORD, "Đặng Quốc Ưu"),
        http_client::Error::BadAddress
    );
    let log = LOG.0.lock().unwrap().clone();
    assert!(log.contains("reqwest") || log.contains("rustls"), "the log was not caught: {log}");
    for secret in
        [PASSWORD_MD5, "00000_BV", "id_token", "Ưu", "Mẫu", NUMBER, "000204067891", "/api/egw", "01/01/1999"]
    {
        assert!(!log.contains(secret), "{secret}");
        assert!(!shown.contains(secret), "{secret} in {shown}");
    }
}
