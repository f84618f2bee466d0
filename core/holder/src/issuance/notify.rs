//! Telling the issuer what became of its credentials (OpenID4VCI 1.0 section 11).

use http_client::Request;
use serde_json::json;
use trust::time::Timestamp;

use super::exchange::Token;
use super::line::Line;
use super::metadata::IssuerMetadata;

/// What became of them. One copy of a batch that failed is a failure of all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    /// They are verified and stored.
    Accepted,
    /// They are not.
    Failure,
}

/// Tells it, where it wants to know. What it answers changes nothing: the wallet has what it has.
pub(super) async fn tell(
    line: &mut Line,
    issuer: &IssuerMetadata,
    token: &Token,
    notifications: &[String],
    outcome: Outcome,
    now: Timestamp,
) {
    let Some(endpoint) = &issuer.notification_endpoint else { return };
    let event = match outcome {
        Outcome::Accepted => "credential_accepted",
        Outcome::Failure => "credential_failure",
    };
    for id in notifications {
        let Ok(request) = Request::post_json(endpoint, &json!({"notification_id": id, "event": event}))
        else {
            return;
        };
        // A repeated notification is the same notification (section 11.1).
        let _ = line.post_with(&token.access, endpoint, request.idempotent(), now).await;
    }
}
