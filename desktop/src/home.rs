//! Where the wallet lives on this computer, and what time it is.
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use trust::time::Timestamp;

use crate::output::Failure;
use crate::private_file;

/// `$SEN_HOME`, else the platform's data folder; made, for its owner alone, when absent.
pub(crate) fn folder() -> Result<PathBuf, Failure> {
    let home = std::env::var_os("SEN_HOME").map(PathBuf::from).or_else(platform_folder).ok_or_else(|| {
        Failure::input("home_unknown", "no folder for the wallet: set SEN_HOME to a folder of yours")
    })?;
    make_private(&home)?;
    Ok(home)
}

#[cfg(target_os = "macos")]
fn platform_folder() -> Option<PathBuf> {
    std::env::home_dir().map(|home| home.join("Library/Application Support/sen"))
}

#[cfg(windows)]
fn platform_folder() -> Option<PathBuf> {
    std::env::var_os("APPDATA").map(|data| PathBuf::from(data).join("sen"))
}

#[cfg(not(any(target_os = "macos", windows)))]
fn platform_folder() -> Option<PathBuf> {
    let data = std::env::var_os("XDG_DATA_HOME").map(PathBuf::from).filter(|data| data.is_absolute());
    data.or_else(|| std::env::home_dir().map(|home| home.join(".local/share"))).map(|data| data.join("sen"))
}

/// Makes a folder that only its owner can enter.
pub(crate) fn make_private(folder: &Path) -> Result<(), Failure> {
    private_file::make_folder(folder).map_err(|error| {
        Failure::input("folder_not_writable", format!("cannot make the folder {}: {error}", folder.display()))
    })
}

/// A text file.
pub(crate) fn read_text(file: &Path) -> Result<String, Failure> {
    String::from_utf8(read_file(file)?)
        .map_err(|_| Failure::input("file_unreadable", format!("{}: not text", file.display())))
}

/// The computer's clock, read once per command and passed down.
pub(crate) fn now() -> Timestamp {
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs());
    Timestamp::from_unix(i64::try_from(seconds).unwrap_or(i64::MAX))
}

/// The time a flag names, else the clock.
pub(crate) fn time_or_now(flag: Option<&str>) -> Result<Timestamp, Failure> {
    flag.map_or_else(
        || Ok(now()),
        |text| {
            Timestamp::parse_rfc3339(text).map_err(|_| {
                Failure::input(
                    "bad_time",
                    format!("{text:?} is no RFC 3339 time such as 2025-06-01T00:00:00Z"),
                )
            })
        },
    )
}

/// Reads a file that the command cannot go on without.
pub(crate) fn read_file(path: &Path) -> Result<Vec<u8>, Failure> {
    std::fs::read(path).map_err(|error| {
        Failure::input("file_unreadable", format!("cannot read {}: {error}", path.display()))
    })
}

/// Writes a file whole or not at all.
pub(crate) fn write_file(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let failed =
        |error| Failure::input("file_not_writable", format!("cannot write {}: {error}", path.display()));
    let unfinished = path.with_extension("unfinished");
    std::fs::write(&unfinished, bytes).map_err(failed)?;
    std::fs::rename(&unfinished, path).map_err(failed)
}

/// Waits for Ctrl-C, or for the signal with which a service is ended.
pub(crate) async fn told_to_stop() -> std::io::Result<()> {
    stop_signals()?.await
}

/// The same, listened for from this call on: whoever says that it can be ended must be.
pub(crate) fn stop_signals() -> std::io::Result<impl Future<Output = std::io::Result<()>>> {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let (mut interrupted, mut ended) =
            (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
        Ok(async move {
            tokio::select! {
                _ = interrupted.recv() => Ok(()),
                _ = ended.recv() => Ok(()),
            }
        })
    }
    #[cfg(not(unix))]
    Ok(tokio::signal::ctrl_c())
}
