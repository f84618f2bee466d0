//! The calls of issuance: token, nonce, credential (OpenID4VCI 1.0 sections 6 to 8).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http_client::ServerCode;
use serde::Deserialize;
use serde_json::{Value, json};
use trust::time::Timestamp;
use zeroize::Zeroizing;

use super::line::{AccessToken, Line};
use super::metadata::{IssuerMetadata, ServerMetadata};
use super::offer::PreAuthorised;
use super::proving::Proving;
use super::{IssuanceError, encryption};
use crate::Error;
use crate::keys::NewKey;

/// A credential is small; an answer of more than this is not a few of them.
pub(super) const LONGEST_ANSWER: usize = 1024 * 1024;

/// An access token and what it is for.
pub(crate) struct Token {
    pub(super) access: AccessToken,
    /// Pairs of configuration id and credential identifier, where the server names identifiers.
    identifiers: Vec<(String, String)>,
    /// For another access token later.
    pub(super) refresh: Option<Zeroizing<String>>,
    /// The client that the token is for; none where a pre-authorised code was exchanged anonymously.
    pub(super) client_id: Option<String>,
}

#[derive(Deserialize)]
struct TokenAnswer {
    access_token: String,
    token_type: String,
    refresh_token: Option<String>,
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
    notification_id: Option<String>,
    transaction_id: Option<String>,
    #[serde(default = "usual_interval")]
    interval: u32,
}

/// Seconds, where an issuer says nothing.
fn usual_interval() -> u32 {
    5
}

/// One credential, unverified, in the text form of its format.
#[derive(Deserialize)]
pub(crate) struct IssuedCredential {
    credential: Value,
    /// Beside the standard: the small portrait whose hash is claim 84.
    portrait: Option<String>,
}

/// What came, unverified.
pub(crate) enum Answered {
    /// Credentials, and the name to tell the issuer by what became of them.
    Issued { credentials: Vec<IssuedCredential>, notification: Option<String> },
    /// They come later, not before so many seconds.
    Deferred { transaction: String, interval: i64 },
}

impl Token {
    /// A token from an earlier visit.
    pub(super) fn known(access: AccessToken, client_id: Option<String>) -> Self {
        Self { access, identifiers: Vec::new(), refresh: None, client_id }
    }
}

impl IssuedCredential {
    /// The text of a credential that is text.
    pub(crate) fn text(&self) -> Result<&str, IssuanceError> {
        self.credential.as_str().ok_or(IssuanceError::BadCredential)
    }

    /// The bytes of a credential that is bytes in base64url.
    pub(crate) fn bytes(&self) -> Result<Vec<u8>, IssuanceError> {
        decode(self.text()?)
    }

    pub(crate) fn portrait(&self) -> Result<Option<Vec<u8>>, IssuanceError> {
        self.portrait.as_deref().map(decode).transpose()
    }
}

fn decode(text: &str) -> Result<Vec<u8>, IssuanceError> {
    URL_SAFE_NO_PAD.decode(text).map_err(|_| IssuanceError::BadCredential)
}

/// Exchanges the pre-authorised code (section 6.1).
///
/// # Errors
/// [`IssuanceError::TransactionCodeRequired`] and [`IssuanceError::TransactionCodeUnexpected`] before anything is sent;
/// [`IssuanceError::TransactionCodeWrong`] where the server refuses the code that was typed.
pub(crate) async fn fetch_token(
    line: &mut Line,
    server: &ServerMetadata,
    grant: &PreAuthorised,
    transaction_code: Option<&str>,
    now: Timestamp,
) -> Result<Token, Error> {
    let mut fields = vec![
        ("grant_type", "urn:ietf:params:oauth:grant-type:pre-authorized_code"),
        ("pre-authorized_code", grant.code.as_str()),
    ];
    let client_id = line.client_id().map(str::to_owned);
    fields.extend(client_id.as_deref().map(|id| ("client_id", id)));
    match (&grant.transaction_code, transaction_code) {
        (Some(_), Some(code)) => fields.push(("tx_code", code)),
        (None, None) => {}
        (Some(_), None) => return Err(IssuanceError::TransactionCodeRequired.into()),
        (None, Some(_)) => return Err(IssuanceError::TransactionCodeUnexpected.into()),
    }
    ask_token(line, server, &fields, now).await.map_err(|error| match error {
        Error::Network(refused)
            if refused.server_code() == ServerCode::InvalidGrant && transaction_code.is_some() =>
        {
            IssuanceError::TransactionCodeWrong.into()
        }
        error => error,
    })
}

