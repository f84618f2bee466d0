//! Obtaining credentials from a small issuer that checks each request as OpenID4VCI says, and that fails in many ways.
use std::sync::Mutex;

use holder::{
    CredentialName, Error, Event, IssuanceError, Kind, ProgressListener, Silent, Step, Wallet, Wanted,
};
use serde_json::json;

use crate::doubles::issuer::Fault;
use crate::doubles::provider::{Running, applicant, at, now, provider, server_time};
use crate::doubles::{Phone, agree};

const INSURANCE: Wanted<'static> = Wanted::Named(CredentialName::HealthInsurance, None);

/// A wallet with an active account at a provider.
async fn enrolled() -> (Running, Phone, Wallet) {
    let (running, phone) = (provider().await, Phone::new());
    let wallet = phone.wallet();
    wallet.account().open(&at(&running), &applicant(), now()).await.unwrap();
    wallet.account().activate("123456", now()).await.unwrap();
    (running, phone, wallet)
}

async fn obtain(wallet: &Wallet, wanted: Wanted<'_>) -> Result<usize, Error> {
    wallet.account().obtain_credential(wanted, None, &Silent, now()).await.map(|obtained| obtained.len())
}

fn by_reference(running: &Running) -> String {
    format!("openid-credential-offer://?credential_offer_uri={}/offer/both", running.server.url)
}

#[tokio::test]
async fn obtains_credentials_by_name_each_with_a_key_of_its_own() {
    let (_running, phone, wallet) = enrolled().await;
    assert_eq!(obtain(&wallet, Wanted::Named(CredentialName::Citizen, None)).await, Ok(1));
    assert_eq!(obtain(&wallet, INSURANCE).await, Ok(1));
    assert_eq!(phone.keys.count(), 3);
    let mut types: Vec<String> = wallet.credentials().unwrap().into_iter().map(|held| held.vct).collect();
    types.sort();
    assert_eq!(types, ["urn:vn:citizen:1", "urn:vn:health-insurance:1"]);
    assert_eq!(wallet.credentials().unwrap()[0].issuer, "Ministry of the Test");
    let last = wallet.history(None, 1).unwrap();
    assert!(
        matches!(&last[0].event, Event::CredentialObtained { vct, .. } if vct == "urn:vn:health-insurance:1")
    );
}

#[tokio::test]
async fn obtains_two_credentials_from_one_offer_by_reference_and_tells_each_step() {
    #[derive(Default)]
    struct Heard(Mutex<Vec<Step>>);
    impl ProgressListener for Heard {
        fn began(&self, step: Step) {
            self.0.lock().unwrap().push(step);
        }
    }
    let (running, _phone, wallet) = enrolled().await;
    let heard = Heard::default();
    let link = by_reference(&running);
    let offer = wallet.account().read_offer(&link).await.unwrap();
    assert_eq!((offer.issuer.as_str(), offer.credentials.len()), (running.server.url.as_str(), 2));
    let obtained =
        wallet.account().obtain_credential(Wanted::Offer(&link), None, &heard, now()).await.unwrap();
    assert_eq!(obtained.len(), 2);
    let steps = heard.0.into_inner().unwrap();
    assert_eq!(steps.first(), Some(&Step::Provider));
    assert_eq!(steps.iter().filter(|&&step| step == Step::Storing).count(), 2);
}

#[tokio::test]
async fn replaces_an_earlier_credential_and_deletes_its_key() {
    let (_running, phone, wallet) = enrolled().await;
    obtain(&wallet, INSURANCE).await.unwrap();
    let first = wallet.credentials().unwrap()[0].id.clone();
    obtain(&wallet, INSURANCE).await.unwrap();
    assert_ne!(wallet.credentials().unwrap()[0].id, first);
    assert_eq!((wallet.credentials().unwrap().len(), phone.keys.count()), (1, 2));
}

#[tokio::test]
async fn deletes_a_credential_with_its_key() {
    let (_running, phone, wallet) = enrolled().await;
    obtain(&wallet, INSURANCE).await.unwrap();
    wallet.present_qr(&agree(&wallet, now()).unwrap(), now()).unwrap();
    let id = wallet.credentials().unwrap()[0].id.clone();
    wallet.delete_credential(&id, now()).unwrap();
    assert_eq!((wallet.credentials().unwrap().len(), phone.keys.count()), (0, 1));
    assert_eq!(agree(&wallet, now()).unwrap_err().code(), "present.no_credential");
    assert_eq!(wallet.delete_credential(&id, now()).unwrap_err(), IssuanceError::NotFound.into());
}

#[tokio::test]
async fn uses_the_identifier_that_came_with_the_token() {
    let (running, _phone, wallet) = enrolled().await;
    running.state().issuer.identifiers = true;
    // The issuer's checks are the assertion: identifier and nothing else.
    obtain(&wallet, INSURANCE).await.unwrap();
}

