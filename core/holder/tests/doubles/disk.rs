//! Keys and a secret in files, written as `sen` writes its own, for tests in which the process is killed or the power goes. `Tripwire`
//! kills it at a chosen call.

#[path = "../../../../desktop/src/private_file.rs"]
pub mod private_file;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use holder::{DeviceKey, KeyError, KeyId, KeyPolicy, KeyStore, SecretStore, SecretStoreError};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use trust::secret::Secret;

use private_file::{Disk, OwnDisk};

/// Counts the moments around each effect on disk, and ends the process at one of them as `kill -9` does.
#[derive(Clone)]
pub struct Tripwire(Arc<AtomicI64>);

impl Tripwire {
    /// Ends the process at the moment numbered `at`; never, where that is negative.
    pub fn new(at: i64) -> Self {
        Self(Arc::new(AtomicI64::new(at)))
    }

    pub fn pass(&self) {
        if self.0.fetch_sub(1, Ordering::SeqCst) == 0 {
            std::process::abort();
        }
    }
}

pub struct DiskKeyStore {
    folder: PathBuf,
    tripwire: Tripwire,
    disk: Arc<dyn Disk + Send + Sync>,
}

impl DiskKeyStore {
    /// In a folder of a wallet's own.
    pub fn new(wallet: &Path, tripwire: &Tripwire) -> Self {
        let folder = wallet.join("keys");
        std::fs::create_dir_all(&folder).unwrap();
        Self { folder, tripwire: tripwire.clone(), disk: Arc::new(OwnDisk) }
    }

    /// The same one on another disk.
    pub fn on(self, disk: Arc<dyn Disk + Send + Sync>) -> Self {
        Self { disk, ..self }
    }

    pub fn ids(&self) -> Vec<String> {
        let names = std::fs::read_dir(&self.folder).unwrap().map(|entry| entry.unwrap().file_name());
        let mut ids: Vec<String> = names.map(|name| name.into_string().unwrap()).collect();
        ids.sort();
        ids
    }

    fn path(&self, id: &KeyId) -> PathBuf {
        self.folder.join(id.as_str())
    }
}

struct DiskKey(EcdsaKeyPair);

impl KeyStore for DiskKeyStore {
    fn create(&self, id: &KeyId, _: KeyPolicy, _: &[u8]) -> Result<Arc<dyn DeviceKey>, KeyError> {
        self.tripwire.pass();
        let key =
            EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &SystemRandom::new()).unwrap();
        private_file::write(&*self.disk, &self.path(id), key.as_ref()).unwrap();
        self.tripwire.pass();
        self.open(id)
    }

    fn open(&self, id: &KeyId) -> Result<Arc<dyn DeviceKey>, KeyError> {
        let key = std::fs::read(self.path(id)).map_err(|_| KeyError::Lost)?;
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &key, &SystemRandom::new());
        Ok(Arc::new(DiskKey(pair.unwrap())))
    }

    fn delete(&self, id: &KeyId) -> Result<(), KeyError> {
        self.tripwire.pass();
        private_file::remove(&*self.disk, &self.path(id)).unwrap();
        self.tripwire.pass();
        Ok(())
    }
}

impl DeviceKey for DiskKey {
    fn public_key(&self) -> Result<[u8; 65], KeyError> {
        Ok(self.0.public_key().as_ref().try_into().unwrap())
    }

    fn sign(&self, message: &[u8]) -> Result<[u8; 64], KeyError> {
        Ok(self.0.sign(&SystemRandom::new(), message).unwrap().as_ref().try_into().unwrap())
    }
}

pub struct DiskSecretStore {
    path: PathBuf,
    tripwire: Tripwire,
    disk: Arc<dyn Disk + Send + Sync>,
}

impl DiskSecretStore {
    pub fn new(folder: &Path, tripwire: &Tripwire) -> Self {
        Self { path: folder.join("secret"), tripwire: tripwire.clone(), disk: Arc::new(OwnDisk) }
    }

    /// The same one on another disk.
    pub fn on(self, disk: Arc<dyn Disk + Send + Sync>) -> Self {
        Self { disk, ..self }
    }
}

impl SecretStore for DiskSecretStore {
    fn load(&self) -> Result<Option<Secret<Vec<u8>>>, SecretStoreError> {
        Ok(std::fs::read(&self.path).ok().map(Secret::new))
    }

    fn save(&self, secret: &Secret<Vec<u8>>) -> Result<(), SecretStoreError> {
        self.tripwire.pass();
        private_file::write(&*self.disk, &self.path, secret.expose()).unwrap();
        self.tripwire.pass();
        Ok(())
    }

    fn erase(&self) -> Result<(), SecretStoreError> {
        private_file::remove(&*self.disk, &self.path).unwrap();
        Ok(())
    }
}

/// A phone's folder as it is now, to be taken through the same steps again.
pub fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap().map(Result::unwrap) {
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}
