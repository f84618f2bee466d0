//! The client: one connection pool, one set of roots, one set of limits.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use crate::retry::pause;
use crate::transport::{Transport, sleep};
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
    transport: Transport,
    limits: Arc<Limits>,
    listener: Option<Arc<dyn WaitListener>>,
}

impl Client {
    /// A client that trusts exactly the certificates in `roots_pem` (one or more, PEM). As WebAssembly the page or Node around it
    /// decides which servers are believed, and `roots_pem` is not looked at.
    ///
    /// # Errors
    /// [`Error::BadRoots`] where that is not PEM, holds no certificate, or one that cannot be a root;
    /// [`Error::Bug`] where TLS cannot be set up.
    pub fn new(roots_pem: &[u8], limits: Limits) -> Result<Self, Error> {
        let transport = Transport::new(roots_pem, &limits)?;
        Ok(Self { transport, limits: Arc::new(limits), listener: None })
    }

    /// The same client, which tells somebody when it waits.
    #[must_use]
    pub fn telling(self, listener: Option<Arc<dyn WaitListener>>) -> Self {
        Self { listener, ..self }
    }

    /// Sends a request and gives the answer where its status is 2xx. Needs a tokio runtime with time and network,
    /// as WebAssembly none.
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
            let limit = request.limit.unwrap_or(self.limits.body);
            let answer = self.transport.exchange(request.clone(), limit).await;
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
            sleep(pause).await;
            attempt += 1;
        }
    }
}
