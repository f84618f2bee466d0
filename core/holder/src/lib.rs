//! The wallet's use cases: account, keys, issuance, present, history, store.

mod account;
mod error;
mod history;
mod issuance;
mod keys;
mod ports;
mod present;
mod store;
mod vault;
mod wallet;

pub use account::{
    Account, AccountError, AccountState, AccountView, Applicant, Device, FaceCapture, Level, Method, Opened,
    Provider, StepUp,
};
pub use error::{Error, Kind};
pub use history::{Action, Event, HistoryEntry};
pub use issuance::{InputMode, IssuanceError, TransactionCode};
pub use ports::{
    DeviceKey, KeyAttestation, KeyError, KeyId, KeyPolicy, KeyStore, ProgressListener, SecretStore,
    SecretStoreError, Silent, Step,
};
pub use present::PresentError;
pub use store::StoreError;
pub use wallet::Wallet;
