//! Wallets that older programs wrote, opened by this one. `older_stores/N` is what a program of store version `N` left: an account, two
//! credentials and their keys, one shown, from version 2 on documents of an issuer, from version 3 on one that is awaited.
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use holder::{
    AccountState, CredentialName, DocumentFormat, Event, Issuers, Level, Silent, StoreError, Wanted,
};
use rusqlite::Connection;
use trust::time::Timestamp;

use crate::doubles::Phone;
use crate::doubles::disk::copy_folder;
use crate::doubles::document_issuer::RunningIssuer;
use crate::doubles::lossy_disk::{LossyDisk, lay_out};
use crate::doubles::provider::{SERVER_TIME, applicant, at, now, provider};
use crate::doubles::reopened::{holds, keys, try_wallet, wallet, wallet_on};

/// The tables of each version.
const TABLES: [&[&str]; 3] = [
    &["account", "credential", "history", "pending_key", "setting"],
    &["account", "credential", "document", "history", "issuance_grant", "pending_key", "setting"],
    &["account", "awaited", "credential", "document", "history", "issuance_grant", "pending_key", "setting"],
];

/// A phone that has a wallet of this version.
fn phone_of(version: usize) -> Phone {
    let phone = Phone::new();
    let older = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/older_stores/{version}"));
    copy_folder(&older, phone.folder());
    phone
}

fn file(folder: &Path) -> Connection {
    Connection::open(folder.join("wallet.db")).unwrap()
}

fn version_of(file: &Connection) -> usize {
    let version: i64 = file.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap();
    version.try_into().unwrap()
}

fn set_version(file: &Connection, version: usize) {
    file.pragma_update(None, "user_version", i64::try_from(version).unwrap()).unwrap();
}

/// All that the wallet held when it was of this version.
fn keeps_all(folder: &Path, version: usize, name: &str) {
    let keys_before = keys(folder).ids();
    let wallet = wallet(folder);
    let account = wallet.account().remembered().unwrap();
    assert_eq!((account.account.as_str(), account.level), ("acc_1", Level::One), "{name}");
    assert_eq!(account.state, AccountState::Active, "{name}");
    let mut held = Vec::new();
    for one in wallet.credentials().unwrap() {
        assert_eq!(one.issuer, "Ministry of the Test", "{name}");
        assert_eq!(one.expires_at, Timestamp::from_unix(SERVER_TIME + 7200), "{name}");
        held.push(one.vct);
    }
    held.sort();
    assert_eq!(held, ["urn:vn:citizen:1", "urn:vn:health-insurance:1"], "{name}");

    let documents = wallet.documents().unwrap();
    assert_eq!(documents.len(), usize::from(version >= 2), "{name}");
    for document in documents {
        assert_eq!(document.format, DocumentFormat::SdJwt, "{name}");
        assert_eq!((document.copies, document.unshown, document.refreshable), (2, 2, true), "{name}");
        // It is older than keys that approve.
        assert!(!document.can_approve, "{name}");
    }
    assert_eq!(wallet.awaited().unwrap().len(), usize::from(version == 3), "{name}");

    let entries = wallet.verify_history().unwrap_or_else(|error| panic!("{name}: {error}"));
    let history = wallet.history(None, 100).unwrap();
    assert_eq!(entries, u64::try_from(history.len()).unwrap(), "{name}");
    assert_eq!(history.last().unwrap().event, Event::AccountOpened, "{name}");
    let shown = history.iter().filter(|entry| matches!(entry.event, Event::Presented { .. })).count();
    let obtained = history.iter().filter(|entry| matches!(entry.event, Event::CredentialObtained { .. }));
    assert_eq!((shown, obtained.count()), (1, if version < 2 { 2 } else { 3 }), "{name}");

    // Every key is there and signs.
    assert_eq!(keys(folder).ids(), keys_before, "{name}");
    holds(&wallet, 2, name);
    assert_eq!(wallet.verify_history(), Ok(entries + 1), "{name}");
}

