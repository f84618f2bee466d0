//! `sen credential refresh`: fetches anew what is due, or all, or one, and says of each what came of it.
use holder::{Renewable, Renewed, Wallet};
use serde_json::{Value, json};
use trust::time::Timestamp;

use super::{documents, rows};
use crate::output::{Failure, print_json, say};
use crate::wallet::{Aloud, block_on, failure};

/// One, by its identifier.
pub(super) fn one(wallet: &Wallet, id: &str, as_json: bool, now: Timestamp) -> Result<(), Failure> {
    // Also a document that is awaited anew already: then that is asked for.
    let documents = wallet.documents().map_err(failure)?.into_iter().map(Renewable::Document);
    let mut held = wallet.renewable().map_err(failure)?.into_iter().chain(documents);
    let found = held.find(|renewable| renewable.id() == id);
    let found = found.ok_or_else(|| failure(holder::Error::from(holder::IssuanceError::NotFound)))?;
    match block_on(wallet.account().renew(&found, &Aloud, now))?.map_err(failure)? {
        Renewed::NeedsOffer => Err(failure(holder::Error::from(holder::IssuanceError::NotRefreshable))),
        Renewed::Credentials(obtained) => {
            super::show(wallet, &obtained, as_json, now);
            Ok(())
        }
        Renewed::Documents(obtained) => tell(wallet, &obtained, as_json),
        _ => tell(wallet, &[], as_json),
    }
}

fn tell(wallet: &Wallet, obtained: &[holder::DocumentInfo], as_json: bool) -> Result<(), Failure> {
    documents::show(obtained, &wallet.awaited().map_err(failure)?, as_json);
    Ok(())
}

/// All that is due, or all. What fails stops nothing; the exit status is that of the first failure.
pub(super) fn all(wallet: &Wallet, not_due_too: bool, as_json: bool, now: Timestamp) -> Result<u8, Failure> {
    let mut failures = Vec::new();
    // Where there is one: without it nobody is believed who could have been withdrawn.
    if wallet.trust_list().map_err(failure)?.is_some() {
        say("the nation's trust list ...");
        failures.extend(block_on(wallet.account().refresh_trust_list(now))?.map_err(failure).err());
    }
    let held = wallet.renewable().map_err(failure)?;
    let due: Vec<_> = held.iter().filter(|one| not_due_too || wallet.is_due(one, now)).collect();
    let mut told = Vec::new();
    for (at, renewable) in due.iter().enumerate() {
        say(format_args!("{} of {}: {} ...", at + 1, due.len(), named(renewable)));
        let renewed = block_on(wallet.account().renew(renewable, &Aloud, now))?.map_err(failure);
        let (row, words) = outcome(renewable, &renewed);
        told.push(row);
        if !as_json {
            println!("  {}: {words}", named(renewable));
        }
        failures.extend(renewed.err());
    }
    if as_json {
        let is_new = |id: &str| held.iter().all(|earlier| earlier.id() != id);
        let mut credentials = wallet.credentials().map_err(failure)?;
        credentials.retain(|info| is_new(&info.id));
        let mut documents = wallet.documents().map_err(failure)?;
        documents.retain(|info| is_new(&info.id));
        print_json(&json!({"refreshed": told, "credentials": rows(wallet, &credentials, now),
                           "documents": documents::rows(&documents),
                           "awaited": documents::awaited_rows(&wallet.awaited().map_err(failure)?),
                           "failed": failures.iter().map(Failure::json).collect::<Vec<_>>()}));
    } else if due.is_empty() {
        println!("Nothing is due.");
    }
    if let Some(first) = failures.first() {
        say(format_args!("sen: not all was fetched anew ({} failed): {first}", failures.len()));
    }
    Ok(failures.first().map_or(0, Failure::exit))
}

/// What it is called in a line.
fn named(renewable: &Renewable) -> String {
    let kind = renewable.kind();
    match renewable {
        Renewable::Credential(info) => match &info.ward {
            Some(ward) => format!("{kind} of the minor {ward}"),
            None => kind.to_owned(),
        },
        Renewable::Document(info) => format!("{kind} ({})", info.format.as_str()),
        Renewable::Awaited(info) => format!("{kind} ({}), which is awaited", info.format.as_str()),
        _ => kind.to_owned(),
    }
}

/// For machines, and for people.
fn outcome(renewable: &Renewable, renewed: &Result<Renewed, Failure>) -> (Value, String) {
    let row = |result: &str| json!({"id": renewable.id(), "type": renewable.kind(), "result": result});
    let fetched = |new: Vec<&str>, until: Option<String>| {
        (with(row("refreshed"), "new", json!(new)), format!("fetched anew{}", until.unwrap_or_default()))
    };
    match renewed {
        Ok(Renewed::Credentials(new)) => fetched(
            new.iter().map(|new| new.id.as_str()).collect(),
            new.first().map(|new| format!(", prepared until {}", new.expires_at)),
        ),
        Ok(Renewed::Documents(new)) => fetched(
            new.iter().map(|new| new.id.as_str()).collect(),
            new.first().and_then(|new| new.expires_at).map(|end| format!(", valid until {end}")),
        ),
        Ok(Renewed::NeedsOffer) => (
            row("needs_offer"),
            "left as it is: its issuer gives another for a new offer alone, sen credential obtain OFFER"
                .to_owned(),
        ),
        Ok(_) => (row("not_ready"), "not ready yet".to_owned()),
        Err(failed) => (with(row("failed"), "error", failed.json()), format!("kept as it was: {failed}")),
    }
}

fn with(mut row: Value, name: &str, value: Value) -> Value {
    if let Some(members) = row.as_object_mut() {
        members.insert(name.to_owned(), value);
    }
    row
}
