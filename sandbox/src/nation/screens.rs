//! The pages of portal, counter and machine: Vietnamese first, English beside it. They show a code and what becomes of it.
use std::fmt::Write as _;

use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::response::{Html, IntoResponse, Response};
use qrcodegen::{QrCode, QrCodeEcc};

use super::bank::TERMINALS;
use super::pages::SHARED_STYLE;

/// Light modules around a code (ISO/IEC 18004, 9.1).
const QUIET: i32 = 4;
/// Nothing from elsewhere, and in no other page's frame.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'unsafe-inline'; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";
const STYLE: &str = include_str!("screens/screens.css");
const SCRIPT: &str = include_str!("screens/screens.js");

/// A link as a QR code in SVG; empty for a link that no code can hold.
pub(super) fn qr(link: &str) -> String {
    let Ok(code) = QrCode::encode_text(link, QrCodeEcc::Medium) else { return String::new() };
    let side = code.size() + 2 * QUIET;
    let mut path = String::new();
    for y in 0..code.size() {
        for x in (0..code.size()).filter(|x| code.get_module(*x, y)) {
            let _ = write!(path, "M{} {}h1v1h-1z", x + QUIET, y + QUIET);
        }
    }
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {side} {side}\" role=\"img\" aria-label=\"QR\" \
         shape-rendering=\"crispEdges\"><path fill=\"#fff\" d=\"M0 0h{side}v{side}H0z\"/><path d=\"{path}\"/></svg>"
    )
}

fn screen(kind: &str, title: &str, english: &str, start: &str) -> Response {
    let html = format!(
        "<!doctype html><html lang=\"vi\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <title>{title}</title><style>{SHARED_STYLE}{STYLE}</style><body data-kind=\"{kind}\"><main>\
         <p class=\"test\">TEST ONLY: một quốc gia tưởng tượng / an invented nation</p>\
         <h1>{title}<small lang=\"en\">{english}</small></h1><section id=\"start\">{start}</section>\
         <section id=\"ask\" hidden><div id=\"code\"></div><p><a id=\"link\" href=\"#\">Không quét được? Dùng liên kết này<small lang=\"en\">Cannot scan? Use this link</small></a></p></section>\
         <section id=\"number\" hidden><p>Nhập hai chữ số này trên điện thoại<small lang=\"en\">Type these two digits on the phone</small></p>\
         <output id=\"digits\"></output></section>\
         <section id=\"state\" role=\"status\" aria-live=\"polite\"></section>\
         <button id=\"again\" hidden>Bắt đầu lại / begin again</button></main><script src=\"/asking/script.js\"></script></html>"
    );
    ([(CONTENT_SECURITY_POLICY, POLICY), (CACHE_CONTROL, "no-store")], Html(html)).into_response()
}

/// The script of all three.
pub(super) async fn script() -> Response {
    ([(CONTENT_TYPE, "text/javascript; charset=utf-8")], SCRIPT).into_response()
}

pub(super) async fn portal() -> Response {
    let start = "<p>Đăng nhập bằng tài khoản định danh điện tử mức 2.<small lang=\"en\">Sign in with an electronic identity account at level 2.</small></p>\
        <button data-start='{\"other_screen\":true}'>Điện thoại khác<small lang=\"en\">Wallet on another phone</small></button> \
        <button data-start='{\"other_screen\":false}'>Thiết bị này<small lang=\"en\">Wallet on this device</small></button>";
    screen("portal", "Cổng dịch vụ công Mẫu", "Sample public service portal", start)
}

pub(super) async fn bank() -> Response {
    let start = "<p>Quầy giao dịch: xác minh khách hàng.<small lang=\"en\">Counter: who is the customer?</small></p>\
        <button data-start='{}'>Hỏi điện thoại của khách<small lang=\"en\">Ask the customer's phone</small></button>\
        <h2>Bằng chip của thẻ<small lang=\"en\">By the card's chip</small></h2>\
        <button id=\"chip\">Đọc thẻ của khách<small lang=\"en\">Read the customer's card</small></button>\
        <form id=\"reading\" hidden><p>Đọc thẻ với số này<small lang=\"en\">Read the card for this nonce</small>\
        <code id=\"command\"></code></p>\
        <p><label>Bản ghi đã ký của máy đọc<small lang=\"en\">The reader's signed record</small>\
        <input type=\"file\" id=\"record\"></label></p>\
        <p><label><input type=\"checkbox\" id=\"compared\"> Tôi đã so khuôn mặt với ảnh trong thẻ\
        <small lang=\"en\">I have compared the person with the card's portrait</small></label></p>\
        <button>Xác minh<small lang=\"en\">Verify</small></button></form>";
    screen("bank", "Ngân hàng Mẫu: quầy", "Sample bank: counter", start)
}

pub(super) async fn atm() -> Response {
    let mut start = String::from(
        "<p>Rút tiền không cần thẻ.<small lang=\"en\">Cash without a card.</small></p><p><label>Máy / machine <select id=\"terminal\">",
    );
    for terminal in &TERMINALS {
        let _ = write!(start, "<option value=\"{0}\">{0}, {1}</option>", terminal.name, terminal.place);
    }
    start.push_str("</select></label></p>");
    for (amount, label) in [(200_000, "200.000"), (500_000, "500.000"), (2_000_000, "2.000.000")] {
        let _ = write!(start, "<button data-start='{{\"amount\":{amount}}}'>{label} ₫</button> ");
    }
    screen("atm", "Ngân hàng Mẫu: máy rút tiền", "Sample bank: cash machine", &start)
}
