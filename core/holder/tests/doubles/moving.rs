//! An account on its way from an old phone to a new one whose folder both can see.

use std::path::Path;
use std::time::Duration;

use holder::{AccountError, AccountState, Error, Event, Level, Pin, Provider, Silent, Wallet};

use super::Phone;
use super::phones::Phones;
use super::provider::{Running, at, enrol, now};
use super::reopened::{holds, keys, state, wallet};

fn pin() -> Pin {
    Pin::parse("159357").unwrap()
}

/// An old phone with two credentials and a PIN.
pub async fn old_phone(running: &Running) -> (Phone, Wallet) {
    let phone = Phone::new();
    let wallet = phone.wallet();
    enrol(&wallet, &at(running)).await.unwrap();
    wallet.account().set_pin(&pin(), now()).await.unwrap();
    (phone, wallet)
}

/// The same in files.
pub async fn old_phone_in_files(running: &Running) -> Phone {
    let phone = Phone::new();
    let old = wallet(phone.folder());
    enrol(&old, &at(running)).await.unwrap();
    old.account().set_pin(&pin(), now()).await.unwrap();
    phone
}

/// The old phone was cut off at that moment: the new one claims what the provider took, else it is handed over again. The old phone's
/// history has it either way.
pub async fn is_given(old: &Wallet, new: &Wallet, folder: &Path, moment: &str) {
    let received = match new.account().claim(now()).await {
        Err(Error::Account(AccountError::NotHandedOver)) => {
            give(old, folder).await;
            new.account().claim(now()).await
        }
        claimed => claimed,
    };
    assert!(received.unwrap_or_else(|error| panic!("{moment}: {error}")).opened, "{moment}");
    is_emptied(old, folder, moment).await;
    let told = old.history(None, 2).unwrap();
    assert!(matches!(&told[1].event, Event::HandedOver { to } if to == "new phone"), "{moment}: {told:?}");
}

/// A new phone's part, from whatever point on: shows its code in a file, claims, and obtains what the old phone held.
pub async fn receive(wallet: &Wallet, folder: &Path, provider: &Provider) -> Result<(), Error> {
    let account = wallet.account();
    while state(wallet) != Some(AccountState::Active) {
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

/// The old phone hands over to whoever shows the code in that folder.
pub async fn give(old: &Wallet, folder: &Path) {
    let code = std::fs::read_to_string(folder.join("code")).unwrap();
    let new = old.account().read_new_phone(&code, now()).unwrap();
    old.account().hand_over(&new, &pin(), now()).await.unwrap();
    std::fs::write(folder.join("given"), b"").unwrap();
}

/// The new phone was cut off at that moment: both go on, and everything comes over once.
pub async fn arrives(
    wallet: &Wallet,
    folder: &Path,
    old: &Wallet,
    running: &Running,
    before: &Phones,
    moment: &str,
) {
    if state(wallet) != Some(AccountState::Active) {
        // What was claimed by a phone that did not live to note it is answered again.
        let claimed = running.state().phones.is_replaced(before.in_use());
        let shown = wallet.account().receive(&at(running), "new phone", now()).await.unwrap();
        std::fs::write(folder.join("code"), shown.text).unwrap();
        if claimed {
            std::fs::write(folder.join("given"), b"").unwrap();
        } else {
            give(old, folder).await;
        }
    }
    receive(wallet, folder, &at(running)).await.unwrap_or_else(|error| panic!("{moment}: {error}"));
    holds(wallet, 2, moment);
    assert_eq!(keys(folder).ids().len(), 3, "{moment}");
    let events: Vec<Event> =
        wallet.history(None, 1_000).unwrap().into_iter().map(|entry| entry.event).collect();
    for once in [Event::AccountOpened, Event::PhoneTaken] {
        assert_eq!(events.iter().filter(|event| **event == once).count(), 1, "{moment}: {once:?}");
    }
    assert_eq!(wallet.account().show(now()).await.unwrap().level, Level::Two, "{moment}");
    assert!(running.state().phones.is_replaced(before.in_use()), "{moment}");
    wallet.verify_history().unwrap();
}

/// A phone in files that another one has taken the place of, and that was not told so yet.
pub async fn replaced_phone(running: &Running) -> Phone {
    let (_old, old) = old_phone(running).await;
    let phone = Phone::new();
    let left = wallet(phone.folder());
    let shown = left.account().receive(&at(running), "new phone", now()).await.unwrap();
    std::fs::write(phone.folder().join("code"), shown.text).unwrap();
    give(&old, phone.folder()).await;
    receive(&left, phone.folder(), &at(running)).await.unwrap();
    left.account().show(now()).await.unwrap();
    running.state().phones.replace();
    phone
}

/// The phone hears of its replacement, whatever came before, and is empty from then on.
pub async fn is_emptied(wallet: &Wallet, folder: &Path, moment: &str) {
    assert_eq!(wallet.account().show(now()).await.unwrap_err(), AccountError::Replaced.into(), "{moment}");
    assert_eq!((wallet.credentials().unwrap().len(), keys(folder).ids().len()), (0, 0), "{moment}");
    let told = wallet.history(None, 1_000).unwrap();
    let told = told.iter().filter(|entry| entry.event == Event::PhoneReplaced).count();
    assert_eq!(told, 1, "{moment}");
}
