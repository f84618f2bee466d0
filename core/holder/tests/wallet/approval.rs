//! Which kind of key each copy of a document is bound to, however keys are proven.
use std::sync::atomic::Ordering;

use holder::KeyPolicy::{Approval, Presentation};
use holder::{DocumentInfo, Error, Issuers, KeyError, Silent, Wallet};
use trust::certificates::CertificateAnchors;
use trust::time::Timestamp;

use crate::doubles::Phone;
use crate::doubles::attested::KeyCheck;
use crate::doubles::document_issuer::RunningIssuer;
use crate::doubles::provider::{SERVER_TIME, applicant, at, provider};

fn now() -> Timestamp {
    Timestamp::from_unix(SERVER_TIME)
}

/// An issuer of SD-JWT VCs in so many copies.
async fn issuer(copies: Option<usize>) -> RunningIssuer {
    let running = RunningIssuer::start().await;
    (running.state().sd_jwt, running.state().batch) = (true, copies);
    running
}

async fn obtain(running: &RunningIssuer, wallet: &Wallet) -> Result<Vec<DocumentInfo>, Error> {
    let issuers = Issuers { roots_pem: &running.server.roots_pem, anchors_pem: Some(&running.anchors_pem) };
    wallet.obtain_documents(&running.offer(), issuers, None, &Silent, now()).await
}

/// How many keys there are of each kind: approving, presenting.
fn kinds(phone: &Phone) -> (usize, usize) {
    (phone.keys.count_of(Approval), phone.keys.count_of(Presentation))
}

/// Copies, those that present and were not shown, and whether it can approve.
fn said(info: &DocumentInfo) -> (usize, usize, bool) {
    (info.copies, info.unshown, info.can_approve)
}

#[tokio::test]
async fn one_of_several_copies_approves_and_a_single_one_does_both() {
    for (copies, expected, document) in [(Some(3), (1, 2), (3, 2, true)), (None, (1, 0), (1, 1, true))] {
        let (running, phone) = (issuer(copies).await, Phone::new());
        let obtained = obtain(&running, &phone.wallet()).await.unwrap();
        assert_eq!((kinds(&phone), said(&obtained[0])), (expected, document), "{copies:?}");
        // Its proof of possession.
        assert_eq!(phone.keys.prompts.asked(), 1, "{copies:?}");
    }
}

#[tokio::test]
async fn an_mdoc_whose_issuer_lets_no_key_approve_cannot() {
    let (running, phone) = (issuer(Some(3)).await, Phone::new());
    running.state().sd_jwt = false;
    let obtained = obtain(&running, &phone.wallet()).await.unwrap();
    assert_eq!((kinds(&phone), said(&obtained[0])), ((1, 2), (3, 2, false)));
}

#[tokio::test]
async fn where_one_attestation_speaks_for_all_keys_one_that_prompts_nobody_signs() {
    for (copies, alone, prompts) in
        [(Some(3), false, 0), (Some(3), true, 0), (None, false, 1), (None, true, 0)]
    {
        let (provider, running, phone) = (provider().await, issuer(copies).await, Phone::new());
        phone.keys.attests.store(true, Ordering::SeqCst);
        let wallet = phone.wallet();
        wallet.account().open(&at(&provider), &applicant(), now()).await.unwrap();
        wallet.account().activate("123456", now()).await.unwrap();
        let anchors = CertificateAnchors::from_pem(&provider.state().vouching.root_pem()).unwrap();
        running.state().key_check = Some(KeyCheck { anchors, alone });
        let obtained = obtain(&running, &wallet).await.unwrap();
        // The account's own key presents, too.
        let presenting = copies.map_or(0, |copies| copies - 1);
        assert_eq!(kinds(&phone), (1, presenting + 1), "{copies:?} {alone}");
        assert!(obtained[0].can_approve, "{copies:?} {alone}");
        assert_eq!(phone.keys.prompts.asked(), prompts, "{copies:?} {alone}");
        let vouched = &provider.state().vouching.vouched;
        assert_eq!(*vouched, ["attest_keys", "key_attestation"], "{copies:?} {alone}");
    }
}

#[tokio::test]
async fn what_comes_later_still_knows_which_key_approves() {
    let (running, phone) = (issuer(Some(3)).await, Phone::new());
    (running.state().put_off, running.state().backwards) = (1, true);
    assert_eq!(obtain(&running, &phone.wallet()).await, Ok(Vec::new()));
    let wallet = phone.wallet();
    let awaited = wallet.awaited().unwrap().remove(0);
    let late = now().plus_seconds(60);
    let document = wallet.fetch_awaited(&awaited.id, &Silent, late).await.unwrap().unwrap();
    assert_eq!((said(&document), phone.keys.prompts.asked()), ((3, 2, true), 1));
}

#[tokio::test]
async fn what_is_fetched_anew_can_approve_as_well() {
    let (running, phone) = (issuer(Some(3)).await, Phone::new());
    running.state().refresh = true;
    let wallet = phone.wallet();
    let first = obtain(&running, &wallet).await.unwrap().remove(0);
    let next = wallet.refresh_document(&first.id, &Silent, now()).await.unwrap().unwrap();
    assert_eq!((kinds(&phone), said(&next), phone.keys.prompts.asked()), ((1, 2), (3, 2, true), 2));
}

#[tokio::test]
async fn a_phone_without_finger_or_face_gets_documents_that_do_not_approve() {
    for (copies, document) in [(Some(3), (3, 3, false)), (None, (1, 1, false))] {
        let (running, phone) = (issuer(copies).await, Phone::new());
        phone.keys.no_biometrics.store(true, Ordering::SeqCst);
        let obtained = obtain(&running, &phone.wallet()).await.unwrap();
        assert_eq!((kinds(&phone).0, said(&obtained[0])), (0, document));
        assert_eq!(phone.keys.count(), document.0);
    }
}

#[tokio::test]
async fn who_declines_at_the_prompt_of_a_new_key_has_nothing_half() {
    let (running, phone) = (issuer(Some(3)).await, Phone::new());
    let wallet = phone.wallet();
    *phone.keys.prompts.fail.lock().unwrap() = Some(KeyError::UserCancelled);
    assert_eq!(obtain(&running, &wallet).await, Err(Error::Key(KeyError::UserCancelled)));
    assert_eq!((wallet.documents().unwrap().len(), phone.keys.count()), (0, 0));
    // While it is made, too: no other key takes its place.
    running.state().batch = None;
    *phone.keys.fail_create.lock().unwrap() = Some(KeyError::UserCancelled);
    assert_eq!(obtain(&running, &wallet).await, Err(Error::Key(KeyError::UserCancelled)));
    assert_eq!(phone.keys.count(), 0);
}