/// Asks the token endpoint (RFC 6749 section 3.2). Where tokens are to be bound to our key, one that is not is refused: whoever
/// stole it could use it.
pub(super) async fn ask_token(
    line: &mut Line,
    server: &ServerMetadata,
    fields: &[(&str, &str)],
    now: Timestamp,
) -> Result<Token, Error> {
    let answer: TokenAnswer = line.post_form(&server.token_endpoint, fields, now).await?.json()?;
    let text = Zeroizing::new(answer.access_token);
    let access = if answer.token_type.eq_ignore_ascii_case("dpop") && line.binds_tokens() {
        AccessToken::Dpop(text)
    } else if answer.token_type.eq_ignore_ascii_case("bearer") && !line.binds_tokens() {
        AccessToken::Bearer(text)
    } else {
        return Err(IssuanceError::BadToken.into());
    };
    let identifiers = answer.authorization_details.into_iter().flat_map(|detail| {
        let id = detail.credential_configuration_id;
        detail.credential_identifiers.into_iter().filter_map(move |named| Some((id.clone()?, named)))
    });
    let refresh = answer.refresh_token.map(Zeroizing::new);
    let client_id = line.client_id().map(str::to_owned);
    Ok(Token { access, identifiers: identifiers.collect(), refresh, client_id })
}

/// Asks for credentials of one configuration, one for each key; a nonce that the issuer no longer takes is replaced once
/// (section 8.3.1.2).
pub(crate) async fn fetch_credentials(
    line: &mut Line,
    metadata: &IssuerMetadata,
    token: &Token,
    configuration: &str,
    keys: &[NewKey<'_>],
    proving: &mut Proving<'_>,
    now: Timestamp,
) -> Result<Answered, Error> {
    // An identifier given with the token replaces the configuration id, never stands beside it (section 8.2).
    let identifier = token.identifiers.iter().find(|(id, _)| id == configuration).map(|(_, found)| found);
    let (name, value) = match identifier {
        Some(identifier) => ("credential_identifier", identifier.as_str()),
        None => ("credential_configuration_id", configuration),
    };
    let mut renewed = false;
    loop {
        let nonce = fetch_nonce(line, metadata).await?;
        let mut claims = json!({"aud": metadata.credential_issuer, "iat": now.as_unix()});
        for (name, value) in [("nonce", &nonce), ("iss", &token.client_id)] {
            if let (Some(value), Some(members)) = (value, claims.as_object_mut()) {
                members.insert(name.to_owned(), json!(value));
            }
        }
        let proofs = proving.proofs(keys, &claims, nonce.as_deref()).await?;
        let body = json!({name: value, "proofs": proofs});
        match encryption::post(line, metadata, token, &metadata.credential_endpoint, body, now).await {
            Err(Error::Network(error))
                if error.server_code() == ServerCode::InvalidNonce && !renewed && nonce.is_some() =>
            {
                renewed = true;
            }
            Err(error) => return Err(error),
            Ok(answer) => return answered(&answer, keys.len()),
        }
    }
}

/// Sorts an answer of the credential or deferred credential endpoint (sections 8.3 and 9.2).
pub(super) fn answered(answer: &[u8], asked: usize) -> Result<Answered, Error> {
    let answer: CredentialAnswer = http_client::parse_json(answer)?;
    match (answer.credentials, answer.transaction_id) {
        (credentials, None) if (1..=asked).contains(&credentials.len()) => {
            Ok(Answered::Issued { credentials, notification: answer.notification_id })
        }
        (credentials, Some(transaction)) if credentials.is_empty() => {
            Ok(Answered::Deferred { transaction, interval: answer.interval.into() })
        }
        _ => Err(IssuanceError::BadCredential.into()),
    }
}

async fn fetch_nonce(line: &mut Line, metadata: &IssuerMetadata) -> Result<Option<String>, Error> {
    let Some(endpoint) = &metadata.nonce_endpoint else {
        return Ok(None);
    };
    let answer: NonceAnswer = line.post_openly(endpoint).await?.json()?;
    Ok(Some(answer.c_nonce))
}
