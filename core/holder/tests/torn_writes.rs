//! The process is killed inside the store's own writing: before each write of the database and its log, with half of it written,
//! and around each sync, truncation and deletion; while a person enrols and obtains credentials, while an account moves to a phone,
//! and while the phone that it left is emptied. Whatever the moment, the next opening finds nothing half, and the person can go on.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

mod doubles;

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use doubles::disk::{DiskKeyStore, DiskSecretStore, Tripwire, copy_folder};
use doubles::provider::{Running, at, enrol, now, provider};
use doubles::{Phone, agree, torn};
use holder::{
    AccountError, AccountState, CredentialName, Error, Event, Level, Pin, Provider, Silent, Wallet,
};

const FOLDER: &str = "SEN_TEST_TORN_FOLDER";
const MOMENT: &str = "SEN_TEST_TORN_MOMENT";
const URL: &str = "SEN_TEST_TORN_URL";

fn pin() -> Pin {
    Pin::parse("159357").unwrap()
}

fn quiet() -> Tripwire {
    Tripwire::new(-1)
}

fn keys(folder: &Path) -> DiskKeyStore {
    DiskKeyStore { folder: folder.join("keys"), tripwire: quiet() }
}

fn wallet(folder: &Path) -> Wallet {
    std::fs::create_dir_all(folder.join("keys")).unwrap();
    Wallet::open(folder, Arc::new(DiskSecretStore::new(folder, &quiet())), Arc::new(keys(folder))).unwrap()
}

/// A new phone's part, from whatever point on: shows its code in a file, claims, and obtains what the old phone held.
async fn receive(wallet: &Wallet, folder: &Path, provider: &Provider) -> Result<(), Error> {
    let account = wallet.account();
    while account.remembered().map(|view| view.state).ok() != Some(AccountState::Active) {
        let shown = account.receive(provider, "new phone", now()).await?;
        std::fs::write(folder.join("draft"), shown.text).unwrap();
        std::fs::rename(folder.join("draft"), folder.join("code")).unwrap();
        // Asking too early would write, and as often as the machine is slow.
        while !folder.join("given").exists() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        account.claim(now()).await?;
    }
    account.obtain_carried(&Silent, now()).await.map(drop)
}

/// Not a test: the process that the tests below kill.
#[tokio::test]
#[ignore = "run by the tests of torn writes"]
async fn child() {
    let folder = PathBuf::from(std::env::var(FOLDER).unwrap());
    let provider = Provider {
        url: std::env::var(URL).unwrap(),
        roots_pem: std::fs::read(folder.join("roots.pem")).unwrap(),
    };
    let moment = std::env::var(MOMENT).unwrap().parse().unwrap();
    let moves = folder.join("new").exists();
    // How a wallet is made is a part of enrolment.
    torn::tear(if moves { -1 } else { moment });
    let wallet = wallet(&folder);
    if moves {
        torn::tear(moment);
        receive(&wallet, &folder, &provider).await.unwrap();
    } else if folder.join("left").exists() {
        assert_eq!(wallet.account().show(now()).await.unwrap_err(), AccountError::Replaced.into());
    } else {
        enrol(&wallet, &provider).await.unwrap();
    }
}

fn spawn(folder: &Path, running: &Running, moment: i64) -> Child {
    std::fs::create_dir_all(folder).unwrap();
    std::fs::write(folder.join("roots.pem"), &running.server.roots_pem).unwrap();
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "child", "--ignored", "--test-threads=1"])
        .env(FOLDER, folder)
        .env(MOMENT, moment.to_string())
        .env(URL, &running.server.url)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// The wallet of a phone that was killed: its chain is whole, and every key belongs to something.
fn reopened(folder: &Path, moment: &str) -> Wallet {
    let wallet = wallet(folder);
    wallet.verify_history().unwrap_or_else(|error| panic!("{moment}: {error}"));
    let owned = usize::from(wallet.account().remembered().is_ok()) + wallet.credentials().unwrap().len();
    assert_eq!(keys(folder).ids().len(), owned, "{moment}");
    wallet
}

