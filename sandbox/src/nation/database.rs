//! What the nation keeps beside its keys and signed lists, in SQLite or PostgreSQL: one set of statements that both understand,
//! one connection, so that changes happen one after the other and both behave alike.
mod postgres;
mod schema;
mod sqlite;
mod statements;
mod turns;

use std::path::Path;

use self::postgres::Postgres;
use self::schema::{SCHEMA, VERSION};
use self::sqlite::Sqlite;
use super::{SandboxError, register};
pub use statements::DatabaseError;
pub(super) use statements::{Row, Statements, ToValue, Value, values};
use turns::Turns;

/// The file's name where the nation is kept in its folder.
const FILE: &str = "nation.db";

/// Where a nation is kept.
#[derive(Clone, Default)]
pub enum Place {
    /// In a SQLite file in the sandbox's folder.
    #[default]
    Folder,
    /// In a PostgreSQL database, for load. Keys, certificates and lists stay in the folder, and belong to this database alone.
    Postgres(Box<::postgres::Config>),
}

/// Says which kind it is: an address may hold a password.
impl std::fmt::Debug for Place {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Self::Folder => "Folder",
            Self::Postgres(_) => "Postgres",
        })
    }
}

/// A table that is filled with many rows at once.
struct Table {
    name: &'static str,
    columns: &'static [&'static str],
}

/// What the two databases do each in its own way.
trait Engine: Statements + Send {
    /// Makes sure that the connection stands.
    fn ready(&self) -> Result<(), DatabaseError>;

    /// Begins a transaction and the first piece of it, on a connection that stands.
    fn begin(&self) -> Result<(), DatabaseError>;

    /// Runs statements that have no values: the words of transactions.
    fn control(&self, words: &[&'static str]) -> Result<(), DatabaseError>;

    /// Whether nothing was ever made here.
    fn is_empty(&self) -> Result<bool, DatabaseError>;

    /// Whether there is such a table.
    fn has_table(&self, name: &'static str) -> Result<bool, DatabaseError>;

    /// Makes the tables.
    fn make(&self, schema: &'static str) -> Result<(), DatabaseError>;

    /// Adds many rows.
    fn fill(&self, table: &Table, rows: Vec<Vec<Value>>) -> Result<(), DatabaseError>;
}

/// The open database.
pub(super) struct Database(Turns);

impl Database {
    /// Opens the database, or makes its tables with a register of so many invented persons. It belongs to the nation of this root.
    pub(super) fn open(
        place: &Place,
        folder: &Path,
        root: &[u8],
        population: u32,
    ) -> Result<Self, SandboxError> {
        let engine: Box<dyn Engine> = match place {
            Place::Folder => Box::new(Sqlite::open(&folder.join(FILE))?),
            Place::Postgres(config) => Box::new(Postgres::open(config)?),
        };
        if engine.is_empty()? {
            engine.begin()?;
            engine.make(SCHEMA)?;
            engine.execute("INSERT INTO nation VALUES ($1, $2)", values![VERSION, root])?;
            register::populate(
                &mut |table, columns, rows| engine.fill(&Table { name: table, columns }, rows),
                population,
            )?;
            engine.control(&["COMMIT"])?;
        }
        let known = engine.has_table("nation")?;
        let kept = if known { engine.row("SELECT version, root FROM nation", &[])? } else { None };
        // A nation of another version is thrown away by hand, never read wrongly.
        match kept
            .map(|row| Ok::<_, DatabaseError>((row.get::<u32>(0)?, row.get::<Vec<u8>>(1)?)))
            .transpose()?
        {
            Some((VERSION, of)) if of == root => {}
            Some((VERSION, _)) => return Err(SandboxError::OtherFolder),
            _ => return Err(other_version(place, folder)),
        }
        Ok(Self(Turns::new(engine)))
    }

    /// A change that happens whole or, where this ends in an error, not at all. Durable when this returns.
    pub(super) fn change<T, E: From<DatabaseError>>(
        &self,
        piece: impl FnOnce(&dyn Statements) -> Result<T, E>,
    ) -> Result<T, E> {
        self.0.change(piece)
    }

    /// Reads, with nobody's change in between.
    pub(super) fn read<T, E: From<DatabaseError>>(
        &self,
        piece: impl FnOnce(&dyn Statements) -> Result<T, E>,
    ) -> Result<T, E> {
        self.0.read(piece)
    }
}

/// One more than the last number of that name.
pub(super) fn next_number(change: &dyn Statements, name: &str) -> Result<u64, DatabaseError> {
    let next = "INSERT INTO setting VALUES ($1, 1) ON CONFLICT (name) DO UPDATE SET value = setting.value + 1 \
                RETURNING value";
    change.one(next, values![name])?.get(0)
}

/// What to do about a database that holds something else.
fn other_version(place: &Place, folder: &Path) -> SandboxError {
    match place {
        Place::Folder => SandboxError::OtherVersion(folder.to_owned()),
        Place::Postgres(_) => SandboxError::OtherDatabase,
    }
}
