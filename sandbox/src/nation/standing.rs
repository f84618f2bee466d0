//! Where an account stands, and the one table that says how it moves (Decree 69/2024/ND-CP, articles 14, 15 and 30; Law
//! 26/2023/QH15, article 34). Everything that changes an account is an event and finds its row here; what has no row is refused.
//!
//! To add an event: a variant of [`Event`], its rows in [`TABLE`], and a sentence in the tests.
use Effect::{Become, KeepLevel, Lift, RaiseToLevel2, SetLock};
use Event::{
    ChildsNewPhoneProven, ClosedByHolder, CodeMatched, CodeMatchedInCare, GuardianConsented, GuardianRefused,
    HandedOver, HotlineHelped, Lifted, LockedFor, NewPhoneProven, PersonProven, PhoneLost, SeenAtCounter,
    WeekPassed,
};
use Lock::{Authority, CardWithdrawn, Death, Expiry, Guardian, Holder, Terms};
use Phase::{Active, AwaitingCode, AwaitingConsent, Closed, Overdue, Recovery};
use Though::{Free, LockedAtAll, OnlyLockedFor};

/// The stage of an account's life. Level and locks are beside it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// Opened; the one-time code is awaited.
    AwaitingCode,
    /// A child or ward typed the code; the guardian's consent is awaited.
    AwaitingConsent,
    /// Seven days went by without activation: the hotline helps. Nothing is lost.
    Overdue,
    /// In use.
    Active,
    /// Without a phone: it was reported lost, and a new one has to prove itself.
    Recovery,
    /// Ended by its holder.
    Closed,
}

/// Why an account is locked (article 34.1). An account can be locked for several reasons at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Lock {
    /// The holder asked.
    Holder,
    /// The terms of use were broken.
    Terms,
    /// The card was withdrawn or kept.
    CardWithdrawn,
    /// The holder died.
    Death,
    /// A procedural or other competent body asked.
    Authority,
    /// The card or the right of residence expired.
    Expiry,
    /// The guardian asked, for a child or ward.
    Guardian,
}

/// What can happen to an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Event {
    /// The one-time code was right.
    CodeMatched,
    /// The same, of a person for whom a guardian acts.
    CodeMatchedInCare,
    /// The guardian consented.
    GuardianConsented,
    /// The guardian refused.
    GuardianRefused,
    /// A counter saw the person and the papers.
    SeenAtCounter,
    /// Seven days went by since it was opened.
    WeekPassed,
    /// The hotline let a late activation go on.
    HotlineHelped,
    /// The chip answered the server's challenge and a face service found the face to match.
    PersonProven,
    /// The revocation code was given for a lost phone.
    PhoneLost,
    /// As [`Event::PersonProven`], with a new phone, and the waiting time is over.
    NewPhoneProven,
    /// As [`Event::NewPhoneProven`], by a person who is too young for level 2.
    ChildsNewPhoneProven,
    /// The phone in use handed the account to another one.
    HandedOver,
    /// A reason to lock came up.
    LockedFor(Lock),
    /// A reason to lock ended.
    Lifted(Lock),
    /// The holder ended the account.
    ClosedByHolder,
}

/// What an event does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Effect {
    Become(Phase),
    /// In use, at level 2; an expired card was replaced by the one that was read.
    RaiseToLevel2,
    /// In use, at the level that it had; an expired card was replaced by the one that was read.
    KeepLevel,
    SetLock(Lock),
    Lift(Lock),
}

/// Which locks an event goes through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Though {
    /// None: any lock stops it.
    Free,
    /// The account may be locked, for these reasons alone.
    OnlyLockedFor(&'static [Lock]),
    /// Locks do not matter.
    LockedAtAll,
}

