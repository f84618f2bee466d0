//! A phone is killed while an account moves to it or away from it: around every call of a port, and at arbitrary times. The next
//! opening finds nothing half, nothing is lost, and the same steps lead to the end.
#[path = "../../core/holder/tests/doubles/disk.rs"]
#[allow(dead_code, unreachable_pub)]
mod disk;

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use disk::{DiskKeyStore, DiskSecretStore, Tripwire, copy_folder};
use holder::{AccountError, AccountState, Error, Event, Level, Pin, Provider, Silent, Wallet};

use crate::doubles::{World, now, provider};

const FOLDER: &str = "SEN_TEST_MOVE_FOLDER";
const MOMENT: &str = "SEN_TEST_MOVE_MOMENT";
const URL: &str = "SEN_TEST_MOVE_URL";

fn pin() -> Pin {
    Pin::parse("159357").unwrap()
}

fn keys(folder: &Path, tripwire: &Tripwire) -> DiskKeyStore {
    DiskKeyStore::new(folder, tripwire)
}

fn wallet(folder: &Path, tripwire: &Tripwire) -> Wallet {
    let secret = Arc::new(DiskSecretStore::new(folder, tripwire));
    Wallet::open(folder, secret, Arc::new(keys(folder, tripwire))).unwrap()
}

/// The new phone's part, from whatever point on: shows its code in a file, and takes what is handed over.
async fn receive(wallet: &Wallet, folder: &Path, provider: &Provider) -> Result<(), Error> {
    let account = wallet.account();
    while account.remembered().map(|view| view.state).ok() != Some(AccountState::Active) {
        let shown = account.receive(provider, "phone", now()).await?;
        std::fs::write(folder.join("draft"), shown.text).unwrap();
        std::fs::rename(folder.join("draft"), folder.join("code")).unwrap();
        match account.claim(now()).await {
            Err(Error::Account(AccountError::NotHandedOver)) => {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            claimed => drop(claimed?),
        }
    }
    account.show(now()).await?;
    account.obtain_carried(&Silent, now()).await.map(drop)
}

/// The old phone's part.
async fn give(old: &Wallet, folder: &Path) {
    let code = std::fs::read_to_string(folder.join("code")).unwrap();
    let new = old.account().read_new_phone(&code, now()).unwrap();
    old.account().hand_over(&new, &pin(), now()).await.unwrap();
}

/// Not a test: the phone that is killed. An old phone, which holds an account, asks how that stands.
#[tokio::test]
#[ignore = "run by the crash tests"]
async fn child() {
    let folder = PathBuf::from(std::env::var(FOLDER).unwrap());
    let tripwire = Tripwire::new(std::env::var(MOMENT).unwrap().parse().unwrap());
    let roots_pem = std::fs::read(folder.join("roots.pem")).unwrap();
    let provider = Provider { url: std::env::var(URL).unwrap(), roots_pem };
    let wallet = wallet(&folder, &tripwire);
    if folder.join("old").exists() {
        assert_eq!(wallet.account().show(now()).await.unwrap_err(), AccountError::Replaced.into());
    } else {
        receive(&wallet, &folder, &provider).await.unwrap();
    }
}

fn spawn(folder: &Path, provider: &Provider, moment: i64) -> Child {
    std::fs::create_dir_all(folder).unwrap();
    std::fs::write(folder.join("roots.pem"), &provider.roots_pem).unwrap();
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "account_crash::child", "--ignored", "--test-threads=1"])
        .env(FOLDER, folder)
        .env(MOMENT, moment.to_string())
        .env(URL, &provider.url)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// Lets the old phone hand over as soon as the code is there; whether the new phone came to its end by itself.
