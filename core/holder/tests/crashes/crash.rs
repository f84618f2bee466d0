//! The process is killed during enrolment and issuance: at every call of a port, at every request, and at arbitrary times.
//! Whatever the moment, the next opening finds nothing half and the person can go on.
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use holder::{CredentialName, Provider, Wallet};

use crate::doubles::disk::{DiskKeyStore, DiskSecretStore, Tripwire};
use crate::doubles::provider::{Running, at, enrol, now, provider};
use crate::doubles::{Phone, agree};

const FOLDER: &str = "SEN_TEST_CRASH_FOLDER";
const MOMENT: &str = "SEN_TEST_CRASH_MOMENT";
const URL: &str = "SEN_TEST_CRASH_URL";

fn wallet(folder: &Path, tripwire: &Tripwire) -> Wallet {
    let keys = DiskKeyStore::new(folder, tripwire);
    Wallet::open(folder, Arc::new(DiskSecretStore::new(folder, tripwire)), Arc::new(keys)).unwrap()
}

/// Not a test: the process that the tests below kill.
#[tokio::test]
#[ignore = "run by the crash tests"]
async fn child() {
    let folder = std::env::var(FOLDER).unwrap();
    let tripwire = Tripwire::new(std::env::var(MOMENT).unwrap().parse().unwrap());
    let provider = Provider {
        url: std::env::var(URL).unwrap(),
        roots_pem: std::fs::read(Path::new(&folder).join("roots.pem")).unwrap(),
    };
    enrol(&wallet(Path::new(&folder), &tripwire), &provider).await.unwrap();
}

fn spawn(phone: &Phone, running: &Running, moment: i64) -> Child {
    std::fs::write(phone.folder().join("roots.pem"), &running.server.roots_pem).unwrap();
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "crash::child", "--ignored", "--test-threads=1"])
        .env(FOLDER, phone.folder())
        .env(MOMENT, moment.to_string())
        .env(URL, &running.server.url)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// After a crash: the chain is whole, every key belongs to something, every credential can be shown, and enrolment completes.
async fn nothing_is_half(phone: &Phone, running: &Running, moment: &str) {
    let quiet = Tripwire::new(-1);
    let keys = DiskKeyStore::new(phone.folder(), &quiet);
    let owned = |wallet: &Wallet| {
        wallet.credentials().unwrap().len() + usize::from(wallet.account().remembered().is_ok())
    };
    let reopened = wallet(phone.folder(), &quiet);
    reopened.verify_history().unwrap_or_else(|error| panic!("{moment}: {error}"));
    assert_eq!(keys.ids().len(), owned(&reopened), "{moment}");
    if reopened
        .credentials()
        .unwrap()
        .iter()
        .any(|held| held.vct == CredentialName::HealthInsurance.vct().urn())
    {
        let agreed = agree(&reopened, now()).unwrap();
        reopened.present_qr(&agreed, now()).unwrap_or_else(|error| panic!("{moment}: {error}"));
    }
    enrol(&reopened, &at(running)).await.unwrap_or_else(|error| panic!("{moment}: {error}"));
    assert_eq!((reopened.credentials().unwrap().len(), keys.ids().len()), (2, 3), "{moment}");
    reopened.verify_history().unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn leaves_nothing_half_when_killed_around_any_port_call() {
    let mut moment = 0;
    loop {
        let (phone, running) = (Phone::new(), provider().await);
        let ended = spawn(&phone, &running, moment).wait().unwrap();
        nothing_is_half(&phone, &running, &format!("port moment {moment}")).await;
        if ended.success() {
            break;
        }
        moment += 1;
    }
    println!("killed at {moment} moments around port calls");
    assert!(moment > 20);
}

#[tokio::test(flavor = "multi_thread")]
async fn leaves_nothing_half_when_killed_at_any_request() {
    let mut number = 0;
    loop {
        let (phone, running) = (Phone::new(), provider().await);
        let child = Arc::new(std::sync::Mutex::new(None::<Child>));
        running.state().kill_at = Some((number, child.clone()));
        {
            // Held meanwhile: the first request may come before `spawn` returns.
            let mut child = child.lock().unwrap();
            *child = Some(spawn(&phone, &running, -1));
        }
        let ended = loop {
            if let Some(ended) = child.lock().unwrap().as_mut().and_then(|child| child.try_wait().unwrap()) {
                break ended;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        };
        running.state().kill_at = None;
        nothing_is_half(&phone, &running, &format!("request {number}")).await;
        if ended.success() {
            break;
        }
        number += 1;
    }
    println!("killed at {number} requests");
    assert!(number > 20);
}

#[tokio::test(flavor = "multi_thread")]
async fn leaves_nothing_half_when_killed_at_arbitrary_times() {
    for round in 0..25 {
        let (phone, running) = (Phone::new(), provider().await);
        let mut child = spawn(&phone, &running, -1);
        tokio::time::sleep(Duration::from_millis(12 * round)).await;
        child.kill().unwrap();
        child.wait().unwrap();
        nothing_is_half(&phone, &running, &format!("after {} ms", 12 * round)).await;
    }
}
