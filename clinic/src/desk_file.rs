//! What a desk may not forget, in one SQLite file: the codes it has seen, the newest trust and status lists, and the
//! newest signed time. Several processes may share the file; of two that see one code at once, one is told it is new.
use std::path::Path;

use trust::time::Timestamp;
use verifier::{Seen, SeenList, Sighting};

use crate::Error;
use crate::database::{self, DatabaseError, Sqlite};

/// The newest lists that a desk has seen.
pub trait Memory {
    /// The newest list of this name in the nation of this root: its sequence and its bytes.
    fn newest(&mut self, nation: &[u8], name: &str) -> Result<Option<(u64, Vec<u8>)>, Error>;

    /// Remembers a list where it is newer than the one remembered.
    fn remember(&mut self, nation: &[u8], name: &str, sequence: u64, data: &[u8]) -> Result<(), Error>;

    /// The newest signed time of any list of the nation, and the given one remembered where it is newer.
    fn newest_time(&mut self, nation: &[u8], time: Timestamp) -> Result<Timestamp, Error> {
        let sequence = u64::try_from(time.as_unix()).unwrap_or(0);
        self.remember(nation, "signed-time", sequence, &[])?;
        let newest = self.newest(nation, "signed-time")?.map_or(sequence, |(newest, _)| newest);
        Ok(Timestamp::from_unix(newest.cast_signed()))
    }
}

/// The file of one desk, or of several that share it.
#[derive(Debug)]
pub struct DeskFile {
    file: Sqlite,
    desk: String,
    failed: bool,
}

impl DeskFile {
    /// Opens the file, made when absent, for the desk of this name.
    pub fn open(path: &Path, desk: &str) -> Result<Self, Error> {
        let file = Sqlite::open(path).map_err(|_| Error::SeenList)?;
        Ok(Self { file, desk: desk.to_owned(), failed: false })
    }

    /// Whether a sighting could not be written since the file was opened: then no answer may stand.
    pub const fn has_failed(&self) -> bool {
        self.failed
    }

    fn try_note(&mut self, sighting: &Sighting) -> Result<Seen, DatabaseError> {
        self.file.begin()?;
        let forgotten = database::forget_sightings(&mut self.file, sighting.received_at);
        let noted = forgotten.and_then(|()| database::note(&mut self.file, sighting, &self.desk));
        match noted.and_then(|seen| self.file.commit().map(|()| seen)) {
            Ok(seen) => Ok(seen),
            Err(error) => {
                let _ = self.file.roll_back();
                Err(error)
            }
        }
    }
}

impl Memory for DeskFile {
    fn newest(&mut self, nation: &[u8], name: &str) -> Result<Option<(u64, Vec<u8>)>, Error> {
        database::newest(&mut self.file, nation, name).map_err(|_| Error::SeenList)
    }

    fn remember(&mut self, nation: &[u8], name: &str, sequence: u64, data: &[u8]) -> Result<(), Error> {
        database::remember(&mut self.file, nation, name, sequence, data).map_err(|_| Error::SeenList)
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
