//! The account as the provider sees it, and as this phone remembers it.

use serde::{Deserialize, Serialize};
use serde_json::Map;
use trust::time::Timestamp;

use super::message::Contact;
use super::record::{AccountRecord, Told};
use super::standing::{Level, Method, Proof, Stage, Turn};
use super::{Account, AccountError};
use crate::Error;

/// What the account can do now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum AccountState {
    /// The one-time code is awaited.
    AwaitingCode,
    /// The consent of a guardian is awaited.
    AwaitingConsent,
    /// It was not activated within a week; the hotline helps.
    ActivationOverdue,
    /// In use.
    Active,
    /// Locked; [`AccountView::locks`] says why.
    Locked,
    /// Blocked after too many wrong PINs, until the PIN is recovered.
    Blocked,
    /// Its phone was reported lost; a new phone has to prove its holder.
    Recovery,
    /// Ended by its holder.
    Closed,
    /// This new phone is proving its holder.
    Proving,
    /// This new phone waits until the time to object is over.
    Waiting,
    /// This new phone shows its code to the old one.
    Receiving,
    /// This new phone does not get the account: somebody objected.
    Cancelled,
    /// The account is on another phone; this one was emptied.
    Replaced,
    /// This phone was reported lost and emptied.
    Lost,
    /// The device lost the key that speaks for the account: it comes back with the card, or from the old phone.
    KeyLost,
    /// Another state.
    #[serde(other)]
    Other,
}

impl AccountState {
    pub(crate) const fn of(stage: Stage) -> Self {
        match stage {
            Stage::AwaitingCode => Self::AwaitingCode,
            Stage::AwaitingConsent => Self::AwaitingConsent,
            Stage::InUse => Self::Active,
            Stage::Proving => Self::Proving,
            Stage::Waiting => Self::Waiting,
            Stage::Receiving => Self::Receiving,
            Stage::GivenUp => Self::Cancelled,
            Stage::Replaced => Self::Replaced,
            Stage::Lost => Self::Lost,
            Stage::Closed => Self::Closed,
            Stage::Keyless => Self::KeyLost,
        }
    }
}

/// Who locked an account, or why (Law 26/2023/QH15, article 34).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum LockedBy {
    /// The holder, who can unlock it.
    Holder,
    /// The terms of use were broken.
    Terms,
    /// The card was withdrawn or kept.
    CardWithdrawn,
    /// The holder died.
    Death,
    /// A competent body asked.
    Authority,
    /// The card or the right of residence expired.
    Expiry,
    /// The guardian, for a child or ward.
    Guardian,
    /// Another reason; the holder cannot unlock it.
    #[serde(other)]
    Other,
}

/// How the PIN stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PinStanding {
    /// Whether one has been set.
    #[serde(default)]
    pub set: bool,
    /// Blocked for good: only recovery helps.
    #[serde(default)]
    pub blocked: bool,
    /// Until when the provider looks at no PIN, seconds since 1970 by its clock.
    #[serde(default)]
    pub wait_until: Option<i64>,
}

impl PinStanding {
    /// Seconds until a PIN is looked at again, at this time of the provider's; `None` where it is looked at now, or never again.
    pub fn wait(&self, at: Timestamp) -> Option<u64> {
        let left = self.wait_until?.saturating_sub(at.as_unix());
        u64::try_from(left).ok().filter(|left| *left > 0 && !self.blocked)
    }

    /// Whether a PIN can be used at this time of the provider's.
    pub fn is_usable(&self, at: Timestamp) -> bool {
        self.set && !self.blocked && self.wait(at).is_none()
    }
}

/// What was proven and takes effect later, if nobody cancels it from the phone in use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pending {
    /// What it is.
    pub kind: PendingKind,
    /// What the new phone is called.
    #[serde(default)]
    pub name: String,
    /// When, seconds since 1970 by the provider's clock.
    pub effective_at: i64,
}

/// What waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum PendingKind {
    /// The account moves to a new phone.
    Device,
    /// The forgotten PIN is freed.
    Pin,
    /// Something else.
    #[serde(other)]
    Other,
}

/// A phone that the provider knows for this account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Device {
    /// What its owner calls it.
    #[serde(default, alias = "device_name")]
    pub name: String,
    /// Base64url thumbprint (RFC 7638) of its instance key.
    #[serde(default, alias = "device_key_thumbprint")]
    pub thumbprint: String,
    /// Whether it is in use.
    #[serde(default)]
    pub state: DeviceState,
}

/// Whether a phone is in use.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum DeviceState {
    /// The one phone in use.
    Active,
    /// Another took its place.
    Replaced,
    /// Reported lost.
    Lost,
    /// Something else.
    #[default]
    #[serde(other)]
    Other,
}

/// The account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountView {
    /// The provider's name for the account; empty where a new phone does not know it yet.
    pub account: String,
    /// The provider's URL.
    pub provider: String,
    /// The level reached.
    pub level: Level,
    /// Active or not.
    pub state: AccountState,
    /// Who locked it, where it is locked: who is not its holder goes first.
    pub locked_by: Option<LockedBy>,
    /// All reasons for which it is locked.
    pub locks: Vec<LockedBy>,
    /// When the level was reached.
    pub verified_at: Option<Timestamp>,
    /// How the level was reached.
    pub method: Option<Method>,
    /// The phones known, the one in use first; empty where the provider was not asked.
    pub devices: Vec<Device>,
    /// How the PIN stands.
    pub pin: PinStanding,
    /// What takes effect later.
    pub pending: Option<Pending>,
    /// When the provider last said so, by its clock; `None` where it never was asked.
    pub as_of: Option<Timestamp>,
}

