//! The core for Kotlin, Swift and Python over uniffi: the wallet's path from card to QR, and the clinic's check. It
//! converts and never decides. Ports are synchronous and called from a worker thread; what reaches the network is
//! `suspend` in Kotlin and `async` in Swift and Python. Times are seconds since 1970-01-01 UTC, read by the shell.
mod clinic_check;
mod consent;
mod error;
mod ports;
mod records;
mod wallet;

pub use clinic_check::{CheckError, ClinicFolders, check_scanned};
pub use consent::{Consent, ConsentDetails, ConsentRequest, Recognised};
pub use error::SenError;
pub use ports::{
    CardTransport, DeviceKey, DeviceKeyError, KeyStore, ReadingListener, SecretStore, SecretStoreFailure,
    TransportFailure,
};
pub use records::{Credential, HistoryLine, OpenedAccount, QrCode, ReadingStep};
pub use wallet::Wallet;

uniffi::setup_scaffolding!("sen");
