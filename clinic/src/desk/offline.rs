//! Everything that a page needs to verify when the network and this desk are gone.
use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::StatusCode;
use axum::http::header::{ETAG, IF_NONE_MATCH};
use axum::response::{IntoResponse, Response};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::digest::{Context, SHA256};
use serde_json::json;
use trust::time::Timestamp;
use verifier::Policy;
use verifier::offline::{OfflineBundle, seen_text};

use super::Shared;
use super::refusal::{Answered, Refusal};
use super::session::Session;
use crate::database::DatabaseError;

/// The most sightings that are handed over; a busy house of many desks makes fewer in the minutes that they live.
const MOST: i64 = 20_000;

/// `GET /api/offline`. Its size is that of the status data, so a page names the version that it has (`If-None-Match`); what was
/// seen since is a call of its own.
pub(crate) async fn offline(
    State(desk): State<Shared>,
    session: Session,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let (now, lists) = (desk.now(), desk.lists.offline());
    let policy = desk.policy(&desk.lists.data());
    let version = version(&lists.version, &policy, &session.desk)?;
    if headers.get(IF_NONE_MATCH).is_some_and(|held| held.as_bytes() == version.as_bytes()) {
        return Ok(StatusCode::NOT_MODIFIED.into_response());
    }
    let seen_recent = sightings(&desk, now).await?.into_iter().map(|(key, _)| key).collect();
    let lists = lists.bundle.clone();
    let bundle = OfflineBundle { policy, as_of: now.to_string(), seen_recent, desk: session.desk, ..lists };
    Ok(([(ETAG, version)], Json(bundle)).into_response())
}

/// `GET /api/seen`: what all counters have seen in the minutes in which it could be shown again.
pub(crate) async fn seen(State(desk): State<Shared>, _: Session) -> Answered {
    let entries: Vec<_> = sightings(&desk, desk.now())
        .await?
        .into_iter()
        .map(|(key, until)| json!({"key": key, "keep_until": until.to_string()}))
        .collect();
    Ok(Json(json!({"entries": entries})))
}

/// Keys in base64, and until when they must be remembered.
async fn sightings(desk: &Shared, now: Timestamp) -> Result<Vec<(String, Timestamp)>, Refusal> {
    let query =
        "SELECT presentation, keep_until FROM seen WHERE keep_until >= $1 ORDER BY keep_until DESC LIMIT $2";
    let values = [now.as_unix().into(), MOST.into()];
    let rows = desk.database.run(move |statements| statements.query(query, &values)).await?;
    let sighting = |row: &crate::database::Row| {
        let key: [u8; 32] = row.bytes(0)?.try_into().map_err(|_| DatabaseError::Shape)?;
        Ok((seen_text(&key), Timestamp::from_unix(row.int(1)?)))
    };
    Ok(rows.iter().map(sighting).collect::<Result<_, DatabaseError>>()?)
}

/// Of lists, policy and name.
fn version(lists: &[u8; 32], policy: &Policy, desk: &str) -> Result<String, Refusal> {
    let policy =
        serde_json::to_vec(policy).map_err(|_| Refusal::broken("answer", "the answer cannot be written"))?;
    let mut version = Context::new(&SHA256);
    for part in [lists, &policy[..], desk.as_bytes()] {
        version.update(&part.len().to_be_bytes());
        version.update(part);
    }
    Ok(format!("\"{}\"", STANDARD.encode(version.finish())))
}
