//! `sen account`: the electronic identity account.
use holder::{AccountView, Applicant, CardAtHand, FaceCapture, Level, Provider};
use serde_json::{Value, json};

use crate::chip::{self, Shown};
use crate::cli::AccountCommand;
use crate::home;
use crate::output::{Failure, print_json, print_rows};
use crate::wallet::{Aloud, block_on, failure, open};

pub(crate) fn run(command: &AccountCommand, as_json: bool) -> Result<u8, Failure> {
    let wallet = open(&home::folder()?)?;
    let (account, now) = (wallet.account(), home::now());
    match command {
        AccountCommand::Open { provider, number, phone, device } => {
            let missing = |flag: &str| {
                Failure::input("provider_missing", format!("{flag} is needed to open an account"))
            };
            let url = provider.provider.clone().ok_or_else(|| missing("--provider URL"))?;
            let roots = provider.roots.as_ref().ok_or_else(|| missing("--roots PEM"))?;
            let provider =
                Provider { url: url.trim_end_matches('/').to_owned(), roots_pem: home::read_file(roots)? };
            let applicant = Applicant {
                personal_number: number.clone(),
                phone: phone.clone(),
                device_name: device.clone(),
            };
            let opened = block_on(account.open(&provider, &applicant, now))?.map_err(failure)?;
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
            tell(
                as_json,
                &json!({"level": number_of(level)}),
                "The account is active, at level 1. Next: sen account verify --help",
            );
        }
        AccountCommand::Verify { chip, can, capture } => {
            let mut transport = chip::transport(chip)?;
            let access = chip::can_key(can)?;
            // The sandbox's face service cannot see; any picture stands for the person before the camera.
            let picture =
                capture.as_ref().map_or_else(|| Ok(b"no camera".to_vec()), |file| home::read_file(file))?;
            let shown = Shown::new();
            let card = CardAtHand { transport: transport.as_mut(), access: &access, progress: &shown };
            let level =
                block_on(account.step_up(card, FaceCapture(&picture), &Aloud, now))?.map_err(failure)?;
            let level = number_of(level);
            tell(
                as_json,
                &json!({"level": level}),
                &format!("The account is at level {level}. Next: sen credential obtain citizen"),
            );
        }
        AccountCommand::Show => {
            let view = block_on(account.show(now))?.map_err(failure)?;
            show(&view, as_json);
        }
        AccountCommand::Lock => {
            block_on(account.lock(now))?.map_err(failure)?;
            tell(as_json, &json!({"state": "locked"}), "The account is locked. Undo: sen account unlock");
        }
        AccountCommand::Unlock => {
            block_on(account.unlock(now))?.map_err(failure)?;
            tell(as_json, &json!({"state": "active"}), "The account is active again.");
        }
        AccountCommand::Devices => {
            let view = block_on(account.show(now))?.map_err(failure)?;
            let devices: Vec<Value> = view
                .devices
                .iter()
                .map(|device| json!({"name": device.name, "thumbprint": device.thumbprint}))
                .collect();
            if as_json {
                print_json(&json!({"devices": devices}));
            } else {
                for device in &view.devices {
                    println!("  {}  {}", device.name, device.thumbprint);
                }
            }
        }
    }
    Ok(0)
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

fn show(view: &AccountView, as_json: bool) {
    let state = serde_json::to_value(view.state).ok();
    let method = view.method.and_then(|method| serde_json::to_value(method).ok());
    if as_json {
        print_json(&json!({
            "account": view.account, "provider": view.provider, "level": number_of(view.level), "state": state,
            "verified_at": view.verified_at.map(|at| at.to_string()), "method": method,
        }));
        return;
    }
    let text = |value: Option<Value>| value.and_then(|value| value.as_str().map(str::to_owned));
    print_rows(&[
        ("account", Some(view.account.clone())),
        ("provider", Some(view.provider.clone())),
        ("level", Some(number_of(view.level).to_string())),
        ("state", text(state)),
        ("verified", view.verified_at.map(|at| at.to_string())),
        ("by", text(method)),
    ]);
}
