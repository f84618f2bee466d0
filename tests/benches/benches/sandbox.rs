//! The sandbox's services under load, over TLS on loopback with a database on disk: what an operation takes when many come at a
//! time, against the signatures and commits that it cannot do without, done by as many threads on the same disk. Then more at
//! a time than there is room for: who is refused is told when to come back, and nothing that was answered is lost.
//!
//! With a server in `SEN_POSTGRES` the nation and the floor's commits are on PostgreSQL.
#![allow(clippy::unwrap_used, reason = "a bench stops where its world does not stand")]
#![allow(clippy::indexing_slicing, reason = "a bench stops where its world does not stand")]
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use card::{AccessKey, Can, CscaAnchors, FileId, ReadRequest, Unwatched, read_card};
use credential::jose::{Jwk, compact, signing_input};
use ring::digest::{SHA256, digest};
use sandbox::chip::{Chip, ChipTransport};
use sandbox::{PhoneMakers, Place, RunningSandbox, Sandbox, SandboxConfig};
use sen_benches::{begin, count, rate, wanted};
use serde_json::{Value, json};
use test_key::TestKey;
use trust::p256::PublicKey;
use trust::time::Timestamp;

/// Wallets at a time.
const WALLETS: usize = 16;
/// Operations of each.
const EACH: usize = 10;
/// Rounds; each gives one sample of the work and one of its floor.
const ROUNDS: usize = 9;
/// Wallets that all open an account at the same moment: several times as many as there is room for.
const CROWD: usize = 1200;
const GRANT: &str = "urn:ietf:params:oauth:grant-type:pre-authorized_code";

fn main() {
    begin(
        "sandbox",
        "The sandbox's services under load, over TLS with SQLite on disk, or PostgreSQL where SEN_POSTGRES names a server.",
        &["sandbox.signins", "sandbox.issuances", "sandbox.overload"],
    );
    rustls::crypto::ring::default_provider().install_default().unwrap();
    let folder = std::env::temp_dir().join(format!("sen-bench-nation-{}", std::process::id()));
    let server = std::env::var("SEN_POSTGRES").ok();
    let (nation, kept) = start(&folder.join("nation"), server.as_deref());
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let client = client(&nation);
    let verified = runtime.block_on(Wallet::at_level_2(&client, nation.url()));
    let many = (0..WALLETS).map(|at| {
        let (number, phone) = person(at);
        runtime.block_on(Wallet::at_level_1(&client, nation.url(), &number, &phone))
    });
    let many: Vec<_> = many.collect();
    let mut commits = Commits::new(&folder, server.as_deref());
    let on = if server.is_some() { ".postgres" } else { "" };
    for (name, wallets, verified, signed, committed) in
        [("sandbox.signins", many, 1, 1, 1), ("sandbox.issuances", vec![verified; WALLETS], 2, 3, 4)]
    {
        if !wanted(name) {
            continue;
        }
        let (mut taken, mut floors) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            taken.push(runtime.block_on(all(name, &wallets)));
            floors.push(floor(&mut commits, verified, signed, committed));
        }
        rate(&format!("{name}{on}"), WALLETS * EACH, taken, floors);
    }
    if wanted("sandbox.overload") {
        let before = kept.accounts();
        let refused = runtime.block_on(crowd(&nation));
        assert!(refused > 0, "a crowd for which there is room says nothing of what is refused");
        assert_eq!(kept.accounts() - before, CROWD, "an account that was answered is kept, once");
        count(&format!("sandbox.overload{on}.answered"), CROWD, "accounts", None);
        count(&format!("sandbox.overload{on}.refused"), refused, "calls", None);
    }
    nation.stop();
    std::fs::remove_dir_all(folder).unwrap();
}

/// Everybody opens an account at once, and comes back when told to; then each account answers its phone. Says how many calls
/// were refused.
async fn crowd(nation: &RunningSandbox) -> usize {
    // Several connections: one carries no more calls at a time than its settings say.
    let clients: Vec<_> = (0..8).map(|_| client(nation)).collect();
    let before = REFUSED.load(Ordering::SeqCst);
    let wallets = (0..CROWD).zip(clients.iter().cycle()).map(|(at, client)| {
        let (client, url) = (client.clone(), nation.url().to_owned());
        tokio::spawn(async move {
            let (number, phone) = person(WALLETS + at);
            Wallet::opened(&client, &url, &number, &phone).await
        })
    });
    let mut accounts = std::collections::BTreeSet::new();
    for wallet in wallets.collect::<Vec<_>>() {
        let wallet = wallet.await.unwrap();
        let shown = wallet.ask("/account/show", "show", json!({})).await;
        assert_eq!(shown["account"], wallet.account);
        accounts.insert(wallet.account);
    }
    assert_eq!(accounts.len(), CROWD);
    REFUSED.load(Ordering::SeqCst) - before
}

