//! Stand-ins for the device, a TLS server on this machine, and the provider and issuer behind it.
#![allow(dead_code, unreachable_pub, reason = "each binary uses its part")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

pub mod attested;
pub mod contract;
pub mod desk;
pub mod device;
pub mod disk;
pub mod document_issuer;
pub mod issuer;
pub mod lossy_disk;
pub mod moving;
pub mod numbers;
pub mod phones;
pub mod pin;
pub mod provider;
pub mod reopened;
pub mod server;
pub mod torn;
pub mod watched_files;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use card::{ActiveExchange, CardReading, FileId};
use device::{MemoryKeyStore, MemorySecretStore};
use holder::{Consent, CredentialName, Error, Recognised, StepUp, Wallet};
use trust::time::Timestamp;

/// A folder of its own for each test, gone afterwards, with the device that holds its secret and keys.
pub struct Phone {
    folder: PathBuf,
    pub secrets: Arc<MemorySecretStore>,
    pub keys: Arc<MemoryKeyStore>,
}

impl Phone {
    pub fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::SeqCst);
        let folder = std::env::temp_dir().join(format!("sen-holder-{}-{number}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).unwrap();
        Self { folder, secrets: Arc::default(), keys: Arc::default() }
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }

    pub fn try_wallet(&self) -> Result<Wallet, Error> {
        Wallet::open(&self.folder, self.secrets.clone(), self.keys.clone())
    }

    pub fn wallet(&self) -> Wallet {
        self.try_wallet().unwrap()
    }
}

/// A card that answers a challenge with itself.
pub fn reading(begun: &StepUp) -> CardReading {
    let files = BTreeMap::from([(FileId::Sod, b"sod".to_vec()), (FileId::Dg(2), b"face".to_vec())]);
    let challenge = begun.challenge();
    CardReading::from_files(files, Some(ActiveExchange { challenge, response: challenge.to_vec() }))
}

/// The person agrees to show the insurance card to any clinic.
pub fn agree(wallet: &Wallet, now: Timestamp) -> Result<Consent, Error> {
    wallet.ask_consent(CredentialName::HealthInsurance, None, None, now)?.grant(Recognised::ByDevice, now)
}

impl Drop for Phone {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}
