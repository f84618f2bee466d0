//! `sen demo`: the main job on an embedded sandbox. Every step is the real one: the wallet talks TLS to the sandbox,
//! the chip answers APDUs, the clinic reads a picture and decides from what lies on disk.
use std::path::{Path, PathBuf};
use std::time::Instant;

use ::clinic::answer::{Answer, Verdict};
use ::clinic::check::{Folders, check_files};
use ::clinic::desk::RunningDesk;
use card::{AccessKey, Can, CardReading, CscaAnchors, ReadRequest, Unwatched, read_card};
use holder::{Applicant, CredentialName, FaceCapture, Provider, Silent, Wallet, Wanted};
use http_client::{Client, Limits, Request};
use sandbox::chip::{Chip, ChipTransport};
use sandbox::factory::{Authority, CardOrder, Person, Sex};
use sandbox::{RunningSandbox, Sandbox, SandboxConfig};
use serde_json::{Value, json};
use trust::random::SystemRandom;

use crate::output::{Failure, print_json, say};
use crate::wallet::{block_on, failure, open_in_files};
use crate::{chip, clinic, home, present};

/// The invented citizen of the demonstration; the register knows the same person.
const NUMBER: &str = "000204067891";
const NAME: &str = "Đặng Quốc Ưu";
const PHONE: &str = "0900000002";

/// The steps so far.
struct Steps {
    rows: Vec<Value>,
    json: bool,
}

impl Steps {
    /// Does one step, times it, and says that it is done.
    fn run<T>(
        &mut self,
        name: &'static str,
        work: impl FnOnce() -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let started = Instant::now();
        let done = work()?;
        let milliseconds = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.rows.push(json!({"name": name, "ok": true, "milliseconds": milliseconds}));
        if !self.json {
            println!("  ✔ {:<50} {milliseconds:>5} ms", words(name));
        }
        Ok(done)
    }
}

fn words(name: &str) -> &'static str {
    match name {
        "start_sandbox" => "the sandbox starts: register, issuer, status lists",
        "make_card" => "the card factory makes a chip card",
        "open_account" => "the citizen opens an account",
        "activate_account" => "and activates it with the one-time code: level 1",
        "read_card" => "the chip card is read over PACE",
        "prove_card" => "the card is genuine, its chip no copy",
        "step_up" => "the provider proves it again: level 2",
        "obtain_citizen" => "the identity credential is issued to a device key",
        "obtain_health_insurance" => "so is the health-insurance credential",
        "show_qr" => "the wallet shows a QR",
        "clinic_check" => "a clinic scans the picture, offline",
        _ => "",
    }
}

pub(crate) fn run(serve: bool, json: bool) -> Result<u8, Failure> {
    let folder = home::folder()?.join("demo");
    if folder.exists() {
        let failed = |error| {
            Failure::input("folder_not_writable", format!("cannot empty {}: {error}", folder.display()))
        };
        std::fs::remove_dir_all(&folder).map_err(failed)?;
    }
    home::make_private(&folder)?;
    let mut steps = Steps { rows: Vec::new(), json };
    let started = Instant::now();
    let (sandbox, card_folder) = start(&mut steps, &folder)?;
    let wallet = open_in_files(&folder.join("wallet"))?;
    enrol(&mut steps, &sandbox, &wallet, &card_folder)?;
    let (shown, answer, picture) = show(&mut steps, &sandbox, &wallet, &folder)?;
    let accepted = answer.verdict == Verdict::Accepted;
    let desk = if serve { Some(clinic::desk::beside(&sandbox, &folder)?) } else { None };
    let url = desk.as_ref().map(|desk| format!("http://{}", desk.address())).unwrap_or_default();
    let password = desk.as_ref().and_then(RunningDesk::first_password).unwrap_or_default();
    if json {
        let mut told = json!({"steps": steps.rows, "presentation": shown, "clinic": answer});
        if let (true, Some(members)) = (serve, told.as_object_mut()) {
            members.insert("sandbox".to_owned(), json!({"url": sandbox.url()}));
            members.insert("desk".to_owned(), json!({"url": url, "password": password}));
        }
        print_json(&told);
    } else {
        println!("\nThe clinic's answer:\n");
        clinic::print(&answer);
        println!("\nThe QR is in {} ; {} ms in all.", picture.display(), started.elapsed().as_millis());
    }
    if serve {
        say(format_args!("the sandbox stays at {}", sandbox.url()));
        say(format_args!("the clinic desk is at {url} ; its password is {password} ; Ctrl-C ends"));
        block_on(home::told_to_stop())?.map_err(|error| Failure::input("no_signal", error))?;
    }
    if let Some(desk) = desk {
        desk.stop();
    }
    sandbox.stop();
    Ok(u8::from(!accepted))
}

