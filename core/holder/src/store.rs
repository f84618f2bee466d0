//! The wallet's file: SQLite with every record sealed, versioned, and changed in one transaction a use case.
//!
//! What is visible without the key: how many records each table holds, their ids (random), their sizes.

mod schema;
pub(crate) mod seal;
#[cfg(test)]
mod tests;

use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, MAIN_DB, OptionalExtension, Transaction, TransactionBehavior, params};
use serde::Serialize;
use serde::de::DeserializeOwned;
use trust::random::SystemRandom;
use zeroize::Zeroizing;

use seal::{Place, SealingKey};

/// What is wrong with the wallet's file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// The file cannot be opened, read or written: permissions, a full disk, another process that holds it.
    #[error("the wallet's file cannot be used")]
    Unavailable,
    /// A record was changed, moved or sealed under another key.
    #[error("a record of the wallet has been changed")]
    Tampered,
    /// The file is older than the history head kept outside it, or the history's chain is broken.
    #[error("the wallet's history has been cut or rolled back")]
    RolledBack,
    /// The file was written by a newer version.
    #[error("the wallet was written by a newer version")]
    TooNew,
    /// The file exists but the secret that opens it does not.
    #[error("the secret that opens the wallet is gone")]
    SecretLost,
    /// The secret is not one of ours.
    #[error("the secret that opens the wallet is not usable")]
    BadSecret,
    /// A record does not decode: a bug here.
    #[error("a record of the wallet cannot be read")]
    Record,
    /// The system gave no random bytes.
    #[error("no random bytes")]
    Random,
    /// A bug here.
    #[error("the store was used wrongly")]
    Bug,
}

impl From<rusqlite::Error> for StoreError {
    fn from(_: rusqlite::Error) -> Self {
        Self::Unavailable
    }
}

/// The tables. Each holds `(id, version, sealed)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Table {
    Setting,
    Account,
    PendingKey,
    Credential,
    Document,
    Grant,
    Awaited,
    History,
}

impl Table {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Setting => "setting",
            Self::Account => "account",
            Self::PendingKey => "pending_key",
            Self::Credential => "credential",
            Self::Document => "document",
            Self::Grant => "issuance_grant",
            Self::Awaited => "awaited",
            Self::History => "history",
        }
    }
}

/// The open file.
pub(crate) struct Store {
    connection: Connection,
    key: SealingKey,
}

impl Store {
    /// Opens or makes the file and brings it to the current schema.
    pub(crate) fn open(path: &Path, key: SealingKey) -> Result<Self, StoreError> {
        let connection = Connection::open(path)?;
        keep_private(path)?;
        Self::ready(connection, key)
    }

    /// Opens what was [saved](Self::saved), or an empty one, in memory alone.
    pub(crate) fn open_in_memory(saved: Option<&[u8]>, key: SealingKey) -> Result<Self, StoreError> {
        let mut connection = Connection::open_in_memory()?;
        if let Some(saved) = saved {
            connection.deserialize_read_exact(MAIN_DB, saved, saved.len(), false)?;
        }
        Self::ready(connection, key)
    }

    /// The file of a store in memory; its records are sealed.
    pub(crate) fn saved(&mut self) -> Result<Vec<u8>, StoreError> {
        if self.connection.path().is_some_and(|path| !path.is_empty()) {
            return Err(StoreError::Unavailable);
        }
        Ok(self.connection.serialize(MAIN_DB)?.to_vec())
    }

    fn ready(mut connection: Connection, key: SealingKey) -> Result<Self, StoreError> {
        connection.busy_timeout(Duration::from_secs(5))?;
        // Before anything is set: whoever wrote a later version may keep its file in another way.
        schema::version(&connection)?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.pragma_update(None, "secure_delete", true)?;
        schema::migrate(&mut connection)?;
        Ok(Self { connection, key })
    }

    /// One record.
    pub(crate) fn read<T: DeserializeOwned>(&self, table: Table, id: &str) -> Result<Option<T>, StoreError> {
        read(&self.connection, &self.key, table, id)?.map(|plain| decode(&plain)).transpose()
    }

    /// All records of a table with their ids, in the order of the ids.
    pub(crate) fn list<T: DeserializeOwned>(&self, table: Table) -> Result<Vec<(String, T)>, StoreError> {
        list(&self.connection, &self.key, table)
    }

