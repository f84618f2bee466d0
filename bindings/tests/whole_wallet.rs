//! Shells can do all that the core's wallet can: each public call of the holder is called here, or `README.md` says in its table
//! "What is not here" why it is not.
#![allow(clippy::unwrap_used)]
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

fn read_all(folder: &str, left_out: &[&str]) -> String {
    let mut found = Vec::new();
    sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder), &mut found);
    let is_left_out =
        |path: &PathBuf| path.components().any(|part| left_out.iter().any(|name| part.as_os_str() == *name));
    found
        .iter()
        .filter(|path| !is_left_out(path))
        .map(|path| std::fs::read_to_string(path).unwrap())
        .collect()
}

/// The name that follows these words at the beginning of a line.
fn named<'l>(line: &'l str, words: &str) -> Option<&'l str> {
    line.strip_prefix(words)?.split(|c: char| !c.is_alphanumeric() && c != '_').next()
}

/// `Type::call` for each public call, by its type.
fn calls(source: &str) -> BTreeSet<(String, String)> {
    let (mut calls, mut of) = (BTreeSet::new(), "");
    for line in source.lines() {
        if line.starts_with("impl") {
            of = line.split_once(' ').map_or("", |(_, rest)| rest);
            of = of.split(|c: char| !c.is_alphanumeric()).next().unwrap();
        }
        let heads = ["    pub fn ", "    pub const fn ", "    pub async fn "];
        if let Some(name) = heads.iter().find_map(|head| named(line, head)) {
            calls.insert((of.to_owned(), name.to_owned()));
        }
    }
    calls
}

/// The first cells of the table, each in backticks.
fn said_to_be_absent() -> BTreeSet<(String, String)> {
    let readme = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let readme = std::fs::read_to_string(readme).unwrap();
    let table = readme.split("What is not here").nth(1).unwrap();
    let cells = table.lines().filter_map(|line| line.strip_prefix("| `")?.split(" |").next());
    let names = cells.flat_map(|cell| cell.split(", ").map(|name| name.trim_matches('`')));
    names.map(|name| name.split_once("::").unwrap()).map(|(of, call)| (of.into(), call.into())).collect()
}

#[test]
fn every_call_of_the_wallet_is_here_or_said_not_to_be() {
    let calls = calls(&read_all("../core/holder/src", &["tests", "tests.rs", "fuzzing.rs"]));
    assert!(calls.len() > 100, "{}", calls.len());
    let here = read_all("src", &[]);
    let is_called = |name: &str| {
        here.match_indices(name).any(|(at, _)| {
            let (before, after) = (&here[..at], &here[at + name.len()..]);
            (before.ends_with('.') || before.ends_with("::"))
                && !after.starts_with(|c: char| c.is_alphanumeric() || c == '_')
        })
    };
    let absent = said_to_be_absent();
    let forgotten: Vec<_> =
        calls.iter().filter(|call| !is_called(&call.1) && !absent.contains(call)).collect();
    assert!(forgotten.is_empty(), "neither called in bindings/src nor in the table: {forgotten:?}");
    let gone: Vec<_> = absent.iter().filter(|call| !calls.contains(call)).collect();
    assert!(gone.is_empty(), "the table names what the holder has not: {gone:?}");
}
