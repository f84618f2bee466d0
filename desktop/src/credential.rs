//! `sen credential`: what the wallet holds.
use std::io::{BufRead, IsTerminal, Write};

use holder::{CredentialInfo, CredentialName, Wanted};
use serde_json::{Value, json};

use crate::cli::CredentialCommand;
use crate::home;
use crate::output::{Failure, print_json};
use crate::wallet::{Aloud, block_on, failure, open};

pub(crate) fn run(command: &CredentialCommand, as_json: bool) -> Result<u8, Failure> {
    let wallet = open(&home::folder()?)?;
    let now = home::now();
    match command {
        CredentialCommand::List => {
            let held = wallet.credentials().map_err(failure)?;
            show(&held, as_json);
        }
        CredentialCommand::Obtain { what, code } => {
            let wanted = match CredentialName::from_text(what) {
                Some(name) => Wanted::Named(name),
                None if what.contains("://") => Wanted::Offer(what),
                None => {
                    let message = format!(
                        "{what:?} is no document and no offer: citizen, health-insurance, or an offer URI"
                    );
                    return Err(Failure::input("credential_unknown", message));
                }
            };
            let account = wallet.account();
            let obtained = account.obtain_credential(wanted, code.as_deref(), &Aloud, now);
            show(&block_on(obtained)?.map_err(failure)?, as_json);
        }
        CredentialCommand::Delete { id, yes } => {
            // Nobody can answer where nobody sits.
            let asked = !as_json && std::io::stdin().is_terminal();
            let agreed = *yes || (asked && confirmed(id));
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

fn confirmed(id: &str) -> bool {
    eprint!("Delete {id} and its key? Type yes: ");
    let _ = std::io::stderr().flush();
    let mut answer = String::new();
    let read = std::io::stdin().lock().read_line(&mut answer);
    if !answer.ends_with('\n') {
        eprintln!();
    }
    read.is_ok() && answer.trim() == "yes"
}

fn show(held: &[CredentialInfo], as_json: bool) {
    if as_json {
        let rows: Vec<Value> = held
            .iter()
            .map(|info| {
                json!({"id": info.id, "vct": info.vct, "issuer": info.issuer,
                       "issued_at": info.issued_at.to_string(), "expires_at": info.expires_at.to_string()})
            })
            .collect();
        print_json(&json!({"credentials": rows}));
        return;
    }
    if held.is_empty() {
        println!("The wallet is empty. Next: sen credential obtain health-insurance");
    }
    for info in held {
        println!("  {}  {}  by {}, until {}", info.id, info.vct, info.issuer, info.expires_at);
    }
}
