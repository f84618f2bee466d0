//! The power goes, and with it what was not synced: all of it, none, or any part, with names and halves of writes. Whatever the moment
//! of enrolment and issuance, of a move to this phone, and of the emptying of a phone that was left, the next opening finds nothing
//! half and all that anybody was told, and the person can go on.
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use holder::{AccountError, AccountState, CredentialName, Silent, Wallet, Wanted};

use crate::doubles::Phone;
use crate::doubles::disk::private_file;
use crate::doubles::lossy_disk::{LossyDisk, Moment, lay_out};
use crate::doubles::moving::{arrives, give, is_emptied, old_phone, receive, replaced_phone};
use crate::doubles::provider::{Remembered, Running, applicant, at, now, provider_seen_by};
use crate::doubles::reopened::{enrols, reopened, reopened_of_two, state, wallet_on};

/// What somebody was told and counts on.
enum Told {
    /// The person saw so many entries of the history, the account's state and the credentials' types.
    Person { entries: u64, state: Option<AccountState>, held: BTreeSet<String> },
    /// The provider answered a request, and remembers this.
    Provider(Box<Remembered>),
}

type Disk = LossyDisk<Told>;

/// A provider that takes down on the disk what it remembers after each request, once there is a disk.
async fn provider_with(disk: &Arc<Mutex<Option<Arc<Disk>>>>) -> Running {
    let disk = disk.clone();
    provider_seen_by(move |state| {
        if let Some(disk) = &*disk.lock().unwrap() {
            disk.told(Told::Provider(Box::new(state.remembered())));
        }
    })
    .await
}

fn held(wallet: &Wallet) -> BTreeSet<String> {
    wallet.credentials().unwrap().into_iter().map(|held| held.vct).collect()
}

/// The person looks at the wallet.
fn look(disk: &Disk, wallet: &Wallet) {
    let entries = wallet.verify_history().unwrap();
    disk.told(Told::Person { entries, state: state(wallet), held: held(wallet) });
}

/// What the person saw before the power went is there, or what came after it.
fn keeps_what_was_told(wallet: &Wallet, moment: &Moment<Told>, name: &str) {
    let seen = moment.told.iter().rev().find_map(|told| match told {
        Told::Person { entries, state, held } => Some((*entries, *state, held)),
        Told::Provider(_) => None,
    });
    let Some((entries, state_then, held_then)) = seen else { return };
    assert!(wallet.verify_history().unwrap() >= entries, "{name}");
    assert!(held(wallet).is_superset(held_then), "{name}");
    if matches!(state_then, Some(AccountState::Active | AccountState::Replaced)) {
        assert_eq!(state(wallet), state_then, "{name}");
    }
}

/// The provider is as it was at that moment, as far as it noticed anything by then.
fn set_back(running: &Running, moment: &Moment<Told>, before: &Remembered) {
    let then = moment.told.iter().rev().find_map(|told| match told {
        Told::Provider(then) => Some(&**then),
        Told::Person { .. } => None,
    });
    running.state().set_back_to(then.unwrap_or(before));
}

/// Cuts the power at each moment in each way, opens what is left and looks it over; gives the number of cuts. To go on takes longer than
/// to look: one outcome of each moment does, another one each time, with the provider as it was then.
async fn cut(
    disk: &Disk,
    running: &Running,
    before: &Remembered,
    open: fn(&Path, &str) -> Wallet,
    mut go_on: impl AsyncFnMut(&Wallet, &Path, &str),
) -> usize {
    let (mut moments, mut cuts) = (disk.moments(), 0);
    while let Some(moment) = moments.go_on() {
        let outcomes = moment.outcomes();
        let goes_on = moment.number % outcomes.len();
        for (at, (outcome, files)) in outcomes.into_iter().enumerate() {
            let (phone, name) = (Phone::new(), format!("power cut at {}, {outcome}", moment.number));
            lay_out(&files, phone.folder());
            let wallet = open(phone.folder(), &name);
            keeps_what_was_told(&wallet, moment, &name);
            if at == goes_on {
                set_back(running, moment, before);
                go_on(&wallet, phone.folder(), &name).await;
            }
            cuts += 1;
        }
    }
    cuts
}

