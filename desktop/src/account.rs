//! `sen account`: the electronic identity account.
mod elsewhere;
pub(crate) mod pin;
mod shown;
mod transfer;
mod wards;
mod words;

use std::path::Path;

use holder::{Applicant, CardAtHand, FaceCapture, Level, Provider, Wallet};
use serde_json::{Value, json};

use crate::chip::{self, Shown};
use crate::cli::{AccountCommand, ApplicantArgs, ChipArgs, ProofArgs, ProviderArgs};
use crate::consent::typed_yes;
use crate::home;
use crate::output::{Failure, print_json, say};
use crate::wallet::{Aloud, block_on, failure, open};

pub(crate) fn run(command: &AccountCommand, as_json: bool) -> Result<u8, Failure> {
    let wallet = open(&home::folder()?)?;
    let (account, now) = (wallet.account(), home::now());
    match command {
        AccountCommand::Open { provider, who } => {
            let opened =
                block_on(account.open(&provider_of(provider)?, &applicant(who), now))?.map_err(failure)?;
            tell(
                as_json,
                &json!({"account": opened.account, "code_sent_to": opened.code_sent_to,
                        "code_expires_in": opened.code_expires_in}),
                &format!(
                    "A code was sent to {}. Next: sen account activate --code CODE",
                    opened.code_sent_to
                ),
            );
        }
        AccountCommand::Activate { code } => {
            let level = block_on(account.activate(code, now))?.map_err(failure)?;
            let sentence = if level == Level::None {
                "The code was right. A guardian has to consent now: sen account wards consent NUMBER, on their phone"
            } else {
                "The account is active, at level 1. Next: sen account verify --help"
            };
            tell(as_json, &json!({"level": number_of(level)}), sentence);
        }
        AccountCommand::Verify(wanted) => {
            let level = match &wanted.can {
                Some(can) => {
                    let chip = ChipArgs { reader: wanted.reader.clone(), simulate: wanted.simulate.clone() };
                    let proof = ProofArgs { chip, can: can.clone(), capture: wanted.capture.clone() };
                    let prove = |card: CardAtHand<'_>, face: FaceCapture<'_>| {
                        block_on(account.step_up(card, face, &Aloud, now))
                    };
                    with_card(&proof, prove)?.map_err(failure)?
                }
                None => elsewhere::verify(&wallet, wanted, as_json)?,
            };
            let level = number_of(level);
            let sentence = format!("The account is at level {level}. Next: sen credential obtain citizen");
            tell(as_json, &json!({"level": level}), &sentence);
        }
        AccountCommand::Show { remembered } => words::show(&wallet, &look(&wallet, *remembered)?, as_json)?,
        AccountCommand::Lock => {
            block_on(account.lock(now))?.map_err(failure)?;
            tell(as_json, &json!({"state": "locked"}), "The account is locked. Undo: sen account unlock");
        }
        AccountCommand::Unlock => {
            block_on(account.unlock(now))?.map_err(failure)?;
            tell(as_json, &json!({"state": "active"}), "The account is active again.");
        }
        AccountCommand::Devices { cancel } => {
            if *cancel {
                block_on(account.cancel_pending(now))?.map_err(failure)?;
                say("cancelled: nothing waits any more");
            }
            words::devices(&block_on(account.show(now))?.map_err(failure)?, as_json);
        }
        AccountCommand::Transfer(command) => return transfer::run(&wallet, command, as_json),
        AccountCommand::Pin(command) => return pin::run(&wallet, command, as_json),
        AccountCommand::RevocationCode => {
            let made = block_on(account.new_revocation_code(now))?.map_err(failure)?;
            tell(
                as_json,
                &json!({"code": made.code.expose(), "use_at": made.use_at}),
                &format!(
                    "{}\nWrite it down: it is not shown again, and an earlier one is void. With it a lost phone is \
                     ended at {}",
                    made.code.expose(),
                    made.use_at
                ),
            );
        }
        AccountCommand::Wards(command) => return wards::run(&wallet, command, as_json),
        AccountCommand::Close { yes } => {
            if !yes && !typed_yes("The account ends for good and this wallet is emptied.") {
                return Err(Failure::negative("cancelled", "nothing was ended: say --yes, or answer yes"));
            }
            block_on(account.close(now))?.map_err(failure)?;
            tell(as_json, &json!({"state": "closed"}), "The account has ended, and this wallet is empty.");
        }
    }
    Ok(0)
}

/// The account as the provider tells, or as this device remembers it. A new phone that waits is told how long, which is no
/// failure.
fn look(wallet: &Wallet, remembered: bool) -> Result<holder::AccountView, Failure> {
    let account = wallet.account();
    if !remembered {
        match block_on(account.show(home::now()))? {
            Err(error) if error.code() != "account.device_waiting" => return Err(failure(error)),
            Ok(view) => return Ok(view),
            Err(_) => {}
        }
    }
    account.remembered().map_err(failure)
}

/// Opens the card that the flags name, for a proof.
fn with_card<T>(
    proof: &ProofArgs,
    prove: impl FnOnce(CardAtHand<'_>, FaceCapture<'_>) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let mut transport = chip::transport(&proof.chip)?;
    let access = chip::can_key(&proof.can)?;
    let picture = picture_of(proof.capture.as_deref())?;
    let shown = Shown::new();
    let card = CardAtHand { transport: transport.as_mut(), access: &access, progress: &shown };
    prove(card, FaceCapture(&picture))
}

/// The person before the camera. The sandbox's face service cannot see: any picture will do for it.
pub(crate) fn picture_of(capture: Option<&Path>) -> Result<Vec<u8>, Failure> {
    capture.map_or_else(|| Ok(b"no camera".to_vec()), home::read_file)
}

pub(crate) fn provider_of(args: &ProviderArgs) -> Result<Provider, Failure> {
    let missing = |flag: &str| {
        Failure::input("provider_missing", format!("{flag} is needed: whom to trust is your decision"))
    };
    let url = args.provider.clone().ok_or_else(|| missing("--provider URL"))?;
    let roots = args.roots.as_ref().ok_or_else(|| missing("--roots PEM"))?;
    Ok(Provider { url: url.trim_end_matches('/').to_owned(), roots_pem: home::read_file(roots)? })
}

fn applicant(who: &ApplicantArgs) -> Applicant {
    Applicant {
        personal_number: who.number.clone(),
        phone: who.phone.clone(),
        device_name: who.device.clone(),
    }
}

fn tell(as_json: bool, object: &Value, sentence: &str) {
    if as_json {
        print_json(object);
    } else {
        println!("{sentence}");
    }
}

pub(crate) fn number_of(level: Level) -> u8 {
    level.into()
}
