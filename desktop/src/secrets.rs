//! The wrapping secrets: in the computer's keyring, or, where none runs, in a file for the user alone, said aloud.
use std::path::{Path, PathBuf};

use holder::{SecretStore, SecretStoreError};
use keyring::Entry;
use trust::secret::Secret;

use crate::output::say;
use crate::private_file::{self, OwnDisk};

const SERVICE: &str = "sen";

/// Where one secret is kept.
#[derive(Clone, Debug)]
pub(crate) struct Secrets {
    name: &'static str,
    folder: PathBuf,
    keyring: bool,
}

impl Secrets {
    /// In the keyring, else in a file. A wallet that began with a file stays with it: its secret is there.
    pub(crate) fn for_wallet(folder: &Path, name: &'static str) -> Self {
        let mut secrets = Self::in_file(folder, name);
        secrets.keyring = !secrets.file().exists() && secrets.entry().is_ok();
        secrets
    }

    /// In a file, whatever runs: for the demonstration, which must leave no trace in anybody's keyring.
    pub(crate) fn in_file(folder: &Path, name: &'static str) -> Self {
        Self { name, folder: folder.to_owned(), keyring: false }
    }

    fn file(&self) -> PathBuf {
        self.folder.join(format!("{}.secret", self.name))
    }

    fn entry(&self) -> keyring::Result<Entry> {
        Entry::new(SERVICE, &format!("{} {}", self.name, self.folder.display()))
    }

    #[cfg(test)]
    pub(crate) fn is_in_keyring(&self) -> bool {
        self.keyring
    }

    /// Says once, when a secret is made, where it lies if that is not the keyring.
    pub(crate) fn announce(&self) {
        if !self.keyring && !self.file().exists() {
            say(format_args!(
                "note: no keyring service runs here. A secret of this computer is kept in {}, readable by your user alone.",
                self.file().display()
            ));
        }
    }
}

impl SecretStore for Secrets {
    fn load(&self) -> Result<Option<Secret<Vec<u8>>>, SecretStoreError> {
        if self.keyring {
            return match self.entry().and_then(|entry| entry.get_secret()) {
                Ok(secret) => Ok(Some(Secret::new(secret))),
                Err(keyring::Error::NoEntry) => Ok(None),
                Err(_) => Err(SecretStoreError::Unavailable),
            };
        }
        match std::fs::read(self.file()) {
            Ok(secret) => Ok(Some(Secret::new(secret))),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(_) => Err(SecretStoreError::Unavailable),
        }
    }

    fn save(&self, secret: &Secret<Vec<u8>>) -> Result<(), SecretStoreError> {
        if self.keyring {
            let saved = self.entry().and_then(|entry| entry.set_secret(secret.expose()));
            return saved.map_err(|_| SecretStoreError::Unavailable);
        }
        private_file::write(&OwnDisk, &self.file(), secret.expose())
            .map_err(|_| SecretStoreError::Unavailable)
    }

    fn erase(&self) -> Result<(), SecretStoreError> {
        if self.keyring {
            return match self.entry().and_then(|entry| entry.delete_credential()) {
                Ok(()) | Err(keyring::Error::NoEntry) => Ok(()),
                Err(_) => Err(SecretStoreError::Unavailable),
            };
        }
        private_file::remove(&OwnDisk, &self.file()).map_err(|_| SecretStoreError::Unavailable)
    }
}
