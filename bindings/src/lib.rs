//! The core for Kotlin, Swift and Python over uniffi: the whole wallet, and the clinic's check. It converts and never decides.
//! Ports are synchronous and called from a worker thread; what reaches the network is `suspend` in Kotlin and `async` in Swift
//! and Python, and may call a port while it runs: not to be awaited on the thread that prompts. Times are seconds since
//! 1970-01-01 UTC, read by the shell.
mod account;
mod account_view;
mod borrowed_reader;
mod card_proof;
mod card_read;
mod clinic_check;
mod consent;
mod documents;
mod error;
mod history;
mod online;
mod ports;
mod qr;
mod records;
mod renewal;
mod showing;
mod stated_level;
mod transfer;
mod trust_list;
mod wallet;

pub use account::{AccountApplicant, AccountProvider, LostPhoneCode, erase_wallet, pin_has_six_digits};
pub use account_view::{
    AccountState, AccountView, LevelMethod, LockedBy, Pending, PendingKind, Phone, PhoneState, PinStanding,
    Ward, WardAccount, WardAct,
};
pub use borrowed_reader::{BorrowedReader, ReadingRequest};
pub use card_proof::{CardProof, Proven};
pub use card_read::CardKey;
pub use clinic_check::{CheckError, ClinicFolders, check_scanned};
pub use consent::{Consent, ConsentDetails, ConsentRequest, Recognised};
pub use documents::{Authorisation, AwaitedDocument, BelievedIssuers, Document, Offer, TransactionCode};
pub use error::SenError;
pub use history::{HistoryLine, HistoryRecipient};
pub use online::{
    Approval, Asker, BelievedVerifiers, OnlineChoice, OnlineConsent, OnlineDetails, OnlineRequest,
    Registration,
};
pub use ports::{
    CardTransport, DeviceKey, DeviceKeyError, KeyAttestation, KeyStore, ListenerFailure, ReadingListener,
    SecretStore, SecretStoreFailure, TransportFailure, WaitListener,
};
pub use qr::{QrModules, draw_qr};
pub use records::{Credential, OpenedAccount, QrCode, ReadingStep, Warning};
pub use renewal::Refreshed;
pub use showing::QrCodes;
pub use stated_level::StatedLevel;
pub use transfer::{NewPhone, Received, TransferCode};
pub use trust_list::{Anchor, KeptTrustList, NationalAnchors};
pub use wallet::Wallet;

uniffi::setup_scaffolding!("sen");
