//! One exchange where there are no sockets: by the `fetch` of the page, worker or Node that runs this as WebAssembly.
//!
//! Which servers are believed is decided there, so that a failure of TLS cannot be told from a server that is not reached. The rest
//! holds as it does over a socket: no redirect, no cookie, no cache, a bounded body, an end after [`Limits::total`].

use std::time::Duration;

use http::header::{CONTENT_LENGTH, HeaderMap, HeaderName, HeaderValue};
use js_sys::{Array, Function, Promise, Reflect, Uint8Array};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    AbortSignal, Headers, ReadableStreamDefaultReader, ReferrerPolicy, RequestCache, RequestCredentials,
    RequestInit, RequestRedirect, ResponseType,
};

use crate::{Error, Limits, NoNetworkReason, Request, Response};

#[wasm_bindgen]
extern "C" {
    // By these names a page, a worker and Node all have them.
    #[wasm_bindgen(js_name = fetch, catch)]
    fn fetch(request: &web_sys::Request) -> Result<Promise, JsValue>;
    #[wasm_bindgen(js_name = setTimeout, catch)]
    fn set_timeout(then: &Function, milliseconds: f64) -> Result<JsValue, JsValue>;
}

/// What is around this, with our limit of time.
#[derive(Debug, Clone)]
pub(crate) struct Transport {
    total: Duration,
}

impl Transport {
    // The result is that of the transport over sockets.
    #[allow(clippy::unnecessary_wraps)]
    pub(crate) fn new(_: &[u8], limits: &Limits) -> Result<Self, Error> {
        Ok(Self { total: limits.total })
    }

    /// Sends a request once and reads at most `limit` bytes of the answer.
    pub(crate) async fn exchange(&self, request: Request, limit: usize) -> Result<Response, Error> {
        let request = self.prepared(&request).map_err(|_| Error::Bug)?;
        let answer = match fetch(&request) {
            Ok(answer) => JsFuture::from(answer).await,
            Err(error) => Err(error),
        };
        let answer = answer.map_err(|error| failed(&error, NoNetworkReason::Unreachable))?;
        let answer: web_sys::Response = answer.dyn_into().map_err(|_| Error::Bug)?;
        // A page is not told where it was sent, Node is.
        let status = answer.status();
        if answer.type_() == ResponseType::Opaqueredirect || ((300..400).contains(&status) && status != 304) {
            return Err(Error::Redirected);
        }
        let headers = headers_of(&answer.headers());
        let announced =
            headers.get(CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
        if announced.is_some_and(|length| length > limit as u64) {
            return Err(Error::TooLarge { limit });
        }
        let body = match answer.body() {
            Some(body) => read(&body.get_reader().unchecked_into(), limit).await?,
            None => Vec::new(),
        };
        Ok(Response { status, headers, body })
    }

    fn prepared(&self, request: &Request) -> Result<web_sys::Request, JsValue> {
        let headers = Headers::new()?;
        for (name, value) in &request.headers {
            headers.append(name.as_str(), value.to_str().map_err(|_| JsValue::NULL)?)?;
        }
        let init = RequestInit::new();
        init.set_method(request.method.as_str());
        init.set_headers(&headers);
        if request.method != http::Method::GET {
            init.set_body(&Uint8Array::from(request.body.as_slice()));
        }
        init.set_redirect(RequestRedirect::Manual);
        init.set_credentials(RequestCredentials::Omit);
        init.set_cache(RequestCache::NoStore);
        init.set_referrer_policy(ReferrerPolicy::NoReferrer);
        let total = u32::try_from(self.total.as_millis()).unwrap_or(u32::MAX);
        init.set_signal(Some(&AbortSignal::timeout_with_u32(total)));
        web_sys::Request::new_with_str_and_init(request.url.as_str(), &init)
    }
}

async fn read(reader: &ReadableStreamDefaultReader, limit: usize) -> Result<Vec<u8>, Error> {
    let interrupted = |error: JsValue| failed(&error, NoNetworkReason::Interrupted);
    let mut body = Vec::new();
    loop {
        let piece = JsFuture::from(reader.read()).await.map_err(interrupted)?;
        if member(&piece, "done").is_truthy() {
            return Ok(body);
        }
        let bytes: Uint8Array = member(&piece, "value").dyn_into().map_err(|_| Error::Bug)?;
        if bytes.length() as usize > limit - body.len() {
            // Nobody waits for the rest, nor for the news that it does not come.
            let _ = reader.cancel();
            return Err(Error::TooLarge { limit });
        }
        body.extend_from_slice(&bytes.to_vec());
    }
}

/// Those that can stand in a header; a page is not shown others anyway.
fn headers_of(headers: &Headers) -> HeaderMap {
    let mut found = HeaderMap::new();
    for entry in headers.entries().into_iter().flatten() {
        let entry = Array::from(&entry);
        let text = |at| entry.get(at).as_string().unwrap_or_default();
        let (name, value) = (HeaderName::try_from(text(0)), HeaderValue::try_from(text(1)));
        if let (Ok(name), Ok(value)) = (name, value) {
            found.append(name, value);
        }
    }
    found
}

fn failed(error: &JsValue, otherwise: NoNetworkReason) -> Error {
    let timed_out = member(error, "name").as_string().is_some_and(|name| name == "TimeoutError");
    Error::NoNetwork(if timed_out { NoNetworkReason::TimedOut } else { otherwise })
}

fn member(of: &JsValue, name: &str) -> JsValue {
    Reflect::get(of, &JsValue::from_str(name)).unwrap_or(JsValue::UNDEFINED)
}

/// Waits.
pub(crate) async fn sleep(pause: Duration) {
    let waited = Promise::new(&mut |done, _| {
        // Where there is no clock to wait by, there is nothing to wait for.
        if set_timeout(&done, pause.as_secs_f64() * 1000.0).is_err() {
            let _ = done.call0(&JsValue::UNDEFINED);
        }
    });
    let _ = JsFuture::from(waited).await;
}
