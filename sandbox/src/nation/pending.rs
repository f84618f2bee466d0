//! What was proven and has to wait: a new phone, a new PIN. The old phone is told and can cancel it until then (security.md 6).
use axum::extract::State;
use serde_json::{Value, json};
use trust::time::Timestamp;

use super::account::{Account, UNKNOWN_PERSON, change_account};
use super::answer::{Answer, Refusal, fresh};
use super::body::Body;
use super::database::{DatabaseError, Row, Statements, values};
use super::evidence::Proven;
use super::mailbox::tell;
use super::message::Message;
use super::register::Person;
use super::standing::Event;
use super::{Nation, Shared, device};

/// Seconds to wait where the operator set nothing else.
const WAIT: i64 = 24 * 3600;
/// The operator's setting.
pub(super) const WAIT_SETTING: &str = "recovery-wait";

/// What waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// The account moves to a new phone.
    Device,
    /// The PIN is forgotten; a new one can be set.
    Pin,
}

impl Kind {
    const fn name(self) -> &'static str {
        match self {
            Self::Device => "device",
            Self::Pin => "pin",
        }
    }
}

/// Something that waits.
struct Pending {
    kind: String,
    thumbprint: String,
    name: String,
    sequence: i64,
    proven_at: String,
    proven: Proven,
    effective_at: i64,
}

impl Pending {
    fn load(statements: &dyn Statements, account: &str) -> Result<Option<Self>, DatabaseError> {
        let find = "SELECT kind, thumbprint, name, seq, proven_at, portrait, card_expires, effective_at \
                    FROM pending WHERE account = $1";
        let read = |row: Row| {
            Ok(Self {
                kind: row.get(0)?,
                thumbprint: row.get(1)?,
                name: row.get(2)?,
                sequence: row.get(3)?,
                proven_at: row.get(4)?,
                proven: Proven { portrait: row.get(5)?, card_expires: row.get(6)? },
                effective_at: row.get(7)?,
            })
        };
        statements.row(find, values![account])?.map(read).transpose()
    }
}

/// Who a proof is from, and what for.
pub(super) struct Claim<'a> {
    pub(super) kind: Kind,
    pub(super) thumbprint: &'a str,
    pub(super) device_name: &'a str,
    pub(super) sequence: i64,
}

/// Lets what was proven wait, in place of what waited before, and tells the person. Says when it takes effect.
pub(super) fn wait(
    nation: &Nation,
    change: &dyn Statements,
    account: &mut Account,
    claim: &Claim<'_>,
    proven: &Proven,
) -> Result<i64, Refusal> {
    let now = nation.now();
    let setting = "SELECT value FROM setting WHERE name = $1";
    let seconds = change.row(setting, values![WAIT_SETTING])?.map_or(Ok(WAIT), |row| row.get(0))?;
    let effective_at = now.as_unix() + seconds;
    forget(change, &account.id)?;
    let put = "INSERT INTO pending VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    change.execute(
        put,
        values![
            account.id,
            claim.kind.name(),
            claim.thumbprint,
            claim.device_name,
            claim.sequence,
            now.to_string(),
            proven.portrait,
            proven.card_expires,
            effective_at
        ],
    )?;
    let from = Timestamp::from_unix(effective_at);
    let text = match claim.kind {
        Kind::Device => format!("Điện thoại mới dùng tài khoản từ / a new phone takes over at: {from}"),
        Kind::Pin => format!("Mã PIN mới có thể đặt từ / a new PIN can be set from: {from}"),
    };
    tell(change, &account.person, &format!("{text}. Không phải bạn? / not you? Cancel in the app."), now)?;
    take_effect(change, account, now)?;
    Ok(effective_at)
}

/// Does what waited long enough.
pub(super) fn take_effect(
    change: &dyn Statements,
    account: &mut Account,
    now: Timestamp,
) -> Result<(), Refusal> {
    let pending = Pending::load(change, &account.id)?;
    let Some(pending) = pending.filter(|pending| now.as_unix() >= pending.effective_at) else {
        return Ok(());
    };
    let event = new_phone_of(change, account, now)?;
    if pending.kind == Kind::Pin.name() {
        change.execute("DELETE FROM pin WHERE account = $1", values![account.id])?;
    } else if account.standing.after(event).is_ok() {
        account.apply(change, event, now)?;
        device::retire(change, &account.id, "replaced")?;
        device::add(change, &account.id, &pending.thumbprint, &pending.name, pending.sequence, now)?;
        let keep = "UPDATE account SET verified_at = $1, method = 'chip+face', portrait = $2, card_expires = $3 \
                    WHERE id = $4";
        let proven = &pending.proven;
        let row = values![pending.proven_at, proven.portrait, proven.card_expires, account.id];
        change.execute(keep, row)?;
    } else {
        // Locked meanwhile: it waits for the lock to end.
        return Ok(());
    }
    forget(change, &account.id)?;
    Ok(())
}

/// What a new phone does to the account: a person too young for level 2 keeps the level.
fn new_phone_of(change: &dyn Statements, account: &Account, now: Timestamp) -> Result<Event, Refusal> {
    let person = Person::find(change, &account.person)?.ok_or(UNKNOWN_PERSON)?;
    let may_reach_level_2 = person.may_reach_level_2(now.date());
    Ok(if may_reach_level_2 { Event::NewPhoneProven } else { Event::ChildsNewPhoneProven })
}

/// Lets nothing wait any more; says whether something did.
pub(super) fn forget(change: &dyn Statements, account: &str) -> Result<bool, DatabaseError> {
    Ok(change.execute("DELETE FROM pending WHERE account = $1", values![account])? > 0)
}

/// Tells a phone that waits how long; nothing for any other.
pub(super) fn refuse_waiting(
    statements: &dyn Statements,
    account: &str,
    thumbprint: &str,
    now: Timestamp,
) -> Result<(), Refusal> {
    match Pending::load(statements, account)? {
        Some(pending) if pending.kind == Kind::Device.name() && pending.thumbprint == thumbprint => {
            let refusal = Refusal::new("device_waiting", "this phone takes over later, if nobody cancels it");
            let refusal = refusal.with("effective_at", json!(pending.effective_at));
            Err(refusal.after_seconds(pending.effective_at - now.as_unix()))
        }
        _ => Ok(()),
    }
}

/// What waits, for the holder.
pub(super) fn shown(statements: &dyn Statements, account: &str) -> Result<Value, DatabaseError> {
    Ok(Pending::load(statements, account)?.map_or(
        Value::Null,
        |pending| json!({"kind": pending.kind, "name": pending.name, "effective_at": pending.effective_at}),
    ))
}

/// Cancels what waits: from the phone in use.
pub(super) async fn cancel(State(nation): State<Shared>, body: Body) -> Answer {
    let account = Message::receive(&nation, &body, &["pending_cancel"])?.account(&nation)?;
    change_account(&nation, &account.id, |change, account| {
        if !forget(change, &account.id)? {
            return Err(Refusal::new("nothing_pending", "nothing waits"));
        }
        Ok(tell(change, &account.person, "Đã hủy / cancelled.", nation.now())?)
    })?;
    Ok(fresh(json!({"cancelled": true})))
}
