//! `sen present qr`: the rotating clinic code in the terminal, as a picture, or as digits.
mod level;

use std::io::{BufRead, IsTerminal, Write};
use std::path::Path;
use std::time::Duration;

use holder::{Consent, CredentialInfo, CredentialName, QrFrame, Recognised, Wallet};
use presentation::qr::{Level, QUIET_ZONE, QrMatrix, encode, encode_at};
use serde_json::json;

use crate::cli::{PresentCommand, QrArgs};
use crate::consent::{self, Agreed};
use crate::credential::in_words;
use crate::home;
use crate::output::{Failure, print_json, say};
use crate::wallet::{failure, open};

const QUIET: i32 = QUIET_ZONE.cast_signed();
/// For how long a code of a loop is seen: a camera takes a few pictures of each.
const FRAME: Duration = Duration::from_millis(300);

pub(crate) fn run(command: &PresentCommand, as_json: bool) -> Result<u8, Failure> {
    let args = match command {
        PresentCommand::Qr(args) => args,
        PresentCommand::Online(args) => return crate::online::run(args, as_json),
    };
    let name = CredentialName::from_text(&args.credential).ok_or_else(|| {
        Failure::input(
            "credential_unknown",
            format!("{:?} is no document: citizen or health-insurance", args.credential),
        )
    })?;
    let wallet = open(&home::folder()?)?;
    announce(&wallet, name, args.ward.as_deref())?;
    let question = args.challenge.as_deref().map(read_question).transpose()?;
    let agreed = Agreed { yes: args.yes, guardian: args.guardian, machine: as_json };
    loop {
        let now = home::now();
        let request = wallet.ask_consent(name, args.ward.as_deref(), question.as_deref(), now);
        let mut request = request.map_err(failure)?;
        if let Some(level) = args.level {
            request = level::stated(&wallet, request, level, args.capture.as_deref())?;
        }
        if args.animated.is_some() {
            request = request.with_portrait().map_err(failure)?;
        }
        let consent = consent::ask(&wallet, request, agreed, now)?;
        let portrait = match &args.animated {
            Some(_) => wallet.portrait_frames(&consent, home::now()).map_err(failure)?,
            None => Vec::new(),
        };
        // A person takes a while to answer.
        let mut frame = wallet.present_qr(&consent, home::now()).map_err(failure)?;
        while output(args, as_json, &consent, &frame, &portrait)? && home::now() < consent.expires_at() {
            if portrait.is_empty() || args.text || drawn_elsewhere(args) {
                wait_for_next(&frame);
            }
            match wallet.present_qr(&consent, home::now()) {
                Ok(next) => frame = next,
                Err(error) if ["present.consent_over", "present.statement_old"].contains(&error.code()) => {
                    break;
                }
                Err(error) => return Err(failure(error)),
            }
        }
        // A machine gets one object; it asks again when that has expired. A question is answered once.
        if args.once || as_json || question.is_some() {
            return Ok(0);
        }
    }
}

/// How long the credential can be shown without a network, and what ends soon.
fn announce(wallet: &Wallet, name: CredentialName, ward: Option<&str>) -> Result<(), Failure> {
    let held = wallet.credentials().map_err(failure)?;
    let of_whom = |info: &&CredentialInfo| info.vct == name.vct().urn() && info.ward.as_deref() == ward;
    if let Some(info) = held.iter().find(of_whom) {
        say(format_args!("prepared until {}", info.expires_at));
        wallet.warnings(info, home::now()).into_iter().for_each(|warning| say(in_words(warning)));
    }
    Ok(())
}

/// Whether the codes go into files and not to the terminal.
fn drawn_elsewhere(args: &QrArgs) -> bool {
    args.png.is_some() || args.svg.is_some() || frames_folder(args).is_some()
}

/// Where the frames of a loop go; without a folder they are drawn.
fn frames_folder(args: &QrArgs) -> Option<&Path> {
    args.animated.as_deref().filter(|folder| folder.as_os_str() != "-")
}

/// Shows one code, or one round of a loop; says whether another is to follow.
fn output(
    args: &QrArgs,
    as_json: bool,
    consent: &Consent,
    frame: &QrFrame,
    portrait: &[String],
) -> Result<bool, Failure> {
    let matrix = matrix(frame)?;
    if let Some(file) = &args.png {
        home::write_file(file, &png(&matrix)?)?;
    }
    if let Some(file) = &args.svg {
        home::write_file(file, matrix.svg().as_bytes())?;
    }
    if let Some(folder) = frames_folder(args) {
        home::make_private(folder)?;
        home::write_file(&folder.join("frame-1.png"), &png(&matrix)?)?;
        for (text, number) in portrait.iter().zip(2..) {
            home::write_file(&folder.join(format!("frame-{number}.png")), &png(&code(text)?)?)?;
        }
    }
    let request = consent.request();
    if as_json {
        let mut object = json!({"text": frame.text, "bytes": frame.bytes.len(), "qr_version": matrix.version(),
            "expires_at": frame.expires_at.to_string(), "to": request.recipient(), "for": request.ward(),
            "claims": request.disclosed(), "encrypted": request.encrypted(),
            "stated_level": request.stated_level().map(|(level, _)| level)});
        if let (false, Some(object)) = (portrait.is_empty(), object.as_object_mut()) {
            let frames: Vec<&String> = std::iter::once(&frame.text).chain(portrait).collect();
            object.insert("frames".to_owned(), json!(frames));
        }
        print_json(&object);
    } else if args.text {
        println!("{}", frame.text);
        for text in portrait {
            println!("{text}");
        }
    } else if !drawn_elsewhere(args) {
        draw(&terminal_matrix(&frame.text)?, frame)?;
        for text in portrait {
            std::thread::sleep(FRAME);
            draw(&terminal_matrix(text)?, frame)?;
        }
        if !portrait.is_empty() {
            std::thread::sleep(FRAME);
        }
    } else {
        say(format_args!("new code in the picture, version {}", matrix.version()));
    }
    Ok(!args.once && !as_json && args.challenge.is_none())
}

