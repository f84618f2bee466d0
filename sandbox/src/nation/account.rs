//! The electronic identity account: what is kept of it, and how it is opened, activated, shown, locked and ended.
use axum::extract::State;
use ring::rand::{SecureRandom, SystemRandom};
use rusqlite::{Connection, OptionalExtension, Transaction, params};
use serde_json::json;
use trust::time::Timestamp;

use super::answer::{Answer, Refusal, fresh};
use super::body::Body;
use super::message::Message;
use super::register::Person;
use super::standing::{Event, Lock, Phase, Refused, Standing};
use super::{Nation, Shared, pin, random_text, sha256, status};

/// Seconds that a one-time code is good for.
const CODE_LIFE: i64 = 600;
/// Attempts at a one-time code.
const MOST_ATTEMPTS: u32 = 5;
/// Accounts opened for a person within an hour: each brings new attempts at a code, and a message to the phone.
const MOST_OPENINGS: i64 = 5;
const HOUR: i64 = 3600;
/// Seconds in which an account must be activated (Decree 69/2024/ND-CP, article 14).
const WEEK: i64 = 7 * 24 * HOUR;

pub(super) const UNKNOWN_PERSON: Refusal =
    Refusal::new("unknown_person", "the register has no person with this number");

/// An account and the device that asks.
pub(super) struct Account {
    pub(super) id: String,
    pub(super) person: String,
    pub(super) standing: Standing,
    opened_at: i64,
    verified_at: Option<String>,
    method: Option<String>,
    card_expires: Option<String>,
}

impl Account {
    /// The account, if the device with this key belongs to it.
    pub(super) fn of_device(
        connection: &Connection,
        id: &str,
        thumbprint: &str,
    ) -> Result<Option<Self>, rusqlite::Error> {
        let own = "SELECT 1 FROM device WHERE account = ?1 AND thumbprint = ?2";
        if connection.query_row(own, [id, thumbprint], |_| Ok(())).optional()?.is_none() {
            return Ok(None);
        }
        Self::load(connection, id)
    }

    /// The account of a person that is not closed.
    pub(super) fn of_person(connection: &Connection, person: &str) -> Result<Option<Self>, rusqlite::Error> {
        let find = "SELECT id FROM account WHERE person = ?1 AND phase <> 'closed'";
        let id: Option<String> = connection.query_row(find, [person], |row| row.get(0)).optional()?;
        id.map_or(Ok(None), |id| Self::load(connection, &id))
    }

    pub(super) fn load(connection: &Connection, id: &str) -> Result<Option<Self>, rusqlite::Error> {
        let mut reasons = connection.prepare_cached("SELECT reason FROM account_lock WHERE account = ?1")?;
        let locks = reasons.query_map([id], |row| {
            Lock::of_name(&row.get::<_, String>(0)?).ok_or(rusqlite::Error::InvalidQuery)
        })?;
        let locks: Vec<Lock> = locks.collect::<Result<_, _>>()?;
        let find = "SELECT person, phase, level, opened_at, verified_at, method, card_expires \
                    FROM account WHERE id = ?1";
        connection
            .prepare_cached(find)?
            .query_row([id], |row| {
                let phase = Phase::of_name(&row.get::<_, String>(1)?);
                let phase = phase.ok_or(rusqlite::Error::InvalidQuery)?;
                Ok(Self {
                    id: id.to_owned(),
                    person: row.get(0)?,
                    standing: Standing::kept(phase, row.get(2)?, locks),
                    opened_at: row.get(3)?,
                    verified_at: row.get(4)?,
                    method: row.get(5)?,
                    card_expires: row.get(6)?,
                })
            })
            .optional()
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
        change: &Transaction<'_>,
        event: Event,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        let next = self.standing.after(event).map_err(|refused| refusal(event, refused))?;
        let update = "UPDATE account SET phase = ?1, level = ?2 WHERE id = ?3";
        change.execute(update, params![next.phase().name(), next.level(), self.id])?;
        for gone in self.standing.locks().iter().filter(|lock| !next.is_locked_for(**lock)) {
            let lift = "DELETE FROM account_lock WHERE account = ?1 AND reason = ?2";
            change.execute(lift, params![self.id, gone.name()])?;
        }
        for new in next.locks().iter().filter(|lock| !self.standing.is_locked_for(**lock)) {
            let lock = "INSERT INTO account_lock VALUES (?1, ?2, ?3)";
            change.execute(lock, params![self.id, new.name(), now.as_unix()])?;
        }
        let note = "INSERT INTO account_event (account, at, event) VALUES (?1, ?2, ?3)";
        change.execute(note, params![self.id, now.as_unix(), event.name()])?;
        self.standing = next;
        Ok(())
    }

