//! Keeps a desk's folders up to date while there is a network.
//!
//! | address | what |
//! |---|---|
//! | `PROVIDER/trust/trust-list.cwt` | the trust list |
//! | `BASE` and a number | the list `s:` and that number; BASE stands in the trust list |
//! | `BASE` `national/snapshot` | a snapshot of the nation's status |
//! | `BASE` `national/since/` and a sequence | one delta from there to the newest snapshot; 404 where it would be too long |
//!
//! Every request names the version at hand (`If-None-Match`), so that what has not changed costs a few hundred bytes. Lists
//! are asked for from a random one on and not before their `ttl` is over, so that a nation's desks do not all ask for one
//! list at once. What is fetched is verified first and written whole or not at all: a desk never loses newer data to older.
use std::collections::BTreeMap;
use std::path::PathBuf;

use http_client::{Client, Request};
use serde::{Deserialize, Serialize};
use trust::anchors::{Trust, TrustError};
use trust::random::Random;
use trust::status::{NationalStatus, StatusError, StatusList};
use trust::time::Timestamp;

use crate::folder::{self, Data, TRUST_LIST_FILE};

/// No list or snapshot is larger, in bytes.
const LARGEST: usize = 4 << 20;
/// Where a list names no `ttl`, in seconds.
const USUAL_TTL: u64 = 900;
/// Notes on what was fetched, in the status folder.
const NOTES: &str = "fetched.json";
const SNAPSHOT: &str = "national.cwt";
const DELTA: &str = "national-";

