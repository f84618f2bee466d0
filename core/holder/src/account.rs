//! The electronic identity account: opened with a number and a phone, activated with a one-time code, raised to level 2 with
//! the chip card and the face, locked and unlocked by its holder.

mod beginning;
mod borrowed_reader;
mod departure;
mod evidence;
mod level;
pub(crate) mod message;
mod new_phone;
mod pin;
pub(crate) mod record;
mod safety;
mod standing;
mod step_up;
mod transfer;
mod view;
mod wards;

use http_client::ServerCode;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use trust::time::Timestamp;

use crate::history::{Action, Event, append};
use crate::store::Table;
use crate::wallet::Wallet;
use crate::{Error, issuance};
use beginning::new_record;
use message::{Contact, first};
use record::{ACCOUNT, AccountRecord, Told};
use standing::{Stage, Turn};

pub use borrowed_reader::{AwaitedReading, ReadingRequest};
pub use evidence::{CardAtHand, FaceCapture, StepUp};
pub use level::StatedLevel;
pub use safety::RevocationCode;
pub use standing::{Level, Method};
pub use transfer::{NewPhone, Received, ShownCode};
pub use view::{AccountState, AccountView, Device, DeviceState, LockedBy, Pending, PendingKind, PinStanding};
pub use wards::{Ward, WardAccount, WardAct};

/// Where an account is to be opened. There is no default: who is trusted is the caller's decision.
#[derive(Debug, Clone)]
pub struct Provider {
    /// https URL without trailing slash.
    pub url: String,
    /// The certificates that vouch for the provider's servers, PEM.
    pub roots_pem: Vec<u8>,
}

impl Provider {
    fn check_address(&self) -> Result<(), AccountError> {
        let plain = !self.url.ends_with('/') && issuance::https_identifier(&self.url).is_ok();
        if plain { Ok(()) } else { Err(AccountError::BadProvider) }
    }
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
    /// The account is on another phone; this one was emptied.
    #[error("the account is on another phone now; this one has been emptied")]
    Replaced,
    /// This phone was reported lost and emptied.
    #[error("this phone was reported lost; it has been emptied")]
    ReportedLost,
    /// Somebody objected from the phone in use: this phone does not get the account.
    #[error("the move to this phone was cancelled")]
    Cancelled,
    /// The old phone has not handed the account over to this one.
    #[error("the other phone has not handed the account over yet")]
    NotHandedOver,
    /// The text is not the code of a new phone.
    #[error("this is not the code of a new phone")]
    BadTransferCode,
    /// The new phone's code is too old, or its clock is far from this one's.
    #[error("the new phone's code is too old: show a new one")]
    TransferCodeOld,
    /// The text is not the code of a phone that borrows a reader.
    #[error("this is not the code of a phone that wants a card read")]
    BadReaderCode,
    /// That code is too old, or its phone's clock is far from this one's.
    #[error("the other phone's code is too old: show a new one")]
    ReaderCodeOld,
    /// What came is no reading of a card for this phone and purpose.
    #[error("what the other phone sent is not the reading that was asked for")]
    BadReading,
    /// This is not the account's phone, or not yet.
    #[error("this phone is not the account's, or not yet")]
    NotInUse,
}

/// The wallet's account. Every method but [`Account::remembered`] reaches the network and needs a tokio runtime.
#[derive(Clone, Copy)]
pub struct Account<'w> {
    pub(crate) wallet: &'w Wallet,
}

