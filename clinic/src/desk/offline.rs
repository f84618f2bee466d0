//! Everything that a page needs to verify when the network and this desk are gone.
use std::path::Path;

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::StatusCode;
use axum::http::header::{ETAG, IF_NONE_MATCH};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::digest::{SHA256, digest};
use serde_json::{Value, json};

use super::Shared;
use super::refusal::Refusal;
use super::session::Session;

/// The most sightings that are handed over; a busy house of many desks makes fewer in the minutes that they live.
const MOST: i64 = 20_000;

/// `GET /api/offline`. Its size is that of the status data, so a page names the version that it has (`If-None-Match`).
pub(crate) async fn offline(
    State(desk): State<Shared>,
    session: Session,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let now = desk.now();
    let query = "SELECT presentation FROM seen WHERE keep_until >= $1 ORDER BY keep_until DESC LIMIT $2";
    let values = [now.as_unix().into(), MOST.into()];
    let rows = desk.database.run(move |statements| statements.query(query, &values)).await?;
    let seen: Result<Vec<String>, _> =
        rows.iter().map(|row| row.bytes(0).map(|key| STANDARD.encode(key))).collect();
    let data = desk.lists.data();
    let reader = std::sync::Arc::clone(&desk);
    let files = tokio::task::spawn_blocking(move || {
        let trust = std::fs::read(reader.lists.trust_folder().join("trust-list.cwt")).ok()?;
        Some((STANDARD.encode(trust), status(reader.lists.status_folder())))
    });
    let unreadable = Refusal::broken("file_unreadable", "the desk's lists cannot be read");
    let (trust, status) = files.await.ok().flatten().ok_or(unreadable)?;
    let roots: Vec<String> =
        data.trust.roots().iter().map(|root| STANDARD.encode(root.uncompressed())).collect();
    let policy = data.policy();
    let seen = seen?;
    let version = version(&[&trust, &seen.concat(), &status.to_string(), &session.desk]);
    if headers.get(IF_NONE_MATCH).is_some_and(|held| held.as_bytes() == version.as_bytes()) {
        return Ok(StatusCode::NOT_MODIFIED.into_response());
    }
    let bundle = json!({
        "trust": trust, "roots": roots, "status": status,
        "policy": {
            "audience": policy.audience, "required": policy.required, "permitted": policy.permitted,
            "max_age": policy.max_age, "status_max_age": policy.status_max_age,
            "trust_max_age": policy.trust_max_age, "minimum_level": policy.minimum_level,
            "newest_signed_time": policy.newest_signed_time.as_unix(), "rollback": policy.rollback,
        },
        "as_of": now.to_string(), "seen_recent": seen, "desk": session.desk,
    });
    Ok(([(ETAG, version)], Json(bundle)).into_response())
}

/// The tokens of the status folder, each with the name of its file.
fn status(folder: Option<&Path>) -> Value {
    let entries = folder.and_then(|folder| std::fs::read_dir(folder).ok()).into_iter().flatten().flatten();
    let mut tokens: Vec<(String, String)> = entries
        .filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            let path = entry.path();
            let extension = path.extension()?;
            let is_token = extension == "cwt" || extension == "jwt";
            is_token.then(|| Some((name, STANDARD.encode(std::fs::read(&path).ok()?))))?
        })
        .collect();
    tokens.sort();
    tokens.into_iter().map(|(name, token)| json!({"name": name, "token": token})).collect()
}

fn version(parts: &[&str]) -> String {
    let mut all = ring::digest::Context::new(&SHA256);
    for part in parts {
        all.update(digest(&SHA256, part.as_bytes()).as_ref());
    }
    format!("\"{}\"", STANDARD.encode(all.finish()))
}
