//! What happens around an account: a forgotten PIN, guardians, locks, and what the phone remembers of them.
use card::{AccessKey, Can, Unwatched};
use holder::{
    AccountState, Applicant, CardAtHand, Event, FaceCapture, Level, LockedBy, Method, PendingKind, Pin,
    Silent, WardAct,
};
use serde_json::json;

use crate::doubles::{CAN, NUMBER, PHONE, World, code_from_mailbox, now, open_phone, post, provider};

fn pin(text: &str) -> Pin {
    Pin::parse(text).unwrap()
}

/// A child of the citizen in the sandbox's register.
const CHILD: &str = "000224000001";
const CHILD_PHONE: &str = "0900000003";

#[tokio::test(flavor = "multi_thread")]
async fn a_forgotten_pin_is_freed_by_card_and_face_after_the_wait() {
    let world = World::insured().await;
    let account = world.wallet.account();
    let access = AccessKey::Can(Can::parse(CAN).unwrap());
    let none = account.start_pin_recovery(now()).await.unwrap_err();
    assert_eq!(none.code(), "account.no_pin");
    account.set_pin(&pin("159357"), now()).await.unwrap();
    post(&world.sandbox, "/sandbox/recovery-wait", &json!({"seconds": 3600})).await.unwrap();
    let mut chip = world.chip();
    let card = CardAtHand { transport: &mut chip, access: &access, progress: &Unwatched };
    let at = account.recover_pin(card, FaceCapture(b"a picture"), &Silent, now()).await.unwrap();
    assert!((3500..=3600).contains(&at.seconds_since(now())));
    let seen = account.show(now()).await.unwrap();
    assert_eq!((seen.pending.unwrap().kind, seen.pin.set, seen.level), (PendingKind::Pin, true, Level::Two));
    let early = account.set_pin(&pin("404071"), now()).await.unwrap_err();
    assert_eq!(early.code(), "account.pin_is_set");
    post(&world.sandbox, "/sandbox/counter", &json!({"number": NUMBER})).await.unwrap();
    account.set_pin(&pin("404071"), now()).await.unwrap();
    account.check_pin(&pin("404071"), now()).await.unwrap();
    assert_eq!(account.check_pin(&pin("159357"), now()).await.unwrap_err().code(), "account.wrong_pin");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_phone_remembers_how_long_a_pin_is_not_looked_at_whatever_its_clock_says() {
    let world = World::at_level_1(NUMBER, PHONE).await;
    let account = world.wallet.account();
    account.set_pin(&pin("159357"), now()).await.unwrap();
    for _ in 0..4 {
        account.check_pin(&pin("404071"), now()).await.unwrap_err();
    }
    assert_eq!(account.check_pin(&pin("159357"), now()).await.unwrap_err().code(), "account.pin_delayed");
    let view = account.remembered().unwrap();
    for back in [0, 60, 86_400, 40 * 365 * 86_400] {
        let there = account.provider_time(now().plus_seconds(-back)).unwrap();
        assert!(view.pin.wait(there).is_some_and(|left| left <= 61), "{back}");
        assert!(!view.pin.is_usable(there), "{back}");
    }
    let after = account.provider_time(now().plus_seconds(61)).unwrap();
    assert!(view.pin.is_usable(after));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_guardian_consents_to_a_childs_account_locks_and_unlocks_it() {
    let world = World::insured().await;
    let guardian = world.wallet.account();
    let (child, _) = open_phone(world.folder.path(), "child");
    let who = Applicant {
        personal_number: CHILD.to_owned(),
        phone: CHILD_PHONE.to_owned(),
        device_name: "tablet".to_owned(),
    };
    child.account().open(&provider(&world.sandbox), &who, now()).await.unwrap();
    let code = code_from_mailbox(&world.sandbox, CHILD_PHONE).await;
    assert_eq!(child.account().activate(&code, now()).await.unwrap(), Level::None);
    assert_eq!(child.account().remembered().unwrap().state, AccountState::AwaitingConsent);
    let wards = guardian.wards(now()).await.unwrap();
    let ward = wards.iter().find(|ward| ward.number == CHILD).unwrap();
    assert_eq!(ward.account.as_ref().unwrap().state, AccountState::AwaitingConsent);
    guardian.act_for(CHILD, WardAct::Consent, now()).await.unwrap();
    let told = world.wallet.history(None, 1).unwrap().remove(0).event;
    assert_eq!(told, Event::ActedForWard { act: WardAct::Consent, ward: CHILD.to_owned() });
    let shown = child.account().show(now()).await.unwrap();
    assert_eq!((shown.state, shown.level), (AccountState::Active, Level::One));
    guardian.act_for(CHILD, WardAct::Lock, now()).await.unwrap();
    let shown = child.account().show(now()).await.unwrap();
    assert_eq!((shown.state, shown.locked_by), (AccountState::Locked, Some(LockedBy::Guardian)));
    assert_eq!(child.account().remembered().unwrap().locks, [LockedBy::Guardian]);
    guardian.act_for(CHILD, WardAct::Unlock, now()).await.unwrap();
    assert_eq!(child.account().show(now()).await.unwrap().state, AccountState::Active);
    let stranger = guardian.act_for("000199012345", WardAct::Lock, now()).await.unwrap_err();
    assert_eq!(stranger.code(), "account.not_in_care");
    let refused = child.account().wards(now()).await.unwrap_err();
    assert_eq!(refused.code(), "account.level_required");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_phone_remembers_why_an_account_is_locked_and_which_lock_is_its_own() {
    let world = World::at_level_1(NUMBER, PHONE).await;
    let account = world.wallet.account();
    account.lock(now()).await.unwrap();
    assert_eq!(account.remembered().unwrap().locks, [LockedBy::Holder]);
    for (reason, lock) in [
        ("terms", LockedBy::Terms),
        ("card_withdrawn", LockedBy::CardWithdrawn),
        ("authority", LockedBy::Authority),
    ] {
        let body = json!({"number": NUMBER, "reason": reason});
        post(&world.sandbox, "/sandbox/lock", &body).await.unwrap();
        let seen = account.show(now()).await.unwrap();
        assert_eq!((seen.state, seen.locked_by), (AccountState::Locked, Some(lock)));
        let locks = account.remembered().unwrap().locks;
        assert!(locks.len() == 2 && locks.contains(&LockedBy::Holder) && locks.contains(&lock), "{locks:?}");
        assert_eq!(account.unlock(now()).await.unwrap_err().code(), "account.not_holder_lock");
        post(&world.sandbox, "/sandbox/unlock", &body).await.unwrap();
    }
    account.unlock(now()).await.unwrap();
    assert_eq!(account.show(now()).await.unwrap().locks, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_level_reached_at_a_counter_is_told_with_how_and_when() {
    let world = World::at_level_1(NUMBER, PHONE).await;
    post(&world.sandbox, "/sandbox/level-2", &json!({"number": NUMBER})).await.unwrap();
    let shown = world.wallet.account().show(now()).await.unwrap();
    assert_eq!((shown.level, shown.method), (Level::Two, Some(Method::Counter)));
    assert!(now().seconds_since(shown.verified_at.unwrap()) < 60);
}

#[tokio::test(flavor = "multi_thread")]
async fn instructions_that_one_wallet_sends_at_once_arrive_in_their_order() {
    let world = World::at_level_1(NUMBER, PHONE).await;
    let account = world.wallet.account();
    let show = || account.show(now());
    for _ in 0..5 {
        // Each on a connection of its own, which may be quicker than that of an earlier one.
        let shown = tokio::join!(show(), show(), show(), show(), show(), show(), show(), show());
        let (a, b, c, d, e, f, g, h) = shown;
        for one in [a, b, c, d, e, f, g, h] {
            assert_eq!(one.unwrap().state, AccountState::Active);
        }
    }
}
