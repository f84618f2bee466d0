//! The phones of an account: one in use, earlier ones that were replaced or reported lost.
use serde_json::{Value, json};
use trust::time::Timestamp;

use super::account::{Account, UNKNOWN_ACCOUNT};
use super::answer::Refusal;
use super::database::{DatabaseError, Statements, values};

/// A key serves one phone and one account, for good.
pub(super) fn is_new(change: &dyn Statements, thumbprint: &str) -> Result<(), Refusal> {
    let used =
        "SELECT 1 FROM device WHERE thumbprint = $1 UNION SELECT 1 FROM credential WHERE thumbprint = $1";
    if change.exists(used, values![thumbprint])? {
        return Err(Refusal::new("key_in_use", "this key has another use already: make a new one"));
    }
    Ok(())
}

/// Adds the phone that is in use from now on.
pub(super) fn add(
    change: &dyn Statements,
    account: &str,
    thumbprint: &str,
    name: &str,
    sequence: i64,
    now: Timestamp,
) -> Result<(), DatabaseError> {
    let put = "INSERT INTO device (thumbprint, account, name, seq, since, state) VALUES ($1, $2, $3, $4, $5, 'active')";
    change.execute(put, values![thumbprint, account, name, sequence, now.as_unix()])?;
    Ok(())
}

/// Takes the phone in use out of use: `replaced` by another, or `lost`. Its credentials are revoked, its offers and tokens
/// are void, and so is the PIN, whose key only that phone could make.
pub(super) fn retire(change: &dyn Statements, account: &str, state: &str) -> Result<(), DatabaseError> {
    let retire = "UPDATE device SET state = $1 WHERE account = $2 AND state = 'active'";
    change.execute(retire, values![state, account])?;
    for end in [
        "UPDATE credential SET revoked = 1 WHERE account = $1",
        "DELETE FROM pre_authorised WHERE account = $1",
        "DELETE FROM access_token WHERE account = $1",
        "DELETE FROM pin WHERE account = $1",
        "DELETE FROM hand_over WHERE account = $1",
    ] {
        change.execute(end, values![account])?;
    }
    Ok(())
}

/// Takes a message's number from the account's phone in use. The number is checked and raised in one statement: of two messages
/// with one number, one is refused.
pub(super) fn take_number(
    change: &dyn Statements,
    account: &Account,
    thumbprint: &str,
    sequence: i64,
) -> Result<(), Refusal> {
    let find = "SELECT state FROM device WHERE account = $1 AND thumbprint = $2";
    let state = change.row(find, values![account.id, thumbprint])?;
    match state.map(|row| row.get::<String>(0)).transpose()?.as_deref() {
        Some("active") => {}
        Some("lost") => return Err(Refusal::new("device_revoked", "this phone was reported lost")),
        Some(_) => return Err(Refusal::new("device_replaced", "the account is on another phone now")),
        None => return Err(UNKNOWN_ACCOUNT),
    }
    let raise = "UPDATE device SET seq = $1 WHERE thumbprint = $2 AND seq < $1";
    match change.execute(raise, values![sequence, thumbprint])? {
        1 => Ok(()),
        _ => Err(Refusal::new("sequence_replayed", "the message's number was used before")),
    }
}

/// The phones, for the account's holder: the one in use first.
pub(super) fn shown(statements: &dyn Statements, account: &str) -> Result<Vec<Value>, DatabaseError> {
    let find = "SELECT name, thumbprint, state FROM device WHERE account = $1 ORDER BY state <> 'active', since DESC";
    let rows = statements.query(find, values![account])?;
    let shown = rows.iter().map(|row| {
        let (name, thumbprint, state) = (row.get::<String>(0)?, row.get::<String>(1)?, row.get::<String>(2)?);
        Ok(json!({"name": name, "thumbprint": thumbprint, "state": state}))
    });
    shown.collect()
}
