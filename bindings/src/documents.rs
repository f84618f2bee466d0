//! Documents of any issuer (OpenID4VCI): by offer, by name, with a browser between, late and anew.
use std::sync::{Arc, Mutex, PoisonError};

use holder::{Silent, WalletClient};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use trust::time::Timestamp;

use crate::error::SenError;
use crate::wallet::Wallet;

/// Whom to believe: an issuer that the provider does not vouch for is believed by the person's own decision.
#[derive(Clone, Debug, uniffi::Record)]
pub struct BelievedIssuers {
    /// Roots of its TLS servers, PEM.
    pub roots_pem: Vec<u8>,
    /// Roots of those who sign documents, PEM; empty for those whom the nation's trust list names.
    pub anchors_pem: String,
}

/// What an offer says, to be shown before anything is sent to its issuer.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct Offer {
    /// The issuer's identifier.
    pub issuer: String,
    /// The configuration ids on offer.
    pub credentials: Vec<String>,
    /// The person has to agree in a browser: [`Wallet::begin_authorisation`].
    pub in_browser: bool,
    /// The code that the person must type, where one is needed.
    pub transaction_code: Option<TransactionCode>,
}

/// The code that an issuer sent on another way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, uniffi::Record)]
pub struct TransactionCode {
    /// Digits alone.
    pub numeric: bool,
    /// Number of characters, where the issuer says so.
    pub length: Option<u32>,
}

/// A document for use online.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct Document {
    /// The wallet's own name for it.
    pub id: String,
    /// `dc+sd-jwt` or `mso_mdoc`.
    pub format: String,
    /// Its type: `vct` or `docType`.
    pub kind: String,
    /// The subject of the certificate that signed it.
    pub issuer: String,
    /// The identifier of the issuer that it was obtained from.
    pub issuer_url: String,
    /// When it was issued.
    pub issued_at: i64,
    /// When it expires, where it does.
    pub expires_at: Option<i64>,
    /// How many copies there are.
    pub copies: u64,
    /// How many of those that are shown without approving anything were never shown: the copy that approves is not among them where there
    /// are others.
    pub unshown: u64,
    /// Whether it can approve transactions. Where it cannot, though its issuer lets it, it is to be obtained again for that.
    pub can_approve: bool,
    /// Whether it can be fetched anew without the person.
    pub refreshable: bool,
}

/// A document that its issuer will have later.
#[derive(Clone, Debug, PartialEq, Eq, uniffi::Record)]
pub struct AwaitedDocument {
    /// The wallet's own name for it.
    pub id: String,
    /// `dc+sd-jwt` or `mso_mdoc`.
    pub format: String,
    /// Its type.
    pub kind: String,
    /// The identifier of its issuer.
    pub issuer_url: String,
    /// Before this time there is no use in asking.
    pub not_before: i64,
}

/// An authorisation that waits for the person in a browser. Released, it leaves nothing behind.
#[derive(uniffi::Object)]
pub struct Authorisation {
    url: String,
    waiting: Mutex<Option<Waiting>>,
}

struct Waiting {
    calls: mpsc::UnboundedSender<Call>,
    obtained: JoinHandle<Result<Vec<holder::DocumentInfo>, holder::Error>>,
}

/// What is asked of the task that owns what waits.
enum Call {
    IsAnswer { address: String, told: oneshot::Sender<bool> },
    Finish { address: String, now: Timestamp },
}

/// Waits for the address that the browser returned to; nothing where nobody waits any more.
async fn returned(
    waiting: &holder::Authorisation<'_>,
    calls: &mut mpsc::UnboundedReceiver<Call>,
) -> Option<(String, Timestamp)> {
    loop {
        match calls.recv().await? {
            // Nobody may listen any more.
            Call::IsAnswer { address, told } => drop(told.send(waiting.is_answer(&address))),
            Call::Finish { address, now } => return Some((address, now)),
        }
    }
}

