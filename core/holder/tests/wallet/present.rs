//! The clinic QR, with the network gone.
use holder::{
    Action, CredentialName, Error, Event, HistoryError, KeyError, Kind, QrFrame, Silent, Suspect, Wallet,
    Wanted,
};
use presentation::frame;
use presentation::kbt::Kbt;
use trust::time::Timestamp;

use crate::doubles::provider::{Running, applicant, at, now, provider, server_time};
use crate::doubles::{Phone, agree};

/// A wallet with a health-insurance credential whose provider is down.
async fn offline() -> (Phone, Wallet) {
    let (running, phone) = (provider().await, Phone::new());
    let wallet = phone.wallet();
    wallet.account().open(&at(&running), &applicant(), now()).await.unwrap();
    wallet.account().activate("123456", now()).await.unwrap();
    let wanted = Wanted::Named(CredentialName::HealthInsurance, None);
    wallet.account().obtain_credential(wanted, None, &Silent, now()).await.unwrap();
    running.server.stop();
    (phone, wallet)
}

/// Asked and agreed to at this time, then shown.
fn show(wallet: &Wallet, at: Timestamp) -> Result<QrFrame, Error> {
    wallet.present_qr(&agree(wallet, at)?, at)
}

#[tokio::test]
async fn shows_a_fresh_token_without_network_at_the_servers_time() {
    let (phone, wallet) = offline().await;
    assert_eq!(wallet.account().show(now()).await.unwrap_err().kind(), Kind::NoNetwork);
    drop(wallet);
    let shown = show(&phone.wallet(), now()).unwrap();
    assert_eq!(frame::decode(&shown.text).unwrap(), shown.bytes);
    let token = Kbt::parse(&shown.bytes).unwrap();
    // The device is an hour slow; the token is not.
    assert_eq!((token.claims().audience.as_str(), token.claims().issued_at), ("vn.clinic", server_time()));
    assert_eq!(shown.expires_at, now().plus_seconds(10));
}

#[tokio::test]
async fn makes_a_new_token_every_ten_seconds() {
    let (_phone, wallet) = offline().await;
    let consent = agree(&wallet, now()).unwrap();
    let at = |seconds| wallet.present_qr(&consent, now().plus_seconds(seconds)).unwrap();
    let first = at(0);
    assert_eq!(at(9), first);
    let second = at(10);
    assert_ne!(second.text, first.text);
    assert_eq!(Kbt::parse(&second.bytes).unwrap().claims().issued_at, server_time().plus_seconds(10));
    // A clock set back gives no old token.
    let again = show(&wallet, now().plus_seconds(-100)).unwrap();
    assert_eq!(Kbt::parse(&again.bytes).unwrap().claims().issued_at, server_time().plus_seconds(-100));
}

#[tokio::test]
async fn writes_a_use_into_the_history_once_for_each_consent() {
    let (_phone, wallet) = offline().await;
    let before = wallet.history(None, 100).unwrap().len();
    let consent = agree(&wallet, now()).unwrap();
    for seconds in (0..120).step_by(10) {
        wallet.present_qr(&consent, now().plus_seconds(seconds)).unwrap();
    }
    assert_eq!(wallet.history(None, 100).unwrap().len(), before + 1);
    let Event::Presented { vct, to, claims, over_asked, by_guardian, portrait, ward, stated_level } =
        wallet.history(None, 1).unwrap().remove(0).event
    else {
        panic!("another event")
    };
    assert_eq!((vct.as_str(), to.as_str()), ("urn:vn:health-insurance:1", "vn.clinic"));
    assert!(claims.contains(&1) && claims.contains(&75));
    assert_eq!((over_asked, by_guardian, portrait, ward), (vec![], false, false, None));
    assert_eq!(stated_level, None);
    show(&wallet, now().plus_seconds(120)).unwrap();
    wallet.stop_showing();
    show(&wallet, now().plus_seconds(121)).unwrap();
    assert_eq!(wallet.history(None, 100).unwrap().len(), before + 3);
}

