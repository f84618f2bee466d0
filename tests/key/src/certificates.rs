//! Certificates made for one test.
use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DistinguishedName, DnType, IsCa, KeyPair,
    KeyUsagePurpose, PublicKeyData, SignatureAlgorithm, date_time_ymd,
};

/// An authority that issues certificates: a root, or one below another.
pub struct Authority(CertifiedIssuer<'static, KeyPair>);

impl std::fmt::Debug for Authority {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("Authority")
    }
}

impl Authority {
    /// A root on P-256, good from 2020 to 2040.
    pub fn root(name: &str) -> Self {
        Self::root_with(name, &rcgen::PKCS_ECDSA_P256_SHA256, |_| ())
    }

    /// A root on this curve, with something changed.
    pub fn root_with(
        name: &str,
        algorithm: &'static SignatureAlgorithm,
        change: impl FnOnce(&mut CertificateParams),
    ) -> Self {
        let mut params = authority(name);
        change(&mut params);
        let key = KeyPair::generate_for(algorithm).unwrap();
        Self(CertifiedIssuer::self_signed(params, key).unwrap())
    }

    /// An authority below this one.
    #[must_use]
    pub fn below(&self, name: &str, change: impl FnOnce(&mut CertificateParams)) -> Self {
        let mut params = authority(name);
        params.use_authority_key_identifier_extension = true;
        change(&mut params);
        let key = KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).unwrap();
        Self(CertifiedIssuer::signed_by(params, key, &self.0).unwrap())
    }

    /// Another certificate of a root, DER: the same name and key, with something changed.
    pub fn again(&self, name: &str, change: impl FnOnce(&mut CertificateParams)) -> Vec<u8> {
        let mut params = authority(name);
        change(&mut params);
        params.self_signed(self.0.key()).unwrap().der().to_vec()
    }

    /// Its certificate, DER.
    pub fn der(&self) -> Vec<u8> {
        self.0.as_ref().der().to_vec()
    }

    /// Its certificate, PEM.
    pub fn pem(&self) -> String {
        self.0.as_ref().pem()
    }

    /// A signer's certificate for this key, DER, good from 2024 to 2034, for any purpose.
    pub fn issue(&self, name: &str, key: &impl PublicKeyData) -> Vec<u8> {
        self.issue_with(name, key, |_| ())
    }

    /// The same with something changed.
    pub fn issue_with(
        &self,
        name: &str,
        key: &impl PublicKeyData,
        change: impl FnOnce(&mut CertificateParams),
    ) -> Vec<u8> {
        let mut params = CertificateParams::default();
        params.distinguished_name = named(name);
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.use_authority_key_identifier_extension = true;
        (params.not_before, params.not_after) = (date_time_ymd(2024, 1, 1), date_time_ymd(2034, 1, 1));
        change(&mut params);
        params.signed_by(key, &self.0).unwrap().der().to_vec()
    }
}

fn named(name: &str) -> DistinguishedName {
    let mut names = DistinguishedName::new();
    names.push(DnType::CountryName, "VN");
    names.push(DnType::CommonName, name);
    names
}

fn authority(name: &str) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = named(name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    (params.not_before, params.not_after) = (date_time_ymd(2020, 1, 1), date_time_ymd(2040, 1, 1));
    params
}
