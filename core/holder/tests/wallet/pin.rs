//! The PIN against a server that counts and checks.
use holder::{AccountError, Action, Event, Kind, Pin, PinRefused, Wallet};
use http_client::ServerCode;

use crate::doubles::Phone;
use crate::doubles::provider::{Running, applicant, at, now, provider};

async fn enrolled() -> (Running, Phone, Wallet) {
    let (running, phone) = (provider().await, Phone::new());
    let wallet = phone.wallet();
    wallet.account().open(&at(&running), &applicant(), now()).await.unwrap();
    wallet.account().activate("123456", now()).await.unwrap();
    (running, phone, wallet)
}

fn pin(text: &str) -> Pin {
    Pin::parse(text).unwrap()
}

/// The code of the refusal that the history ends with.
fn last_refused(wallet: &Wallet) -> String {
    let last = wallet.history(None, 1).unwrap().remove(0).event;
    let Event::Refused { action: Action::Pin, code } = last else { panic!("{last:?}") };
    code
}

#[tokio::test]
async fn sets_checks_and_changes_a_pin_that_only_the_server_can_check() {
    let (running, phone, wallet) = enrolled().await;
    let account = wallet.account();
    assert_eq!(account.check_pin(&pin("159357"), now()).await.unwrap_err(), AccountError::NoPin.into());
    account.set_pin(&pin("159357"), now()).await.unwrap();
    account.check_pin(&pin("159357"), now()).await.unwrap();
    let error = account.check_pin(&pin("159358"), now()).await.unwrap_err();
    assert_eq!((error.server_code(), error.attempts_left()), (ServerCode::WrongPin, Some(2)));
    assert_eq!((error.kind(), last_refused(&wallet)), (Kind::NotReady, "account.wrong_pin".to_owned()));
    account.change_pin(&pin("159357"), &pin("404071"), now()).await.unwrap();
    drop(wallet);
    let reopened = phone.wallet();
    reopened.account().check_pin(&pin("404071"), now()).await.unwrap();
    for left in [2, 1, 0] {
        let error = reopened.account().check_pin(&pin("159357"), now()).await.unwrap_err();
        assert_eq!(error.attempts_left(), Some(left));
    }
    let error = reopened.account().check_pin(&pin("404071"), now()).await.unwrap_err();
    assert_eq!((error.code(), error.kind()), ("account.pin_blocked", Kind::IssuerRefused));
    assert_eq!(last_refused(&reopened), "account.pin_blocked");
    assert_eq!(running.state().pin.attempts, 4);
}

#[tokio::test]
async fn sends_no_pin_that_is_easy_to_guess() {
    let (running, _phone, wallet) = enrolled().await;
    let error = wallet.account().set_pin(&pin("123456"), now()).await.unwrap_err();
    assert_eq!(error, PinRefused::TooEasy.into());
    assert_eq!(running.state().pin.id, None);
}

#[tokio::test]
async fn knows_which_pin_the_server_has_when_an_answer_or_a_request_was_lost() {
    let (running, _phone, wallet) = enrolled().await;
    let account = wallet.account();
    running.state().lose_answer = true;
    assert_eq!(account.set_pin(&pin("159357"), now()).await.unwrap_err().kind(), Kind::NoNetwork);
    account.check_pin(&pin("159357"), now()).await.unwrap();

    running.state().hang_up = true;
    let lost = account.change_pin(&pin("159357"), &pin("404071"), now()).await.unwrap_err();
    assert_eq!(lost.kind(), Kind::NoNetwork);
    account.check_pin(&pin("159357"), now()).await.unwrap();

    running.state().lose_answer = true;
    account.change_pin(&pin("159357"), &pin("404071"), now()).await.unwrap_err();
    account.check_pin(&pin("404071"), now()).await.unwrap();
}

#[tokio::test]
async fn keeps_no_change_that_the_server_refused() {
    let (_running, _phone, wallet) = enrolled().await;
    let account = wallet.account();
    account.set_pin(&pin("159357"), now()).await.unwrap();
    let error = account.change_pin(&pin("159358"), &pin("404071"), now()).await.unwrap_err();
    assert_eq!((error.code(), last_refused(&wallet)), ("account.wrong_pin", error.code().to_owned()));
    account.check_pin(&pin("159357"), now()).await.unwrap();
}
