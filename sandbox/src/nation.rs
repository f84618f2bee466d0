//! The sandbox as one process: TLS on a port, a folder for everything that lasts, and the services on top.
mod account;
mod answer;
mod api;
mod askers;
mod asking;
mod attested;
mod authorisation;
mod authority;
mod bank;
mod body;
mod certificates;
mod database;
mod desks;
mod device;
mod documents;
mod evidence;
mod face;
mod facts;
mod hand_over;
mod insurance_portal;
mod issuance;
mod journal;
mod levels;
mod mailbox;
mod message;
mod names;
mod national;
mod new_device;
mod once;
mod opening;
mod operator;
mod overload;
mod owner;
mod pages;
mod pending;
mod pin;
mod portal;
mod readings;
mod register;
mod revocation;
mod screens;
mod small_portrait;
mod standing;
mod status;
mod step_up;
mod tls;
mod vouched;
mod wards;

use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::routing::{get, post};
use card::CscaAnchors;
use trust::certificates::CertificateAnchors;
use trust::random::{Random, SystemRandom};
use trust::time::Timestamp;

use answer::Refusal;
pub use attested::PhoneMakers;
use authority::Authority;
use database::Database;
pub use database::{DatabaseError, Place};
pub use insurance_portal::{PORTAL_PASSWORD, PORTAL_USER};
use journal::Journal;
use once::Once;
pub use overload::Capacity;
pub use register::{Insurance, MOST_PERSONS, Person};

