//! `sen card`: reads a chip, proves a saved reading, serves a card folder.
use std::collections::BTreeMap;
use std::net::ToSocketAddrs as _;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use card::{CardReading, FileId, ReadRequest, read_card};
use serde_json::json;
use tokio::task::spawn_blocking;
use trust::random::{Random, SystemRandom};

use crate::card_anchors::anchors;
use crate::card_evidence::{self, Wanted};
use crate::card_lend;
use crate::card_report::Report;
use crate::chip::{self, Shown};
use crate::cli::{CardCommand, ReadArgs, VerifyArgs};
use crate::output::{Failure, print_json, say};
use crate::{home, wallet};

/// Runs a command; gives the exit status.
pub(crate) fn run(command: &CardCommand, json: bool) -> Result<u8, Failure> {
    match command {
        CardCommand::Read(wanted) => read(wanted, json),
        CardCommand::Verify(wanted) => verify(wanted, json),
        CardCommand::Lend(wanted) => card_lend::lend(wanted, json),
        CardCommand::Serve { folder, vpcd } => serve(folder, vpcd, json),
    }
}

fn read(wanted: &ReadArgs, json: bool) -> Result<u8, Failure> {
    let ReadArgs { chip, access, proof, save, evidence, nonce } = wanted;
    let anchors = anchors(&proof.csca)?;
    let key = chip::access_key(access)?;
    let mut transport = chip::transport(chip)?;
    let record = match evidence {
        Some(file) => Some((file, Wanted::new(nonce.as_deref())?)),
        None => None,
    };
    let mut random = SystemRandom::new();
    let challenge = match &record {
        Some((_, wanted)) => wanted.challenge(),
        None => fresh_challenge(&mut random)?,
    };
    // A simulated card without a key cannot prove itself: that is then not done, and not a failure.
    let has_key =
        |name: &str| chip.simulate.as_ref().is_none_or(|folder| folder.join("keys").join(name).exists());
    let request = ReadRequest {
        active_challenge: has_key("aa_pkcs8.der").then_some(challenge),
        chip_authentication: has_key("ca_pkcs8.der"),
        ..ReadRequest::default()
    };
    let started = Instant::now();
    let reading = read_card(transport.as_mut(), &key, &request, &mut random, &Shown::new());
    let reading = reading.map_err(chip::failure)?;
    let milliseconds = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    if let Some(folder) = save {
        write_reading(folder, &reading)?;
    }
    let now = home::now();
    let evidence = record.map(|(file, wanted)| wanted.write(&reading, file, now)).transpose()?;
    let outcome = reading.verify(&anchors, now);
    let report = Report::new(&reading, outcome, now, proof.show_unproven, Some(milliseconds));
    Ok(show(&report.with_evidence(evidence), json))
}

fn verify(wanted: &VerifyArgs, json: bool) -> Result<u8, Failure> {
    let VerifyArgs { proof, signer, nonce, at, .. } = wanted;
    let (saved, csca) = wanted.saved_and_csca().ok_or_else(|| {
        Failure::input("usage", "what to prove is missing: sen card verify FILE|DIR --csca PATH...")
    })?;
    let now = home::time_or_now(at.as_deref())?;
    let anchors = anchors(csca)?;
    if saved.is_file() {
        let judged = card_evidence::verify(saved, signer.as_ref(), nonce.as_deref(), &anchors, now)?;
        let reading = judged.record.reading();
        let report = Report::new(reading, judged.outcome, now, proof.show_unproven, None);
        return Ok(show(&report.with_evidence(Some(judged.report)), json));
    }
    if signer.is_some() || nonce.is_some() {
        let message = "--signer and --nonce are for a signed record; this is no file";
        return Err(Failure::input("no_record", message));
    }
    let reading = CardReading::from_files(read_folder(saved)?, None);
    let outcome = reading.verify(&anchors, now);
    Ok(show(&Report::new(&reading, outcome, now, proof.show_unproven, None), json))
}

fn fresh_challenge(random: &mut dyn Random) -> Result<[u8; 8], Failure> {
    let mut challenge = [0; 8];
    random.fill(&mut challenge).map_err(|error| Failure::input("no_random", error))?;
    Ok(challenge)
}

fn show(report: &Report, json: bool) -> u8 {
    if json {
        print_json(report);
    } else {
        report.print();
    }
    u8::from(!report.is_proven())
}

/// The files of a saved reading. EF.SOD and EF.DG1 must be there.
fn read_folder(folder: &Path) -> Result<BTreeMap<FileId, Vec<u8>>, Failure> {
    let mut files = BTreeMap::new();
    for file in FileId::all() {
        let path = folder.join(file.file_stem() + ".bin");
        if path.exists() {
            files.insert(file, home::read_file(&path)?);
        } else if matches!(file, FileId::Sod | FileId::Dg(1)) {
            return Err(Failure::input("file_missing", format!("{} is missing", path.display())));
        }
    }
    Ok(files)
}

fn write_reading(folder: &Path, reading: &CardReading) -> Result<(), Failure> {
    home::make_private(folder)?;
    for (file, bytes) in reading.files() {
        home::write_file(&folder.join(file.file_stem() + ".bin"), bytes)?;
    }
    say(format_args!("saved {} files in {}", reading.files().len(), folder.display()));
    Ok(())
}

fn serve(folder: &Path, address: &str, as_json: bool) -> Result<u8, Failure> {
    static STOP: AtomicBool = AtomicBool::new(false);
    // Read once to say what is wrong with it; the server reads it again at each reset.
    drop(chip::of_folder(folder)?);
    let socket = address.to_socket_addrs().ok().and_then(|mut found| found.next());
    let socket = socket.ok_or_else(|| Failure::input("bad_address", format!("{address} names no reader")))?;
    let (folder, address) = (folder.to_owned(), socket.to_string());
    wallet::block_on(async move {
        let no_signal = |error| Failure::input("no_signal", error);
        let told_to_stop = home::stop_signals().map_err(no_signal)?;
        let shown = folder.display().to_string();
        if as_json {
            print_json(&json!({"folder": shown, "vpcd": address}));
        }
        say(format_args!("serving {shown} to the virtual reader at {address}; Ctrl-C takes the card away"));
        let mut server = spawn_blocking(move || sandbox::chip::vpcd::serve(&folder, &address, &STOP));
        let served = tokio::select! {
            ended = &mut server => ended,
            told = told_to_stop => {
                STOP.store(true, Ordering::Relaxed);
                told.map_err(no_signal)?;
                server.await
            }
        };
        match served {
            Ok(Ok(())) => Ok(0),
            Ok(Err(error)) => Err(Failure::input("card_folder_unreadable", error)),
            Err(_) => Err(Failure::unreachable("vpcd_unreachable", "the chip stopped")),
        }
    })?
}
