//! The nation's certificates: an authority over those who sign documents and one over those who ask for them. TLS has its own.
use std::path::Path;
use std::time::Duration;

use jiff::civil::Date;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose, PublicKeyData, SanType, date_time_ymd,
};
use trust::p256::PublicKey;
use url::Host;

use super::SandboxError;
use super::authority::{ServiceKey, write_private};

/// Certificate of the authority over TLS servers, in the sandbox's folder.
pub(super) const CA: &str = "ca.pem";
/// Certificate of the authority over those who sign documents.
pub(super) const DOCUMENTS_CA: &str = "documents-ca.pem";
/// Certificate of the authority over those who ask for documents, and over who registers them.
pub(super) const ASKERS_CA: &str = "askers-ca.pem";
/// Certificate of the authority over providers of wallets.
pub(super) const WALLETS_CA: &str = "wallets-ca.pem";

/// mdlDS (ISO/IEC 18013-5, B.1.4).
const MDL_DS: &[u64] = &[1, 0, 18013, 5, 1, 2];
/// mdlReaderAuth (ISO/IEC 18013-5, B.1.7).
const MDL_READER: &[u64] = &[1, 0, 18013, 5, 1, 6];

/// What a leaf is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Use {
    Documents,
    Requests,
    /// Registering those who ask; no purpose of its own is standardised.
    Registration,
    /// Vouching for wallets; likewise.
    Attestation,
}

/// An authority of the nation.
pub(super) struct CertificateAuthority(Issuer<'static, KeyPair>);

impl CertificateAuthority {
    /// Opens the authority whose certificate has this file name, or makes it.
    pub(super) fn open(data_dir: &Path, file: &str, name: &str) -> Result<Self, SandboxError> {
        let certificate_file = data_dir.join(file);
        let key_file = certificate_file.with_extension("key.pem");
        let mut params = CertificateParams::new(Vec::<String>::new())?;
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        params.distinguished_name.push(DnType::CommonName, name);
        (params.not_before, params.not_after) = (date_time_ymd(2020, 1, 1), date_time_ymd(2045, 1, 1));
        if !certificate_file.exists() || !key_file.exists() {
            let key = KeyPair::generate()?;
            let certificate = params.self_signed(&key)?;
            write_private(&key_file, key.serialize_pem().as_bytes())?;
            std::fs::write(&certificate_file, certificate.pem())?;
        }
        let key = KeyPair::from_pem(&std::fs::read_to_string(key_file)?)?;
        Ok(Self(Issuer::new(params, key)))
    }

    /// Signs a TLS server's certificate.
    pub(super) fn sign_server(
        &self,
        params: &CertificateParams,
        key: &KeyPair,
    ) -> Result<rcgen::Certificate, SandboxError> {
        Ok(params.signed_by(key, &self.0)?)
    }

    /// The certificate of a service's key in DER, kept in this file: whoever asks is known by its hash.
    pub(super) fn certify(
        &self,
        key: &ServiceKey,
        name: &str,
        used_for: Use,
        file: &Path,
    ) -> Result<Vec<u8>, SandboxError> {
        if !file.exists() {
            let mut params = CertificateParams::new(Vec::<String>::new())?;
            params.distinguished_name.push(DnType::CommonName, name);
            params.distinguished_name.push(DnType::CountryName, "VN");
            (params.not_before, params.not_after) = (date_time_ymd(2021, 1, 1), date_time_ymd(2044, 1, 1));
            params.use_authority_key_identifier_extension = true;
            params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
            let purpose = match used_for {
                Use::Documents => Some(MDL_DS),
                Use::Requests => Some(MDL_READER),
                Use::Registration | Use::Attestation => None,
            };
            params.extended_key_usages =
                purpose.map(|oid| ExtendedKeyUsagePurpose::Other(oid.to_vec())).into_iter().collect();
            std::fs::write(file, params.signed_by(key, &self.0)?.der())?;
        }
        Ok(std::fs::read(file)?)
    }

    /// The certificate in DER of somebody who asks with a key of their own, for the host where wallets answer to.
    pub(super) fn certify_asker(&self, key: &PublicKey, leaf: &LeafOf<'_>) -> Result<Vec<u8>, SandboxError> {
        let mut params = CertificateParams::new(Vec::<String>::new())?;
        params.distinguished_name.push(DnType::CommonName, leaf.name);
        params.distinguished_name.push(DnType::CountryName, "VN");
        params.subject_alt_names = vec![match leaf.host {
            Host::Domain(domain) => SanType::DnsName(domain.as_str().try_into()?),
            Host::Ipv4(address) => SanType::IpAddress((*address).into()),
            Host::Ipv6(address) => SanType::IpAddress((*address).into()),
        }];
        let day = |day: Date| {
            date_time_ymd(day.year().into(), day.month().unsigned_abs(), day.day().unsigned_abs())
        };
        let (first, last) = leaf.days;
        // All of the last day: the registrar's word and the answer name an hour in it.
        (params.not_before, params.not_after) = (day(first), day(last) + Duration::from_hours(24));
        params.use_authority_key_identifier_extension = true;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::Other(MDL_READER.to_vec())];
        Ok(params.signed_by(&Brought(*key.uncompressed()), &self.0)?.der().to_vec())
    }
}

/// Who is certified: name, host, first and last day.
pub(super) struct LeafOf<'a> {
    pub(super) name: &'a str,
    pub(super) host: &'a Host,
    pub(super) days: (Date, Date),
}

/// A key that somebody brought, uncompressed.
struct Brought([u8; 65]);

impl PublicKeyData for Brought {
    fn der_bytes(&self) -> &[u8] {
        &self.0
    }

    fn algorithm(&self) -> &'static rcgen::SignatureAlgorithm {
        &rcgen::PKCS_ECDSA_P256_SHA256
    }
}

impl PublicKeyData for ServiceKey {
    fn der_bytes(&self) -> &[u8] {
        self.point()
    }

    fn algorithm(&self) -> &'static rcgen::SignatureAlgorithm {
        &rcgen::PKCS_ECDSA_P256_SHA256
    }
}
