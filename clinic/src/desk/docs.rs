//! The description of the API: the OpenAPI document, and the same as a page.
use std::fmt::Write as _;

use axum::Json;
use axum::response::Html;
use serde_json::Value;

use super::refusal::Refusal;

/// OpenAPI 3.1.
pub(crate) const DOCUMENT: &str = include_str!("openapi.json");

fn parsed() -> Result<Value, Refusal> {
    serde_json::from_str(DOCUMENT).map_err(|_| Refusal::broken("document", "the description is unreadable"))
}

/// `GET /api/openapi.json`
pub(crate) async fn document() -> Result<Json<Value>, Refusal> {
    parsed().map(Json)
}

/// `GET /api/docs`. Made here, for the page may run no foreign script.
pub(crate) async fn page() -> Result<Html<String>, Refusal> {
    let document = parsed()?;
    let text = |pointer: &str| escape(document.pointer(pointer).and_then(Value::as_str).unwrap_or_default());
    let mut page = format!(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title}</title></head>\n<body>\
         <h1>{title}</h1>\n<p>{about}</p>\n<p><a href=\"/api/openapi.json\">OpenAPI 3.1</a></p>\n",
        title = text("/info/title"),
        about = text("/info/description"),
    );
    let paths = document.get("paths").and_then(Value::as_object);
    for (address, calls) in paths.into_iter().flatten() {
        for (method, call) in calls.as_object().into_iter().flatten() {
            let summary = call.get("summary").and_then(Value::as_str).unwrap_or_default();
            let _ = writeln!(
                page,
                "<h2><code>{} {}</code></h2>\n<p>{}</p>",
                method.to_uppercase(),
                escape(address),
                escape(summary)
            );
            for (name, part) in
                [("in the address", "parameters"), ("takes", "requestBody"), ("answers", "responses")]
            {
                if let Some(part) = call.get(part) {
                    let part = serde_json::to_string_pretty(part).unwrap_or_default();
                    let _ = writeln!(
                        page,
                        "<details><summary>{name}</summary><pre>{}</pre></details>",
                        escape(&part)
                    );
                }
            }
        }
    }
    let schemas = document.pointer("/components/schemas").and_then(Value::as_object);
    page += "<h1>Records</h1>\n";
    for (name, schema) in schemas.into_iter().flatten() {
        let schema = serde_json::to_string_pretty(schema).unwrap_or_default();
        let _ = writeln!(
            page,
            "<details><summary>{}</summary><pre>{}</pre></details>",
            escape(name),
            escape(&schema)
        );
    }
    page += "</body></html>\n";
    Ok(Html(page))
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
