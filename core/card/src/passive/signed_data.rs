//! CMS SignedData (RFC 5652, 5) with one signer, as EF.SOD, EF.CardSecurity and master lists have it.
use super::ber;
use super::certificate::Certificate;
use crate::asn1::{Element, INTEGER, Malformed, OCTET_STRING, OID, SEQUENCE, SET};
use crate::signature::{Hash, Scheme, Verdict, verify};

const SIGNED_DATA: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02];
const CONTENT_TYPE: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x03];
const MESSAGE_DIGEST: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x04];

/// A parsed, unverified SignedData.
#[derive(Clone, Debug)]
pub(crate) struct SignedData {
    content_type: Vec<u8>,
    pub(crate) content: Vec<u8>,
    pub(crate) certificates: Vec<Certificate>,
    signer: Signer,
}

#[derive(Clone, Debug)]
struct Signer {
    name: SignerName,
    digest: Option<Hash>,
    /// The signed attributes as they are signed: with the tag of a SET.
    attributes: Option<Vec<u8>>,
    scheme: Option<Scheme>,
    signature: Vec<u8>,
}

#[derive(Clone, Debug)]
enum SignerName {
    Issuer { issuer: Vec<u8>, serial: Vec<u8> },
    KeyId(Vec<u8>),
}

impl SignedData {
    /// From the bytes of a ContentInfo, DER or BER.
    pub(crate) fn parse(bytes: &[u8]) -> Result<Self, Malformed> {
        let definite = ber::to_definite(bytes)?;
        let mut info = Element::whole(&definite)?.tagged(SEQUENCE)?.inside();
        if info.expect(OID)?.value != SIGNED_DATA {
            return Err(Malformed);
        }
        let mut data = info.expect(0xa0)?.inside().expect(SEQUENCE)?.inside();
        let version = data.next()?.small()?;
        let digests = data.expect(SET)?.inside().all()?;
        let digests: Vec<_> = digests.into_iter().map(Hash::from_identifier).collect::<Result<_, _>>()?;
        let mut encapsulated = data.expect(SEQUENCE)?.inside();
        let content_type = encapsulated.expect(OID)?.value.to_vec();
        let content = encapsulated.expect(0xa0)?.inside().expect(OCTET_STRING)?.value.to_vec();
        let certificates = match data.optional(0xa0)? {
            Some(certificates) => {
                let certificates = certificates.inside().all()?;
                certificates
                    .into_iter()
                    .filter(|c| c.tag == SEQUENCE)
                    .map(|c| Certificate::parse(c.raw))
                    .collect()
            }
            None => Ok(Vec::new()),
        }?;
        data.optional(0xa1)?;
        let signers = data.expect(SET)?.inside().all()?;
        let [signer] = signers.as_slice() else {
            return Err(Malformed);
        };
        data.end()?;
        let signer = Signer::parse(*signer)?;
        // Nobody signs these; they must still be what RFC 5652, 5.1 makes of the rest.
        if version != 3 || !digests.contains(&signer.digest) {
            return Err(Malformed);
        }
        Ok(Self { content_type, content, certificates, signer })
    }

    /// The certificate that the signer names.
    pub(crate) fn signer_certificate(&self) -> Option<&Certificate> {
        self.certificates.iter().find(|certificate| match &self.signer.name {
            SignerName::Issuer { issuer, serial } => {
                same_name(&certificate.issuer, issuer) && certificate.serial == *serial
            }
            SignerName::KeyId(id) => certificate.subject_key_id() == Some(id),
        })
    }

    /// Checks content type, message digest and signature (RFC 5652, 5.4 to 5.6).
    pub(crate) fn verify(&self, signer: &Certificate) -> Verdict {
        let Some(scheme) = self.scheme() else {
            return Verdict::Unsupported;
        };
        let Some(attributes) = &self.signer.attributes else {
            return verify(scheme, &signer.key, &self.content, &self.signer.signature);
        };
        let Some(digest) = self.signer.digest else {
            return Verdict::Unsupported;
        };
        let of = |oid| attribute(attributes, oid).ok().flatten();
        let content_type = of(CONTENT_TYPE).filter(|value| value.tag == OID).map(|value| value.value);
        let message_digest =
            of(MESSAGE_DIGEST).filter(|value| value.tag == OCTET_STRING).map(|value| value.value);
        if content_type != Some(&self.content_type) || message_digest != Some(&digest.digest(&self.content)) {
            return Verdict::Invalid;
        }
        verify(scheme, &signer.key, attributes, &self.signer.signature)
    }

    /// How the signature was made. Where the algorithm is plain `rsaEncryption`, the digest algorithm says which hash
    /// (RFC 3370, 3.2).
    pub(crate) fn scheme(&self) -> Option<Scheme> {
        match self.signer.scheme {
            Some(Scheme::RsaOfDigestAlgorithm) => self.signer.digest.map(Scheme::RsaPkcs1),
            scheme => scheme,
        }
    }

    /// Whether the content is of that type.
    pub(crate) fn holds(&self, content_type: &[u8]) -> bool {
        self.content_type == content_type
    }
}

impl Signer {
    fn parse(signer: Element<'_>) -> Result<Self, Malformed> {
        let mut fields = signer.tagged(SEQUENCE)?.inside();
        let version = fields.next()?.small()?;
        let name = fields.next()?;
        // RFC 5652, 5.3: the version says how the signer is named.
        let name = match (name.tag, version) {
            (SEQUENCE, 1) => {
                let mut parts = name.inside();
                let issuer = parts.expect(SEQUENCE)?.raw.to_vec();
                SignerName::Issuer { issuer, serial: parts.expect(INTEGER)?.value.to_vec() }
            }
            (0x80, 3) => SignerName::KeyId(name.value.to_vec()),
            _ => return Err(Malformed),
        };
        let digest = Hash::from_identifier(fields.next()?)?;
        let attributes = fields.optional(0xa0)?.map(|attributes| {
            let mut signed = attributes.raw.to_vec();
            if let Some(tag) = signed.first_mut() {
                *tag = 0x31;
            }
            signed
        });
        let scheme = Scheme::from_identifier(fields.next()?)?;
        let signature = fields.expect(OCTET_STRING)?.value.to_vec();
        fields.optional(0xa1)?;
        fields.end()?;
        Ok(Self { name, digest, attributes, scheme, signature })
    }
}

/// Whether two names have the same parts; Malaysia's security objects give them in another order than its
/// certificates.
pub(super) fn same_name(one: &[u8], other: &[u8]) -> bool {
    let parts = |name| {
        let mut parts: Vec<_> = Element::whole(name).and_then(|name| name.inside().all()).unwrap_or_default();
        parts.sort_by_key(|part| part.raw);
        parts
    };
    one == other || parts(one) == parts(other)
}

/// The single value of an attribute; two of a kind are malformed.
fn attribute<'a>(attributes: &'a [u8], oid: &[u8]) -> Result<Option<Element<'a>>, Malformed> {
    let mut found = None;
    for attribute in Element::whole(attributes)?.inside().all()? {
        let mut parts = attribute.tagged(SEQUENCE)?.inside();
        if parts.expect(OID)?.value == oid {
            let mut values = parts.expect(SET)?.inside();
            if found.replace(values.next()?).is_some() {
                return Err(Malformed);
            }
            values.end()?;
        }
    }
    Ok(found)
}
