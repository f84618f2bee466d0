//! `sen clinic serve` and `sen clinic password`: the desk that stays.
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ::clinic::database::Place;
use ::clinic::desk::{Demands, DeskConfig, DeskError, RunningDesk, set_password};
use ::clinic::desk_name::DeskIdentity;
use ::clinic::fetch::Fetcher;
use ::clinic::lookup::{Account, Lookup, SecretsIn};
use http_client::{Client, Limits};
use sandbox::{PORTAL_PASSWORD, PORTAL_USER, RunningSandbox};
use serde::Deserialize;
use serde_json::json;
use trust::secret::Secret;

use crate::cli::{DeskArgs, PlaceArgs};
use crate::output::{Failure, print_json, say};
use crate::{home, wallet};

/// No password is longer, in bytes.
const LONGEST_PASSWORD: u64 = 1024;

pub(super) fn serve(arguments: &DeskArgs, as_json: bool) -> Result<u8, Failure> {
    let fetcher = match (&arguments.refresh, &arguments.roots, &arguments.status) {
        (Some(provider), Some(roots), Some(status)) => {
            Some(fetcher(provider, roots, &arguments.trust, status)?)
        }
        _ => None,
    };
    if let Some(fetcher) = &fetcher {
        let first = wallet::block_on(fetcher.first_trust_list(home::now()))?;
        first.map_err(|error| {
            let none = format!("there is no trust list yet, and none could be fetched: {error}");
            Failure::unreachable("no_trust_list", none)
        })?;
    }
    let config = DeskConfig {
        listen: arguments.listen,
        place: place(&arguments.place)?,
        trust: arguments.trust.clone(),
        status: arguments.status.clone(),
        web: arguments.web.clone(),
        name: arguments.desk.clone(),
        facility: arguments.facility.clone(),
        keep_days: arguments.keep_days,
        fetcher,
        lookup: lookup(arguments)?,
        identity: arguments.identity.clone(),
        demands: Demands {
            challenged_only: arguments.challenged_only,
            minimum_level: arguments.level.unwrap_or(0),
        },
        clock: Arc::new(home::now),
    };
    let desk = RunningDesk::start(config).map_err(failure)?;
    if !desk.address().ip().is_loopback() {
        say("WARNING: other machines can reach this desk, and passwords and names travel unencrypted.");
        say("         Listen on 127.0.0.1 and put a proxy with TLS before it.");
    }
    announce(&desk, as_json);
    say("Ctrl-C ends");
    wallet::block_on(home::told_to_stop())?.map_err(|error| Failure::input("no_signal", error))?;
    desk.stop();
    Ok(0)
}

/// Who asks the insurance portal at the demonstration's desk: the register knows her.
const CLERK: (&str, &str) = ("Nguyễn Thị Mẫu", "000199012345");

/// A desk beside a sandbox, on the lists as they lie there and with an account at its insurance portal.
pub(crate) fn beside(sandbox: &RunningSandbox, folder: &Path) -> Result<RunningDesk, Failure> {
    let roots = sandbox.ca_pem().map_err(|error| Failure::unreachable("sandbox_not_started", error))?;
    let account = Account::new(PORTAL_USER, &Secret::new(PORTAL_PASSWORD.to_owned()), CLERK.0, CLERK.1);
    let lookup = Lookup::new(sandbox.url(), &roots, account, SecretsIn::default());
    let folder = folder.join("clinic");
    home::make_private(&folder)?;
    let identity = folder.join("counter");
    name(sandbox, &identity, &roots)?;
    let config = DeskConfig {
        listen: SocketAddr::from(([127, 0, 0, 1], 0)),
        place: Place::File(folder.join("desk.sqlite")),
        trust: sandbox.trust_folder(),
        status: Some(sandbox.status_folder()),
        web: built_page(),
        name: "Quầy 1".to_owned(),
        facility: None,
        keep_days: 30,
        fetcher: None,
        lookup: Some(lookup.map_err(|error| Failure::input("bad_lookup", error))?),
        identity: Some(identity),
        demands: Demands::default(),
        clock: Arc::new(home::now),
    };
    RunningDesk::start(config).map_err(failure)
}

/// What `bindings/web/build` made, beside this program or where cargo puts both.
fn built_page() -> Option<PathBuf> {
    let program = std::env::current_exe().ok()?;
    let folders = program.ancestors().skip(1).take(2).map(|folder| folder.join("web"));
    let built = folders.into_iter().find(|web| web.join("sen_verifier.js").is_file());
    if built.is_none() {
        say(
            "the desk's page has no verifier of its own, so it cannot check without this desk, and no barcode reader:",
        );
        say(
            "bindings/web/build makes both; the desk takes them from `web` beside this program or from target/web",
        );
    }
    built
}

/// The sandbox's register names the desk, so that its page can ask first (two-way mode).
fn name(sandbox: &RunningSandbox, folder: &Path, roots: &[u8]) -> Result<(), Failure> {
    let client = Client::new(roots, Limits::default()).map_err(|error| Failure::input("bad_roots", error))?;
    let mut identity = DeskIdentity::open(folder).map_err(super::ask::failure)?;
    let register = format!("{}/sandbox/desk", sandbox.url());
    wallet::block_on(identity.enrol("Quầy 1", &register, &client))?.map_err(super::ask::failure)
}

