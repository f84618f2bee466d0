//! The page and its files: embedded in the program, and what the page's build made in a folder.
use std::path::{Path as FilePath, PathBuf};

use axum::extract::{Path, State};
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Redirect, Response};

use super::Shared;
use super::refusal::Refusal;

/// No file of the page is longer, in bytes.
const LONGEST: u64 = 16 << 20;
/// Files that are embedded: name below `/assets/` and content.
const FILES: &[(&str, &[u8])] = &[];
/// The page itself.
const INDEX: Option<&[u8]> = None;

/// `GET /`
pub(crate) async fn index() -> Response {
    match INDEX {
        Some(page) => ([(CONTENT_TYPE, "text/html; charset=utf-8")], page).into_response(),
        None => Redirect::to("/api/docs").into_response(),
    }
}

/// `GET /assets/NAME`
pub(crate) async fn asset(State(desk): State<Shared>, Path(name): Path<String>) -> Result<Response, Refusal> {
    let typed = [(CONTENT_TYPE, media_type(&name))];
    if let Some((_, content)) = FILES.iter().find(|(held, _)| *held == name) {
        return Ok((typed, *content).into_response());
    }
    let file = desk.web.as_deref().zip(name.strip_prefix("web/")).and_then(|(web, name)| below(web, name));
    let read = tokio::task::spawn_blocking(move || file.and_then(|file| read(&file)));
    let content = read.await.ok().flatten().ok_or_else(Refusal::not_found)?;
    Ok((typed, content).into_response())
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
