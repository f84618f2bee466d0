//! The electronic identity account: opened with a number and a phone, activated with a one-time code, raised to level 2 with
//! the chip card and the face, locked and unlocked by its holder.

pub(crate) mod message;
mod pin;
pub(crate) mod record;
mod step_up;

use http_client::Request;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use trust::p256::PublicKey;
use trust::time::Timestamp;

use crate::history::{Action, Event, append};
use crate::keys::Keys;
use crate::ports::KeyPolicy;
use crate::store::Table;
use crate::wallet::Wallet;
use crate::{Error, issuance, trust_list};
use message::{Contact, client, first};
use record::{ACCOUNT, AccountRecord, Stage};

pub use step_up::{CardAtHand, FaceCapture, StepUp};

/// Where an account is to be opened. There is no default: who is trusted is the caller's decision.
#[derive(Debug, Clone)]
pub struct Provider {
    /// https URL without trailing slash.
    pub url: String,
    /// The certificates that vouch for the provider's servers, PEM.
    pub roots_pem: Vec<u8>,
}

/// Who opens an account.
#[derive(Clone)]
pub struct Applicant {
    /// Personal number, 12 digits.
    pub personal_number: String,
    /// The phone number registered to this person.
    pub phone: String,
    /// What the person calls this device.
    pub device_name: String,
}

/// An account that waits for its one-time code.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Opened {
    /// The provider's name for the account.
    pub account: String,
    /// Where the code went, masked.
    pub code_sent_to: String,
    /// Seconds until the code expires.
    pub code_expires_in: u32,
}

/// How well the provider knows who the holder is (Decree 69/2024/ND-CP article 8).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "u8", into = "u8")]
pub enum Level {
    /// Opened, not active.
    None,
    /// Number and phone.
    One,
    /// Person and card.
    Two,
}

impl TryFrom<u8> for Level {
    type Error = &'static str;

    fn try_from(number: u8) -> Result<Self, Self::Error> {
        [Self::None, Self::One, Self::Two].get(usize::from(number)).copied().ok_or("no level of this number")
    }
}

impl From<Level> for u8 {
    fn from(level: Level) -> Self {
        match level {
            Level::None => 0,
            Level::One => 1,
            Level::Two => 2,
        }
    }
}

/// How the level was reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Method {
    /// The chip answered the server's challenge and the face was compared.
    #[serde(rename = "chip+face")]
    ChipAndFace,
    /// An officer at a counter.
    #[serde(rename = "counter")]
    Counter,
    /// Another way.
    #[serde(other, rename = "other")]
    Other,
}

/// What the account can do now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum AccountState {
    /// The one-time code is awaited.
    AwaitingCode,
    /// In use.
    Active,
    /// Locked; the provider knows why.
    Locked,
    /// Blocked after too many attempts.
    Blocked,
    /// Another state.
    #[serde(other)]
    Other,
}

/// Who locked an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum LockedBy {
    /// The holder, who can unlock it.
    Holder,
    /// Somebody else; the holder cannot.
    #[serde(other)]
    Other,
}

/// A device that the provider knows for this account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Device {
    /// What its owner calls it.
    #[serde(default, alias = "device_name")]
    pub name: String,
    /// Base64url thumbprint (RFC 7638) of its instance key.
    #[serde(default, alias = "device_key_thumbprint")]
    pub thumbprint: String,
}

/// The account as the provider sees it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountView {
    /// The provider's name for the account.
    pub account: String,
    /// The provider's URL.
    pub provider: String,
    /// The level reached.
    pub level: Level,
    /// Active or not.
    pub state: AccountState,
    /// Who locked it, where it is locked.
    pub locked_by: Option<LockedBy>,
    /// When the level was reached.
    pub verified_at: Option<Timestamp>,
    /// How the level was reached.
    pub method: Option<Method>,
    /// The devices known.
    pub devices: Vec<Device>,
}

