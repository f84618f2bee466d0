//! The level that a provider states: obtained with PIN and face, kept for minutes, shown where the person wants it.
use holder::{
    ConsentRequest, CredentialName, Error, Event, FaceCapture, Kind, Pin, Recognised, Silent, StatedLevel,
    Wallet, Wanted,
};
use http_client::ServerCode;
use presentation::kbt::Kbt;
use trust::time::Timestamp;

use crate::doubles::Phone;
use crate::doubles::issuer::LevelFault;
use crate::doubles::provider::{Running, applicant, at, now, provider, server_time};

const CARD: CredentialName = CredentialName::HealthInsurance;
const FACE: FaceCapture<'_> = FaceCapture(b"picture");

fn pin(text: &str) -> Pin {
    Pin::parse(text).unwrap()
}

/// A wallet with an insurance card and a PIN.
async fn enrolled() -> (Running, Phone, Wallet) {
    let (running, phone) = (provider().await, Phone::new());
    let wallet = phone.wallet();
    wallet.account().open(&at(&running), &applicant(), now()).await.unwrap();
    wallet.account().activate("123456", now()).await.unwrap();
    wallet.account().set_pin(&pin("159357"), now()).await.unwrap();
    obtain_card(&wallet).await;
    (running, phone, wallet)
}

async fn obtain_card(wallet: &Wallet) {
    wallet.account().obtain_credential(Wanted::Named(CARD, None), None, &Silent, now()).await.unwrap();
}

async fn obtain(wallet: &Wallet, face: Option<FaceCapture<'_>>) -> Result<StatedLevel, Error> {
    wallet.account().obtain_level_statement(CARD, None, &pin("159357"), face, now()).await
}

fn request(wallet: &Wallet) -> ConsentRequest {
    wallet.ask_consent(CARD, None, None, now()).unwrap()
}

/// The request at this level, and why not.
fn at_level(wallet: &Wallet, level: u8, at: Timestamp) -> Result<ConsentRequest, &'static str> {
    wallet.at_stated_level(request(wallet), level, at).map_err(|error| error.code())
}

#[tokio::test]
async fn a_stated_level_is_shown_with_the_statement_without_a_network() {
    let (running, phone, wallet) = enrolled().await;
    assert_eq!(at_level(&wallet, 4, now()).unwrap_err(), "present.level_not_stated");
    let stated = obtain(&wallet, Some(FACE)).await.unwrap();
    assert_eq!(stated, StatedLevel { level: 4, expires_at: now().plus_seconds(300) });
    running.server.stop();
    drop(wallet);
    let wallet = phone.wallet();
    let request = at_level(&wallet, 4, now()).unwrap();
    assert_eq!(request.stated_level(), Some((4, server_time().plus_seconds(300))));
    let consent = request.grant(Recognised::ByDevice, now()).unwrap();
    let shown = wallet.present_qr(&consent, now()).unwrap();
    let token = Kbt::parse(&shown.bytes).unwrap();
    assert_eq!(token.claims().level, Some(4));
    assert_eq!(token.claims().stated.as_ref().unwrap().issued_at(), server_time());
    let Event::Presented { stated_level, .. } = wallet.history(None, 1).unwrap().remove(0).event else {
        panic!("another event")
    };
    assert_eq!(stated_level, Some(4));
    // Whoever does not ask for it shows none.
    let plain = wallet.ask_consent(CARD, None, None, now()).unwrap();
    let plain = plain.grant(Recognised::ByDevice, now()).unwrap();
    let token = wallet.present_qr(&plain, now()).unwrap();
    assert_eq!(Kbt::parse(&token.bytes).unwrap().claims().stated, None);
}