    /// Takes in what time alone has done to the account.
    pub(super) fn settle(mut self, change: &Transaction<'_>, now: Timestamp) -> Result<Self, Refusal> {
        if self.standing.phase() == Phase::AwaitingCode && now.as_unix() - self.opened_at >= WEEK {
            self.apply(change, Event::WeekPassed, now)?;
        }
        let expired = self.card_expires.as_ref().is_some_and(|day| *day < now.date().to_string());
        if expired && self.standing.phase() == Phase::Active && !self.standing.is_locked_for(Lock::Expiry) {
            self.apply(change, Event::LockedFor(Lock::Expiry), now)?;
        }
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
        (Event::CodeMatched, Refused::NotInThisPhase) => {
            Refusal::new("already_active", "the account is active already")
        }
        (_, Refused::NotInThisPhase) => Refusal::new("account_not_active", "the account is not active"),
    }
}

/// Moves an account by an event and lets the status lists follow at once.
pub(super) fn happens(nation: &Nation, account: &str, event: Event) -> Result<Account, Refusal> {
    let mut database = nation.database();
    let change = database.transaction()?;
    let account = Account::load(&change, account)?
        .ok_or(Refusal::new("account_unknown", "there is no such account"))?;
    let mut account = account.settle(&change, nation.now())?;
    account.apply(&change, event, nation.now())?;
    change.commit()?;
    drop(database);
    nation.journal.note(nation.now(), &account.id, event.name());
    status::publish_lists(nation)?;
    Ok(account)
}

pub(super) async fn challenge(State(nation): State<Shared>) -> Answer {
    let now = nation.now().as_unix();
    let challenge = nation.challenges.give("", now)?;
    let life = nation.challenges.life();
    Ok(fresh(json!({"challenge": challenge, "server_time": now, "expires_in": life})))
}

pub(super) async fn open(State(nation): State<Shared>, body: Body) -> Answer {
    let message = Message::receive(&nation, &body, &["open"])?;
    let (number, phone) = (message.text("personal_number")?, message.text("phone")?);
    let (device, now) = (message.text("device_name")?, nation.now());
    count_opening(&nation, number)?;
    let (id, code) = (format!("acc_{}", random_text(12)?), one_time_code()?);
    let thumbprint = message.key.thumbprint_base64url();
    let mut database = nation.database();
    let change = database.transaction()?;
    let person = Person::find(&change, number)?.ok_or(UNKNOWN_PERSON)?;
    if person.deceased {
        return Err(Refusal::new("person_deceased", "the register says that this person has died"));
    }
    if person.phone != phone {
        return Err(Refusal::new("phone_not_registered", "this phone is not registered to this person"));
    }
    let opened_at = give_way(&change, number, now)?.unwrap_or(now.as_unix());
    if change
        .query_row("SELECT 1 FROM device WHERE thumbprint = ?1", [&thumbprint], |_| Ok(()))
        .optional()?
        .is_some()
    {
        return Err(Refusal::new("key_in_use", "this key belongs to another account: make a new one"));
    }
    let account = "INSERT INTO account (id, person, phase, level, opened_at) VALUES (?1, ?2, ?3, 0, ?4)";
    change.execute(account, params![id, number, Standing::opened().phase().name(), opened_at])?;
    let put = "INSERT INTO device (thumbprint, account, name, seq, since) VALUES (?1, ?2, ?3, ?4, ?5)";
    change.execute(put, params![thumbprint, id, device, message.sequence, now.as_unix()])?;
    let activation = "INSERT INTO activation VALUES (?1, ?2, ?3, 0)";
    change.execute(activation, params![id, code_hash(&id, &code), now.as_unix() + CODE_LIFE])?;
    let text = format!("Mã kích hoạt / activation code: {code}");
    let send = "INSERT INTO message (phone, text, sent_at) VALUES (?1, ?2, ?3)";
    change.execute(send, params![phone, text, now.as_unix()])?;
    change.commit()?;
    drop(database);
    nation.journal.note(now, &id, format_args!("opened; one-time code {code}"));
    let masked: String = phone.chars().rev().take(3).collect::<Vec<_>>().into_iter().rev().collect();
    Ok(fresh(json!({"account": id, "code_sent_to": format!("•••• {masked}"), "code_expires_in": CODE_LIFE})))
}

