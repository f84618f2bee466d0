//! The client against a small TLS server on this machine that answers as each test says.
#![allow(clippy::unwrap_used)]
mod server;

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use http_client::{
    Client, Error, Limits, MalformedReason, NoNetworkReason, Refusal, Request, ServerCode, TlsReason,
};
use server::{Server, answer, authority, busy_until, fetch, serve, server_saying, short};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;

#[tokio::test]
async fn fetches_json_from_a_server_that_our_root_vouches_for() {
    let server = server_saying(answer("200 OK", "", r#"{"a":1}"#)).await;
    let response = fetch(&server, short()).await.unwrap();
    assert_eq!(response.json::<serde_json::Value>().unwrap()["a"], 1);
}

#[tokio::test]
async fn agrees_with_a_server_on_the_version_of_http_that_it_speaks() {
    let server = serve(
        "127.0.0.1",
        Box::new(|_, mut stream| {
            Box::pin(async move {
                let agreed =
                    stream.get_ref().1.alpn_protocol().map(String::from_utf8_lossy).unwrap_or_default();
                let body = serde_json::json!({"agreed": agreed}).to_string();
                stream.write_all(answer("200 OK", "", &body).as_bytes()).await.unwrap();
                stream.shutdown().await.unwrap();
            })
        }),
    )
    .await;
    let response = fetch(&server, short()).await.unwrap();
    assert_eq!(response.json::<serde_json::Value>().unwrap()["agreed"], "http/1.1");
}

#[tokio::test]
async fn refuses_a_server_under_another_root() {
    let server = server_saying(answer("200 OK", "", "{}")).await;
    let other = Server { roots: authority().pem(), ..server };
    assert_eq!(fetch(&other, short()).await.unwrap_err(), Error::Tls(TlsReason::UnknownIssuer));
    assert_eq!(other.requests.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn refuses_a_certificate_for_another_name() {
    let server = serve("elsewhere.vn", Box::new(|_, _| Box::pin(async {}))).await;
    assert_eq!(fetch(&server, short()).await.unwrap_err(), Error::Tls(TlsReason::WrongName));
}

#[tokio::test]
async fn follows_no_redirect() {
    let elsewhere = server_saying(answer("200 OK", "", "{}")).await;
    let server =
        server_saying(answer("302 Found", &format!("location: {}/y\r\n", elsewhere.address), "")).await;
    assert_eq!(fetch(&server, short()).await.unwrap_err(), Error::Redirected);
    assert_eq!(elsewhere.requests.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn refuses_a_body_past_the_limit_with_and_without_a_length() {
    let body = "x".repeat(1001);
    let announced = server_saying(answer("200 OK", "", &body)).await;
    assert_eq!(fetch(&announced, short()).await.unwrap_err(), Error::TooLarge { limit: 1000 });
    let streamed = server_saying(format!("HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n{body}")).await;
    assert_eq!(fetch(&streamed, short()).await.unwrap_err(), Error::TooLarge { limit: 1000 });
}

#[tokio::test]
async fn gives_up_on_a_server_that_never_answers() {
    let server = serve(
        "127.0.0.1",
        Box::new(|_, stream| {
            Box::pin(async move {
                tokio::time::sleep(Duration::from_secs(20)).await;
                drop(stream);
            })
        }),
    )
    .await;
    let start = Instant::now();
    let limits = Limits { attempts: 1, ..short() };
    assert_eq!(fetch(&server, limits).await.unwrap_err(), Error::NoNetwork(NoNetworkReason::TimedOut));
    assert!(start.elapsed() < Duration::from_secs(3));
}

#[tokio::test]
async fn gives_up_on_a_server_that_drips_one_byte_at_a_time() {
    let server = serve(
        "127.0.0.1",
        Box::new(|_, mut stream| {
            Box::pin(async move {
                let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 900\r\n\r\n").await;
                for _ in 0..100 {
                    if stream.write_all(b"x").await.is_err() {
                        return;
                    }
                    let _ = stream.flush().await;
                    tokio::time::sleep(Duration::from_millis(100)).await;
                }
            })
        }),
    )
    .await;
    let start = Instant::now();
    let limits = Limits { attempts: 1, ..short() };
    assert_eq!(fetch(&server, limits).await.unwrap_err(), Error::NoNetwork(NoNetworkReason::TimedOut));
    assert!(start.elapsed() < Duration::from_secs(3));
}

#[tokio::test]
async fn repeats_an_idempotent_request_until_a_busy_server_answers() {
    let server = busy_until(2, "").await;
    assert_eq!(fetch(&server, short()).await.unwrap().status(), 200);
    assert_eq!(server.requests.load(Ordering::SeqCst), 3);
}

#[tokio::test]
async fn waits_as_long_as_a_busy_server_asks() {
    let server = busy_until(1, "retry-after: 1\r\n").await;
    let client = Client::new(server.roots.as_bytes(), short()).unwrap();
    let start = Instant::now();
    let request = Request::post_json(&server.address, &serde_json::json!({"a": 1})).unwrap();
    assert_eq!(client.fetch(request).await.unwrap().status(), 200);
    assert!(start.elapsed() >= Duration::from_secs(1));
}

#[tokio::test]
async fn never_repeats_a_post_that_may_have_been_acted_on() {
    let server = busy_until(1, "").await;
    let client = Client::new(server.roots.as_bytes(), short()).unwrap();
    let error = client.fetch(Request::post(&server.address).unwrap()).await.unwrap_err();
    assert!(matches!(error, Error::Status(refusal) if refusal.status == 503));
    assert_eq!(server.requests.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn reports_a_pause_that_is_too_long_to_wait() {
    let server = busy_until(9, "retry-after: 3600\r\n").await;
    let error = fetch(&server, short()).await.unwrap_err();
    assert!(matches!(error, Error::Status(refusal) if refusal.retry_after == Some(3600)));
    assert_eq!(server.requests.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn keeps_codes_of_an_error_answer_and_leaves_its_text_behind() {
    let body = r#"{"error":"wrong_code","error_description":"Mai's code","attempts_left":2}"#;
    let server = server_saying(answer("400 Bad Request", "", body)).await;
    let error = fetch(&server, short()).await.unwrap_err();
    let (status, code, reason) = (400, ServerCode::WrongCode, ServerCode::None);
    let refusal = Refusal { status, code, reason, attempts_left: Some(2), retry_after: None };
    assert_eq!(error, Error::Status(Box::new(refusal)));
    assert!(!format!("{error} {error:?}").contains("Mai"));
}

#[tokio::test]
async fn reports_a_connection_cut_inside_the_answer() {
    let server = server_saying("HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{\"a\":").await;
    let error = fetch(&server, short()).await.unwrap_err();
    assert_eq!(error, Error::NoNetwork(NoNetworkReason::Interrupted));
}

#[tokio::test]
async fn reports_a_closed_port_as_no_network() {
    let server = server_saying("").await;
    let free = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let closed = Server { address: format!("https://{free}"), ..server };
    assert_eq!(fetch(&closed, short()).await.unwrap_err(), Error::NoNetwork(NoNetworkReason::Unreachable));
}

#[tokio::test]
async fn refuses_json_with_a_member_twice() {
    let server = server_saying(answer("200 OK", "", r#"{"a":1,"a":2}"#)).await;
    let error = fetch(&server, short()).await.unwrap().json::<serde_json::Value>().unwrap_err();
    assert_eq!(error, Error::Malformed(MalformedReason::DuplicateMember));
}

#[test]
fn refuses_roots_that_are_no_certificates() {
    for roots in [&b""[..], b"no pem", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"] {
        assert_eq!(Client::new(roots, Limits::default()).err(), Some(Error::BadRoots));
    }
}

#[tokio::test]
async fn an_unchanged_document_is_an_answer_and_no_redirect() {
    let server = server_saying(answer("304 Not Modified", "etag: \"1\"\r\n", "")).await;
    let client = Client::new(server.roots.as_bytes(), short()).unwrap();
    let request = Request::get(&format!("{}/x", server.address)).unwrap();
    let response = client.exchange(request.header("if-none-match", "\"1\"").unwrap()).await.unwrap();
    assert_eq!((response.status(), response.body().len()), (304, 0));
    assert_eq!(server.requests.load(Ordering::SeqCst), 1);
}