#[tokio::test]
async fn refuses_an_expired_credential_and_says_so_in_the_history() {
    let (_phone, wallet) = offline().await;
    let late = wallet.credentials().unwrap()[0].expires_at;
    let error = show(&wallet, late).unwrap_err();
    assert_eq!((error.code(), error.kind()), ("present.expired", Kind::CredentialExpired));
    let last = wallet.history(None, 1).unwrap().remove(0).event;
    assert!(matches!(last, Event::Refused { code, .. } if code == "present.expired"));
}

#[tokio::test]
async fn where_the_key_did_not_sign_there_was_no_use() {
    let (phone, wallet) = offline().await;
    let consent = agree(&wallet, now()).unwrap();
    for (error, code) in [(KeyError::UserCancelled, "key.cancelled"), (KeyError::Locked, "key.locked")] {
        *phone.keys.fail_sign.lock().unwrap() = Some(error);
        assert_eq!(wallet.present_qr(&consent, now()), Err(error.into()));
        let last = wallet.history(None, 1).unwrap().remove(0).event;
        assert_eq!(last, Event::Refused { action: Action::Present, code: code.to_owned() });
    }
    assert!(wallet.recipients().unwrap().is_empty());
    let signatures = phone.keys.signatures();
    wallet.present_qr(&consent, now()).unwrap();
    assert_eq!((wallet.recipients().unwrap().len(), phone.keys.signatures()), (1, signatures + 1));
}

#[tokio::test]
async fn reports_a_lost_key() {
    let (phone, wallet) = offline().await;
    phone.keys.lose_all();
    assert_eq!(show(&wallet, now()).unwrap_err().kind(), Kind::DeviceKeyLost);
}

#[tokio::test]
async fn tells_who_received_what_and_exports_it() {
    let (_phone, wallet) = offline().await;
    show(&wallet, now()).unwrap();
    show(&wallet, now().plus_seconds(500)).unwrap();
    let [clinic] = wallet.recipients().unwrap().try_into().unwrap();
    assert_eq!((clinic.to.as_str(), clinic.uses), ("vn.clinic", 2));
    assert_eq!((clinic.first, clinic.last), (now(), now().plus_seconds(500)));
    assert!(clinic.claims.contains(&"75".to_owned()));
    let export = wallet.export_history().unwrap();
    let lines: Vec<serde_json::Value> =
        export.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len() as u64, wallet.verify_history().unwrap());
    assert_eq!(lines.last().unwrap()["event"]["presented"]["to"], "vn.clinic");
}

#[tokio::test]
async fn a_report_of_fraud_stands_in_the_history_and_its_export() {
    let (_phone, wallet) = offline().await;
    show(&wallet, now()).unwrap();
    let shown = wallet.verify_history().unwrap();
    let later = now().plus_seconds(60);
    let report = |suspect, words: &str| wallet.report_fraud(suspect, words, later);
    let noted = || wallet.history(None, 1).unwrap().remove(0);
    let fraud = |by: &str, happened_at, words: &str| Event::FraudReported {
        by: Some(by.to_owned()),
        happened_at,
        words: words.to_owned(),
    };
    assert_eq!(report(Suspect::Entry(shown), "  I was\nnot there "), Ok(shown + 1));
    let entry = noted();
    assert_eq!(entry.event, fraud("vn.clinic", Some(now().as_unix()), "I was not there"));
    assert_eq!((entry.sequence, entry.at), (shown + 1, later));
    assert_eq!(report(Suspect::Named("a caller"), "asked for my PIN"), Ok(shown + 2));
    assert_eq!(noted().event, fraud("a caller", None, "asked for my PIN"));
    // Of an entry without anybody else, and of a report.
    assert_eq!(report(Suspect::Entry(1), "not by me"), Ok(shown + 3));
    assert!(matches!(noted().event, Event::FraudReported { by: None, .. }));
    assert_eq!(report(Suspect::Entry(shown + 1), "again"), Ok(shown + 4));
    assert!(matches!(noted().event, Event::FraudReported { by: Some(by), .. } if by == "vn.clinic"));

    for number in [0, shown + 5, u64::MAX] {
        assert_eq!(report(Suspect::Entry(number), "nothing"), Err(HistoryError::NoEntry.into()));
    }
    let (longest, longer) = ("x".repeat(1000), "x".repeat(1001));
    for words in ["", " \n", "a\u{1b}[7m", &longer] {
        assert_eq!(report(Suspect::Entry(shown), words), Err(HistoryError::BadWords.into()), "{words:?}");
        assert_eq!(report(Suspect::Named(words), "words"), Err(HistoryError::BadWords.into()), "{words:?}");
    }
    report(Suspect::Entry(shown), &longest).unwrap();
    assert!(wallet.export_history().unwrap().contains("asked for my PIN"));
    assert_eq!(wallet.verify_history(), Ok(shown + 5));
}

