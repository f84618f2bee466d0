//! What issuer and authorization server say of themselves (OpenID4VCI 1.0 section 12.2, RFC 8414).

use std::collections::BTreeMap;

use http_client::{Client, Request};
use serde::Deserialize;
use serde_json::Value;
use url::Url;

use super::IssuanceError;
use super::offer::Offer;
use crate::Error;

const PRE_AUTHORISED: &str = "urn:ietf:params:oauth:grant-type:pre-authorized_code";

/// The parts of an issuer's metadata that this wallet acts on.
#[derive(Debug, Deserialize)]
pub(crate) struct IssuerMetadata {
    pub(crate) credential_issuer: String,
    #[serde(default)]
    pub(crate) authorization_servers: Vec<String>,
    pub(crate) credential_endpoint: String,
    pub(crate) nonce_endpoint: Option<String>,
    credential_configurations_supported: BTreeMap<String, Value>,
}

/// One entry of `credential_configurations_supported`.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Configuration {
    pub(crate) format: String,
    pub(crate) vct: Option<String>,
    cryptographic_binding_methods_supported: Option<Vec<String>>,
    proof_types_supported: Option<BTreeMap<String, ProofType>>,
}

#[derive(Debug, Clone, Deserialize)]
struct ProofType {
    /// Names in JOSE, numbers in COSE; both are seen.
    #[serde(default)]
    proof_signing_alg_values_supported: Vec<Value>,
}

/// The parts of an authorization server's metadata that this wallet acts on.
#[derive(Debug, Deserialize)]
pub(crate) struct ServerMetadata {
    issuer: String,
    pub(crate) token_endpoint: String,
    grant_types_supported: Option<Vec<String>>,
}

/// Fetches the issuer's metadata and checks that it is that issuer's.
pub(crate) async fn fetch_issuer(client: &Client, issuer: &str) -> Result<IssuerMetadata, Error> {
    let address = well_known(issuer, "openid-credential-issuer")?;
    let request = Request::get(&address)?.header("accept-language", "vi-VN, vi;q=0.9, en;q=0.5")?;
    let metadata: IssuerMetadata = client.fetch(request).await?.json()?;
    // Byte for byte: a document for another identifier would carry another issuer's endpoints.
    if metadata.credential_issuer != issuer {
        return Err(IssuanceError::IssuerMixUp.into());
    }
    https_endpoint(&metadata.credential_endpoint)?;
    if let Some(endpoint) = &metadata.nonce_endpoint {
        https_endpoint(endpoint)?;
    }
    Ok(metadata)
}

/// Fetches the metadata of the server that the offer and the issuer agree on.
pub(crate) async fn fetch_server(
    client: &Client,
    metadata: &IssuerMetadata,
    offer: &Offer,
) -> Result<ServerMetadata, Error> {
    let server = authorization_server(metadata, offer)?;
    let address = well_known(server, "oauth-authorization-server")?;
    let found: ServerMetadata = client.fetch(Request::get(&address)?).await?.json()?;
    if found.issuer != server {
        return Err(IssuanceError::IssuerMixUp.into());
    }
    https_endpoint(&found.token_endpoint)?;
    if found
        .grant_types_supported
        .as_ref()
        .is_some_and(|grants| !grants.iter().any(|grant| grant == PRE_AUTHORISED))
    {
        return Err(IssuanceError::GrantUnsupported.into());
    }
    Ok(found)
}

/// A server named in the offer counts only where the issuer lists several, and must be one of them (section 4.1.1).
fn authorization_server<'a>(
    metadata: &'a IssuerMetadata,
    offer: &'a Offer,
) -> Result<&'a str, IssuanceError> {
    let listed = &metadata.authorization_servers;
    match (&offer.grant.authorization_server, listed.as_slice()) {
        (None, []) => Ok(&metadata.credential_issuer),
        (None, [first, ..]) => Ok(first),
        (Some(named), [_, _, ..]) if listed.contains(named) => Ok(named),
        (Some(_), _) => Err(IssuanceError::IssuerMixUp),
    }
}

impl IssuerMetadata {
    /// The configuration of this id, where the wallet can obtain it: SD-CWT, bound to a P-256 key by a `jwt` proof.
    pub(crate) fn configuration(&self, id: &str) -> Result<Configuration, IssuanceError> {
        let value =
            self.credential_configurations_supported.get(id).ok_or(IssuanceError::UnknownConfiguration)?;
        let found = Configuration::deserialize(value).map_err(|_| IssuanceError::BadMetadata)?;
        if found.format != super::FORMAT {
            return Err(IssuanceError::FormatUnsupported);
        }
        let binding = found.cryptographic_binding_methods_supported.iter().flatten();
        let proof = found.proof_types_supported.as_ref().and_then(|types| types.get("jwt"));
        let es256 = |name: &Value| name.as_str() == Some("ES256") || name.as_i64() == Some(-7);
        if !binding.into_iter().any(|method| method == "jwk" || method == "cose_key")
            || !proof.is_some_and(|proof| proof.proof_signing_alg_values_supported.iter().any(es256))
        {
            return Err(IssuanceError::ProofUnsupported);
        }
        Ok(found)
    }
}

