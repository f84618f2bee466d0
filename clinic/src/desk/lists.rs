//! The trust list and the status lists in use: read from their folders, read again when a file there has changed, and
//! fetched while there is a network. A check never waits for any of it.
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::SystemTime;

use trust::random::SystemRandom;
use trust::time::Timestamp;

use super::Clock;
use crate::Error;
use crate::database::{Database, newest, remember};
use crate::desk_file::Memory;
use crate::fetch::{FetchError, Fetcher};
use crate::folder::{self, Data};

/// What is in use, and how the network is.
pub(crate) struct Lists {
    trust: PathBuf,
    status: Option<PathBuf>,
    database: Database,
    fetcher: Option<Fetcher>,
    current: RwLock<Current>,
}

#[derive(Clone)]
struct Current {
    data: Arc<Data>,
    stamp: Stamp,
    /// The last attempt to fetch reached the provider.
    online: bool,
}

/// Names, sizes and times of the files in both folders.
type Stamp = Vec<(PathBuf, u64, SystemTime)>;

impl Lists {
    /// Reads both folders. Blocks.
    pub(crate) fn load(
        trust: PathBuf,
        status: Option<PathBuf>,
        fetcher: Option<Fetcher>,
        database: Database,
    ) -> Result<Self, Error> {
        let stamp = stamp(&trust, status.as_deref());
        let data = folder::load(&trust, status.as_deref(), Some(&mut InDatabase(&database)))?;
        let current = Current { data: Arc::new(data), stamp, online: false };
        Ok(Self { trust, status, database, fetcher, current: RwLock::new(current) })
    }

    /// What to decide with.
    pub(crate) fn data(&self) -> Arc<Data> {
        Arc::clone(&self.current.read().unwrap_or_else(PoisonError::into_inner).data)
    }

    /// Whether the provider was reached at the last attempt.
    pub(crate) fn is_online(&self) -> bool {
        self.current.read().unwrap_or_else(PoisonError::into_inner).online
    }

    /// The trust folder.
    pub(crate) fn trust_folder(&self) -> &Path {
        &self.trust
    }

    /// The status folder.
    pub(crate) fn status_folder(&self) -> Option<&Path> {
        self.status.as_deref()
    }

    /// Reads the folders again where something in them has changed, and says whether that was so. What cannot be read or
    /// is not believed changes nothing. Blocks.
    pub(crate) fn reload(&self) -> bool {
        let stamp = stamp(&self.trust, self.status.as_deref());
        if stamp == self.current.read().unwrap_or_else(PoisonError::into_inner).stamp {
            return false;
        }
        let loaded = folder::load(&self.trust, self.status.as_deref(), Some(&mut InDatabase(&self.database)));
        let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
        current.stamp = stamp;
        let Ok(data) = loaded else { return false };
        current.data = Arc::new(data);
        true
    }

    /// Asks the provider for what is newer, and says whether it was reached.
    pub(crate) async fn fetch(&self, clock: &Clock) -> bool {
        let Some(fetcher) = &self.fetcher else { return false };
        let fetched = self.fetch_all(fetcher, clock()).await;
        // A refused list came from somewhere: the network is there.
        let online = !matches!(fetched, Err(FetchError::Http(_)));
        self.current.write().unwrap_or_else(PoisonError::into_inner).online = online;
        online
    }

    async fn fetch_all(&self, fetcher: &Fetcher, now: Timestamp) -> Result<(), FetchError> {
        let data = self.data();
        fetcher.trust_list(&data.trust, now).await?;
        let held = self.held_lists();
        fetcher.status_lists(&data.trust, &held, &mut SystemRandom::new(), now).await?;
        // A provider without the nation's status in one piece is one that serves lists alone.
        match fetcher.national(&data).await {
            Err(FetchError::Http(_)) if !held.is_empty() => Ok(()),
            other => other.map(drop),
        }
    }

    /// The lists that lie in the folder as `N.cwt`.
    fn held_lists(&self) -> Vec<String> {
        let folder = self.status.as_deref().and_then(|folder| std::fs::read_dir(folder).ok());
        let names =
            folder.into_iter().flatten().filter_map(|entry| entry.ok()?.file_name().into_string().ok());
        let numbers = names.filter_map(|name| name.strip_suffix(".cwt")?.parse::<u64>().ok());
        let mut names: Vec<String> = numbers.map(|number| format!("s:{number}")).collect();
        names.sort();
        names
    }
}

fn stamp(trust: &Path, status: Option<&Path>) -> Stamp {
    let mut files = Vec::new();
    for folder in [Some(trust), status].into_iter().flatten() {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            if let Ok(about) = entry.metadata() {
                let changed = about.modified().unwrap_or(SystemTime::UNIX_EPOCH);
                files.push((entry.path(), about.len(), changed));
            }
        }
    }
    files.sort();
    files
}

/// The newest lists, remembered where the desk's other data lie. Each call is a transaction of its own.
struct InDatabase<'a>(&'a Database);

impl Memory for InDatabase<'_> {
    fn newest(&mut self, nation: &[u8], name: &str) -> Result<Option<(u64, Vec<u8>)>, Error> {
        let (nation, name) = (nation.to_vec(), name.to_owned());
        let found = self.0.run_blocking(move |statements| newest(statements, &nation, &name));
        found.map_err(|_| Error::SeenList)
    }

    fn remember(&mut self, nation: &[u8], name: &str, sequence: u64, data: &[u8]) -> Result<(), Error> {
        let (nation, name, data) = (nation.to_vec(), name.to_owned(), data.to_vec());
        let done =
            self.0.run_blocking(move |statements| remember(statements, &nation, &name, sequence, &data));
        done.map_err(|_| Error::SeenList)
    }
}
