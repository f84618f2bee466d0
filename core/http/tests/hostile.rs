//! Servers and paths that are slow, cut, redirected, too long, or somebody else's.
#![allow(clippy::unwrap_used)]
mod server;

use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use http_client::{Client, Error, Limits, NoNetworkReason, Request, Response, TlsReason, WaitListener};
use rcgen::{CertificateParams, date_time_ymd};
use server::{Answer, Server, answer, fetch, saying_until, serve, serve_as, server_saying, short};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;

fn once() -> Limits {
    Limits { attempts: 1, ..short() }
}

fn timed_out(answer: Result<Response, Error>) {
    assert_eq!(answer.unwrap_err(), Error::NoNetwork(NoNetworkReason::TimedOut));
}

/// What the client says of an answer that ends after each number of its octets.
#[tokio::test]
async fn an_answer_cut_at_any_octet_is_an_interruption_and_never_an_answer() {
    let body = "x".repeat(400);
    let text = answer("200 OK", "content-type: application/json\r\n", &body);
    let whole = text.len();
    let cut: Answer = Box::new(move |number, mut stream| {
        let part = text.as_bytes().get(..number).unwrap().to_vec();
        Box::pin(async move {
            let _ = stream.write_all(&part).await;
            let _ = stream.shutdown().await;
        })
    });
    let server = serve("127.0.0.1", cut).await;
    for offset in 0..whole {
        let error = fetch(&server, once()).await.unwrap_err();
        assert_eq!(error, Error::NoNetwork(NoNetworkReason::Interrupted), "octet {offset}");
    }
    assert_eq!(fetch(&server, once()).await.unwrap().body(), body.as_bytes());
    assert!(whole > 450);
}

