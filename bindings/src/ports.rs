//! The ports as foreign traits, and the adapters that make them the core's.
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use holder::{KeyError, KeyId, KeyPolicy, SecretStoreError};
use trust::secret::Secret;
use uniffi::UnexpectedUniFFICallbackError;

use crate::records::ReadingStep;

/// Why no answer came from the chip.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error, uniffi::Error)]
pub enum TransportFailure {
    /// The card left the field.
    #[error("the card was lost")]
    TagLost,
    /// The chip did not answer in time.
    #[error("the card did not answer in time")]
    Timeout,
    /// The person put an end to it.
    #[error("cancelled")]
    UserCancelled,
    /// There is no reader, or it failed unexpectedly.
    #[error("no card reader")]
    Unavailable,
}

impl From<UnexpectedUniFFICallbackError> for TransportFailure {
    fn from(_: UnexpectedUniFFICallbackError) -> Self {
        Self::Unavailable
    }
}

/// Sends command APDUs to a chip and returns its answers. Blocks; called from a worker thread.
#[uniffi::export(with_foreign)]
pub trait CardTransport: Send + Sync {
    /// The longest command that this way takes; 261 where only short APDUs go.
    fn max_command_len(&self) -> Result<u32, TransportFailure>;
    /// Sends a command and returns the answer with its two status bytes.
    fn transceive(&self, command: Vec<u8>) -> Result<Vec<u8>, TransportFailure>;
}

// No method goes without a result: what a foreign one throws would become a panic here, whose line on standard error has the text
// of the exception, and in it whatever the shell wrote there.

/// Is shown how far a reading is. What it throws ends the reading as a bug.
#[uniffi::export(with_foreign)]
pub trait ReadingListener: Send + Sync {
    /// A step began or went on.
    fn step(&self, step: ReadingStep) -> Result<(), ListenerFailure>;
    /// Whether the person wants an end; asked before every command.
    fn cancelled(&self) -> Result<bool, ListenerFailure>;
}

/// A listener failed. It ends a reading; a wait goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error, uniffi::Error)]
pub enum ListenerFailure {
    /// Whatever it was.
    #[error("unavailable")]
    Unavailable,
}

impl From<UnexpectedUniFFICallbackError> for ListenerFailure {
    fn from(_: UnexpectedUniFFICallbackError) -> Self {
        Self::Unavailable
    }
}

/// Is told when a call waits for a busy server, so that the person can be told why nothing happens.
#[uniffi::export(with_foreign)]
pub trait WaitListener: Send + Sync {
    /// The server is asked again after so many seconds, rounded up.
    fn waits(&self, seconds: u32) -> Result<(), ListenerFailure>;
}

/// Why a device key could not be made or used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error, uniffi::Error)]
pub enum DeviceKeyError {
    /// Gone for good.
    #[error("lost")]
    Lost,
    /// Works again once the device is unlocked.
    #[error("locked")]
    Locked,
    /// The person declined.
    #[error("cancelled")]
    UserCancelled,
    /// The key store failed.
    #[error("unavailable")]
    Unavailable,
}

impl From<UnexpectedUniFFICallbackError> for DeviceKeyError {
    fn from(_: UnexpectedUniFFICallbackError) -> Self {
        Self::Unavailable
    }
}

impl From<DeviceKeyError> for KeyError {
    fn from(error: DeviceKeyError) -> Self {
        match error {
            DeviceKeyError::Lost => Self::Lost,
            DeviceKeyError::Locked => Self::Locked,
            DeviceKeyError::UserCancelled => Self::UserCancelled,
            DeviceKeyError::Unavailable => Self::Unavailable,
        }
    }
}

/// One P-256 key of the device.
#[uniffi::export(with_foreign)]
pub trait DeviceKey: Send + Sync {
    /// The public key: 65 bytes, `04 || x || y`.
    fn public_key(&self) -> Result<Vec<u8>, DeviceKeyError>;
    /// ECDSA with SHA-256 over the message: 64 bytes, `r || s`. May prompt, as the key's policy says.
    fn sign(&self, message: Vec<u8>) -> Result<Vec<u8>, DeviceKeyError>;
    /// What the hardware says of this key; of one that was found again, what it said when the key was made.
    fn attestation(&self) -> Result<KeyAttestation, DeviceKeyError>;
}

/// What the hardware says of a key that it made.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Enum)]
pub enum KeyAttestation {
    /// A software key: nothing vouches for it.
    Unattested,
    /// Android Key Attestation.
    Android {
        /// DER certificates, leaf first.
        chain: Vec<Vec<u8>>,
    },
    /// Apple App Attest, for the first key.
    Apple {
        /// The CBOR attestation object.
        object: Vec<u8>,
    },
    /// Apple App Attest, for a later key: an assertion by the key that was attested.
    AppleAssertion {
        /// CBOR.
        assertion: Vec<u8>,
    },
}

/// Makes and finds device keys that never leave the device.
#[uniffi::export(with_foreign)]
pub trait KeyStore: Send + Sync {
    /// Makes a key. `per_use`: the person authenticates for each signature; else once for 120 seconds. `challenge` goes into the
    /// attestation; where it is empty nobody will ask for one.
    fn create(
        &self,
        id: String,
        per_use: bool,
        challenge: Vec<u8>,
    ) -> Result<Arc<dyn DeviceKey>, DeviceKeyError>;
    /// Finds a key; `Lost` where there is none.
    fn open(&self, id: String) -> Result<Arc<dyn DeviceKey>, DeviceKeyError>;
    /// Deletes a key; deleting none is no error.
    fn delete(&self, id: String) -> Result<(), DeviceKeyError>;
}

