//! A provider that checks each account message as the agreement says, and passes what concerns issuing on to the issuer.

use std::collections::HashSet;
use std::process::Child;
use std::sync::{Arc, Mutex, MutexGuard};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use credential::jose::{Jwk, Jws};
use holder::{AccountState, Applicant, CredentialName, Error, Provider, Silent, Wallet, Wanted};
use ring::digest::{SHA256, digest};
use serde_json::{Map, Value, json};
use trust::time::Timestamp;

use super::attested::Vouching;
use super::issuer::TestIssuer;
use super::phones::Phones;
use super::pin::PinDesk;
use super::server::{Asked, Reply, Server};

pub const SERVER_TIME: i64 = 1_780_000_000;
/// Seconds for which a new phone or PIN waits.
pub const WAIT: i64 = 3600;
/// What the key of a phone answers that another one hands the account to.
pub const KEY_CHALLENGE: &str = "key-challenge";

/// The provider's memory, and what a test wants it to do wrong.
#[derive(Default)]
pub struct TestProvider {
    challenges: HashSet<String>,
    pub phones: Phones,
    pub operations: Vec<String>,
    /// Refuse the next message with this.
    pub refuse: Option<Value>,
    /// Take the next message and end the connection without an answer.
    pub hang_up: bool,
    /// Act on the next message and end the connection before the answer leaves.
    pub lose_answer: bool,
    /// The one-time code was taken.
    pub activated: bool,
    /// Seconds by which its clock is behind what it was.
    pub set_back: i64,
    /// The nonce of the last proof was used up.
    pub nonce_spent: bool,
    /// Whether the holder has it locked; before that was said it is shown as locked.
    pub locked: Option<bool>,
    /// The holder ended it.
    pub closed: bool,
    /// A new PIN waits for its time.
    pub pin_waits: bool,
    /// The face service does not find the face of the card.
    pub face_fails: bool,
    pub issuer: TestIssuer,
    pub pin: PinDesk,
    pub vouching: Vouching,
    /// Kill this process when the request of this number has been acted on, before its answer leaves.
    pub kill_at: Option<(u32, Arc<Mutex<Option<Child>>>)>,
    requests: u32,
    lose_answer_now: bool,
}

/// What a provider remembers of an account, to be had back.
#[derive(Clone, Default)]
pub struct Remembered {
    pub phones: Phones,
    activated: bool,
    pin: PinDesk,
}

impl TestProvider {
    pub fn remembered(&self) -> Remembered {
        Remembered { phones: self.phones.clone(), activated: self.activated, pin: self.pin.clone() }
    }

    /// It is as it was then.
    pub fn set_back_to(&mut self, then: &Remembered) {
        let Remembered { phones, activated, pin } = then.clone();
        (self.phones, self.activated, self.pin) = (phones, activated, pin);
    }

    fn answer(&mut self, asked: &Asked, url: &str) -> Option<Reply> {
        let reply = self.act(asked, url);
        let number = self.requests;
        self.requests += 1;
        if std::mem::take(&mut self.lose_answer_now) {
            return None;
        }
        match &self.kill_at {
            Some((at, child)) if *at == number => {
                child.lock().unwrap().as_mut().unwrap().kill().unwrap();
                None
            }
            _ => reply,
        }
    }

