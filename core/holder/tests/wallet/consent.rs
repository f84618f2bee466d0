//! The person is asked before anything is shown: to whom, what, why; and a desk's question is answered or refused.
use credential::claims::key;
use credential::sd_cwt::SdCwt;
use holder::{Audience, CredentialName, Event, Kind, Recognised, Silent, Wallet, Wanted};
use presentation::animated;
use presentation::encryption::{AnswerKey, EncryptedAnswer};
use presentation::kbt::Kbt;
use test_key::TestKey;

use crate::doubles::desk::{CNONCE, NAME, TestDesk};
use crate::doubles::provider::{Running, applicant, at, now, provider, server_time};
use crate::doubles::{Phone, agree};

const CARD: CredentialName = CredentialName::HealthInsurance;

/// The number that the test issuer writes into each credential: here of a minor.
const WARD: &str = "000199012345";

async fn enrolled(prepare: impl FnOnce(&Running)) -> (Running, Phone, Wallet) {
    let (running, phone) = (provider().await, Phone::new());
    prepare(&running);
    let wallet = phone.wallet();
    wallet.account().open(&at(&running), &applicant(), now()).await.unwrap();
    wallet.account().activate("123456", now()).await.unwrap();
    for name in [CredentialName::Citizen, CARD] {
        wallet.account().obtain_credential(Wanted::Named(name, None), None, &Silent, now()).await.unwrap();
    }
    (running, phone, wallet)
}

fn screen(running: &Running, desk: &TestDesk) -> String {
    desk.screen(&running.state().issuer.desks)
}

fn newest(wallet: &Wallet) -> Event {
    wallet.history(None, 1).unwrap().remove(0).event
}

#[tokio::test]
async fn says_what_goes_to_any_clinic() {
    let (_running, _phone, wallet) = enrolled(|_| {}).await;
    let request = wallet.ask_consent(CARD, None, None, now()).unwrap();
    assert_eq!((request.credential(), request.audience()), (CARD, &Audience::AnyClinic));
    assert_eq!((request.recipient(), request.purpose(), request.encrypted()), ("vn.clinic", None, false));
    assert_eq!(request.disclosed(), [1, 4, 8, 9, 75, 77, 78, 79, 83]);
    assert!(request.over_asked().is_empty() && request.missing().is_empty() && !request.needs_guardian());
}

#[tokio::test]
async fn a_refusal_is_kept_in_the_history_and_nothing_is_signed() {
    let (_running, phone, wallet) = enrolled(|_| {}).await;
    let (request, signed) = (wallet.ask_consent(CARD, None, None, now()).unwrap(), phone.keys.signatures());
    wallet.decline(&request, now()).unwrap();
    let Event::Declined { vct, to, claims, over_asked, ward: None } = newest(&wallet) else {
        panic!("another event")
    };
    assert_eq!((vct.as_str(), to.as_str()), ("urn:vn:health-insurance:1", "vn.clinic"));
    assert_eq!((claims.as_slice(), over_asked), (request.disclosed(), Vec::new()));
    assert!(wallet.recipients().unwrap().is_empty());
    assert_eq!(phone.keys.signatures(), signed);
}

#[tokio::test]
async fn a_consent_is_good_for_two_minutes_and_not_before_it_was_given() {
    let (_running, _phone, wallet) = enrolled(|_| {}).await;
    let consent = agree(&wallet, now()).unwrap();
    assert_eq!(consent.expires_at(), now().plus_seconds(120));
    wallet.present_qr(&consent, now().plus_seconds(119)).unwrap();
    for seconds in [120, -1] {
        let error = wallet.present_qr(&consent, now().plus_seconds(seconds)).unwrap_err();
        assert_eq!((error.code(), error.kind()), ("present.consent_over", Kind::NotReady), "{seconds}");
    }
}

