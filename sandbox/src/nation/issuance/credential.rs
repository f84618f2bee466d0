//! The credential endpoint (OpenID4VCI 1.0, section 8): `jwt` proofs in, copies of one document out.
use std::collections::BTreeSet;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use credential::jose::{Jwk, Jws};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::super::answer::{Answer, Refusal, fresh};
use super::super::body::Body;
use super::super::database::Statements;
use super::super::documents::Document;
use super::super::{Nation, Shared, sha256, status};
use super::writing::Life;
use super::{Grant, INVALID_TOKEN, place, writing};

const LONGEST_PROOF: usize = 8192;
/// Seconds by which a wallet's clock may be off.
const SKEW: u64 = 300;

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
    let (client, most) = (grant.client.as_deref(), document.form.most_copies());
    let keys = proven_keys(&nation, client, request.proofs.as_ref(), most)?;
    Ok(fresh(json!({"credentials": issue(&nation, &hash, document, &keys)?})))
}

/// The keys that the proofs show the wallet to hold (appendix F.1): one proof a copy, all with one nonce, no key twice.
fn proven_keys(
    nation: &Nation,
    client: Option<&str>,
    proofs: Option<&Map<String, Value>>,
    most: usize,
) -> Result<Vec<Jwk>, Refusal> {
    let bad = || Refusal::new("invalid_proof", "as many right proofs as copies are needed");
    let proofs = proofs.filter(|proofs| proofs.len() == 1).and_then(|proofs| proofs.get("jwt"));
    let proofs = proofs.and_then(Value::as_array).filter(|proofs| (1..=most).contains(&proofs.len()));
    let (mut keys, mut nonces) = (Vec::new(), BTreeSet::new());
    for proof in proofs.ok_or_else(bad)? {
        let (key, nonce) = proven_key(nation, client, proof.as_str().ok_or_else(bad)?)?;
        if keys.contains(&key) {
            return Err(bad());
        }
        keys.push(key);
        nonces.insert(nonce);
    }
    let now = nation.now().as_unix();
    match nonces.pop_first() {
        Some(nonce) if nonces.is_empty() && nation.c_nonces.take(&nonce, "", now) => Ok(keys),
        _ => Err(Refusal::new("invalid_nonce", "the nonce is unknown, used or too old")),
    }
}

/// The key of one proof, and its nonce, which is not looked up yet.
fn proven_key(nation: &Nation, client: Option<&str>, proof: &str) -> Result<(Jwk, String), Refusal> {
    let bad = || Refusal::new("invalid_proof", "a proof is wrong");
    let jws = Jws::parse(proof, LONGEST_PROOF)
        .and_then(|jws| jws.of_type("openid4vci-proof+jwt"))
        .map_err(|_| bad())?;
    let named = jws.header().members();
    let key = jws.header().jwk().cloned().ok_or_else(bad)?;
    if named.contains_key("kid") || named.contains_key("x5c") {
        return Err(bad());
    }
    let verified = jws.verify(key.key()).map_err(|_| bad())?;
    let text = |name: &str| verified.claims().get(name).and_then(Value::as_str);
    let now = nation.now().as_unix();
    let sent = verified.claims().get("iat").and_then(Value::as_i64);
    if text("aud") != Some(&nation.url) || sent.is_none_or(|sent| sent.abs_diff(now) > SKEW) {
        return Err(bad());
    }
    // The client that the token is for; without one there is none to be named (appendix F.1).
    if text("iss") != client || (client.is_none() && verified.claims().contains_key("iss")) {
        return Err(bad());
    }
    let nonce = text("nonce").unwrap_or_default().to_owned();
    Ok((key, nonce))
}

/// Spends the token, keeps a place for each copy, and signs them.
fn issue(nation: &Nation, token: &[u8], document: &Document, keys: &[Jwk]) -> Result<Vec<Value>, Refusal> {
    let (now, life) = (nation.now(), Life::of(document.content, nation.now()));
    let register =
        |change: &dyn Statements| place::register(change, token, document, keys, now, life.expires);
    let registered = nation.database.change(register)?;
    if let Some(newest) = registered.places.iter().map(|place| place.list).max() {
        status::publish_begun(nation, newest)?;
    }
    let copies = keys.iter().zip(&registered.places);
    copies.map(|(key, place)| writing::write(nation, &registered, place, key, &life)).collect()
}