#[uniffi::export(async_runtime = "tokio")]
impl Wallet {
    /// Reads an offer link; nothing goes to the issuer's endpoints.
    pub async fn read_offer(&self, link: String, issuers: BelievedIssuers) -> Result<Offer, SenError> {
        let offer = self.0.read_offer(&link, issuers.believed()).await?;
        let code = |code: holder::TransactionCode| TransactionCode {
            numeric: code.input_mode == holder::InputMode::Numeric,
            length: code.length,
        };
        Ok(Offer {
            issuer: offer.issuer,
            credentials: offer.credentials,
            in_browser: offer.in_browser,
            transaction_code: offer.transaction_code.map(code),
        })
    }

    /// Whether an offer is of documents in standard formats, for [`obtain_documents`](Self::obtain_documents), and not of credentials
    /// for [`obtain_credential`](Self::obtain_credential). `roots_pem` are the roots of its servers, where they are not the provider's.
    pub async fn offers_documents(&self, link: String, roots_pem: Option<Vec<u8>>) -> Result<bool, SenError> {
        Ok(self.0.account().offers_documents(&link, roots_pem.as_deref()).await?)
    }

    /// Obtains the documents of an offer, all or none; `transaction_code` is what the person typed where the offer asks for it.
    pub async fn obtain_documents(
        &self,
        link: String,
        issuers: BelievedIssuers,
        transaction_code: Option<String>,
        now: i64,
    ) -> Result<Vec<Document>, SenError> {
        let (code, now) = (transaction_code.as_deref(), Timestamp::from_unix(now));
        let obtained = self.0.obtain_documents(&link, issuers.believed(), code, &Silent, now).await?;
        Ok(obtained.into_iter().map(Document::from).collect())
    }

    /// Obtains a document of the account's provider by its name there, such as `citizen_sd_jwt`; its signers are believed under
    /// these roots (PEM), where it is empty under the provider's trust list.
    pub async fn obtain_document(
        &self,
        name: String,
        anchors_pem: String,
        now: i64,
    ) -> Result<Vec<Document>, SenError> {
        let (account, now) = (self.0.account(), Timestamp::from_unix(now));
        let obtained = account.obtain_document(&name, given(&anchors_pem), &Silent, now).await?;
        Ok(obtained.into_iter().map(Document::from).collect())
    }

    /// Begins an offer that the person agrees to in a browser. `redirect_uri` is an address that this shell alone is called
    /// with.
    pub async fn begin_authorisation(
        self: Arc<Self>,
        link: String,
        issuers: BelievedIssuers,
        client_id: String,
        redirect_uri: String,
        now: i64,
    ) -> Result<Arc<Authorisation>, SenError> {
        let (told, begun) = oneshot::channel();
        let (calls, mut called) = mpsc::unbounded_channel();
        // What waits borrows the wallet: a task owns both until the browser returns or nobody waits any more.
        let obtained = tokio::spawn(async move {
            let known_as = WalletClient { client_id: &client_id, redirect_uri: &redirect_uri };
            let now = Timestamp::from_unix(now);
            let waiting = match self.0.begin_authorisation(&link, issuers.believed(), known_as, now).await {
                Ok(waiting) => waiting,
                Err(error) => {
                    // Where nobody listens any more nobody needs it.
                    let _ = told.send(Err(error));
                    return Ok(Vec::new());
                }
            };
            if told.send(Ok(waiting.url().to_owned())).is_err() {
                return Ok(Vec::new());
            }
            match returned(&waiting, &mut called).await {
                Some((address, now)) => waiting.finish(&address, &Silent, now).await,
                None => Ok(Vec::new()),
            }
        });
        let url = begun.await.map_err(|_| SenError::bug("issuance.worker"))??;
        Ok(Arc::new(Authorisation { url, waiting: Mutex::new(Some(Waiting { calls, obtained })) }))
    }

    /// The documents that are awaited.
    pub fn awaited_documents(&self) -> Result<Vec<AwaitedDocument>, SenError> {
        let awaited = |info: holder::AwaitedInfo| AwaitedDocument {
            id: info.id,
            format: info.format.as_str().to_owned(),
            kind: info.kind,
            issuer_url: info.issuer_url,
            not_before: info.not_before.as_unix(),
        };
        Ok(self.0.awaited()?.into_iter().map(awaited).collect())
    }

