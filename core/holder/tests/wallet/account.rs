//! The account against a small provider that checks each message as the agreement says.
use std::collections::BTreeMap;

use card::{AccessKey, ActiveExchange, Can, CardReading, CardTransport, FileId, TransportError, Unwatched};
use holder::{
    Account, AccountError, AccountState, Action, CardAtHand, Error, Event, FaceCapture, KeyError, Kind,
    Level, LockedBy, Pin, Provider, Silent,
};
use http_client::ServerCode;
use serde_json::json;

use crate::doubles::Phone;
use crate::doubles::provider::{Running, applicant, at, now, provider, server_time};

#[tokio::test]
async fn opens_activates_shows_locks_and_unlocks_across_restarts() {
    let provider = provider().await;
    let phone = Phone::new();
    let opened = phone.wallet().account().open(&at(&provider), &applicant(), now()).await.unwrap();
    assert_eq!((opened.account.as_str(), opened.code_expires_in), ("acc_1", 600));
    assert_eq!(phone.wallet().account().remembered().unwrap().state, AccountState::AwaitingCode);
    assert_eq!(phone.wallet().account().activate("123456", now()).await.unwrap(), Level::One);
    let shown = phone.wallet().account().show(now()).await.unwrap();
    assert_eq!((shown.level, shown.state), (Level::Two, AccountState::Locked));
    assert_eq!(shown.locked_by, Some(LockedBy::Holder));
    assert_eq!(shown.devices[0].name, "phone");
    phone.wallet().account().lock(now()).await.unwrap();
    phone.wallet().account().unlock(now()).await.unwrap();
    assert_eq!(phone.wallet().account().remembered().unwrap().level, Level::Two);

    assert_eq!(provider.state().operations, ["open", "activate", "show", "lock", "unlock"]);
    assert_eq!(phone.keys.count(), 1);
    let events: Vec<Event> =
        phone.wallet().history(None, 10).unwrap().into_iter().map(|entry| entry.event).collect();
    assert_eq!(
        events,
        [
            Event::AccountUnlocked,
            Event::AccountLocked,
            // A counter's doing, of which the phone hears when it asks.
            Event::LevelRaised { level: 2 },
            Event::AccountActivated { level: 1 },
            Event::AccountOpened
        ]
    );
    assert_eq!(phone.wallet().verify_history(), Ok(5));
}

#[tokio::test]
async fn keeps_no_key_and_no_account_when_opening_is_refused_or_cut_off() {
    for hang_up in [false, true] {
        let provider = provider().await;
        let phone = Phone::new();
        let wallet = phone.wallet();
        {
            let mut state = provider.state();
            state.hang_up = hang_up;
            state.refuse = (!hang_up).then(|| json!({"error": "unknown_person"}));
        }
        let error = wallet.account().open(&at(&provider), &applicant(), now()).await.unwrap_err();
        let kind = if hang_up { Kind::NoNetwork } else { Kind::IssuerRefused };
        assert_eq!(error.kind(), kind);
        assert_eq!(phone.keys.count(), 0);
        assert_eq!(wallet.account().remembered().unwrap_err(), AccountError::NoAccount.into());
        // Nothing stands in the way of another try.
        wallet.account().open(&at(&provider), &applicant(), now()).await.unwrap();
    }
}

#[tokio::test]
async fn gives_up_an_account_that_was_never_activated_for_a_new_one() {
    let provider = provider().await;
    let phone = Phone::new();
    let wallet = phone.wallet();
    wallet.account().open(&at(&provider), &applicant(), now()).await.unwrap();
    wallet.account().open(&at(&provider), &applicant(), now()).await.unwrap();
    assert_eq!(phone.keys.count(), 1);
    wallet.account().activate("123456", now()).await.unwrap();
    let error = wallet.account().open(&at(&provider), &applicant(), now()).await.unwrap_err();
    assert_eq!(error, AccountError::AlreadyActive.into());
}

#[tokio::test]
async fn tells_how_many_attempts_are_left_after_a_wrong_code_and_notes_the_refusal() {
    let provider = provider().await;
    let phone = Phone::new();
    let wallet = phone.wallet();
    wallet.account().open(&at(&provider), &applicant(), now()).await.unwrap();
    provider.state().refuse = Some(json!({"error": "wrong_code", "attempts_left": 2}));
    let error = wallet.account().activate("000000", now()).await.unwrap_err();
    assert_eq!((error.server_code(), error.attempts_left()), (ServerCode::WrongCode, Some(2)));
    assert_eq!((error.code(), error.kind()), ("account.wrong_code", Kind::NotReady));
    let last = wallet.history(None, 1).unwrap();
    assert!(matches!(&last[0].event, Event::Refused { code, .. } if code == "account.wrong_code"));
    provider.state().refuse = Some(json!({"error": "code_expired"}));
    wallet.account().activate("000000", now()).await.unwrap_err();
    let last = wallet.history(None, 1).unwrap();
    assert!(matches!(&last[0].event, Event::Refused { code, .. } if code == "account.code_expired"));
    wallet.account().activate("123456", now()).await.unwrap();
}