impl Account<'_> {
    /// Where the account is.
    ///
    /// # Errors
    /// [`AccountError::NoAccount`].
    pub fn provider(self) -> Result<Provider, Error> {
        let record = AccountRecord::load(&self.wallet.vault.store())?;
        Ok(Provider { url: record.provider, roots_pem: record.roots_pem })
    }

    /// Opens an account: makes the instance key, pins the provider's trust root, and has a one-time code sent. An account
    /// that was opened and never activated is given up for the new one.
    ///
    /// # Errors
    /// [`AccountError::AlreadyActive`] where this wallet has an active account; `account.device_waiting` where one is on its way to
    /// it; what the provider refuses.
    pub async fn open(self, provider: &Provider, who: &Applicant, now: Timestamp) -> Result<Opened, Error> {
        let (client, trust_root) = self.reach(provider, now).await?;
        let members = Map::from_iter([
            ("personal_number".to_owned(), json!(who.personal_number)),
            ("phone".to_owned(), json!(who.phone)),
            ("device_name".to_owned(), json!(who.device_name)),
        ]);
        let call = ("/account/open", "open");
        let answer = first(self.wallet, &client, &provider.url, call, members).await;
        let (opened, server_time, key): (Opened, _, _) =
            self.wallet.note_refusal(Action::OpenAccount, now, answer)?;
        let record = AccountRecord {
            account: opened.account.clone(),
            sequence: 1,
            ..new_record(provider, &trust_root, key.id(), &who.device_name, Stage::AwaitingCode)
        };
        self.begin_with(key, record, server_time, now, |change| {
            Ok(append(change, now, Event::AccountOpened).map(drop)?)
        })?;
        Ok(opened)
    }

    /// Activates the account with the one-time code; ends at level 1, or, for a child or ward, before the guardian's consent. Where
    /// the answer to an earlier try was lost, it ends at what became of that.
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
        if answer.as_ref().is_err_and(|error| error.server_code() == ServerCode::AlreadyActive) {
            // The answer to an earlier try was lost; what became of it the provider says to this phone alone.
            return Ok(self.show(now).await?.level);
        }
        let level = self.wallet.note_refusal(Action::OpenAccount, now, answer)?.level;
        if level == Level::None {
            self.turn(now, Turn::ConsentAwaited, |_| {})?;
            return Ok(Level::None);
        }
        self.turn(now, Turn::CodeMatched, |_| {})?;
        Ok(Level::One)
    }

    /// Locks the account at once.
    pub async fn lock(self, now: Timestamp) -> Result<(), Error> {
        let locked = |view: &AccountView| view.locks.contains(&LockedBy::Holder);
        self.ask_action("/account/lock", "lock", Action::Lock, locked, now).await?;
        self.update(now, Some(Event::AccountLocked), |record| record.told_mut(now).lock(LockedBy::Holder))
    }

    /// Lifts the holder's own lock; a lock set by an authority stays.
    pub async fn unlock(self, now: Timestamp) -> Result<(), Error> {
        let unlocked = |view: &AccountView| !view.locks.contains(&LockedBy::Holder);
        self.ask_action("/account/unlock", "unlock", Action::Lock, unlocked, now).await?;
        self.update(now, Some(Event::AccountUnlocked), |record| record.told_mut(now).unlock(LockedBy::Holder))
    }

    /// Ends the account, for good. What this phone holds of it is deleted; the history stays.
    pub async fn close(self, now: Timestamp) -> Result<(), Error> {
        let closed = |view: &AccountView| view.state == AccountState::Closed;
        self.ask_action("/account/close", "close", Action::Lock, closed, now).await?;
        departure::empty(self.wallet, Turn::ClosedByHolder, now)
    }

    /// An instruction without members whose answer says nothing more. Where it is refused because an earlier try was taken, whose
    /// answer was lost, the account is `done` by now and was not before.
    async fn ask_action(
        &self,
        path: &str,
        operation: &str,
        action: Action,
        done: impl Fn(&AccountView) -> bool,
        now: Timestamp,
    ) -> Result<(), Error> {
        let mut contact = Contact::of(self.wallet)?;
        let undone = !done(&self.remembered()?);
        let answer = contact.ask::<Value>(path, operation, Map::new(), now).await;
        let too_late = [
            ServerCode::AccountLocked,
            ServerCode::NotHolderLock,
            ServerCode::AccountNotActive,
            ServerCode::NothingPending,
        ];
        let refused = answer.as_ref().is_err_and(|error| too_late.contains(&error.server_code()));
        if undone && refused && done(&self.show(now).await?) {
            return Ok(());
        }
        self.wallet.note_refusal(action, now, answer).map(drop)
    }

    fn earlier(&self) -> Option<AccountRecord> {
        AccountRecord::load(&self.wallet.vault.store()).ok()
    }

    /// Moves the phone's standing by a turn of the table, with what the history says of it and what else changes, in one transaction.
    fn turn(&self, now: Timestamp, turn: Turn, edit: impl FnOnce(&mut AccountRecord)) -> Result<(), Error> {
        self.wallet.vault.change(|change| {
            let mut record: AccountRecord =
                change.read(Table::Account, ACCOUNT)?.ok_or(AccountError::NoAccount)?;
            let before = record.standing();
            let after = before.after(turn).map_err(|_| AccountError::NotInUse)?;
            record.set_standing(after);
            if after.stage != before.stage {
                // What was said of another stage says nothing of this one.
                record.told = None;
            }
            let told = matches!(turn, Turn::ToldLevel1 | Turn::ToldProof(_));
            // A level that the account had on the old phone is not reached here.
            let said_at_last = told && std::mem::take(&mut record.level_unsaid);
            edit(&mut record);
            change.put(Table::Account, ACCOUNT, &record)?;
            if let Some(event) = before.noted(turn, after).filter(|_| !said_at_last) {
                append(change, now, event)?;
            }
            Ok(())
        })
    }

    /// Takes in what the provider told when it was asked: where an earlier answer was lost, this is how the phone learns of it.
    fn taken_over(&self, now: Timestamp, turn: Option<Turn>, told: Told) -> Result<(), Error> {
        match turn {
            Some(Turn::ClosedByHolder) => departure::empty(self.wallet, Turn::ClosedByHolder, now),
            Some(turn) => self.turn(now, turn, |record| record.told = Some(told)),
            None => self.update(now, None, |record| record.told = Some(told)),
        }
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
