//! The schema and how older files reach it. A file records its version in `PRAGMA user_version`.

use rusqlite::{Connection, TransactionBehavior};

use super::StoreError;

/// Step `n` brings a file from version `n` to `n + 1`. Steps are added, never changed.
const MIGRATIONS: &[&str] = &[
    "
    CREATE TABLE setting    (id TEXT PRIMARY KEY, version INTEGER NOT NULL, sealed BLOB NOT NULL) STRICT;
    CREATE TABLE account    (id TEXT PRIMARY KEY, version INTEGER NOT NULL, sealed BLOB NOT NULL) STRICT;
    CREATE TABLE pending_key (id TEXT PRIMARY KEY, version INTEGER NOT NULL, sealed BLOB NOT NULL) STRICT;
    CREATE TABLE credential (id TEXT PRIMARY KEY, version INTEGER NOT NULL, sealed BLOB NOT NULL) STRICT;
    CREATE TABLE history    (id TEXT PRIMARY KEY, version INTEGER NOT NULL, sealed BLOB NOT NULL) STRICT, WITHOUT ROWID;
",
    "
    CREATE TABLE document       (id TEXT PRIMARY KEY, version INTEGER NOT NULL, sealed BLOB NOT NULL) STRICT;
    CREATE TABLE issuance_grant (id TEXT PRIMARY KEY, version INTEGER NOT NULL, sealed BLOB NOT NULL) STRICT;
",
    "
    CREATE TABLE awaited (id TEXT PRIMARY KEY, version INTEGER NOT NULL, sealed BLOB NOT NULL) STRICT;
",
];

/// The version of a file that this program can read.
///
/// # Errors
/// [`StoreError::TooNew`] for a file of a later program.
pub(super) fn version(connection: &Connection) -> Result<usize, StoreError> {
    let version: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    usize::try_from(version).ok().filter(|version| *version <= MIGRATIONS.len()).ok_or(StoreError::TooNew)
}

/// Brings the file to the newest version, a step a transaction.
///
/// # Errors
/// As [`version`].
pub(super) fn migrate(connection: &mut Connection) -> Result<(), StoreError> {
    loop {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let version = version(&transaction)?;
        let Some(step) = MIGRATIONS.get(version) else {
            return Ok(());
        };
        transaction.execute_batch(step)?;
        let next = i64::try_from(version + 1).map_err(|_| StoreError::Bug)?;
        transaction.pragma_update(None, "user_version", next)?;
        transaction.commit()?;
    }
}
