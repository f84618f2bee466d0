//! PostgreSQL: one database that several desks on several machines share.
use std::collections::HashMap;
use std::error::Error as _;

use postgres::error::SqlState;
use postgres::types::private::BytesMut;
use postgres::types::{IsNull, ToSql, Type};
use postgres::{Client, Config, NoTls, Statement};

use super::{DatabaseError, Row, SCHEMA, Statements, Value};

/// Number of the lock under which the tables are made.
const SCHEMA_LOCK: i64 = 0x0053_656e;

/// A connection.
pub(crate) struct Postgres {
    client: Client,
    prepared: HashMap<&'static str, Statement>,
}

impl From<postgres::Error> for DatabaseError {
    fn from(error: postgres::Error) -> Self {
        match error.code() {
            Some(
                &SqlState::T_R_SERIALIZATION_FAILURE
                | &SqlState::T_R_DEADLOCK_DETECTED
                | &SqlState::UNIQUE_VIOLATION,
            ) => Self::Conflict,
            Some(&SqlState::ADMIN_SHUTDOWN | &SqlState::CRASH_SHUTDOWN | &SqlState::CANNOT_CONNECT_NOW) => {
                Self::Unreachable
            }
            None if error.is_closed()
                || error.source().is_some_and(<dyn std::error::Error>::is::<std::io::Error>) =>
            {
                Self::Unreachable
            }
            _ => Self::Failed,
        }
    }
}

impl Postgres {
    /// Connects, and makes the tables when absent.
    pub(crate) fn open(config: &Config) -> Result<Self, DatabaseError> {
        let mut config = config.clone();
        config.connect_timeout(std::time::Duration::from_secs(5)).application_name("sen clinic");
        let mut client = config.connect(NoTls).map_err(|_| DatabaseError::Unreachable)?;
        // What was answered as new must survive a power cut right after the answer, whatever the server's own setting is.
        client.batch_execute(
            "SET synchronous_commit = on; SET default_transaction_isolation = 'read committed'",
        )?;
        client.batch_execute("SET lock_timeout = '5s'; SET statement_timeout = '10s'")?;
        let mut transaction = client.transaction()?;
        // Two desks that start at once would make the tables twice.
        transaction.execute("SELECT pg_advisory_xact_lock($1)", &[&SCHEMA_LOCK])?;
        for statement in SCHEMA {
            // Making an index locks its table, also where the index is there already: desks that are at work would be in the way.
            let name = statement.split_whitespace().nth(5);
            let found = transaction.query_one("SELECT to_regclass($1::text) IS NOT NULL", &[&name])?;
            if !found.try_get::<_, bool>(0)? {
                transaction.batch_execute(&statement.replace("BYTES", "BYTEA"))?;
            }
        }
        transaction.commit()?;
        Ok(Self { client, prepared: HashMap::new() })
    }

    /// Whether the connection is gone.
    pub(crate) fn is_lost(&self) -> bool {
        self.client.is_closed()
    }

    /// Runs one statement that has no values: the words of transactions.
    pub(crate) fn control(&mut self, statement: &str) -> Result<(), DatabaseError> {
        Ok(self.client.batch_execute(statement)?)
    }

    fn prepare(&mut self, statement: &'static str) -> Result<Statement, DatabaseError> {
        if let Some(prepared) = self.prepared.get(statement) {
            return Ok(prepared.clone());
        }
        let prepared = self.client.prepare(statement)?;
        self.prepared.insert(statement, prepared.clone());
        Ok(prepared)
    }
}

fn references(values: &[Value]) -> Vec<&(dyn ToSql + Sync)> {
    values.iter().map(|value| value as &(dyn ToSql + Sync)).collect()
}

impl ToSql for Value {
    fn to_sql(
        &self,
        kind: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn std::error::Error + Sync + Send>> {
        match self {
            Self::Null => Ok(IsNull::Yes),
            Self::Int(number) => number.to_sql(kind, out),
            Self::Text(text) => text.to_sql(kind, out),
            Self::Bytes(bytes) => bytes.to_sql(kind, out),
        }
    }

    /// Only what our tables hold; which of them a value is, its column decides.
    fn accepts(kind: &Type) -> bool {
        matches!(*kind, Type::INT8 | Type::TEXT | Type::BYTEA)
    }

    postgres::types::to_sql_checked!();
}

fn value(row: &postgres::Row, at: usize, kind: &Type) -> Result<Value, DatabaseError> {
    let shape = |_| DatabaseError::Shape;
    let read = match *kind {
        Type::INT8 => row.try_get::<_, Option<i64>>(at).map_err(shape)?.map(Value::Int),
        Type::INT4 => {
            row.try_get::<_, Option<i32>>(at).map_err(shape)?.map(|number| Value::Int(number.into()))
        }
        Type::TEXT => row.try_get::<_, Option<String>>(at).map_err(shape)?.map(Value::Text),
        Type::BYTEA => row.try_get::<_, Option<Vec<u8>>>(at).map_err(shape)?.map(Value::Bytes),
        _ => return Err(DatabaseError::Shape),
    };
    Ok(read.unwrap_or(Value::Null))
}

impl Statements for Postgres {
    fn execute(&mut self, statement: &'static str, values: &[Value]) -> Result<u64, DatabaseError> {
        let prepared = self.prepare(statement)?;
        Ok(self.client.execute(&prepared, &references(values))?)
    }

    fn lock(&mut self, number: i64) -> Result<(), DatabaseError> {
        self.query("SELECT 1 FROM pg_advisory_xact_lock($1)", &[number.into()]).map(drop)
    }

    fn query(&mut self, statement: &'static str, values: &[Value]) -> Result<Vec<Row>, DatabaseError> {
        let prepared = self.prepare(statement)?;
        let rows = self.client.query(&prepared, &references(values))?;
        rows.iter()
            .map(|row| {
                let columns = row.columns().iter().enumerate();
                let values: Result<_, _> =
                    columns.map(|(at, column)| value(row, at, column.type_())).collect();
                Ok(Row(values?))
            })
            .collect()
    }
}
