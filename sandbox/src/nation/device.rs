//! The phones of an account: one in use, earlier ones that were replaced or reported lost.
use rusqlite::{Connection, OptionalExtension, Transaction, params};
use serde_json::{Value, json};
use trust::time::Timestamp;

use super::account::{Account, UNKNOWN_ACCOUNT};
use super::answer::Refusal;

/// A key serves one phone and one account, for good.
pub(super) fn is_new(change: &Connection, thumbprint: &str) -> Result<(), Refusal> {
    let used =
        "SELECT 1 FROM device WHERE thumbprint = ?1 UNION SELECT 1 FROM credential WHERE thumbprint = ?1";
    match change.query_row(used, [thumbprint], |_| Ok(())).optional()? {
        None => Ok(()),
        Some(()) => Err(Refusal::new("key_in_use", "this key has another use already: make a new one")),
    }
}

/// Adds the phone that is in use from now on.
pub(super) fn add(
    change: &Transaction<'_>,
    account: &str,
    thumbprint: &str,
    name: &str,
    sequence: i64,
    now: Timestamp,
) -> Result<(), rusqlite::Error> {
    let put = "INSERT INTO device (thumbprint, account, name, seq, since, state) VALUES (?1, ?2, ?3, ?4, ?5, 'active')";
    change.execute(put, params![thumbprint, account, name, sequence, now.as_unix()])?;
    Ok(())
}

/// Takes the phone in use out of use: `replaced` by another, or `lost`. Its credentials are revoked, its offers and tokens
/// are void, and so is the PIN, whose key only that phone could make.
pub(super) fn retire(change: &Transaction<'_>, account: &str, state: &str) -> Result<(), rusqlite::Error> {
    let retire = "UPDATE device SET state = ?1 WHERE account = ?2 AND state = 'active'";
    change.execute(retire, params![state, account])?;
    for end in [
        "UPDATE credential SET revoked = 1 WHERE account = ?1",
        "DELETE FROM pre_authorised WHERE account = ?1",
        "DELETE FROM access_token WHERE account = ?1",
        "DELETE FROM pin WHERE account = ?1",
        "DELETE FROM hand_over WHERE account = ?1",
    ] {
        change.execute(end, [account])?;
    }
    Ok(())
}

/// Takes a message's number from the account's phone in use. The number is checked and raised in one statement: of two messages
/// with one number, one is refused.
pub(super) fn take_number(
    change: &Transaction<'_>,
    account: &Account,
    thumbprint: &str,
    sequence: i64,
) -> Result<(), Refusal> {
    let find = "SELECT state FROM device WHERE account = ?1 AND thumbprint = ?2";
    let state: Option<String> =
        change.prepare_cached(find)?.query_row([&*account.id, thumbprint], |row| row.get(0)).optional()?;
    match state.as_deref() {
        Some("active") => {}
        Some("lost") => return Err(Refusal::new("device_revoked", "this phone was reported lost")),
        Some(_) => return Err(Refusal::new("device_replaced", "the account is on another phone now")),
        None => return Err(UNKNOWN_ACCOUNT),
    }
    let raise = "UPDATE device SET seq = ?1 WHERE thumbprint = ?2 AND seq < ?1";
    match change.prepare_cached(raise)?.execute(params![sequence, thumbprint])? {
        1 => Ok(()),
        _ => Err(Refusal::new("sequence_replayed", "the message's number was used before")),
    }
}

/// The phones, for the account's holder: the one in use first.
pub(super) fn shown(connection: &Connection, account: &str) -> Result<Vec<Value>, rusqlite::Error> {
    let find = "SELECT name, thumbprint, state FROM device WHERE account = ?1 ORDER BY state <> 'active', since DESC";
    let mut find = connection.prepare_cached(find)?;
    let devices = find.query_map([account], |row| {
        let (name, thumbprint): (String, String) = (row.get(0)?, row.get(1)?);
        Ok(json!({"name": name, "thumbprint": thumbprint, "state": row.get::<_, String>(2)?}))
    })?;
    devices.collect()
}
