//! `sen credential`: what the wallet holds.
mod browser;
mod documents;
mod obtain;
mod refresh;

use std::io::IsTerminal;

use holder::{CredentialInfo, Wallet, Warning};
use serde_json::{Value, json};
use trust::time::Timestamp;

use crate::cli::CredentialCommand;
use crate::consent::typed_yes;
use crate::home;
use crate::output::{Failure, print_json};
use crate::wallet::{failure, open};

pub(crate) fn run(command: &CredentialCommand, as_json: bool) -> Result<u8, Failure> {
    let wallet = open(&home::folder()?)?;
    let now = home::now();
    match command {
        CredentialCommand::List => {
            let held = wallet.credentials().map_err(failure)?;
            let documents = wallet.documents().map_err(failure)?;
            let awaited = wallet.awaited().map_err(failure)?;
            if as_json {
                print_json(&json!({"credentials": rows(&wallet, &held, now),
                                   "documents": documents::rows(&documents),
                                   "awaited": documents::awaited_rows(&awaited)}));
            } else {
                if !held.is_empty() || documents.is_empty() {
                    show(&wallet, &held, false, now);
                }
                documents::show(&documents, &awaited, false);
            }
        }
        CredentialCommand::Obtain(args) => obtain::run(&wallet, args, as_json, now)?,
        CredentialCommand::Refresh { id: Some(id), .. } => refresh::one(&wallet, id, as_json, now)?,
        CredentialCommand::Refresh { all, .. } => return refresh::all(&wallet, *all, as_json, now),
        CredentialCommand::Delete { id, yes } => {
            // Nobody can answer where nobody sits.
            let asked = !as_json && std::io::stdin().is_terminal();
            let agreed = *yes || (asked && typed_yes(&format!("Delete {id} and its key?")));
            if !agreed {
                return Err(Failure::negative("cancelled", "nothing was deleted: say --yes, or answer yes"));
            }
            delete(&wallet, id, now).map_err(failure)?;
            if as_json {
                print_json(&json!({"deleted": id}));
            } else {
                println!("Deleted, with its key. Obtain it again: sen credential obtain NAME");
            }
        }
    }
    Ok(0)
}

/// A document, one that is awaited, or a credential.
fn delete(wallet: &Wallet, id: &str, now: Timestamp) -> Result<(), holder::Error> {
    if wallet.documents()?.iter().any(|document| document.id == id) {
        return wallet.delete_document(id, now);
    }
    if wallet.awaited()?.iter().any(|awaited| awaited.id == id) {
        return wallet.give_up_awaited(id, now);
    }
    wallet.delete_credential(id, now)
}

fn rows(wallet: &Wallet, held: &[CredentialInfo], now: Timestamp) -> Vec<Value> {
    let row = |info: &CredentialInfo| {
        let warnings = wallet.warnings(info, now).into_iter();
        let warnings: Vec<Value> = warnings
            .map(|warning| json!({"code": warning.code(), "days_left": warning.days_left()}))
            .collect();
        json!({"id": info.id, "vct": info.vct, "issuer": info.issuer,
               "issued_at": info.issued_at.to_string(), "expires_at": info.expires_at.to_string(),
               "refresh_at": info.refresh_at.to_string(),
               "valid_to": info.valid_to, "ward": info.ward, "warnings": warnings})
    };
    held.iter().map(row).collect()
}

fn show(wallet: &Wallet, held: &[CredentialInfo], as_json: bool, now: Timestamp) {
    if as_json {
        print_json(&json!({"credentials": rows(wallet, held, now)}));
        return;
    }
    if held.is_empty() {
        println!("The wallet is empty. Next: sen credential obtain health-insurance");
    }
    for info in held {
        let of_whom = info.ward.as_ref().map(|ward| format!(" of the minor {ward}")).unwrap_or_default();
        println!(
            "  {}  {}{of_whom}  by {}, prepared until {}",
            info.id, info.vct, info.issuer, info.expires_at
        );
        for warning in wallet.warnings(info, now) {
            println!("      ! {}", in_words(warning));
        }
    }
}

/// A warning for people.
pub(crate) fn in_words(warning: Warning) -> String {
    match warning {
        Warning::Expired => "expired: obtain it again".to_owned(),
        Warning::SoonUnprepared => {
            "cannot be shown for long: connect and run `sen credential refresh`".to_owned()
        }
        Warning::Ended => "what it certifies has ended".to_owned(),
        Warning::EndsSoon(days) => format!("what it certifies ends in {days} days"),
        other => format!("{other:?}"),
    }
}