#[tokio::test]
async fn asks_for_a_transaction_code_and_lets_a_wrong_one_be_typed_again() {
    let (running, _phone, wallet) = enrolled().await;
    running.state().issuer.transaction_code = Some("4711".to_owned());
    let link = by_reference(&running);
    let offer = wallet.account().read_offer(&link).await.unwrap();
    assert_eq!(offer.transaction_code.unwrap().length, Some(4));
    let with =
        async |code| wallet.account().obtain_credential(Wanted::Offer(&link), code, &Silent, now()).await;
    assert_eq!(with(None).await.unwrap_err(), IssuanceError::TransactionCodeRequired.into());
    let wrong = with(Some("0000")).await.unwrap_err();
    assert_eq!((wrong.clone(), wrong.kind()), (IssuanceError::TransactionCodeWrong.into(), Kind::NotReady));
    let last = wallet.history(None, 1).unwrap().remove(0).event;
    assert!(matches!(last, Event::Refused { code, .. } if code == "issuance.tx_code_wrong"));
    assert_eq!(with(Some("4711")).await.unwrap().len(), 2);
    running.state().issuer.transaction_code = None;
    assert_eq!(with(Some("4711")).await.unwrap_err(), IssuanceError::TransactionCodeUnexpected.into());
}

#[tokio::test]
async fn renews_a_stale_nonce_once_and_no_more() {
    let (running, _phone, wallet) = enrolled().await;
    running.state().issuer.fault = Fault::StaleNonces(1);
    assert_eq!(obtain(&wallet, INSURANCE).await, Ok(1));
    let (running, _phone, wallet) = enrolled().await;
    running.state().issuer.fault = Fault::StaleNonces(2);
    assert_eq!(obtain(&wallet, INSURANCE).await.unwrap_err().code(), "issuer.invalid_nonce");
}

#[tokio::test]
async fn refuses_what_breaks_a_rule_and_keeps_nothing_of_it() {
    for (fault, code) in [
        (Fault::OtherIssuerInMetadata, "issuance.issuer_mix_up"),
        (Fault::OtherServerInMetadata, "issuance.issuer_mix_up"),
        (Fault::OtherKey, "issuance.wrong_key"),
        (Fault::OtherType, "issuance.wrong_type"),
        (Fault::Expired, "issuance.not_valid_now"),
        (Fault::OtherIssuerKey, "issuance.issuer_signature"),
        (Fault::Flipped, "issuance.issuer_signature"),
        (Fault::RevokedIssuer, "issuance.unknown_issuer"),
        (Fault::OtherRoot, "issuance.trust_list"),
        (Fault::Deferred, "issuance.deferred"),
        (Fault::HangUp, "network.interrupted"),
        (Fault::DuplicateMember, "network.malformed"),
    ] {
        let (running, phone, wallet) = enrolled().await;
        running.state().issuer.fault = fault;
        let error = obtain(&wallet, INSURANCE).await.unwrap_err();
        assert_eq!(error.code(), code, "{fault:?}");
        assert_eq!((wallet.credentials().unwrap().len(), phone.keys.count()), (0, 1), "{fault:?}");
        let noted = matches!(&wallet.history(None, 1).unwrap()[0].event, Event::Refused { code: noted, .. } if noted == code);
        assert_eq!(noted, fault != Fault::HangUp, "{fault:?}");
        // Nothing stands in the way of another try.
        running.state().issuer.fault = Fault::None;
        assert_eq!(obtain(&wallet, INSURANCE).await, Ok(1), "{fault:?}");
    }
}

#[tokio::test]
async fn keeps_an_earlier_credential_when_its_replacement_is_refused() {
    let (running, phone, wallet) = enrolled().await;
    obtain(&wallet, INSURANCE).await.unwrap();
    let before = wallet.credentials().unwrap();
    running.state().issuer.fault = Fault::OtherKey;
    obtain(&wallet, INSURANCE).await.unwrap_err();
    assert_eq!((wallet.credentials().unwrap(), phone.keys.count()), (before, 2));
    wallet.present_qr(&agree(&wallet, now()).unwrap(), now()).unwrap();
}

#[tokio::test]
async fn refuses_a_trust_list_older_than_one_it_has_seen() {
    let (running, _phone, wallet) = enrolled().await;
    obtain(&wallet, INSURANCE).await.unwrap();
    running.state().issuer.fault = Fault::OlderTrustList;
    assert_eq!(obtain(&wallet, INSURANCE).await.unwrap_err(), IssuanceError::TrustList.into());
    let (root, list) = wallet.trust_list().unwrap().unwrap();
    assert!(trust::anchors::Trust::load(&[root], &list, 10, server_time()).is_ok());
}

#[tokio::test]
async fn passes_on_what_the_provider_refuses() {
    let (running, _phone, wallet) = enrolled().await;
    running.state().refuse = Some(json!({"error": "level_required"}));
    let error = obtain(&wallet, INSURANCE).await.unwrap_err();
    assert_eq!((error.code(), error.kind()), ("account.level_required", Kind::NotReady));
    running.state().refuse = Some(json!({"error": "account_locked"}));
    let error = obtain(&wallet, INSURANCE).await.unwrap_err();
    assert_eq!((error.code(), error.kind()), ("account.account_locked", Kind::IssuerRefused));
}

#[tokio::test]
async fn refuses_a_portrait_that_the_credential_does_not_vouch_for() {
    let (running, phone, wallet) = enrolled().await;
    let set = |portrait: &[u8], hashed: Option<&[u8]>| {
        let mut state = running.state();
        state.issuer.portrait = Some(portrait.to_vec());
        state.issuer.hashed = hashed.map(<[u8]>::to_vec);
    };
    for hashed in [None, Some(&b"another picture"[..])] {
        set(b"a picture", hashed);
        assert_eq!(obtain(&wallet, INSURANCE).await.unwrap_err(), IssuanceError::BadCredential.into());
        assert_eq!((wallet.credentials().unwrap().len(), phone.keys.count()), (0, 1));
    }
    set(b"a picture", Some(b"a picture"));
    obtain(&wallet, INSURANCE).await.unwrap();
}
