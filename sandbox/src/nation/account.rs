//! The electronic identity account as it is kept, and the one way to change it.
use trust::time::Timestamp;

use super::answer::Refusal;
use super::database::{DatabaseError, Statements, values};
use super::standing::{Event, Lock, Phase, Refused, Standing};
use super::{Nation, pending, pin, status};

/// Seconds in which an account must be activated (Decree 69/2024/ND-CP, article 14).
const WEEK: i64 = 7 * 24 * 3600;

pub(super) const UNKNOWN_PERSON: Refusal =
    Refusal::new("unknown_person", "the register has no person with this number");
pub(super) const UNKNOWN_ACCOUNT: Refusal = Refusal::new("account_unknown", "there is no such account");

/// An account.
pub(super) struct Account {
    pub(super) id: String,
    pub(super) person: String,
    pub(super) standing: Standing,
    pub(super) opened_at: i64,
    pub(super) verified_at: Option<String>,
    pub(super) method: Option<String>,
    card_expires: Option<String>,
    moved: bool,
}

impl Account {
    /// The account of a person that is not closed.
    pub(super) fn of_person(
        statements: &dyn Statements,
        person: &str,
    ) -> Result<Option<Self>, DatabaseError> {
        let find = "SELECT id FROM account WHERE person = $1 AND phase <> 'closed'";
        let Some(found) = statements.row(find, values![person])? else { return Ok(None) };
        Self::load(statements, &found.get::<String>(0)?)
    }

    pub(super) fn load(statements: &dyn Statements, id: &str) -> Result<Option<Self>, DatabaseError> {
        // One row for each lock, and one where there is none.
        let find = "SELECT person, phase, level, opened_at, verified_at, method, card_expires, reason \
                    FROM account LEFT JOIN account_lock ON account_lock.account = account.id WHERE account.id = $1";
        let rows = statements.query(find, values![id])?;
        let Some(row) = rows.first() else { return Ok(None) };
        let locks = rows.iter().filter_map(|row| row.get::<Option<String>>(7).transpose());
        let locks = locks.map(|name| Lock::of_name(&name?).ok_or(DatabaseError::Shape));
        let phase = Phase::of_name(&row.get::<String>(1)?).ok_or(DatabaseError::Shape)?;
        Ok(Some(Self {
            id: id.to_owned(),
            person: row.get(0)?,
            standing: Standing::kept(phase, row.get(2)?, locks.collect::<Result<_, _>>()?),
            opened_at: row.get(3)?,
            verified_at: row.get(4)?,
            method: row.get(5)?,
            card_expires: row.get(6)?,
            moved: false,
        }))
    }