/// The address, and the password where this start made it.
fn announce(desk: &RunningDesk, as_json: bool) {
    let url = format!("http://{}", desk.address());
    if as_json {
        print_json(&json!({"url": url, "password": desk.first_password()}));
        return;
    }
    println!("The clinic desk is at {url}");
    if let Some(password) = desk.first_password() {
        println!("Its password is {password}  (told this once; `sen clinic password` sets another)");
    }
}

pub(super) fn password(place_of: &PlaceArgs, from_stdin: bool, as_json: bool) -> Result<u8, Failure> {
    let chosen = if from_stdin { Some(read_password()?) } else { None };
    let was_chosen = chosen.is_some();
    let password = set_password(&place(place_of)?, chosen).map_err(failure)?;
    let told = (!was_chosen).then_some(password);
    match (as_json, told) {
        (true, told) => print_json(&json!({"password": told})),
        (false, Some(password)) => println!("The desk's password is now {password}"),
        (false, None) => println!("The desk's password is set"),
    }
    Ok(0)
}

fn read_password() -> Result<String, Failure> {
    use std::io::Read as _;
    let mut text = String::new();
    let read = std::io::stdin().lock().take(LONGEST_PASSWORD).read_to_string(&mut text);
    read.map_err(|_| Failure::input("file_unreadable", "no password can be read from standard input"))?;
    Ok(text.trim_end_matches(['\r', '\n']).to_owned())
}

fn place(arguments: &PlaceArgs) -> Result<Place, Failure> {
    if let Some(address) = &arguments.database {
        return Place::parse(address).map_err(|error| Failure::input("bad_database", error));
    }
    let folder = match &arguments.data {
        Some(folder) => folder.clone(),
        None => home::folder()?.join("clinic"),
    };
    home::make_private(&folder)?;
    Ok(Place::File(folder.join("desk.sqlite")))
}

fn fetcher(provider: &str, roots: &Path, trust: &Path, status: &Path) -> Result<Fetcher, Failure> {
    let roots = home::read_file(roots)?;
    let client =
        Client::new(&roots, Limits::default()).map_err(|error| Failure::input("bad_roots", error))?;
    let unusable = |error| Failure::input("file_unreadable", format!("{}: {error}", status.display()));
    std::fs::create_dir_all(status).map_err(unusable)?;
    Ok(Fetcher {
        client,
        provider: provider.trim_end_matches('/').to_owned(),
        trust: trust.to_owned(),
        status: status.to_owned(),
    })
}

/// The account at the insurance portal, as its file has it: a command line is no place for a password.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AccountFile {
    user: String,
    password: String,
    staff_name: String,
    staff_number: String,
    /// For a portal that takes account and tokens there instead of in the address.
    #[serde(default)]
    secrets_in_body: bool,
}

/// The account's file holds a password: nobody else on this computer may read it.
#[cfg(unix)]
fn kept_private(file: &Path) -> Result<(), Failure> {
    use std::os::unix::fs::PermissionsExt as _;
    let open = std::fs::metadata(file).is_ok_and(|about| about.permissions().mode() & 0o077 != 0);
    if open {
        let how = format!("others can read the password in {0}: chmod 600 {0}", file.display());
        return Err(Failure::input("account_open_to_others", how));
    }
    Ok(())
}

#[cfg(not(unix))]
fn kept_private(_: &Path) -> Result<(), Failure> {
    Ok(())
}

fn lookup(arguments: &DeskArgs) -> Result<Option<Lookup>, Failure> {
    let (Some(address), Some(account), Some(roots)) =
        (&arguments.lookup, &arguments.lookup_account, &arguments.lookup_roots)
    else {
        return Ok(None);
    };
    kept_private(account)?;
    let file: AccountFile = serde_json::from_slice(&home::read_file(account)?).map_err(|_| {
        let shape = "the account at the portal is JSON with user, password, staff_name and staff_number";
        Failure::input("bad_account", shape)
    })?;
    let account = Account::new(&file.user, &Secret::new(file.password), &file.staff_name, &file.staff_number);
    let secrets_in = if file.secrets_in_body { SecretsIn::Body } else { SecretsIn::Address };
    let lookup = Lookup::new(address, &home::read_file(roots)?, account, secrets_in);
    lookup.map(Some).map_err(|error| Failure::input("bad_lookup", error))
}

#[allow(clippy::needless_pass_by_value, reason = "handed to map_err")]
pub(crate) fn failure(error: DeskError) -> Failure {
    match error {
        DeskError::Lists(error) => Failure::input(error.code(), error),
        DeskError::Io(_) => Failure::unreachable("desk_not_started", error),
        DeskError::Database(_) => Failure::unreachable("database_unusable", error),
        DeskError::ShortPassword => Failure::input("short_password", error),
        _ => Failure::input("desk_not_started", error),
    }
}
