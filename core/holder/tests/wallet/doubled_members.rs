//! Answers in which a member stands twice: one reader of such an answer takes the first, another the last. The wallet takes none,
//! whichever server says it and in whichever answer, and nothing of it is kept.
use std::collections::BTreeMap;

use card::{ActiveExchange, CardReading, FileId};
use holder::{CredentialName, Error, FaceCapture, Issuers, Pin, Silent, Wallet, WalletClient, Wanted};
use serde_json::json;

use crate::doubles::Phone;
use crate::doubles::document_issuer::{CLIENT, REDIRECT, RunningIssuer};
use crate::doubles::provider::{Running, applicant, at, now, provider, server_time};
use crate::doubles::server::Server;

fn pin() -> Pin {
    Pin::parse("159357").unwrap()
}

async fn active() -> (Running, Phone, Wallet) {
    let (running, phone) = (provider().await, Phone::new());
    let wallet = phone.wallet();
    wallet.account().open(&at(&running), &applicant(), now()).await.unwrap();
    wallet.account().activate("123456", now()).await.unwrap();
    (running, phone, wallet)
}

/// Makes a call while answers from each of these paths have a member twice, and then once more while none has.
async fn refuses(server: &Server, paths: &[&str], code: &str, call: impl AsyncFn() -> Result<(), Error>) {
    for path in paths {
        server.line().doubled = Some((*path).to_owned());
        assert_eq!(call().await.unwrap_err().code(), code, "{path}");
    }
    server.line().doubled = None;
    call().await.unwrap_or_else(|error| panic!("{paths:?}: {error}"));
}

const MALFORMED: &str = "network.malformed";

#[tokio::test]
async fn opening_and_activating_take_no_answer_with_a_member_twice() {
    let (running, phone) = (provider().await, Phone::new());
    let wallet = phone.wallet();
    let account = wallet.account();
    let server = &running.server;
    let open = async || account.open(&at(&running), &applicant(), now()).await.map(drop);
    refuses(server, &["/account/challenge", "/account/open"], MALFORMED, open).await;
    assert_eq!(phone.keys.count(), 1);
    let activate = async || account.activate("123456", now()).await.map(drop);
    refuses(server, &["/account/challenge", "/account/activate"], MALFORMED, activate).await;
    let show = async || account.show(now()).await.map(drop);
    refuses(server, &["/account/show"], MALFORMED, show).await;
}

#[tokio::test]
async fn a_step_up_takes_no_answer_with_a_member_twice() {
    let (running, _phone, wallet) = active().await;
    let account = wallet.account();
    let server = &running.server;
    let start = async || account.start_step_up(now()).await.map(drop);
    refuses(server, &["/account/step-up"], MALFORMED, start).await;
    let begun = account.start_step_up(now()).await.unwrap();
    let challenge = begun.challenge();
    let files = BTreeMap::from([(FileId::Sod, b"sod".to_vec()), (FileId::Dg(2), b"face".to_vec())]);
    let exchange = ActiveExchange { challenge, response: challenge.to_vec() };
    let reading = CardReading::from_files(files, Some(exchange));
    let finish = async || {
        account.finish_step_up(&begun, &reading, FaceCapture(b"picture"), &Silent, now()).await.map(drop)
    };
    refuses(server, &["/face/statement", "/account/verify"], MALFORMED, finish).await;
}

#[tokio::test]
async fn obtaining_a_credential_takes_no_answer_with_a_member_twice() {
    let (running, phone, wallet) = active().await;
    let paths = [
        "/account/offer",
        "/.well-known/openid-credential-issuer",
        "/.well-known/oauth-authorization-server",
        "/token",
        "/nonce",
        "/credential",
    ];
    let obtain = async || {
        let wanted = Wanted::Named(CredentialName::Citizen, None);
        wallet.account().obtain_credential(wanted, None, &Silent, now()).await.map(drop)
    };
    refuses(&running.server, &paths, MALFORMED, obtain).await;
    assert_eq!((wallet.credentials().unwrap().len(), phone.keys.count()), (1, 2));
}

#[tokio::test]
async fn moving_an_account_takes_no_answer_with_a_member_twice() {
    let (running, _old_phone, old) = active().await;
    old.account().set_pin(&pin(), now()).await.unwrap();
    let new_phone = Phone::new();
    let new = new_phone.wallet();
    let shown = new.account().receive(&at(&running), "new phone", now()).await.unwrap();
    let code = old.account().read_new_phone(&shown.text, now()).unwrap();
    let hand_over = async || old.account().hand_over(&code, &pin(), now()).await.map(drop);
    refuses(&running.server, &["/account/hand-over"], MALFORMED, hand_over).await;
    let claim = async || new.account().claim(now()).await.map(drop);
    refuses(&running.server, &["/account/hand-over/claim"], MALFORMED, claim).await;
}

#[tokio::test]
async fn obtaining_documents_takes_no_answer_with_a_member_twice() {
    let (running, phone) = (RunningIssuer::start().await, Phone::new());
    let wallet = phone.wallet();
    let issuers =
        || Issuers { roots_pem: &running.server.roots_pem, anchors_pem: Some(&running.anchors_pem) };
    let obtain = async || {
        wallet.obtain_documents(&running.offer(), issuers(), None, &Silent, server_time()).await.map(drop)
    };
    let paths = [
        "/.well-known/openid-credential-issuer/tenant",
        "/.well-known/oauth-authorization-server/as",
        "/as/token",
        "/tenant/nonce",
        "/tenant/credential",
    ];
    refuses(&running.server, &["/offer"], "issuance.bad_offer", obtain).await;
    refuses(&running.server, &paths, MALFORMED, obtain).await;
    let known_as = WalletClient { client_id: CLIENT, redirect_uri: REDIRECT };
    let begin = async || {
        let begun = wallet.begin_authorisation(&running.offer(), issuers(), known_as, server_time()).await;
        begun.map(drop)
    };
    refuses(&running.server, &["/as/par"], MALFORMED, begin).await;
    assert_eq!((wallet.documents().unwrap().len(), phone.keys.count()), (1, 1));
}

#[tokio::test]
async fn a_document_that_was_put_off_comes_in_no_answer_with_a_member_twice() {
    let (running, phone) = (RunningIssuer::start().await, Phone::new());
    running.state().put_off = 1;
    let wallet = phone.wallet();
    let issuers = Issuers { roots_pem: &running.server.roots_pem, anchors_pem: Some(&running.anchors_pem) };
    let put_off = wallet.obtain_documents(&running.offer(), issuers, None, &Silent, server_time()).await;
    assert_eq!(put_off, Ok(Vec::new()));
    let id = wallet.awaited().unwrap()[0].id.clone();
    let later = server_time().plus_seconds(61);
    let fetch = async || wallet.fetch_awaited(&id, &Silent, later).await.map(drop);
    refuses(&running.server, &["/tenant/deferred"], MALFORMED, fetch).await;
    assert_eq!(wallet.documents().unwrap().len(), 1);
}

/// A refusal is one whatever its body says; a code that it says twice is none.
#[tokio::test]
async fn a_refusal_with_its_code_twice_says_nothing_more() {
    let (running, _phone, wallet) = active().await;
    running.state().refuse = Some(json!({"error": "account_locked"}));
    running.server.line().doubled = Some("/account/show".to_owned());
    let error = wallet.account().show(now()).await.unwrap_err();
    assert_eq!(error.server_code().as_str(), "none");
    running.state().refuse = Some(json!({"error": "account_locked"}));
    running.server.line().doubled = None;
    assert_eq!(wallet.account().show(now()).await.unwrap_err().server_code().as_str(), "account_locked");
}
