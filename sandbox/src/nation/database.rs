//! The sandbox's SQLite file: everything that must survive a restart.
use std::path::Path;

use rusqlite::Connection;

use super::register;

/// The open database.
pub(super) struct Database(Connection);

const SCHEMA: &str = "
CREATE TABLE IF NOT EXISTS person (
    number TEXT PRIMARY KEY, name TEXT NOT NULL, birth TEXT NOT NULL, sex TEXT NOT NULL, phone TEXT NOT NULL,
    deceased INTEGER NOT NULL DEFAULT 0, face_matches INTEGER NOT NULL DEFAULT 1) STRICT;
CREATE TABLE IF NOT EXISTS insurance (
    person TEXT PRIMARY KEY REFERENCES person(number), card TEXT NOT NULL, valid_from TEXT NOT NULL,
    valid_to TEXT NOT NULL, facility TEXT NOT NULL, level INTEGER NOT NULL, five_years_from TEXT NOT NULL,
    area TEXT, object_group TEXT NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS account (
    id TEXT PRIMARY KEY, person TEXT NOT NULL REFERENCES person(number), thumbprint TEXT NOT NULL,
    device_name TEXT NOT NULL, seq INTEGER NOT NULL, state TEXT NOT NULL, level INTEGER NOT NULL, locked_by TEXT,
    verified_at TEXT, method TEXT, code_hash BLOB, code_expires INTEGER NOT NULL DEFAULT 0,
    code_attempts INTEGER NOT NULL DEFAULT 0, portrait_hash BLOB) STRICT;
CREATE TABLE IF NOT EXISTS challenge (value TEXT PRIMARY KEY, expires INTEGER NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS step_up (nonce TEXT PRIMARY KEY, account TEXT NOT NULL, expires INTEGER NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS message (
    id INTEGER PRIMARY KEY, phone TEXT NOT NULL, text TEXT NOT NULL, sent_at INTEGER NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS pre_authorised (
    code_hash BLOB PRIMARY KEY, account TEXT NOT NULL, configuration TEXT NOT NULL, expires INTEGER NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS access_token (
    hash BLOB PRIMARY KEY, account TEXT NOT NULL, configuration TEXT NOT NULL, expires INTEGER NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS c_nonce (value TEXT PRIMARY KEY, expires INTEGER NOT NULL) STRICT;
CREATE TABLE IF NOT EXISTS credential (
    sub TEXT PRIMARY KEY, account TEXT NOT NULL, configuration TEXT NOT NULL, thumbprint TEXT NOT NULL UNIQUE,
    list INTEGER NOT NULL, position INTEGER NOT NULL, status INTEGER NOT NULL, expires INTEGER NOT NULL,
    UNIQUE (list, position)) STRICT;
CREATE TABLE IF NOT EXISTS setting (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT;
";

impl Database {
    /// Opens the file, or makes it with a register of so many invented persons.
    pub(super) fn open(file: &Path, population: u32) -> Result<Self, rusqlite::Error> {
        let mut connection = Connection::open(file)?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.pragma_update(None, "foreign_keys", true)?;
        connection.execute_batch(SCHEMA)?;
        register::populate(&mut connection, population)?;
        Ok(Self(connection))
    }

    /// For reading, and for a change of one statement.
    pub(super) const fn connection(&self) -> &Connection {
        &self.0
    }

    /// A change that happens whole or not at all.
    pub(super) fn transaction(&mut self) -> Result<rusqlite::Transaction<'_>, rusqlite::Error> {
        self.0.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)
    }

    /// Takes a one-time value out of a table; `false` where it was not there or is past its time.
    pub(super) fn take_once(&self, table: OneTime, value: &str, now: i64) -> Result<bool, rusqlite::Error> {
        self.0.execute(table.forget(), [now])?;
        Ok(self.0.execute(table.take(), [value])? == 1)
    }

    /// Puts a one-time value into a table.
    pub(super) fn put_once(&self, table: OneTime, value: &str, expires: i64) -> Result<(), rusqlite::Error> {
        self.0.execute(table.put(), rusqlite::params![value, expires]).map(|_| ())
    }

    /// One more than the last number of that name.
    pub(super) fn next_number(&self, name: &str) -> Result<u64, rusqlite::Error> {
        let next = "INSERT INTO setting VALUES (?1, 1) ON CONFLICT (name) DO UPDATE SET value = value + 1 RETURNING value";
        let number: i64 = self.0.query_row(next, [name], |row| row.get(0))?;
        Ok(u64::try_from(number).unwrap_or_default())
    }
}

/// The tables of values that count once.
#[derive(Clone, Copy, Debug)]
pub(super) enum OneTime {
    /// Challenges of account messages.
    Challenge,
    /// Nonces of key proofs.
    CNonce,
}

impl OneTime {
    const fn take(self) -> &'static str {
        match self {
            Self::Challenge => "DELETE FROM challenge WHERE value = ?1",
            Self::CNonce => "DELETE FROM c_nonce WHERE value = ?1",
        }
    }

    const fn put(self) -> &'static str {
        match self {
            Self::Challenge => "INSERT INTO challenge VALUES (?1, ?2)",
            Self::CNonce => "INSERT INTO c_nonce VALUES (?1, ?2)",
        }
    }

    const fn forget(self) -> &'static str {
        match self {
            Self::Challenge => "DELETE FROM challenge WHERE expires <= ?1",
            Self::CNonce => "DELETE FROM c_nonce WHERE expires <= ?1",
        }
    }
}
