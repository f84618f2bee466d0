//! Where this phone stands with its account, and the one table that says how that moves. What the provider says of the account
//! itself (locks, blocked until) is beside it, in the record: the provider decides, and the phone remembers what it last heard.
//!
//! To add a turn: a variant of [`Turn`], its rows in [`TABLE`], what the history says of it in [`Standing::noted`], and a sentence in the
//! tests.

use serde::{Deserialize, Serialize};

use crate::history::Event;
use Effect::{AtLevel1, AtLevel2, NoLevel, SameLevel};
use Happened::{
    Cancelled, ClosedByHolder, CodeMatched, ConsentAwaited, HandedOver, KeyLost, MovedAway, ReportedLost,
    ToldLevel1, ToldProof, WaitBegun, WasProven,
};
use Stage::{
    AwaitingCode, AwaitingConsent, Closed, GivenUp, InUse, Keyless, Lost, Proving, Receiving, Replaced,
    Waiting,
};

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

/// When and how a person was proven: there is no level 2 without one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Proof {
    /// Seconds since 1970, by the provider.
    pub(crate) at: i64,
    pub(crate) method: Method,
}

/// What this phone is to the account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Stage {
    /// Opened; the one-time code is awaited.
    AwaitingCode,
    /// The code was right; a guardian's consent is awaited.
    AwaitingConsent,
    /// The account's phone.
    #[serde(alias = "Active")]
    InUse,
    /// A new phone that has begun to prove its holder.
    Proving,
    /// A new phone that proved its holder and waits until the time to object is over.
    Waiting,
    /// A new phone whose code is shown to the old one.
    Receiving,
    /// A new phone that does not get the account: somebody objected.
    GivenUp,
    /// The account is on another phone now; this one was emptied.
    Replaced,
    /// This phone was reported lost; it was emptied.
    Lost,
    /// The holder ended the account.
    Closed,
    /// The device lost the key that speaks for the account, and with it every way to say something about it.
    Keyless,
}

/// What moves a phone from stage to stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Turn {
    /// The provider took the one-time code.
    CodeMatched,
    /// It did, and a guardian has to consent.
    ConsentAwaited,
    /// The provider took the chip's answer and the face, sent from here.
    Proven(Proof),
    /// The provider says that the account is in use here, at level 1.
    ToldLevel1,
    /// The provider says that it is in use here, and when and how its holder was proven.
    ToldProof(Proof),
    /// The provider took the new phone's proof; it waits.
    WaitBegun,
    /// The old phone handed the account over to this one.
    HandedOver,
    /// The new phone does not get the account.
    Cancelled,
    /// The account is on another phone.
    MovedAway,
    /// The revocation code was used.
    ReportedLost,
    /// The holder ended the account.
    ClosedByHolder,
    /// The device has the phone's own key no more.
    KeyLost,
}

/// A turn without what it carries: what the table is read by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Happened {
    CodeMatched,
    ConsentAwaited,
    WasProven,
    ToldLevel1,
    ToldProof,
    WaitBegun,
    HandedOver,
    Cancelled,
    MovedAway,
    ReportedLost,
    ClosedByHolder,
    KeyLost,
}

/// What becomes of the level.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Effect {
    NoLevel,
    SameLevel,
    AtLevel1,
    /// With the proof that the turn carries.
    AtLevel2,
}

