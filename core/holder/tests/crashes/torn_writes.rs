//! The process is killed inside the store's own writing: before each write of the database and its log, with half of it written,
//! and around each sync, truncation and deletion; while a person enrols and obtains credentials, while an account moves to a phone,
//! while the old one hands it over, and while the phone that it left is emptied. Whatever the moment, the next opening finds nothing
//! half, and the person can go on.
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use holder::{AccountError, Provider, Wallet};

use crate::doubles::disk::copy_folder;
use crate::doubles::moving::{
    arrives, give, is_emptied, is_given, old_phone, old_phone_in_files, receive, replaced_phone,
};
use crate::doubles::provider::{Running, at, enrol, now, provider};
use crate::doubles::reopened::{enrols, holds, reopened, reopened_of_two, wallet};
use crate::doubles::{Phone, torn};

const FOLDER: &str = "SEN_TEST_TORN_FOLDER";
const MOMENT: &str = "SEN_TEST_TORN_MOMENT";
const URL: &str = "SEN_TEST_TORN_URL";

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
    } else if folder.join("gives").exists() {
        give(&wallet, &folder).await;
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
        .args(["--exact", "torn_writes::child", "--ignored", "--test-threads=1"])
        .env(FOLDER, folder)
        .env(MOMENT, moment.to_string())
        .env(URL, &running.server.url)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
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
        enrols(&wallet, phone.folder(), &running, &name).await;
        if ended.success() {
            break;
        }
        moment += 1;
    }
    println!("killed at {moment} moments inside writes of enrolment and issuance");
    assert!(moment > 100, "{moment}");
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
    let running = provider().await;
    let (_phone, old) = old_phone(&running).await;
    let before = running.state().phones.clone();
    let mut moment = 0;
    loop {
        let name = format!("write moment {moment}");
        let new = Phone::new();
        let folder = new.folder();
        std::fs::write(folder.join("new"), b"").unwrap();
        let ended = accompany(spawn(folder, &running, moment), &old, folder).await;
        let wallet = reopened(folder, &name);
        arrives(&wallet, folder, &old, &running, &before, &name).await;
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
async fn a_phone_that_hands_over_says_so_though_it_is_killed_inside_any_write() {
    let running = provider().await;
    let full = old_phone_in_files(&running).await;
    std::fs::write(full.folder().join("gives"), b"").unwrap();
    let before = running.state().phones.clone();
    let mut moment = 0;
    loop {
        let name = format!("write moment {moment}");
        let (phone, new_phone) = (Phone::new(), Phone::new());
        let folder = phone.folder();
        copy_folder(full.folder(), folder);
        let new = new_phone.wallet();
        let shown = new.account().receive(&at(&running), "new phone", now()).await.unwrap();
        std::fs::write(folder.join("code"), shown.text).unwrap();
        let ended = spawn(folder, &running, moment).wait().unwrap().success();
        let wallet = reopened_of_two(folder, &name);
        is_given(&wallet, &new, folder, &name).await;
        running.state().phones = before.clone();
        if ended {
            break;
        }
        moment += 1;
    }
    println!("killed at {moment} moments inside writes of handing over");
    assert!(moment > 20, "{moment}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_phone_that_was_left_is_emptied_though_it_is_killed_inside_any_write() {
    let running = provider().await;
    let full = replaced_phone(&running).await;
    std::fs::write(full.folder().join("left"), b"").unwrap();

    let mut moment = 0;
    loop {
        let name = format!("write moment {moment}");
        let phone = Phone::new();
        let folder = phone.folder();
        copy_folder(full.folder(), folder);
        let before = running.state().phones.clone();
        let ended = spawn(folder, &running, moment).wait().unwrap().success();
        let wallet = reopened_of_two(folder, &name);
        is_emptied(&wallet, folder, &name).await;
        running.state().phones = before;
        if ended {
            break;
        }
        moment += 1;
    }
    println!("killed at {moment} moments inside writes of emptying a phone");
    assert!(moment > 20, "{moment}");
}
