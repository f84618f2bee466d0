//! What a phone's platform says of its keys, from the shell's port through the bindings to the provider and to what a clinic reads: where
//! an account is opened, where it is received from another phone, and where its holder proves it with the card.
use std::sync::{Arc, Mutex, PoisonError};

use card::CardTransport as _;
use holder::{KeyId, KeyPolicy};
use sandbox::RunningSandbox;
use sandbox::chip::ChipTransport;
use sandbox::factory::IssuedCard;
use sen::{
    AccountApplicant, AccountProvider, AccountState, CardKey, CardProof, ClinicFolders, DeviceKey,
    DeviceKeyError, KeyAttestation, KeyStore, ListenerFailure, ReadingStep, Recognised, SecretStoreFailure,
    SenError, TransportFailure, Wallet,
};
use serde_json::{Value, json};

use crate::attested_phone::{AttestedKeyStore, Honesty, Maker, Makers};
use crate::doubles::{self, CAN, Folder, NUMBER, PHONE, code_from_mailbox, make_card, post};

const PIN: &str = "404071";

fn now() -> i64 {
    doubles::now().as_unix()
}

/// The platform's key store behind the shell's port.
struct Platform(Arc<AttestedKeyStore>);
struct Key(Arc<dyn holder::DeviceKey>);

fn shells(error: holder::KeyError) -> DeviceKeyError {
    match error {
        holder::KeyError::Lost => DeviceKeyError::Lost,
        _ => DeviceKeyError::Unavailable,
    }
}

impl KeyStore for Platform {
    fn create(
        &self,
        id: String,
        per_use: bool,
        challenge: Vec<u8>,
    ) -> Result<Arc<dyn DeviceKey>, DeviceKeyError> {
        let policy = if per_use { KeyPolicy::Approval } else { KeyPolicy::Presentation };
        let id = KeyId::from_text(&id).unwrap();
        Ok(Arc::new(Key(holder::KeyStore::create(&*self.0, &id, policy, &challenge).map_err(shells)?)))
    }

    fn open(&self, id: String) -> Result<Arc<dyn DeviceKey>, DeviceKeyError> {
        let id = KeyId::from_text(&id).unwrap();
        Ok(Arc::new(Key(holder::KeyStore::open(&*self.0, &id).map_err(shells)?)))
    }

    fn delete(&self, id: String) -> Result<(), DeviceKeyError> {
        holder::KeyStore::delete(&*self.0, &KeyId::from_text(&id).unwrap()).map_err(shells)
    }
}

impl DeviceKey for Key {
    fn public_key(&self) -> Result<Vec<u8>, DeviceKeyError> {
        Ok(self.0.public_key().map_err(shells)?.to_vec())
    }

    fn sign(&self, message: Vec<u8>) -> Result<Vec<u8>, DeviceKeyError> {
        Ok(self.0.sign(&message).map_err(shells)?.to_vec())
    }

    fn attestation(&self) -> Result<KeyAttestation, DeviceKeyError> {
        Ok(match self.0.attestation() {
            holder::KeyAttestation::Android(chain) => KeyAttestation::Android { chain },
            holder::KeyAttestation::Apple(object) => KeyAttestation::Apple { object },
            holder::KeyAttestation::AppleAssertion(assertion) => KeyAttestation::AppleAssertion { assertion },
            _ => KeyAttestation::Unattested,
        })
    }
}

#[derive(Default)]
struct InMemory(Mutex<Option<Vec<u8>>>);

impl sen::SecretStore for InMemory {
    fn load(&self) -> Result<Option<Vec<u8>>, SecretStoreFailure> {
        Ok(self.0.lock().unwrap_or_else(PoisonError::into_inner).clone())
    }

    fn save(&self, secret: Vec<u8>) -> Result<(), SecretStoreFailure> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(secret);
        Ok(())
    }

    fn erase(&self) -> Result<(), SecretStoreFailure> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = None;
        Ok(())
    }
}

struct Reader(Mutex<ChipTransport>);

impl sen::CardTransport for Reader {
    fn max_command_len(&self) -> Result<u32, TransportFailure> {
        Ok(65_000)
    }

    fn transceive(&self, command: Vec<u8>) -> Result<Vec<u8>, TransportFailure> {
        let mut chip = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        chip.transceive(&command).map_err(|_| TransportFailure::TagLost)
    }
}

struct Unseen;

impl sen::ReadingListener for Unseen {
    fn step(&self, _: ReadingStep) -> Result<(), ListenerFailure> {
        Ok(())
    }

    fn cancelled(&self) -> Result<bool, ListenerFailure> {
        Ok(false)
    }
}

struct Phone {
    wallet: Arc<Wallet>,
    keys: Arc<AttestedKeyStore>,
}

struct World {
    folder: Folder,
    card: IssuedCard,
    sandbox: RunningSandbox,
    makers: Arc<Makers>,
}

impl World {
    fn new() -> Self {
        let (folder, card, makers) = (Folder::new(), make_card(), Makers::new());
        let sandbox = doubles::start_sandbox_believing(folder.path(), &card, makers.believed());
        Self { folder, card, sandbox, makers }
    }

    fn phone(&self, maker: Maker, name: &str) -> Phone {
        let keys = AttestedKeyStore::new(&self.makers, maker);
        let folder = self.folder.path().join(name);
        std::fs::create_dir_all(&folder).unwrap();
        let ports = (Arc::<InMemory>::default(), Arc::new(Platform(keys.clone())));
        let wallet = Wallet::open(folder.to_string_lossy().into_owned(), ports.0, ports.1, None).unwrap();
        Phone { wallet, keys }
    }

