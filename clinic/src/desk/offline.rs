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
use trust::time::Timestamp;
use verifier::offline::OfflineBundle;

use super::Shared;
use super::refusal::Refusal;
use super::session::Session;
use crate::database::{DatabaseError, Row};

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
    let key = |row: &Row| row.bytes(0)?.try_into().map_err(|_| DatabaseError::Shape);
    let seen: Vec<[u8; 32]> = rows.iter().map(key).collect::<Result<_, _>>()?;
    let made = tokio::task::spawn_blocking(move || bundle(&desk, &session.desk, &seen, now));
    let unreadable = Refusal::broken("file_unreadable", "the desk's lists cannot be read");
    let bundle = made.await.ok().flatten().ok_or(unreadable)?;
    let version = version(&bundle).ok_or(unreadable)?;
    if headers.get(IF_NONE_MATCH).is_some_and(|held| held.as_bytes() == version.as_bytes()) {
        return Ok(StatusCode::NOT_MODIFIED.into_response());
    }
    Ok(([(ETAG, version)], Json(bundle)).into_response())
}

fn bundle(desk: &Shared, counter: &str, seen: &[[u8; 32]], now: Timestamp) -> Option<OfflineBundle> {
    let trust = std::fs::read(desk.lists.trust_folder().join("trust-list.cwt")).ok()?;
    let (data, status) = (desk.lists.data(), status(desk.lists.status_folder()));
    Some(OfflineBundle::new((&trust, &data.trust.roots()), &status, &data.policy(), seen, counter, now))
}

/// The tokens of the status folder, each with the name of its file.
fn status(folder: Option<&Path>) -> Vec<(String, Vec<u8>)> {
    let entries = folder.and_then(|folder| std::fs::read_dir(folder).ok()).into_iter().flatten().flatten();
    let token = |entry: std::fs::DirEntry| {
        let path = entry.path();
        let extension = path.extension()?;
        let is_token = extension == "cwt" || extension == "jwt";
        Some((entry.file_name().into_string().ok()?, is_token.then(|| std::fs::read(&path).ok())??))
    };
    let mut tokens: Vec<_> = entries.filter_map(token).collect();
    tokens.sort();
    tokens
}

/// Of everything but the time.
fn version(bundle: &OfflineBundle) -> Option<String> {
    let timeless = OfflineBundle { as_of: String::new(), ..bundle.clone() };
    let bytes = serde_json::to_vec(&timeless).ok()?;
    Some(format!("\"{}\"", STANDARD.encode(digest(&SHA256, &bytes))))
}
