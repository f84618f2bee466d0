//! Obtaining documents that the person agrees to in a browser: it returns to a port of this computer (RFC 8252, section 7.3).
use std::io::ErrorKind;
use std::net::Ipv4Addr;
use std::time::Duration;

use holder::{Authorisation, DocumentInfo, Issuers, Wallet, WalletClient};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use crate::cli::ObtainArgs;
use crate::home;
use crate::output::{Failure, say};
use crate::wallet::{Aloud, failure};

/// How this wallet is known to authorization servers.
const CLIENT: &str = "sen";
/// Where the browser returns to, on a port that is free.
const PATH: &str = "/returned";
/// A request of a browser to us is short.
const LONGEST: usize = 8192;
/// A connection that says nothing is closed: browsers open some for later.
const PATIENCE: Duration = Duration::from_secs(10);
const DONE: &str = "<p>Xong. Hãy quay lại cửa sổ lệnh.<br>Done. Go back to the terminal.</p>";
const NOTHING: &str = "<p>Không có gì ở đây.<br>There is nothing here.</p>";

pub(super) async fn obtain(
    wallet: &Wallet,
    args: &ObtainArgs,
    issuers: Issuers<'_>,
) -> Result<Vec<DocumentInfo>, Failure> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.map_err(no_port)?;
    let redirect_uri = format!("http://{}{PATH}", listener.local_addr().map_err(no_port)?);
    let known_as = WalletClient { client_id: CLIENT, redirect_uri: &redirect_uri };
    say("asking the issuer ...");
    let begun = wallet.begin_authorisation(&args.what, issuers, known_as, home::now()).await;
    let authorisation = begun.map_err(failure)?;
    // It listens from its first poll on: before the person is told that it does.
    let cancelled = tokio::spawn(tokio::signal::ctrl_c());
    tokio::task::yield_now().await;
    say(format_args!("Agree in a browser on this computer (Ctrl-C cancels):\n  {}", authorisation.url()));
    // The address is https: the issuer's metadata were checked.
    if args.open && open::that_detached(authorisation.url()).is_err() {
        say("no browser could be opened: open the address yourself");
    }
    say(format_args!("waiting {} s for the browser ...", args.wait));
    let returned = tokio::select! {
        returned = answer(&listener, &redirect_uri, &authorisation) => returned,
        () = sleep(Duration::from_secs(args.wait)) => {
            Err(Failure::negative("issuance.no_answer", "nobody agreed in the browser in time; nothing was obtained"))
        }
        _ = cancelled => Err(Failure::negative("cancelled", "cancelled; nothing was obtained")),
    };
    authorisation.finish(&returned?, &Aloud, home::now()).await.map_err(failure)
}

#[allow(clippy::needless_pass_by_value, reason = "handed to map_err")]
fn no_port(error: std::io::Error) -> Failure {
    Failure::unreachable(
        "network.no_port",
        format!("no port of this computer is free for the browser: {error}"),
    )
}

/// Waits for the answer. Whoever else calls is told that there is nothing.
async fn answer(
    listener: &TcpListener,
    redirect_uri: &str,
    authorisation: &Authorisation<'_>,
) -> Result<String, Failure> {
    let origin = redirect_uri.strip_suffix(PATH).unwrap_or(redirect_uri);
    let mut calls = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                let (stream, _) = accepted.map_err(no_port)?;
                calls.spawn(async { timeout(PATIENCE, call(stream)).await.ok().flatten() });
            }
            Some(called) = calls.join_next() => {
                let Ok(Some((target, stream))) = called else { continue };
                let address = format!("{origin}{target}");
                let is_it = authorisation.is_answer(&address);
                let (status, page) = if is_it { ("200 OK", DONE) } else { ("404 Not Found", NOTHING) };
                // The person's word counts even where the page does not arrive.
                let _ = timeout(PATIENCE, reply(&stream, status, page)).await;
                if is_it {
                    return Ok(address);
                }
            }
        }
    }
}

/// What a caller asks for by GET: path and query.
async fn call(stream: TcpStream) -> Option<(String, TcpStream)> {
    let mut head = Vec::new();
    while !head.windows(4).any(|end| end == b"\r\n\r\n") {
        stream.readable().await.ok()?;
        let mut part = [0; 1024];
        match stream.try_read(&mut part) {
            Ok(0) => return None,
            Ok(read) => head.extend_from_slice(part.get(..read)?),
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(_) => return None,
        }
        if head.len() > LONGEST {
            return None;
        }
    }
    let line = std::str::from_utf8(&head).ok()?.lines().next()?.to_owned();
    let target = line.strip_prefix("GET ")?.split(' ').next().filter(|target| target.starts_with('/'))?;
    Some((target.to_owned(), stream))
}

async fn reply(stream: &TcpStream, status: &str, page: &str) -> std::io::Result<()> {
    let body =
        format!("<!doctype html><html lang=\"vi\"><meta charset=\"utf-8\"><title>Sen</title>{page}</html>");
    let text = format!(
        "HTTP/1.1 {status}\r\ncontent-type: text/html; charset=utf-8\r\ncontent-length: {}\r\ncache-control: no-store\r\n\
         content-security-policy: default-src 'none'; frame-ancestors 'none'\r\nreferrer-policy: no-referrer\r\n\
         connection: close\r\n\r\n{body}",
        body.len()
    );
    let mut left = text.as_bytes();
    while !left.is_empty() {
        stream.writable().await?;
        match stream.try_write(left) {
            Ok(written) => left = left.get(written..).unwrap_or_default(),
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(error) => return Err(error),
        }
    }
    Ok(())
}
