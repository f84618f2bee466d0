//! TLS under an authority that the sandbox makes for itself. Nobody believes it unless told to.
use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;

use rcgen::{CertificateParams, DnType, KeyPair, SanType};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

use super::SandboxError;
use super::certificates::{CA, CertificateAuthority};

/// A server certificate for this address, made anew at each start.
pub(super) fn server_config(
    data_dir: &Path,
    address: IpAddr,
) -> Result<Arc<rustls::ServerConfig>, SandboxError> {
    let authority = CertificateAuthority::open(data_dir, CA, "Sen sandbox authority, TEST ONLY")?;
    let server_key = KeyPair::generate()?;
    let mut params = CertificateParams::new(vec!["localhost".to_owned()])?;
    params.subject_alt_names.push(SanType::IpAddress(address));
    params.distinguished_name.push(DnType::CommonName, "Sen sandbox");
    let server = authority.sign_server(&params, &server_key)?;
    let private = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(server_key.serialize_der()));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(vec![server.der().clone()], private)?;
    Ok(Arc::new(config))
}
