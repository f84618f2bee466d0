//! `sen card lend`: reads a card for another phone that cannot.
use holder::CardAtHand;
use serde_json::json;

use crate::account::provider_of;
use crate::chip::{self, Shown};
use crate::cli::LendArgs;
use crate::consent::typed_yes;
use crate::home;
use crate::output::{Failure, print_json, say};
use crate::present::read_question;
use crate::wallet::{block_on, failure, open};

pub(crate) fn lend(wanted: &LendArgs, as_json: bool) -> Result<u8, Failure> {
    let LendArgs { code, chip, access, provider, yes } = wanted;
    // Told before anything is asked of the person or the card.
    let given = provider.provider.is_some() || provider.roots.is_some();
    let provider = if given { Some(provider_of(provider)?) } else { None };
    let key = chip::access_key(access)?;
    let wallet = open(&home::folder()?)?;
    let account = wallet.account();
    if provider.is_none() && account.remembered().is_err() {
        return Err(Failure::input(
            "provider_missing",
            "this device has no account to send it through: give --provider URL and --roots PEM",
        ));
    }
    let request = account.read_reading_request(&read_question(code)?, home::now()).map_err(failure)?;
    let what = words(&request.purpose);
    say(format_args!(
        "{:?} wants this card for {what}; both devices show {}",
        request.name, request.check_digits
    ));
    if !yes && !typed_yes("Does the other device show these digits, and is the card's owner with you?") {
        return Err(Failure::negative("cancelled", "nothing was read: say --yes, or answer yes"));
    }
    let mut transport = chip::transport(chip)?;
    let card = CardAtHand { transport: transport.as_mut(), access: &key, progress: &Shown::new() };
    block_on(account.lend_reader(provider.as_ref(), &request, card, home::now()))?.map_err(failure)?;
    if as_json {
        print_json(&json!({"lent_to": request.name, "purpose": request.purpose}));
    } else {
        println!("The reading is on its way to {:?}. Nothing of it was kept here.", request.name);
    }
    Ok(0)
}

/// What a person is told of the purpose.
fn words(purpose: &str) -> String {
    match purpose {
        "level-2" => "its account's level 2".to_owned(),
        other => format!("{other:?}"),
    }
}
