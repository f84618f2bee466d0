//! A phone that the provider no longer knows as the account's keeps nothing of what belonged to its holder but the history.
use holder::{AccountError, CredentialName, Event, Issuers, Silent, Wanted};
use serde_json::json;

use crate::doubles::Phone;
use crate::doubles::document_issuer::RunningIssuer;
use crate::doubles::provider::{applicant, at, now, provider};

#[tokio::test]
async fn is_emptied_of_credentials_documents_and_what_is_awaited() {
    let (running, phone) = (provider().await, Phone::new());
    let wallet = phone.wallet();
    let account = wallet.account();
    account.open(&at(&running), &applicant(), now()).await.unwrap();
    account.activate("123456", now()).await.unwrap();
    let citizen = Wanted::Named(CredentialName::Citizen, None);
    account.obtain_credential(citizen, None, &Silent, now()).await.unwrap();
    for put_off in [0, 1] {
        let issuer = RunningIssuer::start().await;
        {
            let mut state = issuer.state();
            (state.bound, state.refresh, state.put_off) = (true, true, put_off);
        }
        let issuers = Issuers { roots_pem: &issuer.server.roots_pem, anchors_pem: Some(&issuer.anchors_pem) };
        wallet.obtain_documents(&issuer.offer(), issuers, None, &Silent, now()).await.unwrap();
    }
    assert_eq!((wallet.documents().unwrap().len(), wallet.awaited().unwrap().len()), (1, 1));
    // The account's, the credential's, and two each for document and tokens.
    assert_eq!(phone.keys.count(), 6);

    running.state().refuse = Some(json!({"error": "device_replaced"}));
    assert_eq!(account.lock(now()).await.unwrap_err(), AccountError::Replaced.into());
    assert_eq!((wallet.documents().unwrap().len(), wallet.awaited().unwrap().len()), (0, 0));
    assert_eq!((wallet.credentials().unwrap().len(), phone.keys.count()), (0, 0));
    let events: Vec<Event> = wallet.history(None, 10).unwrap().into_iter().map(|entry| entry.event).collect();
    assert!(events.contains(&Event::PhoneReplaced) && events.contains(&Event::AccountOpened));
    wallet.verify_history().unwrap();
}

#[tokio::test]
async fn an_unclear_refusal_empties_nothing() {
    let (running, phone) = (provider().await, Phone::new());
    let wallet = phone.wallet();
    wallet.account().open(&at(&running), &applicant(), now()).await.unwrap();
    wallet.account().activate("123456", now()).await.unwrap();
    for code in ["account_unknown", "device_waiting", "bad_signature", "account_locked", "of another kind"] {
        running.state().refuse = Some(json!({"error": code}));
        wallet.account().show(now()).await.unwrap_err();
        assert_eq!(phone.keys.count(), 1, "{code}");
        assert!(wallet.account().remembered().is_ok());
    }
    wallet.account().lock(now()).await.unwrap();
}
