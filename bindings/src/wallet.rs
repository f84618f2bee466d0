//! The wallet: opening it, its credentials, and showing one.
use std::path::Path;
use std::sync::Arc;

use holder::{CredentialInfo, CredentialName, Silent, Wanted};
use trust::time::Timestamp;

use crate::card_proof::Proven;
use crate::card_read::CardKey;
use crate::consent::{Consent, ConsentRequest};
use crate::error::SenError;
use crate::ports::{CardTransport, Foreign, KeyStore, ReadingListener, SecretStore, WaitListener};
use crate::records::{Credential, QrCode};

/// One wallet on this device.
#[derive(uniffi::Object)]
pub struct Wallet(pub(crate) holder::Wallet);

pub(crate) fn named(credential: &str) -> Result<CredentialName, SenError> {
    CredentialName::from_text(credential).ok_or_else(|| SenError::not_ready("credential.unknown_name"))
}

#[uniffi::export(async_runtime = "tokio")]
impl Wallet {
    /// Opens the wallet in a folder that exists, making it where there is none. The listener hears of every wait for a busy server.
    #[uniffi::constructor(default(wait_listener = None))]
    pub fn open(
        folder: String,
        secret_store: Arc<dyn SecretStore>,
        key_store: Arc<dyn KeyStore>,
        wait_listener: Option<Arc<dyn WaitListener>>,
    ) -> Result<Arc<Self>, SenError> {
        let wallet = holder::Wallet::open(
            Path::new(&folder),
            Arc::new(Foreign(secret_store)),
            Arc::new(Foreign(key_store)),
        )?;
        Ok(Arc::new(Self(match wait_listener {
            Some(listener) => wallet.telling_waits(Arc::new(Foreign(listener))),
            None => wallet,
        })))
    }

    /// Steps up to level 2 in one call: reads the card in reach with one attempt at its access number, and sends the evidence.
    /// A shell that wants to go on where a lost card broke off uses [`begin_step_up`](Self::begin_step_up) and its proof.
    pub async fn step_up(
        self: Arc<Self>,
        transport: Arc<dyn CardTransport>,
        key: CardKey,
        face_capture: Vec<u8>,
        listener: Arc<dyn ReadingListener>,
        now: i64,
    ) -> Result<u8, SenError> {
        let proof = self.begin_step_up(now).await?;
        Arc::clone(&proof).read(transport, key, listener).await?;
        match proof.finish(face_capture, now).await? {
            Proven::Level { level } => Ok(level),
            Proven::TakesEffect { .. } => Err(SenError::bug("account.step_up")),
        }
    }

    /// Obtains a credential by name (`citizen`, `health-insurance`), with `ward` that of the minor in the holder's care who has
    /// this personal number; or from an offer link, which names its person itself.
    pub async fn obtain_credential(
        &self,
        name_or_offer: String,
        ward: Option<String>,
        transaction_code: Option<String>,
        now: i64,
    ) -> Result<Vec<Credential>, SenError> {
        let wanted = match CredentialName::from_text(&name_or_offer) {
            Some(name) => Wanted::Named(name, ward.as_deref()),
            None if ward.is_some() => return Err(SenError::not_ready("credential.unknown_name")),
            None => Wanted::Offer(&name_or_offer),
        };
        let account = self.0.account();
        let obtained = account
            .obtain_credential(wanted, transaction_code.as_deref(), &Silent, Timestamp::from_unix(now))
            .await?;
        Ok(self.told(obtained, now))
    }

    /// The credentials held, newest first.
    pub fn credentials(&self, now: i64) -> Result<Vec<Credential>, SenError> {
        Ok(self.told(self.0.credentials()?, now))
    }

    /// Deletes a credential and its key.
    pub fn delete_credential(&self, id: String, now: i64) -> Result<(), SenError> {
        Ok(self.0.delete_credential(&id, Timestamp::from_unix(now))?)
    }

    /// What showing a credential (`health-insurance` or `citizen`) would tell: the holder's own, or with `ward` that of the minor
    /// in the holder's care who has this personal number; to any clinic, or to the desk whose question was scanned. To be put to
    /// the person in full; works without network.
    pub fn ask_consent(
        &self,
        credential: String,
        ward: Option<String>,
        challenge: Option<String>,
        now: i64,
    ) -> Result<Arc<ConsentRequest>, SenError> {
        let (name, now) = (named(&credential)?, Timestamp::from_unix(now));
        let request = self.0.ask_consent(name, ward.as_deref(), challenge.as_deref(), now)?;
        Ok(Arc::new(ConsentRequest(request)))
    }

    /// The person declined; the history says so.
    pub fn decline(&self, request: Arc<ConsentRequest>, now: i64) -> Result<(), SenError> {
        Ok(self.0.decline(&request.0, Timestamp::from_unix(now))?)
    }

    /// The current code of the rotating clinic QR, or the answer to a desk's question; works without network.
    pub fn present_qr(&self, consent: Arc<Consent>, now: i64) -> Result<QrCode, SenError> {
        let frame = self.0.present_qr(&consent.0, Timestamp::from_unix(now))?;
        Ok(QrCode { text: frame.text, expires_at: frame.expires_at.as_unix() })
    }

    /// The codes that follow the current one in a loop before a camera: the portrait.
    pub fn portrait_frames(&self, consent: Arc<Consent>, now: i64) -> Result<Vec<String>, SenError> {
        Ok(self.0.portrait_frames(&consent.0, Timestamp::from_unix(now))?)
    }

    /// Ends the use, when the person leaves the screen: the next code is written into the history as a new one.
    pub fn stop_showing(&self) {
        self.0.stop_showing();
    }
}

impl Wallet {
    pub(crate) fn told(&self, held: Vec<CredentialInfo>, now: i64) -> Vec<Credential> {
        let now = Timestamp::from_unix(now);
        held.into_iter().map(|info| Credential::new(self.0.warnings(&info, now), info)).collect()
    }
}
