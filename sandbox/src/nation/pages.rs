//! What a person sees of the sandbox.
use axum::extract::State;
use axum::response::Html;

use super::{Shared, insurance_portal, journal};

/// What all pages and screens share, by day and night.
pub(super) const SHARED_STYLE: &str = include_str!("pages/shared.css");
const STYLE: &str = include_str!("pages/pages.css");

/// A page with this heading.
pub(super) fn page(title: &str, body: &str) -> Html<String> {
    Html(format!(
        "<!doctype html><html lang=\"vi\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <title>{title}</title><style>{SHARED_STYLE}{STYLE}</style><main><h1>{title}</h1>{body}</main></html>"
    ))
}

pub(super) async fn overview(State(nation): State<Shared>) -> Html<String> {
    let url = &nation.url;
    let roots = nation.data_dir.join(super::certificates::CA);
    let roots = escape(&roots.display().to_string());
    let body = format!(
        "<p>An invented nation for trying the wallet: every person, key and card here is made up.</p>\
         <h2>Try it</h2><pre>sen account open --provider {url} \\\n    --roots {roots} \\\n    --number 000204067891 --phone 0900000002\n\
         # the code: <a href=\"/mailbox?phone=0900000002\">{url}/mailbox?phone=0900000002</a>\n\
         sen account activate --code ...\nsen account verify --simulate CARD_FOLDER --can 067891\n\
         sen credential obtain health-insurance\nsen present qr</pre>\
         <p>A second person: number 000199012345, phone 0900000001.</p>\
         <h2>Addresses</h2><table>\
         <tr><td>Mailbox of a phone</td><td><code>/mailbox?phone=NUMBER</code>; one-time codes are in <code>{log}</code>, too</td></tr>\
         <tr><td>All calls</td><td><code><a href=\"/api\">/api</a></code>, <code>/openapi.json</code></td></tr>\
         <tr><td>Lost phone</td><td><code><a href=\"/revoke\">/revoke</a></code></td></tr>\
         <tr><td>Public service</td><td><code><a href=\"/portal\">/portal</a></code></td></tr>\
         <tr><td>Bank</td><td>counter <code><a href=\"/bank\">/bank</a></code>, cash machine <code><a href=\"/atm\">/atm</a></code></td></tr>\
         <tr><td>Believed by wallets</td><td>whom the trust list names; for wallets of elsewhere <code>documents-ca.pem</code> and <code>askers-ca.pem</code> in the sandbox's folder</td></tr>\
         <tr><td>A portal or bank of your own</td><td><code><a href=\"/sandbox/asker\">/sandbox/asker</a></code>: a certificate that wallets believe, for your key</td></tr>\
         <tr><td>Trust list</td><td><code>/trust/trust-list.cwt</code>, <code>/trust/root.pub</code></td></tr>\
         <tr><td>Status lists</td><td><code>/status/1</code> and so on</td></tr>\
         <tr><td>The nation's status</td><td><code>/status/national/snapshot</code>, <code>/status/national/since/SEQUENCE</code></td></tr>\
         <tr><td>Insurance portal</td><td><code>/api/token/take</code>, <code>/api/egw/KQNhanLichSuKCB2024</code>; \
         user <code>{portal}</code>, password <code>{password}</code>; staff is anyone of the register</td></tr>\
         <tr><td>Issuer</td><td><code>/.well-known/openid-credential-issuer</code></td></tr></table>\
         <h2>Make something happen</h2><p>JSON by POST, as the nation's authorities:</p><table>\
         <tr><td>The face does not match</td><td><code>/sandbox/face-outcome {{\"number\", \"matches\"}}</code></td></tr>\
         <tr><td>Lock an account</td><td><code>/sandbox/lock {{\"number\", \"reason\"}}</code>: \
         <code>terms</code>, <code>card_withdrawn</code>, <code>authority</code></td></tr>\
         <tr><td>Unlock it</td><td><code>/sandbox/unlock {{\"number\"}}</code></td></tr>\
         <tr><td>Report a death</td><td><code>/sandbox/death {{\"number\"}}</code></td></tr>\
         <tr><td>Allow a late activation</td><td><code>/sandbox/hotline {{\"number\"}}</code></td></tr>\
         <tr><td>The insurance portal's answer</td><td><code>/sandbox/insurance-answer {{\"number\", \"code\"}}</code>: \
         <code>000</code>, <code>010</code>, <code>060</code> ...</td></tr>\
         <tr><td>The insurance portal's fault</td><td><code>/sandbox/insurance-fault {{\"fault\"}}</code>: <code>none</code>, \
         <code>slow</code> (with <code>milliseconds</code>), <code>broken</code>, <code>bad_json</code>, \
         <code>forgets_tokens</code></td></tr>\
         <tr><td>Hand over a document</td><td><code>/sandbox/offer {{\"number\", \"credential\"}}</code>: \
         <code>citizen_sd_jwt</code>, <code>driving_licence_mdoc</code> ...</td></tr>\
         <tr><td>Withdraw somebody's certificate</td><td><code>/sandbox/withdrawal {{\"who\", \"withdrawn\"}}</code>: \
         <code>documents</code>, <code>askers</code>, <code>registrar</code>, <code>issuer</code>, <code>portal</code>, <code>bank</code>, or a name that was registered</td></tr>\
         <tr><td>Withdraw a clinic's desk</td><td><code>/sandbox/desk-withdrawal {{\"name\"}}</code></td></tr>\
         <tr><td>Wait so long for a new phone</td><td><code>/sandbox/recovery-wait {{\"seconds\"}}</code></td></tr></table>",
        log = journal::FILE,
        portal = insurance_portal::PORTAL_USER,
        password = insurance_portal::PORTAL_PASSWORD,
    );
    page("Sen sandbox", &body)
}

/// Text as HTML.
pub(super) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
