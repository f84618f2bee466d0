//! What issuer and authorization server say of themselves (OpenID4VCI 1.0 section 12.2, RFC 8414).

use std::collections::BTreeMap;

use http_client::{Client, Request};
use serde::Deserialize;
use serde_json::{Map, Value};
use trust::certificates::CertificateAnchors;
use trust::time::Timestamp;
use url::Url;

use super::encryption::{RequestEncryption, ResponseEncryption};
use super::{IssuanceError, signed_metadata};
use crate::Error;
use crate::documents::DocumentFormat;

/// As many keys as a phone makes without the person waiting for it.
const MOST_COPIES: usize = 10;
pub(super) const PRE_AUTHORISED: &str = "urn:ietf:params:oauth:grant-type:pre-authorized_code";
pub(super) const AUTHORISATION_CODE: &str = "authorization_code";

/// The parts of an issuer's metadata that this wallet acts on.
#[derive(Debug, Deserialize)]
pub(crate) struct IssuerMetadata {
    pub(crate) credential_issuer: String,
    #[serde(default)]
    pub(crate) authorization_servers: Vec<String>,
    pub(crate) credential_endpoint: String,
    pub(crate) nonce_endpoint: Option<String>,
    pub(super) notification_endpoint: Option<String>,
    pub(super) deferred_credential_endpoint: Option<String>,
    pub(super) credential_request_encryption: Option<RequestEncryption>,
    pub(super) credential_response_encryption: Option<ResponseEncryption>,
    batch_credential_issuance: Option<Batch>,
    pub(super) credential_configurations_supported: BTreeMap<String, Value>,
}

#[derive(Debug, Deserialize)]
struct Batch {
    batch_size: usize,
}

/// One entry of `credential_configurations_supported`.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Configuration {
    format: String,
    pub(crate) vct: Option<String>,
    doctype: Option<String>,
    pub(super) scope: Option<String>,
    cryptographic_binding_methods_supported: Option<Vec<String>>,
    proof_types_supported: Option<BTreeMap<String, ProofType>>,
}

impl Configuration {
    /// How keys are proven, in the way that tells least; nothing where this wallet has none that will do.
    pub(super) fn proof_way(&self) -> Option<ProofWay> {
        let es256 = |name: &Value| name.as_str() == Some("ES256") || name.as_i64() == Some(-7);
        let supported = |kind: &str| {
            let proof = self.proof_types_supported.as_ref()?.get(kind)?;
            proof.proof_signing_alg_values_supported.iter().any(es256).then_some(proof)
        };
        match (supported("jwt"), supported("attestation")) {
            (Some(jwt), _) if jwt.key_attestations_required.is_none() => Some(ProofWay::Jwt),
            (Some(_), _) => Some(ProofWay::AttestedJwt),
            (None, Some(_)) => Some(ProofWay::Attestation),
            (None, None) => None,
        }
    }
}

#[derive(Debug, Clone, Deserialize)]
struct ProofType {
    /// Names in JOSE, numbers in COSE; both are seen.
    #[serde(default)]
    proof_signing_alg_values_supported: Vec<Value>,
    /// Whatever it asks for in particular: the provider says what there is, and the issuer judges.
    key_attestations_required: Option<Map<String, Value>>,
}

/// How an issuer wants keys to be proven (appendix F).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ProofWay {
    /// Each key signs.
    Jwt,
    /// The same, with an attestation of the keys.
    AttestedJwt,
    /// By an attestation of the keys.
    Attestation,
}

/// The parts of an authorization server's metadata that this wallet acts on.
#[derive(Debug, Deserialize)]
pub(crate) struct ServerMetadata {
    pub(super) issuer: String,
    pub(crate) token_endpoint: String,
    authorization_endpoint: Option<String>,
    pushed_authorization_request_endpoint: Option<String>,
    grant_types_supported: Option<Vec<String>>,
    dpop_signing_alg_values_supported: Option<Vec<String>>,
    token_endpoint_auth_methods_supported: Option<Vec<String>>,
    /// Where challenges for proofs of attested wallets are had.
    pub(super) challenge_endpoint: Option<String>,
}

