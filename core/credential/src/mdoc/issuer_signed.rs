//! What the issuer signed: elements, the security object with their digests, the certificates.
//!
//! ```cddl
//! IssuerSigned = { ? "nameSpaces": { + tstr => [+ #6.24(bstr .cbor IssuerSignedItem)] }, "issuerAuth": COSE_Sign1 }
//! IssuerSignedItem = { "digestID": uint, "random": bstr, "elementIdentifier": tstr, "elementValue": any }
//! ```
use trust::cbor::{self, Encoder, Item, Profile};
use trust::certificates::{CertificateAnchors, Purpose, VerifiedChain};
use trust::cose::Sign1;
use trust::p256::PublicKey;
use trust::time::Timestamp;

use super::mso::Mso;
use super::{KeyAuthorizations, LARGEST, MdocError, X5CHAIN, embedded, json, takes_headers, text_map};
use crate::claims::StatusReference;
use crate::digest::sha256;

/// The shortest `random` (9.1.2.5).
const SHORTEST_RANDOM: usize = 16;

/// An element as received: believed once its digest is found in the security object.
#[derive(Clone, Copy, Debug)]
pub struct Element<'a> {
    namespace: &'a str,
    /// With its tag: what the digest is over.
    raw: &'a [u8],
    digest_id: u64,
    identifier: &'a str,
    value: Item<'a>,
}

impl<'a> Element<'a> {
    fn read(namespace: &'a str, item: &Item<'a>) -> Result<Self, MdocError> {
        let (mut digest_id, mut random, mut identifier, mut value) = (None, None, None, None);
        for (name, member) in Item::parse(embedded(item)?, Profile::Interoperable)?.as_map()? {
            match name.as_text()? {
                "digestID" => digest_id = Some(member.as_uint()?),
                "random" => random = Some(member.as_bytes()?),
                "elementIdentifier" => identifier = Some(member.as_text()?),
                "elementValue" => value = Some(member),
                _ => {}
            }
        }
        let missing = cbor::Error::Record;
        if random.ok_or(missing)?.len() < SHORTEST_RANDOM {
            return Err(MdocError::ShortRandom);
        }
        Ok(Self {
            namespace,
            raw: item.raw(),
            digest_id: digest_id.ok_or(missing)?,
            identifier: identifier.ok_or(missing)?,
            value: value.ok_or(missing)?,
        })
    }

    /// Its namespace.
    pub const fn namespace(&self) -> &'a str {
        self.namespace
    }

    /// Its name.
    pub const fn identifier(&self) -> &'a str {
        self.identifier
    }

    /// Its value.
    pub const fn value(&self) -> Item<'a> {
        self.value
    }
}

/// A parsed, unverified mdoc.
#[derive(Clone, Debug)]
pub struct IssuerSigned<'a> {
    elements: Vec<Element<'a>>,
    auth_item: Item<'a>,
    auth: Sign1<'a>,
    chain: Vec<&'a [u8]>,
    mso: Mso<'a>,
}

