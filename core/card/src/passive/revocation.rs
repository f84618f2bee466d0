//! Certificate revocation lists of country signing authorities (RFC 5280, 5; ICAO Doc 9303-12, 7.2).
use std::collections::BTreeMap;

use trust::time::Timestamp;

use super::certificate::{Certificate, time};
use super::extensions::authority_key_identifier;
use super::signed_data::same_name;
use crate::asn1::{
    BOOLEAN, Element, GENERALIZED_TIME, INTEGER, Malformed, OCTET_STRING, OID, SEQUENCE, UTC_TIME,
};
use crate::signature::{Scheme, Verdict, verify};

/// A parsed, unverified list.
#[derive(Clone, Debug)]
pub(crate) struct RevocationList {
    signed: Vec<u8>,
    scheme: Option<Scheme>,
    signature: Vec<u8>,
    issuer: Vec<u8>,
    authority_key_id: Option<Vec<u8>>,
    revoked: BTreeMap<Vec<u8>, Timestamp>,
}

impl RevocationList {
    /// From DER. A list that covers only a part, as its critical extensions say, is refused.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut outer = Element::whole(bytes)?.tagged(SEQUENCE)?.inside();
        let (list, algorithm) = (outer.expect(SEQUENCE)?, outer.expect(SEQUENCE)?);
        let signature = outer.next()?.bits()?;
        outer.end()?;
        let mut fields = list.inside();
        fields.optional(INTEGER)?;
        if fields.expect(SEQUENCE)?.raw != algorithm.raw {
            return Err(Malformed);
        }
        let issuer = fields.expect(SEQUENCE)?.raw.to_vec();
        time(fields.next()?)?;
        if fields.optional(UTC_TIME)?.is_none() {
            fields.optional(GENERALIZED_TIME)?;
        }
        let mut revoked = BTreeMap::new();
        if let Some(entries) = fields.optional(SEQUENCE)? {
            let mut entries = entries.inside();
            while !entries.0.is_empty() {
                let mut entry = entries.expect(SEQUENCE)?.inside();
                let serial = entry.expect(INTEGER)?.value.to_vec();
                revoked.insert(serial, time(entry.next()?)?);
            }
        }
        let authority_key_id = match fields.optional(0xa0)? {
            Some(extensions) => list_extensions(extensions)?,
            None => None,
        };
        fields.end()?;
        Ok(Self {
            signed: list.raw.to_vec(),
            scheme: Scheme::from_identifier(algorithm)?,
            signature: signature.to_vec(),
            issuer,
            authority_key_id,
            revoked,
        })
    }

    /// Checks the list's signature by one of these authorities.
    pub(crate) fn verify(&self, authorities: &[Certificate]) -> Verdict {
        let Some(scheme) = self.scheme else {
            return Verdict::Unsupported;
        };
        let own = |authority: &&Certificate| {
            let same_key = match (&self.authority_key_id, authority.subject_key_id()) {
                (Some(named), Some(own)) => named == own,
                _ => true,
            };
            same_key && same_name(&authority.subject, &self.issuer)
        };
        let mut by_them = authorities.iter().filter(own);
        by_them.any(|own| verify(scheme, &own.key, &self.signed, &self.signature) == Verdict::Valid).into()
    }

    /// Whether it revokes a certificate, at the latest then. One authority's list covers all of its keys.
    pub(crate) fn revokes(&self, certificate: &Certificate, now: Timestamp) -> bool {
        same_name(&certificate.issuer, &self.issuer)
            && self.revoked.get(&certificate.serial).is_some_and(|since| *since <= now)
    }
}

/// The key identifier among a list's extensions; a critical one is not understood.
fn list_extensions(field: Element<'_>) -> Result<Option<Vec<u8>>, Malformed> {
    let mut found = None;
    for extension in field.inside().expect(SEQUENCE)?.inside().all()? {
        let mut parts = extension.tagged(SEQUENCE)?.inside();
        let oid = parts.expect(OID)?.value;
        if parts.optional(BOOLEAN)?.is_some_and(|critical| critical.value != [0]) {
            return Err(Malformed);
        }
        if oid == [0x55, 0x1d, 0x23] {
            found = authority_key_identifier(parts.expect(OCTET_STRING)?.value)?;
        }
    }
    Ok(found)
}
