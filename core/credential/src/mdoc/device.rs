//! The device's response (ISO/IEC 18013-5, 8.3.2.1.2.2 and 9.1.3).
//!
//! ```cddl
//! DeviceResponse = { "version": tstr, ? "documents": [+ Document], ? "documentErrors": any, "status": uint }
//! Document = { "docType": tstr, "issuerSigned": IssuerSigned, "deviceSigned": DeviceSigned, ? "errors": any }
//! DeviceSigned = { "nameSpaces": #6.24(bstr .cbor { * tstr => { + tstr => any } }),
//!                  "deviceAuth": { "deviceSignature": COSE_Sign1 // "deviceMac": COSE_Mac0 } }
//! DeviceAuthentication = ["DeviceAuthentication", SessionTranscript, tstr, DeviceNameSpacesBytes]
//! ```
use std::collections::BTreeMap;

use trust::cbor::{self, Encoder, Item, Profile};
use trust::certificates::CertificateAnchors;
use trust::cose::{ALG, Draft, ES256, Sign1};
use trust::time::Timestamp;

use super::issuer_signed::select_parsed;
use super::{
    IssuerSigned, LARGEST, MdocError, NewElement, SessionTranscript, VerifiedElement, VerifiedMdoc, embed,
    embedded, takes_headers, text_map,
};

/// What the device signs, without the `Sig_structure` around.
fn authentication(transcript: &SessionTranscript, doc_type: &str, namespaces: &[u8]) -> Vec<u8> {
    let mut out = Encoder::new();
    out.array(4).text("DeviceAuthentication").raw(transcript.as_bytes()).text(doc_type).raw(namespaces);
    embed(&out.finish())
}

/// A response with one document that waits for the device's signature.
#[derive(Clone, Debug)]
pub struct DeviceDraft {
    doc_type: String,
    issuer_signed: Vec<u8>,
    /// `DeviceNameSpacesBytes`, with its tag.
    namespaces: Vec<u8>,
    signature: Draft,
}

impl DeviceDraft {
    /// From the holder's mdoc: discloses these elements, named by namespace and element, and lets the device sign `signed`
    /// besides the session.
    ///
    /// # Errors
    /// [`MdocError::NoSuchElement`]; [`MdocError::NotAuthorized`] where the issuer lets the device sign no such element.
    pub fn new(
        mdoc: &[u8],
        disclosed: &[(&str, &str)],
        signed: &[NewElement],
        transcript: &SessionTranscript,
    ) -> Result<Self, MdocError> {
        let parsed = IssuerSigned::parse(mdoc)?;
        let may =
            |element: &NewElement| parsed.authorizations().allow(&element.namespace, &element.identifier);
        if !signed.iter().all(may) {
            return Err(MdocError::NotAuthorized);
        }
        let mut by_namespace: BTreeMap<&str, BTreeMap<&str, &[u8]>> = BTreeMap::new();
        for NewElement { namespace, identifier, value } in signed {
            cbor::scan(value, Profile::Interoperable)?;
            if by_namespace.entry(namespace).or_default().insert(identifier, value).is_some() {
                return Err(MdocError::Twice);
            }
        }
        let entries = |elements: BTreeMap<_, &[u8]>| {
            elements.into_iter().map(|(name, value)| (name, value.to_vec())).collect()
        };
        let encoded = by_namespace.into_iter().map(|(name, elements)| (name, text_map(entries(elements))));
        let namespaces = embed(&text_map(encoded.collect()));
        let mut protected = Encoder::new();
        protected.map(1).int(ALG).int(ES256);
        let payload = authentication(transcript, parsed.doc_type(), &namespaces);
        Ok(Self {
            doc_type: parsed.doc_type().to_owned(),
            issuer_signed: select_parsed(&parsed, disclosed)?,
            namespaces,
            signature: Draft::new(protected.finish(), vec![0xa0], payload),
        })
    }

    /// The bytes that the device signs.
    pub fn to_be_signed(&self) -> Vec<u8> {
        self.signature.to_be_signed()
    }

    /// The `DeviceResponse` with this one document.
    pub fn assemble(&self, signature: &[u8; 64]) -> Vec<u8> {
        let text = |text: &str| {
            let mut out = Encoder::new();
            out.text(text);
            out.finish()
        };
        let auth = text_map(vec![("deviceSignature", self.signature.assemble_detached(signature))]);
        let document = text_map(vec![
            ("docType", text(&self.doc_type)),
            ("issuerSigned", self.issuer_signed.clone()),
            ("deviceSigned", text_map(vec![("nameSpaces", self.namespaces.clone()), ("deviceAuth", auth)])),
        ]);
        let mut documents = Encoder::new();
        documents.array(1).raw(&document);
        text_map(vec![("version", text("1.0")), ("documents", documents.finish()), ("status", vec![0])])
    }
}

