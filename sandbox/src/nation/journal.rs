//! The sandbox's own log: what happened to which account, and the one-time codes that a real nation would send by phone. It
//! names no person: no number, name or phone.
use std::fmt::Display;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use trust::time::Timestamp;

/// The log's file in the sandbox's folder.
pub(super) const FILE: &str = "sandbox.log";

pub(super) struct Journal(Mutex<File>);

impl Journal {
    pub(super) fn open(data_dir: &Path) -> Result<Self, std::io::Error> {
        let mut options = OpenOptions::new();
        options.append(true).create(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        Ok(Self(Mutex::new(options.open(data_dir.join(FILE))?)))
    }

    /// Writes a line. A log that cannot be written stops nobody.
    pub(super) fn note(&self, now: Timestamp, account: &str, what: impl Display) {
        let mut file = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let _ = writeln!(file, "{now} {account} {what}");
    }
}