/// The sandbox cannot start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SandboxError {
    /// Its folder or its port.
    #[error("sandbox folder or port: {0}")]
    Io(#[from] std::io::Error),
    /// Its folder holds a nation that another version of this program made.
    #[error(
        "{} holds a nation that another version made, and nothing of it can be kept: delete the folder \
         (rm -r {}) and start again, or name another one",
        .0.display(),
        .0.display()
    )]
    OtherVersion(PathBuf),
    /// Its PostgreSQL database holds a nation that another version of this program made, or something else.
    #[error(
        "the database holds the nation of another version, or something else: drop it, make an empty one \
         and start again, or name another one"
    )]
    OtherDatabase,
    /// Its PostgreSQL database is that of another folder, which has the keys.
    #[error(
        "the database belongs to the nation of another folder: name that folder, or an empty database for this one"
    )]
    OtherFolder,
    /// Its database.
    #[error("the sandbox's database: {0}")]
    Database(#[from] DatabaseError),
    /// Its certificates.
    #[error("sandbox certificates: {0}")]
    Certificate(#[from] rcgen::Error),
    /// Its TLS configuration.
    #[error("sandbox TLS: {0}")]
    Tls(#[from] rustls::Error),
    /// One of its keys, or what it signs with them.
    #[error("a key or list of the sandbox is unusable")]
    Key,
}

/// Where the sandbox lives and what it believes.
#[derive(Clone, Debug)]
pub struct SandboxConfig {
    /// Its folder: keys, certificates, trust and status lists, and the database unless that is elsewhere. Made when absent.
    pub data_dir: PathBuf,
    /// The address to listen on; port 0 takes a free one.
    pub listen: SocketAddr,
    /// The country signing certificates that are believed for cards at step-up.
    pub csca: CscaAnchors,
    /// The makers of phones that are believed when they vouch for keys.
    pub phone_makers: PhoneMakers,
    /// The clock.
    pub clock: fn() -> Timestamp,
    /// How many invented persons a new register holds beside those of the test cards; [`MOST_PERSONS`] at most.
    pub population: u32,
}

/// Seconds that a challenge of an account message is good for.
const CHALLENGE_LIFE: i64 = 300;
/// Seconds that a challenge is good for which a new phone's key answers: as long as its code is shown, and as long again for the
/// hand-over that follows.
const KEY_CHALLENGE_LIFE: i64 = 900;
/// Seconds for reading the card and comparing the face.
const PROOF_LIFE: i64 = 300;
/// Seconds that a nonce of a key proof is good for.
const C_NONCE_LIFE: i64 = 120;
/// Seconds that a challenge for a wallet's proof of possession is good for.
const CLIENT_CHALLENGE_LIFE: i64 = 120;
/// The wallets that the nation provides.
const CLIENT_ID: &str = "sen-wallet";

/// Everything that the services share.
pub(crate) struct Nation {
    url: String,
    authority: Authority,
    database: Database,
    challenges: Once,
    key_challenges: Once,
    proofs: Once,
    c_nonces: Once,
    client_challenges: Once,
    used_proofs: issuance::UsedProofs,
    demands: attested::Demands,
    /// Whose attestations of wallets and keys the issuer believes.
    wallet_providers: CertificateAnchors,
    wrong_codes: revocation::WrongCodes,
    insurance_portal: insurance_portal::Portal,
    visits: asking::Visits,
    readings: readings::Readings,
    authorisations: authorisation::Authorisations,
    lists: status::Lists,
    journal: Journal,
    csca: CscaAnchors,
    phone_makers: PhoneMakers,
    clock: fn() -> Timestamp,
    data_dir: PathBuf,
}

type Shared = Arc<Nation>;

impl Nation {
    fn now(&self) -> Timestamp {
        (self.clock)()
    }
}

/// So many random bytes in base64url.
fn random_text(octets: usize) -> Result<String, Refusal> {
    let mut bytes = vec![0; octets];
    SystemRandom::new().fill(&mut bytes).map_err(|_| Refusal::broken())?;
    Ok(encode(&bytes))
}

fn encode(bytes: &[u8]) -> String {
    use base64::Engine as _;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(bytes)
}

fn decode(text: &str) -> Option<Vec<u8>> {
    use base64::Engine as _;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(text).ok()
}

fn sha256(message: &[u8]) -> Vec<u8> {
    ring::digest::digest(&ring::digest::SHA256, message).as_ref().to_vec()
}

/// A sandbox that is running; it stops when this is dropped.
#[derive(Debug)]
pub struct RunningSandbox {
    url: String,
    data_dir: PathBuf,
    handle: axum_server::Handle<SocketAddr>,
    thread: Option<std::thread::JoinHandle<()>>,
}

/// The nation in a box.
#[derive(Clone, Copy, Debug)]
pub struct Sandbox;

impl Sandbox {
    /// Opens or makes the folder, listens, and serves from a thread of its own.
    pub fn start(config: SandboxConfig) -> Result<RunningSandbox, SandboxError> {
        Self::start_at(config, &Place::Folder)
    }

    /// The same with the nation's registers and accounts in a database that is named.
    pub fn start_at(config: SandboxConfig, place: &Place) -> Result<RunningSandbox, SandboxError> {
        Self::start_with(config, place, Capacity::default())
    }

    /// The same with more or less that it takes upon itself at a time.
    pub fn start_with(
        config: SandboxConfig,
        place: &Place,
        capacity: Capacity,
    ) -> Result<RunningSandbox, SandboxError> {
        std::fs::create_dir_all(&config.data_dir)?;
        let listener = TcpListener::bind(config.listen)?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let url = format!("https://{address}");
        let tls = tls::server_config(&config.data_dir, address.ip())?;
        let authority = Authority::open(&config.data_dir)?;
        let root = authority.root.public().compressed();
        let nation = Nation {
            url: url.clone(),
            wallet_providers: authority.wallet_anchors()?,
            database: Database::open(place, &config.data_dir, &root, config.population)?,
            authority,
            challenges: Once::new(CHALLENGE_LIFE),
            key_challenges: Once::new(KEY_CHALLENGE_LIFE),
            proofs: Once::new(PROOF_LIFE),
            c_nonces: Once::new(C_NONCE_LIFE),
            client_challenges: Once::new(CLIENT_CHALLENGE_LIFE),
            used_proofs: issuance::UsedProofs::default(),
            demands: attested::Demands::default(),
            wrong_codes: revocation::WrongCodes::default(),
            insurance_portal: insurance_portal::Portal::default(),
            visits: asking::Visits::default(),
            readings: readings::Readings::default(),
            authorisations: authorisation::Authorisations::default(),
            lists: status::Lists::default(),
            journal: Journal::open(&config.data_dir)?,
            csca: config.csca,
            phone_makers: config.phone_makers,
            clock: config.clock,
            data_dir: config.data_dir.clone(),
        };
        status::publish(&nation)?;
        let handle = axum_server::Handle::new();
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .max_blocking_threads(8)
            .enable_all()
            .build()?;
        let context = runtime.enter();
        let server =
            axum_server::from_tcp_rustls(listener, axum_server::tls_rustls::RustlsConfig::from_config(tls))?;
        drop(context);
        let server = server.handle(handle.clone());
        let service = router(Arc::new(nation), capacity).into_make_service_with_connect_info::<SocketAddr>();
        let thread = std::thread::Builder::new().name("sandbox".to_owned()).spawn(move || {
            // Ends when the handle says so; an error of the listener ends it too and is seen by whoever calls next.
            let _ = runtime.block_on(server.serve(service));
        })?;
        Ok(RunningSandbox { url, data_dir: config.data_dir, handle, thread: Some(thread) })
    }
}

impl RunningSandbox {
    /// Its address, `https://127.0.0.1:PORT`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The certificate of its authority (PEM), to be believed by whoever talks to it.
    pub fn ca_pem(&self) -> Result<Vec<u8>, SandboxError> {
        Ok(std::fs::read(self.data_dir.join(certificates::CA))?)
    }

    /// The folder with `root.pub` and `trust-list.cwt`.
    pub fn trust_folder(&self) -> PathBuf {
        self.data_dir.join(status::TRUST)
    }

    /// The folder with the status lists.
    pub fn status_folder(&self) -> PathBuf {
        self.data_dir.join(status::STATUS)
    }

    /// The folder of the sandbox.
    pub fn data_dir(&self) -> &Path {
        &self.data_dir
    }

    /// Stops after the calls under way, two seconds at most.
    pub fn stop(mut self) {
        self.shut_down();
    }

    fn shut_down(&mut self) {
        self.handle.graceful_shutdown(Some(Duration::from_secs(2)));
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Drop for RunningSandbox {
    fn drop(&mut self) {
        self.shut_down();
    }
}

fn router(nation: Shared, capacity: Capacity) -> Router {
    Router::new()
        .route("/", get(pages::overview))
        .route("/api", get(api::overview))
        .route("/openapi.json", get(api::document))
        .route("/mailbox", get(mailbox::mailbox))
        .route("/sandbox/face-outcome", post(operator::set_face_outcome))
        .route("/sandbox/death", post(operator::report_death))
        .route("/sandbox/lock", post(operator::lock))
        .route("/sandbox/unlock", post(operator::unlock))
        .route("/sandbox/hotline", post(operator::hotline))
        .route("/sandbox/counter", post(operator::counter))
        .route("/sandbox/level-2", post(operator::level_2))
        .route("/sandbox/residence", post(operator::set_residence))
        .route("/sandbox/offer", post(issuance::offer_at_counter))
        .route("/sandbox/desk", post(desks::name))
        .route("/sandbox/asker", get(askers::form).post(askers::register))
        .route("/sandbox/withdrawal", post(vouched::withdraw))
        .route("/sandbox/desk-withdrawal", post(desks::withdraw))
        .route("/sandbox/recovery-wait", post(operator::set_recovery_wait))
        .route("/sandbox/insurance-answer", post(insurance_portal::set_answer))
        .route("/sandbox/insurance-fault", post(insurance_portal::set_fault))
        .route("/api/token/take", post(insurance_portal::take_token))
        .route("/api/egw/KQNhanLichSuKCB2024", post(insurance_portal::look_up))
        .route("/account/challenge", post(owner::challenge))
        .route("/account/key-challenge", post(owner::key_challenge))
        .route("/account/open", post(opening::open))
        .route("/account/activate", post(opening::activate))
        .route("/account/show", post(owner::show))
        .route("/account/lock", post(owner::lock))
        .route("/account/unlock", post(owner::unlock))
        .route("/account/pin", post(pin::pin))
        .route("/account/level", post(levels::state))
        .route("/account/pin/recover", post(new_device::recover_pin))
        .route("/account/device", post(new_device::start))
        .route("/account/device/verify", post(new_device::verify))
        .route("/account/pending/cancel", post(pending::cancel))
        .route("/account/hand-over", post(hand_over::give))
        .route("/account/hand-over/claim", post(hand_over::claim))
        .route("/account/wards", post(wards::list))
        .route("/account/wards/act", post(wards::act))
        .route("/account/revocation-code", post(revocation::new_code))
        .route("/revoke", get(revocation::form).post(revocation::revoke))
        .route("/account/close", post(owner::close))
        .route("/account/step-up", post(step_up::start))
        .route("/account/verify", post(step_up::verify))
        .route("/account/reading", post(readings::wait))
        .route("/account/reading/give", post(readings::give))
        .route("/account/reading/take", post(readings::take))
        .route("/account/offer", post(issuance::offer))
        .route("/account/attest", post(attested::attest_keys))
        .route("/account/key-attestation", post(attested::key_attestation))
        .route("/account/wallet-attestation", post(attested::wallet_attestation))
        .route("/sandbox/attestation", post(attested::demand))
        .route("/attestation-challenge", post(issuance::client_challenge))
        .route("/face/statement", post(face::statement))
        .route("/.well-known/openid-credential-issuer", get(documents::issuer_metadata))
        .route("/.well-known/oauth-authorization-server", get(documents::server_metadata))
        .route("/par", post(authorisation::push))
        .route("/authorize", get(authorisation::ask).post(authorisation::login))
        .route("/token", post(issuance::token))
        .route("/nonce", post(issuance::nonce))
        .route("/credential", post(issuance::credential))
        .route("/portal", get(screens::portal))
        .route("/portal/start", post(portal::start))
        .route("/bank", get(screens::bank))
        .route("/bank/start", post(bank::start_counter))
        .route("/bank/evidence/start", post(bank::start_evidence))
        .route("/bank/evidence", post(bank::evidence))
        .route("/atm", get(screens::atm))
        .route("/atm/start", post(bank::start_cash))
        .route("/asking/script.js", get(screens::script))
        .route("/asking/state", post(asking::state))
        .route("/asking/request/{id}", get(asking::request).post(asking::request_by_post))
        .route("/asking/response/{id}", post(asking::response))
        .route("/sandbox/bank-reader", post(bank::pin_reader))
        .route("/trust/root.pub", get(status::root))
        .route("/trust/trust-list.cwt", get(status::trust_list))
        .route("/status/{number}", get(status::list))
        .route("/status/national/snapshot", get(national::snapshot))
        .route("/status/national/since/{sequence}", get(national::since))
        .fallback(answer::nowhere)
        .method_not_allowed_fallback(answer::wrong_method)
        .layer(axum::extract::DefaultBodyLimit::max(body::LONGEST))
        .layer(axum::middleware::from_fn_with_state(overload::Room::new(capacity), overload::shed))
        .with_state(nation)
}