    /// Asks for an awaited document; nothing while it is not ready.
    pub async fn fetch_awaited(&self, id: String, now: i64) -> Result<Option<Document>, SenError> {
        let fetched = self.0.fetch_awaited(&id, &Silent, Timestamp::from_unix(now)).await?;
        Ok(fetched.map(Document::from))
    }

    /// Stops awaiting a document and deletes its keys.
    pub fn give_up_awaited(&self, id: String, now: i64) -> Result<(), SenError> {
        Ok(self.0.give_up_awaited(&id, Timestamp::from_unix(now))?)
    }

    /// Fetches a document anew with new keys, where its issuer gave leave to; nothing where the issuer has it later, and it is awaited
    /// from here on.
    pub async fn refresh_document(&self, id: String, now: i64) -> Result<Option<Document>, SenError> {
        let fetched = self.0.refresh_document(&id, &Silent, Timestamp::from_unix(now)).await?;
        Ok(fetched.map(Document::from))
    }

    /// The documents held, newest issue first.
    pub fn documents(&self) -> Result<Vec<Document>, SenError> {
        Ok(self.0.documents()?.into_iter().map(Document::from).collect())
    }

    /// Deletes a document with all its copies and their keys.
    pub fn delete_document(&self, id: String, now: i64) -> Result<(), SenError> {
        Ok(self.0.delete_document(&id, Timestamp::from_unix(now))?)
    }
}

#[uniffi::export(async_runtime = "tokio")]
impl Authorisation {
    /// Where the person's browser is to go.
    pub fn url(&self) -> String {
        self.url.clone()
    }

    /// Whether an address that this shell was called with is this request's answer: other apps can call it, too. False once
    /// [`finish`](Self::finish) was called.
    pub async fn is_answer(&self, address: String) -> Result<bool, SenError> {
        let calls =
            self.waiting.lock().unwrap_or_else(PoisonError::into_inner).as_ref().map(|w| w.calls.clone());
        let Some(calls) = calls else { return Ok(false) };
        let worker = || SenError::bug("issuance.worker");
        let (told, is_answer) = oneshot::channel();
        calls.send(Call::IsAnswer { address, told }).map_err(|_| worker())?;
        is_answer.await.map_err(|_| worker())
    }

    /// Goes on, once, with the address that the browser returned to, and obtains the documents. A call that is cancelled does
    /// not take back what it began.
    pub async fn finish(&self, returned_to: String, now: i64) -> Result<Vec<Document>, SenError> {
        let waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner).take();
        let waiting = waiting.ok_or_else(|| SenError::not_ready("issuance.finished"))?;
        let worker = || SenError::bug("issuance.worker");
        let call = Call::Finish { address: returned_to, now: Timestamp::from_unix(now) };
        waiting.calls.send(call).map_err(|_| worker())?;
        let obtained = waiting.obtained.await.map_err(|_| worker())??;
        Ok(obtained.into_iter().map(Document::from).collect())
    }
}

impl BelievedIssuers {
    fn believed(&self) -> holder::Issuers<'_> {
        holder::Issuers { roots_pem: &self.roots_pem, anchors_pem: given(&self.anchors_pem) }
    }
}

fn given(anchors_pem: &str) -> Option<&str> {
    Some(anchors_pem).filter(|pem| !pem.is_empty())
}

impl From<holder::DocumentInfo> for Document {
    fn from(info: holder::DocumentInfo) -> Self {
        Self {
            id: info.id,
            format: info.format.as_str().to_owned(),
            kind: info.kind,
            issuer: info.issuer,
            issuer_url: info.issuer_url,
            issued_at: info.issued_at.as_unix(),
            expires_at: info.expires_at.map(Timestamp::as_unix),
            copies: info.copies as u64,
            unshown: info.unshown as u64,
            can_approve: info.can_approve,
            refreshable: info.refreshable,
        }
    }
}