/// Counts an opening before anything is looked at: whoever guesses phones or codes is slowed, too.
fn count_opening(nation: &Nation, person: &str) -> Result<(), Refusal> {
    let now = nation.now().as_unix();
    let mut database = nation.database();
    let change = database.transaction()?;
    Person::find(&change, person)?.ok_or(UNKNOWN_PERSON)?;
    change.execute("DELETE FROM opening WHERE at <= ?1", [now - HOUR])?;
    let count = "SELECT count(*), coalesce(min(at), 0) FROM opening WHERE person = ?1";
    let (recent, first): (i64, i64) =
        change.query_row(count, [person], |row| Ok((row.get(0)?, row.get(1)?)))?;
    if recent >= MOST_OPENINGS {
        let wait = first + HOUR - now;
        let refusal = Refusal::new("too_many_attempts", "too many accounts were opened: wait");
        return Err(refusal.after_seconds(wait));
    }
    change.execute("INSERT INTO opening VALUES (?1, ?2)", params![person, now])?;
    Ok(change.commit()?)
}

/// Makes room for a new account of a person: one that was never activated gives way. Tells when that was opened.
fn give_way(change: &Transaction<'_>, person: &str, now: Timestamp) -> Result<Option<i64>, Refusal> {
    let Some(earlier) = Account::of_person(change, person)? else { return Ok(None) };
    let earlier = earlier.settle(change, now)?;
    match earlier.standing.phase() {
        Phase::AwaitingCode => {
            change.execute("DELETE FROM account WHERE id = ?1", [&earlier.id])?;
            Ok(Some(earlier.opened_at))
        }
        Phase::Overdue => {
            Err(Refusal::new("activation_overdue", "the week for activating is over: call the hotline"))
        }
        Phase::Active | Phase::Closed => {
            Err(Refusal::new("already_active", "this person has an active account on another device"))
        }
    }
}

pub(super) async fn activate(State(nation): State<Shared>, body: Body) -> Answer {
    let message = Message::receive(&nation, &body, &["activate"])?;
    let account = message.account(&nation)?;
    match account.standing.phase() {
        Phase::AwaitingCode => {}
        Phase::Overdue => {
            return Err(Refusal::new(
                "activation_overdue",
                "the week for activating is over: call the hotline",
            ));
        }
        Phase::Active => return Err(Refusal::new("already_active", "the account is active already")),
        Phase::Closed => return Err(Refusal::new("account_not_active", "the account is closed")),
    }
    // Counted before the check and in one statement: attempts at the same time do not share a count.
    let count = "UPDATE activation SET attempts = attempts + 1 WHERE account = ?1 RETURNING code_hash, expires, attempts";
    let (hash, expires, attempts) =
        nation.database().connection().query_row(count, [&account.id], |row| {
            Ok((row.get::<_, Vec<u8>>(0)?, row.get::<_, i64>(1)?, row.get::<_, u32>(2)?))
        })?;
    if attempts > MOST_ATTEMPTS {
        return Err(Refusal::new("too_many_attempts", "too many attempts: open the account again"));
    }
    if nation.now().as_unix() >= expires {
        return Err(Refusal::new("code_expired", "the code is too old: open the account again"));
    }
    let typed = code_hash(&account.id, message.text("code")?);
    if !bool::from(subtle::ConstantTimeEq::ct_eq(hash.as_slice(), typed.as_slice())) {
        let left = MOST_ATTEMPTS - attempts;
        return Err(Refusal::new("wrong_code", "the code is wrong").with("attempts_left", json!(left)));
    }
    let account = happens(&nation, &account.id, Event::CodeMatched)?;
    nation.database().connection().execute("DELETE FROM activation WHERE account = ?1", [&account.id])?;
    Ok(fresh(json!({"account": account.id, "level": account.standing.level(), "state": "active"})))
}

