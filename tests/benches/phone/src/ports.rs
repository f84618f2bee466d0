//! The device's ports with what `make_wallet.py` kept of them. A phone's hardware takes its own time to sign, whatever the language:
//! here a key answers at once with octets that are no signature.
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex};

use holder::{DeviceKey, KeyError, KeyId, KeyPolicy, KeyStore, SecretStore, SecretStoreError};
use serde_json::Value;
use trust::secret::Secret;

pub(crate) struct State {
    pub(crate) secret: KeptSecret,
    pub(crate) keys: KeptKeys,
}

impl State {
    /// `{"secret": HEX, "keys": {ID: HEX}}`.
    pub(crate) fn read(file: &Path) -> Self {
        let state: Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
        let keys = state["keys"].as_object().unwrap().iter();
        let keys = keys.map(|(id, point)| (id.clone(), octets(point).try_into().unwrap())).collect();
        Self { secret: KeptSecret(Mutex::new(octets(&state["secret"]))), keys: KeptKeys(keys) }
    }
}

fn octets(digits: &Value) -> Vec<u8> {
    hex::decode(digits.as_str().unwrap()).unwrap()
}

pub(crate) struct KeptSecret(Mutex<Vec<u8>>);

impl SecretStore for KeptSecret {
    fn load(&self) -> Result<Option<Secret<Vec<u8>>>, SecretStoreError> {
        Ok(Some(Secret::new(self.0.lock().unwrap().clone())))
    }

    fn save(&self, secret: &Secret<Vec<u8>>) -> Result<(), SecretStoreError> {
        self.0.lock().unwrap().clone_from(secret.expose());
        Ok(())
    }

    fn erase(&self) -> Result<(), SecretStoreError> {
        Err(SecretStoreError::Unavailable)
    }
}

/// Keys by their names; nothing is made and nothing deleted.
pub(crate) struct KeptKeys(BTreeMap<String, [u8; 65]>);

impl KeyStore for KeptKeys {
    fn create(&self, _: &KeyId, _: KeyPolicy, _: &[u8]) -> Result<Arc<dyn DeviceKey>, KeyError> {
        Err(KeyError::Unavailable)
    }

    fn open(&self, id: &KeyId) -> Result<Arc<dyn DeviceKey>, KeyError> {
        Ok(Arc::new(KeptKey(*self.0.get(id.as_str()).ok_or(KeyError::Lost)?)))
    }

    fn delete(&self, _: &KeyId) -> Result<(), KeyError> {
        Ok(())
    }
}

struct KeptKey([u8; 65]);

impl DeviceKey for KeptKey {
    fn public_key(&self) -> Result<[u8; 65], KeyError> {
        Ok(self.0)
    }

    fn sign(&self, _: &[u8]) -> Result<[u8; 64], KeyError> {
        Ok([1; 64])
    }
}