#[tokio::test]
async fn each_no_of_the_provider_stands_in_the_history_and_a_lost_network_does_not() {
    let (provider, phone) = (provider().await, Phone::new());
    let wallet = phone.wallet();
    let (account, pin) = (wallet.account(), Pin::parse("159357").unwrap());
    let refuse = || provider.state().refuse = Some(json!({"error": "level_required"}));
    let noted = |action| {
        let last = wallet.history(None, 1).unwrap().remove(0).event;
        assert_eq!(last, Event::Refused { action, code: "account.level_required".to_owned() });
        let entries = wallet.verify_history().unwrap();
        provider.state().hang_up = true;
        entries
    };
    /// The call is refused and that noted, then the network is lost in it and nothing noted.
    macro_rules! refuses {
        ($action:ident, $call:expr) => {
            refuse();
            assert_eq!($call.await.err().map(|error| error.kind()), Some(Kind::NotReady));
            let entries = noted(Action::$action);
            assert_eq!($call.await.err().map(|error| error.kind()), Some(Kind::NoNetwork));
            assert_eq!(wallet.verify_history(), Ok(entries));
        };
    }
    refuses!(OpenAccount, account.open(&at(&provider), &applicant(), now()));
    refuses!(Move, account.start_new_phone(&at(&provider), &applicant(), now()));
    account.open(&at(&provider), &applicant(), now()).await.unwrap();
    account.activate("123456", now()).await.unwrap();
    refuses!(StepUp, account.start_step_up(now()));
    refuses!(RecoverPin, account.start_pin_recovery(now()));
    refuses!(Lock, account.new_revocation_code(now()));
    refuses!(Obtain, account.obtain_document("licence_mdoc", None, &Silent, now()));
    account.set_pin(&pin, now()).await.unwrap();
    refuses!(Pin, account.check_pin(&pin, now()));
}

#[tokio::test]
async fn never_uses_a_number_twice_when_an_answer_is_lost() {
    let provider = provider().await;
    let phone = Phone::new();
    let wallet = phone.wallet();
    wallet.account().open(&at(&provider), &applicant(), now()).await.unwrap();
    provider.state().hang_up = true;
    assert_eq!(wallet.account().activate("123456", now()).await.unwrap_err().kind(), Kind::NoNetwork);
    drop(wallet);
    // The provider's check inside `open_message` is the assertion.
    phone.wallet().account().activate("123456", now()).await.unwrap();
}

#[tokio::test]
async fn reports_a_provider_that_is_down_and_a_key_that_is_lost() {
    let provider = provider().await;
    let phone = Phone::new();
    let wallet = phone.wallet();
    wallet.account().open(&at(&provider), &applicant(), now()).await.unwrap();
    provider.server.stop();
    assert_eq!(wallet.account().show(now()).await.unwrap_err().kind(), Kind::NoNetwork);
    phone.keys.lose_all();
    let error = wallet.account().show(now()).await.unwrap_err();
    assert_eq!((error.clone(), error.kind()), (Error::Key(KeyError::Lost), Kind::DeviceKeyLost));
}

#[tokio::test]
async fn opens_no_account_at_an_address_that_is_not_plain_https() {
    let phone = Phone::new();
    let wallet = phone.wallet();
    for url in ["http://127.0.0.1:1", "https://a.vn/", "https://a.vn?x=1", "https://u@a.vn", "a.vn"] {
        let provider = Provider { url: url.to_owned(), roots_pem: Vec::new() };
        let error = wallet.account().open(&provider, &applicant(), now()).await.unwrap_err();
        assert_eq!(error, AccountError::BadProvider.into(), "{url}");
    }
}

#[tokio::test]
async fn keeps_nothing_when_the_key_store_fails_or_the_person_declines() {
    let provider = provider().await;
    let phone = Phone::new();
    let wallet = phone.wallet();
    *phone.keys.fail_create.lock().unwrap() = Some(KeyError::UserCancelled);
    let error = wallet.account().open(&at(&provider), &applicant(), now()).await.unwrap_err();
    assert_eq!(error.kind(), Kind::UserCancelled);
    assert_eq!(wallet.account().remembered().unwrap_err(), AccountError::NoAccount.into());
}

fn files() -> BTreeMap<FileId, Vec<u8>> {
    BTreeMap::from([(FileId::Sod, b"sod".to_vec()), (FileId::Dg(2), b"face".to_vec())])
}

fn answered(challenge: [u8; 8]) -> ActiveExchange {
    ActiveExchange { challenge, response: challenge.to_vec() }
}

