//! X.509 certificates of country signers and document signers (9303-12, 7), read as slices of the received bytes:
//! at least one published certificate comes out different when it is encoded again.
use der::Decode;
use trust::time::Timestamp;

use crate::asn1::{
    BOOLEAN, Element, GENERALIZED_TIME, INTEGER, Malformed, OCTET_STRING, OID, SEQUENCE, UTC_TIME,
};
use crate::signature::{PublicKey, Scheme, Verdict, verify};

/// A parsed, unverified certificate.
#[derive(Clone, Debug)]
pub struct Certificate {
    pub(crate) raw: Vec<u8>,
    tbs: Vec<u8>,
    pub(crate) serial: Vec<u8>,
    pub(crate) issuer: Vec<u8>,
    pub(crate) subject: Vec<u8>,
    not_before: Timestamp,
    not_after: Timestamp,
    pub(crate) key: PublicKey,
    scheme: Option<Scheme>,
    signature: Vec<u8>,
    pub(crate) subject_key_id: Option<Vec<u8>>,
    pub(crate) authority_key_id: Option<Vec<u8>>,
}

const SUBJECT_KEY_IDENTIFIER: &[u8] = &[0x55, 0x1d, 0x0e];
const AUTHORITY_KEY_IDENTIFIER: &[u8] = &[0x55, 0x1d, 0x23];

impl Certificate {
    /// From DER.
    pub fn parse(bytes: &[u8]) -> Result<Self, Malformed> {
        let whole = Element::whole(bytes)?;
        let mut outer = whole.tagged(SEQUENCE)?.inside();
        let (tbs, algorithm, signature) =
            (outer.expect(SEQUENCE)?, outer.expect(SEQUENCE)?, outer.next()?.bits()?);
        outer.end()?;
        let mut fields = tbs.inside();
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
        let (mut subject_key_id, mut authority_key_id) = (None, None);
        while !fields.0.is_empty() {
            let field = fields.next()?;
            if field.tag == 0xa3 {
                for extension in field.inside().expect(SEQUENCE)?.inside().all()? {
                    let mut parts = extension.tagged(SEQUENCE)?.inside();
                    let oid = parts.expect(OID)?.value;
                    parts.optional(BOOLEAN)?;
                    let value = parts.expect(OCTET_STRING)?.value;
                    // Malformed identifiers occur in published certificates; the chain is then found without them.
                    match oid {
                        SUBJECT_KEY_IDENTIFIER => subject_key_id = key_identifier(value).ok(),
                        AUTHORITY_KEY_IDENTIFIER => authority_key_id = authority(value).ok().flatten(),
                        _ => {}
                    }
                }
            }
        }
        Ok(Self {
            raw: whole.raw.to_vec(),
            tbs: tbs.raw.to_vec(),
            serial: serial.value.to_vec(),
            issuer: issuer.raw.to_vec(),
            subject: subject.raw.to_vec(),
            not_before,
            not_after,
            key,
            scheme: Scheme::from_identifier(algorithm)?,
            signature: signature.to_vec(),
            subject_key_id,
            authority_key_id,
        })
    }

    /// Checks this certificate's signature with the issuer's key.
    pub(crate) fn signed_by(&self, issuer: &Self) -> Verdict {
        self.scheme
            .map_or(Verdict::Unsupported, |scheme| verify(scheme, &issuer.key, &self.tbs, &self.signature))
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

fn key_identifier(value: &[u8]) -> Result<Vec<u8>, Malformed> {
    Ok(Element::whole(value)?.tagged(OCTET_STRING)?.value.to_vec())
}

fn authority(value: &[u8]) -> Result<Option<Vec<u8>>, Malformed> {
    let identifier = Element::whole(value)?.tagged(SEQUENCE)?.inside().optional(0x80)?;
    Ok(identifier.map(|identifier| identifier.value.to_vec()))
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
