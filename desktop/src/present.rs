//! `sen present qr`: the rotating clinic code in the terminal, as a picture, or as digits.
use std::io::{IsTerminal, Write};
use std::path::Path;
use std::time::Duration;

use holder::{QrFrame, Wallet};
use presentation::qr::{Level, QrMatrix, encode, encode_at};
use serde_json::json;

use crate::cli::PresentCommand;
use crate::output::{Failure, print_json, say};
use crate::wallet::{failure, open};
use crate::{home, picture};

/// Light modules around the code (ISO/IEC 18004, 9.1).
const QUIET: i32 = 4;

pub(crate) fn run(command: &PresentCommand, as_json: bool) -> Result<u8, Failure> {
    let PresentCommand::Qr { png, text, once } = command;
    let wallet = open(&home::folder()?)?;
    loop {
        let frame = wallet.present_qr(home::now()).map_err(failure)?;
        let matrix = matrix(&frame)?;
        if let Some(file) = png {
            home::write_file(file, &picture::png(&matrix)?)?;
        }
        if as_json {
            print_json(
                &json!({"text": frame.text, "bytes": frame.bytes.len(), "qr_version": matrix.version(),
                               "expires_at": frame.expires_at.to_string()}),
            );
        } else if *text {
            println!("{}", frame.text);
        } else if png.is_none() {
            draw(&terminal_matrix(&frame)?, &frame)?;
        } else {
            say(format_args!("new code in the picture, version {}", matrix.version()));
        }
        // A machine gets one object; it asks again when that has expired.
        if *once || as_json {
            return Ok(0);
        }
        wait_for_next(&frame);
    }
}

fn wait_for_next(frame: &QrFrame) {
    let seconds = u64::try_from(frame.expires_at.seconds_since(home::now())).unwrap_or(0).clamp(1, 10);
    std::thread::sleep(Duration::from_secs(seconds));
}

/// The code of a frame.
pub(crate) fn matrix(frame: &QrFrame) -> Result<QrMatrix, Failure> {
    encode(&frame.text).map_err(|error| Failure::input("qr_too_long", error))
}

/// The code for a terminal: level L, whose smaller code fits 80 columns. A screen has no dirt and no tears.
pub(crate) fn terminal_matrix(frame: &QrFrame) -> Result<QrMatrix, Failure> {
    encode_at(&frame.text, Level::Low, 25).map_err(|error| Failure::input("qr_too_long", error))
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
    let frame = wallet.present_qr(home::now()).map_err(failure)?;
    let matrix = matrix(&frame)?;
    home::write_file(file, &picture::png(&matrix)?)?;
    Ok((frame, matrix))
}
