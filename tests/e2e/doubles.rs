//! A phone in memory and the ways round the sandbox that a person has: the mailbox, the operator's page.
#![allow(unreachable_pub, clippy::unwrap_used, reason = "tests")]
#[path = "../../core/holder/tests/doubles/device.rs"]
#[allow(dead_code, reason = "the tests of the wallet use more of it")]
pub mod device;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use card::{AccessKey, Can, CscaAnchors, Unwatched};
use clinic::answer::Answer;
use clinic::check::{Folders, check_files};
use device::{MemoryKeyStore, MemorySecretStore};
use holder::{
    Applicant, CardAtHand, CredentialInfo, CredentialName, Error, FaceCapture, Level, Provider, QrFrame,
    Recognised, Silent, Wallet, Wanted,
};
use http_client::{Client, Limits, Request};
use sandbox::chip::ChipTransport;
use sandbox::factory::{Authority, CardOrder, IssuedCard, Person, Sex};
use sandbox::{PhoneMakers, RunningSandbox, Sandbox, SandboxConfig};
use serde_json::Value;
use trust::random::SystemRandom;
use trust::time::Timestamp;

/// The invented citizen of every test: in the sandbox's register under this number and phone.
pub const NUMBER: &str = "000204067891";
pub const CAN: &str = "067891";
pub const PHONE: &str = "0900000002";

pub fn now() -> Timestamp {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    Timestamp::from_unix(seconds.try_into().unwrap())
}

/// A folder of its own for each test, gone afterwards.
pub struct Folder(PathBuf);

