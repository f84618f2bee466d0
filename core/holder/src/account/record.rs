//! What the wallet remembers of its account.

use serde::{Deserialize, Serialize};
use trust::p256::PublicKey;
use trust::time::Timestamp;

use crate::Error;
use crate::account::{AccountError, Level, Method};
use crate::store::{Store, Table};

/// The one account of this wallet.
pub(crate) const ACCOUNT: &str = "account";

/// How far the account has come, as this phone knows it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Stage {
    /// Opened; the one-time code is awaited.
    AwaitingCode,
    /// Active.
    Active,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct AccountRecord {
    /// The provider's URL: issuer identifier and audience of every message, byte for byte.
    pub(crate) provider: String,
    #[serde(with = "serde_bytes")]
    pub(crate) roots_pem: Vec<u8>,
    /// The root of the trust list, uncompressed, pinned when the account was opened.
    #[serde(with = "serde_bytes")]
    pub(crate) trust_root: Vec<u8>,
    pub(crate) account: String,
    pub(crate) instance_key: String,
    /// The number of the last message sent. Rises before a message leaves, so that no number is used twice.
    pub(crate) sequence: u64,
    pub(crate) stage: Stage,
    pub(crate) level: Level,
    pub(crate) verified_at: Option<i64>,
    pub(crate) method: Option<Method>,
    /// Server time minus device time at the last contact, in seconds.
    pub(crate) clock_offset: i64,
}

impl AccountRecord {
    /// The account, at whatever stage.
    pub(crate) fn load(store: &Store) -> Result<Self, Error> {
        store.read(Table::Account, ACCOUNT)?.ok_or(Error::Account(AccountError::NoAccount))
    }

    pub(crate) fn trust_root(&self) -> Result<PublicKey, Error> {
        PublicKey::from_uncompressed(&self.trust_root).map_err(|_| Error::Store(crate::StoreError::Record))
    }

    /// The server's time as far as the wallet knows it.
    pub(crate) fn corrected(&self, now: Timestamp) -> Timestamp {
        now.plus_seconds(self.clock_offset)
    }
}
