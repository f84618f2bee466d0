//! The doubles of the phone keep what its adapters promise.
use std::sync::Arc;
use std::sync::atomic::Ordering;

use crate::doubles::contract;
use crate::doubles::device::{MemoryKeyStore, MemorySecretStore};
use crate::doubles::disk::{DiskKeyStore, DiskSecretStore, Tripwire};

#[test]
fn keys_and_a_secret_in_memory_keep_the_contract() {
    let keys = Arc::new(MemoryKeyStore::default());
    contract::key_store(&|| keys.clone());
    keys.attests.store(true, Ordering::SeqCst);
    contract::key_store(&|| keys.clone());
    assert_eq!(keys.count(), 0);
    let secret = Arc::new(MemorySecretStore::default());
    contract::secret_store(&|| secret.clone());
}

#[test]
fn keys_and_a_secret_in_files_keep_the_contract() {
    let folder = std::env::temp_dir().join(format!("sen-ports-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let never = Tripwire::new(-1);
    // A new one each time: what counts lies on the disk.
    contract::key_store(&|| Arc::new(DiskKeyStore::new(&folder, &never)));
    contract::secret_store(&|| Arc::new(DiskSecretStore::new(&folder, &never)));
    std::fs::remove_dir_all(&folder).unwrap();
}
