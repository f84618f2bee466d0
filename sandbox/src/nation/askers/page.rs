//! The register's page.
use axum::response::{Html, IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use super::super::answer::Refusal;
use super::super::body::Body;
use super::super::pages::{escape, page};
use super::super::{Nation, documents};
use super::{INVALID, Prefix, RegistrationDraft, Wish, enter};

const TITLE: &str = "Đăng ký bên hỏi / register who asks";
const HOW: &str =
    "openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout asker.key -subj /CN=x";

#[derive(Deserialize)]
struct Typed {
    name: String,
    address: String,
    purpose: String,
    may_ask: String,
    csr: String,
}

/// What an integrator fills in.
pub(in super::super) async fn form() -> Html<String> {
    let query = json!({"credentials": [{"id": "citizen", "format": "dc+sd-jwt", "meta": {"vct_values": [documents::CITIZEN]},
                                        "claims": [{"path": ["personal_number"]}, {"path": ["name"]}]}]});
    let query = serde_json::to_string_pretty(&query).unwrap_or_default();
    let field = |name: &str, label: &str, example: &str| {
        format!(
            "<p><label>{label}<br><input name=\"{name}\" size=\"40\" placeholder=\"{example}\" required></label></p>"
        )
    };
    page(
        TITLE,
        &format!(
            "<p>Cổng hoặc ngân hàng của bạn nhận chứng thư mà ví tin. Khóa riêng ở lại với bạn.<br>\
             <small lang=\"en\">Your portal or bank gets a certificate that wallets believe. Your private key stays with you. \
             The same as a call: <code>POST /sandbox/asker</code>.</small></p>\
             <form method=\"post\" action=\"/sandbox/asker\">{}{}{}\
             <p><label>Được hỏi gì / what it may ask for (DCQL)<br><textarea name=\"may_ask\" rows=\"12\" cols=\"60\" required>{}</textarea></label></p>\
             <p><label>Yêu cầu chứng thư / certificate request (PEM): <code>{HOW}</code><br>\
             <textarea name=\"csr\" rows=\"8\" cols=\"66\" required></textarea></label></p>\
             <button>Đăng ký / register</button></form>",
            field("name", "Tên mà điện thoại hiện / name that phones show", "Cổng thử"),
            field("address", "Nơi điện thoại trả lời / where phones answer to", "https://127.0.0.1:9443"),
            field("purpose", "Để làm gì / what for", "Đăng nhập / to sign you in"),
            escape(&query),
        ),
    )
}

/// The form as it was filled in.
fn filled_in(body: &Body) -> Result<Wish, Refusal> {
    let typed: Typed = body.form()?;
    let may_ask: Value = serde_json::from_str(&typed.may_ask)
        .map_err(|_| Refusal::new(INVALID, "what it may ask for is not JSON"))?;
    Ok(Wish {
        name: typed.name,
        address: typed.address,
        purpose: typed.purpose,
        may_ask,
        client_id_prefix: Prefix::X509Hash,
        key: None,
        csr: Some(typed.csr),
    })
}

/// What came of it, on a page.
pub(super) fn register(nation: &Nation, body: &Body) -> Response {
    let registered = match filled_in(body).and_then(|wish| enter(nation, &wish)) {
        Ok(registered) => registered,
        Err(refusal) => {
            let told = format!(
                "<p role=\"alert\">Không đăng ký được: <code>{}</code><br>Not registered: {}. \
                 <a href=\"/sandbox/asker\">Thử lại / try again</a></p>",
                refusal.code(),
                escape(refusal.description())
            );
            return (axum::http::StatusCode::BAD_REQUEST, page(TITLE, &told)).into_response();
        }
    };
    let info = json!([RegistrationDraft::entry(&registered.registration)]);
    let told = format!(
        "<p>Đã đăng ký / registered: {}</p><h2><code>client_id</code></h2><pre>{}</pre>\
         <h2>Chứng thư / certificate</h2><pre>{}</pre><h2><code>verifier_info</code></h2><pre>{}</pre>",
        escape(&registered.name),
        escape(&registered.client_id),
        registered.certificate_pem,
        escape(&info.to_string()),
    );
    page(TITLE, &told).into_response()
}
