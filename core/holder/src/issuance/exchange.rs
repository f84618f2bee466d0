//! The three calls of issuance: token, nonce, credential (OpenID4VCI 1.0 sections 6 to 8).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use credential::jose::{Jwk, compact, signing_input};
use http_client::{Client, Request, ServerCode};
use serde::Deserialize;
use serde_json::{Value, json};
use trust::time::Timestamp;
use zeroize::Zeroizing;

use super::IssuanceError;
use super::metadata::{IssuerMetadata, ServerMetadata};
use super::offer::PreAuthorised;
use crate::Error;
use crate::keys::SigningKey;

/// A credential is small; an answer of more than this is not one.
const LONGEST_ANSWER: usize = 256 * 1024;

/// An access token and what it is for.
pub(crate) struct Token {
    access_token: Zeroizing<String>,
    /// Pairs of configuration id and credential identifier, where the server names identifiers.
    identifiers: Vec<(String, String)>,
}

#[derive(Deserialize)]
struct TokenAnswer {
    access_token: String,
    token_type: String,
    #[serde(default)]
    authorization_details: Vec<AuthorizationDetail>,
}

#[derive(Deserialize)]
struct AuthorizationDetail {
    credential_configuration_id: Option<String>,
    #[serde(default)]
    credential_identifiers: Vec<String>,
}

#[derive(Deserialize)]
struct NonceAnswer {
    c_nonce: String,
}

#[derive(Deserialize)]
struct CredentialAnswer {
    #[serde(default)]
    credentials: Vec<IssuedCredential>,
}

#[derive(Deserialize)]
struct IssuedCredential {
    credential: Value,
    /// Beside the standard: the small portrait whose hash is claim 84.
    portrait: Option<String>,
}

/// What came, unverified.
pub(crate) struct Fetched {
    pub(crate) credential: Vec<u8>,
    pub(crate) portrait: Option<Vec<u8>>,
}

/// Exchanges the pre-authorised code (section 6.1).
///
/// # Errors
/// [`IssuanceError::TransactionCodeRequired`] and [`IssuanceError::TransactionCodeUnexpected`] before anything is sent;
/// [`IssuanceError::TransactionCodeWrong`] where the server refuses the code that was typed.
pub(crate) async fn fetch_token(
    client: &Client,
    server: &ServerMetadata,
    grant: &PreAuthorised,
    transaction_code: Option<&str>,
) -> Result<Token, Error> {
    let mut fields = vec![
        ("grant_type", "urn:ietf:params:oauth:grant-type:pre-authorized_code"),
        ("pre-authorized_code", grant.code.as_str()),
    ];
    match (&grant.transaction_code, transaction_code) {
        (Some(_), Some(code)) => fields.push(("tx_code", code)),
        (None, None) => {}
        (Some(_), None) => return Err(IssuanceError::TransactionCodeRequired.into()),
        (None, Some(_)) => return Err(IssuanceError::TransactionCodeUnexpected.into()),
    }
    let answer =
        client.fetch(Request::post_form(&server.token_endpoint, &fields)?).await.map_err(|error| {
            let wrong = error.server_code() == ServerCode::InvalidGrant && transaction_code.is_some();
            if wrong { IssuanceError::TransactionCodeWrong.into() } else { Error::Network(error) }
        })?;
    let answer: TokenAnswer = answer.json()?;
    if !answer.token_type.eq_ignore_ascii_case("bearer") {
        return Err(IssuanceError::BadToken.into());
    }
    let identifiers = answer.authorization_details.into_iter().filter_map(|detail| {
        Some((detail.credential_configuration_id?, detail.credential_identifiers.into_iter().next()?))
    });
    Ok(Token { access_token: Zeroizing::new(answer.access_token), identifiers: identifiers.collect() })
}

/// Asks for one credential bound to `key`; a nonce that the issuer no longer takes is replaced once (section 8.3.1.2).
pub(crate) async fn fetch_credential(
    client: &Client,
    metadata: &IssuerMetadata,
    token: &Token,
    configuration: &str,
    key: &SigningKey,
    now: Timestamp,
) -> Result<Fetched, Error> {
    let mut renewed = false;
    loop {
        let nonce = fetch_nonce(client, metadata).await?;
        let proof = proof(key, &metadata.credential_issuer, nonce.as_deref(), now)?;
        let mut body = json!({"proofs": {"jwt": [proof]}});
        // An identifier given with the token replaces the configuration id, never stands beside it (section 8.2).
        let identifier = token.identifiers.iter().find(|(id, _)| id == configuration).map(|(_, found)| found);
        let (name, value) = match identifier {
            Some(identifier) => ("credential_identifier", identifier.as_str()),
            None => ("credential_configuration_id", configuration),
        };
        if let Some(members) = body.as_object_mut() {
            members.insert(name.to_owned(), json!(value));
        }
        let request = Request::post_json(&metadata.credential_endpoint, &body)?
            .bearer(&token.access_token)?
            .limit(LONGEST_ANSWER);
        match client.fetch(request).await {
            Err(error) if error.server_code() == ServerCode::InvalidNonce && !renewed && nonce.is_some() => {
                renewed = true;
            }
            Err(error) => return Err(error.into()),
            Ok(answer) if answer.status() == 202 => return Err(IssuanceError::Deferred.into()),
            Ok(answer) => return single_credential(&answer.json::<CredentialAnswer>()?),
        }
    }
}

fn single_credential(answer: &CredentialAnswer) -> Result<Fetched, Error> {
    let [issued] = answer.credentials.as_slice() else {
        return Err(IssuanceError::BadCredential.into());
    };
    let decode = |text: &str| URL_SAFE_NO_PAD.decode(text).map_err(|_| IssuanceError::BadCredential);
    let credential = decode(issued.credential.as_str().ok_or(IssuanceError::BadCredential)?)?;
    Ok(Fetched { credential, portrait: issued.portrait.as_deref().map(decode).transpose()? })
}

async fn fetch_nonce(client: &Client, metadata: &IssuerMetadata) -> Result<Option<String>, Error> {
    let Some(endpoint) = &metadata.nonce_endpoint else {
        return Ok(None);
    };
    let answer: NonceAnswer = client.fetch(Request::post(endpoint)?.idempotent()).await?.json()?;
    Ok(Some(answer.c_nonce))
}

/// Key proof (appendix F.1). No `iss`: the token of a pre-authorised code is anonymous.
fn proof(key: &SigningKey, issuer: &str, nonce: Option<&str>, now: Timestamp) -> Result<String, Error> {
    let header = json!({"alg": "ES256", "typ": "openid4vci-proof+jwt", "jwk": Jwk::new(*key.public())});
    let mut payload = json!({"aud": issuer, "iat": now.as_unix()});
    if let (Some(nonce), Some(members)) = (nonce, payload.as_object_mut()) {
        members.insert("nonce".to_owned(), json!(nonce));
    }
    let input = signing_input(&header, &payload);
    Ok(compact(&input, &key.sign(input.as_bytes())?))
}