/// Fetches the issuer's metadata and checks that it is that issuer's. Where there are roots to believe a signer under, the signed
/// form is preferred.
pub(crate) async fn fetch_issuer(
    client: &Client,
    issuer: &str,
    signers: Option<(&CertificateAnchors, Timestamp)>,
) -> Result<IssuerMetadata, Error> {
    let address = well_known(issuer, "openid-credential-issuer")?;
    let mut request = Request::get(&address)?.header("accept-language", "vi-VN, vi;q=0.9, en;q=0.5")?;
    if signers.is_some() {
        request = request.header("accept", "application/jwt, application/json;q=0.9")?;
    }
    let answer = client.fetch(request).await?;
    let is_signed = answer.header("content-type").is_some_and(|kind| kind.starts_with("application/jwt"));
    let metadata: IssuerMetadata = match signers {
        Some((anchors, now)) if is_signed => signed_metadata::verify(answer.text()?, issuer, anchors, now)?,
        _ => answer.json()?,
    };
    Ok(metadata.of_issuer(issuer)?)
}

/// Fetches the metadata of the server that the issuer lists and the offer may name.
pub(crate) async fn fetch_server(
    client: &Client,
    metadata: &IssuerMetadata,
    named: Option<&str>,
    grant: Option<&str>,
) -> Result<ServerMetadata, Error> {
    let server = authorization_server(metadata, named)?;
    let address = well_known(server, "oauth-authorization-server")?;
    let found: ServerMetadata = client.fetch(Request::get(&address)?).await?.json()?;
    if found.issuer != server {
        return Err(IssuanceError::IssuerMixUp.into());
    }
    https_endpoint(&found.token_endpoint)?;
    let optional = [
        &found.pushed_authorization_request_endpoint,
        &found.authorization_endpoint,
        &found.challenge_endpoint,
    ];
    for endpoint in optional {
        endpoint.as_deref().map(https_endpoint).transpose()?;
    }
    let supported = found.grant_types_supported.as_ref();
    if let (Some(grant), Some(supported)) = (grant, supported)
        && !supported.iter().any(|one| one == grant)
    {
        return Err(IssuanceError::GrantUnsupported.into());
    }
    Ok(found)
}

/// A server named in the offer counts only where the issuer lists several, and must be one of them (section 4.1.1).
fn authorization_server<'a>(
    metadata: &'a IssuerMetadata,
    named: Option<&'a str>,
) -> Result<&'a str, IssuanceError> {
    let listed = &metadata.authorization_servers;
    match (named, listed.as_slice()) {
        (None, []) => Ok(&metadata.credential_issuer),
        (None, [first, ..]) => Ok(first),
        (Some(named), [_, _, ..]) if listed.iter().any(|one| one == named) => Ok(named),
        (Some(_), _) => Err(IssuanceError::IssuerMixUp),
    }
}

impl ServerMetadata {
    /// Where requests are pushed, and where the person agrees.
    pub(super) fn authorisation_endpoints(&self) -> (Option<&str>, Option<&str>) {
        (self.pushed_authorization_request_endpoint.as_deref(), self.authorization_endpoint.as_deref())
    }

    /// Whether the server knows wallets by their attestation alone.
    pub(super) fn demands_attestation(&self) -> bool {
        let methods = self.token_endpoint_auth_methods_supported.as_deref().unwrap_or_default();
        let has = |method: &str| methods.iter().any(|one| one == method);
        has("attest_jwt_client_auth") && !has("none")
    }

    /// Whether the server binds tokens to a key of ours (RFC 9449 section 5.1).
    pub(crate) fn binds_tokens(&self) -> bool {
        self.dpop_signing_alg_values_supported.iter().flatten().any(|name| name == "ES256")
    }
}

impl IssuerMetadata {
    /// These metadata where they are that issuer's, and name no address that may not be asked.
    pub(super) fn of_issuer(self, issuer: &str) -> Result<Self, IssuanceError> {
        // Byte for byte: a document for another identifier would carry another issuer's endpoints.
        if self.credential_issuer != issuer {
            return Err(IssuanceError::IssuerMixUp);
        }
        https_endpoint(&self.credential_endpoint)?;
        let optional =
            [&self.nonce_endpoint, &self.notification_endpoint, &self.deferred_credential_endpoint];
        for endpoint in optional.into_iter().flatten() {
            https_endpoint(endpoint)?;
        }
        Ok(self)
    }

