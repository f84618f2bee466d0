//! The `sen` command: wallet, card reader and clinic on a computer.
//!
//! It reads the clock, the keyring and the terminal, and calls the crates of `core`, `clinic` and `sandbox`; what is
//! decided, is decided there. Each command is a module of its own name; `cli` holds the words.
mod account;
mod card;
mod card_anchors;
mod card_evidence;
mod card_lend;
mod card_report;
#[cfg(all(test, feature = "reader"))]
#[path = "../../tests/e2e/contract/card_transport.rs"]
mod card_transport;
mod chip;
mod cli;
mod clinic;
mod consent;
/// The promises of the ports, which this computer's implementations keep like a phone's.
#[cfg(test)]
#[path = "../../core/holder/tests/doubles/contract.rs"]
mod contract;
mod credential;
mod demo;
mod history;
mod home;
mod nation;
mod online;
mod output;
mod present;
mod private_file;
#[cfg(feature = "reader")]
mod reader;
mod refusals;
mod secrets;
mod software_keys;
mod wallet;

use std::process::ExitCode;

use clap::Parser;

use cli::{Cli, Command};

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return usage(&error),
    };
    let json = cli.json;
    let done = match &cli.command {
        Command::Demo { serve } => demo::run(*serve, json),
        Command::Sandbox(command) => nation::run(command, json),
        Command::Card(command) => card::run(command, json),
        Command::Account(command) => account::run(command, json),
        Command::Credential(command) => credential::run(command, json),
        Command::Present(command) => present::run(command, json),
        Command::History(options) => history::run(options, json),
        Command::Clinic(command) => clinic::run(command, json),
    };
    match done {
        Ok(status) => ExitCode::from(status),
        Err(failure) => failure.report(json),
    }
}

/// Help and version as they are; wrong words in one line, like every other error.
fn usage(error: &clap::Error) -> ExitCode {
    use clap::error::ErrorKind;
    if !error.use_stderr() || error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        let _ = error.print();
        return ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2));
    }
    let text = error.to_string();
    let what: Vec<&str> = text.lines().take_while(|line| !line.is_empty()).map(str::trim).collect();
    let what = what.join(" ");
    let message = format!("{}; add --help for the words", what.strip_prefix("error: ").unwrap_or(&what));
    let json = std::env::args_os().any(|word| word == "--json");
    output::Failure::input("usage", message).report(json)
}