/// Every wallet does its operations, all at a time.
async fn all(name: &'static str, wallets: &[Wallet]) -> Duration {
    let began = Instant::now();
    let wallets = wallets.iter().cloned().map(|wallet| {
        tokio::spawn(async move {
            for _ in 0..EACH {
                if name == "sandbox.signins" { wallet.sign_in().await } else { wallet.obtain().await }
            }
        })
    });
    for done in wallets.collect::<Vec<_>>() {
        done.await.unwrap();
    }
    began.elapsed()
}

/// Number and phone of an invented person who acts alone.
fn person(at: usize) -> (String, String) {
    // 160 persons have one running number; the first 120 of them were born before 2000.
    let (block, at) = (at / 120, at % 120);
    let number = format!("000{}{:02}{:06}", at % 2, 40 + at / 2, 500_000 + block);
    (number, format!("09{:08}", 10_000 + block * 160 + at))
}

fn now() -> Timestamp {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    Timestamp::from_unix(i64::try_from(seconds).unwrap())
}

fn card_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../vectors/emrtd/vn_cccd/b_bp384_named_2024")
}

/// Where the nation is kept.
enum Kept {
    File(PathBuf),
    Postgres(String),
}

impl Kept {
    fn accounts(&self) -> usize {
        let count = "SELECT count(*) FROM account";
        let counted: i64 = match self {
            Self::File(file) => {
                rusqlite::Connection::open(file).unwrap().query_row(count, [], |row| row.get(0)).unwrap()
            }
            Self::Postgres(address) => connect(address).query_one(count, &[]).unwrap().get(0),
        };
        usize::try_from(counted).unwrap()
    }
}

fn connect(address: &str) -> postgres::Client {
    postgres::Client::connect(address, postgres::NoTls).unwrap()
}

/// A database of its own for each run.
fn make_database(server: &str, name: &str) -> String {
    let name = format!("{name}_{}", std::process::id());
    connect(&format!("{server}/postgres")).batch_execute(&format!("CREATE DATABASE {name}")).unwrap();
    format!("{server}/{name}")
}

fn start(data_dir: &Path, server: Option<&str>) -> (RunningSandbox, Kept) {
    let csca = CscaAnchors::from_der(&std::fs::read(card_folder().join("csca.cer")).unwrap()).unwrap();
    let listen = "127.0.0.1:0".parse().unwrap();
    let phone_makers = PhoneMakers::default();
    let config = SandboxConfig {
        data_dir: data_dir.to_owned(),
        listen,
        csca,
        phone_makers,
        clock: now,
        population: 2000,
    };
    let (place, kept) = match server {
        Some(server) => {
            let address = make_database(server, "nation");
            (Place::Postgres(Box::new(address.parse().unwrap())), Kept::Postgres(address))
        }
        None => (Place::Folder, Kept::File(data_dir.join("nation.db"))),
    };
    (Sandbox::start_at(config, &place).unwrap(), kept)
}

fn client(nation: &RunningSandbox) -> reqwest::Client {
    let authority = reqwest::Certificate::from_pem(&nation.ca_pem().unwrap()).unwrap();
    reqwest::Client::builder().tls_certs_only([authority]).https_only(true).build().unwrap()
}

struct Key(TestKey);

impl Key {
    fn generate() -> Self {
        Self(TestKey::new())
    }

    fn public(&self) -> PublicKey {
        self.0.public()
    }

    fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.0.sign(message)
    }

    fn jws(&self, typ: &str, payload: &Value) -> String {
        let header = json!({"alg": "ES256", "typ": typ, "jwk": Jwk::new(self.public())});
        let input = signing_input(&header, payload);
        compact(&input, &self.sign(input.as_bytes()))
    }
}

/// One account, asked for by many at a time; the server sees each message's number rise.
#[derive(Clone)]
struct Wallet(std::sync::Arc<Held>);

