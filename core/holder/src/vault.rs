//! The one secret outside the wallet's folder: the sealing key, how far the history had come, and where it begins.

use std::fs::File;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use ring::hmac;
use trust::random::{Random, SystemRandom};
use trust::secret::Secret;

use crate::Error;
use crate::history::{self, Head, Kept};
use crate::ports::SecretStore;
use crate::store::seal::{KEY_LENGTH, SealingKey};
use crate::store::{Change, Store, StoreError};

const FILE: &str = "wallet.db";
const LOCK: &str = "wallet.lock";
/// `layout (1) || sealing key (32) || the last entry of the history: its number (8, big-endian) and hash (32)`.
const LAYOUT: u8 = 1;
/// The same, followed by the last entry that was pruned. Nothing was before in a wallet of the earlier layout.
const PRUNED_LAYOUT: u8 = 2;
const LONGEST: usize = 1 + KEY_LENGTH + 2 * (8 + 32);

/// The store together with the secret that opens it.
pub(crate) struct Vault {
    store: Mutex<Store>,
    secret_store: Arc<dyn SecretStore>,
    key: Secret<[u8; KEY_LENGTH]>,
    /// The last entry that was pruned, as the secret store has it.
    start: Mutex<Head>,
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
                secret_store.save(&pack(&key, Kept::EMPTY))?;
                (key, Kept::EMPTY)
            }
        };
        let store = open(SealingKey::new(key.expose())?)?;
        history::continues(&store, &kept)?;
        Ok(Self { store: Mutex::new(store), secret_store, key, start: Mutex::new(kept.start) })
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
        if history::head(&store)? != before {
            // What happened has happened: where the secret store does not answer now, the older head it holds is still
            // part of the chain, and the next entry brings it up to date.
            let _ = self.note_head(&store);
        }
        Ok(result)
    }

    /// Notes with the secret how far the history has come.
    pub(crate) fn note_head(&self, store: &Store) -> Result<(), Error> {
        let kept = Kept { head: history::head(store)?, start: self.begins(store)? };
        Ok(self.secret_store.save(&pack(&self.key, kept))?)
    }

    /// Notes with the secret where the history begins from now on: the last step of the change that prunes it. A beginning that is not
    /// noted there is not believed.
    pub(crate) fn note_start(&self, kept: Kept) -> Result<(), Error> {
        self.secret_store.save(&pack(&self.key, kept))?;
        *self.start() = kept.start;
        Ok(())
    }

    /// Where the history begins: as this process knows it, or as another one that has pruned it since noted it.
    fn begins(&self, store: &Store) -> Result<Head, Error> {
        if history::start(store)?.sequence > self.start().sequence {
            let secret = self.secret_store.load()?.ok_or(StoreError::SecretLost)?;
            *self.start() = parse(secret.expose())?.1.start;
        }
        Ok(*self.start())
    }

    fn start(&self) -> MutexGuard<'_, Head> {
        self.start.lock().unwrap_or_else(PoisonError::into_inner)
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

fn pack(key: &Secret<[u8; KEY_LENGTH]>, kept: Kept) -> Secret<Vec<u8>> {
    let was_pruned = kept.start != Head::EMPTY;
    let mut bytes = Vec::with_capacity(LONGEST);
    bytes.push(if was_pruned { PRUNED_LAYOUT } else { LAYOUT });
    bytes.extend_from_slice(key.expose());
    for head in [Some(kept.head), was_pruned.then_some(kept.start)].into_iter().flatten() {
        bytes.extend_from_slice(&head.sequence.to_be_bytes());
        bytes.extend_from_slice(&head.hash);
    }
    Secret::new(bytes)
}

fn parse(bytes: &[u8]) -> Result<(Secret<[u8; KEY_LENGTH]>, Kept), StoreError> {
    let parts = || {
        let (layout, rest) = bytes.split_first()?;
        let (key, rest) = rest.split_first_chunk::<KEY_LENGTH>()?;
        let (head, rest) = take_head(rest)?;
        let (start, rest) = match *layout {
            LAYOUT => (Head::EMPTY, rest),
            PRUNED_LAYOUT => take_head(rest)?,
            _ => return None,
        };
        rest.is_empty().then(|| (Secret::new(*key), Kept { head, start }))
    };
    parts().ok_or(StoreError::BadSecret)
}

fn take_head(bytes: &[u8]) -> Option<(Head, &[u8])> {
    let (sequence, rest) = bytes.split_first_chunk::<8>()?;
    let (hash, rest) = rest.split_first_chunk::<32>()?;
    Some((Head { sequence: u64::from_be_bytes(*sequence), hash: *hash }, rest))
}
