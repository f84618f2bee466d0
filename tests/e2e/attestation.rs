//! From what a phone's platform says of a key to what a clinic reads, and to issuers that demand it.
use std::path::Path;
use std::sync::Arc;

use card::{AccessKey, Can, Unwatched};
use clinic::answer::Verdict;
use clinic::check::{Folders, check_files};
use holder::{
    AccountState, CardAtHand, CredentialInfo, CredentialName, DocumentInfo, Error, FaceCapture,
    IssuanceError, Level, OnlineTrust, Pin, Recognised, Silent, Wallet, Wanted,
};
use presentation::openid4vp::Unsigned;
use sandbox::chip::ChipTransport;
use sandbox::factory::IssuedCard;
use sandbox::{PhoneMakers, RunningSandbox};
use serde_json::{Value, json};

use crate::attested_phone::{AttestedKeyStore, Honesty, Maker, Makers};
use crate::doubles::{
    self, CAN, Folder, PHONE, citizen, code_from_mailbox, make_card, now, open_phone, post, provider,
};

/// A phone of an invented maker before a sandbox that believes it.
struct World {
    folder: Folder,
    card: IssuedCard,
    makers: Arc<Makers>,
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
        let wallet = open_wallet(folder.path(), "wallet", keys.clone());
        Self { folder, card, makers: makers.clone(), sandbox, wallet, keys }
    }

    /// Another phone of a believed maker, which is that honest.
    fn another_phone(&self, maker: Maker, honesty: Honesty) -> (Wallet, Arc<AttestedKeyStore>) {
        let keys = AttestedKeyStore::new(&self.makers, maker);
        *keys.honesty.lock().unwrap() = honesty;
        (open_wallet(self.folder.path(), &format!("new {maker:?} {honesty:?}"), keys.clone()), keys)
    }

    /// The account moves to that phone with the card.
    async fn move_to(&self, new: &Wallet) -> Result<(), Error> {
        post(&self.sandbox, "/sandbox/recovery-wait", &json!({"seconds": 0})).await.unwrap();
        let (mut chip, access) =
            (ChipTransport::new(self.card.chip().unwrap()), AccessKey::Can(Can::parse(CAN).unwrap()));
        let at_hand = CardAtHand { transport: &mut chip, access: &access, progress: &Unwatched };
        let (at, who) = (provider(&self.sandbox), citizen("new phone"));
        new.account().move_here(&at, &who, at_hand, FaceCapture(b"a picture"), &Silent, now()).await?;
        new.account().show(now()).await.map(drop)
    }

    /// The old phone reads the code of that one and hands the account over.
    async fn hand_over_to(&self, new: &Wallet) {
        let (old, pin) = (self.wallet.account(), pin());
        let shown = new.account().receive(&provider(&self.sandbox), "new phone", now()).await.unwrap();
        let read = old.read_new_phone(&shown.text, now()).unwrap();
        old.hand_over(&read, &pin, now()).await.unwrap();
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

fn pin() -> Pin {
    Pin::parse("159357").unwrap()
}

fn open_wallet(folder: &Path, name: &str, keys: Arc<AttestedKeyStore>) -> Wallet {
    let place = folder.join(name);
    std::fs::create_dir_all(&place).unwrap();
    Wallet::open(&place, Arc::<doubles::device::MemorySecretStore>::default(), keys).unwrap()
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

const FORGED: [Honesty; 4] =
    [Honesty::OtherMaker, Honesty::Unlocked, Honesty::OldChallenge, Honesty::OtherKey];

#[tokio::test(flavor = "multi_thread")]
async fn an_account_moves_by_card_to_no_phone_with_a_forged_attestation() {
    let world = World::new(Maker::Android);
    world.at_level_2().await;
    for honesty in FORGED {
        let (new, keys) = world.another_phone(Maker::Android, honesty);
        let refused = world.move_to(&new).await.unwrap_err();
        assert_eq!(refused.code(), "account.attestation_refused", "{honesty:?}");
        assert_eq!(keys.count(), 0, "{honesty:?}");
    }
    world.wallet.account().show(now()).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_phone_of_either_maker_goes_on_as_attested_as_the_old_one() {
    for maker in [Maker::Android, Maker::Apple] {
        let world = World::new(maker);
        world.at_level_2().await;
        let (by_card, _) = world.another_phone(maker, Honesty::Honest);
        // A phone that only began takes nothing from the one in use.
        let (began, _) = world.another_phone(Maker::Apple, Honesty::OldChallenge);
        began.account().start_new_phone(&provider(&world.sandbox), &citizen("?"), now()).await.unwrap();
        world.obtain().await.unwrap();
        world.move_to(&by_card).await.unwrap();
        obtain(&by_card).await.unwrap();
        let found = shown(&by_card, &world.sandbox, Recognised::ByKnowledge);
        assert_eq!(found, (2, "attested".to_owned()), "{maker:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_hands_the_account_to_no_phone_with_a_forged_attestation() {
    let world = World::new(Maker::Android);
    world.at_level_2().await;
    world.wallet.account().set_pin(&pin(), now()).await.unwrap();
    for honesty in FORGED {
        let (new, _) = world.another_phone(Maker::Android, honesty);
        world.hand_over_to(&new).await;
        let refused = new.account().claim(now()).await.unwrap_err();
        assert_eq!(refused.code(), "account.attestation_refused", "{honesty:?}");
        let seen = world.wallet.account().show(now()).await.unwrap();
        assert_eq!(seen.state, AccountState::Active, "{honesty:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_hands_over_to_an_attested_one_of_either_maker() {
    for maker in [Maker::Android, Maker::Apple] {
        let world = World::new(maker);
        world.at_level_2().await;
        world.wallet.account().set_pin(&pin(), now()).await.unwrap();
        world.obtain().await.unwrap();
        let (new, _) = world.another_phone(maker, Honesty::Honest);
        world.hand_over_to(&new).await;
        new.account().claim(now()).await.unwrap();
        assert_eq!(new.account().obtain_carried(&Silent, now()).await.unwrap().len(), 1, "{maker:?}");
        let found = shown(&new, &world.sandbox, Recognised::ByKnowledge);
        assert_eq!(found, (2, "attested".to_owned()), "{maker:?}");
    }
}

/// The provider forgets the challenges that it gave when it is started again.
#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_answers_a_challenge_nobody_knows_takes_no_account() {
    let mut world = World::new(Maker::Android);
    world.at_level_2().await;
    world.wallet.account().set_pin(&pin(), now()).await.unwrap();
    let (new, _) = world.another_phone(Maker::Android, Honesty::Honest);
    world.hand_over_to(&new).await;
    let address = world.sandbox.url().strip_prefix("https://").unwrap().to_owned();
    let elsewhere = doubles::start_sandbox_believing(
        &world.folder.path().join("other"),
        &world.card,
        world.makers.believed(),
    );
    std::mem::replace(&mut world.sandbox, elsewhere).stop();
    world.sandbox =
        doubles::start_sandbox_at(&address, world.folder.path(), &world.card, world.makers.believed());
    let refused = new.account().claim(now()).await.unwrap_err();
    assert_eq!(refused.code(), "account.challenge_unknown");
    assert_eq!(world.wallet.account().show(now()).await.unwrap().state, AccountState::Active);
}

/// What the other screen shows once this wallet, which says it recognised its holder like this, has agreed to what is asked there.
async fn agreed(world: &World, begun: &Value, recognised: Recognised) -> Value {
    let named = world.wallet.account().national_anchors(now()).await.unwrap();
    let trust = OnlineTrust {
        roots: &world.sandbox.ca_pem().unwrap(),
        verifiers: &named.verifiers,
        registrars: &named.registrars,
        unsigned: Unsigned::Refused,
    };
    let request = world.wallet.read_request(begun["link"].as_str().unwrap(), &trust, now()).await.unwrap();
    let mut look = json!({"view": begun["view"]});
    let connected = post(&world.sandbox, "/asking/state", &look).await.unwrap();
    let consent = request.grant(recognised, connected["number"].as_str(), now()).unwrap();
    let answered = world.wallet.answer_request(&consent, &trust, now()).await.unwrap();
    if let Some((_, code)) = answered.redirect_uri.as_deref().and_then(|uri| uri.split_once("code=")) {
        look["code"] = json!(code);
    }
    post(&world.sandbox, "/asking/state", &look).await.unwrap()["result"].clone()
}

async fn begun(world: &World, path: &str, asked: &Value) -> Value {
    post(&world.sandbox, path, asked).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_portal_reads_level_3_where_a_biometric_opened_the_key_for_this_one_approval() {
    // Apple says nothing of what opens a key: the application that it attests does, by the policy that it signs.
    for maker in [Maker::Android, Maker::Apple] {
        let world = World::new(maker);
        world.at_level_2().await;
        // Nothing is demanded: the provider's own documents say how their keys are kept all the same.
        let obtained = world.document("citizen_sd_jwt").await.unwrap();
        assert_eq!((obtained[0].copies, obtained[0].unshown, obtained[0].can_approve), (4, 3, true));
        assert_eq!(world.keys.prompts(), 1, "the proof of the key that approves");
        for (recognised, level) in [(Recognised::ByKnowledge, 2), (Recognised::ByBiometrics, 3)] {
            let sign_in = begun(&world, "/portal/start", &json!({"other_screen": false})).await;
            let read = agreed(&world, &sign_in, recognised).await;
            let attested = json!({"level": level, "basis": "attested"});
            assert_eq!(read["authentication_level"], attested, "{maker:?}");
        }
        assert_eq!(world.keys.prompts(), 3);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_withdrawal_is_approved_at_level_3_and_asks_the_person_once() {
    let world = World::new(Maker::Android);
    world.at_level_2().await;
    world.document("citizen_sd_jwt").await.unwrap();
    let counter = begun(&world, "/bank/start", &json!({})).await;
    agreed(&world, &counter, Recognised::ByBiometrics).await;
    let asked = world.keys.prompts();
    let wanted = json!({"terminal": "ATM 0007", "amount": 200_000});
    let cash = begun(&world, "/atm/start", &wanted).await;
    let paid = agreed(&world, &cash, Recognised::ByBiometrics).await;
    assert_eq!((&paid["amount"], &paid["receipt"]), (&json!(200_000), &json!(1)), "{paid}");
    assert_eq!(paid["authentication_level"], json!({"level": 3, "basis": "attested"}));
    assert_eq!(world.keys.prompts(), asked + 1);
}
