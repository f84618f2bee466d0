//! Every use and refusal, append-only and hash-chained.
//!
//! Entry `n` holds the hash of entry `n - 1`, and the hash of the last one is kept beside the sealing key in the
//! `SecretStore`: a changed, moved, left-out or cut-off entry is noticed, and so is an older copy of the whole file.

use ring::digest::{SHA256, digest};
use serde::{Deserialize, Serialize};
use trust::time::Timestamp;

use crate::store::seal::Place;
use crate::store::{Change, Store, StoreError, Table, decode, encode, read};

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Event {
    /// An account was opened, not yet active.
    AccountOpened,
    /// The account became active at this level.
    AccountActivated {
        /// Identification level, 1 or 2.
        level: u8,
    },
    /// The account reached this level.
    LevelRaised {
        /// Identification level.
        level: u8,
    },
    /// The holder locked the account.
    AccountLocked,
    /// The holder unlocked the account.
    AccountUnlocked,
    /// A credential was issued and stored.
    CredentialObtained {
        /// Its type.
        vct: String,
        /// Its issuer, as the credential names it.
        issuer: String,
    },
    /// A credential and its key were deleted.
    CredentialDeleted {
        /// Its type.
        vct: String,
    },
    /// A credential was shown.
    Presented {
        /// Its type.
        vct: String,
        /// To whom: the audience in the token.
        to: String,
        /// The numbers of the claims that it discloses (security.md 10).
        claims: Vec<i64>,
    },
    /// Something was refused, by the person, a server or the wallet.
    Refused {
        /// What was tried.
        action: Action,
        /// The stable code of the reason, as [`Error::code`](crate::Error::code) gives it.
        code: String,
    },
}

/// What was tried when it was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Action {
    /// Opening or activating the account.
    OpenAccount,
    /// Reaching level 2.
    StepUp,
    /// Obtaining a credential.
    Obtain,
    /// Showing a credential.
    Present,
    /// Locking or unlocking.
    Lock,
}

/// One line of the history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistoryEntry {
    /// Its number; the first is 1, none is missing.
    pub sequence: u64,
    /// When, by the device's clock.
    pub at: Timestamp,
    /// What.
    pub event: Event,
}

/// The last entry: its number (0 for none) and hash.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Head {
    pub(crate) sequence: u64,
    pub(crate) hash: [u8; 32],
}

impl Head {
    pub(crate) const EMPTY: Self = Self { sequence: 0, hash: [0; 32] };
}

#[derive(Serialize, Deserialize)]
struct Record {
    previous: [u8; 32],
    at: i64,
    event: Event,
}

const HEAD: &str = "history-head";

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

/// Checks that the file's history continues the one whose head was kept outside it.
///
/// # Errors
/// [`StoreError::RolledBack`] where it does not.
pub(crate) fn continues(store: &Store, kept: Head) -> Result<(), StoreError> {
    if kept == Head::EMPTY {
        return Ok(());
    }
    let plain = read(store.connection(), store.key(), Table::History, &id(kept.sequence))?;
    match plain {
        Some(plain) if link(kept.sequence, &plain) == kept.hash && head(store)?.sequence >= kept.sequence => {
            Ok(())
        }
        _ => Err(StoreError::RolledBack),
    }
}

/// At most `limit` entries with numbers below `before` (or the last ones), newest first.
pub(crate) fn page(store: &Store, before: Option<u64>, limit: u32) -> Result<Vec<HistoryEntry>, StoreError> {
    let below = id(before.unwrap_or(u64::MAX));
    let sql = "SELECT id, version, sealed FROM history WHERE id < ?1 ORDER BY id DESC LIMIT ?2";
    let mut statement = store.connection().prepare_cached(sql)?;
    let mut rows = statement.query(rusqlite::params![below, limit])?;
    let mut entries = Vec::new();
    while let Some(row) = rows.next()? {
        let (id, version, sealed): (String, i64, Vec<u8>) = (row.get(0)?, row.get(1)?, row.get(2)?);
        let plain = store.key().open(&Place { table: Table::History, id: &id, version }, &sealed)?;
        let record: Record = decode(&plain)?;
        let sequence = id.parse().map_err(|_| StoreError::Tampered)?;
        entries.push(HistoryEntry { sequence, at: Timestamp::from_unix(record.at), event: record.event });
    }
    Ok(entries)
}

/// Follows the whole chain from the first entry to the head; gives the number of entries.
///
/// # Errors
/// [`StoreError::Tampered`] for a changed entry, [`StoreError::RolledBack`] for a missing one.
pub(crate) fn verify(store: &Store) -> Result<u64, StoreError> {
    let mut statement =
        store.connection().prepare_cached("SELECT id, version, sealed FROM history ORDER BY id")?;
    let mut rows = statement.query([])?;
    let mut at = Head::EMPTY;
    while let Some(row) = rows.next()? {
        let (found, version, sealed): (String, i64, Vec<u8>) = (row.get(0)?, row.get(1)?, row.get(2)?);
        let plain = store.key().open(&Place { table: Table::History, id: &found, version }, &sealed)?;
        let sequence = at.sequence + 1;
        if found != id(sequence) || decode::<Record>(&plain)?.previous != at.hash {
            return Err(StoreError::RolledBack);
        }
        at = Head { sequence, hash: link(sequence, &plain) };
    }
    if at == head(store)? { Ok(at.sequence) } else { Err(StoreError::RolledBack) }
}

/// Fixed width, so that the order of the text is the order of the numbers.
fn id(sequence: u64) -> String {
    format!("{sequence:020}")
}

fn link(sequence: u64, plain: &[u8]) -> [u8; 32] {
    let hash = digest(&SHA256, &[&sequence.to_be_bytes(), plain].concat());
    hash.as_ref().first_chunk().copied().unwrap_or_default()
}