/// A row: in one of these phases, this happens, though so locked; then.
type Row = (&'static [Phase], Event, Though, Effect);

const TABLE: [Row; 27] = [
    (&[AwaitingCode], CodeMatched, Free, Become(Active)),
    (&[AwaitingCode], CodeMatchedInCare, Free, Become(AwaitingConsent)),
    (&[AwaitingConsent], GuardianConsented, Free, Become(Active)),
    (&[AwaitingConsent], GuardianRefused, LockedAtAll, Become(Closed)),
    (&[AwaitingCode], WeekPassed, LockedAtAll, Become(Overdue)),
    (&[Overdue], HotlineHelped, Free, Become(AwaitingCode)),
    (&[Active], PersonProven, OnlyLockedFor(&[Expiry]), RaiseToLevel2),
    (&[Active], SeenAtCounter, OnlyLockedFor(&[Expiry]), RaiseToLevel2),
    // A lost phone: the account waits for a new one. Whoever finds the phone has nothing.
    (&[Active], PhoneLost, LockedAtAll, Become(Recovery)),
    // The new phone comes with the same proof as level 2. A lock that the holder set from the old phone stays to be lifted.
    (&[Active, Recovery], NewPhoneProven, OnlyLockedFor(&[Holder, Expiry]), RaiseToLevel2),
    (&[Active, Recovery], ChildsNewPhoneProven, OnlyLockedFor(&[Holder, Expiry]), KeepLevel),
    (&[Active], HandedOver, Free, Become(Active)),
    // The holder's lock is the holder's to lift, and no other lock is.
    (&[Active], LockedFor(Holder), Free, SetLock(Holder)),
    (&[Active], Lifted(Holder), OnlyLockedFor(&[Holder]), Lift(Holder)),
    (&[Active, Recovery], LockedFor(Terms), LockedAtAll, SetLock(Terms)),
    (&[Active, Recovery], Lifted(Terms), LockedAtAll, Lift(Terms)),
    (&[Active, Recovery], LockedFor(CardWithdrawn), LockedAtAll, SetLock(CardWithdrawn)),
    (&[Active, Recovery], Lifted(CardWithdrawn), LockedAtAll, Lift(CardWithdrawn)),
    (&[Active, Recovery], LockedFor(Authority), LockedAtAll, SetLock(Authority)),
    (&[Active, Recovery], Lifted(Authority), LockedAtAll, Lift(Authority)),
    (&[Active, Recovery], LockedFor(Expiry), LockedAtAll, SetLock(Expiry)),
    (&[Active, Recovery], LockedFor(Guardian), LockedAtAll, SetLock(Guardian)),
    (&[Active, Recovery], Lifted(Guardian), LockedAtAll, Lift(Guardian)),
    // A foreigner's residence goes on; a citizen brings the new card.
    (&[Active, Recovery], Lifted(Expiry), LockedAtAll, Lift(Expiry)),
    // No row lifts this one.
    (
        &[AwaitingCode, AwaitingConsent, Overdue, Active, Recovery, Closed],
        LockedFor(Death),
        LockedAtAll,
        SetLock(Death),
    ),
    (&[AwaitingCode, AwaitingConsent, Overdue], ClosedByHolder, LockedAtAll, Become(Closed)),
    // Whoever is locked out by others cannot end the account to open a new one.
    (&[Active], ClosedByHolder, OnlyLockedFor(&[Holder]), Become(Closed)),
];

/// Why an event does not move an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refused {
    /// The event has no row in this phase.
    NotInThisPhase,
    /// A lock is in the way.
    Locked,
    /// There is no such lock to lift.
    NoSuchLock,
}

/// Phase, level and locks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Standing {
    phase: Phase,
    level: u8,
    locks: Vec<Lock>,
}

impl Standing {
    /// An account that was just opened.
    pub(super) const fn opened() -> Self {
        Self { phase: AwaitingCode, level: 0, locks: Vec::new() }
    }

    /// As it was kept.
    pub(super) const fn kept(phase: Phase, level: u8, locks: Vec<Lock>) -> Self {
        Self { phase, level, locks }
    }