impl<'a> IssuerSigned<'a> {
    /// From its bytes, as an issuer hands them out and a wallet keeps them.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, MdocError> {
        if bytes.len() > LARGEST {
            return Err(MdocError::TooLarge);
        }
        Self::from_item(&Item::parse(bytes, Profile::Interoperable)?)
    }

    pub(super) fn from_item(item: &Item<'a>) -> Result<Self, MdocError> {
        let map = item.as_map()?;
        // The structure is closed: a misspelt member would silently take the elements away.
        if map.clone().any(|(name, _)| !matches!(name.as_text(), Ok("nameSpaces" | "issuerAuth"))) {
            return Err(cbor::Error::Record.into());
        }
        let mut elements: Vec<Element<'a>> = Vec::new();
        if let Some(namespaces) = map.get_text("nameSpaces") {
            for (namespace, items) in namespaces.as_map()? {
                let (namespace, first) = (namespace.as_text()?, elements.len());
                for item in items.as_array()? {
                    let element = Element::read(namespace, &item)?;
                    let earlier = elements.get(first..).unwrap_or_default();
                    if earlier.iter().any(|other| {
                        other.identifier == element.identifier || other.digest_id == element.digest_id
                    }) {
                        return Err(MdocError::Twice);
                    }
                    elements.push(element);
                }
            }
        }
        let auth_item = map.get_text("issuerAuth").ok_or(cbor::Error::Record)?;
        let auth = Sign1::from_item(auth_item, Profile::Interoperable)?;
        takes_headers(&auth)?;
        let mso = Mso::parse(embedded(&auth.payload_item()?)?)?;
        Ok(Self { elements, auth_item, auth, chain: chain(&auth)?, mso })
    }

    /// Its document type, unverified.
    pub const fn doc_type(&self) -> &'a str {
        self.mso.doc_type
    }

    /// Its elements, unverified.
    pub fn elements(&self) -> &[Element<'a>] {
        &self.elements
    }

    /// The elements as JSON, as [`VerifiedMdoc::to_json`], unverified: for a holder that verified the mdoc when it came.
    pub fn to_json(&self) -> serde_json::Value {
        let elements = self.elements.iter();
        json::namespaces(elements.map(|element| (element.namespace, element.identifier, Some(element.value))))
    }

    /// Its issuer's certificates, DER, leaf first, unverified.
    pub fn chain(&self) -> &[&'a [u8]] {
        &self.chain
    }

    /// The key that it is bound to, unverified.
    pub const fn device_key(&self) -> &PublicKey {
        &self.mso.device_key
    }

    /// What that key may sign besides the session, unverified.
    pub const fn authorizations(&self) -> &KeyAuthorizations {
        &self.mso.authorizations
    }

    /// Checks the issuer's chain and signature, the document type, every element's digest over the bytes received, and the
    /// times (9.3.1). The status is for the caller to check.
    pub fn verify(
        &self,
        doc_type: &str,
        anchors: &CertificateAnchors,
        now: Timestamp,
    ) -> Result<VerifiedMdoc, MdocError> {
        if self.mso.doc_type != doc_type {
            return Err(MdocError::DocumentType);
        }
        let chain = anchors.verify(&self.chain, Purpose::Credentials, now)?;
        self.auth.verify(chain.key()).map_err(|_| MdocError::SignatureInvalid)?;
        self.times(&chain, now)?;
        let mut digests: (&str, Vec<(u64, &[u8])>) = ("", Vec::new());
        for element in &self.elements {
            if digests.0 != element.namespace {
                digests = (element.namespace, self.mso.digests(element.namespace)?);
            }
            let signed = digests.1.iter().find(|(number, _)| *number == element.digest_id);
            if signed.is_none_or(|(_, digest)| **digest != sha256(element.raw)) {
                return Err(MdocError::Digest);
            }
        }
        let verified = |element: &Element<'_>| VerifiedElement {
            namespace: element.namespace.to_owned(),
            identifier: element.identifier.to_owned(),
            value: element.value.raw().to_vec(),
        };
        Ok(VerifiedMdoc {
            doc_type: doc_type.to_owned(),
            elements: self.elements.iter().map(verified).collect(),
            device_key: self.mso.device_key,
            authorizations: self.mso.authorizations.clone(),
            signed: self.mso.signed,
            valid_until: self.mso.valid_until,
            status: self.mso.status.clone(),
            chain,
        })
    }

    fn times(&self, chain: &VerifiedChain, now: Timestamp) -> Result<(), MdocError> {
        let Mso { signed, valid_from, valid_until, .. } = self.mso;
        let leaf = chain.leaf();
        if signed < leaf.not_before() || signed > leaf.not_after() {
            return Err(MdocError::Times);
        }
        if signed > valid_from || valid_from >= valid_until {
            return Err(MdocError::Times);
        }
        if now < valid_from {
            return Err(MdocError::NotYetValid);
        }
        if now > valid_until { Err(MdocError::Expired) } else { Ok(()) }
    }
}

/// Header 33, one certificate or several; protected by newer issuers. The chain itself says whether it is believed.
fn chain<'a>(auth: &Sign1<'a>) -> Result<Vec<&'a [u8]>, MdocError> {
    let header = auth.header(X5CHAIN).map_or_else(
        || Ok::<_, cbor::Error>(auth.unprotected().as_map()?.get_int(X5CHAIN)),
        |header| Ok(Some(header)),
    )?;
    let header = header.ok_or(cbor::Error::Record)?;
    if let Ok(one) = header.as_bytes() {
        return Ok(vec![one]);
    }
    Ok(header.as_array()?.map(|certificate| certificate.as_bytes()).collect::<Result<_, _>>()?)
}

