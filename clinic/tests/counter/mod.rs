//! A running desk, a clerk who has logged in, and a clock that a test moves.
#![allow(dead_code, unreachable_pub, reason = "each test file uses its part")]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test stops where its desk does not stand"
)]
pub mod document;
#[path = "../nation/mod.rs"]
pub mod nation;

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU32, Ordering};

use nation::Nation;
use nation::world::NOW;
use reqwest::header::{CONTENT_TYPE, COOKIE, SET_COOKIE};
use reqwest::{Method, StatusCode};
use sen_clinic::database::Place;
use sen_clinic::desk::{Demands, DeskConfig, RunningDesk};
use serde_json::{Value, json};
use trust::time::Timestamp;

/// A clock for all desks of a test.
#[derive(Clone)]
pub struct TestClock(Arc<AtomicI64>);

impl TestClock {
    pub fn new() -> Self {
        Self(Arc::new(AtomicI64::new(NOW.as_unix())))
    }

    pub fn set(&self, now: Timestamp) {
        self.0.store(now.as_unix(), Ordering::SeqCst);
    }

    pub fn pass(&self, seconds: i64) {
        self.0.fetch_add(seconds, Ordering::SeqCst);
    }
}

/// A desk's process, here a thread.
pub struct Running {
    pub desk: RunningDesk,
    pub password: String,
    pub clock: TestClock,
}

/// The configuration of a desk in this nation.
pub fn config(nation: &Nation, place: Place, clock: &TestClock) -> DeskConfig {
    let clock = clock.0.clone();
    DeskConfig {
        listen: "127.0.0.1:0".parse().unwrap(),
        place,
        trust: nation.folder.join("trust"),
        status: Some(nation.folder.join("status")),
        web: Some(nation.folder.join("web")),
        name: "Quầy 1".into(),
        facility: Some("79034".into()),
        keep_days: 30,
        fetcher: None,
        lookup: None,
        identity: Some(nation.folder.join("identity")),
        demands: Demands::default(),
        clock: Arc::new(move || Timestamp::from_unix(clock.load(Ordering::SeqCst))),
    }
}

/// A desk of this nation, started.
pub fn start(nation: &Nation, place: &Place, clock: &TestClock) -> RunningDesk {
    RunningDesk::start(config(nation, place.clone(), clock)).unwrap()
}

impl Running {
    /// The first desk on this database.
    pub fn first(nation: &Nation, place: &Place) -> Self {
        let clock = TestClock::new();
        let desk = start(nation, place, &clock);
        let password = desk.first_password().unwrap().to_owned();
        Self { desk, password, clock }
    }

    /// Another process on the same database.
    pub fn another(&self, nation: &Nation, place: &Place) -> Self {
        let desk = start(nation, place, &self.clock);
        assert!(desk.first_password().is_none(), "the password is there already");
        Self { desk, password: self.password.clone(), clock: self.clock.clone() }
    }

    /// A caller without a session.
    pub fn stranger(&self) -> Clerk {
        Clerk::new(format!("http://{}", self.desk.address()))
    }

    /// A clerk at a counter.
    pub fn clerk(&self, counter: &str) -> Clerk {
        let mut clerk = self.stranger();
        clerk.log_in(&self.password, Some("Lan"), Some(counter));
        clerk
    }
}

/// Whoever calls the desk.
#[derive(Clone)]
pub struct Clerk {
    url: String,
    client: reqwest::Client,
    runtime: Arc<tokio::runtime::Runtime>,
    pub cookie: Option<String>,
}

/// What came back.
#[derive(Debug)]
pub struct Answered {
    pub status: StatusCode,
    pub headers: reqwest::header::HeaderMap,
    pub body: Vec<u8>,
}

