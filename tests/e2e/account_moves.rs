//! The account moves between phones, each with a wallet of its own: by the card without the old phone, and from phone to phone.
use card::{AccessKey, Can, Unwatched};
use holder::{
    AccountError, AccountState, CardAtHand, CredentialName, DeviceState, Error, Event, FaceCapture, Kind,
    Level, PendingKind, Pin, Renewed, Silent, Wallet,
};
use serde_json::json;
use trust::time::Timestamp;

use crate::doubles::{CAN, NUMBER, World, citizen, now, open_phone, post, provider, show};

fn pin() -> Pin {
    Pin::parse("159357").unwrap()
}

async fn set_wait(world: &World, seconds: i64) {
    post(&world.sandbox, "/sandbox/recovery-wait", &json!({"seconds": seconds})).await.unwrap();
}

/// A new phone with the card, and the face that the face service will find as the world has set it.
async fn move_by_card(world: &World, new: &Wallet) -> Result<Timestamp, Error> {
    let access = AccessKey::Can(Can::parse(CAN).unwrap());
    let mut chip = world.chip();
    let card = CardAtHand { transport: &mut chip, access: &access, progress: &Unwatched };
    let (at, who) = (provider(&world.sandbox), citizen("new phone"));
    new.account().move_here(&at, &who, card, FaceCapture(b"a picture"), &Silent, now()).await
}