#[tokio::test]
async fn without_a_face_level_2_is_stated_and_no_more_is_shown() {
    let (_running, _phone, wallet) = enrolled().await;
    assert_eq!(obtain(&wallet, None).await.unwrap().level, 2);
    assert_eq!(at_level(&wallet, 3, now()).unwrap_err(), "present.level_not_stated");
    // Nothing is to be stated of a level that every phone has.
    assert_eq!(at_level(&wallet, 1, now()).unwrap_err(), "present.level_not_stated");
    let consent = at_level(&wallet, 2, now()).unwrap().grant(Recognised::ByDevice, now()).unwrap();
    let shown = wallet.present_qr(&consent, now()).unwrap();
    assert_eq!(Kbt::parse(&shown.bytes).unwrap().claims().level, Some(2));
}

#[tokio::test]
async fn a_statement_whose_time_is_over_is_shown_no_more_and_nothing_lower_in_its_place() {
    let (_running, _phone, wallet) = enrolled().await;
    obtain(&wallet, Some(FACE)).await.unwrap();
    let late = now().plus_seconds(250);
    let consent = at_level(&wallet, 4, late).unwrap().grant(Recognised::ByDevice, late).unwrap();
    wallet.present_qr(&consent, now().plus_seconds(299)).unwrap();
    let error = wallet.present_qr(&consent, now().plus_seconds(300)).unwrap_err();
    assert_eq!((error.code(), error.kind()), ("present.statement_old", Kind::NotReady));
    assert_eq!(at_level(&wallet, 4, now().plus_seconds(300)).unwrap_err(), "present.statement_old");
}

#[tokio::test]
async fn a_statement_is_for_one_credential_and_gone_with_it() {
    let (_running, _phone, wallet) = enrolled().await;
    obtain(&wallet, Some(FACE)).await.unwrap();
    at_level(&wallet, 4, now()).unwrap();
    let id = wallet.credentials().unwrap().remove(0).id;
    wallet.delete_credential(&id, now()).unwrap();
    obtain_card(&wallet).await;
    assert_eq!(at_level(&wallet, 4, now()).unwrap_err(), "present.level_not_stated");
}

#[tokio::test]
async fn a_phone_that_lost_its_account_keeps_no_statement() {
    let (running, _phone, wallet) = enrolled().await;
    obtain(&wallet, Some(FACE)).await.unwrap();
    let request = request(&wallet);
    running.state().refuse = Some(serde_json::json!({"error": "device_replaced"}));
    wallet.account().show(now()).await.unwrap_err();
    let error = wallet.at_stated_level(request, 4, now()).unwrap_err();
    assert_eq!(error.code(), "present.level_not_stated");
}

#[tokio::test]
async fn refuses_a_statement_that_no_desk_would_believe_and_says_so_in_the_history() {
    let (running, _phone, wallet) = enrolled().await;
    for fault in [LevelFault::OtherKey, LevelFault::OtherSigner, LevelFault::Old, LevelFault::NoStatement] {
        running.state().issuer.level_fault = fault;
        let error = obtain(&wallet, Some(FACE)).await.unwrap_err();
        assert_eq!((error.code(), error.kind()), ("present.bad_statement", Kind::IssuerRefused), "{fault:?}");
        let newest = wallet.history(None, 1).unwrap().remove(0).event;
        assert!(matches!(newest, Event::Refused { code, .. } if code == "present.bad_statement"));
        assert_eq!(at_level(&wallet, 4, now()).unwrap_err(), "present.level_not_stated");
    }
}

#[tokio::test]
async fn says_what_was_refused_a_wrong_pin_or_another_face() {
    let (running, _phone, wallet) = enrolled().await;
    let wrong = wallet.account().obtain_level_statement(CARD, None, &pin("159358"), None, now()).await;
    let wrong = wrong.unwrap_err();
    assert_eq!((wrong.server_code(), wrong.attempts_left()), (ServerCode::WrongPin, Some(2)));
    running.state().face_fails = true;
    let refused = obtain(&wallet, Some(FACE)).await.unwrap_err();
    assert_eq!((refused.code(), refused.kind()), ("account.face_not_matched", Kind::IssuerRefused));
    let right = pin("159357");
    let none_held = CredentialName::Citizen;
    let nobody = wallet.account().obtain_level_statement(none_held, None, &right, None, now()).await;
    assert_eq!(nobody.unwrap_err().code(), "present.no_credential");
}