#[tokio::test]
async fn a_chunked_answer_cut_at_any_octet_is_an_interruption_and_never_an_answer() {
    let text = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n5\r\n{\"a\":\r\n2\r\n1}\r\n0\r\n\r\n";
    let cut: Answer = Box::new(move |number, mut stream| {
        Box::pin(async move {
            let _ = stream.write_all(text.as_bytes().get(..number).unwrap()).await;
            let _ = stream.shutdown().await;
        })
    });
    let server = serve("127.0.0.1", cut).await;
    for offset in 0..text.len() {
        let error = fetch(&server, once()).await.unwrap_err();
        assert_eq!(error, Error::NoNetwork(NoNetworkReason::Interrupted), "octet {offset}");
    }
    assert_eq!(fetch(&server, once()).await.unwrap().body(), b"{\"a\":1}");
}

#[tokio::test]
async fn gives_up_on_a_server_that_drips_its_headers_one_byte_at_a_time() {
    let drip: Answer = Box::new(|_, mut stream| {
        Box::pin(async move {
            for octet in answer("200 OK", "", "{}").into_bytes() {
                if stream.write_all(&[octet]).await.is_err() {
                    return;
                }
                let _ = stream.flush().await;
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        })
    });
    let server = serve("127.0.0.1", drip).await;
    let start = Instant::now();
    timed_out(fetch(&server, once()).await);
    assert!(start.elapsed() < Duration::from_secs(3));
}

#[tokio::test]
async fn gives_up_on_a_server_that_never_answers_the_handshake() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("https://{}", listener.local_addr().unwrap());
    let server = Server { address, ..server_saying("").await };
    let start = Instant::now();
    timed_out(fetch(&server, Limits { connect: Duration::from_millis(300), ..once() }).await);
    assert!(start.elapsed() < Duration::from_secs(3));
    drop(listener);
}

#[tokio::test]
async fn follows_no_redirect_of_any_kind_not_even_to_the_same_server() {
    for status in ["301 Moved", "302 Found", "303 See Other", "307 Temporary", "308 Permanent", "300 Choices"]
    {
        for place in ["/y", "https://127.0.0.1/y", "http://127.0.0.1/y", "//127.0.0.1/y"] {
            let server = server_saying(answer(status, &format!("location: {place}\r\n"), "{}")).await;
            assert_eq!(fetch(&server, once()).await.unwrap_err(), Error::Redirected, "{status} {place}");
            assert_eq!(server.requests.load(Ordering::SeqCst), 1, "{status} {place}");
        }
    }
}

#[tokio::test]
async fn refuses_a_body_past_the_limit_that_comes_in_chunks_without_an_end() {
    let endless: Answer = Box::new(|_, mut stream| {
        Box::pin(async move {
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n").await;
            while stream.write_all(b"64\r\n").await.is_ok() {
                let _ = stream.write_all(&[b'x'; 100]).await;
                let _ = stream.write_all(b"\r\n").await;
            }
        })
    });
    let server = serve("127.0.0.1", endless).await;
    assert_eq!(fetch(&server, once()).await.unwrap_err(), Error::TooLarge { limit: 1000 });
}

#[tokio::test]
async fn a_body_of_the_limit_itself_is_read() {
    let server = server_saying(answer("200 OK", "", &"x".repeat(1000))).await;
    assert_eq!(fetch(&server, once()).await.unwrap().body().len(), 1000);
}

#[tokio::test]
async fn refuses_a_certificate_that_has_expired_or_is_not_valid_yet() {
    for (from, to) in [(2001, 2002), (4001, 4002)] {
        let mut certificate = CertificateParams::new(vec!["127.0.0.1".to_owned()]).unwrap();
        certificate.not_before = date_time_ymd(from, 1, 1);
        certificate.not_after = date_time_ymd(to, 1, 1);
        let server = serve_as(certificate, Box::new(|_, _| Box::pin(async {}))).await;
        assert_eq!(fetch(&server, once()).await.unwrap_err(), Error::Tls(TlsReason::NotValidNow));
        assert_eq!(server.requests.load(Ordering::SeqCst), 0);
    }
}

#[derive(Debug, Default)]
struct Heard(Mutex<Vec<Duration>>);

impl WaitListener for Heard {
    fn waits(&self, pause: Duration) {
        self.0.lock().unwrap().push(pause);
    }
}

/// Posts to a server that is busy once, and gives the pauses that were told and how long it took.
async fn waited(status: &'static str, headers: &'static str) -> (Vec<Duration>, Duration) {
    let server = saying_until(status, 1, headers).await;
    let heard = Arc::new(Heard::default());
    let client = Client::new(server.roots.as_bytes(), short()).unwrap().telling(Some(heard.clone()));
    let start = Instant::now();
    let request = Request::post_json(&server.address, &serde_json::json!({"a": 1})).unwrap();
    assert_eq!(client.fetch(request).await.unwrap().status(), 200);
    let pauses = heard.0.lock().unwrap().clone();
    (pauses, start.elapsed())
}

#[tokio::test]
async fn waits_as_long_as_a_server_asks_that_has_too_much_to_do_and_says_so() {
    for status in ["429 Too Many Requests", "503 Service Unavailable"] {
        let (pauses, took) = waited(status, "retry-after: 1\r\n").await;
        assert_eq!(pauses, [Duration::from_secs(1)], "{status}");
        assert!(took >= Duration::from_secs(1), "{status}");
    }
}

#[tokio::test]
async fn waits_until_a_date_by_the_servers_clock() {
    let dates = "date: Sun, 06 Nov 1994 08:49:37 GMT\r\nretry-after: Sun, 06 Nov 1994 08:49:38 GMT\r\n";
    for status in ["429 Too Many Requests", "503 Service Unavailable"] {
        let (pauses, took) = waited(status, dates).await;
        assert_eq!(pauses, [Duration::from_secs(1)], "{status}");
        assert!(took >= Duration::from_secs(1), "{status}");
    }
}

#[tokio::test]
async fn tells_nobody_of_a_pause_that_it_does_not_make() {
    let server = saying_until("429 Too Many Requests", 9, "retry-after: 3600\r\n").await;
    let heard = Arc::new(Heard::default());
    let client = Client::new(server.roots.as_bytes(), short()).unwrap().telling(Some(heard.clone()));
    let error = client.fetch(Request::get(&server.address).unwrap()).await.unwrap_err();
    assert!(matches!(error, Error::Status(refusal) if refusal.retry_after == Some(3600)));
    assert!(heard.0.lock().unwrap().is_empty());
    assert_eq!(server.requests.load(Ordering::SeqCst), 1);
}