/// A parsed, unverified response.
#[derive(Clone, Debug)]
pub struct DeviceResponse<'a>(Vec<Document<'a>>);

impl<'a> DeviceResponse<'a> {
    /// From its bytes. A response that tells of an error, or holds no document, is refused.
    pub fn parse(bytes: &'a [u8]) -> Result<Self, MdocError> {
        if bytes.len() > LARGEST {
            return Err(MdocError::TooLarge);
        }
        let map = Item::parse(bytes, Profile::Interoperable)?.as_map()?;
        let member = |name| map.get_text(name).ok_or(cbor::Error::Record);
        if !member("version")?.as_text()?.starts_with("1.") {
            return Err(MdocError::Version);
        }
        if member("status")?.as_uint()? != 0 {
            return Err(MdocError::NoDocument);
        }
        let documents = map.get_text("documents").ok_or(MdocError::NoDocument)?.as_array()?;
        let documents = documents.map(|item| Document::read(&item)).collect::<Result<Vec<_>, _>>()?;
        if documents.is_empty() { Err(MdocError::NoDocument) } else { Ok(Self(documents)) }
    }

    /// Its documents; one, as online presentations have it.
    pub fn documents(&self) -> &[Document<'a>] {
        &self.0
    }
}

/// A document of a response, unverified.
#[derive(Clone, Debug)]
pub struct Document<'a> {
    doc_type: &'a str,
    issuer_signed: IssuerSigned<'a>,
    namespaces: Item<'a>,
    signed: Vec<VerifiedElement>,
    signature: Item<'a>,
}

impl<'a> Document<'a> {
    fn read(item: &Item<'a>) -> Result<Self, MdocError> {
        let map = item.as_map()?;
        let member = |name| map.get_text(name).ok_or(cbor::Error::Record);
        let device = member("deviceSigned")?.as_map()?;
        let namespaces = device.get_text("nameSpaces").ok_or(cbor::Error::Record)?;
        let auth = device.get_text("deviceAuth").ok_or(cbor::Error::Record)?.as_map()?;
        let issuer_signed = IssuerSigned::from_item(&member("issuerSigned")?)?;
        if auth.get_text("deviceMac").is_some() {
            return Err(MdocError::DeviceMac);
        }
        Ok(Self {
            doc_type: member("docType")?.as_text()?,
            issuer_signed,
            signed: signed_elements(embedded(&namespaces)?)?,
            namespaces,
            signature: auth.get_text("deviceSignature").ok_or(cbor::Error::Record)?,
        })
    }

    /// What the issuer signed, unverified.
    pub const fn issuer_signed(&self) -> &IssuerSigned<'a> {
        &self.issuer_signed
    }

    /// Checks the issuer's part, then the device's signature over this session, and that the device signed nothing that the
    /// issuer did not authorize it for.
    pub fn verify(
        &self,
        doc_type: &str,
        transcript: &SessionTranscript,
        anchors: &CertificateAnchors,
        now: Timestamp,
    ) -> Result<VerifiedDocument, MdocError> {
        if self.doc_type != doc_type {
            return Err(MdocError::DocumentType);
        }
        let mdoc = self.issuer_signed.verify(doc_type, anchors, now)?;
        let payload = authentication(transcript, doc_type, self.namespaces.raw());
        let signature = Sign1::detached(self.signature, &payload, Profile::Interoperable)?;
        takes_headers(&signature)?;
        signature.verify(mdoc.device_key()).map_err(|_| MdocError::DeviceSignature)?;
        let allowed =
            |element: &VerifiedElement| mdoc.authorizations().allow(&element.namespace, &element.identifier);
        if !self.signed.iter().all(allowed) {
            return Err(MdocError::NotAuthorized);
        }
        Ok(VerifiedDocument { mdoc, signed: self.signed.clone() })
    }
}

fn signed_elements(bytes: &[u8]) -> Result<Vec<VerifiedElement>, MdocError> {
    let mut signed = Vec::new();
    for (namespace, elements) in Item::parse(bytes, Profile::Interoperable)?.as_map()? {
        for (identifier, value) in elements.as_map()? {
            signed.push(VerifiedElement {
                namespace: namespace.as_text()?.to_owned(),
                identifier: identifier.as_text()?.to_owned(),
                value: value.raw().to_vec(),
            });
        }
    }
    Ok(signed)
}

/// A document that its issuer and, for this session, its device signed: built by [`Document::verify`] alone.
#[derive(Clone, Debug)]
pub struct VerifiedDocument {
    mdoc: VerifiedMdoc,
    signed: Vec<VerifiedElement>,
}

impl VerifiedDocument {
    /// What the issuer signed.
    pub const fn mdoc(&self) -> &VerifiedMdoc {
        &self.mdoc
    }

    /// What the device signed, all of it authorized.
    pub fn device_signed(&self) -> &[VerifiedElement] {
        &self.signed
    }
}