/// Checks an issuer identifier (section 12.2.1): https, a host, no user, query or fragment.
pub(crate) fn https_identifier(identifier: &str) -> Result<Url, IssuanceError> {
    let url = https_endpoint(identifier)?;
    if url.query().is_some() { Err(IssuanceError::BadMetadata) } else { Ok(url) }
}

fn https_endpoint(address: &str) -> Result<Url, IssuanceError> {
    let url = Url::parse(address).map_err(|_| IssuanceError::BadMetadata)?;
    let plain = url.scheme() == "https"
        && url.has_host()
        && url.username().is_empty()
        && url.password().is_none()
        && url.fragment().is_none();
    if plain { Ok(url) } else { Err(IssuanceError::BadMetadata) }
}

/// The well-known part goes between host and path (RFC 8414 section 3.1), not at the end.
fn well_known(identifier: &str, name: &str) -> Result<String, IssuanceError> {
    let mut url = https_identifier(identifier)?;
    let path = url.path().trim_end_matches('/').to_owned();
    url.set_path(&format!("/.well-known/{name}{path}"));
    Ok(url.into())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn metadata(configuration: &Value) -> IssuerMetadata {
        IssuerMetadata::deserialize(json!({
            "credential_issuer": "https://issuer.vn",
            "credential_endpoint": "https://issuer.vn/credential",
            "credential_configurations_supported": {"a": configuration},
        }))
        .unwrap()
    }

    fn good() -> Value {
        json!({"format": "dc+sd-cwt", "vct": "v", "cryptographic_binding_methods_supported": ["jwk"],
               "proof_types_supported": {"jwt": {"proof_signing_alg_values_supported": ["ES256"]}}})
    }

    #[test]
    fn inserts_the_well_known_part_between_host_and_path() {
        let at = |identifier: &str| well_known(identifier, "openid-credential-issuer").unwrap();
        assert_eq!(at("https://h:8443"), "https://h:8443/.well-known/openid-credential-issuer");
        assert_eq!(at("https://h/tenant/1"), "https://h/.well-known/openid-credential-issuer/tenant/1");
        assert_eq!(at("https://h/tenant/"), "https://h/.well-known/openid-credential-issuer/tenant");
    }

    #[test]
    fn takes_only_a_configuration_that_it_can_bind_to_its_key() {
        assert_eq!(metadata(&good()).configuration("a").unwrap().vct.as_deref(), Some("v"));
        assert_eq!(metadata(&good()).configuration("b").unwrap_err(), IssuanceError::UnknownConfiguration);
        let change = |name: &str, value: Value| {
            let mut configuration = good();
            configuration[name] = value;
            metadata(&configuration).configuration("a").unwrap_err()
        };
        assert_eq!(change("format", json!("jwt_vc_json")), IssuanceError::FormatUnsupported);
        assert_eq!(change("format", json!(1)), IssuanceError::BadMetadata);
        assert_eq!(
            change("cryptographic_binding_methods_supported", json!(["did:key"])),
            IssuanceError::ProofUnsupported
        );
        assert_eq!(
            change("proof_types_supported", json!({"attestation": {}})),
            IssuanceError::ProofUnsupported
        );
        let rsa = json!({"jwt": {"proof_signing_alg_values_supported": ["RS256"]}});
        assert_eq!(change("proof_types_supported", rsa), IssuanceError::ProofUnsupported);
    }

    #[test]
    fn accepts_algorithm_names_and_numbers() {
        let mut configuration = good();
        configuration["proof_types_supported"]["jwt"]["proof_signing_alg_values_supported"] = json!([-7]);
        assert!(metadata(&configuration).configuration("a").is_ok());
    }

    #[test]
    fn stops_when_the_offer_names_a_server_that_the_issuer_does_not_list() {
        let server = |listed: &[&str], named: Option<&str>| {
            let mut metadata = metadata(&good());
            metadata.authorization_servers = listed.iter().map(|&name| name.to_owned()).collect();
            let grant = super::super::offer::PreAuthorised {
                code: "c".to_owned(),
                transaction_code: None,
                authorization_server: named.map(str::to_owned),
            };
            let offer = Offer { issuer: String::new(), configurations: Vec::new(), grant };
            authorization_server(&metadata, &offer).map(str::to_owned)
        };
        assert_eq!(server(&[], None).as_deref(), Ok("https://issuer.vn"));
        assert_eq!(server(&["https://a", "https://b"], Some("https://b")).as_deref(), Ok("https://b"));
        assert_eq!(server(&["https://a", "https://b"], Some("https://c")), Err(IssuanceError::IssuerMixUp));
        assert_eq!(server(&["https://a"], Some("https://a")), Err(IssuanceError::IssuerMixUp));
        assert_eq!(server(&[], Some("https://issuer.vn")), Err(IssuanceError::IssuerMixUp));
    }
}