#[derive(Deserialize)]
struct Shown {
    level: Level,
    state: AccountState,
    locked_by: Option<LockedBy>,
    #[serde(default)]
    locks: Vec<LockedBy>,
    verified_at: Option<String>,
    method: Option<Method>,
    #[serde(default)]
    devices: Vec<Device>,
    pin: Option<PinShown>,
    pending: Option<Pending>,
}

#[derive(Deserialize)]
struct PinShown {
    #[serde(default)]
    blocked: bool,
    wait_until: Option<i64>,
}

impl Shown {
    /// What it means for this phone; nothing where the account is not in use.
    fn turn(&self) -> Result<Option<Turn>, Error> {
        let at = self.verified_at.as_deref().map(Timestamp::parse_rfc3339).transpose();
        let at = at.map_err(|_| AccountError::UnexpectedAnswer)?;
        match (self.state, self.level) {
            (AccountState::AwaitingConsent, _) => Ok(Some(Turn::ConsentAwaited)),
            (AccountState::Closed, _) => Ok(Some(Turn::ClosedByHolder)),
            (_, Level::None) => Ok(None),
            (_, Level::One) => Ok(Some(Turn::ToldLevel1)),
            // A level 2 without when and how is none.
            (_, Level::Two) => match (at, self.method) {
                (Some(at), Some(method)) => Ok(Some(Turn::ToldProof(Proof { at: at.as_unix(), method }))),
                _ => Err(AccountError::UnexpectedAnswer.into()),
            },
        }
    }

    fn locks(&self) -> Vec<LockedBy> {
        if self.locks.is_empty() { self.locked_by.into_iter().collect() } else { self.locks.clone() }
    }
}

impl Account<'_> {
    /// Asks the provider how the account stands, and remembers it. On a new phone that waits this is how it takes over.
    ///
    /// # Errors
    /// `account.device_waiting` with the time to wait; [`AccountError::Replaced`] and [`AccountError::ReportedLost`] once this
    /// phone is not the account's any more: it has been emptied then.
    pub async fn show(self, now: Timestamp) -> Result<AccountView, Error> {
        let mut contact = Contact::of(self.wallet)?;
        let shown: Shown = contact.ask("/account/show", "show", Map::new(), now).await?;
        let turn = shown.turn()?;
        let pin = shown.pin.as_ref();
        let told = Told {
            at: contact.record.corrected(now).as_unix(),
            state: shown.state,
            locks: shown.locks(),
            pin: PinStanding {
                set: pin.is_some(),
                blocked: pin.is_some_and(|pin| pin.blocked),
                wait_until: pin.and_then(|pin| pin.wait_until),
            },
            pending: shown.pending.clone(),
        };
        self.taken_over(now, turn, told)?;
        Ok(AccountView { devices: shown.devices, ..self.remembered()? })
    }

    /// The account as this device last heard of it. No network.
    ///
    /// # Errors
    /// [`AccountError::NoAccount`] where none was opened.
    pub fn remembered(self) -> Result<AccountView, Error> {
        let record = AccountRecord::load(&self.wallet.vault.store())?;
        let told =
            record.told.filter(|_| !matches!(record.stage, Stage::Replaced | Stage::Lost | Stage::GivenUp));
        let locks = told.as_ref().map(|told| told.locks.clone()).unwrap_or_default();
        Ok(AccountView {
            account: record.account,
            provider: record.provider,
            level: record.level,
            state: match &told {
                // What the provider said of an account that is here; all else this phone knows better.
                Some(told)
                    if matches!(
                        record.stage,
                        Stage::InUse | Stage::AwaitingCode | Stage::AwaitingConsent
                    ) =>
                {
                    told.state
                }
                _ => AccountState::of(record.stage),
            },
            locked_by: locks.iter().find(|lock| **lock != LockedBy::Holder).or(locks.first()).copied(),
            locks,
            verified_at: record.proof.map(|proof| Timestamp::from_unix(proof.at)),
            method: record.proof.map(|proof| proof.method),
            devices: Vec::new(),
            pin: told.as_ref().map(|told| told.pin).unwrap_or_default(),
            pending: told.as_ref().and_then(|told| told.pending.clone()),
            as_of: told.map(|told| Timestamp::from_unix(told.at)),
        })
    }

    /// The provider's time as far as this device knows it: what a wait in the [`AccountView`] is counted by. Never earlier than
    /// what the provider has named, so that a clock which is set back ends no wait.
    pub fn provider_time(self, now: Timestamp) -> Result<Timestamp, Error> {
        Ok(AccountRecord::load(&self.wallet.vault.store())?.corrected_forward(now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_earlier_time_makes_no_pin_usable() {
        let times: Vec<i64> = (-200..=200).step_by(10).chain([i64::MIN, i64::MAX]).collect();
        for wait_until in times.iter().copied().map(Some).chain([None]) {
            for (set, blocked) in [(true, false), (true, true), (false, false)] {
                let pin = PinStanding { set, blocked, wait_until };
                let usable = |at: i64| pin.is_usable(Timestamp::from_unix(at));
                for at in &times {
                    let earlier = times.iter().filter(|earlier| *earlier <= at);
                    assert!(usable(*at) || earlier.clone().all(|earlier| !usable(*earlier)), "{pin:?} {at}");
                    assert!(!usable(*at) || (set && !blocked), "{pin:?} {at}");
                }
            }
        }
    }
}
