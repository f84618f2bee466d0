//! Each promise of the contracts of keys and secret is broken by a port of its own, and found.
use std::sync::Arc;

use holder::{
    DeviceKey, KeyAttestation, KeyError, KeyId, KeyPolicy, KeyStore, SecretStore, SecretStoreError,
};
use trust::secret::Secret;

use crate::doubles::contract::{KEY_STORE, SECRET_STORE, broken_by_keys, broken_by_secret};
use crate::doubles::device::{MemoryKeyStore, MemorySecretStore};

/// A key store that breaks this promise.
struct BreakingKeys {
    promise: &'static str,
    keys: Arc<MemoryKeyStore>,
}

struct BreakingKey {
    promise: &'static str,
    key: Arc<dyn DeviceKey>,
    policy: KeyPolicy,
    found: bool,
}

impl BreakingKeys {
    fn named(&self, id: &KeyId) -> KeyId {
        let text = id.as_str();
        let short = self.promise == "names of 64 characters are kept apart";
        KeyId::from_text(if short { &text[..text.len().min(63)] } else { text }).unwrap()
    }

    fn key(&self, key: Arc<dyn DeviceKey>, policy: KeyPolicy, found: bool) -> Arc<dyn DeviceKey> {
        Arc::new(BreakingKey { promise: self.promise, key, policy, found })
    }
}

impl KeyStore for BreakingKeys {
    fn create(
        &self,
        id: &KeyId,
        policy: KeyPolicy,
        challenge: &[u8],
    ) -> Result<Arc<dyn DeviceKey>, KeyError> {
        let id = self.named(id);
        match self.promise {
            "a key under a name that is taken takes its place" if self.keys.open(&id).is_ok() => {
                self.open(&id)
            }
            "an empty challenge is none the worse" if challenge.is_empty() => Err(KeyError::Unavailable),
            _ => Ok(self.key(self.keys.create(&id, policy, challenge)?, policy, false)),
        }
    }

    fn open(&self, id: &KeyId) -> Result<Arc<dyn DeviceKey>, KeyError> {
        let key = self.keys.open(&self.named(id)).map_err(|error| match self.promise {
            "a key that was never made is lost" => KeyError::Unavailable,
            _ => error,
        });
        Ok(self.key(key?, KeyPolicy::Presentation, true))
    }

    fn delete(&self, id: &KeyId) -> Result<(), KeyError> {
        match self.promise {
            "a key that was deleted is lost, and another is not" => self.keys.lose_all(),
            "deleting what is not there is no error" => drop(self.keys.open(id)?),
            _ => {}
        }
        self.keys.delete(&self.named(id))
    }
}

impl DeviceKey for BreakingKey {
    fn public_key(&self) -> Result<[u8; 65], KeyError> {
        let mut point = self.key.public_key()?;
        if self.promise == "each key is its own" {
            point = [4; 65];
        }
        Ok(point)
    }

    fn sign(&self, message: &[u8]) -> Result<[u8; 64], KeyError> {
        match (self.promise, self.policy) {
            ("a signature verifies for its message and key alone", _) => self.key.sign(b""),
            ("a key that asks at each use signs, too", KeyPolicy::Approval) => Err(KeyError::Locked),
            _ => self.key.sign(message),
        }
    }

    fn attestation(&self) -> KeyAttestation {
        if self.found && self.promise == "what is said of a key stays the same" {
            return KeyAttestation::Android(vec![vec![1], vec![2]]);
        }
        self.key.attestation()
    }
}

#[test]
fn each_promise_of_a_key_store_can_be_broken_and_is_found() {
    let keeps_all = Arc::new(BreakingKeys { promise: "", keys: Arc::default() });
    assert_eq!(broken_by_keys(&|| keeps_all.clone()), <[&str; 0]>::default());
    for (promise, _) in KEY_STORE {
        let keys = Arc::<MemoryKeyStore>::default();
        let forgets = promise == "a key that was made is found again";
        let broken = broken_by_keys(&|| {
            let keys = if forgets { Arc::default() } else { keys.clone() };
            Arc::new(BreakingKeys { promise, keys })
        });
        assert!(broken.contains(&promise), "not found: {promise}; found: {broken:?}");
    }
}

/// A secret store that breaks this promise.
struct BreakingSecret {
    promise: &'static str,
    secret: Arc<MemorySecretStore>,
}

impl SecretStore for BreakingSecret {
    fn load(&self) -> Result<Option<Secret<Vec<u8>>>, SecretStoreError> {
        let secret = self.secret.load()?;
        let empty = self.promise == "nothing was saved yet";
        Ok(secret.or_else(|| empty.then(|| Secret::new(Vec::new()))))
    }

    fn save(&self, secret: &Secret<Vec<u8>>) -> Result<(), SecretStoreError> {
        let mut bytes = secret.expose().clone();
        if self.promise == "the last one counts, whatever its length"
            && let Some(before) = self.secret.load()?
        {
            bytes.extend(before.expose().iter().skip(secret.expose().len()));
        }
        self.secret.save(&Secret::new(bytes))
    }

    fn erase(&self) -> Result<(), SecretStoreError> {
        let held = self.secret.load()?.map_or(0, |secret| secret.expose().len());
        match (self.promise, held) {
            ("erasing nothing is no error", 0) => Err(SecretStoreError::Unavailable),
            ("what is erased is gone, and another can be saved", 3) => Ok(()),
            _ => self.secret.erase(),
        }
    }
}

#[test]
fn each_promise_of_a_secret_store_can_be_broken_and_is_found() {
    let keeps_all = Arc::new(BreakingSecret { promise: "", secret: Arc::default() });
    assert_eq!(broken_by_secret(&|| keeps_all.clone()), <[&str; 0]>::default());
    for (promise, _) in SECRET_STORE {
        let secret = Arc::<MemorySecretStore>::default();
        let forgets = promise == "what was saved is loaded";
        let broken = broken_by_secret(&|| {
            let secret = if forgets { Arc::default() } else { secret.clone() };
            Arc::new(BreakingSecret { promise, secret })
        });
        assert_eq!(broken.first(), Some(&promise), "found: {broken:?}");
    }
}
