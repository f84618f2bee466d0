//! What a phone's shell waits for, measured in Rust: a frame of the rotating QR, and what is between the APDUs of a reading.
//! `kotlin`, `swift` and `python` beside it measure the same through their packages; `run` puts them side by side.
//!
//! `sen-bench-phone STATE FOLDER` takes the ports' content and a copy of the wallet's folder, as `make_wallet.py` left them, and prints
//! one JSON object. `SEN` names the program that plays the chip.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "a bench stops where its world does not stand"
)]
mod chip;
mod ports;

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use card::{AccessKey, Can, ReadRequest, Unwatched, read_card};
use chip::{Chip, Timed};
use holder::{CredentialName, Recognised, Wallet};
use ports::State;
use presentation::qr;
use trust::random::SystemRandom;
use trust::time::Timestamp;

/// A new code comes after so many seconds; a consent is good for twelve of them, the first of which is written into the history.
const ROTATION: i64 = 10;
const FURTHER_CODES: i64 = 11;
/// Consents before the measurement, and in it.
const WARMING: usize = 20;
const CONSENTS: usize = 40;
const APDUS: usize = 1_000;

fn main() {
    let mut words = std::env::args().skip(1);
    let (state, folder) = (words.next().expect("STATE FOLDER"), words.next().expect("STATE FOLDER"));
    let state = State::read(Path::new(&state));
    let wallet = Wallet::open(Path::new(&folder), Arc::new(state.secret), Arc::new(state.keys)).unwrap();
    let first = Frames::of_one_consent(&wallet).wholes.first().copied().unwrap();
    for _ in 0..WARMING {
        Frames::of_one_consent(&wallet);
    }
    let mut frames = Frames::default();
    for _ in 0..CONSENTS {
        frames.extend(Frames::of_one_consent(&wallet));
    }
    let gaps = gaps();
    println!(
        "{}",
        serde_json::json!({
            "language": "rust",
            "first_us": microseconds(first),
            "code_us": tenth_and_median(frames.codes),
            "frame_us": tenth_and_median(frames.wholes),
            "apdus": gaps.len(),
            "gap_us": tenth_and_median(gaps),
        })
    );
}

/// Times of codes alone, and of codes with their drawing.
#[derive(Default)]
struct Frames {
    codes: Vec<Duration>,
    wholes: Vec<Duration>,
}

impl Frames {
    /// All codes of one consent but the first.
    fn of_one_consent(wallet: &Wallet) -> Self {
        let seconds = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
        let now = Timestamp::from_unix(i64::try_from(seconds).unwrap());
        let asked = wallet.ask_consent(CredentialName::HealthInsurance, None, None, now).unwrap();
        let consent = asked.grant(Recognised::ByDevice, now).unwrap();
        let mut frames = Self::default();
        let mut last = wallet.present_qr(&consent, now).unwrap().text;
        for code in 1..=FURTHER_CODES {
            let start = Instant::now();
            let frame = wallet.present_qr(&consent, now.plus_seconds(code * ROTATION)).unwrap();
            frames.codes.push(start.elapsed());
            let modules = drawn(&frame.text);
            frames.wholes.push(start.elapsed());
            assert!(modules > 21 * 21 && frame.text != last);
            last = frame.text;
        }
        frames
    }

    fn extend(&mut self, other: Self) {
        self.codes.extend(other.codes);
        self.wholes.extend(other.wholes);
    }
}

/// Modules of the drawn code, each looked at as a screen does.
fn drawn(digits: &str) -> usize {
    let matrix = qr::encode(digits).unwrap();
    let side = 0..i32::try_from(matrix.size()).unwrap();
    let dark = side
        .clone()
        .flat_map(|y| side.clone().map(move |x| (x, y)))
        .map(|(x, y)| u8::from(matrix.is_dark(x, y)));
    dark.collect::<Vec<_>>().len()
}

/// From each answer of the chip to the next command, over as many whole readings as 1,000 commands take.
fn gaps() -> Vec<Duration> {
    let mut chip = Chip::new();
    let mut gaps = Vec::new();
    while gaps.len() < APDUS {
        let mut timed = Timed::new(&mut chip);
        let key = AccessKey::Can(Can::parse(chip::CAN).unwrap());
        let request = ReadRequest { active_challenge: Some([7; 8]), ..ReadRequest::default() };
        read_card(&mut timed, &key, &request, &mut SystemRandom::new(), &Unwatched).unwrap();
        gaps.extend(timed.gaps);
    }
    gaps
}

/// The time that a tenth of them did not reach, and that of half of them, in microseconds: a busy machine interrupts the longer ones.
fn tenth_and_median(mut times: Vec<Duration>) -> [f64; 2] {
    times.sort_unstable();
    [10, 2].map(|part| microseconds(*times.get(times.len() / part).unwrap()))
}

fn microseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}
