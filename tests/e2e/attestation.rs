//! From what a phone's platform says of a key to what a clinic reads, and to issuers that demand it.
#![allow(clippy::unwrap_used)]
mod attested_phone;
mod doubles;

use std::sync::Arc;

use attested_phone::{AttestedKeyStore, Honesty, Maker, Makers};
use card::{AccessKey, Can, Unwatched};
use clinic::answer::Verdict;
use clinic::check::{Folders, check_files};
use doubles::{CAN, Folder, PHONE, citizen, code_from_mailbox, make_card, now, open_phone, post, provider};
use holder::{
    CardAtHand, CredentialInfo, CredentialName, DocumentInfo, Error, FaceCapture, IssuanceError, Level,
    Recognised, Silent, Wallet, Wanted,
};
use sandbox::chip::ChipTransport;
use sandbox::factory::IssuedCard;
use sandbox::{PhoneMakers, RunningSandbox};
use serde_json::json;

/// A phone of an invented maker before a sandbox that believes it.
struct World {
    _folder: Folder,
    card: IssuedCard,
    sandbox: RunningSandbox,
    wallet: Wallet,
    keys: Arc<AttestedKeyStore>,
}

impl World {
    fn new(maker: Maker) -> Self {
        let makers = Makers::new();
        Self::believing(maker, &makers, makers.believed())
    }

    fn believing(maker: Maker, makers: &Arc<Makers>, believed: PhoneMakers) -> Self {
        let (folder, card) = (Folder::new(), make_card());
        let sandbox = doubles::start_sandbox_believing(folder.path(), &card, believed);
        let keys = AttestedKeyStore::new(makers, maker);
        let place = folder.path().join("wallet");
        std::fs::create_dir_all(&place).unwrap();
        let secret = Arc::<doubles::device::MemorySecretStore>::default();
        let wallet = Wallet::open(&place, secret, keys.clone()).unwrap();
        Self { _folder: folder, card, sandbox, wallet, keys }
    }

    async fn open(&self) -> Result<(), Error> {
        open(&self.wallet, &self.sandbox).await
    }

    async fn at_level_2(&self) {
        self.open().await.unwrap();
        step_up(&self.wallet, &self.card).await;
    }

    fn be(&self, honesty: Honesty) {
        *self.keys.honesty.lock().unwrap() = honesty;
    }

    async fn obtain(&self) -> Result<Vec<CredentialInfo>, Error> {
        obtain(&self.wallet).await
    }

    async fn document(&self, name: &str) -> Result<Vec<DocumentInfo>, Error> {
        document(&self.wallet, &self.sandbox, name).await
    }

    async fn demand(&self, client: bool, keys: bool, alone: bool) {
        let demanded = json!({"client": client, "keys": keys, "alone": alone});
        post(&self.sandbox, "/sandbox/attestation", &demanded).await.unwrap();
    }

    /// What a clinic reads: the level and what it rests on.
    fn shown(&self, recognised: Recognised) -> (u8, String) {
        shown(&self.wallet, &self.sandbox, recognised)
    }
}

async fn open(wallet: &Wallet, sandbox: &RunningSandbox) -> Result<(), Error> {
    wallet.account().open(&provider(sandbox), &citizen("phone"), now()).await?;
    let code = code_from_mailbox(sandbox, PHONE).await;
    assert_eq!(wallet.account().activate(&code, now()).await.unwrap(), Level::One);
    Ok(())
}

async fn step_up(wallet: &Wallet, card: &IssuedCard) {
    let (mut chip, access) =
        (ChipTransport::new(card.chip().unwrap()), AccessKey::Can(Can::parse(CAN).unwrap()));
    let at_hand = CardAtHand { transport: &mut chip, access: &access, progress: &Unwatched };
    wallet.account().step_up(at_hand, FaceCapture(b"a picture"), &Silent, now()).await.unwrap();
}

async fn obtain(wallet: &Wallet) -> Result<Vec<CredentialInfo>, Error> {
    let wanted = Wanted::Named(CredentialName::HealthInsurance, None);
    wallet.account().obtain_credential(wanted, None, &Silent, now()).await
}

async fn document(wallet: &Wallet, sandbox: &RunningSandbox, name: &str) -> Result<Vec<DocumentInfo>, Error> {
    let anchors = std::fs::read_to_string(sandbox.data_dir().join("documents-ca.pem")).unwrap();
    wallet.account().obtain_document(name, Some(&anchors), &Silent, now()).await
}

