//! A TLS server on this machine that answers as a test says.
#![allow(dead_code, unreachable_pub, clippy::unwrap_used)]

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use http_client::{Client, Error, Limits, Request};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::pki_types::PrivateKeyDer;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

pub type Answer =
    Box<dyn Fn(usize, TlsStream<TcpStream>) -> Pin<Box<dyn Future<Output = ()> + Send>> + Send + Sync>;

pub struct Server {
    pub roots: String,
    pub address: String,
    pub requests: Arc<AtomicUsize>,
}

pub fn authority() -> CertifiedIssuer<'static, KeyPair> {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

pub async fn serve(name: &str, answer: Answer) -> Server {
    serve_as(CertificateParams::new(vec![name.to_owned()]).unwrap(), answer).await
}

/// A server with this certificate.
pub async fn serve_as(certificate: CertificateParams, answer: Answer) -> Server {
    let authority = authority();
    let key = KeyPair::generate().unwrap();
    let leaf = certificate.signed_by(&key, &authority).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![leaf.der().clone()], PrivateKeyDer::try_from(key.serialize_der()).unwrap())
        .unwrap();
    // As most servers do: the newer one where the client says that it can.
    config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("https://127.0.0.1:{}", listener.local_addr().unwrap().port());
    let requests = Arc::new(AtomicUsize::new(0));
    let (count, answer) = (requests.clone(), Arc::new(answer));
    tokio::spawn(async move {
        loop {
            let (socket, _) = listener.accept().await.unwrap();
            let (acceptor, count, answer) = (acceptor.clone(), count.clone(), answer.clone());
            tokio::spawn(async move {
                let Ok(mut stream) = acceptor.accept(socket).await else {
                    return;
                };
                let mut head = Vec::new();
                while !head.ends_with(b"\r\n\r\n") {
                    let Ok(byte) = stream.read_u8().await else { return };
                    head.push(byte);
                }
                answer(count.fetch_add(1, Ordering::SeqCst), stream).await;
            });
        }
    });
    Server { roots: authority.pem(), address, requests }
}

/// A server that sends `text` to every request and ends the connection.
pub async fn server_saying(text: impl Into<String>) -> Server {
    let text = Arc::new(text.into());
    let answer: Answer = Box::new(move |_, mut stream| {
        let text = text.clone();
        Box::pin(async move {
            let _ = stream.write_all(text.as_bytes()).await;
            let _ = stream.shutdown().await;
        })
    });
    serve("127.0.0.1", answer).await
}

pub fn answer(status: &str, headers: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n{headers}\r\n{body}", body.len())
}

pub fn short() -> Limits {
    Limits {
        read: Duration::from_millis(300),
        total: Duration::from_millis(900),
        body: 1000,
        first_pause: Duration::from_millis(20),
        longest_pause: Duration::from_secs(1),
        ..Limits::default()
    }
}

pub async fn fetch(server: &Server, limits: Limits) -> Result<http_client::Response, Error> {
    let client = Client::new(server.roots.as_bytes(), limits).unwrap();
    client.fetch(Request::get(&format!("{}/x", server.address)).unwrap()).await
}

/// A server that says 503 (with `headers`) until the request numbered `until`.
pub async fn busy_until(until: usize, headers: &'static str) -> Server {
    saying_until("503 Service Unavailable", until, headers).await
}

/// A server that says this (with `headers`) until the request numbered `until`.
pub async fn saying_until(status: &'static str, until: usize, headers: &'static str) -> Server {
    serve(
        "127.0.0.1",
        Box::new(move |number, mut stream| {
            Box::pin(async move {
                let text =
                    if number < until { answer(status, headers, "") } else { answer("200 OK", "", "{}") };
                let _ = stream.write_all(text.as_bytes()).await;
                let _ = stream.shutdown().await;
            })
        }),
    )
    .await
}
