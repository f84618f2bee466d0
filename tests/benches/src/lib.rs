//! Figures with their floors, measured in the same run.
//!
//! A figure is the median time of a piece of work; its floor is the part of that work that nothing can spare, measured
//! in turn with it, so that a busy machine slows both.
use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Rounds of a measurement; each gives one sample of the work and one of its floor.
const ROUNDS: usize = 31;
/// Further rounds are made until this time is over.
const LONGEST: Duration = Duration::from_millis(600);
/// A sample lasts at least this long, yet less than a scheduler's slice: else a busy machine interrupts every sample,
/// and always the same of two that take turns.
const SAMPLE: Duration = Duration::from_micros(500);

/// Operations of a sample where each of many takes nanoseconds.
const PIECE: usize = 4096;
/// Options that are followed by a value, which is no name of a figure.
const VALUED: [&str; 2] = ["--seconds", "--trials"];

/// The first call of every bench: where `--help` was given, says what it measures and how it is run; ends the program then, and where
/// none of its figures, given by the beginnings of their names, is wanted.
pub fn begin(bench: &str, about: &str, figures: &[&str]) {
    if std::env::args().any(|argument| argument == "--help" || argument == "-h") {
        println!(
            "{about}\n\n  \
             cargo bench -p sen-benches --bench {bench}             all figures, each with its floor of the same run\n  \
             cargo bench -p sen-benches --bench {bench} -- NAME...  those alone whose name has one of these words in it\n  \
             cargo bench -p sen-benches --bench {bench} -- --json   one JSON object a line\n\n\
             The names begin with: {}",
            figures.join(", ")
        );
        std::process::exit(0);
    }
    if !figures.iter().any(|name| wanted(name)) {
        std::process::exit(0);
    }
}

/// Whether one of the figures whose names begin like this is to be measured.
pub fn wanted(beginning: &str) -> bool {
    is_named(beginning) || names().any(|wanted| wanted.starts_with(beginning))
}

/// Whether this figure is to be measured.
fn is_named(name: &str) -> bool {
    let mut names = names().peekable();
    names.peek().is_none() || names.any(|wanted| name.contains(&wanted))
}

/// The words of the command line that name figures.
fn names() -> impl Iterator<Item = String> {
    let mut after_value = false;
    std::env::args().skip(1).filter(move |word| {
        let is_value = std::mem::replace(&mut after_value, VALUED.contains(&word.as_str()));
        !is_value && !word.starts_with('-')
    })
}

/// Tells the threads beside a measurement that it is over, also when it ends by a panic: else they would go on for ever, and the
/// bench with them.
#[derive(Debug, Default)]
pub struct Over(AtomicBool);