/// A row: at one of these stages this happens; then it is at that stage, and so much for its level.
type Row = (&'static [Stage], Happened, Stage, Effect);

/// Where the provider knows this phone, or soon may: an answer that said so can be lost on its way.
const KNOWN: &[Stage] = &[AwaitingCode, AwaitingConsent, InUse, Proving, Waiting, Receiving];

const TABLE: [Row; 16] = [
    (&[AwaitingCode], CodeMatched, InUse, AtLevel1),
    (&[AwaitingCode, AwaitingConsent], ConsentAwaited, AwaitingConsent, NoLevel),
    // An answer may be lost on its way. Then the provider's next word says that the account is here.
    (&[AwaitingCode, AwaitingConsent, Proving, Waiting, InUse], ToldLevel1, InUse, AtLevel1),
    (&[AwaitingCode, AwaitingConsent, Proving, Waiting, InUse], ToldProof, InUse, AtLevel2),
    (&[InUse], WasProven, InUse, AtLevel2),
    (&[Proving, Waiting], WaitBegun, Waiting, NoLevel),
    // Whatever level it was at on the old phone, the provider has to say it to the new one.
    (&[Receiving], HandedOver, InUse, AtLevel1),
    (&[Proving, Waiting, Receiving], Cancelled, GivenUp, NoLevel),
    (KNOWN, MovedAway, Replaced, NoLevel),
    (KNOWN, ReportedLost, Lost, NoLevel),
    (KNOWN, ClosedByHolder, Closed, NoLevel),
    (KNOWN, KeyLost, Keyless, NoLevel),
    // Two processes may hear the same.
    (&[Replaced], MovedAway, Replaced, NoLevel),
    (&[Lost], ReportedLost, Lost, NoLevel),
    (&[Closed], ClosedByHolder, Closed, NoLevel),
    // What was proven stays proven while a second proof waits: for a forgotten PIN, from the phone in use.
    (&[InUse], WaitBegun, InUse, SameLevel),
];

/// The turn has no row at this stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct OutOfPlace;

/// Stage and level.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Standing {
    pub(crate) stage: Stage,
    pub(crate) level: Level,
    pub(crate) proof: Option<Proof>,
}

impl Standing {
    /// A phone at one of the stages that a new account or a new phone begins with.
    pub(crate) const fn at(stage: Stage) -> Self {
        Self { stage, level: Level::None, proof: None }
    }

    /// Whether an account is or may become this phone's. Where not, another one can be opened.
    pub(crate) const fn is_in_use(self) -> bool {
        matches!(self.stage, InUse | AwaitingConsent)
    }

    /// Where the turn leads.
    pub(crate) fn after(self, turn: Turn) -> Result<Self, OutOfPlace> {
        let (happened, proof) = turn.happened();
        let row = TABLE.iter().find(|(stages, what, ..)| stages.contains(&self.stage) && *what == happened);
        let (_, _, stage, effect) = *row.ok_or(OutOfPlace)?;
        Ok(match (effect, proof) {
            (SameLevel, _) => Self { stage, ..self },
            (AtLevel2, Some(proof)) => Self { stage, level: Level::Two, proof: Some(proof) },
            (AtLevel1 | AtLevel2, _) => Self { stage, level: Level::One, proof: None },
            (NoLevel, _) => Self::at(stage),
        })
    }

    /// What the history says of a turn from here to `after`; nothing where its holder learns nothing new.
    pub(crate) fn noted(self, turn: Turn, after: Self) -> Option<Event> {
        if self.stage == after.stage && self.stage != InUse {
            return None;
        }
        let level = after.level.into();
        match (self.stage, turn) {
            (AwaitingCode | AwaitingConsent, Turn::CodeMatched | Turn::ToldLevel1 | Turn::ToldProof(_)) => {
                Some(Event::AccountActivated { level })
            }
            (Proving | Waiting, Turn::ToldLevel1 | Turn::ToldProof(_)) | (_, Turn::HandedOver) => {
                Some(Event::PhoneTaken)
            }
            (_, Turn::Proven(_)) => Some(Event::LevelRaised { level }),
            (_, Turn::ToldProof(_)) if after.level > self.level => Some(Event::LevelRaised { level }),
            (InUse, Turn::WaitBegun) => Some(Event::PinRecovered),
            (_, Turn::MovedAway) => Some(Event::PhoneReplaced),
            (_, Turn::ReportedLost) => Some(Event::PhoneRevoked),
            (_, Turn::ClosedByHolder) => Some(Event::AccountClosed),
            (_, Turn::Cancelled) => Some(Event::MoveCancelled),
            _ => None,
        }
    }
}

impl Turn {
    const fn happened(self) -> (Happened, Option<Proof>) {
        match self {
            Self::CodeMatched => (CodeMatched, None),
            Self::ConsentAwaited => (ConsentAwaited, None),
            Self::Proven(proof) => (WasProven, Some(proof)),
            Self::ToldLevel1 => (ToldLevel1, None),
            Self::ToldProof(proof) => (ToldProof, Some(proof)),
            Self::WaitBegun => (WaitBegun, None),
            Self::HandedOver => (HandedOver, None),
            Self::Cancelled => (Cancelled, None),
            Self::MovedAway => (MovedAway, None),
            Self::ReportedLost => (ReportedLost, None),
            Self::ClosedByHolder => (ClosedByHolder, None),
            Self::KeyLost => (KeyLost, None),
        }
    }
}

#[cfg(test)]
mod tests;
