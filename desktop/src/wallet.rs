//! Opens the wallet of this computer, and puts its errors into words.
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use holder::{Error, Kind, ProgressListener, Step, VerifierWords, Wallet};
use http_client::WaitListener;

use crate::output::{Failure, say};
use crate::refusals;
use crate::secrets::Secrets;
use crate::software_keys::SoftwareKeys;

/// The wallet in a folder, its secrets in the keyring where one runs.
pub(crate) fn open(folder: &Path) -> Result<Wallet, Failure> {
    let wallet = Secrets::for_wallet(folder, "wallet");
    wallet.announce();
    open_with(folder, wallet, keys(folder))
}

/// The keys of this computer, their secret in the keyring where one runs, else in a file, which is said once.
pub(crate) fn keys(folder: &Path) -> SoftwareKeys {
    let secrets = Secrets::for_wallet(folder, "keys");
    secrets.announce();
    keys_with(folder, secrets)
}

fn keys_with(folder: &Path, secrets: Secrets) -> SoftwareKeys {
    SoftwareKeys::new(&folder.join("keys"), secrets)
}

/// The wallet in a folder with everything in files: for the demonstration.
pub(crate) fn open_in_files(folder: &Path) -> Result<Wallet, Failure> {
    open_with(folder, Secrets::in_file(folder, "wallet"), keys_with(folder, Secrets::in_file(folder, "keys")))
}

fn open_with(folder: &Path, wallet: Secrets, keys: SoftwareKeys) -> Result<Wallet, Failure> {
    crate::home::make_private(folder)?;
    let wallet = Wallet::open(folder, Arc::new(wallet), Arc::new(keys)).map_err(failure)?;
    Ok(wallet.telling_waits(Arc::new(Aloud)))
}

/// Runs what needs the network.
pub(crate) fn block_on<T>(work: impl Future<Output = T>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    Ok(runtime.map_err(|error| Failure::input("no_runtime", error))?.block_on(work))
}

/// What happened and what to do.
#[allow(clippy::needless_pass_by_value, reason = "handed to map_err")]
pub(crate) fn failure(error: Error) -> Failure {
    let code = error.code();
    let advice = match (error.kind(), code) {
        (_, "account.wrong_code") => match error.attempts_left() {
            Some(left) => format!("the code is wrong; {left} attempts are left"),
            None => "the code is wrong".to_owned(),
        },
        (Kind::TryCardAgain, _) => format!("{error}: hold the card still and try again"),
        (Kind::WrongAccessKey, _) => {
            "the chip does not know this number; one attempt was made. Check the six digits before you try again".to_owned()
        }
        (Kind::NoNetwork, _) if let Some(seconds) = error.retry_after() => {
            format!("the server is busy: try again in {seconds} s")
        }
        (Kind::NoNetwork, _) => format!("{error}. What is in the wallet can still be shown: sen present qr"),
        (Kind::CredentialExpired, _) => format!("{error}: obtain it again with `sen credential obtain NAME`"),
        (_, "present.no_credential") => {
            "the wallet holds no health-insurance credential: `sen credential obtain health-insurance`".to_owned()
        }
        (_, "present.level_too_low") => format!("{error}: sen present qr --level N, 2 to 4"),
        (_, "account.wrong_pin") => match error.attempts_left() {
            Some(left) => format!("the PIN is wrong; {left} attempts are left before a wait"),
            None => "the PIN is wrong".to_owned(),
        },
        (_, "account.pin_delayed") => match error.retry_after() {
            Some(seconds) => format!("too many wrong PINs: wait {seconds} s"),
            None => "too many wrong PINs: wait".to_owned(),
        },
        (_, "account.device_waiting") => match error.retry_after() {
            Some(seconds) => format!("this device takes the account over in {seconds} s, if nobody objects"),
            None => "this device takes the account over later".to_owned(),
        },
        (_, "account.no_account") => "no account yet: `sen account open --help` shows how".to_owned(),
        _ => refusals::words(code).map_or_else(|| error.to_string(), str::to_owned),
    };
    let words = error.verifier_words().map(VerifierWords::as_str);
    let failure = match error.kind() {
        Kind::NoNetwork => Failure::unreachable(code, advice),
        Kind::NotReady | Kind::Bug => Failure::input(code, advice),
        _ => Failure::negative(code, advice),
    };
    failure.quoting(words)
}

/// Says each step, and each wait, on standard error.
#[derive(Debug)]
pub(crate) struct Aloud;

impl ProgressListener for Aloud {
    fn began(&self, step: Step) {
        say(match step {
            Step::Provider => "asking the provider ...",
            Step::Card => "reading the card, keep it still ...",
            Step::Face => "comparing the face ...",
            Step::Evidence => "the provider checks the evidence ...",
            Step::Key => "making a device key ...",
            Step::Issuer => "asking the issuer ...",
            Step::Storing => "checking and storing ...",
            _ => "...",
        });
    }
}

impl WaitListener for Aloud {
    fn waits(&self, pause: Duration) {
        // Rounded up, so that nobody expects it sooner.
        say(format_args!("the server is busy, trying again in {} s ...", pause.as_millis().div_ceil(1_000)));
    }
}