fn shown(wallet: &Wallet, sandbox: &RunningSandbox, recognised: Recognised) -> (u8, String) {
    let request = wallet.ask_consent(CredentialName::HealthInsurance, None, None, now()).unwrap();
    let qr = wallet.present_qr(&request.grant(recognised, now()).unwrap(), now()).unwrap();
    let (trust, status) = (sandbox.trust_folder(), sandbox.status_folder());
    let desk = Folders { trust: &trust, status: Some(&status), seen: None, desk: "" };
    let answer = check_files(qr.text.as_bytes(), &desk, now()).unwrap();
    assert_ne!(answer.verdict, Verdict::Refused);
    let level = answer.authentication_level.unwrap();
    (level.level, level.basis)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_clinic_reads_an_attested_level_from_a_phone_of_either_maker() {
    for maker in [Maker::Android, Maker::Apple] {
        let world = World::new(maker);
        world.at_level_2().await;
        world.obtain().await.unwrap();
        assert_eq!(world.shown(Recognised::ByKnowledge), (2, "attested".to_owned()), "{maker:?}");
        assert_eq!(world.shown(Recognised::ByDevice), (1, "attested".to_owned()), "{maker:?}");
        // The key opens for the code, too: a claimed biometric is capped by that.
        assert_eq!(world.shown(Recognised::ByBiometrics), (2, "attested".to_owned()), "{maker:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_in_software_are_never_attested() {
    let (folder, card) = (Folder::new(), make_card());
    let sandbox = doubles::start_sandbox_believing(folder.path(), &card, Makers::new().believed());
    let (wallet, _) = open_phone(folder.path(), "wallet");
    open(&wallet, &sandbox).await.unwrap();
    step_up(&wallet, &card).await;
    obtain(&wallet).await.unwrap();
    assert_eq!(shown(&wallet, &sandbox, Recognised::ByKnowledge), (2, "claimed".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn no_account_is_opened_with_a_forged_attestation() {
    for honesty in [Honesty::OtherMaker, Honesty::Unlocked, Honesty::OldChallenge, Honesty::OtherKey] {
        let world = World::new(Maker::Android);
        world.be(honesty);
        let refused = world.open().await.unwrap_err();
        assert_eq!(refused.code(), "account.attestation_refused", "{honesty:?}");
        assert_eq!(world.keys.count(), 0, "{honesty:?}");
        world.be(Honesty::Honest);
        world.open().await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_credential_is_issued_for_a_key_with_a_forged_attestation() {
    let world = World::new(Maker::Android);
    world.at_level_2().await;
    for honesty in [Honesty::OtherMaker, Honesty::Unlocked, Honesty::OldChallenge, Honesty::OtherKey] {
        world.be(honesty);
        assert_eq!(world.obtain().await.unwrap_err().code(), "account.attestation_refused", "{honesty:?}");
        assert!(world.wallet.credentials().unwrap().is_empty());
        // The account's own key alone is left.
        assert_eq!(world.keys.count(), 1, "{honesty:?}");
    }
    world.be(Honesty::Honest);
    world.obtain().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_maker_that_nobody_believes_opens_no_account() {
    let makers = Makers::new();
    let world = World::believing(Maker::Apple, &makers, PhoneMakers::default());
    assert_eq!(world.open().await.unwrap_err().code(), "account.platform_unknown");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_issuer_that_demands_attestations_gets_them_for_every_copy() {
    for maker in [Maker::Android, Maker::Apple] {
        let world = World::new(maker);
        world.open().await.unwrap();
        for alone in [false, true] {
            world.demand(true, true, alone).await;
            let obtained = world.document("citizen_sd_jwt").await.unwrap();
            assert_eq!(obtained[0].copies, 4, "{maker:?} {alone}");
            let obtained = world.document("citizen_mdoc").await.unwrap();
            assert_eq!(obtained[0].copies, 4, "{maker:?} {alone}");
        }
        // Each of the demands by itself.
        world.demand(true, false, false).await;
        world.document("citizen_sd_jwt").await.unwrap();
        world.demand(false, true, false).await;
        world.document("citizen_sd_jwt").await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wallet_without_attested_keys_knows_before_it_spends_the_offer() {
    let (folder, card) = (Folder::new(), make_card());
    let sandbox = doubles::start_sandbox_believing(folder.path(), &card, Makers::new().believed());
    let (wallet, keys) = open_phone(folder.path(), "wallet");
    open(&wallet, &sandbox).await.unwrap();
    for demanded in [
        json!({"client": true, "keys": false, "alone": false}),
        json!({"client": false, "keys": true, "alone": false}),
        json!({"client": false, "keys": true, "alone": true}),
    ] {
        post(&sandbox, "/sandbox/attestation", &demanded).await.unwrap();
        let refused = document(&wallet, &sandbox, "citizen_sd_jwt").await.unwrap_err();
        assert_eq!(refused, IssuanceError::AttestationUnavailable.into(), "{demanded}");
        assert_eq!(refused.code(), "issuance.attestation_unavailable");
        assert_eq!(keys.count(), 1);
    }
    post(&sandbox, "/sandbox/attestation", &json!({"client": false, "keys": false, "alone": false}))
        .await
        .unwrap();
    document(&wallet, &sandbox, "citizen_sd_jwt").await.unwrap();
}
