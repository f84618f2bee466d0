//! The chain: entry `n` holds the hash of entry `n - 1`, and the hash of the last one is kept beside the sealing key in the
//! `SecretStore`. A changed, moved, left-out or cut-off entry is noticed, and so is an older copy of the whole file. Where the beginning
//! was pruned an anchor stands in its place, which the account's key signed and the `SecretStore` knows.

#[cfg(test)]
mod tests;

use ring::digest::{SHA256, digest};
use rusqlite::Row;
use serde::{Deserialize, Serialize};
use trust::p256::PublicKey;
use trust::time::Timestamp;
use zeroize::Zeroizing;

use super::{Event, HistoryEntry};
use crate::Error;
use crate::account::record::AccountRecord;
use crate::store::seal::Place;
use crate::store::{Change, Store, StoreError, Table, decode, encode, read};
use crate::wallet::Wallet;

/// Five years, in seconds; as long as the provider keeps its own.
const KEEP: i64 = 5 * 365 * 86_400 + 86_400;

/// The last entry: its number (0 for none) and hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Head {
    pub(crate) sequence: u64,
    pub(crate) hash: [u8; 32],
}

impl Head {
    pub(crate) const EMPTY: Self = Self { sequence: 0, hash: [0; 32] };
}

/// What is kept beside the sealing key: the last entry, and the last one that was pruned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Kept {
    pub(crate) head: Head,
    pub(crate) start: Head,
}

impl Kept {
    pub(crate) const EMPTY: Self = Self { head: Head::EMPTY, start: Head::EMPTY };
}

#[derive(Serialize, Deserialize)]
struct Record {
    previous: [u8; 32],
    at: i64,
    event: Event,
}

/// What stands in place of a pruned beginning.
#[derive(Serialize, Deserialize)]
struct Anchor {
    start: Head,
    #[serde(with = "serde_bytes")]
    signature: Vec<u8>,
    #[serde(with = "serde_bytes")]
    key: Vec<u8>,
}

const HEAD: &str = "history-head";
const ANCHOR: &str = "history-anchor";

/// Adds an entry; part of the transaction of the use it records.
pub(crate) fn append(change: &mut Change<'_>, at: Timestamp, event: Event) -> Result<Head, StoreError> {
    let head = change.read::<Head>(Table::Setting, HEAD)?.unwrap_or(Head::EMPTY);
    let sequence = head.sequence.checked_add(1).ok_or(StoreError::Bug)?;
    let record = Record { previous: head.hash, at: at.as_unix(), event };
    let plain = encode(&record)?;
    change.put_plain(Table::History, &id(sequence), &plain)?;
    let head = Head { sequence, hash: link(sequence, &plain) };
    change.put(Table::Setting, HEAD, &head)?;
    Ok(head)
}

/// The head as the file has it.
pub(crate) fn head(store: &Store) -> Result<Head, StoreError> {
    Ok(store.read::<Head>(Table::Setting, HEAD)?.unwrap_or(Head::EMPTY))
}

/// Checks that the file's history continues the one whose head was kept outside it, and begins where that says.
///
/// # Errors
/// [`StoreError::RolledBack`] where it does not.
pub(crate) fn continues(store: &Store, kept: &Kept) -> Result<(), StoreError> {
    let start = start(store)?;
    // A beginning is noted outside before entries go: where that was interrupted they are here still.
    let begins = kept.start == start || (start.sequence < kept.start.sequence && holds(store, kept.start)?);
    let goes_on =
        kept.head == start || (holds(store, kept.head)? && head(store)?.sequence >= kept.head.sequence);
    if begins && goes_on { Ok(()) } else { Err(StoreError::RolledBack) }
}

/// Whether an entry is there as it was.
fn holds(store: &Store, entry: Head) -> Result<bool, StoreError> {
    let plain = read(store.connection(), store.key(), Table::History, &id(entry.sequence))?;
    Ok(plain.is_some_and(|plain| link(entry.sequence, &plain) == entry.hash))
}

/// At most `limit` entries with numbers below `before` (or the last ones), newest first.
pub(crate) fn page(store: &Store, before: Option<u64>, limit: u32) -> Result<Vec<HistoryEntry>, StoreError> {
    let below = id(before.unwrap_or(u64::MAX));
    let sql = "SELECT id, version, sealed FROM history WHERE id < ?1 ORDER BY id DESC LIMIT ?2";
    let mut statement = store.connection().prepare_cached(sql)?;
    let mut rows = statement.query(rusqlite::params![below, limit])?;
    let mut entries = Vec::new();
    while let Some(row) = rows.next()? {
        entries.push(Link::open(store, row)?.entry()?);
    }
    Ok(entries)
}

/// Calls `take` with each entry, newest first, for as long as it takes them; gives the number of those that it did not.
pub(crate) fn newest(
    store: &Store,
    mut take: impl FnMut(HistoryEntry) -> Result<bool, StoreError>,
) -> Result<u64, StoreError> {
    let mut statement =
        store.connection().prepare_cached("SELECT id, version, sealed FROM history ORDER BY id DESC")?;
    let mut rows = statement.query([])?;
    let first = start(store)?.sequence;
    while let Some(row) = rows.next()? {
        let entry = Link::open(store, row)?.entry()?;
        let sequence = entry.sequence;
        if !take(entry)? {
            return Ok(sequence - first);
        }
    }
    Ok(0)
}

