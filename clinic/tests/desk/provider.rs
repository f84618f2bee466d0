//! A provider on this machine: TLS, and whatever lists a test puts there.
#![allow(unreachable_pub, reason = "tests")]
use std::sync::{Arc, Mutex};

use http_client::{Client, Limits};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::pki_types::PrivateKeyDer;
use sen_clinic::fetch::Fetcher;
use sen_clinic::folder::{Data, load};
use test_key::TestKey;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use trust::status::StatusListDraft;
use trust::time::Timestamp;

use crate::nation::Nation;
use crate::nation::world::INDEX;

/// What lies at each path. A body's version is its length and first bytes, which is enough here.
type Pages = Arc<Mutex<Vec<(String, Vec<u8>)>>>;

pub struct Provider {
    pub nation: Nation,
    pages: Pages,
    asked: Arc<Mutex<Vec<String>>>,
    pub fetcher: Fetcher,
    roots: String,
}

impl Provider {
    pub async fn new() -> Self {
        let mut nation = Nation::new();
        let (pages, asked) = (Pages::default(), Arc::new(Mutex::new(Vec::new())));
        let (roots, url) = serve(pages.clone(), asked.clone()).await;
        nation.world.list.status_base = format!("{url}/status/");
        nation.publish();
        let fetcher = fetcher(&nation, &roots, url);
        Self { nation, pages, asked, fetcher, roots }
    }

    /// Another fetcher of the same provider, for a desk.
    pub fn fetcher(&self) -> Fetcher {
        fetcher(&self.nation, &self.roots, self.fetcher.provider.clone())
    }

    pub fn put(&self, path: &str, body: Vec<u8>) {
        let mut pages = self.pages.lock().unwrap();
        pages.retain(|(held, _)| held != path);
        pages.push((path.to_owned(), body));
    }

    pub fn put_trust_list(&self, root: &TestKey) {
        let draft = self.nation.world.list.draft(b"root").unwrap();
        self.put("/trust/trust-list.cwt", draft.assemble(&root.sign(&draft.to_be_signed())));
    }

    pub fn put_signed(&self, path: &str, draft: &trust::cose::Draft) {
        self.put(path, draft.assemble(&self.nation.world.signer.sign(&draft.to_be_signed())));
    }

    pub fn put_list(&self, path: &str, subject: &str, issued: Timestamp, revoked: bool) {
        let mut list = StatusListDraft::new(subject, 2, 1000, issued, issued.plus_seconds(86_400)).unwrap();
        assert!(list.set(INDEX, u8::from(revoked)));
        self.put_signed(path, &list.draft(b"s1").unwrap());
    }

    pub fn data(&self) -> Data {
        load(&self.fetcher.trust, Some(&self.fetcher.status), None).unwrap()
    }

    pub fn asked(&self) -> Vec<String> {
        std::mem::take(&mut *self.asked.lock().unwrap())
    }
}

fn fetcher(nation: &Nation, roots: &str, provider: String) -> Fetcher {
    let limits = Limits { attempts: 1, ..Limits::default() };
    Fetcher {
        client: Client::new(roots.as_bytes(), limits).unwrap(),
        provider,
        trust: nation.folder.join("trust"),
        status: nation.folder.join("status"),
    }
}

async fn serve(pages: Pages, asked: Arc<Mutex<Vec<String>>>) -> (String, String) {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let leaf = CertificateParams::new(vec!["127.0.0.1".into()]).unwrap().signed_by(&key, &authority).unwrap();
    let config =
        rustls::ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![leaf.der().clone()], PrivateKeyDer::try_from(key.serialize_der()).unwrap())
            .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://127.0.0.1:{}", listener.local_addr().unwrap().port());
    tokio::spawn(async move {
        loop {
            let (socket, _) = listener.accept().await.unwrap();
            let (acceptor, pages, asked) = (acceptor.clone(), pages.clone(), asked.clone());
            tokio::spawn(async move {
                let Ok(mut stream) = acceptor.accept(socket).await else { return };
                let mut head = Vec::new();
                while !head.ends_with(b"\r\n\r\n") {
                    let Ok(byte) = stream.read_u8().await else { return };
                    head.push(byte);
                }
                let reply = answer(&String::from_utf8(head).unwrap(), &pages, &asked);
                let _ = stream.write_all(&reply).await;
                let _ = stream.shutdown().await;
            });
        }
    });
    (authority.pem(), url)
}

fn answer(head: &str, pages: &Pages, asked: &Mutex<Vec<String>>) -> Vec<u8> {
    let path = head.split(' ').nth(1).unwrap().to_owned();
    let known = head.lines().find_map(|line| line.strip_prefix("if-none-match: ")).map(str::to_owned);
    let pages = pages.lock().unwrap();
    let page = pages.iter().find(|(held, _)| *held == path).map(|(_, body)| body);
    let (status, etag, body) = match page {
        None => ("404 Not Found", String::new(), &b""[..]),
        Some(body) => {
            let last = &body[body.len().saturating_sub(8)..];
            let etag = format!("\"{}\"", hex::encode(last));
            if known.as_ref() == Some(&etag) {
                ("304 Not Modified", etag, &b""[..])
            } else {
                ("200 OK", etag, &body[..])
            }
        }
    };
    asked.lock().unwrap().push(format!("{path} {}", &status[..3]));
    let length = body.len();
    let head =
        format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\netag: {etag}\r\nconnection: close\r\n\r\n");
    [head.as_bytes(), body].concat()
}