    /// The configuration of this id, where the wallet can obtain it: bound to a P-256 key that it can prove.
    pub(crate) fn configuration(&self, id: &str) -> Result<Configuration, IssuanceError> {
        let value =
            self.credential_configurations_supported.get(id).ok_or(IssuanceError::UnknownConfiguration)?;
        let found = Configuration::deserialize(value).map_err(|_| IssuanceError::BadMetadata)?;
        let binding = found.cryptographic_binding_methods_supported.iter().flatten();
        if !binding.into_iter().any(|method| method == "jwk" || method == "cose_key")
            || found.proof_way().is_none()
        {
            return Err(IssuanceError::ProofUnsupported);
        }
        Ok(found)
    }

    /// How many copies of a document to ask for (section 12.2.4: `batch_size` is 2 or more where it is there).
    pub(crate) fn copies(&self) -> usize {
        self.batch_credential_issuance.as_ref().map_or(1, |batch| batch.batch_size.clamp(1, MOST_COPIES))
    }
}

impl Configuration {
    /// The type of our own format.
    pub(crate) fn sd_cwt(&self) -> Result<&str, IssuanceError> {
        if self.format != super::FORMAT {
            return Err(IssuanceError::FormatUnsupported);
        }
        self.vct.as_deref().ok_or(IssuanceError::BadMetadata)
    }

    /// Format and type of a document.
    pub(crate) fn document(&self) -> Result<(DocumentFormat, &str), IssuanceError> {
        let (format, kind) = match self.format.as_str() {
            "dc+sd-jwt" => (DocumentFormat::SdJwt, &self.vct),
            "mso_mdoc" => (DocumentFormat::Mdoc, &self.doctype),
            _ => return Err(IssuanceError::FormatUnsupported),
        };
        Ok((format, kind.as_deref().ok_or(IssuanceError::BadMetadata)?))
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
    fn holds_three_formats_and_the_type_of_each_where_that_format_says_it() {
        let configuration = |value: Value| {
            let mut all = good();
            all.as_object_mut().unwrap().extend(value.as_object().unwrap().clone());
            metadata(&all).configuration("a").unwrap()
        };
        assert_eq!(configuration(json!({})).sd_cwt(), Ok("v"));
        let sd_jwt = configuration(json!({"format": "dc+sd-jwt"}));
        assert_eq!(sd_jwt.document(), Ok((DocumentFormat::SdJwt, "v")));
        let mdoc = configuration(json!({"format": "mso_mdoc", "doctype": "d"}));
        assert_eq!(mdoc.document(), Ok((DocumentFormat::Mdoc, "d")));
        let untyped = configuration(json!({"format": "mso_mdoc"}));
        assert_eq!(untyped.document(), Err(IssuanceError::BadMetadata));
        let other = configuration(json!({"format": "jwt_vc_json"}));
        assert_eq!(other.document(), Err(IssuanceError::FormatUnsupported));
        assert_eq!(other.sd_cwt(), Err(IssuanceError::FormatUnsupported));
    }

    #[test]
    fn asks_for_no_more_copies_than_the_issuer_gives_or_a_phone_makes_quickly() {
        let copies = |size: Value| {
            let mut found = metadata(&good());
            found.batch_credential_issuance = Option::<Batch>::deserialize(size).unwrap();
            found.copies()
        };
        assert_eq!(copies(Value::Null), 1);
        assert_eq!(copies(json!({"batch_size": 2})), 2);
        assert_eq!(copies(json!({"batch_size": 1_000_000})), MOST_COPIES);
        assert_eq!(copies(json!({"batch_size": 0})), 1);
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
            authorization_server(&metadata, named).map(str::to_owned)
        };
        assert_eq!(server(&[], None).as_deref(), Ok("https://issuer.vn"));
        assert_eq!(server(&["https://a", "https://b"], Some("https://b")).as_deref(), Ok("https://b"));
        assert_eq!(server(&["https://a", "https://b"], Some("https://c")), Err(IssuanceError::IssuerMixUp));
        assert_eq!(server(&["https://a"], Some("https://a")), Err(IssuanceError::IssuerMixUp));
        assert_eq!(server(&[], Some("https://issuer.vn")), Err(IssuanceError::IssuerMixUp));
    }
}