/// Every credential is there, and what is held can be shown.
fn holds(wallet: &Wallet, credentials: usize, moment: &str) {
    assert_eq!(wallet.credentials().unwrap().len(), credentials, "{moment}");
    let insured = wallet
        .credentials()
        .unwrap()
        .iter()
        .any(|held| held.vct == CredentialName::HealthInsurance.vct().urn());
    if insured {
        let agreed = agree(wallet, now()).unwrap();
        wallet.present_qr(&agreed, now()).unwrap_or_else(|error| panic!("{moment}: {error}"));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn enrolment_and_issuance_survive_a_kill_inside_any_write() {
    let mut moment = 0;
    loop {
        let (phone, running) = (Phone::new(), provider().await);
        let ended = spawn(phone.folder(), &running, moment).wait().unwrap();
        let name = format!("write moment {moment}");
        let wallet = reopened(phone.folder(), &name);
        let held = wallet.credentials().unwrap().len();
        holds(&wallet, held, &name);
        enrol(&wallet, &at(&running)).await.unwrap_or_else(|error| panic!("{name}: {error}"));
        holds(&wallet, 2, &name);
        assert_eq!(keys(phone.folder()).ids().len(), 3, "{name}");
        assert_eq!(wallet.account().show(now()).await.unwrap().level, Level::Two, "{name}");
        wallet.verify_history().unwrap();
        if ended.success() {
            break;
        }
        moment += 1;
    }
    println!("killed at {moment} moments inside writes of enrolment and issuance");
    assert!(moment > 100, "{moment}");
}

/// The old phone hands over to whoever shows the code in that folder.
async fn give(old: &Wallet, folder: &Path) {
    let code = std::fs::read_to_string(folder.join("code")).unwrap();
    let new = old.account().read_new_phone(&code, now()).unwrap();
    old.account().hand_over(&new, &pin(), now()).await.unwrap();
    std::fs::write(folder.join("given"), b"").unwrap();
}

async fn old_phone() -> (Phone, Running, Wallet) {
    let (phone, running) = (Phone::new(), provider().await);
    let wallet = phone.wallet();
    enrol(&wallet, &at(&running)).await.unwrap();
    wallet.account().set_pin(&pin(), now()).await.unwrap();
    (phone, running, wallet)
}

/// Hands over as soon as the code is there; whether the new phone came to its end by itself.
async fn accompany(mut child: Child, old: &Wallet, folder: &Path) -> bool {
    let mut given = false;
    loop {
        if let Some(ended) = child.try_wait().unwrap() {
            return ended.success();
        }
        if !given && folder.join("code").exists() {
            give(old, folder).await;
            given = true;
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_arrives_whole_though_the_new_phone_is_killed_inside_any_write() {
    let (_phone, running, old) = old_phone().await;
    let before = running.state().phones.clone();
    let mut moment = 0;
    loop {
        let name = format!("write moment {moment}");
        let new = Phone::new();
        let folder = new.folder();
        std::fs::write(folder.join("new"), b"").unwrap();
        let ended = accompany(spawn(folder, &running, moment), &old, folder).await;
        let wallet = reopened(folder, &name);
        if wallet.account().remembered().map(|view| view.state).ok() != Some(AccountState::Active) {
            // What was claimed by a phone that did not live to note it is answered again.
            let claimed = running.state().phones.is_replaced(before.in_use());
            let shown = wallet.account().receive(&at(&running), "new phone", now()).await.unwrap();
            std::fs::write(folder.join("code"), shown.text).unwrap();
            if !claimed {
                give(&old, folder).await;
            }
        }
        receive(&wallet, folder, &at(&running)).await.unwrap_or_else(|error| panic!("{name}: {error}"));
        holds(&wallet, 2, &name);
        assert_eq!(keys(folder).ids().len(), 3, "{name}");
        let events: Vec<Event> =
            wallet.history(None, 1_000).unwrap().into_iter().map(|entry| entry.event).collect();
        for once in [Event::AccountOpened, Event::PhoneTaken] {
            assert_eq!(events.iter().filter(|event| **event == once).count(), 1, "{name}: {once:?}");
        }
        assert_eq!(wallet.account().show(now()).await.unwrap().level, Level::Two, "{name}");
        assert!(running.state().phones.is_replaced(before.in_use()), "{name}");
        wallet.verify_history().unwrap();
        // The account is the old phone's again, as if nothing had happened.
        running.state().phones = before.clone();
        if ended {
            break;
        }
        moment += 1;
        assert!(old.account().show(now()).await.is_ok());
    }
    println!("killed at {moment} moments inside writes of a move");
    assert!(moment > 100, "{moment}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_phone_that_was_left_is_emptied_though_it_is_killed_inside_any_write() {
    let (_phone, running, old) = old_phone().await;
    let full = Phone::new();
    let left = wallet(full.folder());
    let shown = left.account().receive(&at(&running), "new phone", now()).await.unwrap();
    std::fs::write(full.folder().join("code"), shown.text).unwrap();
    give(&old, full.folder()).await;
    receive(&left, full.folder(), &at(&running)).await.unwrap();
    left.account().show(now()).await.unwrap();
    drop(left);
    std::fs::write(full.folder().join("left"), b"").unwrap();
    running.state().phones.replace();

    let mut moment = 0;
    loop {
        let name = format!("write moment {moment}");
        let phone = Phone::new();
        let folder = phone.folder();
        copy_folder(full.folder(), folder);
        let before = running.state().phones.clone();
        let ended = spawn(folder, &running, moment).wait().unwrap().success();
        let wallet = reopened_of_two(folder, &name);
        assert_eq!(wallet.account().show(now()).await.unwrap_err(), AccountError::Replaced.into(), "{name}");
        assert_eq!((wallet.credentials().unwrap().len(), keys(folder).ids().len()), (0, 0), "{name}");
        let told = wallet.history(None, 1_000).unwrap();
        let told = told.iter().filter(|entry| entry.event == Event::PhoneReplaced).count();
        assert_eq!(told, 1, "{name}");
        running.state().phones = before;
        if ended {
            break;
        }
        moment += 1;
    }
    println!("killed at {moment} moments inside writes of emptying a phone");
    assert!(moment > 20, "{moment}");
}

/// Either it has not begun, or all of it is done.
fn reopened_of_two(folder: &Path, moment: &str) -> Wallet {
    let wallet = wallet(folder);
    wallet.verify_history().unwrap_or_else(|error| panic!("{moment}: {error}"));
    let replaced = wallet.account().remembered().unwrap().state == AccountState::Replaced;
    let left = (wallet.credentials().unwrap().len(), keys(folder).ids().len());
    assert_eq!(left, if replaced { (0, 0) } else { (2, 3) }, "{moment}");
    wallet
}