    fn act(&mut self, asked: &Asked, url: &str) -> Option<Reply> {
        match asked.path.as_str() {
            "/account/challenge" => {
                let challenge = format!("challenge-{}", self.requests);
                self.challenges.insert(challenge.clone());
                return Some(Reply::json(
                    &json!({"challenge": challenge, "server_time": SERVER_TIME - self.set_back, "expires_in": 300}),
                ));
            }
            "/account/key-challenge" => {
                return Some(Reply::json(
                    &json!({"challenge": KEY_CHALLENGE, "server_time": SERVER_TIME - self.set_back, "expires_in": 900}),
                ));
            }
            "/face/statement" => return Some(self.face(asked)),
            path if !path.starts_with("/account/") => return self.issuer.answer(asked, url),
            _ => {}
        }
        let (key, claims) = self.open_message(asked, url);
        self.lose_answer_now = std::mem::take(&mut self.lose_answer);
        let operation = claims["op"].as_str().unwrap().to_owned();
        self.operations.push(operation.clone());
        if std::mem::take(&mut self.hang_up) {
            return None;
        }
        if let Some(refusal) = self.refuse.take() {
            return Some(Reply::error(400, &refusal));
        }
        if self.phones.is_replaced(&key) {
            return Some(Reply::error(403, &json!({"error": "device_replaced"})));
        }
        if self.phones.is_waiting(&key) && operation != "device" {
            let refusal = Reply::error(403, &json!({"error": "device_waiting"}));
            return Some(refusal.with("retry-after", &WAIT.to_string()));
        }
        if operation == "show" && !self.phones.is_known(&key) {
            return Some(Reply::error(400, &json!({"error": "account_unknown"})));
        }
        if let Some(answer) = self.vouching.answer(&claims) {
            return Some(Reply::json(&answer));
        }
        Some(Reply::json(&match operation.as_str() {
            "open" => {
                assert_eq!(claims["personal_number"], "000199012345");
                self.activated = false;
                json!({"account": "acc_1", "code_sent_to": "•••• 678", "code_expires_in": 600})
            }
            "activate" => {
                assert_eq!((&claims["account"], &claims["code"]), (&json!("acc_1"), &json!("123456")));
                if std::mem::replace(&mut self.activated, true) {
                    return Some(Reply::error(409, &json!({"error": "already_active"})));
                }
                json!({"account": "acc_1", "level": 1, "state": "active"})
            }
            "show" => {
                let locked = self.locked != Some(false);
                let state = if locked { "locked" } else { "active" };
                json!({"account": "acc_1", "level": 2, "state": if self.closed { "closed" } else { state },
                       "locked_by": locked.then_some("holder"), "method": "chip+face",
                       "verified_at": "2026-05-28T20:26:40Z", "devices": [{"name": "phone"}],
                       "pin": self.pin.id.as_ref().map(|_| json!({"blocked": false})), "pin_id": self.pin.id,
                       "pending": self.pin_waits.then(|| json!({"kind": "pin", "effective_at": SERVER_TIME + WAIT}))})
            }
            "lock" => match self.locked.replace(true) {
                Some(true) => return Some(Reply::error(400, &json!({"error": "account_locked"}))),
                _ => json!({"account": "acc_1", "state": "locked"}),
            },
            "unlock" => match self.locked.replace(false) {
                Some(false) => return Some(Reply::error(400, &json!({"error": "not_holder_lock"}))),
                _ => json!({"account": "acc_1", "state": "active"}),
            },
            "close" if std::mem::replace(&mut self.closed, true) => {
                return Some(Reply::error(400, &json!({"error": "account_not_active"})));
            }
            "close" => json!({"account": "acc_1", "state": "closed"}),
            "pending_cancel" if std::mem::take(&mut self.pin_waits) || self.phones.cancel() => {
                json!({"cancelled": true, "account": "acc_1"})
            }
            "pending_cancel" => return Some(Reply::error(400, &json!({"error": "nothing_pending"}))),
            "revocation_code" => json!({"code": "123456789012345678", "use_at": format!("{url}/revoke")}),
            "step_up_start" => self.begin_proof("level-2", url),
            "device_start" => self.begin_proof("new-device", url),
            "pin_recover_start" => self.begin_proof("new-pin", url),
            "step_up" | "device" | "pin_recover" if std::mem::replace(&mut self.nonce_spent, true) => {
                return Some(Reply::error(400, &json!({"error": "nonce_unknown"})));
            }
            "step_up" => {
                proven(&claims, &key, "level-2");
                json!({"level": 2, "verified_at": "2026-05-28T20:26:40Z", "method": "chip+face"})
            }
            "device" => {
                proven(&claims, &key, "new-device");
                self.phones.wait(&key);
                json!({"account": "acc_1", "state": "waiting", "effective_at": SERVER_TIME + WAIT})
            }
            "pin_recover" => {
                proven(&claims, &key, "new-pin");
                self.pin_waits = true;
                json!({"account": "acc_1", "state": "waiting", "effective_at": SERVER_TIME + WAIT})
            }
            "hand_over_claim" => match self.phones.claim(&key) {
                Some(sealed) => {
                    self.vouching.handed_over(&claims, &key, KEY_CHALLENGE);
                    json!({"account": "acc_1", "sealed": sealed})
                }
                None => return Some(Reply::error(404, &json!({"error": "no_hand_over"}))),
            },
            "pin_set" | "pin_change" | "pin_check" | "hand_over" => match self.pin.answer(&claims) {
                Ok(answer) => {
                    if operation == "hand_over" {
                        self.phones.hand_over(&claims);
                    }
                    answer
                }
                Err(refusal) => return Some(Reply::error(400, &refusal)),
            },
            "level_start" => json!({"nonce": URL_SAFE_NO_PAD.encode([9; 32]), "purpose": "level-statement",
                                    "portrait_sha256": URL_SAFE_NO_PAD.encode(digest(&SHA256, b"face")),
                                    "face_service": format!("{url}/face/statement"), "expires_in": 300}),
            "level_statement" => {
                if let Err(refusal) = self.pin.answer(&claims) {
                    return Some(Reply::error(400, &refusal));
                }
                let with_face = claims.get("face_statement") == Some(&json!("statement"));
                assert_eq!(claims.contains_key("nonce"), with_face);
                let key = serde_json::from_value(claims["key"].clone()).unwrap();
                self.issuer.state_level(&key, if with_face { 4 } else { 2 })
            }
            "offer" => {
                self.issuer.for_ward = claims.contains_key("for");
                self.issuer.offer(claims["credential"].as_str().unwrap(), url)
            }
            _ => json!({}),
        }))
    }

