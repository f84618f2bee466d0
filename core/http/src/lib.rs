//! The one way to the network: `reqwest` on rustls with ring, narrowed to what a wallet may do.
//!
//! For the holder and the clinic. A [`Client`] trusts only the roots it was given, speaks only https, follows no
//! redirect, reads no body longer than its limit, waits no longer than its limits, and repeats a request only when that is
//! safe: the request is idempotent, or the server itself said when to come back. JSON with a duplicated member is an error.
//!
//! It is a crate of its own because of its dependency weight, and so that no other crate can reach the network.
//!
//! It keeps no cookies, uses no proxy of the environment, has no default roots, and never asks the platform's certificate store.
//!
//! As WebAssembly there is no socket to open, and the `fetch` of the page or of Node takes the place of `reqwest`. **The roots are not
//! checked there**: the browser's or Node's own decide. What TLS refuses reads [`NoNetworkReason::Unreachable`], a proxy of the
//! browser is used, and of the time limits only [`Limits::total`] holds.
//!
//! ```no_run
//! # async fn example() -> Result<(), http_client::Error> {
//! use http_client::{Client, Limits, Request};
//!
//! let roots = std::fs::read("ca.pem").unwrap_or_default();
//! let client = Client::new(&roots, Limits::default())?;
//! let answer = client.fetch(Request::get("https://127.0.0.1:8443/trust/root.pub")?).await?;
//! println!("{} bytes", answer.body().len());
//! # Ok(())
//! # }
//! ```

mod client;
mod error;
#[cfg(target_family = "wasm")]
mod fetch;
mod request;
mod response;
mod retry;
mod server_code;
#[cfg(not(target_family = "wasm"))]
mod sockets;
mod strict_json;

#[cfg(target_family = "wasm")]
use fetch as transport;
#[cfg(not(target_family = "wasm"))]
use sockets as transport;

pub use client::{Client, Limits, WaitListener};
pub use error::{Error, MalformedReason, NoNetworkReason, Refusal, TlsReason};
pub use request::Request;
pub use response::Response;
pub use server_code::ServerCode;
pub use strict_json::parse_json;