async fn accompany(child: &mut Child, old: &Wallet, folder: &Path, at_most: Duration) -> bool {
    let begun = std::time::Instant::now();
    let mut given = false;
    loop {
        if let Some(ended) = child.try_wait().unwrap() {
            return ended.success();
        }
        if begun.elapsed() >= at_most {
            child.kill().unwrap();
            child.wait().unwrap();
            return false;
        }
        if !given && folder.join("code").exists() {
            give(old, folder).await;
            given = true;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// After a crash: every key belongs to something, the chain is whole, and the move comes to its end with everything there.
async fn comes_to_its_end(old: &Wallet, folder: &Path, provider: &Provider, moment: &str) -> Wallet {
    let quiet = Tripwire::new(-1);
    let reopened = wallet(folder, &quiet);
    reopened.verify_history().unwrap_or_else(|error| panic!("{moment}: {error}"));
    let owned = usize::from(reopened.account().remembered().is_ok()) + reopened.credentials().unwrap().len();
    assert_eq!(keys(folder, &quiet).ids().len(), owned, "{moment}");
    let before = old.history(None, 1_000).unwrap().len();

    if reopened.account().remembered().map(|view| view.state).ok() != Some(AccountState::Active) {
        // What was claimed by a phone that did not live to note it is answered again.
        let handed_over = matches!(old.history(None, 1).unwrap()[0].event, Event::HandedOver { .. });
        let shown = reopened.account().receive(provider, "phone", now()).await.unwrap();
        std::fs::write(folder.join("code"), shown.text).unwrap();
        if !handed_over {
            give(old, folder).await;
        }
    }
    receive(&reopened, folder, provider).await.unwrap_or_else(|error| panic!("{moment}: {error}"));
    assert_eq!(reopened.account().remembered().unwrap().level, Level::Two, "{moment}");
    assert_eq!((reopened.credentials().unwrap().len(), keys(folder, &quiet).ids().len()), (1, 2), "{moment}");
    let history = reopened.history(None, 1_000).unwrap();
    let opened = history.iter().filter(|entry| entry.event == Event::AccountOpened).count();
    assert_eq!(opened, 1, "{moment}: the history came once");
    assert!(history.len() > before, "{moment}: the history came whole");
    reopened.verify_history().unwrap();
    assert_eq!(old.account().show(now()).await.unwrap_err(), AccountError::Replaced.into(), "{moment}");
    reopened.account().set_pin(&pin(), now()).await.unwrap();
    reopened
}

/// One world, in which each phone hands over to the next; each next one is killed at another moment.
#[tokio::test(flavor = "multi_thread")]
async fn the_account_arrives_whole_though_the_new_phone_is_killed_at_any_moment() {
    let world = World::insured().await;
    let provider = provider(&world.sandbox);
    world.wallet.account().set_pin(&pin(), now()).await.unwrap();
    let long = Duration::from_mins(1);
    let (mut moment, mut later) = (0, None::<Wallet>);
    loop {
        let old = later.as_ref().unwrap_or(&world.wallet);
        let folder = world.folder.path().join(format!("phone-{moment}"));
        let mut child = spawn(&folder, &provider, moment);
        let ended = accompany(&mut child, old, &folder, long).await;
        later = Some(comes_to_its_end(old, &folder, &provider, &format!("port moment {moment}")).await);
        if ended {
            break;
        }
        moment += 1;
    }
    assert!(moment >= 10, "{moment}");
    for round in 0..10 {
        let old = later.as_ref().unwrap_or(&world.wallet);
        let folder = world.folder.path().join(format!("timed-{round}"));
        let mut child = spawn(&folder, &provider, -1);
        accompany(&mut child, old, &folder, Duration::from_millis(40 * round)).await;
        later = Some(comes_to_its_end(old, &folder, &provider, &format!("round {round}")).await);
    }
}

/// The same full phone, killed at each moment of being emptied.
#[tokio::test(flavor = "multi_thread")]
async fn the_old_phone_is_emptied_though_it_is_killed_at_any_moment() {
    let world = World::insured().await;
    let provider = provider(&world.sandbox);
    let quiet = Tripwire::new(-1);
    world.wallet.account().set_pin(&pin(), now()).await.unwrap();
    let full = world.folder.path().join("full");
    let old = wallet(&full, &quiet);
    old.account()
        .receive(&provider, "phone", now())
        .await
        .map(|shown| std::fs::write(full.join("code"), shown.text))
        .unwrap()
        .unwrap();
    give(&world.wallet, &full).await;
    receive(&old, &full, &provider).await.unwrap();
    old.account().set_pin(&pin(), now()).await.unwrap();
    let next = world.folder.path().join("next");
    let new = wallet(&next, &quiet);
    new.account()
        .receive(&provider, "phone", now())
        .await
        .map(|shown| std::fs::write(next.join("code"), shown.text))
        .unwrap()
        .unwrap();
    give(&old, &next).await;
    receive(&new, &next, &provider).await.unwrap();
    drop(old);
    std::fs::write(full.join("old"), b"").unwrap();

    let mut moment = 0;
    loop {
        let folder = world.folder.path().join(format!("old-{moment}"));
        copy_folder(&full, &folder);
        let ended = spawn(&folder, &provider, moment).wait().unwrap().success();
        let reopened = wallet(&folder, &quiet);
        reopened.verify_history().unwrap();
        let kept = keys(&folder, &quiet).ids().len();
        // Either it has not begun, or all of it is done.
        let replaced = reopened.account().remembered().unwrap().state == AccountState::Replaced;
        let credentials = reopened.credentials().unwrap().len();
        assert_eq!((kept, credentials), if replaced { (0, 0) } else { (2, 1) }, "moment {moment}");
        assert_eq!(reopened.account().show(now()).await.unwrap_err(), AccountError::Replaced.into());
        assert!(keys(&folder, &quiet).ids().is_empty(), "moment {moment}");
        let told = reopened.history(None, 100).unwrap();
        assert_eq!(
            told.iter().filter(|entry| entry.event == Event::PhoneReplaced).count(),
            1,
            "moment {moment}"
        );
        if ended {
            break;
        }
        moment += 1;
    }
    assert!(moment >= 6, "{moment}");
}