    fn begin_proof(&mut self, purpose: &str, url: &str) -> Value {
        self.nonce_spent = false;
        json!({"account": "acc_1", "nonce": URL_SAFE_NO_PAD.encode([9; 32]), "purpose": purpose,
               "face_service": format!("{url}/face/statement"), "expires_in": 300})
    }

    fn face(&mut self, asked: &Asked) -> Reply {
        let body: Value = serde_json::from_slice(&asked.body).unwrap();
        assert_eq!(body["account"], "acc_1");
        assert_eq!(body["nonce"], URL_SAFE_NO_PAD.encode([9; 32]));
        assert_eq!(body["dg2_sha256"], URL_SAFE_NO_PAD.encode(digest(&SHA256, b"face")));
        assert!(self.phones.speaks(&body["device_key_thumbprint"]));
        assert_eq!(body["capture"], URL_SAFE_NO_PAD.encode(b"picture"));
        if self.face_fails {
            return Reply::error(400, &json!({"error": "face_not_matched"}));
        }
        Reply::json(&json!({"statement": "statement"}))
    }

    /// Checks what every message must keep: signature, key, audience, fresh challenge, rising number.
    fn open_message(&mut self, asked: &Asked, url: &str) -> (Jwk, Map<String, Value>) {
        let body: Value = serde_json::from_slice(&asked.body).unwrap();
        let jws =
            Jws::parse(body["jws"].as_str().unwrap(), 1 << 20).unwrap().of_type("sen-account+jwt").unwrap();
        let key = jws.header().jwk().unwrap().clone();
        let claims = jws.verify(key.key()).unwrap().claims().clone();
        assert_eq!(claims["aud"], url);
        assert_eq!(claims["iat"], SERVER_TIME - self.set_back);
        assert!(self.challenges.remove(claims["challenge"].as_str().unwrap()));
        self.phones.heard(&key, &claims);
        (key, claims)
    }
}

/// The card of these tests answers a challenge with itself.
fn proven(claims: &Map<String, Value>, key: &Jwk, purpose: &str) {
    let challenge = digest(&SHA256, &[&[9; 32], &key.thumbprint()[..], purpose.as_bytes()].concat());
    assert_eq!(claims["active_response"], URL_SAFE_NO_PAD.encode(&challenge.as_ref()[..8]));
    assert_eq!(claims["face_statement"], "statement");
    assert_eq!(claims["files"]["EF_DG2"], URL_SAFE_NO_PAD.encode(b"face"));
}

/// The running provider. What it remembers can be looked at and changed between two calls.
pub struct Running {
    pub server: Server,
    state: Arc<Mutex<TestProvider>>,
}

impl Running {
    pub fn state(&self) -> MutexGuard<'_, TestProvider> {
        self.state.lock().unwrap()
    }
}

pub async fn provider() -> Running {
    provider_seen_by(|_| {}).await
}

/// One that somebody looks at after each request, before the answer leaves.
pub async fn provider_seen_by(mut look: impl FnMut(&TestProvider) + Send + 'static) -> Running {
    let state = Arc::new(Mutex::new(TestProvider::default()));
    let shared = state.clone();
    let server = Server::start(move |asked, url| {
        let mut state = shared.lock().unwrap();
        let reply = state.answer(&asked, url);
        look(&state);
        reply
    });
    Running { server: server.await, state }
}

pub fn at(running: &Running) -> Provider {
    Provider { url: running.server.url.clone(), roots_pem: running.server.roots_pem.clone() }
}

pub fn applicant() -> Applicant {
    Applicant {
        personal_number: "000199012345".to_owned(),
        phone: "0900012345".to_owned(),
        device_name: "phone".to_owned(),
    }
}

/// A device clock that is an hour slow.
pub fn now() -> Timestamp {
    Timestamp::from_unix(SERVER_TIME - 3600)
}

pub fn server_time() -> Timestamp {
    Timestamp::from_unix(SERVER_TIME)
}

/// Everything from nothing to two credentials, one of them obtained twice; goes on wherever an earlier run was stopped.
pub async fn enrol(wallet: &Wallet, provider: &Provider) -> Result<(), Error> {
    let account = wallet.account();
    if account.remembered().is_err() {
        account.open(provider, &applicant(), now()).await?;
    }
    if account.remembered()?.state == AccountState::AwaitingCode {
        account.activate("123456", now()).await?;
    }
    for name in [CredentialName::Citizen, CredentialName::HealthInsurance, CredentialName::Citizen] {
        account.obtain_credential(Wanted::Named(name, None), None, &Silent, now()).await?;
    }
    Ok(())
}
