//! Files for their owner alone that a power cut leaves whole: the one before or the one after, and the one after from the moment
//! that the call returned.
use std::fs::{File, OpenOptions};
use std::io::{ErrorKind, Result, Write};
use std::path::{Path, PathBuf};

/// What is done to a disk, one thing each: a power cut may come between two, and until it is synced a write or a name may be lost.
pub(crate) trait Disk {
    /// Makes the file, or empties the one of that name, and writes it.
    fn write(&self, file: &Path, bytes: &[u8]) -> Result<()>;
    /// Brings what was written to the disk.
    fn sync(&self, file: &Path) -> Result<()>;
    /// Gives the file another name, which it takes from the one that had it.
    fn rename(&self, from: &Path, to: &Path) -> Result<()>;
    /// Takes the file away.
    fn remove(&self, file: &Path) -> Result<()>;
    /// Brings the names in a folder to the disk.
    fn sync_folder(&self, folder: &Path) -> Result<()>;
}

/// Writes a file whole or not at all.
pub(crate) fn write(disk: &dyn Disk, file: &Path, bytes: &[u8]) -> Result<()> {
    let unfinished = unfinished(file);
    disk.write(&unfinished, bytes)?;
    disk.sync(&unfinished)?;
    disk.rename(&unfinished, file)?;
    disk.sync_folder(folder_of(file))
}

/// Removes a file, and what an attempt to write it left, so that neither comes back; what is not there is no error.
pub(crate) fn remove(disk: &dyn Disk, file: &Path) -> Result<()> {
    for name in [file, &unfinished(file)] {
        pass_over_missing(disk.remove(name))?;
    }
    // Also where nothing was there any more: who removed it may have died before the disk knew.
    pass_over_missing(disk.sync_folder(folder_of(file)))
}

/// Makes a folder that only its owner can enter, and those above it.
pub(crate) fn make_folder(folder: &Path) -> Result<()> {
    let missing: Vec<&Path> = folder.ancestors().take_while(|above| !above.exists()).collect();
    let mut builder = std::fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)?;
    missing.into_iter().try_for_each(|made| OwnDisk.sync_folder(folder_of(made)))
}

fn unfinished(file: &Path) -> PathBuf {
    file.with_extension("unfinished")
}

fn pass_over_missing(done: Result<()>) -> Result<()> {
    done.or_else(|error| if error.kind() == ErrorKind::NotFound { Ok(()) } else { Err(error) })
}

/// The folder of a name without one is where the program runs.
fn folder_of(file: &Path) -> &Path {
    file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// The computer's own disk.
#[derive(Debug, Clone, Copy)]
pub(crate) struct OwnDisk;

impl Disk for OwnDisk {
    fn write(&self, file: &Path, bytes: &[u8]) -> Result<()> {
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut out = options.open(file)?;
        // One that an earlier attempt left may be open to others.
        #[cfg(unix)]
        out.set_permissions(std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
        out.write_all(bytes)
    }

    fn sync(&self, file: &Path) -> Result<()> {
        // Windows brings only what is open for writing to the disk.
        OpenOptions::new().write(true).open(file)?.sync_all()
    }

    fn rename(&self, from: &Path, to: &Path) -> Result<()> {
        std::fs::rename(from, to)
    }

    fn remove(&self, file: &Path) -> Result<()> {
        std::fs::remove_file(file)
    }

    fn sync_folder(&self, folder: &Path) -> Result<()> {
        // Windows opens no folders, and brings their names to the disk by itself. So do some file systems of networks, which say that
        // they cannot be asked to.
        if !cfg!(unix) {
            return Ok(());
        }
        match File::open(folder)?.sync_all() {
            Err(error) if matches!(error.kind(), ErrorKind::InvalidInput | ErrorKind::Unsupported) => Ok(()),
            done => done,
        }
    }
}