    fn provider(&self) -> AccountProvider {
        AccountProvider { url: self.sandbox.url().to_owned(), roots_pem: self.sandbox.ca_pem().unwrap() }
    }

    fn applicant() -> AccountApplicant {
        let (personal_number, phone) = (NUMBER.to_owned(), PHONE.to_owned());
        AccountApplicant { personal_number, phone, device_name: "phone".to_owned() }
    }

    /// A phone whose account is at level 2 and has a PIN.
    async fn enrolled(&self, maker: Maker) -> Phone {
        let phone = self.phone(maker, "one");
        phone.wallet.open_account(self.provider(), Self::applicant(), now()).await.unwrap();
        let code = code_from_mailbox(&self.sandbox, PHONE).await;
        phone.wallet.activate_account(code, now()).await.unwrap();
        let proof = phone.wallet.clone().begin_step_up(now()).await.unwrap();
        self.prove(proof).await;
        phone.wallet.set_pin(PIN.to_owned(), now()).await.unwrap();
        phone
    }

    async fn prove(&self, proof: Arc<CardProof>) {
        let reader = Arc::new(Reader(Mutex::new(ChipTransport::new(self.card.chip().unwrap()))));
        let key = CardKey::Can { number: CAN.to_owned() };
        proof.clone().read(reader, key, Arc::new(Unseen)).await.unwrap();
        proof.finish(b"a picture".to_vec(), now()).await.unwrap();
    }

    /// What a clinic reads of the level.
    async fn shown(&self, phone: &Phone) -> Value {
        let name = || "health-insurance".to_owned();
        phone.wallet.obtain_credential(name(), None, None, now()).await.unwrap();
        let request = phone.wallet.ask_consent(name(), None, None, now()).unwrap();
        let consent = request.grant(Recognised::ByKnowledge, now()).unwrap();
        let text = phone.wallet.present_qr(consent, now()).unwrap().text;
        let folder = |path: std::path::PathBuf| path.to_string_lossy().into_owned();
        let (trust, status) = (folder(self.sandbox.trust_folder()), folder(self.sandbox.status_folder()));
        let folders = ClinicFolders { trust, status: Some(status), seen: None, desk: String::new() };
        let answer = sen::check_scanned(text, folders, now()).unwrap();
        serde_json::from_str::<Value>(&answer).unwrap()["authentication_level"].clone()
    }

    /// The old phone hands over, and the new one claims.
    async fn hand_over(&self, old: &Phone, new: &Phone) -> Result<(), SenError> {
        let code = new.wallet.receive_account(self.provider(), "next".to_owned(), now()).await?;
        let read = old.wallet.read_new_phone(code.text, now())?;
        // The code is looked at again and again, and that uses nothing up.
        assert!(new.wallet.claim_account(now()).await.is_err());
        old.wallet.hand_over(read, PIN.to_owned(), now()).await?;
        new.wallet.claim_account(now()).await.map(drop)
    }
}

fn attested() -> Value {
    json!({"level": 2, "basis": "attested"})
}

fn code(error: SenError) -> String {
    match error {
        SenError::IssuerRefused { code, .. } => code,
        other => other.to_string(),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_stay_attested_from_phone_to_phone_of_either_maker() {
    for maker in [Maker::Android, Maker::Apple] {
        let world = World::new();
        let first = world.enrolled(maker).await;
        assert_eq!(world.shown(&first).await, attested(), "opened, {maker:?}");

        let second = world.phone(maker, "two");
        world.hand_over(&first, &second).await.unwrap();
        assert_eq!(world.shown(&second).await, attested(), "received, {maker:?}");

        let third = world.phone(maker, "three");
        let begin = third.wallet.clone().begin_new_phone(world.provider(), World::applicant(), now());
        let proof = begin.await.unwrap();
        // A phone that only asks takes nothing from the one in use.
        assert_eq!(world.shown(&second).await, attested(), "while another asks, {maker:?}");
        world.prove(proof).await;
        post(&world.sandbox, "/sandbox/counter", &json!({"number": NUMBER})).await.unwrap();
        let state = third.wallet.show_account(now()).await.unwrap().state;
        assert_eq!(state, AccountState::Active);
        assert_eq!(world.shown(&third).await, attested(), "proven with the card, {maker:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_account_comes_to_a_phone_with_a_forged_attestation() {
    let world = World::new();
    let first = world.enrolled(Maker::Android).await;
    let forged = [Honesty::OtherMaker, Honesty::Unlocked, Honesty::OldChallenge, Honesty::OtherKey];
    for (number, honesty) in forged.into_iter().enumerate() {
        let other = world.phone(Maker::Android, &format!("other{number}"));
        *other.keys.honesty.lock().unwrap() = honesty;
        let refused = world.hand_over(&first, &other).await.unwrap_err();
        assert_eq!(code(refused), "account.attestation_refused", "received, {honesty:?}");
        // The account is where it was.
        let state = first.wallet.show_account(now()).await.unwrap().state;
        assert_eq!(state, AccountState::Active);
    }
    let other = world.phone(Maker::Android, "asking");
    *other.keys.honesty.lock().unwrap() = Honesty::OtherMaker;
    let begin = other.wallet.clone().begin_new_phone(world.provider(), World::applicant(), now());
    assert_eq!(code(begin.await.err().unwrap()), "account.attestation_refused");
}