    pub(super) const fn phase(&self) -> Phase {
        self.phase
    }

    pub(super) const fn level(&self) -> u8 {
        self.level
    }

    pub(super) fn locks(&self) -> &[Lock] {
        &self.locks
    }

    pub(super) fn is_locked_for(&self, lock: Lock) -> bool {
        self.locks.contains(&lock)
    }

    /// Where the event leads.
    pub(super) fn after(&self, event: Event) -> Result<Self, Refused> {
        let row =
            TABLE.iter().find(|(phases, happens, _, _)| phases.contains(&self.phase) && *happens == event);
        let (_, _, though, effect) = row.ok_or(Refused::NotInThisPhase)?;
        let in_the_way = |lock: &Lock| match though {
            Free => true,
            OnlyLockedFor(allowed) => !allowed.contains(lock),
            LockedAtAll => false,
        };
        if self.locks.iter().any(in_the_way) {
            return Err(Refused::Locked);
        }
        let mut next = self.clone();
        match *effect {
            Become(phase) => {
                next.phase = phase;
                if phase == Active {
                    next.level = next.level.max(1);
                }
            }
            RaiseToLevel2 | KeepLevel => {
                next.phase = Active;
                next.level = if *effect == RaiseToLevel2 { 2 } else { next.level };
                next.locks.retain(|lock| *lock != Expiry);
            }
            SetLock(lock) => {
                if !next.locks.contains(&lock) {
                    next.locks.push(lock);
                }
            }
            Lift(lock) => {
                if !self.locks.contains(&lock) {
                    return Err(Refused::NoSuchLock);
                }
                next.locks.retain(|set| *set != lock);
            }
        }
        Ok(next)
    }
}

impl Phase {
    const ALL: [(Self, &'static str); 6] = [
        (AwaitingCode, "awaiting_code"),
        (AwaitingConsent, "awaiting_consent"),
        (Overdue, "activation_overdue"),
        (Active, "active"),
        (Recovery, "recovery"),
        (Closed, "closed"),
    ];

    pub(super) fn name(self) -> &'static str {
        Self::ALL.iter().find(|(phase, _)| *phase == self).map_or("", |(_, name)| name)
    }

    pub(super) fn of_name(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, kept)| *kept == name).map(|(phase, _)| *phase)
    }
}

impl Lock {
    const ALL: [(Self, &'static str); 7] = [
        (Holder, "holder"),
        (Terms, "terms"),
        (CardWithdrawn, "card_withdrawn"),
        (Death, "death"),
        (Authority, "authority"),
        (Expiry, "expiry"),
        (Guardian, "guardian"),
    ];

    pub(super) fn name(self) -> &'static str {
        Self::ALL.iter().find(|(lock, _)| *lock == self).map_or("", |(_, name)| name)
    }

    pub(super) fn of_name(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, kept)| *kept == name).map(|(lock, _)| *lock)
    }
}

impl Event {
    /// What the account's history calls it.
    pub(super) fn name(self) -> String {
        match self {
            CodeMatched => "activated".to_owned(),
            CodeMatchedInCare => "code_matched".to_owned(),
            GuardianConsented => "activated_by_guardian".to_owned(),
            GuardianRefused => "refused_by_guardian".to_owned(),
            SeenAtCounter => "level_2_at_counter".to_owned(),
            WeekPassed => "activation_overdue".to_owned(),
            HotlineHelped => "hotline".to_owned(),
            PersonProven => "level_2".to_owned(),
            PhoneLost => "phone_lost".to_owned(),
            NewPhoneProven | ChildsNewPhoneProven => "new_phone".to_owned(),
            HandedOver => "handed_over".to_owned(),
            LockedFor(lock) => format!("locked_{}", lock.name()),
            Lifted(lock) => format!("unlocked_{}", lock.name()),
            ClosedByHolder => "closed".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests;