/// Why nothing, or not everything, was fetched. What was at hand stays.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FetchError {
    /// The server was not reached, or gave no usable answer.
    #[error(transparent)]
    Http(#[from] http_client::Error),
    /// The new trust list is not believed.
    #[error("the fetched trust list is not believed: {0}")]
    Trust(#[from] TrustError),
    /// The new status is not believed.
    #[error("the fetched status is not believed: {0}")]
    Status(#[from] StatusError),
    /// A folder cannot be read or written.
    #[error("the desk's folder cannot be written")]
    Folder,
    /// The name of a list is not `s:` and a number.
    #[error("no list has this name")]
    Name,
    /// The system gave no random bytes.
    #[error("no random bytes")]
    Random,
}

impl FetchError {
    /// Something older than what is at hand was offered.
    pub const fn is_rollback(&self) -> bool {
        matches!(self, Self::Trust(TrustError::Rollback { .. }) | Self::Status(StatusError::Rollback))
    }
}

/// What came of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fetched {
    /// Something new was written.
    New,
    /// The server has nothing newer.
    Unchanged,
    /// It is too early to ask.
    NotDue,
}

/// Where a desk fetches from and writes to.
#[derive(Debug)]
pub struct Fetcher {
    /// To speak to the provider with.
    pub client: Client,
    /// The provider's address, without a slash at its end.
    pub provider: String,
    /// The trust folder; it holds `root.pub` already.
    pub trust: PathBuf,
    /// The status folder.
    pub status: PathBuf,
}

#[derive(Default, Serialize, Deserialize)]
struct Notes(BTreeMap<String, Note>);

#[derive(Clone, Default, Serialize, Deserialize)]
struct Note {
    etag: Option<String>,
    /// Seconds since the epoch before which nothing is asked.
    due: i64,
}

impl Fetcher {
    /// The first trust list, where the trust folder holds the root's key alone: signed by that root and in force.
    ///
    /// # Errors
    /// [`FetchError`].
    pub async fn first_trust_list(&self, now: Timestamp) -> Result<Fetched, FetchError> {
        let place = self.trust.join(TRUST_LIST_FILE);
        // Without a root's key there is nobody to believe, as whoever reads the folder says.
        let Ok(root) = folder::root(&self.trust) else { return Ok(Fetched::Unchanged) };
        if place.exists() {
            return Ok(Fetched::Unchanged);
        }
        let address = format!("{}/trust/{TRUST_LIST_FILE}", self.provider);
        let Some((list, _)) = self.newer(&address, Note::default()).await? else {
            return Ok(Fetched::Unchanged);
        };
        Trust::load(&[root], &list, 0, now)?;
        write(place, &list)?;
        Ok(Fetched::New)
    }

    /// The trust list, where there is a newer one.
    pub async fn trust_list(&self, trust: &Trust, now: Timestamp) -> Result<Fetched, FetchError> {
        let address = format!("{}/trust/{TRUST_LIST_FILE}", self.provider);
        let mut notes = self.notes();
        let Some((list, note)) = self.newer(&address, notes.of("trust-list")).await? else {
            return Ok(Fetched::Unchanged);
        };
        Trust::load(&trust.roots(), &list, trust.sequence(), now)?;
        write(self.trust.join(TRUST_LIST_FILE), &list)?;
        notes.set("trust-list", note);
        self.save(&notes)?;
        Ok(Fetched::New)
    }

    /// One status list, where its time to be asked for has come and there is a newer one.
    pub async fn status_list(
        &self,
        trust: &Trust,
        name: &str,
        now: Timestamp,
    ) -> Result<Fetched, FetchError> {
        let number = number(name).ok_or(FetchError::Name)?;
        let mut notes = self.notes();
        if now.as_unix() < notes.of(name).due {
            return Ok(Fetched::NotDue);
        }
        let path = self.status.join(format!("{number}.cwt"));
        let held = std::fs::read(&path).ok();
        let held = held.and_then(|token| StatusList::verify(&token, trust.status_signers()).ok());
        // Without the list itself, what was noted of it is worth nothing.
        let note = if held.is_some() { notes.of(name) } else { Note::default() };
        let address = format!("{}{number}", trust.status_base());
        let ttl = |list: Option<&StatusList>| list.and_then(StatusList::ttl_seconds).unwrap_or(USUAL_TTL);
        let (fetched, mut note, ttl) = match self.newer(&address, note.clone()).await? {
            None => (Fetched::Unchanged, note, ttl(held.as_ref())),
            Some((token, note)) => {
                let list = StatusList::verify(&token, trust.status_signers())?;
                if list.subject() != name {
                    return Err(StatusError::WrongSubject.into());
                }
                if held.is_some_and(|held| held.issued() > list.issued()) {
                    return Err(StatusError::Rollback.into());
                }
                write(path, &token)?;
                (Fetched::New, note, ttl(Some(&list)))
            }
        };
        note.due = now.plus_seconds(i64::try_from(ttl).unwrap_or(i64::MAX)).as_unix();
        notes.set(name, note);
        self.save(&notes)?;
        Ok(fetched)
    }

    /// Many lists, from a random one on; what came of each that was asked for. One that is not believed keeps nobody from the
    /// next; one that cannot be reached ends it: the network is gone, most likely.
    pub async fn status_lists(
        &self,
        trust: &Trust,
        names: &[String],
        random: &mut (dyn Random + Send),
        now: Timestamp,
    ) -> Vec<Result<Fetched, FetchError>> {
        let start = match below(random, names.len()) {
            Ok(start) => start,
            Err(error) => return vec![Err(error)],
        };
        let mut fetched = Vec::with_capacity(names.len());
        for name in names.iter().cycle().skip(start).take(names.len()) {
            let list = self.status_list(trust, name, now).await;
            let is_unreachable = matches!(list, Err(FetchError::Http(http_client::Error::NoNetwork(_))));
            fetched.push(list);
            if is_unreachable {
                break;
            }
        }
        fetched
    }

    /// The nation's status: a delta from the state at hand where there is one, else a snapshot.
    pub async fn national(&self, data: &Data) -> Result<Fetched, FetchError> {
        let base = format!("{}national", data.trust.status_base());
        let signers = data.trust.status_signers();
        if let Some(held) = data.status.national() {
            let address = format!("{base}/since/{}", held.sequence());
            let answer = self.client.exchange(Request::get(&address)?.limit(LARGEST)).await?;
            match answer.status() {
                204 | 304 => return Ok(Fetched::Unchanged),
                200 => {
                    let newer = held.apply(answer.body(), signers)?;
                    let name = format!("{DELTA}{:020}.cwt", newer.sequence());
                    write(self.status.join(name), answer.body())?;
                    return Ok(Fetched::New);
                }
                _ => {}
            }
        }
        let answer = self.client.fetch(Request::get(&format!("{base}/snapshot"))?.limit(LARGEST)).await?;
        let newer = NationalStatus::verify(answer.body(), signers)?;
        match data.status.national().map(|held| held.sequence().cmp(&newer.sequence())) {
            Some(std::cmp::Ordering::Greater) => Err(StatusError::Rollback.into()),
            Some(std::cmp::Ordering::Equal) => Ok(Fetched::Unchanged),
            _ => {
                write(self.status.join(SNAPSHOT), answer.body())?;
                self.forget_deltas()?;
                Ok(Fetched::New)
            }
        }
    }

    /// Deltas that led to an older state than a new snapshot.
    fn forget_deltas(&self) -> Result<(), FetchError> {
        let folder = std::fs::read_dir(&self.status).map_err(|_| FetchError::Folder)?;
        let paths = folder.filter_map(Result::ok).map(|entry| entry.path());
        let is_delta = |path: &PathBuf| {
            path.file_name().and_then(|name| name.to_str()).is_some_and(|name| name.starts_with(DELTA))
        };
        for path in paths.filter(is_delta) {
            std::fs::remove_file(path).map_err(|_| FetchError::Folder)?;
        }
        Ok(())
    }

    /// The body and its version, where it is not the version noted.
    async fn newer(&self, address: &str, note: Note) -> Result<Option<(Vec<u8>, Note)>, FetchError> {
        let mut request = Request::get(address)?.limit(LARGEST).header("accept", "*/*")?;
        if let Some(etag) = &note.etag {
            request = request.header("if-none-match", etag)?;
        }
        let answer = self.client.exchange(request).await?;
        if answer.status() == 304 && note.etag.is_some() {
            return Ok(None);
        }
        let answer = answer.success()?;
        let etag = answer.header("etag").map(str::to_owned);
        Ok(Some((answer.into_body(), Note { etag, due: note.due })))
    }

    /// Notes are a convenience: without them everything is fetched anew.
    fn notes(&self) -> Notes {
        let notes = std::fs::read(self.status.join(NOTES)).ok();
        notes.and_then(|notes| serde_json::from_slice(&notes).ok()).unwrap_or_default()
    }

    fn save(&self, notes: &Notes) -> Result<(), FetchError> {
        let bytes = serde_json::to_vec(notes).map_err(|_| FetchError::Folder)?;
        write(self.status.join(NOTES), &bytes)
    }
}

impl Notes {
    fn of(&self, name: &str) -> Note {
        self.0.get(name).cloned().unwrap_or_default()
    }

    fn set(&mut self, name: &str, note: Note) {
        self.0.insert(name.to_owned(), note);
    }
}

/// The number of a list `s:N`, written the one way.
fn number(name: &str) -> Option<u64> {
    let number: u64 = name.strip_prefix("s:")?.parse().ok()?;
    (format!("s:{number}") == name).then_some(number)
}

fn below(random: &mut (dyn Random + Send), end: usize) -> Result<usize, FetchError> {
    let mut bytes = [0; 8];
    random.fill(&mut bytes).map_err(|_| FetchError::Random)?;
    let end = u64::try_from(end).unwrap_or(u64::MAX).max(1);
    usize::try_from(u64::from_be_bytes(bytes) % end).map_err(|_| FetchError::Random)
}

/// Whole or not at all.
fn write(path: PathBuf, bytes: &[u8]) -> Result<(), FetchError> {
    let unfinished = path.with_extension("unfinished");
    let write = std::fs::write(&unfinished, bytes).and_then(|()| std::fs::rename(&unfinished, path));
    write.map_err(|_| FetchError::Folder)
}
