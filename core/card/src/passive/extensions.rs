//! The certificate extensions that decide something here (RFC 5280, 4.2.1; ICAO Doc 9303-12, 7.1).
use crate::asn1::{BOOLEAN, Element, INTEGER, Malformed, OCTET_STRING, OID, SEQUENCE};

/// What a certificate's extensions say.
#[derive(Clone, Debug, Default)]
pub(crate) struct Extensions {
    pub(crate) subject_key_id: Option<Vec<u8>>,
    pub(crate) authority_key_id: Option<Vec<u8>>,
    /// Its key may sign certificates.
    pub(crate) is_authority: bool,
    /// Its key may sign master lists, and nothing else.
    pub(crate) is_master_list_signer: bool,
    /// It restricts itself in a way that is not understood here.
    pub(crate) has_unknown_restriction: bool,
}

/// 2.23.136.1.1.3, id-icao-cscaMasterListSigningKey.
const MASTER_LIST_SIGNING: &[u8] = &[0x67, 0x81, 0x08, 0x01, 0x01, 0x03];
/// 2.23.136.1.1.6.2, documentTypeList.
const DOCUMENT_TYPES: &[u8] = &[0x67, 0x81, 0x08, 0x01, 0x01, 0x06, 0x02];
/// 2.5.29, id-ce.
const CERTIFICATE_EXTENSION: &[u8] = &[0x55, 0x1d];

impl Extensions {
    /// From the content of the field `[3]` of a certificate.
    pub(crate) fn parse(field: Element<'_>) -> Result<Self, Malformed> {
        let mut read = Self::default();
        for extension in field.inside().expect(SEQUENCE)?.inside().all()? {
            let mut parts = extension.tagged(SEQUENCE)?.inside();
            let oid = parts.expect(OID)?.value;
            let critical = parts.optional(BOOLEAN)?.is_some_and(|critical| critical.value != [0]);
            let value = parts.expect(OCTET_STRING)?.value;
            read.take(oid, critical, value);
        }
        Ok(read)
    }

    fn take(&mut self, oid: &[u8], critical: bool, value: &[u8]) {
        // Malformed identifiers occur in published certificates; the chain is then found without them.
        match oid.strip_prefix(CERTIFICATE_EXTENSION) {
            Some([0x0e]) => self.subject_key_id = key_identifier(value).ok(),
            Some([0x23]) => self.authority_key_id = authority_key_identifier(value).ok().flatten(),
            Some([0x13]) => self.is_authority = is_authority(value).unwrap_or(false),
            Some([0x25]) => self.is_master_list_signer = names_master_lists(value).unwrap_or(false),
            // Key usage, its period, alternative names, policies, where revocations are published.
            Some([0x0f | 0x10 | 0x11 | 0x12 | 0x1f | 0x20]) => {}
            _ if oid == DOCUMENT_TYPES => {}
            _ => self.has_unknown_restriction |= critical,
        }
    }
}

fn key_identifier(value: &[u8]) -> Result<Vec<u8>, Malformed> {
    Ok(Element::whole(value)?.tagged(OCTET_STRING)?.value.to_vec())
}

/// `SEQUENCE { [0] keyIdentifier OPTIONAL, ... }`; certificates and revocation lists have it alike.
pub(crate) fn authority_key_identifier(value: &[u8]) -> Result<Option<Vec<u8>>, Malformed> {
    let identifier = Element::whole(value)?.tagged(SEQUENCE)?.inside().optional(0x80)?;
    Ok(identifier.map(|identifier| identifier.value.to_vec()))
}

/// `SEQUENCE { cA BOOLEAN DEFAULT FALSE, pathLenConstraint INTEGER OPTIONAL }`.
fn is_authority(value: &[u8]) -> Result<bool, Malformed> {
    let mut parts = Element::whole(value)?.tagged(SEQUENCE)?.inside();
    let authority = parts.optional(BOOLEAN)?.is_some_and(|authority| authority.value != [0]);
    parts.optional(INTEGER)?;
    parts.end()?;
    Ok(authority)
}

fn names_master_lists(value: &[u8]) -> Result<bool, Malformed> {
    let purposes = Element::whole(value)?.tagged(SEQUENCE)?.inside().all()?;
    Ok(purposes.iter().any(|purpose| purpose.tag == OID && purpose.value == MASTER_LIST_SIGNING))
}
