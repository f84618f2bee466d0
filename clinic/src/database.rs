//! What a desk keeps, in SQLite or PostgreSQL: one set of statements that both understand, so that both behave alike.
//!
//! A statement names its values `$1`, `$2`, ... in the order in which they first stand in it, which SQLite takes as well.
#[cfg(feature = "server")]
mod place;
#[cfg(feature = "server")]
mod postgres;
#[cfg(feature = "server")]
mod purge;
mod seen;
mod sqlite;
#[cfg(feature = "server")]
mod worker;

#[cfg(feature = "server")]
pub use place::{Place, PlaceError};
#[cfg(feature = "server")]
pub use purge::purge;
pub use seen::note;
pub(crate) use seen::{forget_sightings, newest, remember};
pub(crate) use sqlite::Sqlite;
#[cfg(feature = "server")]
pub use worker::Database;

/// Why nothing was read or written. Whatever was begun is undone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum DatabaseError {
    /// It cannot be opened or reached.
    #[error("the database cannot be reached")]
    Unreachable,
    /// Another desk was at the same rows; the same again may do.
    #[error("another desk was at the same data")]
    Conflict,
    /// A statement failed: a full disk, lost rights, a changed table.
    #[error("the database refused a statement")]
    Failed,
    /// A row is not of the form that was written.
    #[error("the database holds something unexpected")]
    Shape,
}

/// A value of a statement or a row.
#[derive(Clone, PartialEq, Eq)]
pub enum Value {
    /// Nothing.
    Null,
    /// A whole number.
    Int(i64),
    /// Text.
    Text(String),
    /// Bytes.
    Bytes(Vec<u8>),
}

/// Says of what kind it is and not what: rows hold people.
impl std::fmt::Debug for Value {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Self::Null => "Null",
            Self::Int(_) => "Int",
            Self::Text(_) => "Text",
            Self::Bytes(_) => "Bytes",
        })
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Int(number)
    }
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<Option<String>> for Value {
    fn from(text: Option<String>) -> Self {
        text.map_or(Self::Null, Self::Text)
    }
}

impl From<&[u8]> for Value {
    fn from(bytes: &[u8]) -> Self {
        Self::Bytes(bytes.to_vec())
    }
}

/// A row, its columns in the order of the statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row(Vec<Value>);

impl Row {
    /// A number.
    pub fn int(&self, column: usize) -> Result<i64, DatabaseError> {
        match self.0.get(column) {
            Some(Value::Int(number)) => Ok(*number),
            _ => Err(DatabaseError::Shape),
        }
    }

    /// Text.
    pub fn text(&self, column: usize) -> Result<String, DatabaseError> {
        self.maybe_text(column)?.ok_or(DatabaseError::Shape)
    }

    /// Text, or nothing.
    pub fn maybe_text(&self, column: usize) -> Result<Option<String>, DatabaseError> {
        match self.0.get(column) {
            Some(Value::Text(text)) => Ok(Some(text.clone())),
            Some(Value::Null) => Ok(None),
            _ => Err(DatabaseError::Shape),
        }
    }

    /// Bytes.
    pub fn bytes(&self, column: usize) -> Result<Vec<u8>, DatabaseError> {
        match self.0.get(column) {
            Some(Value::Bytes(bytes)) => Ok(bytes.clone()),
            _ => Err(DatabaseError::Shape),
        }
    }
}

/// Statements within one transaction.
pub trait Statements {
    /// Changes rows and says how many.
    fn execute(&mut self, statement: &'static str, values: &[Value]) -> Result<u64, DatabaseError>;

    /// Makes other transactions that lock the same number wait until this one ends.
    fn lock(&mut self, number: i64) -> Result<(), DatabaseError>;

    /// Reads rows.
    fn query(&mut self, statement: &'static str, values: &[Value]) -> Result<Vec<Row>, DatabaseError>;
}

/// The tables: each statement is `CREATE TABLE` or `INDEX IF NOT EXISTS` and its name. `BYTES` is each database's own word for bytes.
const SCHEMA: &[&str] = &[
    "CREATE TABLE IF NOT EXISTS seen (presentation BYTES PRIMARY KEY, keep_until BIGINT NOT NULL)",
    "CREATE INDEX IF NOT EXISTS seen_by_time ON seen (keep_until)",
    "CREATE TABLE IF NOT EXISTS shown (credential BYTES NOT NULL, desk TEXT NOT NULL, at BIGINT NOT NULL,
        PRIMARY KEY (credential, desk))",
    "CREATE INDEX IF NOT EXISTS shown_by_time ON shown (at)",
    "CREATE TABLE IF NOT EXISTS newest (nation BYTES NOT NULL, name TEXT NOT NULL, sequence BIGINT NOT NULL,
        data BYTES NOT NULL, PRIMARY KEY (nation, name))",
    "CREATE TABLE IF NOT EXISTS settings (name TEXT PRIMARY KEY, value TEXT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS sessions (token BYTES PRIMARY KEY, desk TEXT NOT NULL, clerk TEXT, until BIGINT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS checks (id TEXT PRIMARY KEY, day TEXT NOT NULL, at BIGINT NOT NULL,
        received_at BIGINT NOT NULL, desk TEXT NOT NULL, clerk TEXT, answer TEXT NOT NULL, entitlement TEXT)",
    "CREATE INDEX IF NOT EXISTS checks_by_day ON checks (day, at)",
    "CREATE TABLE IF NOT EXISTS faces (check_id TEXT NOT NULL, number BIGINT NOT NULL, result TEXT NOT NULL, clerk TEXT,
        at BIGINT NOT NULL, PRIMARY KEY (check_id, number))",
    "CREATE TABLE IF NOT EXISTS queue (id TEXT PRIMARY KEY, day TEXT NOT NULL, number BIGINT NOT NULL,
        check_id TEXT NOT NULL, state TEXT NOT NULL, name TEXT, at BIGINT NOT NULL, UNIQUE (day, number))",
    "CREATE TABLE IF NOT EXISTS synced (id TEXT PRIMARY KEY, result TEXT NOT NULL, at BIGINT NOT NULL)",
];
