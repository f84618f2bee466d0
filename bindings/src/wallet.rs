//! The wallet: account, card, credentials, QR, history.
use std::path::Path;
use std::sync::Arc;

use card::{AccessKey, Can, ReadRequest, read_card};
use holder::{Applicant, CredentialInfo, CredentialName, FaceCapture, Provider, Silent, Wanted};
use trust::random::SystemRandom;
use trust::time::Timestamp;

use crate::consent::{Consent, ConsentRequest};
use crate::error::SenError;
use crate::ports::{CardTransport, Foreign, KeyStore, ReadingListener, SecretStore};
use crate::records::{Credential, HistoryLine, OpenedAccount, QrCode};

/// One wallet on this device.
#[derive(uniffi::Object)]
pub struct Wallet(holder::Wallet);

fn named(credential: &str) -> Result<CredentialName, SenError> {
    CredentialName::from_text(credential).ok_or_else(|| not_ready("credential.unknown_name"))
}

fn not_ready(code: &str) -> SenError {
    SenError::NotReady { code: code.to_owned() }
}

#[uniffi::export(async_runtime = "tokio")]
impl Wallet {
    /// Opens the wallet in a folder that exists, making it where there is none.
    #[uniffi::constructor]
    pub fn open(
        folder: String,
        secret_store: Arc<dyn SecretStore>,
        key_store: Arc<dyn KeyStore>,
    ) -> Result<Arc<Self>, SenError> {
        let wallet = holder::Wallet::open(
            Path::new(&folder),
            Arc::new(Foreign(secret_store)),
            Arc::new(Foreign(key_store)),
        )?;
        Ok(Arc::new(Self(wallet)))
    }

    /// Asks a provider for an account; a one-time code goes to the registered phone.
    pub async fn open_account(
        &self,
        provider_url: String,
        roots_pem: Vec<u8>,
        personal_number: String,
        phone: String,
        device_name: String,
        now: i64,
    ) -> Result<OpenedAccount, SenError> {
        let provider = Provider { url: provider_url, roots_pem };
        let applicant = Applicant { personal_number, phone, device_name };
        let opened = self.0.account().open(&provider, &applicant, Timestamp::from_unix(now)).await?;
        Ok(OpenedAccount {
            account: opened.account,
            code_sent_to: opened.code_sent_to,
            code_expires_in: opened.code_expires_in,
        })
    }

    /// Activates the account with the one-time code; gives the level.
    pub async fn activate_account(&self, code: String, now: i64) -> Result<u8, SenError> {
        Ok(self.0.account().activate(&code, Timestamp::from_unix(now)).await?.into())
    }

    /// Steps up to level 2: reads the card in reach with one attempt at its access number, and sends the evidence.
    pub async fn step_up(
        &self,
        transport: Arc<dyn CardTransport>,
        can: String,
        face_capture: Vec<u8>,
        listener: Arc<dyn ReadingListener>,
        now: i64,
    ) -> Result<u8, SenError> {
        let can = Can::parse(&can).map_err(|_| not_ready("card.access_number"))?;
        let now = Timestamp::from_unix(now);
        let account = self.0.account();
        let begun = account.start_step_up(now).await?;
        let request = ReadRequest { active_challenge: Some(begun.challenge()), ..ReadRequest::default() };
        // Reading blocks for seconds: not on the thread that drives the network.
        let read = tokio::task::spawn_blocking(move || {
            let mut transport = Foreign(transport);
            read_card(
                &mut transport,
                &AccessKey::Can(can),
                &request,
                &mut SystemRandom::new(),
                &Foreign(listener),
            )
        });
        let reading = read.await.map_err(|_| SenError::Bug { code: "card.worker".to_owned() })?;
        let reading = reading.map_err(holder::Error::Card)?;
        let level =
            account.finish_step_up(&begun, &reading, FaceCapture(&face_capture), &Silent, now).await?;
        Ok(level.into())
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
            None if ward.is_some() => return Err(not_ready("credential.unknown_name")),
            None => Wanted::Offer(&name_or_offer),
        };
        let account = self.0.account();
        let obtained = account
            .obtain_credential(wanted, transaction_code.as_deref(), &Silent, Timestamp::from_unix(now))
            .await?;
        Ok(self.told(obtained, now))
    }

    /// Locks the account at once.
    pub async fn lock_account(&self, now: i64) -> Result<(), SenError> {
        Ok(self.0.account().lock(Timestamp::from_unix(now)).await?)
    }

    /// Takes back the holder's own lock.
    pub async fn unlock_account(&self, now: i64) -> Result<(), SenError> {
        Ok(self.0.account().unlock(Timestamp::from_unix(now)).await?)
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

    /// Fetches anew what is due; to be called from time to time in the background.
    pub async fn refresh_credentials(&self, now: i64) -> Result<Vec<Credential>, SenError> {
        let refreshed = self.0.account().refresh_due(&Silent, Timestamp::from_unix(now)).await?;
        Ok(self.told(refreshed, now))
    }

    /// The newest lines of the history.
    pub fn history(&self, limit: u32) -> Result<Vec<HistoryLine>, SenError> {
        let entries = self.0.history(None, limit)?;
        let line = |entry: holder::HistoryEntry| HistoryLine {
            sequence: entry.sequence,
            at: entry.at.as_unix(),
            event: serde_json::to_string(&entry.event).unwrap_or_default(),
        };
        Ok(entries.into_iter().map(line).collect())
    }
}

impl Wallet {
    fn told(&self, held: Vec<CredentialInfo>, now: i64) -> Vec<Credential> {
        let now = Timestamp::from_unix(now);
        held.into_iter().map(|info| Credential::new(self.0.warnings(&info, now), info)).collect()
    }
}
