//! The page and its files: embedded in the program, and what the page's build made in a folder.
use std::path::{Path as FilePath, PathBuf};

use axum::extract::{Path, State};
use axum::http::HeaderValue;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName};
use axum::response::{IntoResponse, Response};

use super::Shared;
use super::refusal::Refusal;
use crate::page::{self, Asset, INDEX};

/// No file of the page is longer, in bytes.
const LONGEST: u64 = 16 << 20;
/// `GET /`
pub(crate) async fn index() -> Response {
    embedded(&INDEX)
}

/// `GET /assets/NAME`
pub(crate) async fn asset(State(desk): State<Shared>, Path(name): Path<String>) -> Result<Response, Refusal> {
    if let Some(file) = page::asset(&name) {
        return Ok(embedded(file));
    }
    let file = desk.web.as_deref().zip(name.strip_prefix("web/")).and_then(|(web, name)| below(web, name));
    let read = tokio::task::spawn_blocking(move || file.and_then(|file| read(&file)));
    let content = read.await.ok().flatten().ok_or_else(Refusal::not_found)?;
    Ok(([(CONTENT_TYPE, media_type(&name))], content).into_response())
}

fn embedded(file: &'static Asset) -> Response {
    // A newer desk must not meet an older page; the service worker keeps what is needed without a network.
    let mut response =
        ([(CONTENT_TYPE, file.media_type), (CACHE_CONTROL, "no-cache")], file.bytes).into_response();
    if file.name == "sw.js" {
        let whole_page = HeaderValue::from_static("/");
        response.headers_mut().insert(HeaderName::from_static("service-worker-allowed"), whole_page);
    }
    response
}

/// A file of the folder; never one outside.
fn below(folder: &FilePath, name: &str) -> Option<PathBuf> {
    let plain = |part: &str| {
        !part.is_empty()
            && !part.starts_with('.')
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
    };
    name.split('/').all(plain).then(|| folder.join(name))
}

fn read(file: &FilePath) -> Option<Vec<u8>> {
    let about = std::fs::metadata(file).ok()?;
    (about.is_file() && about.len() <= LONGEST).then(|| std::fs::read(file).ok())?
}

fn media_type(name: &str) -> &'static str {
    match name.rsplit('.').next().unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "json" | "webmanifest" => "application/json",
        "wasm" => "application/wasm",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_never_leads_out_of_the_folder() {
        let folder = FilePath::new("web");
        assert_eq!(below(folder, "a/b.js"), Some(PathBuf::from("web/a/b.js")));
        for name in ["../x", "a/../../x", "/etc/x", "a//b", ".hidden", "a\\b", "", "C:x"] {
            assert_eq!(below(folder, name), None, "{name}");
        }
    }
}
