//! A TLS server that answers requests by a function, and whose connections break as a test says.

use std::collections::HashMap;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::{Context, Poll};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::pki_types::PrivateKeyDer;
use serde_json::Value;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

/// What a client asked.
#[derive(Debug, Clone)]
pub struct Asked {
    pub path: String,
    pub authorization: String,
    /// Request line and headers.
    pub head: String,
    pub body: Vec<u8>,
}

impl Asked {
    /// A header by its name in small letters.
    pub fn header(&self, name: &str) -> Option<String> {
        let is_it = |line: &&str| line.to_lowercase().starts_with(&format!("{name}:"));
        Some(self.head.lines().find(is_it)?.split_once(':')?.1.trim().to_owned())
    }

    /// A field of a form.
    pub fn field(&self, name: &str) -> Option<String> {
        let mut fields = url::form_urlencoded::parse(&self.body);
        fields.find(|(key, _)| key == name).map(|(_, value)| value.into_owned())
    }
}

/// What the server answers.
pub struct Reply {
    pub status: u16,
    pub headers: Vec<(&'static str, String)>,
    pub body: Vec<u8>,
}

impl Reply {
    pub fn json(value: &Value) -> Self {
        Self::error(200, value)
    }

    pub fn error(status: u16, value: &Value) -> Self {
        Self { status, headers: Vec::new(), body: value.to_string().into_bytes() }
    }

    pub fn bytes(body: Vec<u8>) -> Self {
        Self { status: 200, headers: Vec::new(), body }
    }

    pub fn with(mut self, name: &'static str, value: &str) -> Self {
        self.headers.push((name, value.to_owned()));
        self
    }
}

type Answer = dyn FnMut(Asked, &str) -> Option<Reply> + Send;

/// What becomes of answers on their way.
#[derive(Default)]
pub struct Line {
    /// Answers to this path end after so many octets, headers included.
    pub cut: Option<(String, usize)>,
    /// The connection of this number, from now on, ends after so many octets of what the server sends, TLS included.
    pub cut_wire: Option<(usize, usize)>,
    /// The next answers are these instead, from the last one to the first; nobody acts on what was asked.
    pub instead: Vec<Reply>,
    /// Answers to this path have the first member of their body twice.
    pub doubled: Option<String>,
    /// The answers as they were before they were cut, by path: headers, and all.
    pub last: HashMap<String, (usize, Vec<u8>)>,
    /// How many connections there were.
    pub connections: usize,
}

impl Line {
    /// Where an answer to this path can be cut: at each of its first 512 octets, and before and after each token of its JSON.
    pub fn cuts(&self, path: &str) -> Vec<usize> {
        let (head, all) = &self.last[path];
        let tokens = (*head..all.len()).filter(|at| b"{}[],:\"".contains(&all[*at]));
        let mut cuts: Vec<usize> = (0..512).chain(tokens.flat_map(|at| [at, at + 1])).collect();
        cuts.retain(|at| *at < all.len());
        cuts.sort_unstable();
        cuts.dedup();
        cuts
    }
}

pub struct Server {
    pub roots_pem: Vec<u8>,
    pub url: String,
    line: Arc<Mutex<Line>>,
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
        let line = Arc::new(Mutex::new(Line::default()));
        let shared = line.clone();
        let stop = tokio::spawn(async move {
            loop {
                let Ok((socket, _)) = listener.accept().await else {
                    return;
                };
                let left = {
                    let mut line = shared.lock().unwrap();
                    line.connections += 1;
                    match &mut line.cut_wire {
                        Some((0, octets)) => {
                            let octets = *octets;
                            line.cut_wire = None;
                            octets
                        }
                        Some((number, _)) => {
                            *number -= 1;
                            usize::MAX
                        }
                        None => usize::MAX,
                    }
                };
                // Each by itself: a client may open one connection more than it uses, and would wait for ever behind it.
                let (acceptor, answer) = (acceptor.clone(), answer.clone());
                let (own_url, shared) = (own_url.clone(), shared.clone());
                tokio::spawn(async move {
                    if let Ok(stream) = acceptor.accept(Wire { socket, left }).await {
                        let _ = serve(stream, &answer, &own_url, &shared).await;
                    }
                });
            }
        });
        Self { roots_pem: authority.pem().into_bytes(), url, line, stop }
    }

    pub fn line(&self) -> MutexGuard<'_, Line> {
        self.line.lock().unwrap()
    }

    /// Refuses every connection from now on.
    pub fn stop(&self) {
        self.stop.abort();
    }
}

async fn serve(
    mut stream: TlsStream<Wire>,
    answer: &Mutex<Box<Answer>>,
    own_url: &str,
    line: &Mutex<Line>,
) -> io::Result<()> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        head.push(stream.read_u8().await?);
    }
    let head = String::from_utf8(head).unwrap();
    let path = head.split(' ').nth(1).unwrap().to_owned();
    let mut asked = Asked { path, authorization: String::new(), head, body: Vec::new() };
    asked.authorization = asked.header("authorization").unwrap_or_default();
    asked.body = vec![0; asked.header("content-length").map_or(0, |length| length.parse().unwrap())];
    stream.read_exact(&mut asked.body).await?;
    let path = asked.path.clone();
    let instead = line.lock().unwrap().instead.pop();
    let reply = instead.or_else(|| answer.lock().unwrap()(asked, own_url));
    if let Some(Reply { status, headers, mut body }) = reply {
        let more =
            headers.iter().fold(String::new(), |all, (name, value)| format!("{all}{name}: {value}\r\n"));
        if line.lock().unwrap().doubled.as_ref() == Some(&path) {
            body = doubled(&body);
        }
        let head = format!(
            "HTTP/1.1 {status} X\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n{more}\r\n",
            body.len()
        );
        let mut all = [head.as_bytes(), &body].concat();
        {
            let mut line = line.lock().unwrap();
            line.last.insert(path.clone(), (head.len(), all.clone()));
            if let Some((_, octets)) = line.cut.as_ref().filter(|(cut, _)| *cut == path) {
                all.truncate(*octets);
            }
        }
        stream.write_all(&all).await?;
    }
    stream.shutdown().await
}

/// The same JSON object with its first member before itself.
fn doubled(body: &[u8]) -> Vec<u8> {
    let object: serde_json::Map<String, Value> = serde_json::from_slice(body).unwrap();
    let (name, value) = object.iter().next().unwrap();
    let first = format!("{{{}:{value},", Value::String(name.clone()));
    [first.as_bytes(), &body[1..]].concat()
}

/// A connection that breaks off after so many octets more.
struct Wire {
    socket: TcpStream,
    left: usize,
}

impl AsyncRead for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_read(context, buffer)
    }
}

impl AsyncWrite for Wire {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        octets: &[u8],
    ) -> Poll<io::Result<usize>> {
        let part = &octets[..octets.len().min(self.left)];
        if part.is_empty() && !octets.is_empty() {
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        }
        let written = Pin::new(&mut self.socket).poll_write(context, part);
        if let Poll::Ready(Ok(count)) = written {
            self.left -= count;
        }
        written
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.socket).poll_shutdown(context)
    }
}
