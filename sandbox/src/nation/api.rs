//! The services' description: one table, from which the OpenAPI document and its page are made.
mod calls;
#[cfg(test)]
mod tests;

use axum::Json;
use axum::extract::State;
use axum::response::Html;
use serde_json::{Map, Value, json};

use super::Shared;
use super::pages::page;
use calls::{Asked, CALLS};

/// The OpenAPI 3.1 document.
pub(super) async fn document(State(nation): State<Shared>) -> Json<Value> {
    let mut paths: Map<String, Value> = Map::new();
    for (asked, path, summary, takes, gives) in CALLS {
        let operation = operation(*asked, path, summary, takes, gives);
        let method = if *asked == Asked::Get { "get" } else { "post" };
        let methods = paths.entry(*path).or_insert_with(|| json!({}));
        if let Some(methods) = methods.as_object_mut() {
            methods.insert(method.to_owned(), operation);
        }
    }
    let error = json!({"type": "object", "required": ["error", "error_description"], "properties": {
        "error": {"type": "string"}, "error_description": {"type": "string"}}});
    Json(json!({
        "openapi": "3.1.0",
        "info": {"title": "Sen sandbox", "version": env!("CARGO_PKG_VERSION"),
                 "description": "An invented nation for trying the wallet. Every person, key and card here is made up."},
        "servers": [{"url": nation.url}],
        "paths": paths,
        "components": {"schemas": {"Error": error, "Signed": {
            "type": "object", "required": ["jws"], "properties": {"jws": {"type": "string", "description":
                "compact JWS, ES256, typ sen-account+jwt, header jwk = instance key; payload aud, op, challenge (once), \
                 seq (rising), iat and the operation's members"}}}}},
    }))
}

fn operation(asked: Asked, path: &str, summary: &str, takes: &[&str], gives: &[&str]) -> Value {
    let members = |names: &[&str]| -> Map<String, Value> {
        names.iter().map(|name| ((*name).to_owned(), json!({}))).collect()
    };
    let answer = json!({"type": "object", "properties": members(gives)});
    let refusal = json!({"description": "refused", "content": {"application/json": {"schema":
        {"$ref": "#/components/schemas/Error"}}}});
    let mut operation = json!({"summary": summary, "responses": {
        "200": {"description": "done", "content": {"application/json": {"schema": answer}}},
        "4XX": refusal,
    }});
    let parameters: Vec<_> = path
        .split('/')
        .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
        .map(|name| {
            json!({"name": name, "in": "path", "required": true,
                             "schema": {"type": if name == "id" { "string" } else { "integer" }}})
        })
        .collect();
    let body = |media_type: &str, schema: Value| json!({"required": true, "content": {media_type: {"schema": schema}}});
    let record = json!({"type": "object", "properties": members(takes)});
    let request = match asked {
        Asked::Get | Asked::Empty => None,
        Asked::Json => Some(body("application/json", record)),
        Asked::Form => Some(body("application/x-www-form-urlencoded", record)),
        Asked::Signed(_) => Some(body("application/json", json!({"$ref": "#/components/schemas/Signed"}))),
    };
    if let Some(members) = operation.as_object_mut() {
        if let Some(request) = request {
            members.insert("requestBody".to_owned(), request);
        }
        if !parameters.is_empty() {
            members.insert("parameters".to_owned(), json!(parameters));
        }
        if let Asked::Signed(operations) = asked {
            members.insert("x-sen-operation".to_owned(), json!(operations));
            members.insert("x-sen-members".to_owned(), json!(takes));
        }
    }
    operation
}

/// The same for people.
pub(super) async fn overview() -> Html<String> {
    let rows = CALLS.iter().fold(String::new(), |rows, (asked, path, summary, takes, gives)| {
        let how = match asked {
            Asked::Get => "GET".to_owned(),
            Asked::Empty | Asked::Json => "POST".to_owned(),
            Asked::Form => "POST form".to_owned(),
            Asked::Signed(operations) => format!("POST signed <i>{operations}</i>"),
        };
        let (takes, gives) = (takes.join(", "), gives.join(", "));
        format!(
            "{rows}<tr><td><code>{path}</code><br><small>{how}</small></td><td>{summary}<br>\
                 <small>{takes} → {gives}</small></td></tr>"
        )
    });
    page("API", &format!("<p><a href=\"/openapi.json\">OpenAPI</a></p><table>{rows}</table>"))
}