impl Answered {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("no JSON, status {}", self.status))
    }

    /// The JSON of a call that succeeded.
    #[track_caller]
    pub fn ok(&self) -> Value {
        assert_eq!(self.status, StatusCode::OK, "{}", String::from_utf8_lossy(&self.body));
        self.json()
    }

    /// Status and stable code of a refusal.
    #[track_caller]
    pub fn refusal(&self) -> (u16, String) {
        let json = self.json();
        (self.status.as_u16(), json["error"]["code"].as_str().unwrap().to_owned())
    }
}

impl Clerk {
    pub fn new(url: String) -> Self {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        Self { url, client: client.build().unwrap(), runtime: Arc::new(runtime), cookie: None }
    }

    /// The same clerk at another screen, with a connection of its own.
    pub fn another(&self) -> Self {
        Self { cookie: self.cookie.clone(), ..Self::new(self.url.clone()) }
    }

    pub fn log_in(&mut self, password: &str, clerk: Option<&str>, desk: Option<&str>) {
        let body = json!({"password": password, "clerk": clerk, "desk": desk});
        let answered = self.post("/api/session", &body);
        assert_eq!(answered.status, StatusCode::NO_CONTENT, "{answered:?}");
        let cookie = answered.headers[SET_COOKIE].to_str().unwrap();
        self.cookie = Some(cookie.split(';').next().unwrap().to_owned());
    }

    pub fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let request = self.client.request(method, format!("{}{path}", self.url));
        match &self.cookie {
            Some(cookie) => request.header(COOKIE, cookie),
            None => request,
        }
    }

    pub fn send(&self, request: reqwest::RequestBuilder) -> Answered {
        self.try_send(request).unwrap()
    }

    pub fn try_send(&self, request: reqwest::RequestBuilder) -> reqwest::Result<Answered> {
        let request = request.build()?;
        let (method, path) = (request.method().clone(), request.url().path().to_owned());
        let answered = self.runtime.block_on(async {
            let response = self.client.execute(request).await?;
            let (status, headers) = (response.status(), response.headers().clone());
            Ok::<_, reqwest::Error>(Answered { status, headers, body: response.bytes().await?.to_vec() })
        })?;
        document::expect(&method, &path, &answered);
        Ok(answered)
    }

    pub fn get(&self, path: &str) -> Answered {
        self.send(self.request(Method::GET, path))
    }

    pub fn delete(&self, path: &str) -> Answered {
        self.send(self.request(Method::DELETE, path).header("x-sen-desk", "1"))
    }

    pub fn post_request(&self, path: &str, body: &Value) -> reqwest::RequestBuilder {
        let request = self.request(Method::POST, path).header("x-sen-desk", "1");
        request.header(CONTENT_TYPE, "application/json").body(body.to_string())
    }

    pub fn post(&self, path: &str, body: &Value) -> Answered {
        self.send(self.post_request(path, body))
    }

    /// The answer on a scanned text, with the check's name.
    #[track_caller]
    pub fn check(&self, text: &str) -> Value {
        self.post("/api/checks", &json!({"text": text})).ok()
    }

    /// The verdict and the reasons, in one line.
    #[track_caller]
    pub fn verdict(&self, text: &str) -> String {
        verdict(&self.check(text))
    }
}

/// `accepted`, `refused replayed`.
pub fn verdict(check: &Value) -> String {
    let answer = &check["answer"];
    let reasons = answer["reasons"].as_array().unwrap().iter().map(|reason| reason.as_str().unwrap());
    let words: Vec<&str> = std::iter::once(answer["verdict"].as_str().unwrap()).chain(reasons).collect();
    words.join(" ")
}

/// A place of its own for each test.
pub fn file(nation: &Nation) -> Place {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    Place::File(nation.folder.join(format!("desk-{}.sqlite", COUNT.fetch_add(1, Ordering::Relaxed))))
}

impl Nation {
    /// A code of a holder of their own: each is new to a desk.
    pub fn code_of(&mut self, holder: u32) -> String {
        self.world.credential.sub = format!("t{holder:07}");
        self.world.text()
    }
}
