//! How the desk stands: its clock, the age of its lists, the network.
use axum::Json;
use axum::extract::State;
use serde_json::json;
use trust::time::Timestamp;
use verifier::is_behind;

use super::refusal::Answered;
use super::session::Session;
use super::{Shared, kept, queue};

/// `GET /api/state`
pub(crate) async fn state(State(desk): State<Shared>, session: Session) -> Answered {
    let (now, data) = (desk.now(), desk.lists.data());
    let trust_as_of = data.trust.issued();
    let status_as_of = data.status.as_of();
    let clock = if is_behind(now, data.newest_signed_time) { "suspect" } else { "ok" };
    let day = kept::day(now);
    let waiting = desk.database.run(move |statements| queue::waiting(statements, &day)).await?;
    let age = |as_of: Timestamp| now.seconds_since(as_of);
    let lookup = if desk.lookup.is_some() { "configured" } else { "not_configured" };
    Ok(Json(json!({
        "now": now.to_string(),
        "trust_as_of": trust_as_of.to_string(), "trust_age_seconds": age(trust_as_of),
        "status_as_of": status_as_of.map(|as_of| as_of.to_string()), "status_age_seconds": status_as_of.map(age),
        "clock": clock, "online": desk.lists.is_online(), "rollback": desk.lists.rollback(),
        "desk": session.desk, "keeps_days": desk.keep_days, "web": desk.web.is_some(),
        "lookup": lookup, "queue_length": waiting,
    })))
}