/// The text of a desk's question: digits as they are, or those in a file, in a picture, or on standard input.
pub(crate) fn read_question(given: &str) -> Result<String, Failure> {
    if !given.is_empty() && given.bytes().all(|c| c.is_ascii_digit()) {
        return Ok(given.to_owned());
    }
    let content = if given == "-" {
        let mut line = String::new();
        let read = std::io::stdin().lock().read_line(&mut line);
        read.map_err(|error| {
            Failure::input("file_unreadable", format!("cannot read standard input: {error}"))
        })?;
        line.into_bytes()
    } else {
        home::read_file(Path::new(given))?
    };
    if clinic::picture::is_picture(&content) {
        return clinic::picture::read(&content).map_err(|error| Failure::input("picture_unreadable", error));
    }
    Ok(String::from_utf8_lossy(&content).trim().to_owned())
}

fn wait_for_next(frame: &QrFrame) {
    let seconds = u64::try_from(frame.expires_at.seconds_since(home::now())).unwrap_or(0).clamp(1, 10);
    std::thread::sleep(Duration::from_secs(seconds));
}

/// The code as a picture.
pub(crate) fn png(matrix: &QrMatrix) -> Result<Vec<u8>, Failure> {
    clinic::picture::png(matrix).map_err(|error| Failure::input("picture_failed", error))
}

/// The code of a frame.
pub(crate) fn matrix(frame: &QrFrame) -> Result<QrMatrix, Failure> {
    code(&frame.text)
}

/// The code of digits.
pub(crate) fn code(text: &str) -> Result<QrMatrix, Failure> {
    encode(text).map_err(|error| Failure::input("qr_too_long", error))
}

/// The code for a terminal: level L, whose smaller code fits 80 columns. A screen has no dirt and no tears.
pub(crate) fn terminal_matrix(text: &str) -> Result<QrMatrix, Failure> {
    encode_at(text, Level::Low, 25).map_err(|error| Failure::input("qr_too_long", error))
}

/// One code, drawn two rows a line with half blocks; black on white whatever the terminal's colours are.
fn draw(matrix: &QrMatrix, frame: &QrFrame) -> Result<(), Failure> {
    let side = i32::try_from(matrix.size()).unwrap_or(i32::MAX);
    let lines = (side + 2 * QUIET + 1) / 2 + 2;
    let mut out = std::io::stdout().lock();
    if out.is_terminal()
        && let Some((columns, rows)) = terminal_size()
        && (columns < side + 2 * QUIET || rows < lines)
    {
        return Err(Failure::input(
            "terminal_too_small",
            format!(
                "the code needs {}x{lines} characters, this terminal has {columns}x{rows}: make it larger or use --png FILE",
                side + 2 * QUIET
            ),
        ));
    }
    let mut text = String::new();
    if out.is_terminal() {
        text.push_str("\x1b[H\x1b[2J");
    }
    text.push_str(&half_blocks(matrix));
    let left = frame.expires_at.seconds_since(home::now()).max(0);
    let _ = writeln!(out, "{text}  a new code in {left} s; Ctrl-C ends");
    Ok(())
}

/// The drawing: each character is an upper and a lower module.
pub(crate) fn half_blocks(matrix: &QrMatrix) -> String {
    let side = i32::try_from(matrix.size()).unwrap_or(0);
    let mut text = String::new();
    for y in (-QUIET..side + QUIET).step_by(2) {
        text.push_str("\x1b[30;47m");
        for x in -QUIET..side + QUIET {
            text.push(match (matrix.is_dark(x, y), matrix.is_dark(x, y + 1)) {
                (true, true) => '█',
                (true, false) => '▀',
                (false, true) => '▄',
                (false, false) => ' ',
            });
        }
        text.push_str("\x1b[0m\n");
    }
    text
}

/// Columns and rows, as the environment or `stty` tells.
fn terminal_size() -> Option<(i32, i32)> {
    let from_environment =
        || Some((std::env::var("COLUMNS").ok()?.parse().ok()?, std::env::var("LINES").ok()?.parse().ok()?));
    from_environment().or_else(|| {
        let tty = std::fs::File::open("/dev/tty").ok()?;
        let output = std::process::Command::new("stty").arg("size").stdin(tty).output().ok()?;
        let text = String::from_utf8(output.stdout).ok()?;
        let (rows, columns) = text.trim().split_once(' ')?;
        Some((columns.parse().ok()?, rows.parse().ok()?))
    })
}

/// The picture of the wallet's current code.
pub(crate) fn picture_of(wallet: &Wallet, file: &Path) -> Result<(QrFrame, QrMatrix), Failure> {
    let now = home::now();
    let request = wallet.ask_consent(CredentialName::HealthInsurance, None, None, now).map_err(failure)?;
    // The demonstration's person agrees.
    let consent = request.grant(Recognised::ByDevice, now).map_err(failure)?;
    let frame = wallet.present_qr(&consent, now).map_err(failure)?;
    let matrix = matrix(&frame)?;
    home::write_file(file, &png(&matrix)?)?;
    Ok((frame, matrix))
}