const SIX_YEARS: i64 = 6 * 365 * 86_400;

/// A wallet whose account was opened at this time of the device's, and which then obtained a credential.
async fn enrolled_at(early: Timestamp) -> (Running, Phone, Wallet) {
    let (running, phone) = (provider().await, Phone::new());
    let wallet = phone.wallet();
    wallet.account().open(&at(&running), &applicant(), early).await.unwrap();
    wallet.account().activate("123456", early).await.unwrap();
    (running, phone, wallet)
}

async fn obtain(wallet: &Wallet, at: Timestamp) {
    let wanted = Wanted::Named(CredentialName::HealthInsurance, None);
    wallet.account().obtain_credential(wanted, None, &Silent, at).await.unwrap();
}

#[tokio::test]
async fn prunes_after_five_years_under_a_signed_anchor_and_still_notices_changes() {
    let early = now().minus_seconds(SIX_YEARS);
    let (running, phone, wallet) = enrolled_at(early).await;
    obtain(&wallet, early).await;
    running.server.stop();
    assert_eq!(wallet.prune_history(early).unwrap(), 0);
    assert_eq!(wallet.prune_history(now()).unwrap(), 2);
    assert_eq!(wallet.prune_history(now()).unwrap(), 0, "the last one stays");
    assert_eq!(wallet.history(None, 10).unwrap().len(), 1);
    assert_eq!(wallet.verify_history().unwrap(), 3);
    drop(wallet);
    let reopened = phone.wallet();
    assert_eq!(reopened.verify_history().unwrap(), 3);
    show(&reopened, early).unwrap();
    assert_eq!(reopened.verify_history().unwrap(), 4);
    drop(reopened);
    assert_eq!(phone.wallet().prune_history(now()).unwrap(), 1);
    assert_eq!(phone.wallet().verify_history().unwrap(), 4);
}

#[tokio::test]
async fn whoever_obtains_a_credential_has_the_history_pruned_and_a_clock_set_ahead_removes_nothing() {
    for (early, at, left) in [
        (now().minus_seconds(SIX_YEARS), now(), 1),
        // The device says it is 2040; the provider does not.
        (now(), now().plus_seconds(14 * 365 * 86_400), 3),
        (now().minus_seconds(SIX_YEARS), now().minus_seconds(SIX_YEARS), 3),
    ] {
        let (_running, phone, wallet) = enrolled_at(early).await;
        obtain(&wallet, at).await;
        assert_eq!((wallet.history(None, 10).unwrap().len(), wallet.verify_history()), (left, Ok(3)));
        drop(wallet);
        assert_eq!(phone.wallet().verify_history(), Ok(3));
    }
}

#[tokio::test]
async fn two_wallets_on_one_folder_agree_on_where_the_history_begins() {
    let early = now().minus_seconds(SIX_YEARS);
    let (_running, phone, wallet) = enrolled_at(early).await;
    obtain(&wallet, early).await;
    let other = phone.wallet();
    assert_eq!(other.prune_history(now()).unwrap(), 2);
    // This one was open before that.
    show(&wallet, early).unwrap();
    assert_eq!((wallet.verify_history(), other.verify_history()), (Ok(4), Ok(4)));
    drop((wallet, other));
    assert_eq!(phone.wallet().verify_history(), Ok(4));
}
