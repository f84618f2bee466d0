//! A wallet in files after its process was killed or the power went.

use std::path::Path;
use std::sync::Arc;

use holder::{AccountState, CredentialName, Error, Level, Wallet};

use super::agree;
use super::disk::{DiskKeyStore, DiskSecretStore, Tripwire};
use super::lossy_disk::LossyDisk;
use super::provider::{Running, at, enrol, now};

pub fn keys(folder: &Path) -> DiskKeyStore {
    DiskKeyStore::new(folder, &Tripwire::new(-1))
}

fn secret(folder: &Path) -> DiskSecretStore {
    DiskSecretStore::new(folder, &Tripwire::new(-1))
}

pub fn try_wallet(folder: &Path) -> Result<Wallet, Error> {
    Wallet::open(folder, Arc::new(secret(folder)), Arc::new(keys(folder)))
}

pub fn wallet(folder: &Path) -> Wallet {
    try_wallet(folder).unwrap()
}

/// The wallet on a disk that is taken down.
pub fn wallet_on<T: Send + 'static>(disk: &Arc<LossyDisk<T>>, folder: &Path) -> Wallet {
    let secret = secret(folder).on(disk.clone());
    Wallet::open(folder, Arc::new(secret), Arc::new(keys(folder).on(disk.clone()))).unwrap()
}

pub fn state(wallet: &Wallet) -> Option<AccountState> {
    wallet.account().remembered().map(|view| view.state).ok()
}

/// What is there after that moment: the chain is whole, and every key belongs to something.
pub fn reopened(folder: &Path, moment: &str) -> Wallet {
    let wallet = wallet(folder);
    wallet.verify_history().unwrap_or_else(|error| panic!("{moment}: {error}"));
    let owned = usize::from(state(&wallet).is_some()) + wallet.credentials().unwrap().len();
    assert_eq!(keys(folder).ids().len(), owned, "{moment}");
    wallet
}

/// A phone that is told of its replacement: either it has not begun to empty itself, or all of it is done.
pub fn reopened_of_two(folder: &Path, moment: &str) -> Wallet {
    let wallet = wallet(folder);
    wallet.verify_history().unwrap_or_else(|error| panic!("{moment}: {error}"));
    let left = (wallet.credentials().unwrap().len(), keys(folder).ids().len());
    let replaced = state(&wallet) == Some(AccountState::Replaced);
    assert_eq!(left, if replaced { (0, 0) } else { (2, 3) }, "{moment}");
    wallet
}

/// So many credentials are there, and what is held can be shown.
pub fn holds(wallet: &Wallet, credentials: usize, moment: &str) {
    let held = wallet.credentials().unwrap();
    assert_eq!(held.len(), credentials, "{moment}");
    if held.iter().any(|held| held.vct == CredentialName::HealthInsurance.vct().urn()) {
        let agreed = agree(wallet, now()).unwrap();
        wallet.present_qr(&agreed, now()).unwrap_or_else(|error| panic!("{moment}: {error}"));
    }
}

/// Enrolment that was cut off at that moment comes to its end.
pub async fn enrols(wallet: &Wallet, folder: &Path, running: &Running, moment: &str) {
    enrol(wallet, &at(running)).await.unwrap_or_else(|error| panic!("{moment}: {error}"));
    holds(wallet, 2, moment);
    assert_eq!(keys(folder).ids().len(), 3, "{moment}");
    assert_eq!(wallet.account().show(now()).await.unwrap().level, Level::Two, "{moment}");
    wallet.verify_history().unwrap();
}