#[tokio::test]
async fn for_a_minor_the_guardian_must_agree_and_the_history_says_so() {
    let guardian = |running: &Running| running.state().issuer.guardian = Some("000180000001".to_owned());
    let (_running, _phone, wallet) = enrolled(guardian).await;
    let own = wallet.ask_consent(CARD, None, None, now()).unwrap_err();
    assert_eq!(own.code(), "present.no_credential", "nobody is asked for another's card");
    let request = wallet.ask_consent(CARD, Some(WARD), None, now()).unwrap();
    assert!(request.needs_guardian() && request.disclosed().contains(&key::GUARDIAN));
    wallet.decline(&request, now()).unwrap();
    assert!(matches!(newest(&wallet), Event::Declined { ward: Some(ward), .. } if ward == WARD));
    let alone = request.clone().grant(Recognised::ByBiometrics, now()).unwrap_err();
    assert_eq!(alone.code(), "present.guardian_needed");
    let consent = request.grant_as_guardian(Recognised::ByDevice, now()).unwrap();
    wallet.present_qr(&consent, now()).unwrap();
    let Event::Presented { by_guardian: true, ward: Some(ward), .. } = newest(&wallet) else {
        panic!("another event")
    };
    assert_eq!(ward, WARD);
}

#[tokio::test]
async fn a_credential_that_came_since_is_not_what_was_agreed_to() {
    let (_running, phone, wallet) = enrolled(pictured).await;
    let consent = wallet.ask_consent(CARD, None, None, now()).unwrap().with_portrait().unwrap();
    let consent = consent.grant(Recognised::ByDevice, now()).unwrap();
    wallet.account().obtain_credential(Wanted::Named(CARD, None), None, &Silent, now()).await.unwrap();
    let signed = phone.keys.signatures();
    for error in [
        wallet.present_qr(&consent, now()).unwrap_err(),
        wallet.portrait_frames(&consent, now()).unwrap_err(),
    ] {
        assert_eq!(error.code(), "present.consent_over");
    }
    assert_eq!(phone.keys.signatures(), signed);
    let consent = agree(&wallet, now()).unwrap();
    wallet.present_qr(&consent, now()).unwrap();
}

#[tokio::test]
async fn nobody_is_guardian_of_the_holder() {
    let (_running, _phone, wallet) = enrolled(|_| {}).await;
    let request = wallet.ask_consent(CARD, None, None, now()).unwrap();
    assert_eq!(
        request.grant_as_guardian(Recognised::ByDevice, now()).unwrap_err().code(),
        "present.no_minor"
    );
}

#[tokio::test]
async fn answers_the_desk_by_its_name_with_its_number_once() {
    let (running, _phone, wallet) = enrolled(|_| {}).await;
    let text = screen(&running, &TestDesk::new());
    let request = wallet.ask_consent(CARD, None, Some(&text), now()).unwrap();
    let desk = Audience::Desk { name: NAME.to_owned(), named_by: "Register of the Test".to_owned() };
    assert_eq!((request.audience(), request.purpose()), (&desk, Some("khám bệnh")));
    let consent = request.grant(Recognised::ByDevice, now()).unwrap();
    let frame = wallet.present_qr(&consent, now().plus_seconds(5)).unwrap();
    let token = Kbt::parse(&frame.bytes).unwrap();
    assert_eq!(
        (token.claims().audience.as_str(), token.claims().cnonce.as_deref()),
        (NAME, Some(&CNONCE[..]))
    );
    assert_eq!(token.claims().issued_at, server_time().plus_seconds(5));
    // One answer for as long as the question is open.
    assert_eq!(frame.expires_at, now().plus_seconds(60));
    assert_eq!(wallet.present_qr(&consent, now().plus_seconds(59)).unwrap(), frame);
    assert_eq!(wallet.present_qr(&consent, now().plus_seconds(60)).unwrap_err().code(), "challenge.expired");
    assert!(matches!(newest(&wallet), Event::Presented { to, .. } if to == NAME));
}

