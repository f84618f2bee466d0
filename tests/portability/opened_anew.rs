//! A wallet's folder, SQLite and seals and all, through the library's own calls: opened, opened anew, and refused without its secret.
#![allow(clippy::unwrap_used)]
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use sen::{DeviceKey, DeviceKeyError, KeyStore, SecretStore, SecretStoreFailure, SenError, Wallet};

const NOW: i64 = 1_790_000_000;

struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        let folder = std::env::temp_dir().join(format!("sen-portability-{}", std::process::id()));
        std::fs::create_dir(&folder).unwrap();
        Self(folder)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[derive(Default)]
struct InMemory(Mutex<Option<Vec<u8>>>);

impl SecretStore for InMemory {
    fn load(&self) -> Result<Option<Vec<u8>>, SecretStoreFailure> {
        Ok(self.0.lock().unwrap().clone())
    }

    fn save(&self, secret: Vec<u8>) -> Result<(), SecretStoreFailure> {
        *self.0.lock().unwrap() = Some(secret);
        Ok(())
    }

    fn erase(&self) -> Result<(), SecretStoreFailure> {
        *self.0.lock().unwrap() = None;
        Ok(())
    }
}

/// A wallet without an account asks for no key.
struct NoKeys;

impl KeyStore for NoKeys {
    fn create(&self, _: String, _: bool, _: Vec<u8>) -> Result<Arc<dyn DeviceKey>, DeviceKeyError> {
        Err(DeviceKeyError::Unavailable)
    }

    fn open(&self, _: String) -> Result<Arc<dyn DeviceKey>, DeviceKeyError> {
        Err(DeviceKeyError::Unavailable)
    }

    fn delete(&self, _: String) -> Result<(), DeviceKeyError> {
        Ok(())
    }
}

fn open(folder: &Folder, secrets: &Arc<InMemory>) -> Result<Arc<Wallet>, SenError> {
    let folder = folder.0.to_str().unwrap().to_owned();
    Wallet::open(folder, Arc::clone(secrets) as Arc<dyn SecretStore>, Arc::new(NoKeys), None)
}

#[test]
fn a_wallet_opens_anew_with_its_secret_alone() {
    let (folder, secrets) = (Folder::new(), Arc::new(InMemory::default()));
    drop(open(&folder, &secrets).unwrap());
    let made = secrets.load().unwrap().unwrap();

    let wallet = open(&folder, &secrets).unwrap();
    assert_eq!(secrets.load().unwrap(), Some(made), "no other wallet was made");
    assert!(wallet.credentials(NOW).unwrap().is_empty());
    assert_eq!(wallet.verify_history().unwrap(), 0);
    drop(wallet);

    secrets.erase().unwrap();
    let refused = open(&folder, &secrets).err().unwrap();
    assert!(refused.to_string().contains("store.secret_lost"), "{refused}");
}
