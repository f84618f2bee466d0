//! The sandbox's services under load, over TLS on loopback with SQLite on disk: what an operation takes when many come at a
//! time, against the signatures and commits that it cannot do without, done by as many threads on the same disk.
#![allow(clippy::unwrap_used, reason = "a bench stops where its world does not stand")]
#![allow(clippy::indexing_slicing, reason = "a bench stops where its world does not stand")]
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use card::{AccessKey, Can, CscaAnchors, FileId, ReadRequest, Unwatched, read_card};
use credential::jose::{Jwk, compact, signing_input};
use ring::digest::{SHA256, digest};
use sandbox::chip::{Chip, ChipTransport};
use sandbox::{RunningSandbox, Sandbox, SandboxConfig};
use sen_benches::{begin, rate};
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
const GRANT: &str = "urn:ietf:params:oauth:grant-type:pre-authorized_code";

fn main() {
    begin(
        "nation",
        "The sandbox's services under load, over TLS with SQLite on disk.",
        &["nation.sign-in", "nation.issuance"],
    );
    rustls::crypto::ring::default_provider().install_default().unwrap();
    let folder = std::env::temp_dir().join(format!("sen-bench-nation-{}", std::process::id()));
    let nation = start(&folder.join("nation"));
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let client = client(&nation);
    let verified = runtime.block_on(Wallet::at_level_2(&client, nation.url()));
    let many = persons(&folder.join("nation/nation.db"));
    let many = many
        .iter()
        .map(|(number, phone)| runtime.block_on(Wallet::at_level_1(&client, nation.url(), number, phone)));
    let many: Vec<_> = many.collect();
    for (name, wallets, verified, signed, commits) in
        [("nation.sign-in", many, 1, 1, 1), ("nation.issuance", vec![verified; WALLETS], 2, 3, 4)]
    {
        let (mut taken, mut floors) = (Vec::new(), Vec::new());
        for _ in 0..ROUNDS {
            taken.push(runtime.block_on(all(name, &wallets)));
            floors.push(floor(&folder.join("floor.db"), verified, signed, commits));
        }
        rate(name, WALLETS * EACH, taken, floors);
    }
    nation.stop();
    std::fs::remove_dir_all(folder).unwrap();
}

/// Every wallet does its operations, all at a time.
async fn all(name: &'static str, wallets: &[Wallet]) -> Duration {
    let began = Instant::now();
    let wallets = wallets.iter().cloned().map(|wallet| {
        tokio::spawn(async move {
            for _ in 0..EACH {
                if name == "nation.sign-in" { wallet.sign_in().await } else { wallet.obtain().await }
            }
        })
    });
    for done in wallets.collect::<Vec<_>>() {
        done.await.unwrap();
    }
    began.elapsed()
}

/// Number and phone of as many invented persons as there are wallets.
fn persons(register: &Path) -> Vec<(String, String)> {
    let register = rusqlite::Connection::open(register).unwrap();
    let find = "SELECT number, phone FROM person WHERE phone > '0900010000' LIMIT 16";
    let mut find = register.prepare(find).unwrap();
    let persons = find.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
    persons.map(Result::unwrap).collect()
}

fn now() -> Timestamp {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    Timestamp::from_unix(i64::try_from(seconds).unwrap())
}

fn card_folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../vectors/emrtd/vn_cccd/b_bp384_named_2024")
}

fn start(data_dir: &Path) -> RunningSandbox {
    let csca = CscaAnchors::from_der(&std::fs::read(card_folder().join("csca.cer")).unwrap()).unwrap();
    let listen = "127.0.0.1:0".parse().unwrap();
    let config = SandboxConfig { data_dir: data_dir.to_owned(), listen, csca, clock: now, population: 1000 };
    Sandbox::start(config).unwrap()
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
    async fn at_level_1(client: &reqwest::Client, url: &str, number: &str, phone: &str) -> Self {
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
        let held = Held { account, ..held };
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

async fn answer(request: reqwest::RequestBuilder) -> Value {
    let response = request.send().await.unwrap();
    let status = response.status();
    let body: Value = response.json().await.unwrap();
    assert!(status.is_success(), "{status} {body}");
    body
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

/// The same number of signatures made and verified by two threads, and of durable commits one after the other.
fn floor(file: &Path, verified: usize, signed: usize, commits: usize) -> Duration {
    let database = rusqlite::Connection::open(file).unwrap();
    database.pragma_update(None, "journal_mode", "WAL").unwrap();
    database.pragma_update(None, "synchronous", "FULL").unwrap();
    database.execute_batch("CREATE TABLE IF NOT EXISTS row (id INTEGER PRIMARY KEY, value TEXT)").unwrap();
    let database = std::sync::Mutex::new(database);
    let key = Key::generate();
    let (message, signature) = ([7; 300], key.sign(&[7; 300]));
    let began = Instant::now();
    std::thread::scope(|threads| {
        for _ in 0..2 {
            threads.spawn(|| {
                for _ in 0..WALLETS * EACH / 2 {
                    (0..verified).for_each(|_| key.public().verify(&message, &signature).unwrap());
                    (0..signed).for_each(|_| assert!(std::hint::black_box(key.sign(&message)) != [0; 64]));
                    for _ in 0..commits {
                        let insert = "INSERT INTO row (value) VALUES ('a row of some length, as rows go')";
                        database.lock().unwrap().execute(insert, []).unwrap();
                    }
                }
            });
        }
    });
    began.elapsed()
}
