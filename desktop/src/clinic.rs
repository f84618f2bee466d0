//! `sen clinic check`: the verdict on a scanned text or a picture, offline. `ask` is two-way mode, `desk` the desk that stays.
mod ask;
pub(crate) mod desk;

use std::io::Read;
use std::path::Path;

use ::clinic::answer::{Answer, Verdict};
use ::clinic::check::{Folders, check_files};

use crate::cli::ClinicCommand;
use crate::home;
use crate::output::{Failure, print_json, print_rows};

/// No scan is longer; a picture may be.
const LONGEST_INPUT: u64 = 32 << 20;

pub(crate) fn run(command: &ClinicCommand, as_json: bool) -> Result<u8, Failure> {
    match command {
        ClinicCommand::Check { scanned, trust, status, seen, desk, at } => {
            let folders = Folders { trust, status: status.as_deref(), seen: seen.as_deref(), desk };
            check(scanned, &folders, at.as_deref(), as_json)
        }
        ClinicCommand::Enrol(arguments) => ask::enrol(arguments, as_json),
        ClinicCommand::Ask(arguments) => ask::ask(arguments, as_json),
        ClinicCommand::Serve(desk) => desk::serve(desk, as_json),
        ClinicCommand::Password { place, from_stdin } => desk::password(place, *from_stdin, as_json),
    }
}

fn check(scanned: &Path, folders: &Folders<'_>, at: Option<&str>, as_json: bool) -> Result<u8, Failure> {
    let now = home::time_or_now(at)?;
    let content = read(scanned)?;
    let answer = check_files(&content, folders, now).map_err(|error| Failure::input(error.code(), error))?;
    if as_json {
        print_json(&answer);
    } else {
        print(&answer);
    }
    Ok(u8::from(answer.verdict != Verdict::Accepted))
}

fn read(scanned: &Path) -> Result<Vec<u8>, Failure> {
    if scanned.as_os_str() != "-" {
        return home::read_file(scanned);
    }
    let mut content = Vec::new();
    let stdin = std::io::stdin().lock().take(LONGEST_INPUT).read_to_end(&mut content);
    stdin
        .map_err(|error| Failure::input("file_unreadable", format!("cannot read standard input: {error}")))?;
    Ok(content)
}

/// The answer in words, the verdict first.
pub(crate) fn print(answer: &Answer) {
    let reasons =
        if answer.reasons.is_empty() { String::new() } else { format!(" ({})", answer.reasons.join(", ")) };
    match answer.verdict {
        Verdict::Accepted if answer.face != "shown" => {
            println!("✔ Genuine code: check a photo card{reasons}");
        }
        Verdict::Accepted => println!("✔ Accepted{reasons}"),
        Verdict::Unsure => println!("? Unsure{reasons}"),
        Verdict::Refused => println!("✘ Refused{reasons}"),
    }
    let claims = answer.claims.as_ref();
    let insurance = claims.and_then(|claims| claims.insurance.as_ref());
    print_rows(&[
        ("name", claims.and_then(|claims| claims.name.clone())),
        ("born", claims.and_then(|claims| claims.date_of_birth.clone())),
        ("sex", claims.and_then(|claims| claims.sex.clone())),
        ("personal number", claims.and_then(|claims| claims.personal_number.clone())),
        ("insurance card", insurance.and_then(|insurance| insurance.number.clone())),
        ("insured until", insurance.and_then(|insurance| insurance.valid_to.clone())),
        ("first facility", insurance.and_then(|insurance| insurance.facility.clone())),
        ("issued by", answer.issued_by.clone()),
        ("shown", answer.age_seconds.map(|age| format!("{age} s ago"))),
        ("status", Some(answer.status.result.clone())),
        ("status as of", answer.status.as_of.clone()),
        ("trust as of", Some(answer.trust_as_of.clone())),
        ("seen before", Some(answer.replay.clone())),
        ("entitlement", Some(answer.entitlement.clone())),
    ]);
}