struct Held {
    client: reqwest::Client,
    url: String,
    key: Key,
    account: String,
    sequence: AtomicI64,
    /// Messages of one account go one after the other.
    turn: tokio::sync::Mutex<()>,
}

impl Wallet {
    async fn opened(client: &reqwest::Client, url: &str, number: &str, phone: &str) -> Held {
        let held = Held {
            client: client.clone(),
            url: url.to_owned(),
            key: Key::generate(),
            account: String::new(),
            sequence: AtomicI64::new(1),
            turn: tokio::sync::Mutex::new(()),
        };
        let who = json!({"personal_number": number, "phone": phone, "device_name": "bench"});
        let account = text(&held.ask("/account/open", "open", who).await, "account");
        Held { account, ..held }
    }

    async fn at_level_1(client: &reqwest::Client, url: &str, number: &str, phone: &str) -> Self {
        let held = Self::opened(client, url, number, phone).await;
        let mailbox = client.get(format!("{url}/mailbox?phone={phone}")).header("accept", "application/json");
        let mailbox = answer(mailbox).await;
        let code = mailbox["messages"][0]["text"].as_str().unwrap().rsplit(' ').next().unwrap().to_owned();
        held.ask("/account/activate", "activate", json!({"code": code})).await;
        Self(std::sync::Arc::new(held))
    }

    async fn at_level_2(client: &reqwest::Client, url: &str) -> Self {
        let wallet = Self::at_level_1(client, url, "000204067891", "0900000002").await;
        let started = wallet.0.ask("/account/step-up", "step_up_start", json!({})).await;
        let evidence = wallet.0.evidence(&text(&started, "nonce")).await;
        assert_eq!(wallet.0.ask("/account/verify", "step_up", evidence).await["level"], 2);
        wallet
    }

    async fn sign_in(&self) {
        let shown = self.0.ask("/account/show", "show", json!({})).await;
        assert_eq!(shown["state"], "active");
    }

    async fn obtain(&self) {
        let held = &self.0;
        let offer = held.ask("/account/offer", "offer", json!({"credential": "health-insurance"})).await;
        let link = url::Url::parse(&text(&offer, "credential_offer")).unwrap();
        let (_, offer) = link.query_pairs().next().unwrap();
        let offer: Value = serde_json::from_str(&offer).unwrap();
        let code = text(&offer["grants"][GRANT], "pre-authorized_code");
        let form = format!("grant_type={}&pre-authorized_code={code}", GRANT.replace(':', "%3A"));
        let token = held.client.post(format!("{}/token", held.url)).body(form);
        let token = token.header("content-type", "application/x-www-form-urlencoded");
        let token = text(&answer(token).await, "access_token");
        let nonce = text(&answer(held.client.post(format!("{}/nonce", held.url))).await, "c_nonce");
        let proof = json!({"aud": held.url, "iat": now().as_unix(), "nonce": nonce});
        let proof = Key::generate().jws("openid4vci-proof+jwt", &proof);
        let configuration = "health_insurance_sd_cwt";
        let body = json!({"credential_configuration_id": configuration, "proofs": {"jwt": [proof]}});
        let request = held.client.post(format!("{}/credential", held.url)).bearer_auth(token).json(&body);
        assert!(answer(request).await["credentials"][0]["credential"].is_string());
    }
}

impl Held {
    async fn ask(&self, path: &str, op: &str, members: Value) -> Value {
        let challenge = answer(self.client.post(format!("{}/account/challenge", self.url))).await;
        let turn = self.turn.lock().await;
        let mut payload = json!({
            "aud": self.url, "op": op, "challenge": challenge["challenge"], "iat": now().as_unix(),
            "seq": self.sequence.fetch_add(1, Ordering::SeqCst), "account": self.account,
        });
        payload.as_object_mut().unwrap().extend(members.as_object().unwrap().clone());
        let body = json!({"jws": self.key.jws("sen-account+jwt", &payload)});
        let answer = answer(self.client.post(format!("{}{path}", self.url)).json(&body)).await;
        drop(turn);
        answer
    }

