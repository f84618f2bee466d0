//! Figures with their floors, measured in the same run.
//!
//! A figure is the median time of a piece of work; its floor is the part of that work that nothing can spare, measured
//! in turn with it, so that a busy machine slows both.
use std::time::{Duration, Instant};

/// Rounds of a measurement; each gives one sample of the work and one of its floor.
const ROUNDS: usize = 31;
/// Further rounds are made until this time is over.
const LONGEST: Duration = Duration::from_millis(600);
/// A sample lasts at least this long, yet less than a scheduler's slice: else a busy machine interrupts every sample,
/// and always the same of two that take turns.
const SAMPLE: Duration = Duration::from_micros(500);

/// Prints a time with its floor: one JSON object a line where `--json` was given, else a row.
pub fn time(name: &str, mut work: impl FnMut(), mut floor: impl FnMut()) {
    let (calls, floor_calls) = (calls_per_sample(&mut work), calls_per_sample(&mut floor));
    let (mut samples, mut floors) = (Vec::new(), Vec::new());
    let start = Instant::now();
    while samples.len() < ROUNDS || start.elapsed() < LONGEST {
        samples.push(sample(&mut work, calls));
        floors.push(sample(&mut floor, floor_calls));
    }
    print(name, median(samples), "us", Some(median(floors)));
}

/// Prints the time of one of so many operations that the work and its floor do one after the other.
pub fn each(name: &str, operations: usize, mut work: impl FnMut(), mut floor: impl FnMut()) {
    let (mut samples, mut floors) = (Vec::new(), Vec::new());
    let scale = 1e3 / u32::try_from(operations).map_or(f64::INFINITY, f64::from);
    let start = Instant::now();
    while samples.len() < ROUNDS || start.elapsed() < LONGEST {
        samples.push(sample(&mut work, 1) * scale);
        floors.push(sample(&mut floor, 1) * scale);
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

fn calls_per_sample(work: &mut impl FnMut()) -> u32 {
    let mut calls = 1;
    loop {
        let start = Instant::now();
        (0..calls).for_each(|_| work());
        if start.elapsed() >= SAMPLE || calls > 1 << 24 {
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
