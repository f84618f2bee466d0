//! The mailbox of a phone: what a real nation would send by message.
use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::response::IntoResponse;
use serde::Deserialize;
use serde_json::json;
use trust::time::Timestamp;

use super::Shared;
use super::answer::{Answer, Refusal, fresh, wants_json};
use super::database::{DatabaseError, Statements, values};
use super::pages::{escape, page};

/// Sends a text to a phone.
pub(super) fn send(
    change: &dyn Statements,
    phone: &str,
    text: &str,
    now: Timestamp,
) -> Result<(), DatabaseError> {
    let put = "INSERT INTO message (phone, text, sent_at) VALUES ($1, $2, $3)";
    change.execute(put, values![phone, text, now.as_unix()]).map(drop)
}

/// Sends a text to the phone that is registered to a person.
pub(super) fn tell(
    change: &dyn Statements,
    person: &str,
    text: &str,
    now: Timestamp,
) -> Result<(), DatabaseError> {
    let find = "SELECT phone FROM person WHERE number = $1";
    let phone: String = change.one(find, values![person])?.get(0)?;
    send(change, &phone, text, now)
}

#[derive(Deserialize)]
pub(super) struct MailboxQuery {
    phone: Option<String>,
}

/// The messages to a phone, newest first: a page for people, JSON for whoever asks for it.
pub(super) async fn mailbox(
    State(nation): State<Shared>,
    headers: HeaderMap,
    Query(query): Query<MailboxQuery>,
) -> Answer {
    let phone = query.phone.ok_or(Refusal::new("invalid_request", "which phone? /mailbox?phone=NUMBER"))?;
    let find = "SELECT text, sent_at FROM message WHERE phone = $1 ORDER BY id DESC LIMIT 20";
    let rows = nation.database.read(|statements| statements.query(find, values![phone]))?;
    let messages = rows.iter().map(|row| Ok((row.get(0)?, row.get(1)?)));
    let messages: Vec<(String, i64)> = messages.collect::<Result<_, DatabaseError>>()?;
    if wants_json(&headers) {
        let messages: Vec<_> =
            messages.iter().map(|(text, at)| json!({"text": text, "sent_at": at})).collect();
        return Ok(fresh(json!({"messages": messages})));
    }
    let rows = messages.iter().fold(String::new(), |rows, (text, at)| {
        let at = Timestamp::from_unix(*at);
        format!("{rows}<li>{}<br><small>{at}</small></li>", escape(text))
    });
    Ok(page("Hộp thư / mailbox", &format!("<ul>{rows}</ul>")).into_response())
}