/// To level 1.
async fn activate(account: Account<'_>, provider: &Running) {
    account.open(&at(provider), &applicant(), now()).await.unwrap();
    account.activate("123456", now()).await.unwrap();
}

#[tokio::test]
async fn reaches_level_2_with_the_chips_answer_to_the_servers_challenge_and_a_face_statement() {
    let provider = provider().await;
    let phone = Phone::new();
    let wallet = phone.wallet();
    let account = wallet.account();
    activate(account, &provider).await;
    let begun = account.start_step_up(now()).await.unwrap();
    let reading = CardReading::from_files(files(), Some(answered(begun.challenge())));
    let picture = FaceCapture(b"picture");
    let level = account.finish_step_up(&begun, &reading, picture, &Silent, now()).await.unwrap();
    assert_eq!(level, Level::Two);
    assert_eq!(account.remembered().unwrap().level, Level::Two);
    assert_eq!(wallet.history(None, 1).unwrap()[0].event, Event::LevelRaised { level: 2 });
}

#[tokio::test]
async fn stays_at_level_1_and_notes_why_when_face_or_server_refuse() {
    let provider = provider().await;
    let phone = Phone::new();
    let wallet = phone.wallet();
    let account = wallet.account();
    activate(account, &provider).await;
    let begun = account.start_step_up(now()).await.unwrap();
    let reading = CardReading::from_files(files(), Some(answered(begun.challenge())));

    provider.state().face_fails = true;
    let error =
        account.finish_step_up(&begun, &reading, FaceCapture(b"picture"), &Silent, now()).await.unwrap_err();
    assert_eq!((error.code(), error.kind()), ("account.face_not_matched", Kind::IssuerRefused));

    provider.state().face_fails = false;
    provider.state().refuse = Some(json!({"error": "card_not_genuine", "reason": "digest_mismatch"}));
    let error =
        account.finish_step_up(&begun, &reading, FaceCapture(b"picture"), &Silent, now()).await.unwrap_err();
    assert_eq!((error.code(), error.kind()), ("account.card_not_genuine", Kind::CardNotGenuine));

    assert_eq!(account.remembered().unwrap().level, Level::One);
    let refusals = wallet.history(None, 2).unwrap();
    assert!(matches!(&refusals[0].event, Event::Refused { code, .. } if code == "account.card_not_genuine"));
    assert!(matches!(&refusals[1].event, Event::Refused { code, .. } if code == "account.face_not_matched"));
}

#[tokio::test]
async fn sends_nothing_when_the_card_did_not_answer_this_challenge() {
    let provider = provider().await;
    let phone = Phone::new();
    let wallet = phone.wallet();
    let account = wallet.account();
    activate(account, &provider).await;
    let begun = account.start_step_up(now()).await.unwrap();
    for active in [None, Some(answered([0; 8]))] {
        let reading = CardReading::from_files(files(), active);
        let finished = account.finish_step_up(&begun, &reading, FaceCapture(b""), &Silent, now()).await;
        assert_eq!(finished.unwrap_err(), AccountError::NoActiveResponse.into());
    }
    assert_eq!(provider.state().operations.last().unwrap(), "step_up_start");
}

#[tokio::test]
async fn reports_a_card_that_is_gone_and_sends_nothing() {
    struct Gone;
    impl CardTransport for Gone {
        fn max_command_len(&self) -> usize {
            261
        }
        fn transceive(&mut self, _: &[u8]) -> Result<Vec<u8>, TransportError> {
            Err(TransportError::TagLost)
        }
    }
    let provider = provider().await;
    let phone = Phone::new();
    let wallet = phone.wallet();
    let account = wallet.account();
    activate(account, &provider).await;
    let access = AccessKey::Can(Can::parse("012345").unwrap());
    let card = CardAtHand { transport: &mut Gone, access: &access, progress: &Unwatched };
    let error = account.step_up(card, FaceCapture(b""), &Silent, now()).await.unwrap_err();
    assert_eq!((error.code(), error.kind()), ("card.lost", Kind::TryCardAgain));
    assert_eq!(provider.state().operations.last().unwrap(), "step_up_start");
}

#[tokio::test]
async fn a_provider_whose_clock_is_set_back_takes_the_wallet_back_to_no_earlier_time() {
    let provider = provider().await;
    let phone = Phone::new();
    let wallet = phone.wallet();
    let account = wallet.account();
    activate(account, &provider).await;
    assert_eq!(account.provider_time(now()).unwrap(), server_time());
    provider.state().set_back = 86_400;
    account.show(now()).await.unwrap();
    for moved in [0, -86_400, 3600] {
        assert_eq!(account.provider_time(now().plus_seconds(moved)).unwrap(), server_time(), "{moved}");
    }
}
