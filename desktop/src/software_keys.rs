//! Device keys in software, for computers: P-256 by ring, each in a file sealed under a secret of the keyring. Nothing
//! vouches for them, and nothing says that it does.
use std::path::{Path, PathBuf};
use std::sync::Arc;

use holder::{DeviceKey, KeyError, KeyId, KeyPolicy, KeyStore, SecretStore};
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::rand::{SecureRandom, SystemRandom};
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use trust::secret::Secret;

use crate::private_file::{self, OwnDisk};
use crate::secrets::Secrets;

/// The keys of one wallet.
pub(crate) struct SoftwareKeys {
    folder: PathBuf,
    secrets: Secrets,
}

struct SoftwareKey(EcdsaKeyPair);

impl SoftwareKeys {
    /// In `folder`, under a secret of their own.
    pub(crate) fn new(folder: &Path, secrets: Secrets) -> Self {
        Self { folder: folder.to_owned(), secrets }
    }

    /// Whether there is a key of that name, to be opened or not.
    pub(crate) fn holds(&self, id: &KeyId) -> bool {
        self.file(id).exists()
    }

    fn file(&self, id: &KeyId) -> PathBuf {
        self.folder.join(id.as_str()).with_extension("key")
    }

    fn sealing_key(&self) -> Result<LessSafeKey, KeyError> {
        let unavailable = |_| KeyError::Unavailable;
        let secret = if let Some(secret) = self.secrets.load().map_err(unavailable)? {
            secret
        } else {
            let mut fresh = vec![0; 32];
            SystemRandom::new().fill(&mut fresh).map_err(|_| KeyError::Unavailable)?;
            let fresh = Secret::new(fresh);
            self.secrets.save(&fresh).map_err(unavailable)?;
            fresh
        };
        let key = UnboundKey::new(&AES_256_GCM, secret.expose()).map_err(|_| KeyError::Unavailable)?;
        Ok(LessSafeKey::new(key))
    }
}

impl KeyStore for SoftwareKeys {
    fn create(&self, id: &KeyId, _: KeyPolicy, _: &[u8]) -> Result<Arc<dyn DeviceKey>, KeyError> {
        let random = SystemRandom::new();
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random);
        let pkcs8 = Secret::new(pkcs8.map_err(|_| KeyError::Unavailable)?.as_ref().to_vec());
        let mut nonce = [0; NONCE_LEN];
        random.fill(&mut nonce).map_err(|_| KeyError::Unavailable)?;
        let mut sealed = pkcs8.expose().clone();
        // The name is sealed with the key: a file cannot stand in for another.
        let bound = Aad::from(id.as_str().as_bytes());
        let key = self.sealing_key()?;
        key.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), bound, &mut sealed)
            .map_err(|_| KeyError::Unavailable)?;
        private_file::make_folder(&self.folder).map_err(|_| KeyError::Unavailable)?;
        let sealed = [&nonce[..], &sealed].concat();
        private_file::write(&OwnDisk, &self.file(id), &sealed).map_err(|_| KeyError::Unavailable)?;
        self.open(id)
    }

    fn open(&self, id: &KeyId) -> Result<Arc<dyn DeviceKey>, KeyError> {
        let mut stored = std::fs::read(self.file(id)).map_err(|_| KeyError::Lost)?;
        let (nonce, sealed) = stored.split_first_chunk_mut::<NONCE_LEN>().ok_or(KeyError::Lost)?;
        let bound = Aad::from(id.as_str().as_bytes());
        let key = self.sealing_key()?;
        let opened = key.open_in_place(Nonce::assume_unique_for_key(*nonce), bound, sealed);
        let opened = Secret::new(opened.map_err(|_| KeyError::Lost)?.to_vec());
        let pair =
            EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, opened.expose(), &SystemRandom::new());
        zeroize::Zeroize::zeroize(&mut stored);
        Ok(Arc::new(SoftwareKey(pair.map_err(|_| KeyError::Lost)?)))
    }

    fn delete(&self, id: &KeyId) -> Result<(), KeyError> {
        private_file::remove(&OwnDisk, &self.file(id)).map_err(|_| KeyError::Unavailable)
    }
}

impl DeviceKey for SoftwareKey {
    fn public_key(&self) -> Result<[u8; 65], KeyError> {
        self.0.public_key().as_ref().try_into().map_err(|_| KeyError::Unavailable)
    }

    fn sign(&self, message: &[u8]) -> Result<[u8; 64], KeyError> {
        let signature = self.0.sign(&SystemRandom::new(), message).map_err(|_| KeyError::Unavailable)?;
        signature.as_ref().try_into().map_err(|_| KeyError::Unavailable)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract;

    /// A folder of its own, gone afterwards.
    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Self {
            let folder = std::env::temp_dir().join(format!("sen-{name}-{}", std::process::id()));
            std::fs::create_dir_all(&folder).unwrap();
            Self(folder)
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = std::fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn keys_in_sealed_files_keep_the_contract_of_the_port() {
        let folder = Folder::new("keys");
        // A new one each time: what counts lies on the disk.
        contract::key_store(&|| {
            Arc::new(SoftwareKeys::new(&folder.0.join("keys"), Secrets::in_file(&folder.0, "keys")))
        });
    }

    #[test]
    fn a_secret_in_a_file_keeps_the_contract_of_the_port() {
        let folder = Folder::new("secret");
        contract::secret_store(&|| Arc::new(Secrets::in_file(&folder.0, "wallet")));
    }

    /// The secret of the wallet and the one that keys are sealed under, each in a real Secret Service.
    #[test]
    #[ignore = "needs a session of its own with a keyring: tests/run keyring"]
    fn a_keyring_keeps_the_contracts_of_the_ports() {
        assert!(std::env::var_os("SEN_KEYRING").is_some(), "this would write into your own keyring");
        let folder = Folder::new("keyring");
        let in_keyring = |name| {
            let secrets = Secrets::for_wallet(&folder.0, name);
            assert!(secrets.is_in_keyring(), "no keyring runs here");
            secrets
        };
        contract::secret_store(&|| Arc::new(in_keyring("wallet")));
        contract::key_store(&|| Arc::new(SoftwareKeys::new(&folder.0.join("keys"), in_keyring("keys"))));
        in_keyring("keys").erase().unwrap();
        let left = std::fs::read_dir(&folder.0).unwrap().map(|entry| entry.unwrap().file_name());
        assert_eq!(left.collect::<Vec<_>>(), ["keys"], "no secret lies in a file");
    }

    #[test]
    fn a_key_whose_file_takes_the_name_of_another_is_lost() {
        let folder = Folder::new("swapped");
        let keys = SoftwareKeys::new(&folder.0, Secrets::in_file(&folder.0, "keys"));
        let [one, other] = ["one", "other"].map(|name| KeyId::from_text(name).unwrap());
        keys.create(&one, KeyPolicy::Presentation, &[]).unwrap();
        std::fs::copy(keys.file(&one), keys.file(&other)).unwrap();
        assert!(matches!(keys.open(&other), Err(KeyError::Lost)));
        assert!(keys.open(&one).is_ok());
    }
}