#[tokio::test(flavor = "multi_thread")]
async fn enrolment_and_issuance_lose_nothing_when_the_power_goes() {
    let phone = Phone::new();
    let disk = Disk::under(phone.folder());
    let running = provider_with(&Arc::new(Mutex::new(Some(disk.clone())))).await;
    {
        let wallet = wallet_on(&disk, phone.folder());
        let account = wallet.account();
        account.open(&at(&running), &applicant(), now()).await.unwrap();
        look(&disk, &wallet);
        account.activate("123456", now()).await.unwrap();
        look(&disk, &wallet);
        for name in [CredentialName::Citizen, CredentialName::HealthInsurance, CredentialName::Citizen] {
            account.obtain_credential(Wanted::Named(name, None), None, &Silent, now()).await.unwrap();
            look(&disk, &wallet);
        }
    }
    let go_on =
        async |wallet: &Wallet, folder: &Path, name: &str| enrols(wallet, folder, &running, name).await;
    let cuts = cut(&disk, &running, &Remembered::default(), reopened, go_on).await;
    println!("{cuts} power cuts during enrolment and issuance");
    assert!(cuts > 300, "{cuts}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_arrives_whole_when_the_power_of_the_new_phone_goes() {
    let seen_by = Arc::default();
    let running = provider_with(&seen_by).await;
    let (_phone, old) = old_phone(&running).await;
    let before = running.state().remembered();
    let new = Phone::new();
    let disk = Disk::under(new.folder());
    *seen_by.lock().unwrap() = Some(disk.clone());
    {
        let wallet = wallet_on(&disk, new.folder());
        let gives = async {
            while !new.folder().join("code").exists() {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
            give(&old, new.folder()).await;
        };
        let provider = at(&running);
        let (received, ()) = tokio::join!(receive(&wallet, new.folder(), &provider), gives);
        received.unwrap();
        look(&disk, &wallet);
    }
    let go_on = async |wallet: &Wallet, folder: &Path, name: &str| {
        arrives(wallet, folder, &old, &running, &before.phones, name).await;
    };
    let cuts = cut(&disk, &running, &before, reopened, go_on).await;
    println!("{cuts} power cuts during a move");
    assert!(cuts > 300, "{cuts}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_phone_that_was_left_is_emptied_though_its_power_goes() {
    let running = provider_with(&Arc::default()).await;
    let left = replaced_phone(&running).await;
    let before = running.state().remembered();
    let disk = Disk::under(left.folder());
    {
        let wallet = wallet_on(&disk, left.folder());
        assert_eq!(wallet.account().show(now()).await.unwrap_err(), AccountError::Replaced.into());
        look(&disk, &wallet);
    }
    let cuts = cut(&disk, &running, &before, reopened_of_two, is_emptied).await;
    println!("{cuts} power cuts while a phone is emptied");
    assert!(cuts > 100, "{cuts}");
}

/// What `sen` does with its key files and its secret's file.
#[test]
fn a_private_file_is_the_one_before_or_the_one_after_and_stays() {
    type Content = Option<&'static [u8]>;
    let phone = Phone::new();
    let disk = LossyDisk::<(Content, bool)>::under(phone.folder());
    let file = phone.folder().join("secret");
    for content in [Some(&b"first"[..]), Some(b"second, longer"), None, Some(b"third"), None] {
        disk.told((content, false));
        match content {
            Some(bytes) => private_file::write(&*disk, &file, bytes).unwrap(),
            None => private_file::remove(&*disk, &file).unwrap(),
        }
        disk.told((content, true));
    }
    let mut moments = disk.moments();
    let mut cuts = 0;
    while let Some(moment) = moments.go_on() {
        let done = moment.told.iter().rev().find(|(_, done)| *done).and_then(|(content, _)| *content);
        let begun = moment.told.last().and_then(|(content, _)| *content);
        for (outcome, files) in moment.outcomes() {
            let found = files.get(Path::new("secret")).map(Vec::as_slice);
            assert!(found == done || found == begun, "power cut at {}, {outcome}: {found:?}", moment.number);
            cuts += 1;
        }
    }
    assert!(cuts > 50, "{cuts}");
}
