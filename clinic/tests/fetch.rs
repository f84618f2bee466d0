//! The desk's folders kept up to date from a TLS server on this machine.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]
mod nation;

use std::fs;
use std::sync::{Arc, Mutex};

use http_client::{Client, Limits};
use nation::world::{INDEX, NOW};
use nation::{Nation, national};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::pki_types::PrivateKeyDer;
use sen_clinic::fetch::{FetchError, Fetched, Fetcher};
use sen_clinic::folder::{Data, load};
use test_key::TestKey;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use trust::anchors::TrustError;
use trust::random::{Random, RandomError};
use trust::status::{StatusError, StatusListDraft};
use trust::time::Timestamp;

/// What lies at each path. A body's version is its length and first bytes, which is enough here.
type Pages = Arc<Mutex<Vec<(String, Vec<u8>)>>>;

struct Provider {
    nation: Nation,
    pages: Pages,
    asked: Arc<Mutex<Vec<String>>>,
    fetcher: Fetcher,
}

impl Provider {
    async fn new() -> Self {
        let mut nation = Nation::new();
        let (pages, asked) = (Pages::default(), Arc::new(Mutex::new(Vec::new())));
        let (roots, url) = serve(pages.clone(), asked.clone()).await;
        nation.world.list.status_base = format!("{url}/status/");
        nation.publish();
        let limits = Limits { attempts: 1, ..Limits::default() };
        let fetcher = Fetcher {
            client: Client::new(roots.as_bytes(), limits).unwrap(),
            provider: url,
            trust: nation.folder.join("trust"),
            status: nation.folder.join("status"),
        };
        Self { nation, pages, asked, fetcher }
    }

    fn put(&self, path: &str, body: Vec<u8>) {
        let mut pages = self.pages.lock().unwrap();
        pages.retain(|(held, _)| held != path);
        pages.push((path.to_owned(), body));
    }

    fn put_trust_list(&self, root: &TestKey) {
        let draft = self.nation.world.list.draft(b"root").unwrap();
        self.put("/trust/trust-list.cwt", draft.assemble(&root.sign(&draft.to_be_signed())));
    }

    fn put_signed(&self, path: &str, draft: &trust::cose::Draft) {
        self.put(path, draft.assemble(&self.nation.world.signer.sign(&draft.to_be_signed())));
    }

    fn put_list(&self, path: &str, subject: &str, issued: Timestamp, revoked: bool) {
        let mut list = StatusListDraft::new(subject, 2, 1000, issued, issued.plus_seconds(86_400)).unwrap();
        assert!(list.set(INDEX, u8::from(revoked)));
        self.put_signed(path, &list.draft(b"s1").unwrap());
    }

    fn data(&self) -> Data {
        load(&self.fetcher.trust, Some(&self.fetcher.status), None).unwrap()
    }

