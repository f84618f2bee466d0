//! `sen account pin`. A PIN is never a word of the command line, where every program of the computer could read it.
use std::io::{BufRead, IsTerminal};

use holder::{Pin, Wallet};
use serde_json::json;
use trust::secret::Secret;

use super::{tell, with_card};
use crate::cli::PinCommand;
use crate::home;
use crate::output::Failure;
use crate::wallet::{Aloud, block_on, failure};

pub(super) fn run(wallet: &Wallet, command: &PinCommand, as_json: bool) -> Result<u8, Failure> {
    let (account, now) = (wallet.account(), home::now());
    match command {
        PinCommand::Set => {
            block_on(account.set_pin(&typed("New PIN, six digits: ")?, now))?.map_err(failure)?;
            tell(as_json, &json!({"pin": "set"}), "The PIN is set.");
        }
        PinCommand::Change => {
            let (old, new) = (typed("Old PIN: ")?, typed("New PIN, six digits: ")?);
            block_on(account.change_pin(&old, &new, now))?.map_err(failure)?;
            tell(as_json, &json!({"pin": "changed"}), "The PIN is changed.");
        }
        PinCommand::Check => {
            block_on(account.check_pin(&typed("PIN: ")?, now))?.map_err(failure)?;
            tell(as_json, &json!({"pin": "right"}), "The PIN is right.");
        }
        PinCommand::Recover(proof) => {
            let from = with_card(proof, |card, face| block_on(account.recover_pin(card, face, &Aloud, now)))?;
            let from = from.map_err(failure)?;
            tell(
                as_json,
                &json!({"new_pin_from": from.to_string()}),
                &format!("A new PIN can be set from {from}: sen account pin set"),
            );
        }
    }
    Ok(0)
}

/// A PIN as the person types it, unseen, or the next line of standard input.
pub(crate) fn typed(prompt: &str) -> Result<Pin, Failure> {
    let unreadable = |error| Failure::input("pin_unreadable", format!("cannot read the PIN: {error}"));
    let line = if std::io::stdin().is_terminal() {
        rpassword::prompt_password(prompt).map_err(unreadable)?
    } else {
        let mut line = String::new();
        std::io::stdin().lock().read_line(&mut line).map_err(unreadable)?;
        line
    };
    let line = Secret::new(line);
    Pin::parse(line.expose().trim()).map_err(|error| failure(error.into()))
}
