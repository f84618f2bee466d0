//! Opening, crashing and emptying.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod doubles;

use doubles::Phone;
use holder::{Kind, SecretStore, StoreError, Wallet};
use trust::secret::Secret;

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
    for secret in [vec![], vec![1; 72], vec![2; 73], vec![1; 74]] {
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
