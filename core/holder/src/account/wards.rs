//! Guardians and those in their care: consent to an account, lock and unlock it (Decree 69/2024/ND-CP, article 14). Their
//! documents come to the guardian's phone with [`Wanted::NamedFor`](crate::Wanted::NamedFor).

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use trust::time::Timestamp;

use super::Account;
use super::message::Contact;
use super::standing::Level;
use super::view::{AccountState, LockedBy};
use crate::Error;
use crate::history::{Action, Event};

/// A person in the holder's care.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Ward {
    /// Personal number, 12 digits.
    pub number: String,
    /// Full name.
    pub name: String,
    /// ISO 8601.
    pub date_of_birth: String,
    /// A ward; a child otherwise.
    pub ward: bool,
    /// Their account, where there is one.
    pub account: Option<WardAccount>,
}

/// How the account of a person in care stands.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct WardAccount {
    /// Where it is in its life.
    pub state: AccountState,
    /// The level reached.
    pub level: Level,
    /// Why it is locked; empty where it is not.
    #[serde(default)]
    pub locks: Vec<LockedBy>,
}

/// What a guardian does with an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum WardAct {
    /// Consents to it: it becomes active.
    Consent,
    /// Refuses it: it ends.
    Refuse,
    /// Locks it.
    Lock,
    /// Lifts the guardian's lock, and no other.
    Unlock,
}

impl WardAct {
    const fn operation(self) -> &'static str {
        match self {
            Self::Consent => "ward_consent",
            Self::Refuse => "ward_refuse",
            Self::Lock => "ward_lock",
            Self::Unlock => "ward_unlock",
        }
    }
}

#[derive(Deserialize)]
struct Wards {
    wards: Vec<Ward>,
}

impl Account<'_> {
    /// Those in the holder's care, and how their accounts stand.
    ///
    /// # Errors
    /// `account.level_required` below level 2.
    pub async fn wards(self, now: Timestamp) -> Result<Vec<Ward>, Error> {
        let mut contact = Contact::of(self.wallet)?;
        Ok(contact.ask::<Wards>("/account/wards", "wards", Map::new(), now).await?.wards)
    }

    /// Does something with the account of a person in care, named by personal number.
    ///
    /// # Errors
    /// What the provider refuses: somebody who is not in the holder's care, an account that is not where this applies.
    pub async fn act_for(self, ward: &str, act: WardAct, now: Timestamp) -> Result<(), Error> {
        let mut contact = Contact::of(self.wallet)?;
        let members = Map::from_iter([("ward".to_owned(), json!(ward))]);
        let answer = contact.ask::<Value>("/account/wards/act", act.operation(), members, now).await;
        self.wallet.note_refusal(Action::Ward, now, answer)?;
        self.update(now, Some(Event::ActedForWard { act, ward: ward.to_owned() }), |_| {})
    }
}
