//! The wallet's use cases: account, keys, issuance, present, history, store.
//!
//! For the shells (phone, computer, bindings): they bring a folder, three ports and the time, and call one method a use case. Where there are no
//! folders, as in a page, a wallet is in memory and its bytes are kept elsewhere: [`Wallet::open_in_memory`], [`Wallet::to_saved`].
//!
//! | use case | call | needs network |
//! |---|---|---|
//! | open an account at level 1 | [`Account::open`], [`Account::activate`] | yes |
//! | reach level 2 | [`Account::step_up`] (or its three parts) | yes |
//! | look, lock, unlock | [`Account::show`], [`Account::remembered`], [`Account::lock`], [`Account::unlock`] | all but `remembered` |
//! | move it to this phone with the card | [`Account::move_here`] (or its parts), then [`Account::show`] | yes |
//! | move it from phone to phone | [`Account::receive`], [`Account::read_new_phone`], [`Account::hand_over`], [`Account::claim`], [`Account::obtain_carried`] | yes |
//! | cancel what waits, a lost phone, the end | [`Account::cancel_pending`], [`Account::new_revocation_code`], [`Account::close`] | yes |
//! | act for persons in care | [`Account::wards`], [`Account::act_for`] | yes |
//! | recover a forgotten PIN | [`Account::recover_pin`] (or its parts) | yes |
//! | set, change and use a PIN | [`Account::set_pin`], [`Account::change_pin`], [`Account::check_pin`] | yes |
//! | obtain credentials | [`Account::read_offer`], [`Account::obtain_credential`] | yes |
//! | obtain documents of any issuer | [`Wallet::read_offer`], [`Wallet::obtain_documents`], [`Account::obtain_document`] | yes |
//! | the same with a browser between | [`Wallet::begin_authorisation`], [`Authorisation::finish`] | yes |
//! | fetch late ones, fetch anew | [`Wallet::awaited`], [`Wallet::fetch_awaited`], [`Wallet::give_up_awaited`], [`Wallet::refresh_document`] | yes |
//! | keep them fresh | [`Wallet::due`], [`Account::refresh_due`], [`Wallet::warnings`] | to refresh |
//! | look at them, delete one | [`Wallet::credentials`], [`Wallet::delete_credential`] | no |
//! | ask the person what may go to whom | [`Wallet::ask_consent`], [`Wallet::decline`] | no |
//! | show one at a clinic | [`Wallet::present_qr`] | no |
//! | at a level that the provider states | [`Account::obtain_level_statement`], [`Wallet::at_stated_level`] | to obtain it |
//! | answer a portal, bank or cash machine | [`Wallet::read_request`], [`Wallet::answer_request`], [`Wallet::decline_request`] | yes |
//! | know whom the nation vouches for | [`Account::national_anchors`], [`Account::refresh_trust_list`] | where the list is a day old |
//! | report what was fraud, for the authority | [`Wallet::report_fraud`], then [`Wallet::export_history`] | no |
//! | see every use and refusal | [`Wallet::history`], [`Wallet::recipients`], [`Wallet::export_history`], [`Wallet::verify_history`] | no |
//!
//! What it keeps to:
//! - Private keys have no type here. A [`KeyStore`] makes them, one for the account and one a credential, and signs only bytes
//!   that this crate built.
//! - Everything stored is sealed, under a key that lives in the [`SecretStore`]; each use case is one transaction. After a crash
//!   nothing is half there: a key that belongs to nothing is deleted at the next opening.
//! - What comes from outside is verified before it is stored: the trust list under the root pinned when the account was opened,
//!   a credential under the trust list, its key against ours.
//! - Nothing is shown without a [`Consent`], which only the person's answer to a [`ConsentRequest`] gives.
//! - An [`Error`] says what the shell does next ([`Error::kind`]) and why ([`Error::code`]); it holds nothing personal.
//!
//! It does not decide whether a card or a presentation is genuine (that is the provider's and the verifier's matter), reads no
//! clock, draws no QR, and prompts nobody.
//!
//! ```
//! use std::sync::{Arc, Mutex};
//!
//! use holder::{DeviceKey, Kind, KeyError, KeyId, KeyPolicy, KeyStore, SecretStore, SecretStoreError, Wallet};
//! use trust::secret::Secret;
//! use trust::time::Timestamp;
//!
//! /// A device without any key: good enough for an empty wallet.
//! struct NoKeys;
//! impl KeyStore for NoKeys {
//!     fn create(&self, _: &KeyId, _: KeyPolicy, _: &[u8]) -> Result<Arc<dyn DeviceKey>, KeyError> {
//!         Err(KeyError::Unavailable)
//!     }
//!     fn open(&self, _: &KeyId) -> Result<Arc<dyn DeviceKey>, KeyError> {
//!         Err(KeyError::Lost)
//!     }
//!     fn delete(&self, _: &KeyId) -> Result<(), KeyError> {
//!         Ok(())
//!     }
//! }
//!
//! /// Real ones use Android Keystore, the iOS Keychain, or the computer's keyring.
//! #[derive(Default)]
//! struct InMemory(Mutex<Option<Vec<u8>>>);
//! impl SecretStore for InMemory {
//!     fn load(&self) -> Result<Option<Secret<Vec<u8>>>, SecretStoreError> {
//!         Ok(self.0.lock().unwrap().clone().map(Secret::new))
//!     }
//!     fn save(&self, secret: &Secret<Vec<u8>>) -> Result<(), SecretStoreError> {
//!         *self.0.lock().unwrap() = Some(secret.expose().clone());
//!         Ok(())
//!     }
//!     fn erase(&self) -> Result<(), SecretStoreError> {
//!         *self.0.lock().unwrap() = None;
//!         Ok(())
//!     }
//! }
//!
//! # let folder = std::env::temp_dir().join(format!("sen-holder-example-{}", std::process::id()));
//! # std::fs::create_dir_all(&folder).unwrap();
//! let wallet = Wallet::open(&folder, Arc::new(InMemory::default()), Arc::new(NoKeys))?;
//! assert!(wallet.credentials()?.is_empty());
//!
//! let now = Timestamp::from_unix(1_780_000_000);
//! let error = wallet.ask_consent(holder::CredentialName::HealthInsurance, None, None, now).unwrap_err();
//! assert_eq!((error.kind(), error.code()), (Kind::NotReady, "present.no_credential"));
//! # drop(wallet);
//! # std::fs::remove_dir_all(&folder).unwrap();
//! # Ok::<(), holder::Error>(())
//! ```

