//! `sen account wards`: persons in the holder's care.
use holder::{Wallet, Ward, WardAct};
use serde_json::{Value, json};

use super::{number_of, tell, words};
use crate::cli::WardsCommand;
use crate::home;
use crate::output::{Failure, print_json};
use crate::wallet::{block_on, failure};

pub(super) fn run(wallet: &Wallet, command: &WardsCommand, as_json: bool) -> Result<u8, Failure> {
    let account = wallet.account();
    let (number, act, sentence) = match command {
        WardsCommand::List => {
            list(&block_on(account.wards(home::now()))?.map_err(failure)?, as_json);
            return Ok(0);
        }
        WardsCommand::Consent { number } => (number, WardAct::Consent, "The account is active."),
        WardsCommand::Refuse { number } => (number, WardAct::Refuse, "The account has ended."),
        WardsCommand::Lock { number } => (number, WardAct::Lock, "The account is locked."),
        WardsCommand::Unlock { number } => (number, WardAct::Unlock, "Your lock is lifted."),
    };
    block_on(account.act_for(number, act, home::now()))?.map_err(failure)?;
    tell(as_json, &json!({"number": number, "act": act}), sentence);
    Ok(0)
}

fn list(wards: &[Ward], as_json: bool) {
    if as_json {
        let rows: Vec<Value> = wards
            .iter()
            .map(|ward| {
                let account = ward.account.as_ref().map(
                    |account| json!({"state": account.state, "level": number_of(account.level), "locks": account.locks}),
                );
                json!({"number": ward.number, "name": ward.name, "date_of_birth": ward.date_of_birth,
                       "ward": ward.ward, "account": account})
            })
            .collect();
        print_json(&json!({"wards": rows}));
        return;
    }
    if wards.is_empty() {
        println!("Nobody is in your care.");
    }
    for ward in wards {
        let account = ward.account.as_ref().map_or("no account", |account| words::state(account.state));
        let locks =
            ward.account.as_ref().map_or_else(String::new, |account| words::ward_locks(&account.locks));
        let why = if locks.is_empty() { locks } else { format!(": {locks}") };
        println!("  {}  {}  {account}{why}", ward.number, ward.name);
    }
}
