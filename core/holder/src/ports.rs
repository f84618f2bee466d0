//! What the wallet asks of the device it runs on. Implemented by the shells, called from a worker thread: every method may
//! block on hardware or on a person.

use std::sync::Arc;

use trust::secret::Secret;

/// Names one device key. The wallet chooses it, so that a key made just before a crash can be found and deleted.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct KeyId(String);

impl KeyId {
    /// The name as text: 1 to 64 of `a-z`, `0-9`, `-`, fit for a file name or a key alias.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// A name read back from where the shell keeps its keys.
    pub fn from_text(text: &str) -> Option<Self> {
        let fits = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-';
        ((1..=64).contains(&text.len()) && text.bytes().all(fits)).then(|| Self(text.to_owned()))
    }
}

/// When a key may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyPolicy {
    /// Unlocked by biometric or device credential, then usable for 120 s: a rotating QR must not prompt every ten seconds.
    Presentation,
    /// The person authenticates for each signature: whatever is approved, cash and sign-ins.
    Approval,
}

/// What the hardware says of a key it made.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyAttestation {
    /// A software key: nothing vouches for it.
    None,
    /// Android Key Attestation: DER certificates, leaf first.
    Android(Vec<Vec<u8>>),
    /// Apple App Attest, for the first key: the CBOR attestation object of a new App Attest key, over client data that name this
    /// key, its policy and the challenge (`trust::attestation::apple::client_data`).
    Apple(Vec<u8>),
    /// Apple App Attest, for a later key: the CBOR assertion by the App Attest key that was attested, over the same client data.
    AppleAssertion(Vec<u8>),
}

/// Why a key could not be made or used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum KeyError {
    /// The key is gone or was invalidated, for example by new fingerprints. It never comes back.
    #[error("the device key is lost")]
    Lost,
    /// The device is locked; the key works again once it is unlocked.
    #[error("the device is locked")]
    Locked,
    /// The person declined.
    #[error("the person declined")]
    UserCancelled,
    /// The key store does not answer or cannot do what is asked.
    #[error("the key store is unavailable")]
    Unavailable,
}

/// Makes and finds P-256 keys that never leave the device.
pub trait KeyStore: Send + Sync {
    /// Makes a key under `id`. `challenge` goes into the attestation, where there is one.
    fn create(&self, id: &KeyId, policy: KeyPolicy, challenge: &[u8])
    -> Result<Arc<dyn DeviceKey>, KeyError>;

    /// Finds a key. Prompts nobody.
    ///
    /// # Errors
    /// [`KeyError::Lost`] where there is none.
    fn open(&self, id: &KeyId) -> Result<Arc<dyn DeviceKey>, KeyError>;

    /// Deletes a key. Deleting one that does not exist is no error.
    fn delete(&self, id: &KeyId) -> Result<(), KeyError>;
}

/// One P-256 key of the device.
pub trait DeviceKey: Send + Sync {
    /// The public key, uncompressed (SEC 1 section 2.3.3: `04 || x || y`).
    fn public_key(&self) -> Result<[u8; 65], KeyError>;

    /// ECDSA with SHA-256 over `message`: raw `r || s`. May prompt, as the key's policy says. `s` may be high.
    fn sign(&self, message: &[u8]) -> Result<[u8; 64], KeyError>;

    /// What the hardware says of this key; of one that was found again, what it said when the key was made.
    fn attestation(&self) -> KeyAttestation {
        KeyAttestation::None
    }
}

/// Why the wrapping secret could not be loaded or saved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum SecretStoreError {
    /// The person declined to unlock it.
    #[error("the person declined")]
    UserCancelled,
    /// It does not answer.
    #[error("the secret store is unavailable")]
    Unavailable,
}

/// Keeps one secret of at most 128 bytes outside the wallet's folder.
pub trait SecretStore: Send + Sync {
    /// The secret last saved, or `None` where none was.
    fn load(&self) -> Result<Option<Secret<Vec<u8>>>, SecretStoreError>;

    /// Keeps `secret` in place of the earlier one, entirely or not at all.
    fn save(&self, secret: &Secret<Vec<u8>>) -> Result<(), SecretStoreError>;

    /// Forgets the secret.
    fn erase(&self) -> Result<(), SecretStoreError>;
}

/// What the wallet is doing, for a person to see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Step {
    /// Asking the provider.
    Provider,
    /// Reading the chip card; keep it still.
    Card,
    /// Comparing the face.
    Face,
    /// The provider checks the evidence.
    Evidence,
    /// Making a device key.
    Key,
    /// Asking the issuer for the credential.
    Issuer,
    /// Checking and storing what came.
    Storing,
}

/// Is told of each step. Shown, never control flow.
pub trait ProgressListener: Send + Sync {
    /// A step begins.
    fn began(&self, step: Step);
}

/// Listens to nothing.
#[derive(Debug, Clone, Copy)]
pub struct Silent;

impl ProgressListener for Silent {
    fn began(&self, _: Step) {}
}