#[tokio::test]
async fn encrypts_the_answer_where_the_desk_gives_a_key() {
    let (running, _phone, wallet) = enrolled(|_| {}).await;
    let key = AnswerKey::generate().unwrap();
    let text = screen(&running, &TestDesk { encryption_key: Some(*key.public()), ..TestDesk::new() });
    let request = wallet.ask_consent(CARD, None, Some(&text), now()).unwrap();
    assert!(request.encrypted());
    let consent = request.grant(Recognised::ByDevice, now()).unwrap();
    let frame = wallet.present_qr(&consent, now()).unwrap();
    Kbt::parse(&frame.bytes).unwrap_err();
    let token = key.open(&EncryptedAnswer::parse(&frame.bytes).unwrap()).unwrap();
    assert_eq!(Kbt::parse(&token).unwrap().claims().audience, NAME);
}

#[tokio::test]
async fn refuses_a_desk_that_nobody_named_or_that_did_not_sign_and_keeps_the_refusal() {
    let (running, _phone, wallet) = enrolled(|_| {}).await;
    let stranger = TestDesk::new().screen(&TestKey::new());
    let error = wallet.ask_consent(CARD, None, Some(&stranger), now()).unwrap_err();
    assert_eq!((error.code(), error.kind()), ("challenge.authority_signature", Kind::IssuerRefused));
    assert!(
        matches!(newest(&wallet), Event::Refused { code, .. } if code == "challenge.authority_signature")
    );
    let old = TestDesk { asked_at: server_time().minus_seconds(60), ..TestDesk::new() };
    let error = wallet.ask_consent(CARD, None, Some(&screen(&running, &old)), now()).unwrap_err();
    assert_eq!((error.code(), error.kind()), ("challenge.expired", Kind::NotReady));
    for (text, code) in [("hello", "challenge.malformed"), ("73610", "challenge.scan_incomplete")] {
        assert_eq!(wallet.ask_consent(CARD, None, Some(text), now()).unwrap_err().code(), code);
    }
}

#[tokio::test]
async fn warns_of_what_the_desk_was_not_named_for_and_keeps_the_warning() {
    let (running, _phone, wallet) = enrolled(|_| {}).await;
    let asked = vec![key::NAME, key::LEVEL_POLICY, key::GUARDIAN];
    let text = screen(&running, &TestDesk { asked, ..TestDesk::new() });
    let request = wallet.ask_consent(CARD, None, Some(&text), now()).unwrap();
    assert_eq!((request.over_asked(), request.missing()), (vec![key::LEVEL_POLICY], &[key::GUARDIAN][..]));
    // The warning stands in the history, whatever the person says to it.
    wallet.decline(&request, now()).unwrap();
    assert!(
        matches!(newest(&wallet), Event::Declined { over_asked, .. } if over_asked == [key::LEVEL_POLICY])
    );
    let consent = request.grant(Recognised::ByDevice, now()).unwrap();
    wallet.present_qr(&consent, now()).unwrap();
    assert!(
        matches!(newest(&wallet), Event::Presented { over_asked, .. } if over_asked == [key::LEVEL_POLICY])
    );
}

#[tokio::test]
async fn discloses_only_what_the_desk_asks_where_the_credential_can_keep_the_rest_back() {
    let (running, _phone, wallet) = enrolled(|running| running.state().issuer.redacted = true).await;
    let text = screen(&running, &TestDesk { asked: vec![key::NAME, key::BIRTH_DATE], ..TestDesk::new() });
    let request = wallet.ask_consent(CredentialName::Citizen, None, Some(&text), now()).unwrap();
    assert_eq!(request.disclosed(), [key::NAME, key::BIRTH_DATE, key::LEVEL_POLICY]);
    let consent = request.grant(Recognised::ByDevice, now()).unwrap();
    let frame = wallet.present_qr(&consent, now()).unwrap();
    let token = Kbt::parse(&frame.bytes).unwrap();
    let issuer = running.state().issuer.public();
    let shown: SdCwt<'_> = token.credential().clone();
    let verified = shown.verify(&issuer).unwrap();
    assert_eq!(verified.claims().keys(), [key::NAME, key::BIRTH_DATE, key::LEVEL_POLICY]);
    assert!(!frame.bytes.windows(12).any(|part| part == b"000199012345"));
}

