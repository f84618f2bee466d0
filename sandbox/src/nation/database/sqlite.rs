//! SQLite: one file in the sandbox's folder.
use std::path::Path;
use std::time::Duration;

use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, ToSql, params_from_iter};

use super::statements::{DatabaseError, Row, Statements, Value};
use super::{Engine, Table};

/// An open file.
pub(super) struct Sqlite(Connection);

impl From<rusqlite::Error> for DatabaseError {
    fn from(error: rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(rusqlite::ErrorCode::DatabaseBusy | rusqlite::ErrorCode::DatabaseLocked) => Self::InUse,
            Some(rusqlite::ErrorCode::CannotOpen | rusqlite::ErrorCode::NotADatabase) => Self::Unreachable,
            _ => Self::Failed,
        }
    }
}

impl Sqlite {
    /// Opens the file, made when absent.
    pub(super) fn open(file: &Path) -> Result<Self, DatabaseError> {
        let connection = Connection::open(file)?;
        connection.busy_timeout(Duration::from_secs(5))?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        // What was answered must survive a power cut right after the answer.
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.pragma_update(None, "foreign_keys", true)?;
        connection.set_prepared_statement_cache_capacity(128);
        Ok(Self(connection))
    }
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
    fn execute(&self, statement: &'static str, values: &[Value]) -> Result<u64, DatabaseError> {
        let changed = self.0.prepare_cached(statement)?.execute(params_from_iter(values))?;
        u64::try_from(changed).map_err(|_| DatabaseError::Shape)
    }

    fn query(&self, statement: &'static str, values: &[Value]) -> Result<Vec<Row>, DatabaseError> {
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

impl Engine for Sqlite {
    fn ready(&self) -> Result<(), DatabaseError> {
        Ok(())
    }

    /// Writing begins with it: nobody else can write until it ends.
    fn begin(&self) -> Result<(), DatabaseError> {
        self.control(&["BEGIN IMMEDIATE", "SAVEPOINT piece"])
    }

    fn control(&self, words: &[&'static str]) -> Result<(), DatabaseError> {
        for word in words {
            self.0.prepare_cached(word)?.execute([])?;
        }
        Ok(())
    }

    fn is_empty(&self) -> Result<bool, DatabaseError> {
        Ok(!self.exists("SELECT 1 FROM sqlite_schema", &[])?)
    }

    fn has_table(&self, name: &'static str) -> Result<bool, DatabaseError> {
        self.exists(
            "SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = $1",
            &[Value::Text(name.to_owned())],
        )
    }

    fn make(&self, schema: &'static str) -> Result<(), DatabaseError> {
        Ok(self.0.execute_batch(schema)?)
    }

    fn fill(&self, table: &Table, rows: Vec<Vec<Value>>) -> Result<(), DatabaseError> {
        let names: Vec<String> = (1..=table.columns.len()).map(|number| format!("${number}")).collect();
        let (columns, names) = (table.columns.join(", "), names.join(", "));
        let put = format!("INSERT INTO {} ({columns}) VALUES ({names})", table.name);
        let mut put = self.0.prepare_cached(&put)?;
        for row in rows {
            put.execute(params_from_iter(&row))?;
        }
        Ok(())
    }
}
