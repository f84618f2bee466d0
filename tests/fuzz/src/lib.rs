//! What every target shares: a parser may hold no more memory than four times its input and 1 MiB, whatever the input
//! claims. A panic, and more memory than that, end the run.
//!
//! `tests/run fuzz` builds the targets and runs each for a few seconds; `tests/fuzz/run --help` says more.
use peak_alloc::PeakAlloc;

/// Counts every allocation of the process; those of a run of a target are its own, since libFuzzer's are not Rust's.
#[global_allocator]
static MEMORY: PeakAlloc = PeakAlloc;

/// What a parser may hold beside four times its input.
pub const MARGIN: usize = 1 << 20;

/// Runs a parser over an input and compares the most memory that it held at one time with the bound. What one
/// allocation takes is part of that, so none alone can exceed it either.
///
/// # Panics
/// Where more was held; the message names the parser.
pub fn bounded<Answer>(parser: &str, input: &[u8], parse: impl FnOnce(&[u8]) -> Answer) -> Answer {
    inflated(parser, input, 0, parse)
}

/// As [`bounded`], for a parser that inflates to at most so many bytes; a buffer grows by copying itself, to at most
/// twice what is needed.
///
/// # Panics
/// As [`bounded`].
pub fn inflated<Answer>(
    parser: &str,
    input: &[u8],
    largest: usize,
    parse: impl FnOnce(&[u8]) -> Answer,
) -> Answer {
    let before = MEMORY.current_usage();
    MEMORY.reset_peak_usage();
    let answer = parse(input);
    let held = MEMORY.peak_usage().saturating_sub(before);
    let allowed = 4 * input.len() + MARGIN + 3 * largest;
    assert!(
        held <= allowed,
        "{parser} held {held} bytes over an input of {}, allowed are {allowed}",
        input.len()
    );
    answer
}

/// The one copy of it; the crate that it stands in makes certificates too, which no target needs.
#[path = "../../key/src/base45.rs"]
mod base45;
pub mod desk;
pub mod signed;
