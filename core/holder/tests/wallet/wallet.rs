//! Opening, crashing and emptying.
use std::fs::OpenOptions;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use holder::{DeviceKey, Error, KeyError, KeyId, KeyPolicy, KeyStore, Kind, SecretStore, StoreError, Wallet};
use trust::secret::Secret;

use crate::doubles::Phone;
use crate::doubles::provider::{applicant, at, now, provider};

#[test]
fn refuses_a_wallet_whose_secret_is_gone() {
    let phone = Phone::new();
    drop(phone.wallet());
    phone.secrets.erase().unwrap();
    let error = phone.try_wallet().err().unwrap();
    assert_eq!((error.clone(), error.kind()), (StoreError::SecretLost.into(), Kind::DeviceKeyLost));
}

#[test]
fn refuses_a_secret_that_is_not_one_of_ours() {
    for secret in [vec![], vec![1; 72], vec![1; 74], vec![2; 73], vec![2; 112], vec![2; 114], vec![3; 73]] {
        let phone = Phone::new();
        phone.secrets.save(&Secret::new(secret)).unwrap();
        assert_eq!(phone.try_wallet().err(), Some(StoreError::BadSecret.into()));
    }
}

#[test]
fn starts_anew_after_it_was_emptied() {
    let phone = Phone::new();
    drop(phone.wallet());
    Wallet::erase(phone.folder(), &*phone.secrets).unwrap();
    Wallet::erase(phone.folder(), &*phone.secrets).unwrap();
    assert_eq!(phone.wallet().history(None, 1).unwrap(), []);
}

#[test]
fn opens_from_many_threads_at_once_into_one_wallet() {
    let phone = Phone::new();
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| assert_eq!(phone.wallet().verify_history(), Ok(0)));
        }
    });
}

/// A key store that makes no key, and notes at each deletion whether another process could begin to make one meanwhile.
struct Sweeping {
    lock: PathBuf,
    /// What it answers to a deletion.
    deletes: Result<(), KeyError>,
    others_could_begin: Mutex<Vec<bool>>,
}

impl KeyStore for Sweeping {
    fn create(&self, _: &KeyId, _: KeyPolicy, _: &[u8]) -> Result<Arc<dyn DeviceKey>, KeyError> {
        Err(KeyError::Unavailable)
    }

    fn open(&self, _: &KeyId) -> Result<Arc<dyn DeviceKey>, KeyError> {
        Err(KeyError::Lost)
    }

    fn delete(&self, _: &KeyId) -> Result<(), KeyError> {
        let lock = OpenOptions::new().write(true).open(&self.lock).unwrap();
        self.others_could_begin.lock().unwrap().push(lock.try_lock_shared().is_ok());
        self.deletes
    }
}

#[tokio::test]
async fn nobody_begins_a_key_while_what_a_crash_left_is_deleted() {
    let (provider, phone) = (provider().await, Phone::new());
    let keys = |deletes| {
        let lock = phone.folder().join("keys.lock");
        Arc::new(Sweeping { lock, deletes, others_could_begin: Mutex::default() })
    };
    // The key that could not be made stays noted, since it could not be deleted either.
    let wallet = Wallet::open(phone.folder(), phone.secrets.clone(), keys(Err(KeyError::Locked))).unwrap();
    wallet.account().open(&at(&provider), &applicant(), now()).await.unwrap_err();
    drop(wallet);
    let sweeping = keys(Ok(()));
    Wallet::open(phone.folder(), phone.secrets.clone(), sweeping.clone()).unwrap();
    assert_eq!(*sweeping.others_could_begin.lock().unwrap(), [false]);
}

#[test]
fn sqlite_brings_nothing_that_no_store_uses() {
    let connection = rusqlite::Connection::open_in_memory().unwrap();
    let mut options = connection.prepare("PRAGMA compile_options").unwrap();
    let options: Vec<String> =
        options.query_map([], |row| row.get(0)).unwrap().collect::<Result<_, _>>().unwrap();
    for left_out in ["OMIT_LOAD_EXTENSION", "OMIT_JSON"] {
        assert!(options.iter().any(|option| option == left_out), "{left_out} is not among {options:?}");
    }
    for unused in ["ENABLE_FTS", "ENABLE_RTREE", "ENABLE_STAT4", "SOUNDEX"] {
        assert!(!options.iter().any(|option| option.starts_with(unused)), "{unused} is among {options:?}");
    }
}

fn in_memory(phone: &Phone, saved: Option<&[u8]>) -> Result<Wallet, Error> {
    Wallet::open_in_memory(saved, phone.secrets.clone(), phone.keys.clone())
}

#[tokio::test]
async fn a_wallet_in_memory_goes_on_from_what_was_saved_of_it() {
    let (provider, phone) = (provider().await, Phone::new());
    let wallet = in_memory(&phone, None).unwrap();
    wallet.account().open(&at(&provider), &applicant(), now()).await.unwrap();
    let saved = wallet.to_saved().unwrap();
    drop(wallet);
    let number = applicant().personal_number;
    assert!(!saved.windows(number.len()).any(|octets| octets == number.as_bytes()));

    let again = in_memory(&phone, Some(&saved)).unwrap();
    again.account().activate("123456", now()).await.unwrap();
    assert_eq!((again.verify_history(), phone.keys.count()), (Ok(2), 1));
    assert_eq!(in_memory(&phone, Some(&again.to_saved().unwrap())).unwrap().verify_history(), Ok(2));
}

#[tokio::test]
async fn a_wallet_in_memory_takes_neither_an_older_copy_nor_none_in_place_of_the_last() {
    let (provider, phone) = (provider().await, Phone::new());
    let wallet = in_memory(&phone, None).unwrap();
    let early = wallet.to_saved().unwrap();
    wallet.account().open(&at(&provider), &applicant(), now()).await.unwrap();
    for saved in [Some(early.as_slice()), None] {
        assert_eq!(in_memory(&phone, saved).err(), Some(StoreError::RolledBack.into()));
    }
}

#[test]
fn what_was_saved_does_not_open_without_its_secret_nor_where_it_is_no_wallet() {
    let phone = Phone::new();
    let saved = in_memory(&phone, None).unwrap().to_saved().unwrap();
    assert_eq!(in_memory(&Phone::new(), Some(&saved)).err(), Some(StoreError::SecretLost.into()));
    for saved in [&b"no database"[..], &[0; 8192]] {
        assert_eq!(
            in_memory(&phone, Some(saved)).err(),
            Some(StoreError::Unavailable.into()),
            "{}",
            saved.len()
        );
    }
}

#[test]
fn a_wallet_in_a_folder_is_saved_there_alone() {
    let phone = Phone::new();
    assert_eq!(phone.wallet().to_saved().err(), Some(StoreError::Unavailable.into()));
}
