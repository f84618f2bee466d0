//! `sen credential`: what the wallet holds.
use std::io::IsTerminal;

use holder::{CredentialInfo, CredentialName, Wallet, Wanted, Warning};
use serde_json::{Value, json};
use trust::time::Timestamp;

use crate::cli::CredentialCommand;
use crate::consent::typed_yes;
use crate::home;
use crate::output::{Failure, print_json};
use crate::wallet::{Aloud, block_on, failure, open};

pub(crate) fn run(command: &CredentialCommand, as_json: bool) -> Result<u8, Failure> {
    let wallet = open(&home::folder()?)?;
    let now = home::now();
    match command {
        CredentialCommand::List => {
            let held = wallet.credentials().map_err(failure)?;
            show(&wallet, &held, as_json, now);
        }
        CredentialCommand::Obtain { what, code, ward } => {
            let wanted = match (CredentialName::from_text(what), ward) {
                (Some(name), ward) => Wanted::Named(name, ward.as_deref()),
                (None, None) if what.contains("://") => Wanted::Offer(what),
                (None, _) => {
                    let message = format!(
                        "{what:?} is no document and no offer: citizen, health-insurance, or an offer URI"
                    );
                    return Err(Failure::input("credential_unknown", message));
                }
            };
            let account = wallet.account();
            let obtained = account.obtain_credential(wanted, code.as_deref(), &Aloud, now);
            show(&wallet, &block_on(obtained)?.map_err(failure)?, as_json, now);
        }
        CredentialCommand::Refresh { all } => {
            let account = wallet.account();
            let mut refreshed = Vec::new();
            if *all {
                for info in wallet.credentials().map_err(failure)? {
                    let Some(name) = CredentialName::from_vct(&info.vct) else { continue };
                    let ward = info.ward.as_deref();
                    let wanted =
                        ward.map_or(Wanted::Named(name, None), |ward| Wanted::Named(name, Some(ward)));
                    let obtained = account.obtain_credential(wanted, None, &Aloud, now);
                    refreshed.extend(block_on(obtained)?.map_err(failure)?);
                }
            } else {
                refreshed = block_on(account.refresh_due(&Aloud, now))?.map_err(failure)?;
            }
            if refreshed.is_empty() && !as_json {
                println!("Nothing is due.");
            } else {
                show(&wallet, &refreshed, as_json, now);
            }
        }
        CredentialCommand::Delete { id, yes } => {
            // Nobody can answer where nobody sits.
            let asked = !as_json && std::io::stdin().is_terminal();
            let agreed = *yes || (asked && typed_yes(&format!("Delete {id} and its key?")));
            if !agreed {
                return Err(Failure::negative("cancelled", "nothing was deleted: say --yes, or answer yes"));
            }
            wallet.delete_credential(id, now).map_err(failure)?;
            if as_json {
                print_json(&json!({"deleted": id}));
            } else {
                println!("Deleted, with its key. Obtain it again: sen credential obtain NAME");
            }
        }
    }
    Ok(0)
}

fn show(wallet: &Wallet, held: &[CredentialInfo], as_json: bool, now: Timestamp) {
    if as_json {
        let rows: Vec<Value> = held
            .iter()
            .map(|info| {
                let warnings = wallet.warnings(info, now).into_iter();
                let warnings: Vec<Value> = warnings
                    .map(|warning| json!({"code": warning.code(), "days_left": warning.days_left()}))
                    .collect();
                json!({"id": info.id, "vct": info.vct, "issuer": info.issuer,
                       "issued_at": info.issued_at.to_string(), "expires_at": info.expires_at.to_string(),
                       "refresh_at": info.refresh_at.to_string(),
                       "valid_to": info.valid_to, "ward": info.ward, "warnings": warnings})
            })
            .collect();
        print_json(&json!({"credentials": rows}));
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
