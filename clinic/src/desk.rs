//! The desk's server: page, API, seen-list, queue, day. One process serves one clinic's counters, or several processes
//! share a PostgreSQL database.
//!
//! It reads its folders and the clock that it is handed, listens on the loopback interface unless told otherwise, and
//! writes nobody's name or number anywhere but into its database.
mod attempts;
mod body;
mod challenges;
mod checks;
mod day;
mod docs;
mod entitlement;
mod events;
mod his;
mod kept;
mod limits;
mod lists;
mod offline;
mod page;
mod password;
mod queue;
mod refusal;
mod routes;
mod session;
mod state;
mod synced;
mod upkeep;

use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use tokio::sync::{Semaphore, broadcast, watch};
use trust::random::{Random, RandomError, SystemRandom};
use trust::time::Timestamp;
use verifier::Policy;

use crate::Error;
use crate::database::{Database, DatabaseError, Place};
use crate::desk_name::DeskNameError;
use crate::fetch::Fetcher;
use crate::folder::Data;
use crate::lookup::Lookup;
use attempts::Attempts;
use challenges::Screens;
use events::Event;
use lists::Lists;
pub use password::SHORTEST as SHORTEST_PASSWORD;
use refusal::Refusal;
use session::Sessions;

/// What time it is.
pub type Clock = Arc<dyn Fn() -> Timestamp + Send + Sync>;

/// Pictures that are read at once: each takes a whole processor.
const PICTURES: usize = 2;
/// Pages that listen for events at once.
const LISTENERS: usize = 64;

/// Where a desk listens, what it believes, what it keeps.
pub struct DeskConfig {
    /// The address to listen on; port 0 takes a free one.
    pub listen: SocketAddr,
    /// Where its data lie.
    pub place: Place,
    /// The trust folder: `root.pub` and `trust-list.cwt`.
    pub trust: PathBuf,
    /// The folder of status lists.
    pub status: Option<PathBuf>,
    /// What the page's build made: the verifier as WebAssembly, the barcode reader.
    pub web: Option<PathBuf>,
    /// The counter's name where a clerk gives none.
    pub name: String,
    /// The facility's code.
    pub facility: Option<String>,
    /// Days for which checks and queue are kept.
    pub keep_days: u32,
    /// Keeps both folders up to date, where there is a network.
    pub fetcher: Option<Fetcher>,
    /// The account at the national insurance portal.
    pub lookup: Option<Lookup>,
    /// The folder with the desk's key and certificate (`sen clinic enrol`), for two-way mode.
    pub identity: Option<PathBuf>,
    /// What is asked of every code beyond a clinic's usual policy.
    pub demands: Demands,
    /// What time it is.
    pub clock: Clock,
}

/// What a clinic may ask of every code.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Demands {
    /// Only answers to the desk's own questions will do: a code for any clinic may have been relayed.
    pub challenged_only: bool,
    /// The lowest authentication level, attested or stated by the provider, that will do, 1 to 4; 0 asks for none.
    pub minimum_level: u8,
}

