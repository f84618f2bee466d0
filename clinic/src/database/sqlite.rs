//! SQLite: one file, several processes may share it.
use std::path::Path;
use std::time::Duration;

use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, ToSql, params_from_iter};

use super::{DatabaseError, Row, SCHEMA, Statements, Value};

/// An open file.
#[derive(Debug)]
pub(crate) struct Sqlite(Connection);

impl From<rusqlite::Error> for DatabaseError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(rusqlite::ErrorCode::DatabaseBusy | rusqlite::ErrorCode::DatabaseLocked) => Self::Conflict,
            _ => Self::Failed,
        }
    }
}

impl Sqlite {
    /// Opens the file, made for its owner alone when absent.
    pub(crate) fn open(path: &Path) -> Result<Self, DatabaseError> {
        make_private(path).map_err(|_| DatabaseError::Unreachable)?;
        let connection = Connection::open(path).map_err(|_| DatabaseError::Unreachable)?;
        connection.busy_timeout(Duration::from_secs(5))?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        // What was answered as new must survive a power cut right after the answer.
        connection.pragma_update(None, "synchronous", "FULL")?;
        // What is forgotten is overwritten: names do not stay behind in free pages.
        connection.pragma_update(None, "secure_delete", "ON")?;
        for statement in SCHEMA {
            connection.execute_batch(&statement.replace("BYTES", "BLOB"))?;
        }
        connection.set_prepared_statement_cache_capacity(64);
        Ok(Self(connection))
    }

    /// Begins a transaction, and writing with it: nobody else can write until it ends.
    pub(crate) fn begin(&mut self) -> Result<(), DatabaseError> {
        self.control("BEGIN IMMEDIATE")
    }

    /// Makes what was written durable.
    pub(crate) fn commit(&mut self) -> Result<(), DatabaseError> {
        self.control("COMMIT")
    }

    /// Undoes what was written since it began.
    pub(crate) fn roll_back(&mut self) -> Result<(), DatabaseError> {
        self.control("ROLLBACK")
    }

    /// Runs one statement that has no values: the words of transactions.
    pub(crate) fn control(&mut self, statement: &str) -> Result<(), DatabaseError> {
        Ok(self.0.prepare_cached(statement)?.execute([]).map(drop)?)
    }
}

/// The file with rights for its owner alone; the journals beside it take them over.
fn make_private(path: &Path) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.append(true).create(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map(drop)
}

impl ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null => ValueRef::Null,
            Self::Int(number) => ValueRef::Integer(*number),
            Self::Text(text) => ValueRef::Text(text.as_bytes()),
            Self::Bytes(bytes) => ValueRef::Blob(bytes),
        }))
    }
}

fn value(value: ValueRef<'_>) -> Result<Value, DatabaseError> {
    Ok(match value {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(number) => Value::Int(number),
        ValueRef::Text(text) => {
            Value::Text(std::str::from_utf8(text).map_err(|_| DatabaseError::Shape)?.to_owned())
        }
        ValueRef::Blob(bytes) => Value::Bytes(bytes.to_vec()),
        ValueRef::Real(_) => return Err(DatabaseError::Shape),
    })
}

impl Statements for Sqlite {
    fn execute(&mut self, statement: &'static str, values: &[Value]) -> Result<u64, DatabaseError> {
        let changed = self.0.prepare_cached(statement)?.execute(params_from_iter(values))?;
        u64::try_from(changed).map_err(|_| DatabaseError::Shape)
    }

    /// Whoever writes is alone already.
    fn lock(&mut self, _: i64) -> Result<(), DatabaseError> {
        Ok(())
    }

    fn query(&mut self, statement: &'static str, values: &[Value]) -> Result<Vec<Row>, DatabaseError> {
        let mut prepared = self.0.prepare_cached(statement)?;
        let columns = prepared.column_count();
        let mut rows = prepared.query(params_from_iter(values))?;
        let mut out = Vec::new();
        while let Some(row) = rows.next()? {
            let row: Result<_, DatabaseError> = (0..columns).map(|at| value(row.get_ref(at)?)).collect();
            out.push(Row(row?));
        }
        Ok(out)
    }
}
