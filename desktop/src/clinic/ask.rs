//! `sen clinic enrol` and `sen clinic ask`: two-way mode in a terminal. The question is shown, the answer is scanned, and it is
//! decided on with the question still open.
use std::io::{BufRead, Write};

use ::clinic::answer::Verdict;
use ::clinic::check::{Folders, check_text, decide};
use ::clinic::desk_name::{DeskIdentity, DeskNameError};
use http_client::{Client, Limits};
use serde_json::json;
use verifier::{NoQuestion, Policy, Questions, Wanted};

use super::print;
use crate::cli::{AskArgs, EnrolArgs};
use crate::output::{Failure, print_json, say};
use crate::{home, present, wallet};

/// No scan is longer: the largest QR code holds 7,089 digits.
const LONGEST_SCAN: u64 = 16 << 10;

pub(super) fn enrol(arguments: &EnrolArgs, as_json: bool) -> Result<u8, Failure> {
    home::make_private(&arguments.desk)?;
    let roots = home::read_file(&arguments.roots)?;
    let client =
        Client::new(&roots, Limits::default()).map_err(|error| Failure::input("bad_roots", error))?;
    let mut desk = DeskIdentity::open(&arguments.desk).map_err(failure)?;
    wallet::block_on(desk.enrol(&arguments.name, &arguments.register, &client))?.map_err(failure)?;
    if as_json {
        print_json(&json!({"name": arguments.name, "desk": arguments.desk}));
    } else {
        println!("This desk is {:?} now; `sen clinic ask` shows its questions", arguments.name);
    }
    Ok(0)
}

pub(super) fn ask(arguments: &AskArgs, as_json: bool) -> Result<u8, Failure> {
    let desk = DeskIdentity::open(&arguments.desk).map_err(failure)?;
    let name = desk.name().ok_or(DeskNameError::Unnamed).map_err(failure)?.name.clone();
    let mut questions = Questions::new();
    let wanted = Wanted {
        encrypted: arguments.encrypted,
        minimum_level: arguments.level,
        claims: arguments.claims.clone(),
        purpose: arguments.purpose.clone(),
    };
    let question = desk.ask(&mut questions, &wanted, home::now()).map_err(failure)?;
    let matrix = present::code(&question.text)?;
    if let Some(file) = &arguments.png {
        home::write_file(file, &present::png(&matrix)?)?;
    }
    if let Some(file) = &arguments.text {
        home::write_file(file, question.text.as_bytes())?;
    }
    if arguments.png.is_none() && arguments.text.is_none() {
        // A machine reads standard output; people see the code beside it.
        let code = present::half_blocks(&present::terminal_matrix(&question.text)?);
        let _ = writeln!(std::io::stderr(), "{code}");
    }
    say(format_args!("open until {}; scan the answer", question.expires_at));
    let scanned = read_line()?;
    // The answer counts from its end here: a terminal does not say when the first digit came.
    let now = home::now();
    let text = questions.decrypt(&scanned, now).text;
    let folders = Folders {
        trust: &arguments.trust,
        status: arguments.status.as_deref(),
        seen: arguments.seen.as_deref(),
        desk: &name,
    };
    let decided = decide(&folders, |data, seen| {
        let policy = Policy { open_challenges: questions.open(now), challenged_only: true, ..data.policy() };
        check_text(&text, data, &policy, seen, now, now)
    });
    let answer = decided.map_err(|error| Failure::input(error.code(), error))?;
    if as_json {
        print_json(&answer);
    } else {
        print(&answer);
    }
    Ok(u8::from(answer.verdict != Verdict::Accepted))
}

fn read_line() -> Result<String, Failure> {
    use std::io::Read as _;
    let mut line = String::new();
    let read = std::io::BufReader::new(std::io::stdin().lock().take(LONGEST_SCAN)).read_line(&mut line);
    read.map_err(|error| Failure::input("file_unreadable", format!("cannot read standard input: {error}")))?;
    Ok(line)
}

#[allow(clippy::needless_pass_by_value, reason = "handed to map_err")]
pub(super) fn failure(error: DeskNameError) -> Failure {
    match error {
        DeskNameError::Unnamed => {
            Failure::input("desk_unnamed", "this desk has no name yet: `sen clinic enrol --help` shows how")
        }
        DeskNameError::Question(NoQuestion::Wanted(_)) => Failure::input(
            "question_unusable",
            "no phone would answer this: the purpose has at most 64 bytes, the level is 1 to 4, at most 32 claims",
        ),
        DeskNameError::Register(http_client::Error::Status(_)) => Failure::negative("name_refused", error),
        DeskNameError::Register(_) => Failure::unreachable("register_unreachable", error),
        _ => Failure::input("desk_unusable", error),
    }
}