pub(super) async fn show(State(nation): State<Shared>, body: Body) -> Answer {
    let account = Message::receive(&nation, &body, &["show"])?.account(&nation)?;
    let database = nation.database();
    let find = "SELECT name, thumbprint FROM device WHERE account = ?1 ORDER BY since";
    let mut find = database.connection().prepare_cached(find)?;
    let devices = find.query_map([&account.id], |row| {
        Ok(json!({"name": row.get::<_, String>(0)?, "thumbprint": row.get::<_, String>(1)?}))
    })?;
    let devices: Vec<_> = devices.collect::<Result<_, _>>()?;
    let locks: Vec<_> = account.standing.locks().iter().map(|lock| lock.name()).collect();
    let phase = account.standing.phase();
    let state = match phase {
        Phase::Active if !locks.is_empty() => "locked",
        Phase::Active if pin::is_blocked(database.connection(), &account.id)? => "blocked",
        phase => phase.name(),
    };
    let pin = pin::shown(database.connection(), &account.id)?;
    // Where others locked, too, the holder has to see that the own lock is not the only one.
    let locked_by = locks.iter().find(|lock| **lock != Lock::Holder.name()).or(locks.first());
    Ok(fresh(json!({
        "account": account.id, "level": account.standing.level(), "state": state, "verified_at": account.verified_at,
        "method": account.method, "locked_by": locked_by, "locks": locks, "devices": devices,
        "pin": pin, "pin_id": pin.get("id"),
    })))
}

pub(super) async fn lock(State(nation): State<Shared>, body: Body) -> Answer {
    let account = Message::receive(&nation, &body, &["lock"])?.account(&nation)?.active()?;
    let account = happens(&nation, &account.id, Event::LockedFor(Lock::Holder))?;
    Ok(fresh(json!({"account": account.id, "state": "locked"})))
}

pub(super) async fn unlock(State(nation): State<Shared>, body: Body) -> Answer {
    let account = Message::receive(&nation, &body, &["unlock"])?.account(&nation)?;
    let account = happens(&nation, &account.id, Event::Lifted(Lock::Holder))?;
    Ok(fresh(json!({"account": account.id, "state": "active"})))
}

pub(super) async fn close(State(nation): State<Shared>, body: Body) -> Answer {
    let account = Message::receive(&nation, &body, &["close"])?.account(&nation)?;
    let account = happens(&nation, &account.id, Event::ClosedByHolder)?;
    Ok(fresh(json!({"account": account.id, "state": "closed"})))
}

/// Six digits, each code as likely as any other.
fn one_time_code() -> Result<String, Refusal> {
    let mut octets = [0; 8];
    SystemRandom::new().fill(&mut octets).map_err(|_| Refusal::broken())?;
    // The bias of 2^64 against 10^6 is below 10^-13.
    Ok(format!("{:06}", u64::from_be_bytes(octets) % 1_000_000))
}

fn code_hash(account: &str, code: &str) -> Vec<u8> {
    sha256(format!("{account}\n{code}").as_bytes())
}