fn start(steps: &mut Steps, folder: &Path) -> Result<(RunningSandbox, PathBuf), Failure> {
    let card_folder = folder.join("card");
    let failed = |error: &dyn std::fmt::Display| Failure::input("factory_failed", error);
    let csca = steps.run("make_card", || {
        let now = home::now();
        let authority = Authority::generate(now).map_err(|error| failed(&error))?;
        let birth = jiff::civil::date(2004, 12, 31);
        let person = Person::new(NUMBER, NAME, birth, Sex::Male);
        let card = CardOrder::new(person, now.date()).make(&authority, now, &mut SystemRandom::new());
        let card = card.map_err(|error| failed(&error))?;
        home::make_private(&card_folder)?;
        card.write_to(&card_folder).map_err(|error| failed(&error))?;
        CscaAnchors::from_der(card.csca_certificate()).map_err(|error| failed(&error))
    })?;
    let sandbox = steps.run("start_sandbox", || {
        let config = SandboxConfig {
            data_dir: folder.join("nation"),
            listen: std::net::SocketAddr::from(([127, 0, 0, 1], 0)),
            csca,
            phone_makers: sandbox::PhoneMakers::default(),
            clock: home::now,
            population: 50,
        };
        Sandbox::start(config).map_err(|error| Failure::unreachable("sandbox_not_started", error))
    })?;
    Ok((sandbox, card_folder))
}

fn enrol(
    steps: &mut Steps,
    sandbox: &RunningSandbox,
    wallet: &Wallet,
    card_folder: &Path,
) -> Result<(), Failure> {
    let account = wallet.account();
    let roots = sandbox.ca_pem().map_err(|error| Failure::input("file_unreadable", error))?;
    steps.run("open_account", || {
        let provider = Provider { url: sandbox.url().to_owned(), roots_pem: roots.clone() };
        let applicant = Applicant {
            personal_number: NUMBER.to_owned(),
            phone: PHONE.to_owned(),
            device_name: "demo".to_owned(),
        };
        block_on(account.open(&provider, &applicant, home::now()))?.map_err(failure)
    })?;
    steps.run("activate_account", || {
        let code = block_on(fetch_code(sandbox.url(), &roots))??;
        block_on(account.activate(&code, home::now()))?.map_err(failure)
    })?;
    let (begun, reading) = steps.run("read_card", || {
        let begun = block_on(account.start_step_up(home::now()))?.map_err(failure)?;
        let reading = read(card_folder, begun.challenge())?;
        Ok((begun, reading))
    })?;
    steps.run("prove_card", || {
        let anchors = crate::card_anchors::anchors(&[card_folder.join("csca.cer")])?;
        reading.verify(&anchors, home::now()).map_err(|error| Failure::negative("card_not_genuine", error))
    })?;
    steps.run("step_up", || {
        let finish =
            account.finish_step_up(&begun, &reading, FaceCapture(b"demonstration"), &Silent, home::now());
        block_on(finish)?.map_err(failure)
    })?;
    for (step, name) in [
        ("obtain_citizen", CredentialName::Citizen),
        ("obtain_health_insurance", CredentialName::HealthInsurance),
    ] {
        steps.run(step, || {
            let obtained = account.obtain_credential(Wanted::Named(name, None), None, &Silent, home::now());
            block_on(obtained)?.map_err(failure)
        })?;
    }
    Ok(())
}

fn read(card_folder: &Path, challenge: [u8; 8]) -> Result<CardReading, Failure> {
    let broken = |error| Failure::input("card_folder_unreadable", error);
    let chip = Chip::from_folder(card_folder).map_err(broken)?;
    let can = Can::from_personal_number(NUMBER).map_err(|error| Failure::input("bad_access_key", error))?;
    let request = ReadRequest { active_challenge: Some(challenge), ..ReadRequest::default() };
    let mut transport = ChipTransport::new(chip);
    read_card(&mut transport, &AccessKey::Can(can), &request, &mut SystemRandom::new(), &Unwatched)
        .map_err(chip::failure)
}

/// The code as the citizen would find it: in the mailbox of their phone.
async fn fetch_code(url: &str, roots: &[u8]) -> Result<String, Failure> {
    let failed = |error: http_client::Error| Failure::unreachable("mailbox_unreachable", error);
    let client = Client::new(roots, Limits::default()).map_err(failed)?;
    let request = Request::get(&format!("{url}/mailbox?phone={PHONE}")).map_err(failed)?;
    let request = request.header("accept", "application/json").map_err(failed)?;
    let mailbox: Value = client.fetch(request).await.map_err(failed)?.json().map_err(failed)?;
    let text = mailbox.pointer("/messages/0/text").and_then(Value::as_str).unwrap_or_default();
    let code = text.rsplit(' ').next().filter(|code| code.len() == 6);
    code.map(str::to_owned).ok_or_else(|| Failure::negative("no_code", "no code came to the mailbox"))
}

fn show(
    steps: &mut Steps,
    sandbox: &RunningSandbox,
    wallet: &Wallet,
    folder: &Path,
) -> Result<(Value, Answer, PathBuf), Failure> {
    let picture = folder.join("qr.png");
    let (frame, matrix) = steps.run("show_qr", || present::picture_of(wallet, &picture))?;
    if !steps.json {
        println!("\n{}", present::half_blocks(&present::terminal_matrix(&frame.text)?));
    }
    let (trust, status) = (sandbox.trust_folder(), sandbox.status_folder());
    let answer = steps.run("clinic_check", || {
        let seen = folder.join("seen.db");
        let folders = Folders { trust: &trust, status: Some(&status), seen: Some(&seen), desk: "" };
        let content = home::read_file(&picture)?;
        check_files(&content, &folders, home::now()).map_err(|error| Failure::input(error.code(), error))
    })?;
    let shown = json!({"text": frame.text, "bytes": frame.bytes.len(), "qr_version": matrix.version(),
                       "trust": trust, "status": status});
    Ok((shown, answer, picture))
}
