//! Keys and a secret in memory.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use holder::{
    DeviceKey, KeyAttestation, KeyError, KeyId, KeyPolicy, KeyStore, SecretStore, SecretStoreError,
};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use trust::secret::Secret;

/// Makes ring P-256 keys and remembers them by id.
#[derive(Default)]
pub struct MemoryKeyStore {
    keys: Mutex<HashMap<String, Arc<MemoryKey>>>,
    /// The next call of `create` fails so.
    pub fail_create: Mutex<Option<KeyError>>,
    signatures: Arc<AtomicUsize>,
    /// The next signature of any key fails so.
    pub fail_sign: Arc<Mutex<Option<KeyError>>>,
    pub prompts: Arc<Prompts>,
    /// Nobody has enrolled a finger or face: keys that ask at each use cannot be made.
    pub no_biometrics: AtomicBool,
    /// A platform says something of the keys that are made: challenge and policy, as a double of a provider compares them.
    pub attests: AtomicBool,
}

/// Where the person is asked for one signature: keys of the approval kind.
#[derive(Default)]
pub struct Prompts {
    asked: AtomicUsize,
    /// What becomes of the next.
    pub fail: Mutex<Option<KeyError>>,
}

impl Prompts {
    /// How often the person was asked.
    pub fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

pub struct MemoryKey {
    attestation: KeyAttestation,
    pub policy: KeyPolicy,
    pair: EcdsaKeyPair,
    signatures: Arc<AtomicUsize>,
    fail_sign: Arc<Mutex<Option<KeyError>>>,
    prompts: Arc<Prompts>,
}

impl MemoryKeyStore {
    pub fn count(&self) -> usize {
        self.keys.lock().unwrap().len()
    }

    /// How often any key has signed.
    pub fn signatures(&self) -> usize {
        self.signatures.load(Ordering::SeqCst)
    }

    /// How many keys there are of a policy.
    pub fn count_of(&self, policy: KeyPolicy) -> usize {
        self.keys.lock().unwrap().values().filter(|key| key.policy == policy).count()
    }

    /// Forgets the keys that ask at each use, as a device does where another finger is enrolled.
    pub fn enrol_another_finger(&self) {
        self.keys.lock().unwrap().retain(|_, key| key.policy != KeyPolicy::Approval);
    }

    /// Forgets every key, as a device does whose fingerprints changed.
    pub fn lose_all(&self) {
        self.keys.lock().unwrap().clear();
    }
}

impl KeyStore for MemoryKeyStore {
    fn create(
        &self,
        id: &KeyId,
        policy: KeyPolicy,
        challenge: &[u8],
    ) -> Result<Arc<dyn DeviceKey>, KeyError> {
        if let Some(error) = self.fail_create.lock().unwrap().take() {
            return Err(error);
        }
        if policy == KeyPolicy::Approval && self.no_biometrics.load(Ordering::SeqCst) {
            return Err(KeyError::Unavailable);
        }
        let random = SystemRandom::new();
        let key = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, key.as_ref(), &random).unwrap();
        let attestation = if self.attests.load(Ordering::SeqCst) {
            let policy: &[u8] = if policy == KeyPolicy::Approval { b" approval" } else { b" presentation" };
            KeyAttestation::Android(vec![[challenge, policy].concat()])
        } else {
            KeyAttestation::None
        };
        let (signatures, prompts) = (self.signatures.clone(), self.prompts.clone());
        let fail_sign = self.fail_sign.clone();
        let key = Arc::new(MemoryKey { attestation, policy, pair, signatures, fail_sign, prompts });
        self.keys.lock().unwrap().insert(id.as_str().to_owned(), key.clone());
        Ok(key)
    }

    fn open(&self, id: &KeyId) -> Result<Arc<dyn DeviceKey>, KeyError> {
        let key = self.keys.lock().unwrap().get(id.as_str()).cloned();
        key.map(|key| key as Arc<dyn DeviceKey>).ok_or(KeyError::Lost)
    }

    fn delete(&self, id: &KeyId) -> Result<(), KeyError> {
        self.keys.lock().unwrap().remove(id.as_str());
        Ok(())
    }
}

impl DeviceKey for MemoryKey {
    fn public_key(&self) -> Result<[u8; 65], KeyError> {
        Ok(self.pair.public_key().as_ref().try_into().unwrap())
    }

    fn sign(&self, message: &[u8]) -> Result<[u8; 64], KeyError> {
        if self.policy == KeyPolicy::Approval {
            self.prompts.asked.fetch_add(1, Ordering::SeqCst);
            if let Some(error) = self.prompts.fail.lock().unwrap().take() {
                return Err(error);
            }
        }
        if let Some(error) = self.fail_sign.lock().unwrap().take() {
            return Err(error);
        }
        self.signatures.fetch_add(1, Ordering::SeqCst);
        Ok(self.pair.sign(&SystemRandom::new(), message).unwrap().as_ref().try_into().unwrap())
    }

    fn attestation(&self) -> KeyAttestation {
        self.attestation.clone()
    }
}

/// Keeps one secret.
#[derive(Default)]
pub struct MemorySecretStore {
    secret: Mutex<Option<Vec<u8>>>,
}

impl SecretStore for MemorySecretStore {
    fn load(&self) -> Result<Option<Secret<Vec<u8>>>, SecretStoreError> {
        Ok(self.secret.lock().unwrap().clone().map(Secret::new))
    }

    fn save(&self, secret: &Secret<Vec<u8>>) -> Result<(), SecretStoreError> {
        assert!(secret.expose().len() <= 128);
        *self.secret.lock().unwrap() = Some(secret.expose().clone());
        Ok(())
    }

    fn erase(&self) -> Result<(), SecretStoreError> {
        *self.secret.lock().unwrap() = None;
        Ok(())
    }
}
