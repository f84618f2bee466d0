//! PostgreSQL, for load. Its client may not be used where the server's own runtime is at work, so the connection lives in a
//! thread of its own.
use std::collections::HashMap;
use std::error::Error as _;
use std::io::Write as _;
use std::sync::mpsc::{Receiver, Sender, channel, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

use postgres::error::SqlState;
use postgres::types::private::BytesMut;
use postgres::types::{IsNull, ToSql, Type};
use postgres::{Client, Config, NoTls, Statement};

use super::statements::{DatabaseError, Row, Statements, Value};
use super::{Engine, Table};

/// Number of the lock that says that a sandbox is at work on this database.
const AT_WORK: i64 = 0x53_656E_0001;

/// A connection.
pub(super) struct Postgres {
    work: Option<Sender<Work>>,
    thread: Option<JoinHandle<()>>,
}

type Work = Box<dyn FnOnce(&mut Session) + Send>;

/// What the thread holds.
struct Session {
    config: Config,
    client: Option<Client>,
    prepared: HashMap<&'static str, Statement>,
}

impl From<postgres::Error> for DatabaseError {
    fn from(error: postgres::Error) -> Self {
        match error.code() {
            Some(&SqlState::LOCK_NOT_AVAILABLE) => Self::InUse,
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
    /// Connects, and keeps other sandboxes away from the database as long as it lasts.
    pub(super) fn open(config: &Config) -> Result<Self, DatabaseError> {
        let (work, waiting) = channel();
        let mut session = Session { config: config.clone(), client: None, prepared: HashMap::new() };
        let thread = std::thread::Builder::new().name("database".to_owned());
        let thread = thread.spawn(move || serve(&mut session, &waiting));
        let thread = Some(thread.map_err(|_| DatabaseError::Unreachable)?);
        let postgres = Self { work: Some(work), thread };
        postgres.ask(Session::connect)?;
        Ok(postgres)
    }

    /// Runs work where the connection is, and waits for it.
    fn ask<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Session) -> Result<T, DatabaseError> + Send + 'static,
    ) -> Result<T, DatabaseError> {
        let (answer, answered) = sync_channel(1);
        let work: Work = Box::new(move |session| {
            let done = work(session);
            if matches!(done, Err(DatabaseError::Unreachable)) {
                session.client = None;
            }
            // Whoever asked may have gone away; what was done is done.
            let _ = answer.send(done);
        });
        let sender = self.work.as_ref().ok_or(DatabaseError::Unreachable)?;
        sender.send(work).map_err(|_| DatabaseError::Unreachable)?;
        answered.recv().map_err(|_| DatabaseError::Unreachable)?
    }
}

/// Until nobody can ask any more.
fn serve(session: &mut Session, waiting: &Receiver<Work>) {
    while let Ok(work) = waiting.recv() {
        work(session);
    }
}

/// Ends with the connection closed: whoever opens the database next finds it free.
impl Drop for Postgres {
    fn drop(&mut self) {
        drop(self.work.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Session {
    fn connect(&mut self) -> Result<(), DatabaseError> {
        (self.client, self.prepared) = (None, HashMap::new());
        let mut config = self.config.clone();
        config.connect_timeout(Duration::from_secs(5)).application_name("sen sandbox");
        let mut client = config.connect(NoTls).map_err(|_| DatabaseError::Unreachable)?;
        // What was answered must survive a power cut right after the answer, whatever the server's own setting is.
        client.batch_execute(
            "SET synchronous_commit = on; SET lock_timeout = '5s'; SET client_min_messages = warning",
        )?;
        client.execute("SELECT pg_advisory_lock($1)", &[&AT_WORK])?;
        self.client = Some(client);
        Ok(())
    }

    fn client(&mut self) -> Result<&mut Client, DatabaseError> {
        self.client.as_mut().ok_or(DatabaseError::Unreachable)
    }

    fn prepare(&mut self, statement: &'static str) -> Result<Statement, DatabaseError> {
        if let Some(prepared) = self.prepared.get(statement) {
            return Ok(prepared.clone());
        }
        let prepared = self.client()?.prepare(statement)?;
        self.prepared.insert(statement, prepared.clone());
        Ok(prepared)
    }
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

impl std::fmt::Debug for Value {
    /// Says of what kind it is and not what: rows hold people.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Self::Null => "Null",
            Self::Int(_) => "Int",
            Self::Text(_) => "Text",
            Self::Bytes(_) => "Bytes",
        })
    }
}

fn references(values: &[Value]) -> Vec<&(dyn ToSql + Sync)> {
    values.iter().map(|value| value as &(dyn ToSql + Sync)).collect()
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

fn values(row: &postgres::Row) -> Result<Row, DatabaseError> {
    let columns = row.columns().iter().enumerate();
    let values: Result<_, _> = columns.map(|(at, column)| value(row, at, column.type_())).collect();
    Ok(Row(values?))
}

impl Statements for Postgres {
    fn execute(&self, statement: &'static str, values: &[Value]) -> Result<u64, DatabaseError> {
        let values = values.to_vec();
        self.ask(move |session| {
            let prepared = session.prepare(statement)?;
            Ok(session.client()?.execute(&prepared, &references(&values))?)
        })
    }

    fn query(&self, statement: &'static str, given: &[Value]) -> Result<Vec<Row>, DatabaseError> {
        let given = given.to_vec();
        self.ask(move |session| {
            let prepared = session.prepare(statement)?;
            let rows = session.client()?.query(&prepared, &references(&given))?;
            rows.iter().map(values).collect()
        })
    }
}

impl Engine for Postgres {
    fn ready(&self) -> Result<(), DatabaseError> {
        self.ask(|session| {
            let alive =
                session.client.as_mut().is_some_and(|client| client.is_valid(Duration::from_secs(5)).is_ok());
            if alive { Ok(()) } else { session.connect() }
        })
    }

    /// A connection that was lost since the last time is made anew: nothing was begun on it.
    fn begin(&self) -> Result<(), DatabaseError> {
        let begin = || self.control(&["BEGIN", "SAVEPOINT piece"]);
        match begin() {
            Err(DatabaseError::Unreachable) => {
                self.ready()?;
                begin()
            }
            begun => begun,
        }
    }

    fn control(&self, words: &[&'static str]) -> Result<(), DatabaseError> {
        let words = words.join("; ");
        self.ask(move |session| Ok(session.client()?.batch_execute(&words)?))
    }

    fn is_empty(&self) -> Result<bool, DatabaseError> {
        Ok(!self
            .exists("SELECT 1 FROM information_schema.tables WHERE table_schema = current_schema()", &[])?)
    }

    fn has_table(&self, name: &'static str) -> Result<bool, DatabaseError> {
        let find = "SELECT 1 FROM information_schema.tables WHERE table_schema = current_schema() AND table_name = $1::text";
        self.exists(find, &[Value::Text(name.to_owned())])
    }

    fn make(&self, schema: &'static str) -> Result<(), DatabaseError> {
        let schema = schema
            .replace("INTEGER PRIMARY KEY", "BIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY")
            .replace("INTEGER", "BIGINT")
            .replace("BLOB", "BYTEA")
            .replace(" STRICT", "");
        self.ask(move |session| Ok(session.client()?.batch_execute(&schema)?))
    }

    fn fill(&self, table: &Table, rows: Vec<Vec<Value>>) -> Result<(), DatabaseError> {
        let copy = format!("COPY {} ({}) FROM STDIN", table.name, table.columns.join(", "));
        let lines: String = rows.iter().map(|row| line(row)).collect();
        self.ask(move |session| {
            let mut writer = session.client()?.copy_in(&copy)?;
            writer.write_all(lines.as_bytes()).map_err(|_| DatabaseError::Failed)?;
            Ok(writer.finish().map(drop)?)
        })
    }
}

/// A row in the text format of COPY.
fn line(row: &[Value]) -> String {
    let columns = row.iter().map(|value| match value {
        Value::Null => "\\N".to_owned(),
        Value::Int(number) => number.to_string(),
        Value::Text(text) => {
            text.replace('\\', "\\\\").replace('\t', "\\t").replace('\n', "\\n").replace('\r', "\\r")
        }
        Value::Bytes(bytes) => format!("\\\\x{}", hex::encode(bytes)),
    });
    columns.collect::<Vec<_>>().join("\t") + "\n"
}