    /// Runs one use case's changes: all of them are kept, or none.
    pub(crate) fn change<T, E: From<StoreError>>(
        &mut self,
        steps: impl FnOnce(&mut Change<'_>) -> Result<T, E>,
    ) -> Result<T, E> {
        let transaction = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(StoreError::from)?;
        let mut change = Change { transaction, key: &self.key };
        let result = steps(&mut change)?;
        change.transaction.commit().map_err(StoreError::from)?;
        Ok(result)
    }

    pub(crate) fn connection(&self) -> &Connection {
        &self.connection
    }

    pub(crate) fn key(&self) -> &SealingKey {
        &self.key
    }
}

/// Changes that belong together.
pub(crate) struct Change<'a> {
    transaction: Transaction<'a>,
    key: &'a SealingKey,
}

impl Change<'_> {
    /// One record as these changes left it.
    pub(crate) fn read<T: DeserializeOwned>(&self, table: Table, id: &str) -> Result<Option<T>, StoreError> {
        read(&self.transaction, self.key, table, id)?.map(|plain| decode(&plain)).transpose()
    }

    /// All records of a table as these changes left them.
    pub(crate) fn list<T: DeserializeOwned>(&self, table: Table) -> Result<Vec<(String, T)>, StoreError> {
        list(&self.transaction, self.key, table)
    }

    /// Writes a record in place of the earlier one of that id.
    pub(crate) fn put<T: Serialize>(&mut self, table: Table, id: &str, record: &T) -> Result<(), StoreError> {
        let plain = encode(record)?;
        self.put_plain(table, id, &plain)
    }

    pub(crate) fn put_plain(&mut self, table: Table, id: &str, plain: &[u8]) -> Result<(), StoreError> {
        let sql = format!("SELECT version FROM {} WHERE id = ?1", table.name());
        let before: Option<i64> =
            self.transaction.prepare_cached(&sql)?.query_row([id], |row| row.get(0)).optional()?;
        let version = before.map_or(1, |before| before.saturating_add(1));
        let sealed = self.key.seal(&Place { table, id, version }, plain, &mut SystemRandom::new())?;
        let sql =
            format!("INSERT OR REPLACE INTO {} (id, version, sealed) VALUES (?1, ?2, ?3)", table.name());
        self.transaction.prepare_cached(&sql)?.execute(params![id, version, sealed])?;
        Ok(())
    }

    /// Deletes a record; says whether there was one.
    pub(crate) fn delete(&mut self, table: Table, id: &str) -> Result<bool, StoreError> {
        let sql = format!("DELETE FROM {} WHERE id = ?1", table.name());
        Ok(self.transaction.prepare_cached(&sql)?.execute([id])? > 0)
    }
}

fn list<T: DeserializeOwned>(
    connection: &Connection,
    key: &SealingKey,
    table: Table,
) -> Result<Vec<(String, T)>, StoreError> {
    let sql = format!("SELECT id, version, sealed FROM {} ORDER BY id", table.name());
    let mut statement = connection.prepare_cached(&sql)?;
    let mut rows = statement.query([])?;
    let mut found = Vec::new();
    while let Some(row) = rows.next()? {
        let (id, version, sealed): (String, i64, Vec<u8>) = (row.get(0)?, row.get(1)?, row.get(2)?);
        let plain = key.open(&Place { table, id: &id, version }, &sealed)?;
        found.push((id, decode(&plain)?));
    }
    Ok(found)
}

pub(crate) fn read(
    connection: &Connection,
    key: &SealingKey,
    table: Table,
    id: &str,
) -> Result<Option<Zeroizing<Vec<u8>>>, StoreError> {
    let sql = format!("SELECT version, sealed FROM {} WHERE id = ?1", table.name());
    let row: Option<(i64, Vec<u8>)> =
        connection.prepare_cached(&sql)?.query_row([id], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
    row.map(|(version, sealed)| key.open(&Place { table, id, version }, &sealed)).transpose()
}

pub(crate) fn encode<T: Serialize>(record: &T) -> Result<Zeroizing<Vec<u8>>, StoreError> {
    trust::cbor::to_vec(record).map(Zeroizing::new).map_err(|_| StoreError::Record)
}

pub(crate) fn decode<T: DeserializeOwned>(plain: &[u8]) -> Result<T, StoreError> {
    trust::cbor::from_slice(plain).map_err(|_| StoreError::Record)
}

#[cfg(unix)]
fn keep_private(path: &Path) -> Result<(), StoreError> {
    use std::os::unix::fs::PermissionsExt;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))
        .map_err(|_| StoreError::Unavailable)
}

#[cfg(not(unix))]
fn keep_private(_: &Path) -> Result<(), StoreError> {
    Ok(())
}
