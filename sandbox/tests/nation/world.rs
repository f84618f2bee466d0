//! A sandbox with a clock that the test sets, and a client that believes its authority alone.
use std::cell::OnceCell;
use std::path::{Path, PathBuf};
use std::sync::Once;
use std::sync::atomic::{AtomicI64, AtomicU32, Ordering};

use card::CscaAnchors;
use postgres::{Client, NoTls};
use reqwest::header::{ACCEPT, AUTHORIZATION, HeaderMap};
use sen_sandbox::{PhoneMakers, Place, RunningSandbox, Sandbox, SandboxConfig};
use serde_json::Value;
use trust::time::Timestamp;

use crate::document::{Call, Document};

/// 2025-06-01T00:00:00Z: the test cards and their signers are valid then.
pub(crate) const START: i64 = 1_748_736_000;

/// A clock of its own for each place that says `clock!()`.
#[derive(Clone, Copy)]
pub(crate) struct Clock {
    pub(crate) now: fn() -> Timestamp,
    pub(crate) at: &'static AtomicI64,
}

macro_rules! clock {
    () => {{
        static AT: std::sync::atomic::AtomicI64 = std::sync::atomic::AtomicI64::new(crate::world::START);
        fn now() -> trust::time::Timestamp {
            trust::time::Timestamp::from_unix(AT.load(std::sync::atomic::Ordering::SeqCst))
        }
        crate::world::Clock { now, at: &AT }
    }};
}
pub(crate) use clock;

/// What the sandbox answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|_| panic!("{} {}", self.status, String::from_utf8_lossy(&self.body)))
    }

    pub(crate) fn text(&self, name: &str) -> String {
        let json = self.json();
        json.get(name).and_then(Value::as_str).unwrap_or_else(|| panic!("no {name} in {json}")).to_owned()
    }

    /// The answer of something that worked.
    pub(crate) fn done(self) -> Value {
        let json = self.json();
        assert_eq!(self.status, 200, "{json}");
        json
    }

    /// The code of a refusal; every refusal has a sentence and is kept by nobody.
    pub(crate) fn refusal(&self) -> String {
        assert!((400..500).contains(&self.status), "{} {}", self.status, String::from_utf8_lossy(&self.body));
        assert!(!self.text("error_description").is_empty());
        assert_eq!(self.headers.get("cache-control").unwrap(), "no-store");
        self.text("error")
    }
}

/// A running sandbox and a way to it.
pub(crate) struct World {
    sandbox: Option<RunningSandbox>,
    pub(crate) url: String,
    pub(crate) folder: PathBuf,
    pub(crate) clock: Clock,
    kept: Kept,
    client: reqwest::Client,
    runtime: tokio::runtime::Runtime,
    /// What all calls are held against; nothing while it is fetched.
    document: OnceCell<Document>,
}

pub(crate) fn card_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/vectors/emrtd/vn_cccd/b_bp384_named_2024")
}

/// Where the nations of these tests are kept: each in its folder, or in a database of its own on the server that `SEN_POSTGRES`
/// names, which `tests/run postgres` starts.
#[derive(Clone)]
pub(crate) enum Kept {
    Folder,
    Postgres(String),
}

impl Kept {
    pub(crate) fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let Ok(server) = std::env::var("SEN_POSTGRES") else { return Self::Folder };
        let name = format!("nation_{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::SeqCst));
        let mut administrator = Client::connect(&format!("{server}/postgres"), NoTls).unwrap();
        administrator.batch_execute(&format!("CREATE DATABASE {name}")).unwrap();
        Self::Postgres(format!("{server}/{name}"))
    }

    pub(crate) fn place(&self) -> Place {
        match self {
            Self::Folder => Place::Folder,
            Self::Postgres(address) => Place::Postgres(Box::new(address.parse().unwrap())),
        }
    }
}

