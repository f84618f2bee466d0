//! TLS under an authority that the sandbox makes for itself. Nobody believes it unless told to.
use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose, SanType};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

use super::SandboxError;
use super::authority::write_private;

/// The authority's certificate in the sandbox's folder.
pub(super) const CA: &str = "ca.pem";
const CA_KEY: &str = "ca.key.pem";

/// A server certificate for this address, made anew at each start.
pub(super) fn server_config(
    data_dir: &Path,
    address: IpAddr,
) -> Result<Arc<rustls::ServerConfig>, SandboxError> {
    let issuer = Issuer::new(authority_params()?, authority_key(data_dir)?);
    let server_key = KeyPair::generate()?;
    let mut params = CertificateParams::new(vec!["localhost".to_owned()])?;
    params.subject_alt_names.push(SanType::IpAddress(address));
    params.distinguished_name.push(DnType::CommonName, "Sen sandbox");
    let server = params.signed_by(&server_key, &issuer)?;
    let private = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(server_key.serialize_der()));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(vec![server.der().clone()], private)?;
    Ok(Arc::new(config))
}

fn authority_params() -> Result<CertificateParams, rcgen::Error> {
    let mut params = CertificateParams::new(Vec::<String>::new())?;
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.distinguished_name.push(DnType::CommonName, "Sen sandbox authority, TEST ONLY");
    Ok(params)
}

/// The authority's key; its certificate is written beside it when both are made.
fn authority_key(data_dir: &Path) -> Result<KeyPair, SandboxError> {
    let (certificate_file, key_file) = (data_dir.join(CA), data_dir.join(CA_KEY));
    if !certificate_file.exists() || !key_file.exists() {
        let key = KeyPair::generate()?;
        let certificate = authority_params()?.self_signed(&key)?;
        write_private(&key_file, key.serialize_pem().as_bytes())?;
        std::fs::write(&certificate_file, certificate.pem())?;
    }
    Ok(KeyPair::from_pem(&std::fs::read_to_string(key_file)?)?)
}
