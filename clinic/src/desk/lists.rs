//! The trust list and the status lists in use: read from their folders, read again when a file there has changed, and
//! fetched while there is a network. A check never waits for any of it.
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};
use std::time::SystemTime;

use ring::digest::{Context, SHA256};
use trust::random::SystemRandom;
use trust::time::Timestamp;
use verifier::offline::OfflineBundle;

use super::Clock;
use crate::Error;
use crate::database::{Database, newest, remember};
use crate::desk_file::Memory;
use crate::fetch::{FetchError, Fetched, Fetcher};
use crate::folder::{self, Data};

/// What is in use, and how the network is.
pub(crate) struct Lists {
    trust: PathBuf,
    status: Option<PathBuf>,
    database: Database,
    fetcher: Option<Fetcher>,
    current: RwLock<Current>,
}

struct Current {
    data: Arc<Data>,
    offline: Arc<Handout>,
    stamp: Stamp,
    /// The last attempt to fetch reached the provider; nothing before the first.
    online: Option<bool>,
    /// The provider offered something older than before.
    offered_older: bool,
}

/// The lists' part of what a page takes along, made once for as long as they are in use.
pub(crate) struct Handout {
    /// Without sightings, for a desk without a name, at no time.
    pub(crate) bundle: OfflineBundle,
    /// Names these lists among all.
    pub(crate) version: [u8; 32],
}

impl Handout {
    fn new(data: &Data) -> Self {
        let mut version = Context::new(&SHA256);
        let tokens = data.tokens.iter().flat_map(|(name, token)| [name.as_bytes(), token]);
        for part in std::iter::once(&data.trust_list[..]).chain(tokens) {
            version.update(&part.len().to_be_bytes());
            version.update(part);
        }
        let mut named = [0; 32];
        named.copy_from_slice(version.finish().as_ref());
        let (trust, policy) = ((&data.trust_list[..], &data.trust.roots()[..]), data.policy());
        let bundle = OfflineBundle::new(trust, &data.tokens, &policy, &[], "", Timestamp::from_unix(0));
        Self { bundle, version: named }
    }
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
        let offline = Arc::new(Handout::new(&data));
        let current = Current { data: Arc::new(data), offline, stamp, online: None, offered_older: false };
        Ok(Self { trust, status, database, fetcher, current: RwLock::new(current) })
    }

    fn current(&self) -> RwLockReadGuard<'_, Current> {
        self.current.read().unwrap_or_else(PoisonError::into_inner)
    }

    /// What to decide with.
    pub(crate) fn data(&self) -> Arc<Data> {
        Arc::clone(&self.current().data)
    }

    /// The same for a page.
    pub(crate) fn offline(&self) -> Arc<Handout> {
        Arc::clone(&self.current().offline)
    }

    /// Whether the provider was reached at the last attempt; nothing where nobody has tried.
    pub(crate) fn is_online(&self) -> Option<bool> {
        self.current().online
    }

    /// Whether something older than before was offered, by whoever fills the folders or by the provider.
    pub(crate) fn rollback(&self) -> bool {
        let current = self.current();
        current.data.rollback || current.offered_older
    }

    /// Reads the folders again where something in them has changed, and says whether that was so. What cannot be read or
    /// is not believed changes nothing, and is tried again. Blocks.
    pub(crate) fn reload(&self) -> bool {
        let stamp = stamp(&self.trust, self.status.as_deref());
        if stamp == self.current().stamp {
            return false;
        }
        let loaded = folder::load(&self.trust, self.status.as_deref(), Some(&mut InDatabase(&self.database)));
        let Ok(data) = loaded else { return false };
        let offline = Arc::new(Handout::new(&data));
        let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
        (current.data, current.offline, current.stamp) = (Arc::new(data), offline, stamp);
        true
    }

    /// Asks the provider for what is newer. Trust list, lists and the nation's status may lie with different servers: where one
    /// gives nothing good, the others are asked all the same.
    pub(crate) async fn fetch(&self, clock: &Clock) {
        let Some(fetcher) = &self.fetcher else { return };
        let (data, now, held) = (self.data(), clock(), self.held_lists());
        let mut fetched = vec![fetcher.trust_list(&data.trust, now).await];
        fetched.extend(fetcher.status_lists(&data.trust, &held, &mut SystemRandom::new(), now).await);
        let national = fetcher.national(&data).await;
        // A provider without the nation's status in one piece is one that serves lists alone.
        if held.is_empty() || !matches!(national, Err(FetchError::Http(_))) {
            fetched.push(national);
        }
        let is_unread = |one: &Result<Fetched, FetchError>| matches!(one, Err(FetchError::Http(_)));
        let is_older = |one: &Result<Fetched, FetchError>| one.as_ref().is_err_and(FetchError::is_rollback);
        let mut current = self.current.write().unwrap_or_else(PoisonError::into_inner);
        // A refused list came from somewhere: the network is there.
        current.online = Some(!fetched.iter().all(is_unread));
        // What was offered stands until all of it was read without anything older.
        current.offered_older =
            fetched.iter().any(is_older) || current.offered_older && fetched.iter().any(is_unread);
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
            let path = entry.path();
            // Notes and unfinished files come and go and say nothing.
            let is_read =
                path.extension().is_some_and(|kind| ["cwt", "jwt", "pub"].iter().any(|read| kind == *read));
            if let (true, Ok(about)) = (is_read, entry.metadata()) {
                let changed = about.modified().unwrap_or(SystemTime::UNIX_EPOCH);
                files.push((path, about.len(), changed));
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notes_and_unfinished_files_are_no_change_of_the_lists() {
        let folder = std::env::temp_dir().join(format!("sen-lists-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        for name in ["7.cwt", "8.jwt", "root.pub"] {
            std::fs::write(folder.join(name), name).unwrap();
        }
        let before = stamp(&folder, None);
        assert_eq!(before.len(), 3);
        for name in ["fetched.json", "7.unfinished"] {
            std::fs::write(folder.join(name), name).unwrap();
        }
        assert_eq!(stamp(&folder, None), before);
        std::fs::write(folder.join("7.cwt"), "longer").unwrap();
        assert_ne!(stamp(&folder, None), before);
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
