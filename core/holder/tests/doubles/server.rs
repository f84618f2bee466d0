//! A TLS server that answers requests by a function.

use std::sync::{Arc, Mutex};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::pki_types::PrivateKeyDer;
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

/// What a client asked.
#[derive(Debug, Clone)]
pub struct Asked {
    pub path: String,
    pub authorization: String,
    pub body: Vec<u8>,
}

/// What the server answers.
pub struct Reply {
    pub status: u16,
    pub body: Vec<u8>,
}

impl Reply {
    pub fn json(value: &Value) -> Self {
        Self { status: 200, body: value.to_string().into_bytes() }
    }

    pub fn error(status: u16, value: &Value) -> Self {
        Self { status, body: value.to_string().into_bytes() }
    }
}

type Answer = dyn FnMut(Asked, &str) -> Option<Reply> + Send;

pub struct Server {
    pub roots_pem: Vec<u8>,
    pub url: String,
    stop: tokio::task::JoinHandle<()>,
}

impl Server {
    /// Answers by `answer`, which also gets the server's own URL; `None` ends the connection without an answer.
    pub async fn start(answer: impl FnMut(Asked, &str) -> Option<Reply> + Send + 'static) -> Self {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let key = KeyPair::generate().unwrap();
        let names = vec!["127.0.0.1".to_owned()];
        let leaf = CertificateParams::new(names).unwrap().signed_by(&key, &authority).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![leaf.der().clone()], PrivateKeyDer::try_from(key.serialize_der()).unwrap())
            .unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("https://127.0.0.1:{}", listener.local_addr().unwrap().port());
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let answer: Arc<Mutex<Box<Answer>>> = Arc::new(Mutex::new(Box::new(answer)));
        let own_url = url.clone();
        let stop = tokio::spawn(async move {
            loop {
                let Ok((socket, _)) = listener.accept().await else {
                    return;
                };
                let Ok(stream) = acceptor.accept(socket).await else {
                    continue;
                };
                let _ = serve(stream, &answer, &own_url).await;
            }
        });
        Self { roots_pem: authority.pem().into_bytes(), url, stop }
    }

    /// Refuses every connection from now on.
    pub fn stop(&self) {
        self.stop.abort();
    }
}

async fn serve(
    mut stream: TlsStream<TcpStream>,
    answer: &Mutex<Box<Answer>>,
    own_url: &str,
) -> std::io::Result<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await?);
    }
    let head = String::from_utf8(head).unwrap();
    let header = |name: &str| {
        let line = head.lines().find(|line| line.to_lowercase().starts_with(&format!("{name}:")))?;
        Some(line.split_once(':')?.1.trim().to_owned())
    };
    let length = header("content-length").map_or(0, |length| length.parse().unwrap());
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await?;
    let path = head.split(' ').nth(1).unwrap().to_owned();
    let asked = Asked { path, authorization: header("authorization").unwrap_or_default(), body };
    let reply = answer.lock().unwrap()(asked, own_url);
    if let Some(Reply { status, body }) = reply {
        let head = format!(
            "HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n\r\n",
            body.len()
        );
        stream.write_all(head.as_bytes()).await?;
        stream.write_all(&body).await?;
    }
    stream.shutdown().await
}