// Under this name the tests' stand-ins know the crate.
#[cfg(test)]
extern crate self as holder;

mod account;
mod attestation;
mod consent;
mod credentials;
mod documents;
mod error;
mod history;
mod issuance;
mod keys;
mod online;
mod pin;
mod ports;
mod present;
mod renewal;
mod stated_level;
mod store;
mod trust_list;
mod vault;
mod wallet;

pub use account::{
    Account, AccountError, AccountState, AccountView, Applicant, AwaitedReading, CardAtHand, Device,
    DeviceState, FaceCapture, Level, LockedBy, Method, NewPhone, Opened, Pending, PendingKind, PinStanding,
    Provider, ReadingRequest, Received, RevocationCode, ShownCode, StatedLevel, StepUp, Ward, WardAccount,
    WardAct,
};
pub use consent::{Audience, Consent, ConsentRequest, Recognised};
pub use credentials::{CredentialInfo, CredentialName, Warning};
pub use documents::{DocumentFormat, DocumentInfo};
pub use error::{Error, Kind};
pub use history::{Action, Event, HistoryEntry, HistoryError, Recipient, Suspect};
#[cfg(fuzzing)]
pub use issuance::fuzzing;
pub use issuance::{
    Authorisation, AwaitedInfo, InputMode, IssuanceError, Issuers, OfferInfo, TransactionCode, WalletClient,
    Wanted,
};
pub use online::{Answered, Choice, OnlineConsent, OnlineError, OnlineRequest, OnlineTrust, VerifierWords};
pub use pin::{Pin, PinRefused};
pub use ports::{
    DeviceKey, KeyAttestation, KeyError, KeyId, KeyPolicy, KeyStore, ProgressListener, SecretStore,
    SecretStoreError, Silent, Step,
};
pub use present::{PresentError, Presenter, QrFrame};
pub use renewal::{Renewable, Renewed};
pub use store::StoreError;
pub use trust_list::NationalAnchors;
pub use wallet::Wallet;
