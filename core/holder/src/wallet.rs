//! The wallet: a folder or memory, a secret store and a key store.

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use http_client::{Client, Limits, WaitListener};
use trust::p256::PublicKey;

use crate::Error;
use crate::account::Account;
use crate::keys::Keys;
use crate::ports::{KeyStore, SecretStore};
use crate::present::Presenter;
use crate::trust_list;
use crate::vault::{self, Vault};

/// One person's wallet on one device. Can be shared between threads; several processes may open one folder.
pub struct Wallet {
    pub(crate) vault: Vault,
    pub(crate) keys: Keys,
    /// What is being shown, so that the next code of a rotating QR costs one signature.
    showing: Mutex<Option<Presenter>>,
    wait_listener: Option<Arc<dyn WaitListener>>,
    /// Held by the instruction that is on its way to the provider: one with a lower number that came later would be refused.
    pub(crate) instruction: tokio::sync::Mutex<()>,
}

impl Wallet {
    /// Opens the wallet in `folder`, which must exist, making it where there is none; clears away what a crash left behind.
    ///
    /// # Errors
    /// [`StoreError::SecretLost`](crate::StoreError::SecretLost) where the folder holds a wallet whose secret is gone,
    /// [`StoreError::RolledBack`](crate::StoreError::RolledBack) where it holds an older copy of itself.
    pub fn open(
        folder: &Path,
        secret_store: Arc<dyn SecretStore>,
        key_store: Arc<dyn KeyStore>,
    ) -> Result<Self, Error> {
        Self::of(Vault::open(folder, secret_store)?, Some(folder), key_store)
    }

    /// Opens a wallet where there are no folders, as in a page: from what [`to_saved`](Self::to_saved) gave, or a new one. It is in
    /// memory alone; whoever opens it saves it after each use case, and lets no second one be opened from the same bytes.
    ///
    /// # Errors
    /// As [`open`](Self::open). [`StoreError::RolledBack`](crate::StoreError::RolledBack) also where a use case was not saved.
    pub fn open_in_memory(
        saved: Option<&[u8]>,
        secret_store: Arc<dyn SecretStore>,
        key_store: Arc<dyn KeyStore>,
    ) -> Result<Self, Error> {
        Self::of(Vault::open_in_memory(saved, secret_store)?, None, key_store)
    }

    /// The whole of a wallet that was opened in memory, to be kept; every record in it is sealed.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`](crate::StoreError::Unavailable) for one that is in a folder.
    pub fn to_saved(&self) -> Result<Vec<u8>, Error> {
        Ok(self.vault.store().saved()?)
    }

    fn of(vault: Vault, folder: Option<&Path>, key_store: Arc<dyn KeyStore>) -> Result<Self, Error> {
        let keys = Keys::open(folder, key_store, &vault)?;
        Ok(Self {
            vault,
            keys,
            showing: Mutex::new(None),
            wait_listener: None,
            instruction: tokio::sync::Mutex::new(()),
        })
    }

    /// The same wallet, which tells when it waits for a busy server: a person should know why nothing happens.
    #[must_use]
    pub fn telling_waits(self, listener: Arc<dyn WaitListener>) -> Self {
        Self { wait_listener: Some(listener), ..self }
    }

    /// Empties a wallet that is not open, whatever its state: first the secret, so that nothing can be read from there on,
    /// then the file. Device keys stay in the key store, where nothing refers to them any more.
    pub fn erase(folder: &Path, secret_store: &dyn SecretStore) -> Result<(), Error> {
        vault::erase(folder, secret_store)
    }

    /// The account.
    pub fn account(&self) -> Account<'_> {
        Account { wallet: self }
    }

    /// The trust list last believed, to be handed to a verifier: the root that signed it and the list as it came. `None`
    /// before it was first needed.
    pub fn trust_list(&self) -> Result<Option<(PublicKey, Vec<u8>)>, Error> {
        trust_list::remembered(&self.vault.store())
    }

    /// Speaks to the servers that these roots vouch for.
    pub(crate) fn client(&self, roots_pem: &[u8]) -> Result<Client, Error> {
        Ok(Client::new(roots_pem, Limits::default())?.telling(self.wait_listener.clone()))
    }

    pub(crate) fn showing(&self) -> MutexGuard<'_, Option<Presenter>> {
        self.showing.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
