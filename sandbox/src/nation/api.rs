//! The services' description: one table of calls and one of what their members mean, from which the OpenAPI document and its page are
//! made.
mod calls;
mod meanings;
mod overview;
mod shape;
#[cfg(test)]
mod tests;

use axum::Json;
use axum::extract::State;
use serde_json::{Map, Value, json};

use super::Shared;
use calls::{Asked, Call, Gives, calls};
pub(super) use overview::overview;
use shape::{Member, parameter, record};

/// The groups of calls, by how their paths begin; the last has what is in no other.
const TAGS: &[(&str, &[&str], &str)] = &[
    ("account", &["/account", "/face", "/revoke"], "the electronic identity account"),
    (
        "issuer",
        &["/.well-known", "/token", "/par", "/authorize", "/nonce", "/credential", "/attestation-challenge"],
        "documents by OpenID4VCI 1.0",
    ),
    ("asking", &["/portal", "/bank", "/atm", "/asking"], "portal, bank and cash machine, by OpenID4VP 1.0"),
    ("lists", &["/trust", "/status"], "trust list and status lists"),
    ("insurance", &["/api/"], "the stand-in of the insurance portal"),
    ("sandbox", &["/sandbox", "/mailbox"], "what happens in the nation, at your word"),
    ("pages", &["/"], "where to begin, and this description"),
];
/// The members of every signed message, beside `op`.
const MESSAGE: &[&str] = &["aud", "challenge", "seq", "iat"];
const REFUSAL: &[&str] = &[
    "error",
    "error_description",
    "attempts_left?",
    "effective_at?",
    "reason?=refusal_reason",
    "detail?",
    "vi?",
];
const JWS: &str = "compact JWS, ES256, typ sen-account+jwt, header member jwk: the phone's instance key; payload as in x-sen-payload";

/// The OpenAPI 3.1 document.
pub(super) async fn document(State(nation): State<Shared>) -> Json<Value> {
    let mut paths: Map<String, Value> = Map::new();
    for call in calls() {
        let methods = paths.entry(call.1).or_insert_with(|| json!({}));
        if let Some(methods) = methods.as_object_mut() {
            methods.insert(method(call.0).to_owned(), operation(call));
        }
    }
    let tags: Vec<_> =
        TAGS.iter().map(|(name, _, what)| json!({"name": name, "description": what})).collect();
    Json(json!({
        "openapi": "3.1.0",
        "info": {"title": "Sen sandbox", "version": env!("CARGO_PKG_VERSION"),
                 "description": "An invented nation for trying the wallet. Every person, key and card here is made up."},
        "servers": [{"url": nation.url}],
        "tags": tags,
        "paths": paths,
        "components": {
            "schemas": {"Refusal": record(REFUSAL)},
            "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer"}},
        },
    }))
}

const fn method(asked: Asked) -> &'static str {
    if matches!(asked, Asked::Get) { "get" } else { "post" }
}

fn tag(path: &str) -> &'static str {
    let found = TAGS.iter().find(|(_, begins, _)| begins.iter().any(|begin| path.starts_with(begin)));
    found.map_or("pages", |(name, ..)| name)
}

fn operation((asked, path, summary, takes, gives): &Call) -> Value {
    let mut operation = Map::from_iter([
        ("tags".to_owned(), json!([tag(path)])),
        ("summary".to_owned(), json!(summary)),
        (
            "responses".to_owned(),
            json!({"2XX": {"description": "done", "content": content(*gives)},
                   "4XX": {"description": "refused", "content": refusal(*gives)}}),
        ),
    ]);
    if let Some(body) = body(*asked, takes) {
        operation.insert("requestBody".to_owned(), json!({"required": true, "content": body}));
    }
    let in_query: &[_] = if *asked == Asked::Get { takes } else { &[] };
    let in_query = in_query.iter().map(|written| parameter(&Member::of(written), "query"));
    let parameters: Vec<_> = in_path(path).map(|member| parameter(&member, "path")).chain(in_query).collect();
    if !parameters.is_empty() {
        operation.insert("parameters".to_owned(), json!(parameters));
    }
    if *path == "/credential" {
        operation.insert("security".to_owned(), json!([{"bearer": []}]));
    }
    Value::Object(operation)
}

/// The members that stand in the path itself.
fn in_path(path: &'static str) -> impl Iterator<Item = Member> {
    path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}')).map(|name| match name {
        // A status list's number is nobody's personal number.
        "number" => Member { name, ..Member::of("list") },
        name => Member::of(name),
    })
}

/// A person at a page is told by a page.
fn refusal(gives: Gives) -> Value {
    let record = json!({"schema": {"$ref": "#/components/schemas/Refusal"}});
    match gives {
        Gives::Page | Gives::PageOrRecord(_) => {
            json!({"application/json": record, "text/html": {"schema": {"type": "string"}}})
        }
        Gives::Record(_) | Gives::Bytes(_) => json!({"application/json": record}),
    }
}

fn content(gives: Gives) -> Value {
    let page = json!({"schema": {"type": "string"}});
    match gives {
        Gives::Record(members) => json!({"application/json": {"schema": record(members)}}),
        Gives::Page => json!({"text/html": page}),
        Gives::PageOrRecord(members) => {
            json!({"application/json": {"schema": record(members)}, "text/html": page})
        }
        Gives::Bytes(types) => {
            types.iter().map(|one| ((*one).to_owned(), json!({}))).collect::<Map<_, _>>().into()
        }
    }
}

fn body(asked: Asked, takes: &'static [&'static str]) -> Option<Value> {
    match asked {
        Asked::Get | Asked::Empty => None,
        Asked::Json => Some(json!({"application/json": {"schema": record(takes)}})),
        Asked::Form => Some(json!({"application/x-www-form-urlencoded": {"schema": record(takes)}})),
        Asked::Signed(operations) => Some(json!({"application/json": {"schema": {
            "type": "object", "required": ["jws"], "properties": {"jws": {
                "type": "string", "description": JWS, "contentMediaType": "application/jose",
                "x-sen-payload": payload(operations, takes),
            }},
        }}})),
    }
}

/// What is signed: the members of every message, the operation, and its own members.
fn payload(operations: &[&str], takes: &'static [&'static str]) -> Value {
    let op = json!({"properties": {"op": {"type": "string", "enum": operations}}, "required": ["op"]});
    json!({"type": "object", "allOf": [op, record(MESSAGE), record(takes)]})
}
