//! The account against a small provider that checks each message as the agreement says.
#![allow(clippy::unwrap_used)]

mod doubles;

use std::collections::HashSet;
use std::sync::{Arc, Mutex};

use credential::jose::{Jwk, Jws};
use doubles::Phone;
use doubles::server::{Asked, Reply, Server};
use holder::{AccountError, AccountState, Applicant, Error, Event, KeyError, Kind, Level, Provider};
use http_client::ServerCode;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use serde_json::{Map, Value, json};
use trust::time::Timestamp;

const SERVER_TIME: i64 = 1_780_000_000;

/// The provider's memory.
#[derive(Default)]
struct Provider1 {
    challenges: HashSet<String>,
    key: Option<Jwk>,
    sequence: u64,
    operations: Vec<String>,
    /// Refuse the next message with this.
    refuse: Option<Value>,
    /// Take the next message and end the connection without an answer.
    hang_up: bool,
}

impl Provider1 {
    fn answer(&mut self, asked: &Asked, url: &str) -> Option<Reply> {
        match asked.path.as_str() {
            "/trust/root.pub" => {
                let hex: String = trust_root().iter().map(|byte| format!("{byte:02x}")).collect();
                return Some(Reply {
                    status: 200,
                    body: format!("{hex}\n").into_bytes(),
                });
            }
            "/account/challenge" => {
                let challenge = format!("challenge-{}", self.challenges.len());
                self.challenges.insert(challenge.clone());
                return Some(Reply::json(
                    &json!({"challenge": challenge, "server_time": SERVER_TIME, "expires_in": 300}),
                ));
            }
            _ => {}
        }
        let claims = self.open_message(asked, url);
        let operation = claims["op"].as_str().unwrap().to_owned();
        self.operations.push(operation.clone());
        if std::mem::take(&mut self.hang_up) {
            return None;
        }
        if let Some(refusal) = self.refuse.take() {
            return Some(Reply::error(400, &refusal));
        }
        Some(Reply::json(&match operation.as_str() {
            "open" => {
                assert_eq!(claims["personal_number"], "000199012345");
                json!({"account": "acc_1", "code_sent_to": "•••• 678", "code_expires_in": 600})
            }
            "activate" => {
                assert_eq!(
                    (&claims["account"], &claims["code"]),
                    (&json!("acc_1"), &json!("123456"))
                );
                json!({"account": "acc_1", "level": 1, "state": "active"})
            }
            "show" => json!({"account": "acc_1", "level": 2, "state": "locked", "method": "chip+face",
                             "verified_at": "2026-05-28T20:26:40Z", "devices": [{"name": "phone"}]}),
            _ => json!({}),
        }))
    }

    /// Checks what every message must keep: signature, key, audience, fresh challenge, rising number.
    fn open_message(&mut self, asked: &Asked, url: &str) -> Map<String, Value> {
        let body: Value = serde_json::from_slice(&asked.body).unwrap();
        let jws = Jws::parse(body["jws"].as_str().unwrap(), 1 << 20)
            .unwrap()
            .of_type("sen-account+jwt")
            .unwrap();
        let key = jws.header().jwk().unwrap().clone();
        let claims = jws.verify(key.key()).unwrap().claims().clone();
        if claims["op"] == "open" {
            (self.key, self.sequence) = (Some(key.clone()), 0);
        }
        assert_eq!(self.key.as_ref(), Some(&key));
        assert_eq!(claims["aud"], url);
        assert_eq!(claims["iat"], SERVER_TIME);
        assert!(self.challenges.remove(claims["challenge"].as_str().unwrap()));
        assert!(claims["seq"].as_u64().unwrap() > self.sequence);
        self.sequence = claims["seq"].as_u64().unwrap();
        claims
    }
}

fn trust_root() -> Vec<u8> {
    let random = ring::rand::SystemRandom::new();
    let key = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
    let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, key.as_ref(), &random).unwrap();
    pair.public_key().as_ref().to_vec()
}

