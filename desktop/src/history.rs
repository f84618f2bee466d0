//! `sen history`: every use and refusal.
use holder::{Event, HistoryEntry};
use serde_json::{Value, json};

use crate::home;
use crate::output::{Failure, print_json};
use crate::wallet::{failure, open};

pub(crate) fn run(limit: u32, as_json: bool) -> Result<u8, Failure> {
    let wallet = open(&home::folder()?)?;
    wallet.verify_history().map_err(failure)?;
    let entries = wallet.history(None, limit).map_err(failure)?;
    if as_json {
        let rows: Vec<Value> = entries
            .iter()
            .map(
                |entry| json!({"sequence": entry.sequence, "at": entry.at.to_string(), "event": entry.event}),
            )
            .collect();
        print_json(&json!({"history": rows}));
        return Ok(0);
    }
    if entries.is_empty() {
        println!("Nothing has happened yet.");
    }
    for entry in &entries {
        println!("  {}  {}", entry.at, in_words(entry));
    }
    Ok(0)
}

fn of_whom(ward: Option<&String>) -> String {
    ward.map(|ward| format!(" of the minor {ward}")).unwrap_or_default()
}

fn in_words(entry: &HistoryEntry) -> String {
    match &entry.event {
        Event::AccountOpened => "account opened".to_owned(),
        Event::AccountActivated { level } => format!("account active at level {level}"),
        Event::LevelRaised { level } => format!("account raised to level {level}"),
        Event::AccountLocked => "account locked by you".to_owned(),
        Event::AccountUnlocked => "account unlocked by you".to_owned(),
        Event::PhoneTaken => "the account came to this device".to_owned(),
        Event::HandedOver { to } => format!("handed over to {to:?}, which has to take it"),
        Event::PhoneReplaced => "the account is on another device; this one was emptied".to_owned(),
        Event::PhoneRevoked => "this device was reported lost and emptied".to_owned(),
        Event::MoveCancelled => "the move to this device was cancelled".to_owned(),
        Event::PendingCancelled => "what was waiting was cancelled by you".to_owned(),
        Event::PinRecovered => "the forgotten PIN was freed by card and face".to_owned(),
        Event::RevocationCodeMade => "a revocation code was made".to_owned(),
        Event::AccountClosed => "account ended by you".to_owned(),
        Event::ActedForWard { act, ward } => format!("{act:?} for {ward}").to_lowercase(),
        Event::CredentialObtained { vct, issuer } => format!("{vct} obtained from {issuer}"),
        Event::CredentialDeleted { vct } => format!("{vct} deleted"),
        Event::Presented { vct, to, claims, over_asked, by_guardian, ward, .. } => {
            let guardian = if *by_guardian { ", the guardian agreed" } else { "" };
            let warning = if over_asked.is_empty() { "" } else { ", more than it may ask" };
            format!(
                "{vct}{} shown to {to}, {} claims{guardian}{warning}",
                of_whom(ward.as_ref()),
                claims.len()
            )
        }
        Event::Declined { vct, to, ward, .. } => {
            format!("declined to show {vct}{} to {to}", of_whom(ward.as_ref()))
        }
        Event::PresentedOnline { by, documents, claims, over_asked, approved, .. } => {
            let approved = approved.as_ref().map(|what| format!(", approved {what}")).unwrap_or_default();
            let warning = if over_asked.is_empty() { "" } else { ", more than it may ask" };
            format!("{} shown to {by}, {} claims{warning}{approved}", documents.join(", "), claims.len())
        }
        Event::DeclinedOnline { by, .. } => format!("declined to show anything to {by}"),
        Event::Refused { code, .. } => format!("refused: {code}"),
        other => format!("{other:?}"),
    }
}
