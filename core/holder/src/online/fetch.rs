//! Fetching a request object (OpenID4VP 1.0, section 5.10; RFC 9101, 5.2.3). A redirect is an error.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http_client::{Client, Request};
use presentation::openid4vp::{LONGEST_REQUEST, Method};
use serde_json::json;
use trust::random::{Random, SystemRandom};

use crate::Error;
use crate::online::OnlineError;

const MEDIA_TYPE: &str = "application/oauth-authz-req+jwt";

/// A request object as it came.
pub(super) struct Fetched {
    pub(super) object: String,
    /// What must stand in it, where the wallet sent a nonce.
    pub(super) wallet_nonce: Option<String>,
}

/// Fetches by GET, or by POST with what this wallet can do and a fresh nonce, so that an old request cannot come again.
pub(super) async fn request_object(client: &Client, address: &str, method: Method) -> Result<Fetched, Error> {
    let (request, wallet_nonce) = match method {
        Method::Get => (Request::get(address)?, None),
        Method::Post => {
            let nonce = nonce()?;
            let metadata = wallet_metadata();
            let fields = [("wallet_metadata", metadata.as_str()), ("wallet_nonce", nonce.as_str())];
            (Request::post_form(address, &fields)?, Some(nonce))
        }
    };
    let answer = client.fetch(request.header("accept", MEDIA_TYPE)?.limit(LONGEST_REQUEST)).await?;
    Ok(Fetched { object: answer.text()?.to_owned(), wallet_nonce })
}

/// The same for every wallet of this version, so that it tells no two apart.
fn wallet_metadata() -> String {
    json!({
        "vp_formats_supported": {
            "dc+sd-jwt": {"sd-jwt_alg_values": ["ES256"], "kb-jwt_alg_values": ["ES256"]},
            "mso_mdoc": {"issuerauth_alg_values": [-7, -9], "deviceauth_alg_values": [-7, -9]},
        },
        "client_id_prefixes_supported": ["x509_hash", "x509_san_dns"],
        "request_object_signing_alg_values_supported": ["ES256"],
        "response_types_supported": ["vp_token"],
        "response_modes_supported": ["direct_post.jwt", "direct_post"],
    })
    .to_string()
}

fn nonce() -> Result<String, Error> {
    let mut random = [0; 16];
    SystemRandom::new().fill(&mut random).map_err(|_| OnlineError::Bug)?;
    Ok(URL_SAFE_NO_PAD.encode(random))
}