async fn provider() -> (Server, Arc<Mutex<Provider1>>) {
    let state = Arc::new(Mutex::new(Provider1::default()));
    let shared = state.clone();
    let server = Server::start(move |asked, url| shared.lock().unwrap().answer(&asked, url)).await;
    (server, state)
}

fn at(server: &Server) -> Provider {
    Provider {
        url: server.url.clone(),
        roots_pem: server.roots_pem.clone(),
    }
}

fn applicant() -> Applicant {
    Applicant {
        personal_number: "000199012345".to_owned(),
        phone: "0900012345".to_owned(),
        device_name: "phone".to_owned(),
    }
}

/// A device clock that is an hour slow.
fn now() -> Timestamp {
    Timestamp::from_unix(SERVER_TIME - 3600)
}

#[tokio::test]
async fn opens_activates_shows_locks_and_unlocks_across_restarts() {
    let (server, state) = provider().await;
    let phone = Phone::new();
    let opened = phone
        .wallet()
        .account()
        .open(&at(&server), &applicant(), now())
        .await
        .unwrap();
    assert_eq!((opened.account.as_str(), opened.code_expires_in), ("acc_1", 600));
    assert_eq!(
        phone.wallet().account().remembered().unwrap().state,
        AccountState::AwaitingCode
    );
    assert_eq!(
        phone.wallet().account().activate("123456", now()).await.unwrap(),
        Level::One
    );
    let shown = phone.wallet().account().show(now()).await.unwrap();
    assert_eq!((shown.level, shown.state), (Level::Two, AccountState::Locked));
    assert_eq!(shown.devices[0].name, "phone");
    phone.wallet().account().lock(now()).await.unwrap();
    phone.wallet().account().unlock(now()).await.unwrap();
    assert_eq!(phone.wallet().account().remembered().unwrap().level, Level::Two);

    assert_eq!(
        state.lock().unwrap().operations,
        ["open", "activate", "show", "lock", "unlock"]
    );
    assert_eq!(phone.keys.count(), 1);
    let events: Vec<Event> = phone
        .wallet()
        .history(None, 10)
        .unwrap()
        .into_iter()
        .map(|entry| entry.event)
        .collect();
    assert_eq!(
        events,
        [
            Event::AccountUnlocked,
            Event::AccountLocked,
            Event::AccountActivated { level: 1 },
            Event::AccountOpened
        ]
    );
    assert_eq!(phone.wallet().verify_history(), Ok(4));
}

#[tokio::test]
async fn keeps_no_key_and_no_account_when_opening_is_refused_or_cut_off() {
    for hang_up in [false, true] {
        let (server, state) = provider().await;
        let phone = Phone::new();
        let wallet = phone.wallet();
        {
            let mut state = state.lock().unwrap();
            state.hang_up = hang_up;
            state.refuse = (!hang_up).then(|| json!({"error": "unknown_person"}));
        }
        let error = wallet
            .account()
            .open(&at(&server), &applicant(), now())
            .await
            .unwrap_err();
        let kind = if hang_up {
            Kind::NoNetwork
        } else {
            Kind::IssuerRefused
        };
        assert_eq!(error.kind(), kind);
        assert_eq!(phone.keys.count(), 0);
        assert_eq!(
            wallet.account().remembered().unwrap_err(),
            AccountError::NoAccount.into()
        );
        // Nothing stands in the way of another try.
        wallet
            .account()
            .open(&at(&server), &applicant(), now())
            .await
            .unwrap();
    }
}

#[tokio::test]
async fn gives_up_an_account_that_was_never_activated_for_a_new_one() {
    let (server, _state) = provider().await;
    let phone = Phone::new();
    let wallet = phone.wallet();
    wallet
        .account()
        .open(&at(&server), &applicant(), now())
        .await
        .unwrap();
    wallet
        .account()
        .open(&at(&server), &applicant(), now())
        .await
        .unwrap();
    assert_eq!(phone.keys.count(), 1);
    wallet.account().activate("123456", now()).await.unwrap();
    let error = wallet
        .account()
        .open(&at(&server), &applicant(), now())
        .await
        .unwrap_err();
    assert_eq!(error, AccountError::AlreadyActive.into());
}