/// A holder's copy with these elements alone, named by namespace and element; the bytes of each stay as received.
///
/// # Errors
/// [`MdocError::NoSuchElement`] for one that is not there.
pub fn select(mdoc: &[u8], wanted: &[(&str, &str)]) -> Result<Vec<u8>, MdocError> {
    select_parsed(&IssuerSigned::parse(mdoc)?, wanted)
}

pub(super) fn select_parsed(
    parsed: &IssuerSigned<'_>,
    wanted: &[(&str, &str)],
) -> Result<Vec<u8>, MdocError> {
    let is = |element: &Element<'_>, wanted: &(&str, &str)| {
        element.namespace == wanted.0 && element.identifier == wanted.1
    };
    if wanted.iter().any(|wanted| !parsed.elements.iter().any(|element| is(element, wanted))) {
        return Err(MdocError::NoSuchElement);
    }
    let mut namespaces: Vec<(&str, Vec<&[u8]>)> = Vec::new();
    for element in parsed.elements.iter().filter(|element| wanted.iter().any(|wanted| is(element, wanted))) {
        match namespaces.last_mut() {
            Some((namespace, items)) if *namespace == element.namespace => items.push(element.raw),
            _ => namespaces.push((element.namespace, vec![element.raw])),
        }
    }
    let list = |items: Vec<&[u8]>| {
        let mut out = Encoder::new();
        out.array(items.len()).raw(&items.concat());
        out.finish()
    };
    let mut entries = vec![("issuerAuth", parsed.auth_item.raw().to_vec())];
    if !namespaces.is_empty() {
        let namespaces = namespaces.into_iter().map(|(namespace, items)| (namespace, list(items)));
        entries.push(("nameSpaces", text_map(namespaces.collect())));
    }
    Ok(text_map(entries))
}

/// An element that its issuer, or the bound device, signed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerifiedElement {
    pub(super) namespace: String,
    pub(super) identifier: String,
    pub(super) value: Vec<u8>,
}

impl VerifiedElement {
    /// Its namespace.
    pub fn namespace(&self) -> &str {
        &self.namespace
    }

    /// Its name.
    pub fn identifier(&self) -> &str {
        &self.identifier
    }

    /// Its value, encoded as received.
    pub fn value(&self) -> &[u8] {
        &self.value
    }

    /// Its value as a text, where it is one.
    pub fn as_text(&self) -> Option<&str> {
        Item::parse(&self.value, Profile::Interoperable).ok()?.as_text().ok()
    }
}

/// An mdoc that an issuer under an anchor signed, within its time: built by [`IssuerSigned::verify`] alone.
#[derive(Clone, Debug)]
pub struct VerifiedMdoc {
    doc_type: String,
    elements: Vec<VerifiedElement>,
    device_key: PublicKey,
    authorizations: KeyAuthorizations,
    signed: Timestamp,
    valid_until: Timestamp,
    status: Option<StatusReference>,
    chain: VerifiedChain,
}

impl VerifiedMdoc {
    /// Its document type.
    pub fn doc_type(&self) -> &str {
        &self.doc_type
    }

    /// The elements that were disclosed.
    pub fn elements(&self) -> &[VerifiedElement] {
        &self.elements
    }

    /// One of them.
    pub fn element(&self, namespace: &str, identifier: &str) -> Option<&VerifiedElement> {
        self.elements.iter().find(|found| found.namespace == namespace && found.identifier == identifier)
    }

    /// The elements as JSON, `{namespace: {element: value}}`, values converted as RFC 8949, 6.1 advises: byte strings as
    /// base64url, times and dates as their text.
    pub fn to_json(&self) -> serde_json::Value {
        json::namespaces(self.elements.iter().map(|element| {
            let item = Item::parse(&element.value, Profile::Interoperable).ok();
            (element.namespace.as_str(), element.identifier.as_str(), item)
        }))
    }

    /// The device key that it is bound to.
    pub const fn device_key(&self) -> &PublicKey {
        &self.device_key
    }

    /// What that key may sign.
    pub const fn authorizations(&self) -> &KeyAuthorizations {
        &self.authorizations
    }

    /// When it was signed.
    pub const fn signed(&self) -> Timestamp {
        self.signed
    }

    /// Its last second.
    pub const fn valid_until(&self) -> Timestamp {
        self.valid_until
    }

    /// Where its status stands, if anywhere.
    pub const fn status(&self) -> Option<&StatusReference> {
        self.status.as_ref()
    }

    /// Who issued it.
    pub const fn issuer(&self) -> &VerifiedChain {
        &self.chain
    }
}
