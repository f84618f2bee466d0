//! X.509 certificates of country signers and document signers (9303-12, 7), read as slices of the received bytes:
//! at least one published certificate comes out different when it is encoded again.
use std::ops::Range;

use der::Decode;
use trust::time::Timestamp;

use super::extensions::Extensions;
use crate::asn1::{Element, GENERALIZED_TIME, INTEGER, Malformed, OID, SEQUENCE, UTC_TIME};
use crate::signature::{PublicKey, Scheme, Verdict, verify};

/// 2.5.4.6, countryName.
const COUNTRY: &[u8] = &[0x55, 0x04, 0x06];

/// A parsed, unverified certificate.
#[derive(Clone, Debug)]
pub struct Certificate {
    pub(crate) raw: Vec<u8>,
    signed: Range<usize>,
    signature: Range<usize>,
    scheme: Option<Scheme>,
    pub(crate) serial: Vec<u8>,
    pub(crate) issuer: Vec<u8>,
    pub(crate) subject: Vec<u8>,
    not_before: Timestamp,
    not_after: Timestamp,
    pub(crate) key: PublicKey,
    extensions: Extensions,
}

impl Certificate {
    /// From DER.
    pub fn parse(bytes: &[u8]) -> Result<Self, Malformed> {
        let whole = Element::whole(bytes)?.tagged(SEQUENCE)?;
        let mut outer = whole.inside();
        let (signed, algorithm, signature) =
            (outer.expect(SEQUENCE)?, outer.expect(SEQUENCE)?, outer.next()?.bits()?);
        outer.end()?;
        let mut fields = signed.inside();
        fields.optional(0xa0)?;
        let serial = fields.expect(INTEGER)?;
        let inner_algorithm = fields.expect(SEQUENCE)?;
        // RFC 5280, 4.1.1.2: what is signed must say the same.
        if inner_algorithm.raw != algorithm.raw {
            return Err(Malformed);
        }
        let issuer = fields.expect(SEQUENCE)?;
        let mut validity = fields.expect(SEQUENCE)?.inside();
        let (not_before, not_after) = (time(validity.next()?)?, time(validity.next()?)?);
        let subject = fields.expect(SEQUENCE)?;
        let key = PublicKey::from_info(fields.next()?)?;
        let mut extensions = Extensions::default();
        while !fields.0.is_empty() {
            let field = fields.next()?;
            if field.tag == 0xa3 {
                extensions = Extensions::parse(field)?;
            }
        }
        // The signed part is the first in the outer sequence, the signature the last.
        let start = whole.raw.len() - whole.value.len();
        Ok(Self {
            signed: start..start + signed.raw.len(),
            signature: whole.raw.len() - signature.len()..whole.raw.len(),
            raw: whole.raw.to_vec(),
            scheme: Scheme::from_identifier(algorithm)?,
            serial: serial.value.to_vec(),
            issuer: issuer.raw.to_vec(),
            subject: subject.raw.to_vec(),
            not_before,
            not_after,
            key,
            extensions,
        })
    }

    /// Checks this certificate's signature with the issuer's key.
    pub(crate) fn signed_by(&self, issuer: &Self) -> Verdict {
        let Some(scheme) = self.scheme else {
            return Verdict::Unsupported;
        };
        let part = |range: &Range<usize>| self.raw.get(range.clone()).unwrap_or_default();
        verify(scheme, &issuer.key, part(&self.signed), part(&self.signature))
    }

    pub(crate) fn subject_key_id(&self) -> Option<&[u8]> {
        self.extensions.subject_key_id.as_deref()
    }

    pub(crate) fn authority_key_id(&self) -> Option<&[u8]> {
        self.extensions.authority_key_id.as_deref()
    }

    /// Whether it may not sign security objects: it is for master lists, or limits itself in a way not known here.
    pub(crate) const fn is_restricted(&self) -> bool {
        self.extensions.is_master_list_signer || self.extensions.has_unknown_restriction
    }

    /// Whether it may sign master lists (9303-12, 9).
    pub(crate) const fn is_master_list_signer(&self) -> bool {
        self.extensions.is_master_list_signer
    }

    /// Whether it is the certificate of an authority.
    pub(crate) const fn is_authority(&self) -> bool {
        self.extensions.is_authority
    }

    /// The subject's country, in capitals.
    pub(crate) fn country(&self) -> Option<Vec<u8>> {
        let names = Element::whole(&self.subject).ok()?.inside().all().ok()?;
        names.into_iter().find_map(|name| {
            let mut parts = name.inside().expect(SEQUENCE).ok()?.inside();
            let is_country = parts.expect(OID).ok()?.value == COUNTRY;
            is_country.then(|| parts.next().ok().map(|country| country.value.to_ascii_uppercase()))?
        })
    }

    /// Whether it names itself as its issuer.
    pub fn is_self_issued(&self) -> bool {
        self.issuer == self.subject
    }

    /// Checks that it signed itself.
    pub fn verify_self_signed(&self) -> Verdict {
        self.signed_by(self)
    }

    pub(crate) fn is_valid_at(&self, now: Timestamp) -> bool {
        self.not_before <= now && now <= self.not_after
    }

    /// The subject as RFC 4514 writes it.
    pub fn subject(&self) -> String {
        x509_cert::name::Name::from_der(&self.subject).map_or_else(|_| String::new(), |name| name.to_string())
    }

    /// The algorithm of its own signature, such as `ecdsa-sha512` or `rsa-pss-sha256`.
    pub fn algorithm(&self) -> Option<Scheme> {
        self.scheme
    }

    /// The key that it certifies.
    pub const fn public_key(&self) -> &PublicKey {
        &self.key
    }
}

/// UTCTime or GeneralizedTime, `Z` only (RFC 5280, 4.1.2.5); the seconds that some issuers leave out are zero.
pub(crate) fn time(element: Element<'_>) -> Result<Timestamp, Malformed> {
    let text = std::str::from_utf8(element.value).map_err(|_| Malformed)?;
    let digits = text
        .strip_suffix('Z')
        .filter(|digits| digits.bytes().all(|c| c.is_ascii_digit()))
        .ok_or(Malformed)?;
    let (century, digits) = match element.tag {
        UTC_TIME => {
            let year: u8 = digits.get(..2).and_then(|year| year.parse().ok()).ok_or(Malformed)?;
            (if year < 50 { "20" } else { "19" }, digits)
        }
        GENERALIZED_TIME => digits.split_at_checked(2).ok_or(Malformed)?,
        _ => return Err(Malformed),
    };
    let part = |at: usize| digits.get(at..at + 2).ok_or(Malformed);
    let seconds = if digits.len() == 10 { "00" } else { part(10)? };
    if digits.len() > 12 {
        return Err(Malformed);
    }
    let text =
        format!("{century}{}-{}-{}T{}:{}:{seconds}Z", part(0)?, part(2)?, part(4)?, part(6)?, part(8)?);
    Timestamp::parse_rfc3339(&text).map_err(|_| Malformed)
}