/// Why the account cannot do what is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum AccountError {
    /// No account was opened with this wallet.
    #[error("no account has been opened with this wallet")]
    NoAccount,
    /// This wallet has an active account.
    #[error("this wallet has an active account already")]
    AlreadyActive,
    /// The provider's URL is not a https URL without query and trailing slash.
    #[error("the provider's address is not a plain https address")]
    BadProvider,
    /// The provider's answer has not the agreed content.
    #[error("the provider's answer is not what was agreed")]
    UnexpectedAnswer,
    /// No PIN has been set.
    #[error("no PIN has been set")]
    NoPin,
    /// The card did not answer this step-up's challenge, so it proves nothing to the provider.
    #[error("the card did not answer the provider's challenge")]
    NoActiveResponse,
    /// The card reading has no face.
    #[error("the card reading has no face")]
    NoFace,
}

/// The wallet's account. Every method but [`Account::remembered`] reaches the network and needs a tokio runtime.
#[derive(Clone, Copy)]
pub struct Account<'w> {
    pub(crate) wallet: &'w Wallet,
}

#[derive(Deserialize)]
struct Shown {
    level: Level,
    state: AccountState,
    locked_by: Option<LockedBy>,
    verified_at: Option<String>,
    method: Option<Method>,
    #[serde(default)]
    devices: Vec<Device>,
}