fn last(wallet: &Wallet) -> Event {
    wallet.history(None, 1).unwrap().remove(0).event
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_phone_waits_takes_over_and_the_old_one_is_emptied_and_says_so() {
    let world = World::insured().await;
    set_wait(&world, 3600).await;
    let (new, _) = open_phone(world.folder.path(), "new");
    let effective_at = move_by_card(&world, &new).await.unwrap();
    assert!((3500..=3600).contains(&effective_at.seconds_since(now())));
    let early = new.account().show(now()).await.unwrap_err();
    assert_eq!(early.code(), "account.device_waiting");
    let waiting = new.account().remembered().unwrap();
    assert_eq!((waiting.state, waiting.level), (AccountState::Waiting, Level::None));
    assert!((-2..=2).contains(&(waiting.pending.unwrap().effective_at - effective_at.as_unix())));

    let seen = world.wallet.account().show(now()).await.unwrap();
    let pending = seen.pending.unwrap();
    assert_eq!((pending.kind, pending.name.as_str()), (PendingKind::Device, "new phone"));
    assert_eq!(seen.devices[0].state, DeviceState::Active);

    post(&world.sandbox, "/sandbox/counter", &json!({"number": NUMBER})).await.unwrap();
    let shown = new.account().show(now()).await.unwrap();
    assert_eq!((shown.state, shown.level), (AccountState::Active, Level::Two));
    assert_eq!(last(&new), Event::PhoneTaken);

    assert_eq!(world.keys.count(), 2);
    let told = world.wallet.account().show(now()).await.unwrap_err();
    assert_eq!((told.clone(), told.kind()), (AccountError::Replaced.into(), Kind::DeviceKeyLost));
    assert_eq!((world.keys.count(), world.wallet.credentials().unwrap().len()), (0, 0));
    assert_eq!(last(&world.wallet), Event::PhoneReplaced);
    let left = world.wallet.account().remembered().unwrap();
    assert_eq!((left.state, left.level), (AccountState::Replaced, Level::None));
    world.wallet.verify_history().unwrap();
    // Asked again it says the same, now by itself.
    assert_eq!(world.wallet.account().lock(now()).await.unwrap_err(), AccountError::Replaced.into());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_old_phone_cancels_and_the_new_one_learns_it() {
    let world = World::insured().await;
    set_wait(&world, 3600).await;
    let (new, keys) = open_phone(world.folder.path(), "new");
    move_by_card(&world, &new).await.unwrap();
    world.wallet.account().cancel_pending(now()).await.unwrap();
    assert_eq!(last(&world.wallet), Event::PendingCancelled);
    assert_eq!(new.account().show(now()).await.unwrap_err(), AccountError::Cancelled.into());
    assert_eq!(keys.count(), 0);
    assert_eq!(new.account().remembered().unwrap().state, AccountState::Cancelled);
    let nothing = world.wallet.account().cancel_pending(now()).await.unwrap_err();
    assert_eq!(nothing.code(), "account.nothing_pending");
    // Another try begins anew.
    move_by_card(&world, &new).await.unwrap();
    assert_eq!((new.account().remembered().unwrap().state, keys.count()), (AccountState::Waiting, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_phone_does_not_begin_to_wait_without_the_face_and_keeps_one_key() {
    let world = World::insured().await;
    let (new, keys) = open_phone(world.folder.path(), "new");
    post(&world.sandbox, "/sandbox/face-outcome", &json!({"number": NUMBER, "matches": false}))
        .await
        .unwrap();
    for _ in 0..2 {
        let refused = move_by_card(&world, &new).await.unwrap_err();
        assert_eq!(refused.code(), "account.face_not_matched");
        assert_eq!((new.account().remembered().unwrap().state, keys.count()), (AccountState::Proving, 1));
    }
    assert_eq!(world.wallet.account().show(now()).await.unwrap().pending, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_move_that_is_begun_again_while_it_waits_ends_on_the_same_key() {
    let world = World::insured().await;
    set_wait(&world, 3600).await;
    let (new, keys) = open_phone(world.folder.path(), "new");
    move_by_card(&world, &new).await.unwrap();
    assert_eq!(move_by_card(&world, &new).await.unwrap_err().code(), "account.device_waiting");
    let at = provider(&world.sandbox);
    let refused = new.account().receive(&at, "new phone", now()).await.unwrap_err();
    assert_eq!((refused.code(), keys.count()), ("account.device_waiting", 1));
    post(&world.sandbox, "/sandbox/counter", &json!({"number": NUMBER})).await.unwrap();
    assert_eq!(new.account().show(now()).await.unwrap().level, Level::Two);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_that_lost_its_keys_gets_its_account_back_with_the_card() {
    let world = World::insured().await;
    set_wait(&world, 0).await;
    world.keys.lose_all();
    let lost = world.wallet.account().show(now()).await.unwrap_err();
    assert_eq!((lost.code(), lost.kind()), ("key.lost", Kind::DeviceKeyLost));
    assert_eq!(world.wallet.account().remembered().unwrap().state, AccountState::KeyLost);
    let before = world.wallet.verify_history().unwrap();
    move_by_card(&world, &world.wallet).await.unwrap();
    assert_eq!(world.wallet.account().show(now()).await.unwrap().level, Level::Two);
    assert_eq!((last(&world.wallet), world.wallet.verify_history()), (Event::PhoneTaken, Ok(before + 1)));
    world.obtain(CredentialName::HealthInsurance).await.unwrap();
    assert_eq!((world.wallet.credentials().unwrap().len(), world.keys.count()), (1, 2));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_that_waits_for_an_account_which_ends_is_told() {
    let world = World::insured().await;
    set_wait(&world, 3600).await;
    let (new, keys) = open_phone(world.folder.path(), "new");
    move_by_card(&world, &new).await.unwrap();
    world.wallet.account().close(now()).await.unwrap();
    assert_eq!(new.account().show(now()).await.unwrap_err(), AccountError::Cancelled.into());
    assert_eq!((new.account().remembered().unwrap().state, keys.count()), (AccountState::Cancelled, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_with_an_account_takes_no_other() {
    let world = World::insured().await;
    let refused = move_by_card(&world, &world.wallet).await.unwrap_err();
    assert_eq!(refused, AccountError::AlreadyActive.into());
    let at = provider(&world.sandbox);
    let refused = world.wallet.account().receive(&at, "phone", now()).await.unwrap_err();
    assert_eq!(refused, AccountError::AlreadyActive.into());
}

#[tokio::test(flavor = "multi_thread")]
async fn hands_over_from_phone_to_phone_with_history_and_credentials() {
    let world = World::insured().await;
    let (old, at) = (world.wallet.account(), provider(&world.sandbox));
    old.set_pin(&pin(), now()).await.unwrap();
    show(&world.wallet, now());
    let (new, keys) = open_phone(world.folder.path(), "new");
    let shown = new.account().receive(&at, "new phone", now()).await.unwrap();
    assert_eq!(new.account().receive(&at, "new phone", now()).await.unwrap().text, shown.text);
    assert_eq!(new.account().claim(now()).await.unwrap_err(), AccountError::NotHandedOver.into());

    let read = old.read_new_phone(&shown.text, now()).unwrap();
    assert_eq!((read.name.as_str(), &read.check_digits), ("new phone", &shown.check_digits));
    let wrong = old.hand_over(&read, &Pin::parse("404071").unwrap(), now()).await.unwrap_err();
    assert_eq!(wrong.code(), "account.wrong_pin");
    let before = world.wallet.history(None, 100).unwrap();
    assert!(matches!(&before[0].event, Event::Refused { code, .. } if code == "account.wrong_pin"));
    assert_eq!(new.account().claim(now()).await.unwrap_err(), AccountError::NotHandedOver.into());
    assert!(old.hand_over(&read, &pin(), now()).await.unwrap() >= 60);
    // Until the new phone takes it, this one is in use.
    assert_eq!(old.show(now()).await.unwrap().state, AccountState::Active);

    let received = new.account().claim(now()).await.unwrap();
    assert_eq!((received.history, received.left_out), (before.len() as u64, 0));
    assert_eq!((received.credentials, received.opened), (1, true));
    let shown = new.account().show(now()).await.unwrap();
    assert_eq!((shown.level, shown.state), (Level::Two, AccountState::Active));
    let after = new.history(None, 100).unwrap();
    assert_eq!(after[0].event, Event::PhoneTaken);
    assert_eq!(
        after[1..].iter().map(|entry| &entry.event).collect::<Vec<_>>(),
        before.iter().map(|entry| &entry.event).collect::<Vec<_>>()
    );
    assert_eq!(after[1].at, before[0].at);
    new.verify_history().unwrap();

    let obtained = new.account().obtain_carried(&Silent, now()).await.unwrap();
    let Renewed::Credentials(insurance) = &obtained[0] else { panic!("{obtained:?}") };
    assert_eq!(insurance[0].vct, CredentialName::HealthInsurance.vct().urn());
    assert_eq!((new.account().obtain_carried(&Silent, now()).await.unwrap().len(), keys.count()), (0, 2));
    assert_eq!(world.check(&show(&new, now()).text, false, now()).verdict, clinic::answer::Verdict::Accepted);

    assert_eq!(old.show(now()).await.unwrap_err(), AccountError::Replaced.into());
    assert_eq!(world.keys.count(), 0);
    // The PIN stays with the old phone; the new one sets its own.
    assert_eq!(new.account().check_pin(&pin(), now()).await.unwrap_err(), AccountError::NoPin.into());
    new.account().set_pin(&pin(), now()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn documents_of_the_provider_come_along_with_keys_of_the_new_phone() {
    let world = World::insured().await;
    let (old, at) = (world.wallet.account(), provider(&world.sandbox));
    old.set_pin(&pin(), now()).await.unwrap();
    for name in ["driving_licence_mdoc", "citizen_sd_jwt"] {
        old.obtain_document(name, None, &Silent, now()).await.unwrap();
    }
    let kinds = |wallet: &Wallet| {
        let mut kinds: Vec<_> = wallet.documents().unwrap().into_iter().map(|held| held.kind).collect();
        kinds.sort_unstable();
        kinds
    };
    let held = kinds(&world.wallet);
    let (new, _) = open_phone(world.folder.path(), "new");
    let shown = new.account().receive(&at, "new phone", now()).await.unwrap();
    old.hand_over(&old.read_new_phone(&shown.text, now()).unwrap(), &pin(), now()).await.unwrap();
    let received = new.account().claim(now()).await.unwrap();
    assert_eq!((received.credentials, received.documents, received.other_issuers), (1, 2, 0));
    assert_eq!(new.account().obtain_carried(&Silent, now()).await.unwrap().len(), 3);
    assert_eq!((kinds(&new), new.account().has_carried()), (held, Ok(false)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_code_that_is_old_or_of_something_else_is_not_taken() {
    let world = World::insured().await;
    let (new, _) = open_phone(world.folder.path(), "new");
    let shown = new.account().receive(&provider(&world.sandbox), "new phone", now()).await.unwrap();
    let old = world.wallet.account();
    let read = |text: &str, later| old.read_new_phone(text, now().plus_seconds(later)).unwrap_err();
    assert_eq!(read(&shown.text, 301), AccountError::TransferCodeOld.into());
    assert_eq!(read(&shown.text, -120), AccountError::TransferCodeOld.into());
    assert_eq!(read(&show(&world.wallet, now()).text, 0), AccountError::BadTransferCode.into());
    let later = now().plus_seconds(301);
    let next = new.account().receive(&provider(&world.sandbox), "new phone", later).await.unwrap();
    assert_ne!(next.text, shown.text);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_revocation_code_empties_a_lost_phone_when_it_next_asks() {
    let world = World::insured().await;
    let made = world.wallet.account().new_revocation_code(now()).await.unwrap();
    assert_eq!(made.use_at, format!("{}/revoke", world.sandbox.url()));
    post(&world.sandbox, "/revoke", &json!({"code": made.code.expose()})).await.unwrap();
    assert_eq!(world.wallet.account().show(now()).await.unwrap_err(), AccountError::ReportedLost.into());
    assert_eq!((world.keys.count(), world.wallet.credentials().unwrap().len()), (0, 0));
    assert_eq!(last(&world.wallet), Event::PhoneRevoked);
    set_wait(&world, 0).await;
    let (new, _) = open_phone(world.folder.path(), "new");
    move_by_card(&world, &new).await.unwrap();
    assert_eq!(new.account().show(now()).await.unwrap().level, Level::Two);
}

#[tokio::test(flavor = "multi_thread")]
async fn closing_ends_account_and_credentials() {
    let world = World::insured().await;
    world.wallet.account().close(now()).await.unwrap();
    assert_eq!((world.keys.count(), world.wallet.credentials().unwrap().len()), (0, 0));
    assert_eq!(world.wallet.account().remembered().unwrap().state, AccountState::Closed);
    assert_eq!(last(&world.wallet), Event::AccountClosed);
    world.wallet.account().open(&provider(&world.sandbox), &citizen("phone"), now()).await.unwrap();
}