    async fn evidence(&self, nonce: &str) -> Value {
        let jwk = Jwk::new(self.key.public());
        let message = [&decode(nonce)[..], &jwk.thumbprint(), b"level-2"].concat();
        let challenge = *digest(&SHA256, &message).as_ref().first_chunk().unwrap();
        let mut chip = ChipTransport::new(Chip::from_folder(&card_folder()).unwrap());
        let can = AccessKey::Can(Can::from_personal_number("000204067891").unwrap());
        let request = ReadRequest { active_challenge: Some(challenge), ..ReadRequest::default() };
        let reading =
            read_card(&mut chip, &can, &request, &mut trust::random::SystemRandom::new(), &Unwatched)
                .unwrap();
        let face = json!({
            "account": self.account, "nonce": nonce, "capture": "AAAA",
            "dg2_sha256": encode(digest(&SHA256, &reading.files()[&FileId::Dg(2)]).as_ref()),
            "device_key_thumbprint": jwk.thumbprint_base64url(),
        });
        let statement = answer(self.client.post(format!("{}/face/statement", self.url)).json(&face)).await;
        let files: serde_json::Map<_, _> =
            reading.files().iter().map(|(file, bytes)| (file.file_stem(), json!(encode(bytes)))).collect();
        json!({
            "nonce": nonce, "files": files, "active_response": encode(&reading.active().unwrap().response),
            "face_statement": statement["statement"],
        })
    }
}

/// Calls that were refused for want of room.
static REFUSED: AtomicUsize = AtomicUsize::new(0);

/// The answer; who is refused for want of room comes back when told to, with the same call: nothing was done.
async fn answer(request: reqwest::RequestBuilder) -> Value {
    loop {
        let response = request.try_clone().unwrap().send().await.unwrap();
        let status = response.status();
        if status == reqwest::StatusCode::TOO_MANY_REQUESTS {
            REFUSED.fetch_add(1, Ordering::SeqCst);
            let wait = response.headers()[reqwest::header::RETRY_AFTER].to_str().unwrap().parse().unwrap();
            tokio::time::sleep(Duration::from_secs(wait)).await;
            continue;
        }
        let body: Value = response.json().await.unwrap();
        assert!(status.is_success(), "{status} {body}");
        return body;
    }
}

fn text(json: &Value, name: &str) -> String {
    json[name].as_str().unwrap().to_owned()
}

fn encode(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes)
}

fn decode(text: &str) -> Vec<u8> {
    use base64::Engine as _;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(text).unwrap()
}

/// Durable commits one after the other, where the nation's are.
enum Commits {
    File(rusqlite::Connection),
    Postgres(Box<postgres::Client>, postgres::Statement),
}

const ROW: &str = "INSERT INTO row_of_floor (value) VALUES ('a row of some length, as rows go')";

impl Commits {
    fn new(folder: &Path, server: Option<&str>) -> Self {
        let Some(server) = server else {
            let file = rusqlite::Connection::open(folder.join("floor.db")).unwrap();
            file.pragma_update(None, "journal_mode", "WAL").unwrap();
            file.pragma_update(None, "synchronous", "FULL").unwrap();
            file.execute_batch("CREATE TABLE row_of_floor (id INTEGER PRIMARY KEY, value TEXT)").unwrap();
            return Self::File(file);
        };
        let mut client = connect(&make_database(server, "floor"));
        client.batch_execute("CREATE TABLE row_of_floor (id BIGSERIAL PRIMARY KEY, value TEXT)").unwrap();
        let statement = client.prepare(ROW).unwrap();
        Self::Postgres(Box::new(client), statement)
    }

    fn commit(&mut self) {
        match self {
            Self::File(file) => drop(file.prepare_cached(ROW).unwrap().execute([]).unwrap()),
            Self::Postgres(client, statement) => drop(client.execute(&*statement, &[]).unwrap()),
        }
    }
}

/// The same number of signatures made and verified by two threads, and of durable commits one after the other.
fn floor(commits: &mut Commits, verified: usize, signed: usize, committed: usize) -> Duration {
    let commits = std::sync::Mutex::new(commits);
    let key = Key::generate();
    let (message, signature) = ([7; 300], key.sign(&[7; 300]));
    let began = Instant::now();
    std::thread::scope(|threads| {
        for _ in 0..2 {
            threads.spawn(|| {
                for _ in 0..WALLETS * EACH / 2 {
                    (0..verified).for_each(|_| key.public().verify(&message, &signature).unwrap());
                    (0..signed).for_each(|_| assert!(std::hint::black_box(key.sign(&message)) != [0; 64]));
                    (0..committed).for_each(|_| commits.lock().unwrap().commit());
                }
            });
        }
    });
    began.elapsed()
}
