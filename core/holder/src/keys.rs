//! The life of device keys around crashes.
//!
//! A key store takes part in no transaction of ours. So the intent to make or delete a key is written down first, and
//! struck out in the transaction that stores what the key belongs to; an intent that is still there when nobody works on it
//! names a key that belongs to nothing, and the next opening deletes both.

use std::fs::{File, OpenOptions};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use trust::p256::{PublicKey, normalize_s};
use trust::random::{Random, SystemRandom};

use crate::Error;
use crate::ports::{DeviceKey, KeyAttestation, KeyError, KeyId, KeyPolicy, KeyStore};
use crate::store::{Change, StoreError, Table};
use crate::vault::Vault;

/// The device's keys as the wallet uses them.
pub(crate) struct Keys {
    key_store: Arc<dyn KeyStore>,
    /// `None` where no other process can have the wallet.
    lock: Option<PathBuf>,
}

#[derive(Serialize, Deserialize)]
struct Intent {}

impl Keys {
    /// Deletes what a crash left behind, unless another process is at work on a key right now. A wallet in memory has no folder.
    pub(crate) fn open(
        folder: Option<&Path>,
        key_store: Arc<dyn KeyStore>,
        vault: &Vault,
    ) -> Result<Self, Error> {
        let keys = Self { key_store, lock: folder.map(|folder| folder.join("keys.lock")) };
        let lock = keys.lock_file()?;
        if lock.as_ref().is_none_or(|lock| lock.try_lock().is_ok()) {
            keys.sweep(vault)?;
        }
        Ok(keys)
    }

    /// Makes a key that is deleted again unless it is [kept](NewKey::keep).
    pub(crate) fn create<'w>(
        &'w self,
        vault: &'w Vault,
        policy: KeyPolicy,
        challenge: &[u8],
    ) -> Result<NewKey<'w>, Error> {
        let lock = self.lock_file()?;
        if let Some(lock) = &lock {
            lock.lock_shared().map_err(|_| StoreError::Unavailable)?;
        }
        let id = new_id()?;
        vault.change(|change| Ok(change.put(Table::PendingKey, id.as_str(), &Intent {})?))?;
        // From here on dropping `new` undoes what was done, also when `create` fails half-way.
        let mut new = NewKey { keys: self, vault, id, policy, key: None, kept: false, _lock: lock };
        new.key = Some(SigningKey::new(self.key_store.create(&new.id, policy, challenge)?)?);
        Ok(new)
    }

    /// The same, with a presentation key where this device makes no approval key: a phone without finger or face enrolled makes none, and
    /// what cannot approve can still be shown. [`NewKey::policy`] says which it became.
    pub(crate) fn create_as_able<'w>(
        &'w self,
        vault: &'w Vault,
        policy: KeyPolicy,
        challenge: &[u8],
    ) -> Result<NewKey<'w>, Error> {
        match self.create(vault, policy, challenge) {
            Err(Error::Key(error)) if policy == KeyPolicy::Approval && error != KeyError::UserCancelled => {
                self.create(vault, KeyPolicy::Presentation, challenge)
            }
            made => made,
        }
    }

    /// Finds a key of ours.
    pub(crate) fn find(&self, id: &str) -> Result<SigningKey, Error> {
        let id = KeyId::from_text(id).ok_or(StoreError::Record)?;
        SigningKey::new(self.key_store.open(&id)?)
    }

    /// Notes, in the transaction that removes a key's owner, that the key is to go; [`Keys::sweep`] deletes it.
    pub(crate) fn doom(change: &mut Change<'_>, id: &str) -> Result<(), StoreError> {
        change.put(Table::PendingKey, id, &Intent {})
    }

    /// Deletes a key noted with [`Keys::doom`].
    pub(crate) fn delete(&self, vault: &Vault, id: &str) -> Result<(), Error> {
        let key_id = KeyId::from_text(id).ok_or(StoreError::Record)?;
        self.key_store.delete(&key_id)?;
        vault.change(|change| Ok(change.delete(Table::PendingKey, id).map(drop)?))
    }

    fn sweep(&self, vault: &Vault) -> Result<(), Error> {
        let intents = vault.store().list::<Intent>(Table::PendingKey)?;
        for (id, _) in intents {
            self.delete(vault, &id)?;
        }
        Ok(())
    }

    fn lock_file(&self) -> Result<Option<File>, StoreError> {
        let Some(lock) = &self.lock else { return Ok(None) };
        let mut options = OpenOptions::new();
        let file = options.create(true).truncate(false).write(true).open(lock);
        file.map(Some).map_err(|_| StoreError::Unavailable)
    }
}

/// A key that nothing owns yet.
pub(crate) struct NewKey<'w> {
    keys: &'w Keys,
    vault: &'w Vault,
    id: KeyId,
    policy: KeyPolicy,
    key: Option<SigningKey>,
    kept: bool,
    _lock: Option<File>,
}

impl NewKey<'_> {
    pub(crate) fn id(&self) -> &str {
        self.id.as_str()
    }

    pub(crate) const fn policy(&self) -> KeyPolicy {
        self.policy
    }

    pub(crate) fn key(&self) -> Result<&SigningKey, Error> {
        self.key.as_ref().ok_or(Error::Key(KeyError::Unavailable))
    }

    /// Runs the change that stores the key's owner, and keeps the key where it succeeds.
    pub(crate) fn keep<T>(self, steps: impl FnOnce(&mut Change<'_>) -> Result<T, Error>) -> Result<T, Error> {
        let vault = self.vault;
        Self::keep_all(vault, vec![self], steps)
    }

    /// Runs the change that stores the owners of several keys, and keeps all of them where it succeeds.
    pub(crate) fn keep_all<T>(
        vault: &Vault,
        mut keys: Vec<Self>,
        steps: impl FnOnce(&mut Change<'_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let result = vault.change(|change| {
            for key in &keys {
                change.delete(Table::PendingKey, key.id())?;
            }
            steps(change)
        })?;
        for key in &mut keys {
            key.kept = true;
        }
        Ok(result)
    }
}

impl Drop for NewKey<'_> {
    fn drop(&mut self) {
        if !self.kept {
            // Where this fails the intent stays and the next opening tries again.
            let _ = self.keys.delete(self.vault, self.id.as_str());
        }
    }
}

/// A device key with its public key at hand.
#[derive(Clone)]
pub(crate) struct SigningKey {
    key: Arc<dyn DeviceKey>,
    public: PublicKey,
}

impl SigningKey {
    fn new(key: Arc<dyn DeviceKey>) -> Result<Self, Error> {
        let public = PublicKey::from_uncompressed(&key.public_key()?).map_err(|_| KeyError::Unavailable)?;
        Ok(Self { key, public })
    }

    pub(crate) fn public(&self) -> &PublicKey {
        &self.public
    }

    /// What the platform says of it.
    pub(crate) fn attestation(&self) -> KeyAttestation {
        self.key.attestation()
    }

    /// Signs; `s` comes out low whatever the hardware does (security.md 12).
    pub(crate) fn sign(&self, message: &[u8]) -> Result<[u8; 64], Error> {
        Ok(normalize_s(&self.key.sign(message)?))
    }
}

fn new_id() -> Result<KeyId, Error> {
    let mut random = [0; 16];
    SystemRandom::new().fill(&mut random).map_err(|_| StoreError::Random)?;
    let id = random.iter().fold(String::from("sen-"), |id, byte| format!("{id}{byte:02x}"));
    KeyId::from_text(&id).ok_or(Error::Store(StoreError::Bug))
}
