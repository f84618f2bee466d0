//! What a desk may not forget, in one SQLite file: the codes it has seen, the newest trust and status lists, and the
//! newest signed time. Several processes may share the file; of two that see one code at once, one is told it is new.
use std::path::Path;
use std::time::Duration;

use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};
use trust::time::Timestamp;
use verifier::{Seen, SeenList, Sighting};

use crate::Error;

/// For how many seconds a card seen at another desk is a warning.
const ELSEWHERE: i64 = 3600;
/// Sightings are kept this much longer than asked, in seconds, lest a clock that jumps ahead empties the list.
const GRACE: i64 = 3600;

const SCHEMA: &str = "
    CREATE TABLE IF NOT EXISTS seen (presentation BLOB PRIMARY KEY, keep_until INTEGER NOT NULL) WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS seen_by_time ON seen (keep_until);
    CREATE TABLE IF NOT EXISTS shown (credential BLOB, desk TEXT, at INTEGER NOT NULL, PRIMARY KEY (credential, desk))
        WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS newest (nation BLOB, name TEXT, sequence INTEGER NOT NULL, data BLOB NOT NULL,
        PRIMARY KEY (nation, name)) WITHOUT ROWID;";

/// The file of one desk, or of several that share it.
#[derive(Debug)]
pub struct DeskFile {
    connection: Connection,
    desk: String,
    failed: bool,
}

/// A list that was remembered.
pub(crate) struct Remembered {
    pub(crate) sequence: u64,
    pub(crate) data: Vec<u8>,
}

impl DeskFile {
    /// Opens the file, made when absent, for the desk of this name.
    pub fn open(path: &Path, desk: &str) -> Result<Self, Error> {
        Self::prepare(path, desk).map_err(|_| Error::SeenList)
    }

    fn prepare(path: &Path, desk: &str) -> rusqlite::Result<Self> {
        let connection = Connection::open(path)?;
        connection.busy_timeout(Duration::from_secs(5))?;
        connection.pragma_update(None, "journal_mode", "WAL")?;
        // What was answered as new must survive a power cut right after the answer.
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.execute_batch(SCHEMA)?;
        Ok(Self { connection, desk: desk.to_owned(), failed: false })
    }

    /// Whether a sighting could not be written since the file was opened: then no answer may stand.
    pub const fn has_failed(&self) -> bool {
        self.failed
    }

    /// The newest list of this name in the nation of this root.
    pub(crate) fn newest(&self, nation: &[u8], name: &str) -> Result<Option<Remembered>, Error> {
        let query = "SELECT sequence, data FROM newest WHERE nation = ?1 AND name = ?2";
        self.connection
            .query_row(query, params![nation, name], |row| {
                let sequence: i64 = row.get(0)?;
                Ok(Remembered { sequence: sequence.cast_unsigned(), data: row.get(1)? })
            })
            .optional()
            .map_err(|_| Error::SeenList)
    }

    /// Remembers a list where it is newer than the one remembered.
    pub(crate) fn remember(
        &mut self,
        nation: &[u8],
        name: &str,
        sequence: u64,
        data: &[u8],
    ) -> Result<(), Error> {
        let upsert = "INSERT INTO newest VALUES (?1, ?2, ?3, ?4) ON CONFLICT DO UPDATE
            SET sequence = excluded.sequence, data = excluded.data WHERE excluded.sequence > newest.sequence";
        let written = self.connection.execute(upsert, params![nation, name, sequence.cast_signed(), data]);
        written.map(drop).map_err(|_| Error::SeenList)
    }

    fn try_note(&mut self, sighting: &Sighting) -> rusqlite::Result<Seen> {
        let at = sighting.received_at.as_unix();
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        transaction
            .prepare_cached("DELETE FROM seen WHERE keep_until < ?1")?
            .execute([at.saturating_sub(GRACE)])?;
        let new = transaction
            .prepare_cached("INSERT OR IGNORE INTO seen VALUES (?1, ?2)")?
            .execute(params![sighting.presentation, sighting.keep_until.as_unix()])?;
        if new == 0 {
            return Ok(Seen::Again);
        }
        transaction.prepare_cached("DELETE FROM shown WHERE at < ?1")?.execute([at - 2 * ELSEWHERE])?;
        let elsewhere: bool = transaction
            .prepare_cached(
                "SELECT EXISTS (SELECT 1 FROM shown WHERE credential = ?1 AND desk <> ?2 AND at >= ?3)",
            )?
            .query_row(params![sighting.credential, self.desk, at - ELSEWHERE], |row| row.get(0))?;
        transaction.prepare_cached("INSERT OR REPLACE INTO shown VALUES (?1, ?2, ?3)")?.execute(params![
            sighting.credential,
            self.desk,
            at
        ])?;
        transaction.commit()?;
        Ok(if elsewhere { Seen::FirstHereAfterAnotherDesk } else { Seen::First })
    }

    /// The newest signed time of any nation, and the given one remembered where it is newer.
    pub(crate) fn newest_time(&mut self, nation: &[u8], time: Timestamp) -> Result<Timestamp, Error> {
        let sequence = u64::try_from(time.as_unix()).unwrap_or(0);
        self.remember(nation, "signed-time", sequence, &[])?;
        let newest = self.newest(nation, "signed-time")?.map_or(sequence, |newest| newest.sequence);
        Ok(Timestamp::from_unix(newest.cast_signed()))
    }
}

impl SeenList for DeskFile {
    fn note(&mut self, sighting: &Sighting) -> Seen {
        self.try_note(sighting).unwrap_or_else(|_| {
            self.failed = true;
            Seen::NotChecked
        })
    }
}
