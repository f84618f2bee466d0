//! The credential endpoint (OpenID4VCI 1.0, section 8): proofs in, copies of one document out.
use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::super::answer::{Answer, Refusal, fresh};
use super::super::body::Body;
use super::super::database::Statements;
use super::super::documents::Document;
use super::super::{Nation, Shared, sha256, status};
use super::proofs::ProvenKey;
use super::writing::Life;
use super::{Grant, INVALID_TOKEN, place, proofs, writing};

#[derive(Deserialize)]
struct CredentialRequest {
    credential_configuration_id: Option<String>,
    credential_identifier: Option<String>,
    proofs: Option<Map<String, Value>>,
}

pub(in super::super) async fn credential(
    State(nation): State<Shared>,
    headers: HeaderMap,
    body: Body,
) -> Answer {
    let bearer = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let bearer = bearer.and_then(|value| value.strip_prefix("Bearer ")).ok_or(INVALID_TOKEN)?;
    let hash = sha256(bearer.as_bytes());
    let now = nation.now().as_unix();
    let grant = nation.database.read(|statements| Grant::find(statements, &hash, now))?;
    let request: CredentialRequest = body.json("invalid_credential_request")?;
    // The token named no identifiers (section 8.2).
    if request.credential_identifier.is_some() {
        return Err(Refusal::new("unknown_credential_identifier", "no identifier was given out"));
    }
    let wanted = request.credential_configuration_id;
    let wanted = wanted.ok_or(Refusal::new("invalid_credential_request", "which document is not said"))?;
    let document =
        Document::configured(&wanted).filter(|document| document.configuration == grant.configuration);
    let document = document
        .ok_or(Refusal::new("unknown_credential_configuration", "the token is for another document"))?;
    let (proofs, most) = (request.proofs.as_ref(), document.form.most_copies());
    let proven = proofs::proven(&nation, proofs, grant.client.as_deref(), most)?;
    Ok(fresh(json!({"credentials": issue(&nation, &hash, document, &proven)?})))
}

/// Spends the token, keeps a place for each copy, and signs them.
fn issue(
    nation: &Nation,
    token: &[u8],
    document: &Document,
    proven: &[ProvenKey],
) -> Result<Vec<Value>, Refusal> {
    let (now, life) = (nation.now(), Life::of(document.content, nation.now()));
    let register =
        |change: &dyn Statements| place::register(change, token, document, proven, now, life.expires);
    let registered = nation.database.change(register)?;
    if let Some(newest) = registered.places.iter().map(|place| place.list).max() {
        status::publish_begun(nation, newest)?;
    }
    let copies = proven.iter().zip(&registered.places);
    copies.map(|(key, place)| writing::write(nation, &registered, place, &key.jwk, &life)).collect()
}
