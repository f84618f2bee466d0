//! Issuers that demand that somebody vouches for the wallet and its keys.
use std::sync::atomic::Ordering;

use holder::{Authorisation, Error, IssuanceError, Issuers, Pin, Silent, Wallet, WalletClient};
use trust::time::Timestamp;

use crate::doubles::Phone;
use crate::doubles::attested::ClientCheck;
use crate::doubles::document_issuer::{CLIENT, REDIRECT, RunningIssuer};
use crate::doubles::provider::{Running, SERVER_TIME, applicant, at, provider};

fn now() -> Timestamp {
    Timestamp::from_unix(SERVER_TIME)
}

/// A wallet with an account whose provider vouches for its keys, and an issuer that knows wallets by that.
struct World {
    provider: Running,
    issuer: RunningIssuer,
    phone: Phone,
    wallet: Wallet,
}

impl World {
    async fn new() -> Self {
        let (provider, issuer, phone) = (provider().await, RunningIssuer::start().await, Phone::new());
        phone.keys.attests.store(true, Ordering::SeqCst);
        let wallet = phone.wallet();
        wallet.account().open(&at(&provider), &applicant(), now()).await.unwrap();
        wallet.account().activate("123456", now()).await.unwrap();
        let root = provider.state().vouching.root_pem();
        issuer.state().client = Some(ClientCheck::believing(&root));
        issuer.state().refresh = true;
        Self { provider, issuer, phone, wallet }
    }

    fn issuers(&self) -> Issuers<'_> {
        Issuers { roots_pem: &self.issuer.server.roots_pem, anchors_pem: Some(&self.issuer.anchors_pem) }
    }

    async fn begin(&self, client_id: &str) -> Result<Authorisation<'_>, Error> {
        let known_as = WalletClient { client_id, redirect_uri: REDIRECT };
        self.wallet.begin_authorisation(&self.issuer.offer(), self.issuers(), known_as, now()).await
    }

    fn known_at(&self) -> Vec<String> {
        self.issuer.state().client.as_ref().unwrap().known_at.clone()
    }
}

#[tokio::test]
async fn a_wallet_is_known_at_each_request_by_a_key_for_that_issuer_alone() {
    let world = World::new().await;
    for bound in [false, true] {
        world.issuer.state().bound = bound;
        let begun = world.begin(CLIENT).await.unwrap();
        let returned = world.issuer.returned(&[]);
        let obtained = begun.finish(&returned, &Silent, now()).await.unwrap();
        world.wallet.refresh_document(&obtained[0].id, &Silent, now()).await.unwrap();
        let mut expected = vec!["/as/par", "/as/token", "/as/token"];
        if bound {
            // Where a server wants its nonce in the proof of possession, the wallet is known again, by a new proof.
            expected.extend(["/as/par", "/as/par", "/as/token", "/as/token", "/as/token"]);
        }
        assert_eq!(world.known_at(), expected);
        // The same at each request of a visit and when fetching anew, another for the next visit.
        let keys = world.issuer.state().client.as_ref().unwrap().keys();
        assert_eq!(keys, if bound { 2 } else { 1 });
    }
    let state = world.provider.state();
    assert_eq!(state.vouching.vouched[..3], ["attest_keys", "wallet_attestation", "wallet_attestation"]);
}

#[tokio::test]
async fn a_challenge_that_comes_with_a_refusal_is_answered_once() {
    let world = World::new().await;
    world.issuer.state().client.as_mut().unwrap().in_header = true;
    let begun = world.begin(CLIENT).await.unwrap();
    assert_eq!(world.known_at(), ["/as/par"]);
    drop(begun);
    world.issuer.state().client.as_mut().unwrap().endless = true;
    let asked = world.issuer.state().asked.len();
    let refused = world.begin(CLIENT).await.err().unwrap();
    assert_eq!(refused.code(), "issuer.use_attestation_challenge");
    let state = world.issuer.state();
    assert_eq!(state.asked[asked..].iter().filter(|path| *path == "/as/par").count(), 2);
}

#[tokio::test]
async fn a_wallet_goes_under_no_other_name_than_it_was_attested_with() {
    let world = World::new().await;
    let refused = world.begin("another-wallet").await.err().unwrap();
    assert_eq!(refused, IssuanceError::AttestationUnavailable.into());
    assert!(world.known_at().is_empty());
    // The account's key alone is left.
    assert_eq!(world.phone.keys.count(), 1);
}

#[tokio::test]
async fn attestations_go_to_nobody_who_does_not_demand_them() {
    let world = World::new().await;
    world.issuer.state().client = None;
    let obtained =
        world.wallet.obtain_documents(&world.issuer.offer(), world.issuers(), None, &Silent, now()).await;
    assert_eq!(obtained.unwrap().len(), 1);
    assert!(world.provider.state().vouching.vouched.is_empty());
}

#[tokio::test]
async fn a_wallet_without_an_account_sends_nothing_to_an_issuer_that_demands_more() {
    let (world, phone) = (World::new().await, Phone::new());
    let wallet = phone.wallet();
    let refused = wallet
        .obtain_documents(&world.issuer.offer(), world.issuers(), None, &Silent, now())
        .await
        .unwrap_err();
    assert_eq!(refused, IssuanceError::AttestationUnavailable.into());
    assert!(!world.issuer.state().asked.iter().any(|path| path == "/as/token"));
}

#[tokio::test]
async fn a_phone_that_gets_the_account_hands_in_what_its_platform_says_of_its_key() {
    let world = World::new().await;
    let (old, pin) = (world.wallet.account(), Pin::parse("159357").unwrap());
    old.set_pin(&pin, now()).await.unwrap();
    let phone = Phone::new();
    phone.keys.attests.store(true, Ordering::SeqCst);
    let new = phone.wallet();
    let shown = new.account().receive(&at(&world.provider), "new phone", now()).await.unwrap();
    let read = old.read_new_phone(&shown.text, now()).unwrap();
    old.hand_over(&read, &pin, now()).await.unwrap();
    world.provider.state().vouching.vouched.clear();
    new.account().claim(now()).await.unwrap();
    assert_eq!(world.provider.state().vouching.vouched, ["hand_over_claim"]);
}
