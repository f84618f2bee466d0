//! What the wallet remembers of its account.

use serde::{Deserialize, Serialize};
use trust::p256::PublicKey;
use trust::time::Timestamp;

use super::standing::{Level, Proof, Stage, Standing};
use super::view::{AccountState, LockedBy, Pending, PinStanding};
use crate::Error;
use crate::account::AccountError;
use crate::store::{Store, Table};

/// The one account of this wallet.
pub(crate) const ACCOUNT: &str = "account";

#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct AccountRecord {
    /// The provider's URL: issuer identifier and audience of every message, byte for byte.
    pub(crate) provider: String,
    #[serde(with = "serde_bytes")]
    pub(crate) roots_pem: Vec<u8>,
    /// The root of the trust list, uncompressed, pinned when the account was opened.
    #[serde(with = "serde_bytes")]
    pub(crate) trust_root: Vec<u8>,
    /// Empty until the provider named it.
    pub(crate) account: String,
    pub(crate) instance_key: String,
    /// The number of the last message sent. Rises before a message leaves, so that no number is used twice.
    pub(crate) sequence: u64,
    pub(crate) stage: Stage,
    pub(crate) level: Level,
    #[serde(default)]
    pub(crate) proof: Option<Proof>,
    /// Server time minus device time at the last contact, in seconds.
    pub(crate) clock_offset: i64,
    /// The newest time that the provider ever named.
    #[serde(default)]
    pub(crate) newest_time: i64,
    /// What the device is called, until the provider knows it.
    #[serde(default)]
    pub(crate) device_name: String,
    /// Handed over by the old phone, and the provider has not said yet at which level: it counts as 1 until then.
    #[serde(default)]
    pub(crate) level_unsaid: bool,
    #[serde(default)]
    pub(crate) told: Option<Told>,
}

/// What the provider last said of the account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Told {
    /// The provider's time then.
    pub(crate) at: i64,
    pub(crate) state: AccountState,
    pub(crate) locks: Vec<LockedBy>,
    pub(crate) pin: PinStanding,
    pub(crate) pending: Option<Pending>,
}

impl Told {
    /// Notes a lock that the holder set, or that the provider mentioned in a refusal.
    pub(crate) fn lock(&mut self, lock: LockedBy) {
        self.state = AccountState::Locked;
        if !self.locks.contains(&lock) {
            self.locks.push(lock);
        }
    }

    pub(crate) fn unlock(&mut self, lock: LockedBy) {
        self.locks.retain(|set| *set != lock);
        if self.locks.is_empty() {
            self.state = AccountState::Active;
        }
    }
}

impl AccountRecord {
    /// The account, at whatever stage.
    pub(crate) fn load(store: &Store) -> Result<Self, Error> {
        store.read(Table::Account, ACCOUNT)?.ok_or(Error::Account(AccountError::NoAccount))
    }

    pub(crate) fn trust_root(&self) -> Result<PublicKey, Error> {
        PublicKey::from_uncompressed(&self.trust_root).map_err(|_| Error::Store(crate::StoreError::Record))
    }

    pub(crate) const fn standing(&self) -> Standing {
        Standing { stage: self.stage, level: self.level, proof: self.proof }
    }

    pub(crate) const fn set_standing(&mut self, standing: Standing) {
        (self.stage, self.level, self.proof) = (standing.stage, standing.level, standing.proof);
    }

    /// Takes in the provider's time at a contact.
    pub(crate) fn learn_time(&mut self, server_time: i64, now: Timestamp) {
        self.clock_offset = server_time - now.as_unix();
        self.newest_time = self.newest_time.max(server_time);
    }

    /// The server's time as far as the wallet knows it.
    pub(crate) fn corrected(&self, now: Timestamp) -> Timestamp {
        now.plus_seconds(self.clock_offset)
    }

    /// The same, never earlier than what the provider has named: a clock that is set back ends no waiting.
    pub(crate) fn corrected_forward(&self, now: Timestamp) -> Timestamp {
        self.corrected(now).max(Timestamp::from_unix(self.newest_time))
    }

    /// What was last told, to be changed; where nothing was, what the stage says.
    pub(crate) fn told_mut(&mut self, now: Timestamp) -> &mut Told {
        let (at, state) = (self.corrected_forward(now).as_unix(), AccountState::of(self.stage));
        self.told.get_or_insert(Told {
            at,
            state,
            locks: Vec::new(),
            pin: PinStanding::default(),
            pending: None,
        })
    }
}
