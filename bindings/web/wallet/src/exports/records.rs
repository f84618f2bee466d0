//! What crosses to JavaScript, as plain objects by way of JSON. `wallet.d.ts` says their shapes.
use holder::{AccountView, CredentialInfo, HistoryEntry, Opened, QrFrame, Warning};
use js_sys::JSON;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use trust::time::Timestamp;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;

use crate::error::SenError;

#[wasm_bindgen(typescript_custom_section)]
const SHAPES: &str = include_str!("../wallet.d.ts");

/// A time that JavaScript read from its clock.
#[allow(clippy::cast_possible_truncation, reason = "what is no time becomes the nearest one, or 1970")]
pub(crate) fn time(seconds: f64) -> Timestamp {
    Timestamp::from_unix(seconds as i64)
}

/// An object for JavaScript.
pub(crate) fn object(record: &impl Serialize) -> Result<JsValue, SenError> {
    let text = serde_json::to_string(record).map_err(|_| SenError::bug("web.record"))?;
    JSON::parse(&text).map_err(|_| SenError::bug("web.record"))
}

/// An object of JavaScript; `code` is what a wrong shape is called.
pub(crate) fn record<T: DeserializeOwned>(object: &JsValue, code: &str) -> Result<T, SenError> {
    let text = JSON::stringify(object).ok().and_then(|text| text.as_string());
    let read = text.and_then(|text| serde_json::from_str(&text).ok());
    read.ok_or_else(|| SenError::not_ready(code))
}

pub(crate) fn opened(opened: &Opened) -> Value {
    json!({
        "account": opened.account,
        "code_sent_to": opened.code_sent_to,
        "code_expires_in": opened.code_expires_in,
    })
}

pub(crate) fn account(view: &AccountView) -> Value {
    json!({
        "account": view.account,
        "provider": view.provider,
        "level": u8::from(view.level),
        "state": view.state,
        "locks": view.locks,
        "method": view.method,
        "verified_at": view.verified_at.map(Timestamp::as_unix),
        "phones": view.devices,
        "as_of": view.as_of.map(Timestamp::as_unix),
    })
}

pub(crate) fn credential(info: &CredentialInfo, warnings: &[Warning]) -> Value {
    json!({
        "id": info.id,
        "vct": info.vct,
        "issuer": info.issuer,
        "issued_at": info.issued_at.as_unix(),
        "expires_at": info.expires_at.as_unix(),
        "refresh_at": info.refresh_at.as_unix(),
        "ward": info.ward,
        "valid_to": info.valid_to,
        "warnings": warnings.iter().filter_map(warning).collect::<Vec<_>>(),
    })
}

/// `None` for one that this version has no words for.
fn warning(warning: &Warning) -> Option<Value> {
    Some(match warning {
        Warning::Expired => json!({ "warning": "expired" }),
        Warning::SoonUnprepared => json!({ "warning": "soon_unprepared" }),
        Warning::Ended => json!({ "warning": "ended" }),
        Warning::EndsSoon(days) => json!({ "warning": "ends_soon", "days": days }),
        _ => return None,
    })
}

pub(crate) fn code(frame: &QrFrame) -> Value {
    json!({ "text": frame.text, "expires_at": frame.expires_at.as_unix() })
}

pub(crate) fn history_line(entry: &HistoryEntry) -> Value {
    json!({ "sequence": entry.sequence, "at": entry.at.as_unix(), "event": entry.event })
}
