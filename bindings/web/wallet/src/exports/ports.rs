//! The ports as JavaScript objects, and the adapters that make them the core's.
use std::cell::Cell;
use std::sync::Arc;
use std::time::Duration;

use card::{ReadStep, TransportError};
use holder::{KeyError, KeyId, KeyPolicy, SecretStoreError};
use js_sys::{Reflect, Uint8Array};
use serde_json::{Value, json};
use trust::secret::Secret;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};

use super::records::object;

#[wasm_bindgen]
extern "C" {
    /// The way to a chip.
    #[wasm_bindgen(typescript_type = "CardTransport")]
    #[derive(Clone, Debug)]
    pub type CardTransport;
    #[wasm_bindgen(method, catch, js_name = maxCommandLen)]
    fn max_command_len(this: &CardTransport) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(method, catch)]
    fn transceive(this: &CardTransport, command: Vec<u8>) -> Result<JsValue, JsValue>;

    /// Is shown how far a reading is.
    #[wasm_bindgen(typescript_type = "ReadingListener")]
    #[derive(Clone, Debug)]
    pub type ReadingListener;
    #[wasm_bindgen(method, catch)]
    fn step(this: &ReadingListener, step: JsValue) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(method, catch)]
    fn cancelled(this: &ReadingListener) -> Result<JsValue, JsValue>;

    /// Is told when a call waits for a busy server.
    #[wasm_bindgen(typescript_type = "WaitListener")]
    #[derive(Clone, Debug)]
    pub type WaitListener;
    #[wasm_bindgen(method, catch)]
    fn waits(this: &WaitListener, seconds: f64) -> Result<JsValue, JsValue>;

    /// Makes and finds device keys.
    #[wasm_bindgen(typescript_type = "KeyStore")]
    #[derive(Clone, Debug)]
    pub type KeyStore;
    #[wasm_bindgen(method, catch)]
    fn create(this: &KeyStore, id: &str, per_use: bool, challenge: Vec<u8>) -> Result<DeviceKey, JsValue>;
    #[wasm_bindgen(method, catch)]
    fn open(this: &KeyStore, id: &str) -> Result<DeviceKey, JsValue>;
    #[wasm_bindgen(method, catch)]
    fn delete(this: &KeyStore, id: &str) -> Result<JsValue, JsValue>;

    #[derive(Clone, Debug)]
    type DeviceKey;
    #[wasm_bindgen(method, catch, js_name = publicKey)]
    fn public_key(this: &DeviceKey) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(method, catch)]
    fn sign(this: &DeviceKey, message: Vec<u8>) -> Result<JsValue, JsValue>;

    /// Keeps the secret that opens what is saved.
    #[wasm_bindgen(typescript_type = "SecretStore")]
    #[derive(Clone, Debug)]
    pub type SecretStore;
    #[wasm_bindgen(method, catch)]
    fn load(this: &SecretStore) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(method, catch)]
    fn save(this: &SecretStore, secret: Vec<u8>) -> Result<JsValue, JsValue>;
    #[wasm_bindgen(method, catch)]
    fn erase(this: &SecretStore) -> Result<JsValue, JsValue>;
}

/// A port of JavaScript as the core's.
#[derive(Debug)]
pub(crate) struct Foreign<T>(pub(crate) T);

/// What a port says of its failure; empty where it says nothing, or threw what it did not announce.
fn failure(thrown: &JsValue) -> String {
    let said = Reflect::get(thrown, &JsValue::from_str("failure"));
    said.ok().and_then(|said| said.as_string()).unwrap_or_default()
}

/// The bytes that a port answered, where they are bytes.
fn bytes(answer: JsValue) -> Option<Vec<u8>> {
    Some(answer.dyn_into::<Uint8Array>().ok()?.to_vec())
}

fn transport_error(thrown: JsValue) -> TransportError {
    match failure(&thrown).as_str() {
        "TagLost" => TransportError::TagLost,
        "Timeout" => TransportError::Timeout,
        "UserCancelled" => TransportError::UserCancelled,
        _ => TransportError::Unavailable,
    }
}

fn key_error(thrown: JsValue) -> KeyError {
    match failure(&thrown).as_str() {
        "Lost" => KeyError::Lost,
        "Locked" => KeyError::Locked,
        "UserCancelled" => KeyError::UserCancelled,
        _ => KeyError::Unavailable,
    }
}

fn secret_error(thrown: JsValue) -> SecretStoreError {
    match failure(&thrown).as_str() {
        "UserCancelled" => SecretStoreError::UserCancelled,
        _ => SecretStoreError::Unavailable,
    }
}

