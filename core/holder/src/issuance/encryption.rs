//! Requests and answers of the issuer's endpoints, encrypted end to end where it can (OpenID4VCI 1.0 section 10): not even a server
//! that ends TLS for the issuer sees the credentials. Refusals come unencrypted.

use credential::jose::jwe::{DecryptionKey, Encryption, Jwe, Parties, encrypt};
use credential::jose::{Jwk, parse_json};
use http_client::Request;
use serde::Deserialize;
use serde_json::{Value, json};
use trust::p256::PublicKey;
use trust::time::Timestamp;

use super::IssuanceError;
use super::exchange::{LONGEST_ANSWER, Token};
use super::line::Line;
use super::metadata::IssuerMetadata;
use crate::Error;

const ECDH_ES: &str = "ECDH-ES";
const JWT: &str = "application/jwt";

/// `credential_response_encryption` of the metadata.
#[derive(Debug, Deserialize)]
pub(super) struct ResponseEncryption {
    alg_values_supported: Vec<String>,
    enc_values_supported: Vec<String>,
    encryption_required: bool,
}

/// `credential_request_encryption` of the metadata.
#[derive(Debug, Deserialize)]
pub(super) struct RequestEncryption {
    jwks: Keys,
    enc_values_supported: Vec<String>,
    encryption_required: bool,
}

#[derive(Debug, Deserialize)]
struct Keys {
    keys: Vec<Value>,
}

/// How a request goes out and its answer comes back.
struct Sealing {
    to: PublicKey,
    kid: Option<String>,
    request: Encryption,
    /// What the answer is to be encrypted with.
    response: Option<Encryption>,
}

fn best(names: &[String]) -> Option<Encryption> {
    [Encryption::A256Gcm, Encryption::A128Gcm]
        .into_iter()
        .find(|known| names.iter().any(|name| name == known.name()))
}

impl RequestEncryption {
    fn key(&self) -> Option<(PublicKey, Option<String>)> {
        self.jwks.keys.iter().find_map(|key| {
            let text = |name: &str| key.get(name).and_then(Value::as_str);
            let fits = text("alg") == Some(ECDH_ES) && matches!(text("use"), None | Some("enc"));
            let public = *Jwk::from_json(key).ok()?.key();
            fits.then(|| (public, text("kid").map(str::to_owned)))
        })
    }
}

/// What is agreed on: an answer can be encrypted only where the request is, too (section 8.2).
fn sealing(metadata: &IssuerMetadata) -> Result<Option<Sealing>, IssuanceError> {
    let (request, response) =
        (&metadata.credential_request_encryption, &metadata.credential_response_encryption);
    let request_required = request.as_ref().is_some_and(|request| request.encryption_required);
    let response_required = response.as_ref().is_some_and(|response| response.encryption_required);
    let usable =
        request.as_ref().and_then(|request| Some((request.key()?, best(&request.enc_values_supported)?)));
    let answer = response.as_ref().filter(|one| one.alg_values_supported.iter().any(|alg| alg == ECDH_ES));
    let answer = answer.and_then(|answer| best(&answer.enc_values_supported));
    match usable {
        None if request_required || response_required => Err(IssuanceError::EncryptionUnsupported),
        Some(_) if response_required && answer.is_none() => Err(IssuanceError::EncryptionUnsupported),
        None => Ok(None),
        Some(((to, kid), request)) => Ok(Some(Sealing { to, kid, request, response: answer })),
    }
}

/// Posts an object to an endpoint of the issuer and gives the JSON of its answer.
pub(super) async fn post(
    line: &mut Line,
    metadata: &IssuerMetadata,
    token: &Token,
    endpoint: &str,
    mut body: Value,
    now: Timestamp,
) -> Result<Vec<u8>, Error> {
    let Some(sealing) = sealing(metadata)? else {
        let request = Request::post_json(endpoint, &body)?.limit(LONGEST_ANSWER);
        return Ok(line.post_with(&token.access, endpoint, request, now).await?.into_body());
    };
    let bug = |_| Error::Network(http_client::Error::Bug);
    let key = match sealing.response {
        None => None,
        Some(response) => {
            let key = DecryptionKey::generate("answer").map_err(bug)?;
            let wish = json!({"jwk": key.to_json(), "enc": response.name()});
            if let Some(members) = body.as_object_mut() {
                members.insert("credential_response_encryption".to_owned(), wish);
            }
            Some((key, response))
        }
    };
    let (kid, text) = (sealing.kid.as_deref(), body.to_string());
    let sealed =
        encrypt(&sealing.to, kid, sealing.request, Parties::default(), text.as_bytes()).map_err(bug)?;
    let request = Request::post_body(endpoint, JWT, sealed.into_bytes())?
        .header("accept", "application/jwt, application/json")?
        .limit(LONGEST_ANSWER);
    let answer = line.post_with(&token.access, endpoint, request, now).await?;
    let Some((key, response)) = key else { return Ok(answer.into_body()) };
    // An answer in the clear, or less well encrypted than was asked for, is none of ours.
    let jwe = Jwe::parse(answer.text()?, LONGEST_ANSWER).map_err(|_| IssuanceError::BadCredential)?;
    if jwe.kid() != Some(key.kid()) || jwe.encryption() != response {
        return Err(IssuanceError::BadCredential.into());
    }
    let opened = jwe.open(key).map_err(|_| IssuanceError::BadCredential)?;
    parse_json(&opened).map_err(|_| IssuanceError::BadCredential)?;
    Ok(opened)
}