    fn asked(&self) -> Vec<String> {
        std::mem::take(&mut *self.asked.lock().unwrap())
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

/// Gives the number that a test wants.
struct Fixed(u64);

impl Random for Fixed {
    fn fill(&mut self, out: &mut [u8]) -> Result<(), RandomError> {
        out.copy_from_slice(&self.0.to_be_bytes());
        Ok(())
    }
}

#[tokio::test]
async fn a_newer_trust_list_is_written_and_an_unchanged_one_costs_a_line() {
    let mut provider = Provider::new().await;
    provider.nation.world.list.sequence = 2;
    provider.put_trust_list(&provider.nation.world.root);
    let trust = provider.data().trust;
    assert_eq!(provider.fetcher.trust_list(&trust, NOW).await.unwrap(), Fetched::New);
    let trust = provider.data().trust;
    assert_eq!(trust.sequence(), 2);
    assert_eq!(provider.fetcher.trust_list(&trust, NOW).await.unwrap(), Fetched::Unchanged);
    assert_eq!(provider.asked(), ["/trust/trust-list.cwt 200", "/trust/trust-list.cwt 304"]);
}

#[tokio::test]
async fn an_older_or_foreign_trust_list_leaves_what_was_there() {
    let mut provider = Provider::new().await;
    provider.nation.world.list.sequence = 3;
    provider.nation.publish();
    let trust = provider.data().trust;
    provider.nation.world.list.sequence = 2;
    provider.put_trust_list(&provider.nation.world.root);
    let refused = provider.fetcher.trust_list(&trust, NOW).await.unwrap_err();
    assert!(matches!(refused, FetchError::Trust(TrustError::Rollback { seen: 3, offered: 2 })));
    provider.put_trust_list(&TestKey::new());
    let refused = provider.fetcher.trust_list(&trust, NOW).await.unwrap_err();
    assert!(matches!(refused, FetchError::Trust(TrustError::SignatureInvalid)));
    assert_eq!(provider.data().trust.sequence(), 3);
}

#[tokio::test]
async fn a_list_is_asked_for_when_its_ttl_is_over_and_not_before() {
    let provider = Provider::new().await;
    let trust = provider.data().trust;
    provider.put_list("/status/7", "s:7", NOW, true);
    let fetch =
        async |after| provider.fetcher.status_list(&trust, "s:7", NOW.plus_seconds(after)).await.unwrap();
    assert_eq!(fetch(0).await, Fetched::New);
    assert_eq!(provider.nation.check(&provider.nation.code(), NOW).unwrap().reasons, ["revoked"]);
    assert_eq!(fetch(899).await, Fetched::NotDue);
    assert_eq!(fetch(900).await, Fetched::Unchanged);
    assert_eq!(fetch(1000).await, Fetched::NotDue);
    provider.put_list("/status/7", "s:7", NOW.plus_seconds(1), false);
    assert_eq!(fetch(1800).await, Fetched::New);
    assert_eq!(provider.asked(), ["/status/7 200", "/status/7 304", "/status/7 200"]);
}

#[tokio::test]
async fn a_list_of_another_name_or_signer_or_an_older_one_leaves_what_was_there() {
    let provider = Provider::new().await;
    let trust = provider.data().trust;
    let fetch = async || match provider.fetcher.status_list(&trust, "s:7", NOW).await.unwrap_err() {
        FetchError::Status(reason) => reason,
        other => panic!("{other:?}"),
    };
    provider.put_list("/status/7", "s:8", NOW, false);
    assert_eq!(fetch().await, StatusError::WrongSubject);
    provider.put_list("/status/7", "s:7", NOW.minus_seconds(301), false);
    assert_eq!(fetch().await, StatusError::Rollback);
    provider.put("/status/7", b"no list".to_vec());
    assert!(matches!(fetch().await, StatusError::Malformed(_)));
    assert!(provider.nation.check(&provider.nation.code(), NOW).unwrap().reasons.is_empty());
    for name in ["7", "s:07", "s:-1", "s:", "t:7", "s:7/../8"] {
        let refused = provider.fetcher.status_list(&trust, name, NOW).await.unwrap_err();
        assert!(matches!(refused, FetchError::Name), "{name}");
    }
}

#[tokio::test]
async fn many_lists_are_asked_for_from_a_random_one_on() {
    let provider = Provider::new().await;
    let trust = provider.data().trust;
    let names: Vec<String> = (0..5).map(|number| format!("s:{number}")).collect();
    for name in &names {
        provider.put_list(&format!("/status/{}", &name[2..]), name, NOW, false);
    }
    let fetched = provider.fetcher.status_lists(&trust, &names, &mut Fixed(13), NOW).await.unwrap();
    assert_eq!(fetched, [Fetched::New; 5]);
    let order = ["/status/3 200", "/status/4 200", "/status/0 200", "/status/1 200", "/status/2 200"];
    assert_eq!(provider.asked(), order);
}

#[tokio::test]
async fn the_nations_status_is_fetched_once_and_then_followed() {
    let provider = Provider::new().await;
    fs::remove_file(provider.fetcher.status.join("7.cwt")).unwrap();
    let day = |day| provider.put_signed("/status/national/snapshot", &national(day).snapshot(b"s1").unwrap());
    let delta = |from: u64, to: u64| {
        let delta = national(to).delta_since(&national(from), b"s1").unwrap();
        provider.put_signed(&format!("/status/national/since/{from}"), &delta);
    };
    day(1);
    assert_eq!(provider.fetcher.national(&provider.data()).await.unwrap(), Fetched::New);
    assert_eq!(provider.fetcher.national(&provider.data()).await.unwrap(), Fetched::Unchanged);
    delta(1, 2);
    assert_eq!(provider.fetcher.national(&provider.data()).await.unwrap(), Fetched::New);
    delta(2, 3);
    assert_eq!(provider.fetcher.national(&provider.data()).await.unwrap(), Fetched::New);
    assert_eq!(provider.data().status.national().unwrap().sequence(), 3);
    assert_eq!(provider.nation.check(&provider.nation.code(), NOW).unwrap().reasons, ["revoked"]);
    day(9);
    assert_eq!(provider.fetcher.national(&provider.data()).await.unwrap(), Fetched::New);
    let data = provider.data();
    assert_eq!((data.status.national().unwrap().sequence(), data.passed_over.len()), (9, 0));
    day(4);
    let refused = provider.fetcher.national(&data).await.unwrap_err();
    assert!(matches!(refused, FetchError::Status(StatusError::Rollback)));
    let asked = provider.asked();
    let asked: Vec<&str> = asked.iter().map(|path| path.trim_start_matches("/status/national/")).collect();
    let (whole, none) = ("snapshot 200", "since/1 404");
    assert_eq!(asked[..5], [whole, none, whole, "since/1 200", "since/2 200"]);
    assert_eq!(asked[5..], ["since/3 404", whole, "since/9 404", whole]);
}

#[tokio::test]
async fn without_a_network_the_desk_goes_on_with_what_it_has() {
    let mut provider = Provider::new().await;
    provider.fetcher.provider = "https://127.0.0.1:1".into();
    let trust = provider.data().trust;
    let failed = provider.fetcher.trust_list(&trust, NOW).await.unwrap_err();
    assert!(matches!(failed, FetchError::Http(http_client::Error::NoNetwork(_))));
    assert!(provider.nation.check(&provider.nation.code(), NOW).unwrap().reasons.is_empty());
}