impl card::CardTransport for Foreign<CardTransport> {
    fn max_command_len(&self) -> usize {
        // What every reader takes, where this one does not say.
        const SHORT: usize = 261;
        let said = self.0.max_command_len().ok().and_then(|said| said.as_f64());
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "bounded before")]
        said.filter(|said| (261.0..=65_544.0).contains(said)).map_or(SHORT, |said| said as usize)
    }

    fn transceive(&mut self, command: &[u8]) -> Result<Vec<u8>, TransportError> {
        let answer = self.0.transceive(command.to_vec()).map_err(transport_error)?;
        bytes(answer).ok_or(TransportError::Unavailable)
    }
}

/// Watches one reading.
pub(crate) struct Watched {
    listener: Option<ReadingListener>,
    /// The listener threw: the reading is over.
    failed: Cell<bool>,
}

impl Watched {
    pub(crate) fn by(listener: Option<ReadingListener>) -> Self {
        Self { listener, failed: Cell::new(false) }
    }

    pub(crate) fn has_failed(&self) -> bool {
        self.failed.get()
    }

    fn told<T>(&self, call: impl FnOnce(&ReadingListener) -> Result<T, JsValue>) -> Option<T> {
        let answer = call(self.listener.as_ref()?);
        if answer.is_err() {
            self.failed.set(true);
        }
        answer.ok()
    }
}

impl card::ProgressListener for Watched {
    fn step(&self, step: ReadStep) {
        if let (false, Ok(step)) = (self.has_failed(), object(&shown(step))) {
            self.told(|listener| listener.step(step));
        }
    }

    fn cancelled(&self) -> bool {
        if self.has_failed() {
            return true;
        }
        let answer = self.told(ReadingListener::cancelled);
        self.has_failed() || answer.is_some_and(|answer| answer.is_truthy())
    }
}

fn shown(step: ReadStep) -> Value {
    match step {
        ReadStep::Opening => json!({ "step": "opening" }),
        ReadStep::Reading { file, octets, total } => {
            json!({ "step": "reading", "file": file.to_string(), "bytes": octets, "total": total })
        }
        ReadStep::ProvingChip => json!({ "step": "proving_chip" }),
        ReadStep::Finished => json!({ "step": "finished" }),
    }
}

impl http_client::WaitListener for Foreign<WaitListener> {
    fn waits(&self, pause: Duration) {
        // Rounded up, so that nobody expects it sooner.
        let _ = self.0.waits(pause.as_secs_f64().ceil());
    }
}

impl holder::KeyStore for Foreign<KeyStore> {
    fn create(
        &self,
        id: &KeyId,
        policy: KeyPolicy,
        challenge: &[u8],
    ) -> Result<Arc<dyn holder::DeviceKey>, KeyError> {
        let per_use = policy == KeyPolicy::Approval;
        let key = self.0.create(id.as_str(), per_use, challenge.to_vec()).map_err(key_error)?;
        Ok(Arc::new(Foreign(key)))
    }

    fn open(&self, id: &KeyId) -> Result<Arc<dyn holder::DeviceKey>, KeyError> {
        Ok(Arc::new(Foreign(self.0.open(id.as_str()).map_err(key_error)?)))
    }

    fn delete(&self, id: &KeyId) -> Result<(), KeyError> {
        self.0.delete(id.as_str()).map(drop).map_err(key_error)
    }
}

impl holder::DeviceKey for Foreign<DeviceKey> {
    fn public_key(&self) -> Result<[u8; 65], KeyError> {
        let key = bytes(self.0.public_key().map_err(key_error)?);
        key.and_then(|key| key.try_into().ok()).ok_or(KeyError::Unavailable)
    }

    fn sign(&self, message: &[u8]) -> Result<[u8; 64], KeyError> {
        let signature = bytes(self.0.sign(message.to_vec()).map_err(key_error)?);
        signature.and_then(|signature| signature.try_into().ok()).ok_or(KeyError::Unavailable)
    }
}

impl holder::SecretStore for Foreign<SecretStore> {
    fn load(&self) -> Result<Option<Secret<Vec<u8>>>, SecretStoreError> {
        let secret = self.0.load().map_err(secret_error)?;
        if secret.is_undefined() || secret.is_null() {
            return Ok(None);
        }
        bytes(secret).map(Secret::new).map(Some).ok_or(SecretStoreError::Unavailable)
    }

    fn save(&self, secret: &Secret<Vec<u8>>) -> Result<(), SecretStoreError> {
        self.0.save(secret.expose().clone()).map(drop).map_err(secret_error)
    }

    fn erase(&self) -> Result<(), SecretStoreError> {
        self.0.erase().map(drop).map_err(secret_error)
    }
}
