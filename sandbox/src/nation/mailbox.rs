//! The mailbox of a phone: what a real nation would send by message.
use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::http::header::ACCEPT;
use axum::response::IntoResponse;
use rusqlite::{Transaction, params};
use serde::Deserialize;
use serde_json::json;
use trust::time::Timestamp;

use super::Shared;
use super::answer::{Answer, Refusal, fresh};
use super::pages::{escape, page};

/// Sends a text to a phone.
pub(super) fn send(
    change: &Transaction<'_>,
    phone: &str,
    text: &str,
    now: Timestamp,
) -> Result<(), rusqlite::Error> {
    let put = "INSERT INTO message (phone, text, sent_at) VALUES (?1, ?2, ?3)";
    change.execute(put, params![phone, text, now.as_unix()]).map(|_| ())
}

/// Sends a text to the phone that is registered to a person.
pub(super) fn tell(
    change: &Transaction<'_>,
    person: &str,
    text: &str,
    now: Timestamp,
) -> Result<(), rusqlite::Error> {
    let find = "SELECT phone FROM person WHERE number = ?1";
    let phone: String = change.query_row(find, [person], |row| row.get(0))?;
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
    let database = nation.database();
    let mut statement = database
        .connection()
        .prepare_cached("SELECT text, sent_at FROM message WHERE phone = ?1 ORDER BY id DESC LIMIT 20")?;
    let rows = statement.query_map([&phone], |row| Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?)))?;
    let messages: Vec<(String, i64)> = rows.collect::<Result<_, _>>()?;
    let wants_json = headers.get(ACCEPT).and_then(|v| v.to_str().ok()).is_some_and(|v| v.contains("json"));
    if wants_json {
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
