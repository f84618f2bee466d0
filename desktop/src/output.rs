//! What a person or a machine sees: one object or readable lines on standard output, progress and errors on
//! standard error, and the exit status.
use std::fmt;
use std::io::Write;
use std::process::ExitCode;

use serde::Serialize;

/// Why a command ended without success: what to tell, under which stable code, and the exit status.
#[derive(Debug)]
pub(crate) struct Failure {
    exit: u8,
    code: String,
    message: String,
    /// What a stranger said, cleaned for a screen.
    verifier_words: Option<String>,
}

impl Failure {
    fn new(exit: u8, code: impl Into<String>, message: impl fmt::Display) -> Self {
        Self { exit, code: code.into(), message: message.to_string(), verifier_words: None }
    }

    /// A clear negative answer: exit status 1.
    pub(crate) fn negative(code: impl Into<String>, message: impl fmt::Display) -> Self {
        Self::new(1, code, message)
    }

    /// Wrong use or broken input: exit status 2.
    pub(crate) fn input(code: impl Into<String>, message: impl fmt::Display) -> Self {
        Self::new(2, code, message)
    }

    /// A part that could not be reached: exit status 3.
    pub(crate) fn unreachable(code: impl Into<String>, message: impl fmt::Display) -> Self {
        Self::new(3, code, message)
    }

    /// The same with what a verifier said, marked as its own words.
    pub(crate) fn quoting(self, verifier_words: Option<&str>) -> Self {
        Self { verifier_words: verifier_words.map(str::to_owned), ..self }
    }

    /// Says it: one line for people, before it one with a verifier's words, and the same as an object where machines listen.
    pub(crate) fn report(&self, json: bool) -> ExitCode {
        if let Some(words) = &self.verifier_words {
            say(format_args!("the verifier's own words: {words}"));
        }
        say(format_args!("sen: {}", self.message));
        if json {
            print_json(&serde_json::json!({"error": self.json()}));
        }
        ExitCode::from(self.exit)
    }

    /// The exit status.
    pub(crate) const fn exit(&self) -> u8 {
        self.exit
    }

    /// The same for machines.
    pub(crate) fn json(&self) -> serde_json::Value {
        let mut error = serde_json::json!({"code": self.code, "message": self.message});
        if let (Some(words), Some(members)) = (&self.verifier_words, error.as_object_mut()) {
            members.insert("verifier_words".to_owned(), words.as_str().into());
        }
        error
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

/// One JSON object on standard output. A reader that has gone away is no error of ours.
pub(crate) fn print_json(value: &impl Serialize) {
    let mut out = std::io::stdout().lock();
    if serde_json::to_writer_pretty(&mut out, value).is_ok() {
        let _ = writeln!(out);
    }
}

/// A line of progress on standard error.
pub(crate) fn say(line: impl fmt::Display) {
    let _ = writeln!(std::io::stderr(), "{line}");
}

/// Rows of `label  value` for people; a row without a value is left out.
pub(crate) fn print_rows(rows: &[(&str, Option<String>)]) {
    let width = rows.iter().map(|(label, _)| label.chars().count()).max().unwrap_or(0);
    let mut out = std::io::stdout().lock();
    for (label, value) in rows {
        if let Some(value) = value {
            let pad = " ".repeat(width.saturating_sub(label.chars().count()));
            let _ = writeln!(out, "  {label}{pad}  {value}");
        }
    }
}