/// Follows the whole chain from its start to the head; gives the head's number.
///
/// # Errors
/// [`StoreError::Tampered`] for a changed entry, [`StoreError::RolledBack`] for a missing one.
pub(crate) fn verify(store: &Store) -> Result<u64, StoreError> {
    let mut at = start(store)?;
    each(store, |link| {
        if link.sequence != at.sequence + 1 || link.record()?.previous != at.hash {
            return Err(StoreError::RolledBack);
        }
        at = link.head();
        Ok(true)
    })?;
    if at == head(store)? { Ok(at.sequence) } else { Err(StoreError::RolledBack) }
}

/// Calls `look` with each entry, oldest first, for as long as it says so.
pub(super) fn each(
    store: &Store,
    mut look: impl FnMut(&Link) -> Result<bool, StoreError>,
) -> Result<(), StoreError> {
    let mut statement =
        store.connection().prepare_cached("SELECT id, version, sealed FROM history ORDER BY id")?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        if !look(&Link::open(store, row)?)? {
            break;
        }
    }
    Ok(())
}

/// Replaces what is older than five years by an anchor that the account's key signs. The last entry always stays.
pub(super) fn prune(wallet: &Wallet, now: Timestamp) -> Result<u64, Error> {
    let (start, end, old, account) = {
        let store = wallet.vault.store();
        let account = AccountRecord::load(&store)?;
        // Nobody's clock but the provider's makes an entry older than it is.
        let oldest = now.as_unix().min(account.newest_time) - KEEP;
        let (start, last) = (start(&store)?, head(&store)?.sequence);
        let mut end = start;
        let mut old = Vec::new();
        each(&store, |link| {
            let stays = link.record()?.at >= oldest || link.sequence == last;
            if !stays {
                end = link.head();
                old.push(id(link.sequence));
            }
            Ok(!stays)
        })?;
        if old.is_empty() {
            return Ok(0);
        }
        verify(&store)?;
        (start, end, old, account)
    };
    let key = wallet.keys.find(&account.instance_key)?;
    let signature = key.sign(&statement(end))?.to_vec();
    let anchor = Anchor { start: end, signature, key: key.public().uncompressed().to_vec() };
    let removed = wallet.vault.change(|change| {
        // Another process may have pruned further since.
        let before =
            change.read::<Anchor>(Table::Setting, ANCHOR)?.map_or(Head::EMPTY, |anchor| anchor.start);
        if before != start {
            return Ok(0);
        }
        for id in &old {
            change.delete(Table::History, id)?;
        }
        change.put(Table::Setting, ANCHOR, &anchor)?;
        let head = change.read::<Head>(Table::Setting, HEAD)?.unwrap_or(Head::EMPTY);
        wallet.vault.note_start(Kept { head, start: end })?;
        Ok(end.sequence - start.sequence)
    })?;
    // Once more: another process that wrote meanwhile did not know of it yet.
    let _ = wallet.vault.note_head(&wallet.vault.store());
    Ok(removed)
}

/// Where the chain begins: nothing, or a signed anchor in place of the entries before it.
pub(crate) fn start(store: &Store) -> Result<Head, StoreError> {
    let Some(anchor) = store.read::<Anchor>(Table::Setting, ANCHOR)? else { return Ok(Head::EMPTY) };
    let key = PublicKey::from_uncompressed(&anchor.key).map_err(|_| StoreError::Record)?;
    let signature = anchor.signature.as_slice().try_into().map_err(|_| StoreError::Record)?;
    key.verify(&statement(anchor.start), signature).map_err(|_| StoreError::RolledBack)?;
    Ok(anchor.start)
}

fn statement(head: Head) -> Vec<u8> {
    [&b"sen history anchor 1"[..], &head.sequence.to_be_bytes(), &head.hash].concat()
}

/// One entry as stored.
pub(super) struct Link {
    pub(super) sequence: u64,
    plain: Zeroizing<Vec<u8>>,
}

impl Link {
    fn open(store: &Store, row: &Row<'_>) -> Result<Self, StoreError> {
        let (id, version, sealed): (String, i64, Vec<u8>) = (row.get(0)?, row.get(1)?, row.get(2)?);
        let plain = store.key().open(&Place { table: Table::History, id: &id, version }, &sealed)?;
        Ok(Self { sequence: id.parse().map_err(|_| StoreError::Tampered)?, plain })
    }

    fn record(&self) -> Result<Record, StoreError> {
        decode(&self.plain)
    }

    pub(super) fn entry(&self) -> Result<HistoryEntry, StoreError> {
        let Record { at, event, .. } = self.record()?;
        Ok(HistoryEntry { sequence: self.sequence, at: Timestamp::from_unix(at), event })
    }

    pub(super) fn head(&self) -> Head {
        Head { sequence: self.sequence, hash: link(self.sequence, &self.plain) }
    }
}

/// Fixed width, so that the order of the text is the order of the numbers.
fn id(sequence: u64) -> String {
    format!("{sequence:020}")
}

fn link(sequence: u64, plain: &[u8]) -> [u8; 32] {
    let hash = digest(&SHA256, &[&sequence.to_be_bytes(), plain].concat());
    hash.as_ref().first_chunk().copied().unwrap_or_default()
}
