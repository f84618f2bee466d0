//! The provider took an instruction and its answer was lost: the same call again ends at what became of the first, and the history
//! says so once. Nothing is given up that the provider is about to make the account's.
use holder::{
    AccountError, AccountState, Error, Event, FaceCapture, KeyError, Kind, Level, LockedBy, PendingKind, Pin,
    Silent, Wallet,
};
use serde_json::json;
use trust::time::Timestamp;

use crate::doubles::provider::{Running, WAIT, applicant, at, now, provider, server_time};
use crate::doubles::{Phone, reading};

const PICTURE: FaceCapture<'static> = FaceCapture(b"picture");

fn pin() -> Pin {
    Pin::parse("159357").unwrap()
}

async fn active() -> (Running, Phone, Wallet) {
    let (running, phone) = (provider().await, Phone::new());
    let wallet = phone.wallet();
    wallet.account().open(&at(&running), &applicant(), now()).await.unwrap();
    wallet.account().activate("123456", now()).await.unwrap();
    (running, phone, wallet)
}

fn events(wallet: &Wallet) -> Vec<Event> {
    wallet.history(None, 100).unwrap().into_iter().map(|entry| entry.event).collect()
}

/// Makes a call whose answer is lost, and makes it again.
async fn twice<T>(running: &Running, call: impl AsyncFn() -> Result<T, Error>) -> Result<T, Error> {
    running.state().lose_answer = true;
    assert_eq!(call().await.map(drop).unwrap_err().kind(), Kind::NoNetwork);
    call().await
}

#[tokio::test]
async fn a_proof_again_ends_at_level_2() {
    let (running, _phone, wallet) = active().await;
    let account = wallet.account();
    let begun = account.start_step_up(now()).await.unwrap();
    let finish = async || account.finish_step_up(&begun, &reading(&begun), PICTURE, &Silent, now()).await;
    assert_eq!(twice(&running, finish).await, Ok(Level::Two));
    assert_eq!(account.remembered().unwrap().level, Level::Two);
    let raised = Event::LevelRaised { level: 2 };
    assert_eq!(events(&wallet), [raised, Event::AccountActivated { level: 1 }, Event::AccountOpened]);

    // A nonce that was too old proves nothing of a holder who had been proven before.
    let begun = account.start_step_up(now()).await.unwrap();
    running.state().nonce_spent = true;
    let late = account.finish_step_up(&begun, &reading(&begun), PICTURE, &Silent, now()).await.unwrap_err();
    assert_eq!(late.code(), "account.nonce_unknown");
    assert!(matches!(&events(&wallet)[0], Event::Refused { code, .. } if code == "account.nonce_unknown"));
}

#[tokio::test]
async fn what_the_provider_did_meanwhile_stands_in_the_history_once() {
    let (_running, _phone, wallet) = active().await;
    for _ in 0..2 {
        wallet.account().show(now()).await.unwrap();
        assert_eq!(events(&wallet)[0], Event::LevelRaised { level: 2 });
        assert_eq!(wallet.verify_history(), Ok(3));
    }
    let (running, phone) = (provider().await, Phone::new());
    let wallet = phone.wallet();
    wallet.account().open(&at(&running), &applicant(), now()).await.unwrap();
    wallet.account().show(now()).await.unwrap();
    assert_eq!(events(&wallet), [Event::AccountActivated { level: 2 }, Event::AccountOpened]);
}

#[tokio::test]
async fn locking_unlocking_and_ending_again_are_done() {
    let (running, phone, wallet) = active().await;
    let account = wallet.account();
    twice(&running, async || account.lock(now()).await).await.unwrap();
    assert_eq!(
        (account.remembered().unwrap().locks, &events(&wallet)[0]),
        (vec![LockedBy::Holder], &Event::AccountLocked)
    );
    twice(&running, async || account.unlock(now()).await).await.unwrap();
    assert_eq!((account.remembered().unwrap().locks, &events(&wallet)[0]), (vec![], &Event::AccountUnlocked));
    // Somebody else's lock is none of the holder's, and nothing was lost.
    assert_eq!(account.unlock(now()).await.unwrap_err().code(), "account.not_holder_lock");
    twice(&running, async || account.close(now()).await).await.unwrap();
    let told = events(&wallet);
    assert_eq!(told.iter().filter(|event| **event == Event::AccountClosed).count(), 1);
    assert_eq!((account.remembered().unwrap().state, phone.keys.count()), (AccountState::Closed, 0));
}