/// The desk cannot start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DeskError {
    /// Its port.
    #[error("cannot listen there: {0}")]
    Io(#[from] std::io::Error),
    /// Its database.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// Its trust list or status folder.
    #[error(transparent)]
    Lists(#[from] Error),
    /// The system gave no random bytes.
    #[error(transparent)]
    Random(#[from] RandomError),
    /// Its key or certificate for two-way mode.
    #[error(transparent)]
    Identity(#[from] DeskNameError),
    /// The password is too short.
    #[error("a password has at least {SHORTEST_PASSWORD} characters")]
    ShortPassword,
}

/// Everything that the calls share.
pub(crate) struct Desk {
    name: String,
    facility: Option<String>,
    keep_days: u32,
    web: Option<PathBuf>,
    database: Database,
    lists: Lists,
    lookup: Option<Lookup>,
    demands: Demands,
    screens: Screens,
    attempts: Attempts,
    sessions: Sessions,
    events: broadcast::Sender<Event>,
    listeners: Arc<Semaphore>,
    pictures: Semaphore,
    stopping: watch::Sender<bool>,
    clock: Clock,
}

type Shared = Arc<Desk>;

impl Desk {
    fn now(&self) -> Timestamp {
        (self.clock)()
    }

    /// What is asked of a code that is decided on with these lists.
    fn policy(&self, data: &Data) -> Policy {
        let Demands { challenged_only, minimum_level } = self.demands;
        Policy { challenged_only, minimum_level, rollback: self.lists.rollback(), ..data.policy() }
    }

    /// Tells every page; none may be there.
    fn tell(&self, event: Event) {
        let _ = self.events.send(event);
    }
}

/// A name that says nothing.
fn random_id() -> Result<String, Refusal> {
    let mut bytes = [0; 16];
    SystemRandom::new().fill(&mut bytes).map_err(|_| Refusal::broken("random", "no random bytes"))?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

/// A desk that is running; it stops when this is dropped.
pub struct RunningDesk {
    address: SocketAddr,
    first_password: Option<String>,
    desk: Shared,
    handle: axum_server::Handle<SocketAddr>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl RunningDesk {
    /// Opens its database, reads its folders, listens, and serves from a thread of its own.
    pub fn start(config: DeskConfig) -> Result<Self, DeskError> {
        let listener = TcpListener::bind(config.listen)?;
        listener.set_nonblocking(true)?;
        let address = listener.local_addr()?;
        let database = Database::open(&config.place)?;
        let first_password = first_password(&database)?;
        let lists = Lists::load(config.trust, config.status, config.fetcher, database.clone())?;
        let desk = Arc::new(Desk {
            name: config.name,
            facility: config.facility,
            keep_days: config.keep_days,
            web: config.web,
            database,
            lists,
            lookup: config.lookup,
            demands: config.demands,
            screens: Screens::open(config.identity.as_deref())?,
            attempts: Attempts::default(),
            sessions: Sessions::default(),
            events: broadcast::channel(64).0,
            listeners: Arc::new(Semaphore::new(LISTENERS)),
            pictures: Semaphore::new(PICTURES),
            stopping: watch::Sender::new(false),
            clock: config.clock,
        });
        let handle = axum_server::Handle::new();
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
        let context = runtime.enter();
        let mut server = axum_server::from_tcp(listener)?.handle(handle.clone());
        drop(context);
        server.http_builder().http1().header_read_timeout(Duration::from_secs(15)).max_headers(64);
        let service = routes::router(Arc::clone(&desk)).into_make_service_with_connect_info::<SocketAddr>();
        let kept = Arc::clone(&desk);
        let thread = std::thread::Builder::new().name("desk".to_owned()).spawn(move || {
            runtime.spawn(upkeep::forget(Arc::clone(&kept)));
            runtime.spawn(upkeep::look(Arc::clone(&kept)));
            runtime.spawn(upkeep::fetch(kept));
            // Ends when the handle says so; an error of the listener ends it too and is seen by whoever calls next.
            let _ = runtime.block_on(server.serve(service));
        })?;
        Ok(Self { address, first_password, desk, handle, thread: Some(thread) })
    }

    /// Where it listens.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// The password that was made because there was none: it is told this once.
    pub fn first_password(&self) -> Option<&str> {
        self.first_password.as_deref()
    }

    /// Stops after the calls under way, two seconds at most.
    pub fn stop(mut self) {
        self.shut_down();
    }

    fn shut_down(&mut self) {
        self.desk.stopping.send_replace(true);
        self.handle.graceful_shutdown(Some(Duration::from_secs(2)));
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Drop for RunningDesk {
    fn drop(&mut self) {
        self.shut_down();
    }
}

fn first_password(database: &Database) -> Result<Option<String>, DeskError> {
    if database.run_blocking(password::kept)?.is_some() {
        return Ok(None);
    }
    let mut random = SystemRandom::new();
    let password = password::generate(&mut random)?;
    let sealed = password::seal(&password, &mut random)?;
    let is_first = database.run_blocking(move |statements| password::keep_first(statements, &sealed))?;
    Ok(is_first.then_some(password))
}

/// Sets the desk's password and ends every session; a new password is made where none is given. Gives the password.
pub fn set_password(place: &Place, chosen: Option<String>) -> Result<String, DeskError> {
    let database = Database::open(place)?;
    let mut random = SystemRandom::new();
    let password = match chosen {
        Some(password) if password.chars().count() < SHORTEST_PASSWORD => {
            return Err(DeskError::ShortPassword);
        }
        Some(password) => password,
        None => password::generate(&mut random)?,
    };
    let sealed = password::seal(&password, &mut random)?;
    database.run_blocking(move |statements| password::replace(statements, &sealed))?;
    Ok(password)
}