impl Account<'_> {
    /// Opens an account: makes the instance key, pins the provider's trust root, and has a one-time code sent. An account
    /// that was opened and never activated is given up for the new one.
    ///
    /// # Errors
    /// [`AccountError::AlreadyActive`] where this wallet has an active account; what the provider refuses.
    pub async fn open(self, provider: &Provider, who: &Applicant, now: Timestamp) -> Result<Opened, Error> {
        let earlier = AccountRecord::load(&self.wallet.vault.store()).ok();
        if earlier.as_ref().is_some_and(|record| record.stage == Stage::Active) {
            return Err(AccountError::AlreadyActive.into());
        }
        if provider.url.ends_with('/') || issuance::https_identifier(&provider.url).is_err() {
            return Err(AccountError::BadProvider.into());
        }
        let client = client(&provider.roots_pem)?;
        let trust_root = fetch_trust_root(&client, &provider.url).await?;
        let key = self.wallet.keys.create(&self.wallet.vault, KeyPolicy::Presentation, &[])?;
        let members = Map::from_iter([
            ("personal_number".to_owned(), json!(who.personal_number)),
            ("phone".to_owned(), json!(who.phone)),
            ("device_name".to_owned(), json!(who.device_name)),
        ]);
        let (opened, server_time): (Opened, i64) =
            first(&client, &provider.url, "/account/open", "open", members, key.key()?).await?;
        let record = AccountRecord {
            provider: provider.url.clone(),
            roots_pem: provider.roots_pem.clone(),
            trust_root: trust_root.uncompressed().to_vec(),
            account: opened.account.clone(),
            instance_key: key.id().to_owned(),
            sequence: 1,
            stage: Stage::AwaitingCode,
            level: Level::None,
            verified_at: None,
            method: None,
            clock_offset: server_time - now.as_unix(),
        };
        key.keep(|change| {
            if let Some(earlier) = &earlier {
                Keys::doom(change, &earlier.instance_key)?;
            }
            trust_list::forget(change)?;
            pin::forget(change)?;
            change.put(Table::Account, ACCOUNT, &record)?;
            append(change, now, Event::AccountOpened)?;
            Ok(())
        })?;
        if let Some(earlier) = earlier {
            self.wallet.keys.delete(&self.wallet.vault, &earlier.instance_key)?;
        }
        Ok(opened)
    }

    /// Activates the account with the one-time code; ends at level 1.
    ///
    /// # Errors
    /// What the provider refuses: a wrong code comes with the attempts left.
    pub async fn activate(self, code: &str, now: Timestamp) -> Result<Level, Error> {
        #[derive(Deserialize)]
        struct Activated {
            level: Level,
        }
        let mut contact = Contact::of(self.wallet)?;
        let members = Map::from_iter([("code".to_owned(), json!(code))]);
        let answer = contact.ask::<Activated>("/account/activate", "activate", members, now).await;
        let level = self.wallet.note_refusal(Action::OpenAccount, now, answer)?.level;
        self.update(now, Some(Event::AccountActivated { level: level.into() }), |record| {
            record.stage = Stage::Active;
            record.level = level;
        })?;
        Ok(level)
    }

    /// Asks the provider how the account stands, and remembers it.
    pub async fn show(self, now: Timestamp) -> Result<AccountView, Error> {
        let mut contact = Contact::of(self.wallet)?;
        let shown: Shown = contact.ask("/account/show", "show", Map::new(), now).await?;
        let verified_at = shown
            .verified_at
            .as_deref()
            .map(Timestamp::parse_rfc3339)
            .transpose()
            .map_err(|_| AccountError::UnexpectedAnswer)?;
        self.update(now, None, |record| {
            // An activation whose answer was lost is found out here.
            if shown.level >= Level::One {
                record.stage = Stage::Active;
            }
            record.level = shown.level;
            record.verified_at = verified_at.map(Timestamp::as_unix);
            record.method = shown.method;
        })?;
        Ok(AccountView {
            account: contact.record.account,
            provider: contact.record.provider,
            level: shown.level,
            state: shown.state,
            locked_by: shown.locked_by,
            verified_at,
            method: shown.method,
            devices: shown.devices,
        })
    }

    /// The account as this device last heard of it. No network.
    ///
    /// # Errors
    /// [`AccountError::NoAccount`] where none was opened.
    pub fn remembered(self) -> Result<AccountView, Error> {
        let record = AccountRecord::load(&self.wallet.vault.store())?;
        let state = match record.stage {
            Stage::AwaitingCode => AccountState::AwaitingCode,
            Stage::Active => AccountState::Active,
        };
        Ok(AccountView {
            account: record.account,
            provider: record.provider,
            level: record.level,
            state,
            locked_by: None,
            verified_at: record.verified_at.map(Timestamp::from_unix),
            method: record.method,
            devices: Vec::new(),
        })
    }

    /// Locks the account at once.
    pub async fn lock(self, now: Timestamp) -> Result<(), Error> {
        self.switch("/account/lock", "lock", Event::AccountLocked, now).await
    }

    /// Lifts the holder's own lock; a lock set by an authority stays.
    pub async fn unlock(self, now: Timestamp) -> Result<(), Error> {
        self.switch("/account/unlock", "unlock", Event::AccountUnlocked, now).await
    }

    async fn switch(&self, path: &str, operation: &str, event: Event, now: Timestamp) -> Result<(), Error> {
        let mut contact = Contact::of(self.wallet)?;
        let answer = contact.ask::<Value>(path, operation, Map::new(), now).await;
        self.wallet.note_refusal(Action::Lock, now, answer)?;
        self.update(now, Some(event), |_| {})
    }

    /// Changes what is remembered, with its history entry, in one transaction.
    pub(crate) fn update(
        &self,
        now: Timestamp,
        event: Option<Event>,
        edit: impl FnOnce(&mut AccountRecord),
    ) -> Result<(), Error> {
        self.wallet.vault.change(|change| {
            let mut record: AccountRecord =
                change.read(Table::Account, ACCOUNT)?.ok_or(AccountError::NoAccount)?;
            edit(&mut record);
            change.put(Table::Account, ACCOUNT, &record)?;
            if let Some(event) = event {
                append(change, now, event)?;
            }
            Ok(())
        })
    }
}

async fn fetch_trust_root(client: &http_client::Client, provider: &str) -> Result<PublicKey, Error> {
    let answer = client.fetch(Request::get(&format!("{provider}/trust/root.pub"))?).await?;
    trust_root_from_text(answer.text()?).ok_or(AccountError::UnexpectedAnswer.into())
}

/// 65 bytes in hex, as a trust folder's `root.pub` holds them.
fn trust_root_from_text(text: &str) -> Option<PublicKey> {
    let text = text.trim();
    let digits = text.as_bytes().chunks(2).map(|pair| {
        let pair = std::str::from_utf8(pair).ok().filter(|pair| pair.len() == 2 && !pair.starts_with('+'))?;
        u8::from_str_radix(pair, 16).ok()
    });
    PublicKey::from_uncompressed(&digits.collect::<Option<Vec<u8>>>()?).ok()
}