#[tokio::test]
async fn a_pin_is_recovered_and_that_is_cancelled_though_answers_are_lost() {
    let (running, _phone, wallet) = active().await;
    let account = wallet.account();
    account.set_pin(&pin(), now()).await.unwrap();
    let begun = account.start_pin_recovery(now()).await.unwrap();
    let finish =
        async || account.finish_pin_recovery(&begun, &reading(&begun), PICTURE, &Silent, now()).await;
    assert_eq!(twice(&running, finish).await, Ok(server_time().plus_seconds(WAIT)));
    assert_eq!(account.remembered().unwrap().pending.unwrap().kind, PendingKind::Pin);
    assert!(events(&wallet).contains(&Event::PinRecovered));

    twice(&running, async || account.cancel_pending(now()).await).await.unwrap();
    assert_eq!(
        (account.remembered().unwrap().pending, &events(&wallet)[0]),
        (None, &Event::PendingCancelled)
    );
    assert_eq!(account.cancel_pending(now()).await.unwrap_err().code(), "account.nothing_pending");
}

/// A new phone whose proof the provider took, and that does not know it.
async fn proven_unknowingly(running: &Running) -> (Phone, Wallet) {
    let phone = Phone::new();
    let wallet = phone.wallet();
    let account = wallet.account();
    let begun = account.start_new_phone(&at(running), &applicant(), now()).await.unwrap();
    running.state().lose_answer = true;
    let lost = account.finish_new_phone(&begun, &reading(&begun), PICTURE, &Silent, now()).await.unwrap_err();
    assert_eq!((lost.kind(), account.remembered().unwrap().state), (Kind::NoNetwork, AccountState::Proving));
    (phone, wallet)
}

#[tokio::test]
async fn a_new_phone_s_proof_again_ends_at_its_wait() {
    let (running, _old_phone, _old) = active().await;
    let (_phone, wallet) = proven_unknowingly(&running).await;
    let account = wallet.account();
    let begun = account.start_new_phone(&at(&running), &applicant(), now()).await.unwrap_err();
    assert_eq!(begun.code(), "account.device_waiting");
    let phone = Phone::new();
    let wallet = phone.wallet();
    let account = wallet.account();
    running.state().phones.cancel();
    let begun = account.start_new_phone(&at(&running), &applicant(), now()).await.unwrap();
    let finish = async || account.finish_new_phone(&begun, &reading(&begun), PICTURE, &Silent, now()).await;
    let at: Timestamp = twice(&running, finish).await.unwrap();
    assert_eq!(at, server_time().plus_seconds(WAIT));
    let waits = account.remembered().unwrap();
    assert_eq!((waits.state, waits.pending.unwrap().effective_at), (AccountState::Waiting, at.as_unix()));
}

#[tokio::test]
async fn a_move_that_is_begun_again_keeps_the_key_that_the_provider_took() {
    for knows in [false, true] {
        let (running, _old_phone, _old) = active().await;
        let (phone, wallet) = proven_unknowingly(&running).await;
        let account = wallet.account();
        if knows {
            account.show(now()).await.unwrap_err();
            assert_eq!(account.remembered().unwrap().state, AccountState::Waiting);
        }
        let at = at(&running);
        for refused in [
            account.start_new_phone(&at, &applicant(), now()).await.map(drop).unwrap_err(),
            account.receive(&at, "new phone", now()).await.map(drop).unwrap_err(),
            account.open(&at, &applicant(), now()).await.map(drop).unwrap_err(),
        ] {
            assert_eq!((refused.code(), refused.retry_after()), ("account.device_waiting", Some(3600)));
        }
        // Nothing is given up while nobody can say.
        running.state().hang_up = true;
        let unheard = account.start_new_phone(&at, &applicant(), now()).await.unwrap_err();
        assert_eq!((unheard.kind(), phone.keys.count()), (Kind::NoNetwork, 1));
        running.state().phones.take_over();
        let here = account.start_new_phone(&at, &applicant(), now()).await.unwrap_err();
        assert_eq!(here, AccountError::AlreadyActive.into());
        assert_eq!(
            (account.remembered().unwrap().state, &events(&wallet)[0]),
            (AccountState::Locked, &Event::PhoneTaken)
        );
    }
}