#[tokio::test]
async fn carries_the_level_at_which_the_person_was_recognised_and_refuses_one_too_low() {
    let (running, _phone, wallet) = enrolled(|_| {}).await;
    let levels =
        [Recognised::ByDevice, Recognised::ByKnowledge, Recognised::ByBiometrics, Recognised::ByBoth];
    for (recognised, level) in levels.into_iter().zip(1..) {
        let consent = wallet.ask_consent(CARD, None, None, now()).unwrap().grant(recognised, now()).unwrap();
        let frame = wallet.present_qr(&consent, now()).unwrap();
        assert_eq!(Kbt::parse(&frame.bytes).unwrap().claims().level, Some(level));
    }
    let text = screen(&running, &TestDesk { minimum_level: Some(3), ..TestDesk::new() });
    let request = wallet.ask_consent(CARD, None, Some(&text), now()).unwrap();
    assert_eq!(request.minimum_level(), 3);
    let error = request.clone().grant(Recognised::ByKnowledge, now()).unwrap_err();
    assert_eq!(error.code(), "present.level_too_low");
    request.grant(Recognised::ByBiometrics, now()).unwrap();
}

/// A portrait that the issuer vouches for comes beside each credential.
fn pictured(running: &Running) {
    let mut state = running.state();
    state.issuer.portrait = Some(vec![5; 700]);
    state.issuer.hashed = Some(vec![5; 700]);
}

#[tokio::test]
async fn shows_the_portrait_where_the_person_agreed_to_it_and_keeps_that_in_the_history() {
    let (_running, _phone, wallet) = enrolled(pictured).await;
    let request = wallet.ask_consent(CARD, None, None, now()).unwrap().with_portrait().unwrap();
    assert!(request.shows_portrait());
    let consent = request.grant(Recognised::ByDevice, now()).unwrap();
    let first = wallet.present_qr(&consent, now()).unwrap().text;
    let mut frames = wallet.portrait_frames(&consent, now()).unwrap();
    frames.push(first.clone());
    let collected = animated::collect(&frames).unwrap();
    assert_eq!((collected.presentation, collected.portrait), (first, Some(vec![5; 700])));
    assert!(matches!(newest(&wallet), Event::Presented { portrait: true, .. }));
    let late = wallet.portrait_frames(&consent, now().plus_seconds(120)).unwrap_err();
    assert_eq!(late.code(), "present.consent_over");
}

#[tokio::test]
async fn shows_no_portrait_that_is_not_there_or_was_not_agreed_to_or_would_be_read_by_others() {
    let (_running, _phone, wallet) = enrolled(|_| {}).await;
    let none = wallet.ask_consent(CARD, None, None, now()).unwrap().with_portrait().unwrap_err();
    assert_eq!((none.code(), none.kind()), ("present.no_portrait", Kind::NotReady));
    let (running, _phone, wallet) = enrolled(pictured).await;
    let consent = agree(&wallet, now()).unwrap();
    assert_eq!(wallet.portrait_frames(&consent, now()).unwrap_err().code(), "present.no_portrait");
    let key = AnswerKey::generate().unwrap();
    let text = screen(&running, &TestDesk { encryption_key: Some(*key.public()), ..TestDesk::new() });
    let request = wallet.ask_consent(CARD, None, Some(&text), now()).unwrap();
    assert_eq!(request.with_portrait().unwrap_err().code(), "present.no_portrait");
}
