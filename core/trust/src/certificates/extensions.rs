//! The extensions that decide something (RFC 5280, 4.2.1; ISO/IEC 18013-5, Annex B).
use der::Decode;
use der::asn1::ObjectIdentifier;
use x509_cert::ext::pkix::name::GeneralName;
use x509_cert::ext::pkix::{
    AuthorityKeyIdentifier, BasicConstraints, ExtendedKeyUsage, KeyUsage, SubjectAltName,
    SubjectKeyIdentifier,
};

use super::CertificateError;

/// What a certificate's extensions say.
#[derive(Clone, Debug, Default)]
pub(super) struct Extensions {
    pub(super) is_authority: bool,
    /// How many authorities may stand below this one, leaf excepted.
    pub(super) path_length: Option<u8>,
    /// Whether its key may sign certificates; true where no usage is said.
    pub(super) signs_certificates: bool,
    /// Whether its key may sign anything else; true where no usage is said.
    pub(super) signs_data: bool,
    /// What for; nothing where it is not said.
    pub(super) purposes: Option<Vec<ObjectIdentifier>>,
    pub(super) dns_names: Vec<String>,
    pub(super) subject_key_id: Option<Vec<u8>>,
    pub(super) authority_key_id: Option<Vec<u8>>,
    /// What platforms say of a key, as they wrote it.
    pub(super) of_platform: Vec<(ObjectIdentifier, Vec<u8>)>,
}

/// Android's key description.
pub(crate) const KEY_DESCRIPTION: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.4.1.11129.2.1.17");
/// The nonce of Apple's App Attest.
pub(crate) const APP_ATTEST_NONCE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113635.100.8.2");

const SUBJECT_KEY_ID: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.14");
const KEY_USAGE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.15");
const SUBJECT_ALT_NAME: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.17");
const BASIC_CONSTRAINTS: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.19");
const AUTHORITY_KEY_ID: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.35");
const EXTENDED_KEY_USAGE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.37");

impl Extensions {
    pub(super) fn read(extensions: &[x509_cert::ext::Extension]) -> Result<Self, CertificateError> {
        let mut read = Self { signs_certificates: true, signs_data: true, ..Self::default() };
        for (index, extension) in extensions.iter().enumerate() {
            if extensions.iter().take(index).any(|earlier| earlier.extn_id == extension.extn_id) {
                return Err(CertificateError::Malformed);
            }
            read.take(extension).map_err(|_| CertificateError::Malformed)?;
            if extension.critical && !is_known(extension.extn_id) {
                return Err(CertificateError::UnknownCritical);
            }
        }
        Ok(read)
    }

    fn take(&mut self, extension: &x509_cert::ext::Extension) -> der::Result<()> {
        let value = extension.extn_value.as_bytes();
        match extension.extn_id {
            SUBJECT_KEY_ID => {
                self.subject_key_id = Some(SubjectKeyIdentifier::from_der(value)?.0.into_bytes().to_vec());
            }
            AUTHORITY_KEY_ID => {
                let identifier = AuthorityKeyIdentifier::from_der(value)?.key_identifier;
                self.authority_key_id = identifier.map(|identifier| identifier.into_bytes().to_vec());
            }
            BASIC_CONSTRAINTS => {
                let constraints = BasicConstraints::from_der(value)?;
                (self.is_authority, self.path_length) = (constraints.ca, constraints.path_len_constraint);
            }
            KEY_USAGE => {
                let usage = KeyUsage::from_der(value)?;
                self.signs_certificates = usage.key_cert_sign();
                self.signs_data = usage.digital_signature();
            }
            EXTENDED_KEY_USAGE => self.purposes = Some(ExtendedKeyUsage::from_der(value)?.0),
            SUBJECT_ALT_NAME => {
                let names = SubjectAltName::from_der(value)?.0;
                self.dns_names = names.into_iter().filter_map(dns_name).collect();
            }
            KEY_DESCRIPTION | APP_ATTEST_NONCE => self.of_platform.push((extension.extn_id, value.to_vec())),
            _ => {}
        }
        Ok(())
    }
}

fn dns_name(name: GeneralName) -> Option<String> {
    match name {
        GeneralName::DnsName(name) => Some(name.to_string()),
        _ => None,
    }
}

fn is_known(oid: ObjectIdentifier) -> bool {
    let known = [
        SUBJECT_KEY_ID,
        KEY_USAGE,
        SUBJECT_ALT_NAME,
        BASIC_CONSTRAINTS,
        AUTHORITY_KEY_ID,
        EXTENDED_KEY_USAGE,
    ];
    known.contains(&oid)
}
