//! The clinic's check of a scanned text, offline.
use std::path::Path;

use trust::time::Timestamp;

/// Where the clinic's data lie.
#[derive(Clone, Debug, uniffi::Record)]
pub struct ClinicFolders {
    /// Folder with `root.pub` and `trust-list.cwt`.
    pub trust: String,
    /// Folder with status list tokens.
    pub status: Option<String>,
    /// Seen-list file, made when absent.
    pub seen: Option<String>,
    /// The counter's name: of two that share the seen-list, the second to see a card is warned.
    #[uniffi(default = "")]
    pub desk: String,
}

/// The clinic's data cannot be used.
#[derive(Clone, Debug, thiserror::Error, uniffi::Error)]
pub enum CheckError {
    /// With a stable code: `trust_list_unreadable`, `file_unreadable`, ...
    #[error("{code}")]
    Unusable {
        /// The reason.
        code: String,
    },
}

/// Decides on what was scanned: the text, or the frames of an animated code one a line. The answer is the JSON of `sen clinic check`.
/// Codes in pictures are found by the platform, whose reader is in each phone already.
#[uniffi::export]
pub fn check_scanned(scanned: String, folders: ClinicFolders, now: i64) -> Result<String, CheckError> {
    let paths = clinic::check::Folders {
        trust: Path::new(&folders.trust),
        status: folders.status.as_deref().map(Path::new),
        seen: folders.seen.as_deref().map(Path::new),
        desk: &folders.desk,
    };
    let answer = clinic::check::check_scanned(&scanned, &paths, Timestamp::from_unix(now));
    let answer = answer.map_err(|error| CheckError::Unusable { code: error.code().to_owned() })?;
    serde_json::to_string(&answer).map_err(|_| CheckError::Unusable { code: "answer".to_owned() })
}