#[tokio::test]
async fn a_move_that_came_to_nothing_is_begun_again_with_another_key() {
    let (running, _old_phone, _old) = active().await;
    let (phone, wallet) = proven_unknowingly(&running).await;
    running.state().phones.cancel();
    let account = wallet.account();
    account.start_new_phone(&at(&running), &applicant(), now()).await.unwrap();
    assert_eq!((account.remembered().unwrap().state, phone.keys.count()), (AccountState::Proving, 1));
}

#[tokio::test]
async fn a_phone_that_claimed_the_account_shows_no_other_code() {
    let (running, _old_phone, old) = active().await;
    old.account().set_pin(&pin(), now()).await.unwrap();
    let phone = Phone::new();
    let new = phone.wallet();
    let shown = new.account().receive(&at(&running), "new phone", now()).await.unwrap();
    let code = old.account().read_new_phone(&shown.text, now()).unwrap();
    old.account().hand_over(&code, &pin(), now()).await.unwrap();
    running.state().lose_answer = true;
    new.account().claim(now()).await.unwrap_err();
    let later = now().plus_seconds(400);
    let refused = new.account().receive(&at(&running), "new phone", later).await.unwrap_err();
    assert_eq!(refused, AccountError::AlreadyActive.into());
    assert_eq!(new.account().remembered().unwrap().state, AccountState::Active);
    // The level that the account had on the old phone was not reached on this one.
    assert_eq!(new.account().show(now()).await.unwrap().level, Level::Two);
    assert_eq!(events(&new)[0], Event::PhoneTaken);
}

/// Whose attestation is refused gets no account by that key, and needs another.
#[tokio::test]
async fn a_phone_whose_claim_is_refused_shows_another_code() {
    let (running, _old_phone, _old) = active().await;
    let phone = Phone::new();
    let new = phone.wallet();
    let shown = new.account().receive(&at(&running), "new phone", now()).await.unwrap();
    running.state().refuse = Some(json!({"error": "attestation_refused"}));
    let later = now().plus_seconds(400);
    let next = new.account().receive(&at(&running), "new phone", later).await.unwrap();
    assert_ne!(next.text, shown.text);
    assert_eq!(phone.keys.count(), 1);
}

#[tokio::test]
async fn a_new_phone_that_was_overtaken_leaves() {
    for code in ["device_replaced", "device_revoked"] {
        for knows in [false, true] {
            let (running, _old_phone, _old) = active().await;
            let (phone, wallet) = proven_unknowingly(&running).await;
            if knows {
                wallet.account().show(now()).await.unwrap_err();
            }
            running.state().refuse = Some(json!({"error": code}));
            let told = wallet.account().show(now()).await.unwrap_err();
            assert_eq!((told.kind(), phone.keys.count()), (Kind::DeviceKeyLost, 0), "{code} {knows}");
            running.state().phones.cancel();
            wallet.account().start_new_phone(&at(&running), &applicant(), now()).await.unwrap();
        }
    }
}

#[tokio::test]
async fn a_phone_that_lost_its_key_has_room_for_an_account_and_keeps_its_history() {
    let (running, phone, wallet) = active().await;
    let account = wallet.account();
    phone.keys.lose_all();
    for known in [AccountState::Active, AccountState::KeyLost] {
        assert_eq!(account.remembered().unwrap().state, known);
        assert_eq!(account.lock(now()).await.unwrap_err(), Error::Key(KeyError::Lost));
    }
    account.start_new_phone(&at(&running), &applicant(), now()).await.unwrap();
    assert_eq!((account.remembered().unwrap().state, phone.keys.count()), (AccountState::Proving, 1));
    assert_eq!(wallet.verify_history(), Ok(2));
    // Before anybody asked, too.
    let (running, phone, wallet) = active().await;
    phone.keys.lose_all();
    wallet.account().receive(&at(&running), "phone", now()).await.unwrap();
    assert_eq!(wallet.account().remembered().unwrap().state, AccountState::Receiving);
}