impl Over {
    /// Runs the measurement and tells what came of it.
    pub fn after<T>(&self, measurement: impl FnOnce() -> T) -> T {
        struct Tell<'a>(&'a AtomicBool);
        impl Drop for Tell<'_> {
            fn drop(&mut self) {
                self.0.store(true, Ordering::Relaxed);
            }
        }
        let _tell = Tell(&self.0);
        measurement()
    }

    /// Whether the measurement is over.
    pub fn is_over(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// Prints a time with its floor: one JSON object a line where `--json` was given, else a row.
pub fn time(name: &str, mut work: impl FnMut(), mut floor: impl FnMut()) {
    if !is_named(name) {
        return;
    }
    let (calls, floor_calls) = (calls_per_sample(&mut work), calls_per_sample(&mut floor));
    let (mut samples, mut floors) = (Vec::new(), Vec::new());
    let start = Instant::now();
    while samples.len() < ROUNDS || start.elapsed() < LONGEST {
        // Each is first in every other round, so that what interrupts at regular times meets both.
        if samples.len() % 2 == 0 {
            samples.push(sample(&mut work, calls));
            floors.push(sample(&mut floor, floor_calls));
        } else {
            floors.push(sample(&mut floor, floor_calls));
            samples.push(sample(&mut work, calls));
        }
    }
    print(name, median(samples), "us", Some(median(floors)));
}

/// Prints the time of one of so many operations that the work and its floor do one after the other: pieces of them in turn, each of
/// them shorter than a scheduler's slice, until all were done several times.
pub fn each(
    name: &str,
    operations: usize,
    mut work: impl FnMut(Range<usize>),
    mut floor: impl FnMut(Range<usize>),
) {
    if !is_named(name) {
        return;
    }
    let pieces = (0..operations).step_by(PIECE).map(|from| from..(from + PIECE).min(operations));
    let (mut samples, mut floors) = (Vec::new(), Vec::new());
    let start = Instant::now();
    for (round, piece) in pieces.clone().cycle().enumerate() {
        let enough = round >= ROUNDS.max(2 * pieces.len()) && start.elapsed() >= LONGEST;
        if enough || piece.is_empty() {
            break;
        }
        let scale = 1e3 / u32::try_from(piece.len()).map_or(f64::INFINITY, f64::from);
        samples.push(sample(&mut || work(piece.clone()), 1) * scale);
        floors.push(sample(&mut || floor(piece.clone()), 1) * scale);
    }
    print(name, median(samples), "ns", Some(median(floors)));
}

/// Prints the median time of one of many operations done together, with that of the part that nothing can spare.
pub fn rate(name: &str, operations: usize, taken: Vec<Duration>, floors: Vec<Duration>) {
    let operations = u32::try_from(operations).map_or(f64::INFINITY, f64::from);
    let each = |all: Vec<Duration>| {
        median(all.into_iter().map(|all| all.as_secs_f64() * 1e6 / operations).collect())
    };
    print(name, each(taken), "us", Some(each(floors)));
}

/// Prints a time that has no floor, since no other has this work.
pub fn time_alone(name: &str, mut work: impl FnMut()) {
    if !is_named(name) {
        return;
    }
    let calls = calls_per_sample(&mut work);
    let (mut samples, start) = (Vec::new(), Instant::now());
    while samples.len() < ROUNDS || start.elapsed() < LONGEST {
        samples.push(sample(&mut work, calls));
    }
    print(name, median(samples), "us", None);
}

/// Prints a percentile of many times, in microseconds, with the same of the part that nothing can spare.
pub fn percentile(name: &str, percent: usize, taken: Vec<Duration>, floors: Vec<Duration>) {
    let at = |mut times: Vec<Duration>| {
        times.sort_unstable();
        let place = (times.len() * percent).div_ceil(100).saturating_sub(1);
        times.get(place).map_or(f64::NAN, |time| time.as_secs_f64() * 1e6)
    };
    print(name, at(taken), "us", Some(at(floors)));
}

/// Prints a size or a count, with a floor where there is one.
pub fn count(name: &str, value: usize, unit: &str, floor: Option<usize>) {
    let exact = |value: usize| u32::try_from(value).map_or(f64::INFINITY, f64::from);
    print(name, exact(value), unit, floor.map(exact));
}

/// Prints seconds with their floor.
pub fn seconds(name: &str, value: Duration, floor: Duration) {
    print(name, value.as_secs_f64(), "s", Some(floor.as_secs_f64()));
}

/// The shortest of three counts, since one that was interrupted would make the samples too short.
fn calls_per_sample(work: &mut impl FnMut()) -> u32 {
    let mut calls = 1;
    loop {
        let mut once = || {
            let start = Instant::now();
            (0..calls).for_each(|_| work());
            start.elapsed()
        };
        if once().min(once()).min(once()) >= SAMPLE || calls > 1 << 24 {
            return calls;
        }
        calls *= 2;
    }
}

/// Microseconds of one call.
fn sample(work: &mut impl FnMut(), calls: u32) -> f64 {
    let start = Instant::now();
    (0..calls).for_each(|_| work());
    start.elapsed().as_secs_f64() * 1e6 / f64::from(calls)
}

fn median(mut samples: Vec<f64>) -> f64 {
    samples.sort_by(f64::total_cmp);
    samples.get(samples.len() / 2).copied().unwrap_or(f64::NAN)
}

fn print(name: &str, value: f64, unit: &str, floor: Option<f64>) {
    if !is_named(name) {
        return;
    }
    let ratio = floor.map(|floor| value / floor);
    if std::env::args().any(|argument| argument == "--json") {
        let number =
            |number: Option<f64>| number.map_or_else(|| "null".to_owned(), |number| format!("{number:.3}"));
        println!(
            r#"{{"name":"{name}","value":{value:.3},"unit":"{unit}","floor":{},"ratio":{}}}"#,
            number(floor),
            number(ratio)
        );
    } else {
        let floor = floor.zip(ratio).map_or_else(String::new, |(floor, ratio)| {
            format!("  floor {floor:>10.3} {unit}  ratio {ratio:.3}")
        });
        println!("{name:<36} {value:>12.3} {unit}{floor}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::panic::{AssertUnwindSafe, catch_unwind};

    #[test]
    fn a_measurement_that_panics_ends_the_thread_beside_it() {
        let over = Over::default();
        let ended = catch_unwind(AssertUnwindSafe(|| {
            std::thread::scope(|scope| {
                scope.spawn(|| {
                    while !over.is_over() {
                        std::thread::yield_now();
                    }
                });
                over.after(|| panic!("as a bench does whose world does not stand"));
            });
        }));
        assert!(ended.is_err());
    }
}
