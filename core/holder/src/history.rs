//! Every use and refusal, append-only and hash-chained, kept for five years.

pub(crate) mod chain;
mod report;
mod view;

use serde::{Deserialize, Serialize};
use trust::time::Timestamp;

use crate::Error;
use crate::account::WardAct;
use crate::wallet::Wallet;

pub(crate) use chain::{Head, Kept, append, continues, head, newest, start};
pub use report::{HistoryError, Suspect};
pub use view::Recipient;

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Event {
    /// An account was opened, not yet active.
    AccountOpened,
    /// The account became active at this level.
    AccountActivated {
        /// Identification level, 1 or 2.
        level: u8,
    },
    /// The account reached this level.
    LevelRaised {
        /// Identification level.
        level: u8,
    },
    /// The holder locked the account.
    AccountLocked,
    /// The holder unlocked the account.
    AccountUnlocked,
    /// The account came to this phone: with the card, or from the old phone.
    PhoneTaken,
    /// This phone handed the account over to a new one, which has yet to take it; or that was on its way when the connection broke.
    HandedOver {
        /// What the new phone is called.
        to: String,
    },
    /// This phone read a card for another one, whose account it is not.
    ReaderLent {
        /// What the other phone is called.
        to: String,
    },
    /// The account is on another phone; credentials and keys of this one were deleted.
    PhoneReplaced,
    /// This phone was reported lost; its credentials and keys were deleted.
    PhoneRevoked,
    /// The move to this phone was cancelled from the phone in use.
    MoveCancelled,
    /// What was waiting for its time, a new phone or a new PIN, was cancelled from here.
    PendingCancelled,
    /// A proof was accepted that frees the forgotten PIN after a waiting time.
    PinRecovered,
    /// A new revocation code was made in place of the old one.
    RevocationCodeMade,
    /// The holder ended the account.
    AccountClosed,
    /// Something was done with the account of a person in the holder's care.
    ActedForWard {
        /// What.
        act: WardAct,
        /// The personal number of the person in care.
        ward: String,
    },
    /// A credential was issued and stored.
    CredentialObtained {
        /// Its type.
        vct: String,
        /// Its issuer, as the credential names it.
        issuer: String,
    },
    /// A credential and its key were deleted, or one that was awaited was given up.
    CredentialDeleted {
        /// Its type.
        vct: String,
    },
    /// A credential was shown.
    Presented {
        /// Its type.
        vct: String,
        /// To whom: the audience in the token.
        to: String,
        /// The numbers of the claims that it discloses (security.md 10).
        claims: Vec<i64>,
        /// Those among them that the recipient was not named for asking, and the person was warned of.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        over_asked: Vec<i64>,
        /// The personal number of the minor whose credential it is.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        ward: Option<String>,
        /// A guardian was there and agreed for the minor whose credential it is.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        by_guardian: bool,
        /// The portrait was shown with it.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        portrait: bool,
        /// The authentication level that the provider had stated, where it was shown with that.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        stated_level: Option<u8>,
    },
    /// The person was asked whether to show a credential, and declined.
    Declined {
        /// Its type.
        vct: String,
        /// Who asked.
        to: String,
        /// The numbers of the claims that would have been told.
        claims: Vec<i64>,
        /// Those among them that the recipient was not named for asking, and the person was warned of.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        over_asked: Vec<i64>,
        /// The personal number of the minor whose credential it is.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        ward: Option<String>,
    },
    /// Documents were shown over the network, or what they sign was approved; or it was on its way when the connection broke.
    PresentedOnline {
        /// To whom: the client identifier.
        to: String,
        /// Who that is: the subject of the certificate, or the host where nobody proved who asked.
        by: String,
        /// The types of the documents.
        documents: Vec<String>,
        /// The claims told beside those that always are: the document's type and the claim's place.
        claims: Vec<String>,
        /// Those among them that the verifier is not registered to ask for, and the person was warned of.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        over_asked: Vec<String>,
        /// What was approved, in words.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        approved: Option<String>,
        /// How the person was recognised: the authentication level.
        level: u8,
    },
    /// The person declined a request that came over the network, or the wallet held nothing that answers it.
    DeclinedOnline {
        /// The client identifier.
        to: String,
        /// Who that is: the subject of the certificate, or the host where nobody proved who asked.
        by: String,
        /// The types of the documents that would have been shown; none where the wallet held nothing that answers.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        documents: Vec<String>,
        /// The claims that would have been told: the document's type and the claim's place.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        claims: Vec<String>,
        /// Those among them that the verifier is not registered to ask for, and the person was warned of.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        over_asked: Vec<String>,
    },
    /// The person takes something for fraud.
    FraudReported {
        /// Who: as the history has it of the entry that is reported, or as the person calls them.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<String>,
        /// The time of the entry that is reported, in seconds: its number changes where the history moves to another phone.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        happened_at: Option<i64>,
        /// What happened, in the person's words.
        words: String,
    },
    /// Something was refused, by the person, a server or the wallet.
    Refused {
        /// What was tried.
        action: Action,
        /// The stable code of the reason, as [`Error::code`](crate::Error::code) gives it.
        code: String,
    },
}

