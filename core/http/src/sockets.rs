//! One exchange over a socket: `reqwest` on rustls with ring.

use std::sync::Arc;
use std::time::Duration;

use reqwest::StatusCode;
use reqwest::redirect::Policy;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};

use crate::{Error, Limits, NoNetworkReason, Request, Response, TlsReason};

/// A pool of connections to servers that the roots vouch for.
#[derive(Debug, Clone)]
pub(crate) struct Transport {
    http: reqwest::Client,
}

impl Transport {
    pub(crate) fn new(roots_pem: &[u8], limits: &Limits) -> Result<Self, Error> {
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
        Ok(Self { http })
    }

    /// Sends a request once and reads at most `limit` bytes of the answer.
    pub(crate) async fn exchange(&self, request: Request, limit: usize) -> Result<Response, Error> {
        let mut answer = self
            .http
            .request(request.method, request.url)
            .headers(request.headers)
            .body(request.body)
            .send()
            .await
            .map_err(|error| from_reqwest(&error))?;
        if answer.status().is_redirection() && answer.status() != StatusCode::NOT_MODIFIED {
            return Err(Error::Redirected);
        }
        if answer.content_length().is_some_and(|length| length > limit as u64) {
            return Err(Error::TooLarge { limit });
        }
        let mut body = Vec::new();
        while let Some(piece) = answer.chunk().await.map_err(|error| from_reqwest(&error))? {
            if piece.len() > limit - body.len() {
                return Err(Error::TooLarge { limit });
            }
            body.extend_from_slice(&piece);
        }
        Ok(Response { status: answer.status().as_u16(), headers: answer.headers().clone(), body })
    }
}

/// Waits.
pub(crate) async fn sleep(pause: Duration) {
    tokio::time::sleep(pause).await;
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
    // The one that is built in: a server takes us at our word.
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(config)
}

fn from_reqwest(error: &reqwest::Error) -> Error {
    if let Some(reason) = tls_cause(error) {
        return Error::Tls(reason);
    }
    if error.is_builder() {
        return Error::Bug;
    }
    if error.is_timeout() {
        return Error::NoNetwork(NoNetworkReason::TimedOut);
    }
    if error.is_connect() {
        return Error::NoNetwork(NoNetworkReason::Unreachable);
    }
    Error::NoNetwork(NoNetworkReason::Interrupted)
}

/// rustls errors travel inside `io::Error`, whose `source` skips the error it wraps.
fn tls_cause(error: &reqwest::Error) -> Option<TlsReason> {
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(current) = cause {
        let inner = current.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        let found = current
            .downcast_ref::<rustls::Error>()
            .or_else(|| inner.and_then(|inner| inner.downcast_ref::<rustls::Error>()));
        if let Some(found) = found {
            return Some(tls_reason(found));
        }
        cause = match inner {
            Some(inner) if !inner.is::<rustls::Error>() => Some(inner),
            _ => current.source(),
        };
    }
    None
}

fn tls_reason(error: &rustls::Error) -> TlsReason {
    use rustls::{CertificateError as C, Error as E};
    match error {
        E::InvalidCertificate(C::UnknownIssuer | C::BadSignature) => TlsReason::UnknownIssuer,
        E::InvalidCertificate(C::NotValidForName | C::NotValidForNameContext { .. }) => TlsReason::WrongName,
        E::InvalidCertificate(
            C::Expired | C::ExpiredContext { .. } | C::NotValidYet | C::NotValidYetContext { .. },
        ) => TlsReason::NotValidNow,
        E::InvalidCertificate(_) | E::NoCertificatesPresented => TlsReason::BadCertificate,
        _ => TlsReason::Protocol,
    }
}
