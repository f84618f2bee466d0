//! The one secret outside the wallet's folder: the sealing key, and how far the history had come.

use std::fs::File;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ring::hmac;
use trust::random::{Random, SystemRandom};
use trust::secret::Secret;

use crate::Error;
use crate::history::{self, Head};
use crate::ports::SecretStore;
use crate::store::seal::{KEY_LENGTH, SealingKey};
use crate::store::{Change, Store, StoreError};

const FILE: &str = "wallet.db";
const LOCK: &str = "wallet.lock";
const LAYOUT: u8 = 1;
/// `layout (1) || sealing key (32) || history sequence (8, big-endian) || history hash (32)`.
const LENGTH: usize = 1 + KEY_LENGTH + 8 + 32;

/// The store together with the secret that opens it.
pub(crate) struct Vault {
    store: Mutex<Store>,
    secret_store: Arc<dyn SecretStore>,
    key: Secret<[u8; KEY_LENGTH]>,
}

impl Vault {
    /// Opens the wallet in `folder`, making it where there is neither a file nor a secret.
    pub(crate) fn open(folder: &Path, secret_store: Arc<dyn SecretStore>) -> Result<Self, Error> {
        let path = folder.join(FILE);
        // Two processes that both find nothing would each make a secret of their own.
        let opening = File::create(folder.join(LOCK)).map_err(|_| StoreError::Unavailable)?;
        opening.lock().map_err(|_| StoreError::Unavailable)?;
        Self::with_secret(secret_store, path.exists(), |key| Store::open(&path, key))
    }

    /// Opens a wallet that has no folder, from what was saved of it; makes it where there is neither that nor a secret.
    pub(crate) fn open_in_memory(
        saved: Option<&[u8]>,
        secret_store: Arc<dyn SecretStore>,
    ) -> Result<Self, Error> {
        Self::with_secret(secret_store, saved.is_some(), |key| Store::open_in_memory(saved, key))
    }

    fn with_secret(
        secret_store: Arc<dyn SecretStore>,
        exists: bool,
        open: impl FnOnce(SealingKey) -> Result<Store, StoreError>,
    ) -> Result<Self, Error> {
        let (key, kept) = match secret_store.load()? {
            Some(secret) => parse(secret.expose())?,
            // The secret goes first: a file without one could never be opened again.
            None if exists => return Err(StoreError::SecretLost.into()),
            None => {
                let mut key = [0; KEY_LENGTH];
                SystemRandom::new().fill(&mut key).map_err(|_| StoreError::Random)?;
                let key = Secret::new(key);
                secret_store.save(&pack(&key, Head::EMPTY))?;
                (key, Head::EMPTY)
            }
        };
        let store = open(SealingKey::new(key.expose())?)?;
        history::continues(&store, kept)?;
        Ok(Self { store: Mutex::new(store), secret_store, key })
    }

    /// The store, for reading.
    pub(crate) fn store(&self) -> MutexGuard<'_, Store> {
        // A panic inside a transaction rolled it back, so the store is whole.
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A secret of its own for one purpose, from the one in the secret store.
    pub(crate) fn derived_secret(&self, purpose: &[u8]) -> Secret<[u8; 32]> {
        let key = hmac::Key::new(hmac::HMAC_SHA256, self.key.expose());
        let mut secret = [0; 32];
        secret.iter_mut().zip(hmac::sign(&key, purpose).as_ref()).for_each(|(to, from)| *to = *from);
        Secret::new(secret)
    }

    /// One use case's changes in one transaction.
    pub(crate) fn change<T>(
        &self,
        steps: impl FnOnce(&mut Change<'_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let mut store = self.store();
        let before = history::head(&store)?;
        let result = store.change(steps)?;
        let after = history::head(&store)?;
        if after != before {
            // What happened has happened: where the secret store does not answer now, the older head it holds is still
            // part of the chain, and the next entry brings it up to date.
            let _ = self.secret_store.save(&pack(&self.key, after));
        }
        Ok(result)
    }
}

/// Forgets the secret, then removes the file: from the first step on nothing in it can be read.
pub(crate) fn erase(folder: &Path, secret_store: &dyn SecretStore) -> Result<(), Error> {
    secret_store.erase()?;
    for suffix in ["", "-wal", "-shm"] {
        match std::fs::remove_file(folder.join(format!("{FILE}{suffix}"))) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                return Err(StoreError::Unavailable.into());
            }
            _ => {}
        }
    }
    Ok(())
}

fn pack(key: &Secret<[u8; KEY_LENGTH]>, head: Head) -> Secret<Vec<u8>> {
    let mut bytes = Vec::with_capacity(LENGTH);
    bytes.push(LAYOUT);
    bytes.extend_from_slice(key.expose());
    bytes.extend_from_slice(&head.sequence.to_be_bytes());
    bytes.extend_from_slice(&head.hash);
    Secret::new(bytes)
}

fn parse(bytes: &[u8]) -> Result<(Secret<[u8; KEY_LENGTH]>, Head), StoreError> {
    let parts = || {
        let (layout, rest) = bytes.split_first()?;
        let (key, rest) = rest.split_first_chunk::<KEY_LENGTH>()?;
        let (sequence, rest) = rest.split_first_chunk::<8>()?;
        let hash = <[u8; 32]>::try_from(rest).ok()?;
        let head = Head { sequence: u64::from_be_bytes(*sequence), hash };
        (*layout == LAYOUT).then(|| (Secret::new(*key), head))
    };
    parts().ok_or(StoreError::BadSecret)
}