fn start(folder: &Path, kept: &Kept, clock: Clock, listen: &str) -> RunningSandbox {
    let csca = CscaAnchors::from_der(&std::fs::read(card_folder().join("csca.cer")).unwrap()).unwrap();
    let config = SandboxConfig {
        data_dir: folder.to_owned(),
        listen: listen.parse().unwrap(),
        csca,
        phone_makers: PhoneMakers::default(),
        clock: clock.now,
        population: 40,
    };
    Sandbox::start_at(config, &kept.place()).unwrap()
}

/// A client that believes the sandbox's authority and nobody else.
fn believing(sandbox: &RunningSandbox) -> reqwest::Client {
    let authority = reqwest::Certificate::from_pem(&sandbox.ca_pem().unwrap()).unwrap();
    reqwest::Client::builder()
        .tls_certs_only([authority])
        .https_only(true)
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .unwrap()
}

impl World {
    pub(crate) fn start(clock: Clock) -> Self {
        static PROVIDER: Once = Once::new();
        static COUNT: AtomicU32 = AtomicU32::new(0);
        PROVIDER.call_once(|| rustls::crypto::ring::default_provider().install_default().unwrap());
        let number = COUNT.fetch_add(1, Ordering::SeqCst);
        let folder = std::env::temp_dir().join(format!("sen-nation-{}-{number}", std::process::id()));
        let kept = Kept::new();
        let sandbox = start(&folder, &kept, clock, "127.0.0.1:0");
        let client = believing(&sandbox);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let (url, document) = (sandbox.url().to_owned(), OnceCell::new());
        let world = Self { url, sandbox: Some(sandbox), folder, clock, kept, client, runtime, document };
        let described = world.get("/openapi.json").done();
        assert!(world.document.set(Document::of(described)).is_ok());
        world
    }

    pub(crate) fn sandbox(&self) -> &RunningSandbox {
        self.sandbox.as_ref().unwrap()
    }

    /// Stops the sandbox and starts it again on the same folder and port.
    pub(crate) fn restart(&mut self) {
        let address = self.url.strip_prefix("https://").unwrap().to_owned();
        self.sandbox.take().unwrap().stop();
        self.sandbox = Some(start(&self.folder, &self.kept, self.clock, &address));
        // The old one's connections are dead.
        self.client = believing(self.sandbox());
    }

    /// Changes the database behind the sandbox's back.
    pub(crate) fn tamper(&self, statement: &str) {
        match &self.kept {
            Kept::Folder => self.file().execute_batch(statement).unwrap(),
            Kept::Postgres(address) => {
                Client::connect(address, NoTls).unwrap().batch_execute(statement).unwrap();
            }
        }
    }

    /// The first column, text or bytes, of what lies in the database.
    pub(crate) fn kept(&self, query: &str) -> Vec<Vec<u8>> {
        match &self.kept {
            Kept::Folder => {
                let file = self.file();
                let mut query = file.prepare(query).unwrap();
                let rows = query.query_map([], |row| Ok(row.get_ref(0)?.as_bytes()?.to_owned())).unwrap();
                rows.map(Result::unwrap).collect()
            }
            Kept::Postgres(address) => {
                let rows = Client::connect(address, NoTls).unwrap().query(query, &[]).unwrap();
                let read = |row: &postgres::Row| match row.try_get::<_, Vec<u8>>(0) {
                    Ok(bytes) => bytes,
                    Err(_) => row.get::<_, String>(0).into_bytes(),
                };
                rows.iter().map(read).collect()
            }
        }
    }

    fn file(&self) -> rusqlite::Connection {
        rusqlite::Connection::open(self.folder.join("nation.db")).unwrap()
    }

    /// The address of the nation's database, where that is no file.
    pub(crate) fn address(&self) -> Option<&str> {
        if let Kept::Postgres(address) = &self.kept { Some(address) } else { None }
    }

    pub(crate) fn now(&self) -> i64 {
        self.clock.at.load(Ordering::SeqCst)
    }

