//! The client: one connection pool, one set of roots, one set of limits.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use reqwest::StatusCode;
use reqwest::redirect::Policy;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};

use crate::retry::pause;
use crate::{Error, Request, Response};

/// How long to wait, how much to read, how often to try.
#[derive(Debug, Clone)]
pub struct Limits {
    /// To make a connection, TLS included.
    pub connect: Duration,
    /// Between two pieces of an answer.
    pub read: Duration,
    /// For one attempt as a whole.
    pub total: Duration,
    /// Bytes of a body.
    pub body: usize,
    /// How often a request is sent at most.
    pub attempts: u32,
    /// The pause after the first failed attempt; it doubles from there.
    pub first_pause: Duration,
    /// No pause is longer; a server that asks for a longer one gets its answer passed on.
    pub longest_pause: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(10),
            read: Duration::from_secs(15),
            total: Duration::from_secs(45),
            body: 1 << 20,
            attempts: 3,
            first_pause: Duration::from_millis(250),
            longest_pause: Duration::from_secs(10),
        }
    }
}

/// Is told when a busy server (429, 503) is waited for, so that a person can be told.
pub trait WaitListener: fmt::Debug + Send + Sync {
    /// The request is sent again after this pause.
    fn waits(&self, pause: Duration);
}

/// Speaks to servers that the given roots vouch for. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Client {
    http: reqwest::Client,
    limits: Arc<Limits>,
    listener: Option<Arc<dyn WaitListener>>,
}

impl Client {
    /// A client that trusts exactly the certificates in `roots_pem` (one or more, PEM).
    ///
    /// # Errors
    /// [`Error::BadRoots`] where that is not PEM, holds no certificate, or one that cannot be a root;
    /// [`Error::Bug`] where TLS cannot be set up.
    pub fn new(roots_pem: &[u8], limits: Limits) -> Result<Self, Error> {
        let http = reqwest::Client::builder()
            .tls_backend_preconfigured(tls(roots_pem)?)
            .https_only(true)
            .redirect(Policy::none())
            .referer(false)
            .no_proxy()
            .retry(reqwest::retry::never())
            .connect_timeout(limits.connect)
            .read_timeout(limits.read)
            .timeout(limits.total)
            .user_agent(concat!("sen/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|_| Error::Bug)?;
        Ok(Self { http, limits: Arc::new(limits), listener: None })
    }

    /// The same client, which tells somebody when it waits.
    #[must_use]
    pub fn telling(self, listener: Option<Arc<dyn WaitListener>>) -> Self {
        Self { listener, ..self }
    }

    /// Sends a request and gives the answer where its status is 2xx. Needs a tokio runtime with time and network.
    ///
    /// # Errors
    /// As [`Client::exchange`], and [`Error::Status`] for every other status.
    pub async fn fetch(&self, request: Request) -> Result<Response, Error> {
        self.exchange(request).await?.success()
    }

    /// Sends a request and gives the answer whatever its status, after the repetitions that the limits allow.
    ///
    /// # Errors
    /// [`Error::NoNetwork`], [`Error::Tls`], [`Error::TooLarge`], [`Error::Redirected`].
    pub async fn exchange(&self, request: Request) -> Result<Response, Error> {
        let mut attempt = 1;
        loop {
            let answer = self.once(request.clone()).await;
            let (error, retry_after) = match &answer {
                Ok(response) => (response.clone().success().err(), response.retry_after()),
                Err(error) => (Some(error.clone()), None),
            };
            let pause = error
                .as_ref()
                .and_then(|error| pause(error, attempt, request.idempotent, retry_after, &self.limits));
            let Some(pause) = pause else { return answer };
            if let (Some(listener), Some(Error::Status(_))) = (&self.listener, &error) {
                listener.waits(pause);
            }
            tokio::time::sleep(pause).await;
            attempt += 1;
        }
    }

    async fn once(&self, request: Request) -> Result<Response, Error> {
        let limit = request.limit.unwrap_or(self.limits.body);
        let mut answer = self
            .http
            .request(request.method, request.url)
            .headers(request.headers)
            .body(request.body)
            .send()
            .await
            .map_err(|error| Error::from_reqwest(&error))?;
        if answer.status().is_redirection() && answer.status() != StatusCode::NOT_MODIFIED {
            return Err(Error::Redirected);
        }
        if answer.content_length().is_some_and(|length| length > limit as u64) {
            return Err(Error::TooLarge { limit });
        }
        let mut body = Vec::new();
        while let Some(piece) = answer.chunk().await.map_err(|error| Error::from_reqwest(&error))? {
            if piece.len() > limit - body.len() {
                return Err(Error::TooLarge { limit });
            }
            body.extend_from_slice(&piece);
        }
        Ok(Response { status: answer.status().as_u16(), headers: answer.headers().clone(), body })
    }
}

/// The provider is handed over, not installed: no global state, and reqwest never has to look for one and panic.
fn tls(roots_pem: &[u8]) -> Result<ClientConfig, Error> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(roots_pem) {
        let certificate = certificate.map_err(|_| Error::BadRoots)?;
        roots.add(certificate).map_err(|_| Error::BadRoots)?;
    }
    if roots.is_empty() {
        return Err(Error::BadRoots);
    }
    let mut config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|_| Error::Bug)?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(config)
}