#[tokio::test]
async fn tells_how_many_attempts_are_left_after_a_wrong_code_and_notes_the_refusal() {
    let (server, state) = provider().await;
    let phone = Phone::new();
    let wallet = phone.wallet();
    wallet
        .account()
        .open(&at(&server), &applicant(), now())
        .await
        .unwrap();
    state.lock().unwrap().refuse = Some(json!({"error": "wrong_code", "attempts_left": 2}));
    let error = wallet.account().activate("000000", now()).await.unwrap_err();
    assert_eq!(
        (error.server_code(), error.attempts_left()),
        (ServerCode::WrongCode, Some(2))
    );
    assert_eq!((error.code(), error.kind()), ("wrong_code", Kind::NotReady));
    state.lock().unwrap().refuse = Some(json!({"error": "code_expired"}));
    wallet.account().activate("000000", now()).await.unwrap_err();
    let last = wallet.history(None, 1).unwrap();
    assert!(matches!(&last[0].event, Event::Refused { code, .. } if code == "code_expired"));
    wallet.account().activate("123456", now()).await.unwrap();
}

#[tokio::test]
async fn never_uses_a_number_twice_when_an_answer_is_lost() {
    let (server, state) = provider().await;
    let phone = Phone::new();
    let wallet = phone.wallet();
    wallet
        .account()
        .open(&at(&server), &applicant(), now())
        .await
        .unwrap();
    state.lock().unwrap().hang_up = true;
    assert_eq!(
        wallet
            .account()
            .activate("123456", now())
            .await
            .unwrap_err()
            .kind(),
        Kind::NoNetwork
    );
    drop(wallet);
    // The provider's check inside `open_message` is the assertion.
    phone.wallet().account().activate("123456", now()).await.unwrap();
}

#[tokio::test]
async fn reports_a_provider_that_is_down_and_a_key_that_is_lost() {
    let (server, _state) = provider().await;
    let phone = Phone::new();
    let wallet = phone.wallet();
    wallet
        .account()
        .open(&at(&server), &applicant(), now())
        .await
        .unwrap();
    server.stop();
    assert_eq!(
        wallet.account().show(now()).await.unwrap_err().kind(),
        Kind::NoNetwork
    );
    phone.keys.lose_all();
    let error = wallet.account().show(now()).await.unwrap_err();
    assert_eq!(
        (error.clone(), error.kind()),
        (Error::Key(KeyError::Lost), Kind::DeviceKeyLost)
    );
}

#[tokio::test]
async fn opens_no_account_at_an_address_that_is_not_plain_https() {
    let phone = Phone::new();
    let wallet = phone.wallet();
    for url in [
        "http://127.0.0.1:1",
        "https://a.vn/",
        "https://a.vn?x=1",
        "https://u@a.vn",
        "a.vn",
    ] {
        let provider = Provider {
            url: url.to_owned(),
            roots_pem: Vec::new(),
        };
        let error = wallet
            .account()
            .open(&provider, &applicant(), now())
            .await
            .unwrap_err();
        assert_eq!(error, AccountError::BadProvider.into(), "{url}");
    }
}

#[tokio::test]
async fn keeps_nothing_when_the_key_store_fails_or_the_person_declines() {
    let (server, _state) = provider().await;
    let phone = Phone::new();
    let wallet = phone.wallet();
    *phone.keys.fail_create.lock().unwrap() = Some(KeyError::UserCancelled);
    let error = wallet
        .account()
        .open(&at(&server), &applicant(), now())
        .await
        .unwrap_err();
    assert_eq!(error.kind(), Kind::UserCancelled);
    assert_eq!(
        wallet.account().remembered().unwrap_err(),
        AccountError::NoAccount.into()
    );
}
