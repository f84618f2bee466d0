//! How an account stands, in words.
use holder::{AccountState, AccountView, LockedBy, Pending, PendingKind, Wallet};
use serde_json::{Value, json};
use trust::time::Timestamp;

use super::number_of;
use crate::home;
use crate::output::{Failure, print_json, print_rows};
use crate::wallet::failure;

pub(super) fn show(wallet: &Wallet, view: &AccountView, as_json: bool) -> Result<(), Failure> {
    let there = wallet.account().provider_time(home::now()).map_err(failure)?;
    let method = view.method.and_then(|method| serde_json::to_value(method).ok());
    if as_json {
        print_json(&json!({
            "account": view.account, "provider": view.provider, "level": number_of(view.level),
            "state": view.state, "verified_at": view.verified_at.map(|at| at.to_string()), "method": method,
            "locks": view.locks, "pin": {"set": view.pin.set, "blocked": view.pin.blocked,
            "wait_seconds": view.pin.wait(there)}, "pending": view.pending,
            "as_of": view.as_of.map(|at| at.to_string()),
        }));
        return Ok(());
    }
    let text = |value: Option<Value>| value.and_then(|value| value.as_str().map(str::to_owned));
    print_rows(&[
        ("account", Some(view.account.clone()).filter(|name| !name.is_empty())),
        ("provider", Some(view.provider.clone())),
        ("level", Some(number_of(view.level).to_string())),
        ("state", Some(state(view.state).to_owned())),
        ("locked", Some(locks(&view.locks)).filter(|words| !words.is_empty())),
        ("verified", view.verified_at.map(|at| at.to_string())),
        ("by", text(method)),
        ("PIN", Some(pin(view, there))),
        ("waits", view.pending.as_ref().map(pending)),
        ("as of", view.as_of.map(|at| at.to_string())),
    ]);
    Ok(())
}

pub(super) fn devices(view: &AccountView, as_json: bool) {
    if as_json {
        print_json(&json!({"devices": view.devices, "pending": view.pending}));
        return;
    }
    for device in &view.devices {
        let state = serde_json::to_value(device.state).ok();
        let state = state.as_ref().and_then(Value::as_str).unwrap_or_default();
        println!("  {}  {}  {state}", device.name, device.thumbprint);
    }
    if let Some(waits) = &view.pending {
        println!("  {}. Not you? sen account devices --cancel", pending(waits));
    }
}

pub(super) const fn state(state: AccountState) -> &'static str {
    match state {
        AccountState::AwaitingCode => "opened: type the one-time code, sen account activate --code CODE",
        AccountState::AwaitingConsent => "a guardian has to consent",
        AccountState::ActivationOverdue => "not activated within a week: call the hotline",
        AccountState::Active => "active",
        AccountState::Locked => "locked",
        AccountState::Blocked => "the PIN is blocked: sen account pin recover",
        AccountState::Recovery => "its phone was reported lost: a new phone has to prove its holder",
        AccountState::Closed => "ended",
        AccountState::Proving => "this device began to take the account over and has not proven its holder",
        AccountState::Waiting => "this device takes the account over when the waiting time is over",
        AccountState::Receiving => "this device waits for the old one to hand the account over",
        AccountState::Cancelled => "the move to this device was cancelled from the phone in use",
        AccountState::Replaced => "the account is on another phone; this one was emptied",
        AccountState::Lost => "this device was reported lost and emptied",
        AccountState::KeyLost => {
            "this device lost its key: bring the account back with the card, or from the old phone"
        }
        _ => "a state that this version does not know",
    }
}

fn locks(locks: &[LockedBy]) -> String {
    reasons(locks, LockedBy::Holder, "by you (undo: sen account unlock)")
}

/// The same of the account of a person in care.
pub(super) fn ward_locks(locks: &[LockedBy]) -> String {
    reasons(locks, LockedBy::Guardian, "by you (undo: sen account wards unlock NUMBER)")
}

fn reasons(locks: &[LockedBy], own: LockedBy, own_words: &'static str) -> String {
    let word = |lock: &LockedBy| if *lock == own { own_words } else { reason(*lock) };
    locks.iter().map(word).collect::<Vec<_>>().join("; ")
}

const fn reason(lock: LockedBy) -> &'static str {
    match lock {
        LockedBy::Holder => "by its holder",
        LockedBy::Terms => "the terms of use were broken",
        LockedBy::CardWithdrawn => "the card was withdrawn",
        LockedBy::Death => "its holder died",
        LockedBy::Authority => "by an authority",
        LockedBy::Expiry => "the card or the right of residence has expired",
        LockedBy::Guardian => "by the guardian",
        _ => "for a reason that this version does not know",
    }
}

fn pin(view: &AccountView, there: Timestamp) -> String {
    match (view.pin.wait(there), view.pin.set) {
        _ if view.pin.blocked => "blocked: sen account pin recover".to_owned(),
        (Some(seconds), _) => format!("too many wrong ones: wait {seconds} s"),
        (None, true) => "set".to_owned(),
        (None, false) => "not set: sen account pin set".to_owned(),
    }
}

fn pending(pending: &Pending) -> String {
    let at = Timestamp::from_unix(pending.effective_at);
    match pending.kind {
        PendingKind::Device => format!("the phone {:?} takes over at {at}", pending.name),
        PendingKind::Pin => format!("a new PIN can be set from {at}"),
        _ => format!("something takes effect at {at}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_state_of_an_account_has_words_of_its_own() {
        let states = [
            "awaiting_code",
            "awaiting_consent",
            "activation_overdue",
            "active",
            "locked",
            "blocked",
            "recovery",
            "closed",
            "proving",
            "waiting",
            "receiving",
            "cancelled",
            "replaced",
            "lost",
            "a later one",
        ];
        let mut words: Vec<&str> =
            states.iter().map(|name| state(serde_json::from_value(json!(name)).unwrap())).collect();
        words.sort_unstable();
        words.dedup();
        assert_eq!(words.len(), states.len());
    }

    #[test]
    fn every_lock_has_words_of_its_own() {
        let names =
            ["holder", "terms", "card_withdrawn", "death", "authority", "expiry", "guardian", "a later one"];
        for in_words in [locks, ward_locks] {
            let mut words: Vec<String> =
                names.iter().map(|name| in_words(&[serde_json::from_value(json!(name)).unwrap()])).collect();
            words.sort_unstable();
            words.dedup();
            assert_eq!(words.len(), names.len());
        }
    }
}
