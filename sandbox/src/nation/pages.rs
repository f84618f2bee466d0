//! What a person sees of the sandbox, and what its operator can do.
use axum::Json;
use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::http::header::ACCEPT;
use axum::response::{Html, IntoResponse, Response};
use serde::Deserialize;
use serde_json::json;

use super::answer::{Answer, Refusal, fresh};
use super::{Shared, status};

const STYLE: &str = "<style>body{font:18px/1.5 system-ui,sans-serif;max-width:46rem;margin:2rem auto;padding:0 1rem}\
code,pre{font:15px ui-monospace,monospace;background:#f2f4f7;padding:.1rem .3rem;border-radius:4px}\
pre{padding:1rem;overflow:auto}table{border-collapse:collapse}td,th{text-align:left;padding:.3rem 1rem .3rem 0}</style>";

pub(super) async fn overview(State(nation): State<Shared>) -> Html<String> {
    let url = &nation.url;
    Html(format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Sen sandbox</title>{STYLE}\
         <h1>Sen sandbox</h1><p>An invented nation for trying the wallet: every person, key and card here is made up.</p>\
         <h2>Open an account</h2><pre>sen account open --provider {url} --roots ca.pem \\\n    --number 000204067891 --phone 0900000002\n\
         # the code: <a href=\"/mailbox?phone=0900000002\">{url}/mailbox?phone=0900000002</a>\n\
         sen account activate --code ...\nsen account verify --simulate CARD_FOLDER --can 067891\n\
         sen credential obtain health-insurance\nsen present qr</pre>\
         <h2>Addresses</h2><table>\
         <tr><td>Trust list</td><td><code>/trust/trust-list.cwt</code>, <code>/trust/root.pub</code></td></tr>\
         <tr><td>Status list</td><td><code>/status/{list}</code></td></tr>\
         <tr><td>Issuer</td><td><code>/.well-known/openid-credential-issuer</code></td></tr>\
         <tr><td>Mailbox</td><td><code>/mailbox?phone=NUMBER</code></td></tr>\
         <tr><td>Operator</td><td><code>POST /sandbox/face-outcome {{\"number\", \"matches\"}}</code>, \
         <code>POST /sandbox/death {{\"number\"}}</code></td></tr></table></html>",
        list = status::LIST,
    ))
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
        .prepare("SELECT text, sent_at FROM message WHERE phone = ?1 ORDER BY id DESC LIMIT 20")?;
    let rows = statement.query_map([&phone], |row| Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?)))?;
    let messages: Vec<(String, i64)> = rows.collect::<Result<_, _>>()?;
    let wants_json = headers.get(ACCEPT).and_then(|v| v.to_str().ok()).is_some_and(|v| v.contains("json"));
    if wants_json {
        let messages: Vec<_> =
            messages.iter().map(|(text, at)| json!({"text": text, "sent_at": at})).collect();
        return Ok(fresh(json!({"messages": messages})));
    }
    let rows = messages.iter().fold(String::new(), |rows, (text, _)| rows + "<li>" + text + "</li>");
    Ok(Html(format!(
        "<!doctype html><html lang=\"vi\"><meta charset=\"utf-8\"><title>Hộp thư</title>{STYLE}\
         <h1>Hộp thư / mailbox</h1><ul>{rows}</ul></html>"
    ))
    .into_response())
}

#[derive(Deserialize)]
pub(super) struct FaceOutcome {
    number: String,
    matches: bool,
}

pub(super) async fn set_face_outcome(
    State(nation): State<Shared>,
    Json(outcome): Json<FaceOutcome>,
) -> Answer {
    let change = "UPDATE person SET face_matches = ?1 WHERE number = ?2";
    let changed =
        nation.database().connection().execute(change, rusqlite::params![outcome.matches, outcome.number])?;
    done(changed)
}

#[derive(Deserialize)]
pub(super) struct Death {
    number: String,
}

/// A death locks the account and revokes every credential at once.
pub(super) async fn report_death(State(nation): State<Shared>, Json(death): Json<Death>) -> Answer {
    let changed = {
        let mut database = nation.database();
        let change = database.transaction()?;
        let changed = change.execute("UPDATE person SET deceased = 1 WHERE number = ?1", [&death.number])?;
        change.execute(
            "UPDATE account SET state = 'locked', locked_by = 'death' WHERE person = ?1",
            [&death.number],
        )?;
        change.commit()?;
        changed
    };
    status::set_for_person(&nation, &death.number, status::REVOKED)?;
    done(changed)
}

fn done(changed: usize) -> Result<Response, Refusal> {
    if changed == 1 {
        Ok(fresh(json!({"done": true})))
    } else {
        Err(Refusal::new("unknown_person", "no such person"))
    }
}