impl Folder {
    pub fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::SeqCst);
        let folder = std::env::temp_dir().join(format!("sen-e2e-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// The citizen's chip card, fresh from the factory.
pub fn make_card() -> IssuedCard {
    let authority = Authority::generate(now()).unwrap();
    let person = Person::new(NUMBER, "Đặng Quốc Ưu", "2004-12-31".parse().unwrap(), Sex::Male);
    CardOrder::new(person, now().date()).make(&authority, now(), &mut SystemRandom::new()).unwrap()
}

/// The nation in a box, which believes the factory that made the card.
pub fn start_sandbox(folder: &Path, card: &IssuedCard) -> RunningSandbox {
    start_sandbox_believing(folder, card, PhoneMakers::default())
}

/// The same, which believes these makers of phones, too.
pub fn start_sandbox_believing(
    folder: &Path,
    card: &IssuedCard,
    phone_makers: PhoneMakers,
) -> RunningSandbox {
    start_sandbox_at("127.0.0.1:0", folder, card, phone_makers)
}

/// The same at this address.
pub fn start_sandbox_at(
    address: &str,
    folder: &Path,
    card: &IssuedCard,
    phone_makers: PhoneMakers,
) -> RunningSandbox {
    Sandbox::start(SandboxConfig {
        data_dir: folder.join("nation"),
        listen: address.parse().unwrap(),
        csca: CscaAnchors::from_der(card.csca_certificate()).unwrap(),
        phone_makers,
        clock: now,
        population: 3,
    })
    .unwrap()
}

/// A wallet whose keys and secret are in this process's memory.
pub fn open_wallet(folder: &Path) -> Wallet {
    open_phone(folder, "wallet").0
}

/// The same of that name, and its keys.
pub fn open_phone(folder: &Path, name: &str) -> (Wallet, Arc<MemoryKeyStore>) {
    let keys = Arc::<MemoryKeyStore>::default();
    (open_with(folder, name, Arc::default(), keys.clone()), keys)
}

/// The same with a secret and keys that are kept elsewhere.
pub fn open_with(
    folder: &Path,
    name: &str,
    secret: Arc<MemorySecretStore>,
    keys: Arc<MemoryKeyStore>,
) -> Wallet {
    let folder = folder.join(name);
    std::fs::create_dir_all(&folder).unwrap();
    Wallet::open(&folder, secret, keys).unwrap()
}

/// The citizen of every test, with a phone of that name.
pub fn citizen(device_name: &str) -> Applicant {
    Applicant {
        personal_number: NUMBER.to_owned(),
        phone: PHONE.to_owned(),
        device_name: device_name.to_owned(),
    }
}

pub fn provider(sandbox: &RunningSandbox) -> Provider {
    Provider { url: sandbox.url().to_owned(), roots_pem: sandbox.ca_pem().unwrap() }
}

fn client(sandbox: &RunningSandbox) -> Client {
    Client::new(&sandbox.ca_pem().unwrap(), Limits::default()).unwrap()
}

/// The one-time code, as the citizen finds it: in the newest message to the phone.
pub async fn code_from_mailbox(sandbox: &RunningSandbox, phone: &str) -> String {
    let request = Request::get(&format!("{}/mailbox?phone={phone}", sandbox.url())).unwrap();
    let request = request.header("accept", "application/json").unwrap();
    let mailbox: Value = client(sandbox).fetch(request).await.unwrap().json().unwrap();
    let text = mailbox.pointer("/messages/0/text").unwrap().as_str().unwrap();
    text.rsplit(' ').next().unwrap().to_owned()
}

/// Sends JSON to the sandbox: what its operator does, or a stranger.
pub async fn post(sandbox: &RunningSandbox, path: &str, body: &Value) -> Result<Value, http_client::Error> {
    let request = Request::post_json(&format!("{}{path}", sandbox.url()), body).unwrap();
    client(sandbox).fetch(request).await?.json()
}

/// The person agrees to show the insurance card to any clinic, and shows it.
pub fn show(wallet: &Wallet, at: Timestamp) -> QrFrame {
    let request = wallet.ask_consent(CredentialName::HealthInsurance, None, None, at).unwrap();
    wallet.present_qr(&request.grant(Recognised::ByDevice, at).unwrap(), at).unwrap()
}

/// A citizen with a card before a running sandbox, and a wallet.
pub struct World {
    pub folder: Folder,
    pub card: IssuedCard,
    pub sandbox: RunningSandbox,
    pub wallet: Wallet,
    pub keys: Arc<MemoryKeyStore>,
}

impl World {
    /// Nothing has happened yet.
    pub fn new() -> Self {
        let folder = Folder::new();
        let card = make_card();
        let sandbox = start_sandbox(folder.path(), &card);
        let (wallet, keys) = open_phone(folder.path(), "wallet");
        Self { folder, card, sandbox, wallet, keys }
    }

    /// An account at level 1 of the person with that number and phone.
    pub async fn at_level_1(number: &str, phone: &str) -> Self {
        let world = Self::new();
        let who = Applicant {
            personal_number: number.to_owned(),
            phone: phone.to_owned(),
            device_name: "phone".to_owned(),
        };
        let account = world.wallet.account();
        account.open(&provider(&world.sandbox), &who, now()).await.unwrap();
        account.activate(&code_from_mailbox(&world.sandbox, phone).await, now()).await.unwrap();
        world
    }

    /// The citizen at level 2, with the credential for clinics.
    pub async fn insured() -> Self {
        let world = Self::at_level_1(NUMBER, PHONE).await;
        world.step_up(&mut world.chip(), CAN).await.unwrap();
        world.obtain(CredentialName::HealthInsurance).await.unwrap();
        world
    }

    pub fn show(&self, at: Timestamp) -> QrFrame {
        show(&self.wallet, at)
    }

    pub fn chip(&self) -> ChipTransport {
        ChipTransport::new(self.card.chip().unwrap())
    }

    pub async fn step_up(&self, chip: &mut ChipTransport, can: &str) -> Result<Level, Error> {
        let access = AccessKey::Can(Can::parse(can).unwrap());
        let card = CardAtHand { transport: chip, access: &access, progress: &Unwatched };
        self.wallet.account().step_up(card, FaceCapture(b"a picture"), &Silent, now()).await
    }

    pub async fn obtain(&self, name: CredentialName) -> Result<Vec<CredentialInfo>, Error> {
        self.wallet.account().obtain_credential(Wanted::Named(name, None), None, &Silent, now()).await
    }

    /// What a clinic answers to a text, with the lists as they lie on disk now and, if wished, its seen-list.
    pub fn check(&self, text: &str, keep_seen_list: bool, at: Timestamp) -> Answer {
        let (trust, status) = (self.sandbox.trust_folder(), self.sandbox.status_folder());
        let seen = self.folder.path().join("seen.db");
        let seen = keep_seen_list.then_some(seen.as_path());
        check_files(text.as_bytes(), &Folders { trust: &trust, status: Some(&status), seen, desk: "" }, at)
            .unwrap()
    }
}
