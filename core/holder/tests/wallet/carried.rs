//! What comes along when the account moves from phone to phone.
use holder::{Event, Issuers, Kind, Pin, Renewed, Silent, Wallet};
use serde_json::json;

use crate::doubles::Phone;
use crate::doubles::document_issuer::RunningIssuer;
use crate::doubles::moving::old_phone;
use crate::doubles::provider::{Running, at, now, provider};

/// A phone that has just claimed the account of one with two credentials, which holds these documents of another issuer, too.
async fn claimed(documents: Option<&RunningIssuer>) -> (Running, Phone, Wallet, u64) {
    let running = provider().await;
    let (_old_phone, old) = old_phone(&running).await;
    if let Some(issuer) = documents {
        let issuers = Issuers { roots_pem: &issuer.server.roots_pem, anchors_pem: Some(&issuer.anchors_pem) };
        old.obtain_documents(&issuer.offer(), issuers, None, &Silent, now()).await.unwrap();
    }
    let phone = Phone::new();
    let new = phone.wallet();
    let shown = new.account().receive(&at(&running), "new phone", now()).await.unwrap();
    let code = old.account().read_new_phone(&shown.text, now()).unwrap();
    old.account().hand_over(&code, &Pin::parse("159357").unwrap(), now()).await.unwrap();
    let received = new.account().claim(now()).await.unwrap();
    assert_eq!((received.credentials, received.documents, received.opened), (2, 0, true));
    (running, phone, new, received.other_issuers)
}

#[tokio::test]
async fn one_that_is_refused_for_good_keeps_none_of_the_others_back() {
    let (running, phone, new, _) = claimed(None).await;
    running.state().refuse = Some(json!({"error": "too_young"}));
    let obtained = new.account().obtain_carried(&Silent, now()).await.unwrap();
    assert!(matches!(&obtained[..], [Renewed::Credentials(_)]), "{obtained:?}");
    assert_eq!((new.account().has_carried(), phone.keys.count()), (Ok(false), 2));
    let refused = |event: &Event| matches!(event, Event::Refused { code, .. } if code == "account.too_young");
    assert!(new.history(None, 10).unwrap().iter().any(|entry| refused(&entry.event)));
}

#[tokio::test]
async fn one_that_may_still_come_is_told_after_the_others_came_and_is_tried_again() {
    for (refusal, kind) in
        [(Some(json!({"error": "account_locked"})), Kind::IssuerRefused), (None, Kind::NoNetwork)]
    {
        let (running, phone, new, _) = claimed(None).await;
        running.state().hang_up = refusal.is_none();
        running.state().refuse = refusal;
        let failed = new.account().obtain_carried(&Silent, now()).await.unwrap_err();
        assert_eq!((failed.kind(), phone.keys.count()), (kind, 2));
        assert_eq!((new.credentials().unwrap().len(), new.account().has_carried()), (1, Ok(true)));
        assert_eq!(new.account().obtain_carried(&Silent, now()).await.unwrap().len(), 1);
        assert_eq!((new.credentials().unwrap().len(), new.account().has_carried()), (2, Ok(false)));
    }
}

#[tokio::test]
async fn documents_of_other_issuers_are_told_of_those_awaited_too() {
    for put_off in [0, 1] {
        let issuer = RunningIssuer::start().await;
        issuer.state().put_off = put_off;
        let (_running, _phone, new, other_issuers) = claimed(Some(&issuer)).await;
        assert_eq!((other_issuers, new.documents().unwrap().len()), (1, 0));
    }
}
