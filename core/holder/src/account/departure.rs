//! A phone that is not the account's any more is emptied and says so: another phone took its place, it was reported lost, or
//! the account was ended. It learns that from the provider, whose word ends nothing but this account.

use http_client::ServerCode;
use trust::time::Timestamp;

use super::record::{ACCOUNT, AccountRecord};
use super::standing::{Stage, Turn};
use super::view::{AccountState, LockedBy, Pending, PendingKind};
use super::{AccountError, pin, transfer};
use crate::history::append;
use crate::issuance::deferred;
use crate::keys::{Keys, SigningKey};
use crate::ports::KeyError;
use crate::store::Table;
use crate::wallet::Wallet;
use crate::{Error, credentials, documents, stated_level, trust_list};

/// What a stage means for whoever wants to use the account.
pub(super) fn refuse_departed(stage: Stage) -> Result<(), Error> {
    match stage {
        Stage::Replaced => Err(AccountError::Replaced.into()),
        Stage::Lost => Err(AccountError::ReportedLost.into()),
        Stage::GivenUp => Err(AccountError::Cancelled.into()),
        Stage::Closed => Err(AccountError::NoAccount.into()),
        Stage::Keyless => Err(KeyError::Lost.into()),
        _ => Ok(()),
    }
}

/// The key that speaks for the account. Where the device has it no more, this phone is without an account from here on; what was
/// obtained with other keys stays, and so does the history.
pub(super) fn instance_key(wallet: &Wallet, record: &AccountRecord) -> Result<SigningKey, Error> {
    let found = wallet.keys.find(&record.instance_key);
    if matches!(found, Err(Error::Key(KeyError::Lost))) {
        note_key_lost(wallet, &record.instance_key)?;
    }
    found
}

fn note_key_lost(wallet: &Wallet, instance_key: &str) -> Result<(), Error> {
    wallet.vault.change(|change| {
        let record: Option<AccountRecord> = change.read(Table::Account, ACCOUNT)?;
        let Some(mut record) = record.filter(|record| record.instance_key == instance_key) else {
            return Ok(());
        };
        if let Ok(standing) = record.standing().after(Turn::KeyLost) {
            record.set_standing(standing);
            record.told = None;
            change.put(Table::Account, ACCOUNT, &record)?;
        }
        Ok(())
    })
}

/// Takes from a refusal what it says of the account, and gives the error that says it best.
pub(super) fn learn(wallet: &Wallet, instance_key: &str, error: Error, now: Timestamp) -> Error {
    let learnt = learn_from(wallet, instance_key, &error, now);
    match learnt {
        Ok(Some(clearer)) => clearer,
        // Where the store fails now, the next contact learns the same.
        Ok(None) | Err(_) => error,
    }
}

fn learn_from(
    wallet: &Wallet,
    instance_key: &str,
    error: &Error,
    now: Timestamp,
) -> Result<Option<Error>, Error> {
    let record = AccountRecord::load(&wallet.vault.store())?;
    if record.instance_key != instance_key {
        // Meant for an account that another process has replaced since.
        return Ok(None);
    }
    if *error == Error::Key(KeyError::Lost) {
        // There until it was to sign: some devices say it only then.
        note_key_lost(wallet, instance_key)?;
        return Ok(None);
    }
    let account = wallet.account();
    let until = |record: &AccountRecord| {
        error.retry_after().map(|seconds| record.corrected_forward(now).as_unix() + i64::from(seconds))
    };
    let new = matches!(record.stage, Stage::Proving | Stage::Waiting);
    match error.server_code() {
        ServerCode::DeviceReplaced => {
            empty(wallet, Turn::MovedAway, now)?;
            return Ok(Some(AccountError::Replaced.into()));
        }
        ServerCode::DeviceRevoked => {
            empty(wallet, Turn::ReportedLost, now)?;
            return Ok(Some(AccountError::ReportedLost.into()));
        }
        // Without the pending claim the provider does not know this key.
        ServerCode::AccountUnknown if record.stage == Stage::Waiting => {
            empty(wallet, Turn::Cancelled, now)?;
            return Ok(Some(AccountError::Cancelled.into()));
        }
        ServerCode::DeviceWaiting if new => account.turn(now, Turn::WaitBegun, |record| {
            let effective_at = until(record);
            let name = record.device_name.clone();
            record.told_mut(now).pending =
                effective_at.map(|effective_at| Pending { kind: PendingKind::Device, name, effective_at });
        })?,
        ServerCode::PinDelayed => account.update(now, None, |record| {
            let wait_until = until(record);
            let pin = &mut record.told_mut(now).pin;
            (pin.set, pin.wait_until) = (true, wait_until);
        })?,
        ServerCode::PinBlocked => account.update(now, None, |record| {
            let told = record.told_mut(now);
            (told.pin.set, told.pin.blocked, told.state) = (true, true, AccountState::Blocked);
        })?,
        ServerCode::AccountLocked if record.stage == Stage::InUse => account.update(now, None, |record| {
            let told = record.told_mut(now);
            if told.locks.is_empty() {
                told.lock(LockedBy::Other);
            }
        })?,
        _ => {}
    }
    Ok(None)
}

/// Deletes credentials, keys, the PIN's salt and the trust list, and notes why. The history stays: it is the person's record of
/// who received what.
pub(super) fn empty(wallet: &Wallet, why: Turn, now: Timestamp) -> Result<(), Error> {
    let doomed = wallet.vault.change(|change| {
        let mut record: AccountRecord =
            change.read(Table::Account, ACCOUNT)?.ok_or(AccountError::NoAccount)?;
        let (before, after) = (record.standing(), record.standing().after(why));
        let after = after.map_err(|_| AccountError::NotInUse)?;
        record.set_standing(after);
        let mut doomed = vec![record.instance_key.clone()];
        for (id, credential) in change.list::<credentials::CredentialRecord>(Table::Credential)? {
            credentials::remove(change, &id, &credential.key)?;
            doomed.push(credential.key);
        }
        for (id, document) in change.list::<documents::DocumentRecord>(Table::Document)? {
            doomed.extend(documents::remove(change, &id, &document)?);
        }
        doomed.extend(deferred::give_up_all(change)?);
        Keys::doom(change, &record.instance_key)?;
        pin::forget(change)?;
        trust_list::forget(change)?;
        stated_level::forget(change)?;
        transfer::forget(change)?;
        record.told = None;
        change.put(Table::Account, ACCOUNT, &record)?;
        if let Some(event) = before.noted(why, after) {
            append(change, now, event)?;
        }
        Ok(doomed)
    })?;
    wallet.stop_showing();
    for key in doomed {
        wallet.keys.delete(&wallet.vault, &key)?;
    }
    Ok(())
}
