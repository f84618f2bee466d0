//! `sen sandbox serve`: the nation in a box.
use std::path::PathBuf;

use ::clinic::database::Place as DeskPlace;
use card::CscaAnchors;
use sandbox::factory::Authority;
use sandbox::{Place, Sandbox, SandboxConfig, SandboxError};
use serde_json::json;

use crate::cli::SandboxCommand;
use crate::output::{Failure, print_json, say};
use crate::{card_anchors, home, wallet};

pub(crate) fn run(command: &SandboxCommand, as_json: bool) -> Result<u8, Failure> {
    let SandboxCommand::Serve { listen, data, database, population, csca } = command;
    let data_dir: PathBuf = match data {
        Some(folder) => folder.clone(),
        None => home::folder()?.join("sandbox"),
    };
    home::make_private(&data_dir)?;
    let mut anchors = card_anchors::anchors(csca)?;
    anchors.extend(factory_anchors(&data_dir)?);
    let config = SandboxConfig {
        data_dir: data_dir.clone(),
        listen: *listen,
        csca: anchors,
        phone_makers: sandbox::PhoneMakers::default(),
        clock: home::now,
        population: *population,
    };
    let place = match database {
        Some(address) => place(address)?,
        None => Place::Folder,
    };
    let running = Sandbox::start_at(config, &place).map_err(failure)?;
    if as_json {
        print_json(
            &json!({"url": running.url(), "roots": data_dir.join("ca.pem"), "trust": running.trust_folder(),
                           "status": running.status_folder()}),
        );
    } else {
        println!(
            "The sandbox is at {} ; its authority is {}",
            running.url(),
            data_dir.join("ca.pem").display()
        );
        println!(
            "For the clinic: --trust {} --status {}",
            running.trust_folder().display(),
            running.status_folder().display()
        );
    }
    say("Ctrl-C ends");
    wallet::block_on(home::told_to_stop())?.map_err(|error| Failure::input("no_signal", error))?;
    running.stop();
    Ok(0)
}

/// A database is named as a desk's is, and has to be on this machine as that one.
fn place(address: &str) -> Result<Place, Failure> {
    match DeskPlace::parse(address).map_err(|error| Failure::input("bad_database", error))? {
        DeskPlace::Postgres(config) => Ok(Place::Postgres(config)),
        DeskPlace::File(_) => Ok(Place::Folder),
    }
}

/// What the person can mend alone is wrong use; the rest could not be reached.
fn failure(error: SandboxError) -> Failure {
    match error {
        SandboxError::OtherVersion(_) | SandboxError::OtherDatabase => Failure::input("other_version", error),
        SandboxError::OtherFolder => Failure::input("other_folder", error),
        SandboxError::Database(_) => Failure::unreachable("database_unusable", error),
        error => Failure::unreachable("sandbox_not_started", error),
    }
}

/// The anchor of the sandbox's own card factory, kept in its folder.
pub(crate) fn factory_anchors(data_dir: &std::path::Path) -> Result<CscaAnchors, Failure> {
    let unusable = |_| Failure::input("factory_unusable", "the card factory's certificate is unusable");
    let folder = data_dir.join("factory");
    home::make_private(&folder)?;
    let authority =
        Authority::open(&folder, home::now()).map_err(|error| Failure::input("factory_unusable", error))?;
    CscaAnchors::from_der(authority.csca_certificate()).map_err(unusable)
}
