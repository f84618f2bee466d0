//! `sen history`: every use and refusal.
use std::path::Path;

use holder::{Event, HistoryEntry, Suspect, Wallet};
use serde_json::{Value, json};

use crate::cli::{HistoryCommand, HistoryOptions};
use crate::consent::claim;
use crate::home;
use crate::output::{Failure, print_json};
use crate::private_file::{self, OwnDisk};
use crate::wallet::{failure, open};

pub(crate) fn run(options: &HistoryOptions, as_json: bool) -> Result<u8, Failure> {
    let wallet = open(&home::folder()?)?;
    let all = wallet.verify_history().map_err(failure)?;
    if let Some(HistoryCommand::Report { words, entry, who }) = &options.command {
        let suspect = match (entry, who) {
            (Some(number), _) => Suspect::Entry(*number),
            (None, who) => Suspect::Named(who.as_deref().unwrap_or_default()),
        };
        return report(&wallet, suspect, words, as_json);
    }
    if let Some(file) = &options.export {
        return export(&wallet, file, as_json);
    }
    if options.recipients {
        return recipients(&wallet, as_json);
    }
    page(&wallet, options, all, as_json)
}

fn report(wallet: &Wallet, suspect: Suspect<'_>, words: &str, as_json: bool) -> Result<u8, Failure> {
    let sequence = wallet.report_fraud(suspect, words, home::now()).map_err(failure)?;
    if as_json {
        print_json(&json!({"sequence": sequence}));
    } else {
        println!("Entry {sequence} of the history has it. Nothing was sent: take it to the authority with");
        println!("  sen history --export FILE");
    }
    Ok(0)
}

/// The file names people and places: it is for its owner alone.
fn export(wallet: &Wallet, file: &Path, as_json: bool) -> Result<u8, Failure> {
    let lines = wallet.export_history().map_err(failure)?;
    private_file::write(&OwnDisk, file, lines.as_bytes()).map_err(|error| {
        Failure::input("file_not_writable", format_args!("cannot write {}: {error}", file.display()))
    })?;
    let entries = lines.lines().count();
    if as_json {
        print_json(&json!({"entries": entries}));
    } else {
        println!("{entries} entries are in {}.", file.display());
    }
    Ok(0)
}

fn recipients(wallet: &Wallet, as_json: bool) -> Result<u8, Failure> {
    let found = wallet.recipients().map_err(failure)?;
    if as_json {
        let row = |one: &holder::Recipient| {
            json!({"to": one.to, "name": one.name, "vct": one.vct, "claims": one.claims, "uses": one.uses,
                "first": one.first.to_string(), "last": one.last.to_string()})
        };
        print_json(&json!({"recipients": found.iter().map(row).collect::<Vec<_>>()}));
        return Ok(0);
    }
    if found.is_empty() {
        println!("Nobody has received anything yet.");
    }
    for one in &found {
        let words = one.claims.iter().map(|place| place.parse().map_or_else(|_| place.clone(), claim));
        println!("{} has received of {}:", one.name, one.vct);
        println!("  {}", words.collect::<Vec<_>>().join(", "));
        match one.uses {
            1 => println!("  once, {}", one.last),
            times => println!("  {times} times, last {}", one.last),
        }
    }
    Ok(0)
}

fn page(wallet: &Wallet, options: &HistoryOptions, all: u64, as_json: bool) -> Result<u8, Failure> {
    let entries = wallet.history(options.before, options.limit).map_err(failure)?;
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
        println!("{:>5}  {}  {}", entry.sequence, entry.at, in_words(entry));
    }
    if let Some(last) = entries.last().filter(|last| last.sequence > 1) {
        eprintln!("{all} entries in all; older ones: sen history --before {}", last.sequence);
    }
    Ok(0)
}

fn of_whom(ward: Option<&String>) -> String {
    ward.map(|ward| format!(" of the minor {ward}")).unwrap_or_default()
}

fn warning<T>(over_asked: &[T]) -> &'static str {
    if over_asked.is_empty() { "" } else { ", more than it may ask" }
}

fn in_words(entry: &HistoryEntry) -> String {
    match &entry.event {
        Event::AccountOpened => "account opened".to_owned(),
        Event::AccountActivated { level } => format!("account active at level {level}"),
        Event::LevelRaised { level } => format!("account raised to level {level}"),
        Event::AccountLocked => "account locked by you".to_owned(),
        Event::AccountUnlocked => "account unlocked by you".to_owned(),
        Event::PhoneTaken => "the account came to this device".to_owned(),
        Event::ReaderLent { to } => format!("read a card for {to:?}, whose account it is not"),
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
        Event::Presented { vct, to, claims, over_asked, by_guardian, ward, stated_level, .. } => {
            let level = stated_level.map(|level| format!(", at stated level {level}")).unwrap_or_default();
            let guardian = if *by_guardian { ", the guardian agreed" } else { "" };
            let whom = of_whom(ward.as_ref());
            let warning = warning(over_asked);
            format!("{vct}{whom} shown to {to}, {} claims{level}{guardian}{warning}", claims.len())
        }
        Event::Declined { vct, to, over_asked, ward, .. } => {
            format!("declined to show {vct}{} to {to}{}", of_whom(ward.as_ref()), warning(over_asked))
        }
        Event::PresentedOnline { by, documents, claims, over_asked, approved, .. } => {
            let approved = approved.as_ref().map(|what| format!(", approved {what}")).unwrap_or_default();
            let warning = warning(over_asked);
            format!("{} shown to {by}, {} claims{warning}{approved}", documents.join(", "), claims.len())
        }
        Event::DeclinedOnline { by, over_asked, .. } => {
            format!("declined to show anything to {by}{}", warning(over_asked))
        }
        Event::FraudReported { by, words, .. } => {
            let by = by.as_ref().map(|by| format!(" of {by}")).unwrap_or_default();
            format!("reported as fraud{by}: {words}")
        }
        Event::Refused { code, .. } => format!("refused: {code}"),
        other => format!("{other:?}"),
    }
}