/// What was tried when it was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Action {
    /// Opening or activating the account.
    OpenAccount,
    /// Reaching level 2.
    StepUp,
    /// Obtaining a credential.
    Obtain,
    /// Showing a credential.
    Present,
    /// Locking, unlocking or ending the account, also by a revocation code for the day on which the phone is lost.
    Lock,
    /// Moving the account to another phone.
    Move,
    /// Recovering a forgotten PIN.
    RecoverPin,
    /// Setting, changing or proving the PIN.
    Pin,
    /// Acting for a person in the holder's care.
    Ward,
}

/// One line of the history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HistoryEntry {
    /// Its number; the first is 1, none is missing.
    pub sequence: u64,
    /// When, by the device's clock.
    pub at: Timestamp,
    /// What.
    pub event: Event,
}

impl Wallet {
    /// At most `limit` entries of the history with numbers below `before` (`None`: the last ones), newest first.
    pub fn history(&self, before: Option<u64>, limit: u32) -> Result<Vec<HistoryEntry>, Error> {
        Ok(chain::page(&self.vault.store(), before, limit)?)
    }

    /// Follows the history's whole chain; gives the number of entries that it has had, those pruned included.
    ///
    /// # Errors
    /// [`StoreError::Tampered`](crate::StoreError::Tampered) or [`StoreError::RolledBack`](crate::StoreError::RolledBack).
    pub fn verify_history(&self) -> Result<u64, Error> {
        Ok(chain::verify(&self.vault.store())?)
    }

    /// Removes entries older than five years, but for the last one; the account's key signs where the chain now begins. Gives the number
    /// removed. What time it is the provider's word counts for: a clock that is set ahead removes nothing. Whoever
    /// [obtains](crate::Account::obtain_credential) a credential of the provider by name has this done.
    ///
    /// # Errors
    /// What key store and secret store say; [`AccountError::NoAccount`](crate::AccountError::NoAccount) without a key to sign with;
    /// as [`verify_history`](Self::verify_history), whose chain is not cut where it is broken.
    pub fn prune_history(&self, now: Timestamp) -> Result<u64, Error> {
        chain::prune(self, now)
    }

    /// The whole history as JSON lines, oldest first, each with its place in the chain.
    pub fn export_history(&self) -> Result<String, Error> {
        view::export(&self.vault.store())
    }

    /// Who received what: one row for each recipient and credential type, most recent first.
    pub fn recipients(&self) -> Result<Vec<Recipient>, Error> {
        view::recipients(&self.vault.store())
    }

    /// Writes what was refused into the history, and says what was said; a lost network is no refusal.
    pub(crate) fn note_refusal<T>(
        &self,
        action: Action,
        now: Timestamp,
        answer: Result<T, Error>,
    ) -> Result<T, Error> {
        if let Err(error) = &answer
            && error.is_refusal()
        {
            let code = error.code().to_owned();
            self.vault.change(|change| Ok(append(change, now, Event::Refused { action, code })?))?;
        }
        answer
    }
}