    pub(crate) fn pass(&self, seconds: i64) {
        self.clock.at.fetch_add(seconds, Ordering::SeqCst);
    }

    fn send(&self, request: reqwest::RequestBuilder) -> Answer {
        let request = request.build().unwrap();
        let call = Call::of(&request);
        let answer = self.runtime.block_on(async {
            let response = self.client.execute(request).await.unwrap();
            let (status, headers) = (response.status().as_u16(), response.headers().clone());
            Answer { status, headers, body: response.bytes().await.unwrap().to_vec() }
        });
        if let Some(document) = self.document.get() {
            document.hold(&call, &answer);
        }
        answer
    }

    pub(crate) fn get(&self, path: &str) -> Answer {
        self.send(self.client.get(format!("{}{path}", self.url)))
    }

    pub(crate) fn get_json(&self, path: &str) -> Answer {
        self.send(self.client.get(format!("{}{path}", self.url)).header(ACCEPT, "application/json"))
    }

    pub(crate) fn get_with(&self, path: &str, name: &'static str, value: &str) -> Answer {
        self.send(self.client.get(format!("{}{path}", self.url)).header(name, value))
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> Answer {
        self.send(self.client.post(format!("{}{path}", self.url)).json(body))
    }

    /// Many calls at the same time.
    pub(crate) fn at_once(&self, path: &str, bodies: Vec<Value>) -> Vec<Answer> {
        let calls = bodies.into_iter().map(|body| {
            let request = self.client.post(format!("{}{path}", self.url)).json(&body);
            self.runtime.spawn(async {
                let response = request.send().await.unwrap();
                let (status, headers) = (response.status().as_u16(), response.headers().clone());
                Answer { status, headers, body: response.bytes().await.unwrap().to_vec() }
            })
        });
        let calls: Vec<_> = calls.collect();
        calls.into_iter().map(|call| self.runtime.block_on(call).unwrap()).collect()
    }

    pub(crate) fn post_as(&self, path: &str, token: &str, body: &Value) -> Answer {
        let request = self.client.post(format!("{}{path}", self.url)).json(body);
        self.send(request.header(AUTHORIZATION, format!("Bearer {token}")))
    }

    pub(crate) fn post_text(&self, path: &str, content_type: &'static str, body: &str) -> Answer {
        let request = self.client.post(format!("{}{path}", self.url)).body(body.to_owned());
        self.send(request.header("content-type", content_type))
    }

    /// A form with headers beside it.
    pub(crate) fn post_form_with(
        &self,
        path: &str,
        fields: &[(&str, &str)],
        headers: &[(&'static str, &str)],
    ) -> Answer {
        let mut body = url::form_urlencoded::Serializer::new(String::new());
        body.extend_pairs(fields);
        let request = self.client.post(format!("{}{path}", self.url)).body(body.finish());
        let request = request.header("content-type", "application/x-www-form-urlencoded");
        self.send(headers.iter().fold(request, |request, (name, value)| request.header(*name, *value)))
    }

    pub(crate) fn post_form(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let mut body = url::form_urlencoded::Serializer::new(String::new());
        body.extend_pairs(fields);
        self.post_text(path, "application/x-www-form-urlencoded", &body.finish())
    }

    /// The newest message to a phone.
    pub(crate) fn newest_message(&self, phone: &str) -> String {
        let mailbox = self.get_json(&format!("/mailbox?phone={phone}")).done();
        mailbox.pointer("/messages/0/text").and_then(Value::as_str).unwrap_or_default().to_owned()
    }

    /// The newest one-time code in a phone's mailbox.
    pub(crate) fn code(&self, phone: &str) -> String {
        self.newest_message(phone).rsplit(' ').next().unwrap().to_owned()
    }
}

impl Drop for World {
    fn drop(&mut self) {
        drop(self.sandbox.take());
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}