    /// What its holder and a guardian are told. An account that is locked is not called active, and neither is one whose PIN is blocked.
    pub(super) fn state(&self, statements: &dyn Statements) -> Result<&'static str, DatabaseError> {
        Ok(match self.standing.phase() {
            Phase::Active if !self.standing.locks().is_empty() => "locked",
            Phase::Active if pin::is_blocked(statements, &self.id)? => "blocked",
            phase => phase.name(),
        })
    }

    /// Only an active account may do things.
    pub(super) fn active(self) -> Result<Self, Refusal> {
        self.in_use(&[])
    }

    /// An active account whose only locks are among these.
    pub(super) fn in_use(self, despite: &[Lock]) -> Result<Self, Refusal> {
        if self.standing.phase() != Phase::Active {
            return Err(Refusal::new("account_not_active", "the account is not active"));
        }
        if self.standing.locks().iter().any(|lock| !despite.contains(lock)) {
            return Err(Refusal::new("account_locked", "the account is locked"));
        }
        Ok(self)
    }

    /// Moves the account by an event, keeps what came of it, and notes it in the account's history.
    pub(super) fn apply(
        &mut self,
        change: &dyn Statements,
        event: Event,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let next = self.standing.after(event).map_err(|refused| refusal(event, refused))?;
        let update = "UPDATE account SET phase = $1, level = $2 WHERE id = $3";
        change.execute(update, values![next.phase().name(), next.level(), self.id])?;
        for gone in self.standing.locks().iter().filter(|lock| !next.is_locked_for(**lock)) {
            let lift = "DELETE FROM account_lock WHERE account = $1 AND reason = $2";
            change.execute(lift, values![self.id, gone.name()])?;
        }
        for new in next.locks().iter().filter(|lock| !self.standing.is_locked_for(**lock)) {
            let lock = "INSERT INTO account_lock VALUES ($1, $2, $3)";
            change.execute(lock, values![self.id, new.name(), now.as_unix()])?;
        }
        let note = "INSERT INTO account_event (account, at, event) VALUES ($1, $2, $3)";
        change.execute(note, values![self.id, now.as_unix(), event.name()])?;
        self.standing = next;
        self.moved = true;
        Ok(())
    }

    /// After a change was committed: the status lists follow the account.
    pub(super) fn follow(&self, nation: &Nation) -> Result<(), Refusal> {
        if self.moved {
            status::publish_lists(nation)?;
        }
        Ok(())
    }

    /// Takes in what time alone has done to the account.
    pub(super) fn settle(mut self, change: &dyn Statements, now: Timestamp) -> Result<Self, Refusal> {
        if self.standing.phase() == Phase::AwaitingCode && now.as_unix() - self.opened_at >= WEEK {
            self.apply(change, Event::WeekPassed, now)?;
        }
        let expired = self.card_expires.as_ref().is_some_and(|day| *day < now.date().to_string());
        let in_use = [Phase::Active, Phase::Recovery].contains(&self.standing.phase());
        if expired && in_use && !self.standing.is_locked_for(Lock::Expiry) {
            self.apply(change, Event::LockedFor(Lock::Expiry), now)?;
        }
        pending::take_effect(change, &mut self, now)?;
        Ok(self)
    }
}

/// What to tell whoever asked for something that is not in the table.
fn refusal(event: Event, refused: Refused) -> Refusal {
    match (event, refused) {
        (Event::Lifted(Lock::Holder), _) => {
            Refusal::new("not_holder_lock", "this is not a lock that you set yourself")
        }
        (Event::Lifted(Lock::Death), _) => Refusal::new("lock_is_final", "nothing lifts this lock"),
        (Event::Lifted(_), _) => Refusal::new("not_locked", "the account is not locked for this reason"),
        (_, Refused::Locked | Refused::NoSuchLock) => Refusal::new("account_locked", "the account is locked"),
        (Event::CodeMatched | Event::CodeMatchedInCare, Refused::NotInThisPhase) => {
            Refusal::new("already_active", "the account is active already")
        }
        (_, Refused::NotInThisPhase) => Refusal::new("account_not_active", "the account is not active"),
    }
}

/// Changes an account whole or not at all: time first, then what is asked. The status lists follow at once.
pub(super) fn change_account<T>(
    nation: &Nation,
    account: &str,
    act: impl FnOnce(&dyn Statements, &mut Account) -> Result<T, Refusal>,
) -> Result<(Account, T), Refusal> {
    let (account, done) = nation.database.change(|change| {
        let account = Account::load(change, account)?.ok_or(UNKNOWN_ACCOUNT)?;
        let mut account = account.settle(change, nation.now())?;
        let done = act(change, &mut account)?;
        Ok::<_, Refusal>((account, done))
    })?;
    account.follow(nation)?;
    Ok((account, done))
}

/// Moves an account by an event.
pub(super) fn happens(nation: &Nation, account: &str, event: Event) -> Result<Account, Refusal> {
    let (account, ()) =
        change_account(nation, account, |change, account| account.apply(change, event, nation.now()))?;
    nation.journal.note(nation.now(), &account.id, event.name());
    Ok(account)
}
