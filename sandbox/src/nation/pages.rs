//! What a person sees of the sandbox.
use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::http::header::ACCEPT;
use axum::response::{Html, IntoResponse};
use serde::Deserialize;
use serde_json::json;

use super::answer::{Answer, Refusal, fresh};
use super::{Shared, journal};

const STYLE: &str = "<meta name=\"viewport\" content=\"width=device-width\"><style>\
body{font:18px/1.5 system-ui,sans-serif;max-width:46rem;margin:2rem auto;padding:0 1rem}\
code,pre{font:15px ui-monospace,monospace;background:#f2f4f7;padding:.1rem .3rem;border-radius:4px}\
pre{padding:1rem;overflow:auto}table{border-collapse:collapse}td,th{text-align:left;padding:.3rem 1rem .3rem 0;vertical-align:top}</style>";

pub(super) async fn overview(State(nation): State<Shared>) -> Html<String> {
    let url = &nation.url;
    let roots = nation.data_dir.join(super::tls::CA);
    let roots = escape(&roots.display().to_string());
    Html(format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Sen sandbox</title>{STYLE}\
         <h1>Sen sandbox</h1><p>An invented nation for trying the wallet: every person, key and card here is made up.</p>\
         <h2>Try it</h2><pre>sen account open --provider {url} --roots {roots} \\\n    --number 000204067891 --phone 0900000002\n\
         # the code: <a href=\"/mailbox?phone=0900000002\">{url}/mailbox?phone=0900000002</a>\n\
         sen account activate --code ...\nsen account verify --simulate CARD_FOLDER --can 067891\n\
         sen credential obtain health-insurance\nsen present qr</pre>\
         <p>A second person: number 000199012345, phone 0900000001.</p>\
         <h2>Addresses</h2><table>\
         <tr><td>Mailbox of a phone</td><td><code>/mailbox?phone=NUMBER</code>; one-time codes are in <code>{log}</code>, too</td></tr>\
         <tr><td>Trust list</td><td><code>/trust/trust-list.cwt</code>, <code>/trust/root.pub</code></td></tr>\
         <tr><td>Status lists</td><td><code>/status/1</code> and so on</td></tr>\
         <tr><td>Issuer</td><td><code>/.well-known/openid-credential-issuer</code></td></tr></table>\
         <h2>Make something happen</h2><p>JSON by POST, as the nation's authorities:</p><table>\
         <tr><td>The face does not match</td><td><code>/sandbox/face-outcome {{\"number\", \"matches\"}}</code></td></tr>\
         <tr><td>Lock an account</td><td><code>/sandbox/lock {{\"number\", \"reason\"}}</code>: \
         <code>terms</code>, <code>card_withdrawn</code>, <code>authority</code></td></tr>\
         <tr><td>Unlock it</td><td><code>/sandbox/unlock {{\"number\"}}</code></td></tr>\
         <tr><td>Report a death</td><td><code>/sandbox/death {{\"number\"}}</code></td></tr>\
         <tr><td>Allow a late activation</td><td><code>/sandbox/hotline {{\"number\"}}</code></td></tr></table></html>",
        log = journal::FILE,
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
        .prepare_cached("SELECT text, sent_at FROM message WHERE phone = ?1 ORDER BY id DESC LIMIT 20")?;
    let rows = statement.query_map([&phone], |row| Ok((row.get::<_, String>(0)?, row.get::<_, i64>(1)?)))?;
    let messages: Vec<(String, i64)> = rows.collect::<Result<_, _>>()?;
    let wants_json = headers.get(ACCEPT).and_then(|v| v.to_str().ok()).is_some_and(|v| v.contains("json"));
    if wants_json {
        let messages: Vec<_> =
            messages.iter().map(|(text, at)| json!({"text": text, "sent_at": at})).collect();
        return Ok(fresh(json!({"messages": messages})));
    }
    let rows = messages.iter().fold(String::new(), |rows, (text, _)| rows + "<li>" + &escape(text) + "</li>");
    Ok(Html(format!(
        "<!doctype html><html lang=\"vi\"><meta charset=\"utf-8\"><title>Hộp thư</title>{STYLE}\
         <h1>Hộp thư / mailbox</h1><ul>{rows}</ul></html>"
    ))
    .into_response())
}

/// Text as HTML.
fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
