//! Whom the wallet believes because the nation's trust list names them, and until when.
use holder::{Error, IssuanceError, Issuers, Kind, Silent, Wallet};
use test_key::Authority;
use trust::anchors::{ListedCertificate, Role};
use trust::certificates::{Certificate, ChainError, Purpose};
use trust::time::Timestamp;

use crate::doubles::Phone;
use crate::doubles::document_issuer::RunningIssuer;
use crate::doubles::provider::{Running, SERVER_TIME, applicant, at, now, provider};

const DAY: i64 = 24 * 3600;

async fn enrolled() -> (Running, Phone, Wallet) {
    let (running, phone) = (provider().await, Phone::new());
    let wallet = phone.wallet();
    wallet.account().open(&at(&running), &applicant(), now()).await.unwrap();
    wallet.account().activate("123456", now()).await.unwrap();
    running.state().issuer.list_life = 10 * DAY;
    (running, phone, wallet)
}

fn listed(role: Role, certificate: Vec<u8>) -> ListedCertificate {
    ListedCertificate { role, certificate, name: "Listed".to_owned(), revoked: false }
}

#[tokio::test]
async fn believes_whom_the_list_names_each_in_its_role() {
    let (running, _phone, wallet) = enrolled().await;
    let roots = ["Issuers", "Askers", "Register"].map(Authority::root);
    let roles = [Role::Documents, Role::Requests, Role::Registrations];
    running.state().issuer.certificates =
        roles.iter().zip(&roots).map(|(role, root)| listed(*role, root.der())).collect();
    let named = wallet.account().national_anchors(now()).await.unwrap();
    for (anchors, root) in [named.issuers, named.verifiers, named.registrars].iter().zip(&roots) {
        let found: Vec<&[u8]> = anchors.certificates().map(Certificate::der).collect();
        assert_eq!(found, [root.der()]);
    }
}

#[tokio::test]
async fn a_list_of_the_day_is_believed_without_asking_and_an_older_one_is_fetched_anew() {
    let (running, _phone, wallet) = enrolled().await;
    for (seconds, fetched) in [(0, 1), (DAY - 1, 1), (DAY, 2), (DAY + 1, 2), (-1, 3)] {
        wallet.account().national_anchors(now().plus_seconds(seconds)).await.unwrap();
        assert_eq!(running.state().issuer.lists_fetched, fetched, "{seconds}");
    }
}

#[tokio::test]
async fn what_is_withdrawn_is_believed_until_the_next_refresh() {
    let (running, _phone, wallet) = enrolled().await;
    let (root, key) = (Authority::root("Askers"), test_key::TestKey::new());
    let bank = root.issue("Bank", &key);
    running.state().issuer.certificates = vec![listed(Role::Requests, root.der())];
    wallet.account().national_anchors(now()).await.unwrap();
    let gone = ListedCertificate { revoked: true, ..listed(Role::Requests, bank.clone()) };
    running.state().issuer.certificates.push(gone);
    let verdict = |named: holder::NationalAnchors| {
        named.verifiers.verify(&[&bank], Purpose::Requests, Timestamp::from_unix(SERVER_TIME)).map(drop)
    };
    assert_eq!(verdict(wallet.account().national_anchors(now()).await.unwrap()), Ok(()));
    // As a shell does from time to time.
    assert!(wallet.account().refresh_due(&Silent, now()).await.unwrap().is_empty());
    let refused = Err(ChainError::Withdrawn);
    assert_eq!(verdict(wallet.account().national_anchors(now()).await.unwrap()), refused);
    assert_eq!(verdict(wallet.account().refresh_trust_list(now()).await.unwrap()), refused);
}

#[tokio::test]
async fn without_network_the_list_at_hand_serves_on_within_its_time() {
    let (running, _phone, wallet) = enrolled().await;
    let root = Authority::root("Askers");
    running.state().issuer.certificates = vec![listed(Role::Requests, root.der())];
    wallet.account().national_anchors(now()).await.unwrap();
    running.server.stop();
    let later = now().plus_seconds(9 * DAY);
    let named = wallet.account().national_anchors(later).await.unwrap();
    assert_eq!(named.verifiers.certificates().len(), 1);
    let over = wallet.account().national_anchors(now().plus_seconds(10 * DAY)).await.unwrap_err();
    assert_eq!(over.kind(), Kind::NoNetwork);
    let (fresh, _phone) = (Phone::new(), ());
    let none = fresh.wallet().account().national_anchors(now()).await.unwrap_err();
    assert_eq!(none.code(), "account.no_account");
}

#[tokio::test]
async fn documents_of_whom_the_list_names_need_no_anchors_of_the_persons_own() {
    let (running, _phone, wallet) = enrolled().await;
    let issuer = RunningIssuer::start().await;
    issuer.state().refresh = true;
    let there = Timestamp::from_unix(SERVER_TIME)
        .minus_seconds(Timestamp::from_unix(SERVER_TIME).seconds_since(now()));
    let (roots_pem, link) = (issuer.server.roots_pem.clone(), issuer.offer());
    let obtain = async || {
        let issuers = Issuers { roots_pem: &roots_pem, anchors_pem: None };
        wallet.obtain_documents(&link, issuers, None, &Silent, there).await
    };
    assert_eq!(obtain().await.unwrap_err(), Error::Issuance(IssuanceError::UnknownIssuer));
    let authority = Certificate::parse_pem(&issuer.anchors_pem).unwrap().remove(0).der().to_vec();
    running.state().issuer.certificates = vec![listed(Role::Documents, authority)];
    wallet.account().refresh_trust_list(now()).await.unwrap();
    let obtained = obtain().await.unwrap();
    let anew = wallet.refresh_document(&obtained[0].id, &Silent, there).await.unwrap().unwrap();
    running.state().issuer.certificates[0].revoked = true;
    wallet.account().refresh_trust_list(now()).await.unwrap();
    let refused = wallet.refresh_document(&anew.id, &Silent, there).await.unwrap_err();
    assert_eq!(refused, Error::Issuance(IssuanceError::UnknownIssuer));
}