/// Not a test: makes a wallet for `older_stores`. Before a new version is added, it is run for the one that was the newest:
/// `SEN_OLDER_STORE=DIR SEN_OLDER_VERSION=3 cargo test -p sen-holder --test crashes make -- --ignored`.
#[tokio::test]
#[ignore = "makes what the tests read"]
async fn make() {
    let folder = PathBuf::from(std::env::var("SEN_OLDER_STORE").unwrap());
    let version: usize = std::env::var("SEN_OLDER_VERSION").unwrap().parse().unwrap();
    std::fs::create_dir_all(&folder).unwrap();
    let running = provider().await;
    let wallet = wallet(&folder);
    let account = wallet.account();
    account.open(&at(&running), &applicant(), now()).await.unwrap();
    account.activate("123456", now()).await.unwrap();
    for name in [CredentialName::Citizen, CredentialName::HealthInsurance] {
        account.obtain_credential(Wanted::Named(name, None), None, &Silent, now()).await.unwrap();
    }
    holds(&wallet, 2, "new");
    for put_off in 0..version - 1 {
        let issuer = RunningIssuer::start().await;
        {
            let mut state = issuer.state();
            (state.bound, state.batch, state.refresh, state.sd_jwt) = (true, Some(2), true, true);
            state.put_off = u32::try_from(put_off).unwrap();
        }
        let issuers = Issuers { roots_pem: &issuer.server.roots_pem, anchors_pem: Some(&issuer.anchors_pem) };
        wallet.obtain_documents(&issuer.offer(), issuers, None, &Silent, now()).await.unwrap();
    }
    drop(wallet);
    let before = ["DROP TABLE document; DROP TABLE issuance_grant;", "DROP TABLE awaited;"];
    for statement in &before[version.min(before.len() + 1) - 1..] {
        file(&folder).execute_batch(statement).unwrap();
    }
    set_version(&file(&folder), version);
    file(&folder).execute_batch("VACUUM").unwrap();
}

#[test]
fn a_wallet_of_each_older_version_keeps_all_that_it_held() {
    for version in 1..=TABLES.len() {
        let phone = phone_of(version);
        assert_eq!(version_of(&file(phone.folder())), version);
        keeps_all(phone.folder(), version, &format!("version {version}"));
        assert_eq!(version_of(&file(phone.folder())), TABLES.len());
    }
}

#[test]
fn there_is_a_wallet_of_each_version() {
    let phone = Phone::new();
    drop(wallet(phone.folder()));
    assert_eq!(
        version_of(&file(phone.folder())),
        TABLES.len(),
        "a new version: add a wallet of the one before"
    );
}

#[test]
fn a_wallet_of_a_later_version_is_refused_and_left_as_it_was() {
    for journal in ["WAL", "DELETE"] {
        let phone = phone_of(TABLES.len());
        {
            let file = file(phone.folder());
            set_version(&file, TABLES.len() + 1);
            file.pragma_update(None, "journal_mode", journal).unwrap();
        }
        let all = |folder: &Path| {
            let names = keys(folder).ids().into_iter().map(|id| PathBuf::from("keys").join(id));
            let names = names.chain(["wallet.db", "secret"].map(PathBuf::from));
            names.map(|name| std::fs::read(folder.join(name)).unwrap()).collect::<Vec<_>>()
        };
        let before = all(phone.folder());
        assert_eq!(try_wallet(phone.folder()).err(), Some(StoreError::TooNew.into()), "{journal}");
        assert!(all(phone.folder()) == before, "{journal}");
    }
}

/// The power goes in the middle, which leaves all that a killed process leaves, too.
#[test]
fn a_migration_that_is_cut_anywhere_comes_to_its_end_at_the_next_opening() {
    for version in 1..TABLES.len() {
        let phone = phone_of(version);
        let disk = LossyDisk::<()>::under(phone.folder());
        drop(wallet_on(&disk, phone.folder()));
        let (mut moments, mut met) = (disk.moments(), BTreeSet::new());
        while let Some(moment) = moments.go_on() {
            for (outcome, files) in moment.outcomes() {
                let name = format!("version {version}, power cut at {}, {outcome}", moment.number);
                let left = Phone::new();
                lay_out(&files, left.folder());
                {
                    let file = file(left.folder());
                    let mut tables = file
                        .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")
                        .unwrap();
                    let tables: Vec<String> =
                        tables.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
                    let reached = version_of(&file);
                    assert_eq!(tables, TABLES[reached - 1], "{name}");
                    met.insert(reached);
                }
                keeps_all(left.folder(), version, &name);
            }
        }
        assert_eq!(met, (version..=TABLES.len()).collect(), "each version on the way was met");
    }
}