/// Why the wrapping secret could not be loaded or saved.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error, uniffi::Error)]
pub enum SecretStoreFailure {
    /// The person declined.
    #[error("cancelled")]
    UserCancelled,
    /// The store failed.
    #[error("unavailable")]
    Unavailable,
}

impl From<UnexpectedUniFFICallbackError> for SecretStoreFailure {
    fn from(_: UnexpectedUniFFICallbackError) -> Self {
        Self::Unavailable
    }
}

impl From<SecretStoreFailure> for SecretStoreError {
    fn from(error: SecretStoreFailure) -> Self {
        match error {
            SecretStoreFailure::UserCancelled => Self::UserCancelled,
            SecretStoreFailure::Unavailable => Self::Unavailable,
        }
    }
}

/// Keeps one secret of at most 128 bytes outside the wallet's folder.
#[uniffi::export(with_foreign)]
pub trait SecretStore: Send + Sync {
    /// The secret last saved, or nothing.
    fn load(&self) -> Result<Option<Vec<u8>>, SecretStoreFailure>;
    /// Keeps the secret in place of the earlier one.
    fn save(&self, secret: Vec<u8>) -> Result<(), SecretStoreFailure>;
    /// Forgets it.
    fn erase(&self) -> Result<(), SecretStoreFailure>;
}

/// A foreign port as the core's.
pub(crate) struct Foreign<T: ?Sized>(pub(crate) Arc<T>);

/// A foreign way to a chip as the core's, which asks how long a command may be and takes no error for an answer.
pub(crate) struct Way {
    transport: Arc<dyn CardTransport>,
    longest: usize,
}

impl Way {
    /// Asks once what cannot change.
    pub(crate) fn to(transport: Arc<dyn CardTransport>) -> Result<Self, card::TransportError> {
        let longest = transport.max_command_len()?;
        Ok(Self { transport, longest: usize::try_from(longest).unwrap_or(usize::MAX) })
    }
}

impl From<TransportFailure> for card::TransportError {
    fn from(failure: TransportFailure) -> Self {
        match failure {
            TransportFailure::TagLost => Self::TagLost,
            TransportFailure::Timeout => Self::Timeout,
            TransportFailure::UserCancelled => Self::UserCancelled,
            TransportFailure::Unavailable => Self::Unavailable,
        }
    }
}

impl card::CardTransport for Way {
    fn max_command_len(&self) -> usize {
        self.longest
    }

    fn transceive(&mut self, command: &[u8]) -> Result<Vec<u8>, card::TransportError> {
        Ok(self.transport.transceive(command.to_vec())?)
    }
}

impl fmt::Debug for Foreign<dyn WaitListener> {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str("WaitListener")
    }
}

impl http_client::WaitListener for Foreign<dyn WaitListener> {
    fn waits(&self, pause: Duration) {
        // Rounded up, so that nobody expects it sooner.
        let seconds = u32::try_from(pause.as_millis().div_ceil(1_000)).unwrap_or(u32::MAX);
        let _ = self.0.waits(seconds);
    }
}

impl holder::KeyStore for Foreign<dyn KeyStore> {
    fn create(
        &self,
        id: &KeyId,
        policy: KeyPolicy,
        challenge: &[u8],
    ) -> Result<Arc<dyn holder::DeviceKey>, KeyError> {
        let per_use = policy == KeyPolicy::Approval;
        let key = self.0.create(id.as_str().to_owned(), per_use, challenge.to_vec())?;
        Ok(Arc::new(Foreign(key)))
    }

    fn open(&self, id: &KeyId) -> Result<Arc<dyn holder::DeviceKey>, KeyError> {
        Ok(Arc::new(Foreign(self.0.open(id.as_str().to_owned())?)))
    }

    fn delete(&self, id: &KeyId) -> Result<(), KeyError> {
        Ok(self.0.delete(id.as_str().to_owned())?)
    }
}

impl holder::DeviceKey for Foreign<dyn DeviceKey> {
    fn public_key(&self) -> Result<[u8; 65], KeyError> {
        self.0.public_key()?.try_into().map_err(|_| KeyError::Unavailable)
    }

    fn sign(&self, message: &[u8]) -> Result<[u8; 64], KeyError> {
        self.0.sign(message.to_vec())?.try_into().map_err(|_| KeyError::Unavailable)
    }

    fn attestation(&self) -> holder::KeyAttestation {
        // A key store that cannot say vouches for nothing; the key may be of use all the same.
        match self.0.attestation() {
            Ok(KeyAttestation::Android { chain }) => holder::KeyAttestation::Android(chain),
            Ok(KeyAttestation::Apple { object }) => holder::KeyAttestation::Apple(object),
            Ok(KeyAttestation::AppleAssertion { assertion }) => {
                holder::KeyAttestation::AppleAssertion(assertion)
            }
            Ok(KeyAttestation::Unattested) | Err(_) => holder::KeyAttestation::None,
        }
    }
}

impl holder::SecretStore for Foreign<dyn SecretStore> {
    fn load(&self) -> Result<Option<Secret<Vec<u8>>>, SecretStoreError> {
        Ok(self.0.load()?.map(Secret::new))
    }

    fn save(&self, secret: &Secret<Vec<u8>>) -> Result<(), SecretStoreError> {
        Ok(self.0.save(secret.expose().clone())?)
    }

    fn erase(&self) -> Result<(), SecretStoreError> {
        Ok(self.0.erase()?)
    }
}
