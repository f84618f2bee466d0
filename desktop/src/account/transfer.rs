//! `sen account transfer`: the account moves to another device.
use std::time::Duration;

use holder::{AccountError, AccountState, Error, Provider, Received, Renewed, ShownCode, Wallet};
use serde_json::json;

use super::shown::Drawn;
use super::{applicant, pin, provider_of, tell, with_card};
use crate::cli::TransferCommand;
use crate::consent::typed_yes;
use crate::home;
use crate::output::{Failure, say};
use crate::present::read_question;
use crate::wallet::{Aloud, block_on, failure};

/// Between two questions to the provider whether the other device is done.
const PAUSE: Duration = Duration::from_secs(2);

pub(super) fn run(wallet: &Wallet, command: &TransferCommand, as_json: bool) -> Result<u8, Failure> {
    let account = wallet.account();
    match command {
        TransferCommand::NewPhone { provider, who, proof } => {
            let (provider, who) = (provider_of(provider)?, applicant(who));
            let at = with_card(proof, |card, face| {
                block_on(account.move_here(&provider, &who, card, face, &Aloud, home::now()))
            })?;
            let at = at.map_err(failure)?;
            tell(
                as_json,
                &json!({"state": "waiting", "effective_at": at.to_string()}),
                &format!(
                    "The account is here from {at}, if nobody objects from the phone in use. Then: sen account show"
                ),
            );
        }
        TransferCommand::Receive { provider, device, text, png, once } => {
            let shown = Drawn { text: *text, png: png.as_deref(), as_json };
            return receive(wallet, &provider_of(provider)?, device, &shown, *once);
        }
        TransferCommand::To { code, yes, once } => {
            let new = account.read_new_phone(&read_question(code)?, home::now()).map_err(failure)?;
            say(format_args!("to {:?}; both devices show {}", new.name, new.check_digits));
            if !yes && !typed_yes("Does the new device show these digits?") {
                return Err(Failure::negative(
                    "cancelled",
                    "nothing was handed over: say --yes, or answer yes",
                ));
            }
            let pin = pin::typed("PIN: ")?;
            let seconds = block_on(account.hand_over(&new, &pin, home::now()))?.map_err(failure)?;
            let until = home::now().plus_seconds(i64::from(seconds));
            if !once {
                say(format_args!("handed over; the new device has {seconds} s to take it ..."));
                while home::now() < until {
                    match block_on(account.show(home::now()))? {
                        Err(Error::Account(AccountError::Replaced)) => {
                            let done = "The account is on the new device. This one has been emptied.";
                            tell(as_json, &json!({"state": "replaced"}), done);
                            return Ok(0);
                        }
                        Err(error) => say(failure(error)),
                        Ok(_) => {}
                    }
                    std::thread::sleep(PAUSE);
                }
                return Err(Failure::negative(
                    "not_taken",
                    "the new device did not take it: it is still here",
                ));
            }
            tell(
                as_json,
                &json!({"state": "handed_over", "expires_in": seconds}),
                &format!("Handed over: the new device has {seconds} s to take it."),
            );
        }
    }
    Ok(0)
}

/// Goes on wherever it was stopped: takes what was handed over, else shows the code and waits.
fn receive(
    wallet: &Wallet,
    provider: &Provider,
    device: &str,
    drawn: &Drawn<'_>,
    once: bool,
) -> Result<u8, Failure> {
    let account = wallet.account();
    let mut shown = String::new();
    loop {
        let state = account.remembered().map(|view| view.state).ok();
        if state == Some(AccountState::Receiving) {
            match block_on(account.claim(home::now()))? {
                Ok(received) => return finish(wallet, Some(received), drawn.as_json),
                Err(Error::Account(AccountError::NotHandedOver)) => {}
                Err(error) => return Err(failure(error)),
            }
        }
        // Taken, and stopped before everything was obtained.
        if state == Some(AccountState::Active) && account.has_carried().map_err(failure)? {
            return finish(wallet, None, drawn.as_json);
        }
        let code = block_on(account.receive(provider, device, home::now()))?.map_err(failure)?;
        if code.text != shown {
            draw(&code, drawn, once)?;
            shown = code.text;
        }
        if once {
            return Ok(0);
        }
        std::thread::sleep(PAUSE);
    }
}

fn finish(wallet: &Wallet, received: Option<Received>, as_json: bool) -> Result<u8, Failure> {
    let account = wallet.account();
    let view = block_on(account.show(home::now()))?.map_err(failure)?;
    let obtained = block_on(account.obtain_carried(&Aloud, home::now()))?.map_err(failure)?;
    let (mut credentials, mut documents) = (0, 0);
    for renewed in obtained {
        match renewed {
            Renewed::Credentials(new) => credentials += new.len(),
            Renewed::Documents(new) => documents += new.len(),
            _ => {}
        }
    }
    let (history, left_out) = received.map_or((0, 0), |received| (received.history, received.left_out));
    let elsewhere = received.map_or(0, |received| received.other_issuers);
    if elsewhere > 0 {
        say(format_args!(
            "note: the old device held {elsewhere} documents of other issuers; obtain them there again"
        ));
    }
    if received.is_some_and(|received| !received.opened) {
        say("note: what the old device sent along could not be opened; obtain the credentials again");
    }
    tell(
        as_json,
        &json!({"state": view.state, "level": super::number_of(view.level), "history": history,
                "history_left_out": left_out, "credentials": credentials, "documents": documents,
                "documents_elsewhere": elsewhere}),
        &format!(
            "The account is on this device, with {history} lines of history, {credentials} credentials and {documents} documents. Next: sen account pin set"
        ),
    );
    Ok(0)
}

fn draw(shown: &ShownCode, drawn: &Drawn<'_>, once: bool) -> Result<(), Failure> {
    let object =
        json!({"text": shown.text, "check_digits": shown.check_digits, "expires_in": shown.expires_in});
    // A machine that waits gets one object, at the end.
    drawn.show(&shown.text, once.then_some(&object))?;
    say(format_args!(
        "both devices show {}; on the old one: sen account transfer to CODE, within {} s",
        shown.check_digits, shown.expires_in
    ));
    Ok(())
}
