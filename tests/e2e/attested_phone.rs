//! A phone whose platform vouches for its keys: real chains of an invented maker, right or forged.
#![allow(unreachable_pub, clippy::unwrap_used, reason = "tests")]

use std::collections::{BTreeSet, HashMap};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use holder::{DeviceKey, KeyAttestation, KeyError, KeyId, KeyPolicy, KeyStore};
use sandbox::PhoneMakers;
use test_key::TestKey;
use test_key::platform::{AndroidMaker, AppleMaker, Description, PACKAGE, PRODUCTION, SIGNER, tag};
use trust::attestation::android::Revocations;
use trust::attestation::apple::{Environment, client_data};
use trust::attestation::{AndroidPolicy, ApplePolicy, AttestedPolicy, PlatformRoots, SecurityLevel};

const APPLICATION: &str = "0000000000.vn.example.sen";

/// What the phone does with the attestations of the keys that it makes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Honesty {
    #[default]
    Honest,
    /// Signed by a maker that nobody pinned.
    OtherMaker,
    /// A phone with its boot loader unlocked.
    Unlocked,
    /// Of a challenge that somebody else was given.
    OldChallenge,
    /// The attestation of another key than the one it comes with.
    OtherKey,
}

/// Both makers.
pub struct Makers {
    android: AndroidMaker,
    apple: AppleMaker,
}

impl Makers {
    pub fn new() -> Arc<Self> {
        Arc::new(Self { android: AndroidMaker::new(), apple: AppleMaker::new() })
    }

    /// The sandbox's trust in them.
    pub fn believed(&self) -> PhoneMakers {
        let android = AndroidPolicy {
            roots: PlatformRoots::from_pem(&self.android.root_pem()).unwrap(),
            revocations: Revocations::default(),
            packages: BTreeSet::from([PACKAGE.to_owned()]),
            signers: BTreeSet::from([SIGNER]),
            minimum_level: SecurityLevel::TrustedEnvironment,
            minimum_patch_level: 202_501,
        };
        let apple = ApplePolicy {
            roots: PlatformRoots::from_pem(&self.apple.root_pem()).unwrap(),
            application: APPLICATION.to_owned(),
            environment: Environment::Production,
        };
        PhoneMakers { android: Some(android), apple: Some(apple) }
    }
}

/// Which maker's phone it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Maker {
    Android,
    Apple,
}

/// Keys in what stands for the phone's hardware.
pub struct AttestedKeyStore {
    makers: Arc<Makers>,
    maker: Maker,
    pub honesty: Mutex<Honesty>,
    keys: Mutex<HashMap<String, Arc<AttestedKey>>>,
    /// How often the person was asked for one signature.
    prompts: Arc<AtomicUsize>,
    /// The App Attest key, and how often it was used.
    app_attest: Mutex<(TestKey, Option<u32>)>,
}

struct AttestedKey {
    key: TestKey,
    /// Counted at each use of a key that asks then.
    prompts: Option<Arc<AtomicUsize>>,
    attestation: KeyAttestation,
}

impl AttestedKeyStore {
    pub fn new(makers: &Arc<Makers>, maker: Maker) -> Arc<Self> {
        Arc::new(Self {
            makers: makers.clone(),
            maker,
            honesty: Mutex::default(),
            keys: Mutex::default(),
            prompts: Arc::default(),
            app_attest: Mutex::new((TestKey::new(), None)),
        })
    }

    pub fn prompts(&self) -> usize {
        self.prompts.load(Ordering::SeqCst)
    }

    pub fn count(&self) -> usize {
        self.keys.lock().unwrap().len()
    }

    fn android(&self, key: &TestKey, policy: KeyPolicy, challenge: &[u8]) -> KeyAttestation {
        let honesty = *self.honesty.lock().unwrap();
        let challenge = if honesty == Honesty::OldChallenge { b"of somebody else" } else { challenge };
        let mut description = match policy {
            KeyPolicy::Presentation => Description::of_presentation_key(challenge),
            // As the phone's shell has it: a biometric alone opens a key that approves.
            KeyPolicy::Approval => {
                Description::of_approval_key(challenge).with(tag::USER_AUTH_TYPE, Description::number(2))
            }
        };
        if honesty == Honesty::Unlocked {
            description = description.with(tag::ROOT_OF_TRUST, Description::root_of_trust(false, 2));
        }
        KeyAttestation::Android(match honesty {
            Honesty::OtherMaker => AndroidMaker::new().certify(key, &description),
            Honesty::OtherKey => self.makers.android.certify(&TestKey::new(), &description),
            _ => self.makers.android.certify(key, &description),
        })
    }

    fn apple(&self, key: &TestKey, policy: KeyPolicy, challenge: &[u8]) -> KeyAttestation {
        let policy = match policy {
            KeyPolicy::Presentation => AttestedPolicy::Presentation,
            KeyPolicy::Approval => AttestedPolicy::Approval,
        };
        let said = client_data(&key.public(), policy, challenge);
        let mut app_attest = self.app_attest.lock().unwrap();
        let (signer, used) = &mut *app_attest;
        if let Some(used) = used {
            *used += 1;
            return KeyAttestation::AppleAssertion(AppleMaker::assert(signer, APPLICATION, *used, &said));
        }
        *used = Some(0);
        let data = AppleMaker::authenticator_data(APPLICATION, PRODUCTION, signer);
        KeyAttestation::Apple(self.makers.apple.attest(signer, &data, &said))
    }
}

impl KeyStore for AttestedKeyStore {
    fn create(
        &self,
        id: &KeyId,
        policy: KeyPolicy,
        challenge: &[u8],
    ) -> Result<Arc<dyn DeviceKey>, KeyError> {
        let key = TestKey::new();
        let attestation = match self.maker {
            Maker::Android => self.android(&key, policy, challenge),
            Maker::Apple => self.apple(&key, policy, challenge),
        };
        let prompts = (policy == KeyPolicy::Approval).then(|| self.prompts.clone());
        let key = Arc::new(AttestedKey { key, prompts, attestation });
        self.keys.lock().unwrap().insert(id.as_str().to_owned(), key.clone());
        Ok(key)
    }

    fn open(&self, id: &KeyId) -> Result<Arc<dyn DeviceKey>, KeyError> {
        let key = self.keys.lock().unwrap().get(id.as_str()).cloned();
        key.map(|key| key as Arc<dyn DeviceKey>).ok_or(KeyError::Lost)
    }

    fn delete(&self, id: &KeyId) -> Result<(), KeyError> {
        self.keys.lock().unwrap().remove(id.as_str());
        Ok(())
    }
}

impl DeviceKey for AttestedKey {
    fn public_key(&self) -> Result<[u8; 65], KeyError> {
        Ok(*self.key.public().uncompressed())
    }

    fn sign(&self, message: &[u8]) -> Result<[u8; 64], KeyError> {
        if let Some(prompts) = &self.prompts {
            prompts.fetch_add(1, Ordering::SeqCst);
        }
        Ok(self.key.sign(message))
    }

    fn attestation(&self) -> KeyAttestation {
        self.attestation.clone()
    }
}
