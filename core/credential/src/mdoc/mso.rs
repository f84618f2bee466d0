//! The mobile security object (ISO/IEC 18013-5, 9.1.2.4).
//!
//! ```cddl
//! MobileSecurityObject = { "version": tstr, "digestAlgorithm": tstr, "valueDigests": { + tstr => { + uint => bstr } },
//!   "deviceKeyInfo": { "deviceKey": COSE_Key, ? "keyAuthorizations": KeyAuthorizations, ? "keyInfo": any },
//!   "docType": tstr, "validityInfo": { "signed": tdate, "validFrom": tdate, "validUntil": tdate, ? "expectedUpdate": tdate },
//!   ? "status": { ? "status_list": { "idx": uint, "uri": tstr } } }
//! KeyAuthorizations = { ? "nameSpaces": [+ tstr], ? "dataElements": { + tstr => [+ tstr] } }
//! ```
use std::collections::{BTreeMap, BTreeSet};

use trust::cbor::{self, Encoder, Item, Map, Profile};
use trust::p256::PublicKey;
use trust::time::Timestamp;

use super::{MdocError, read_key, text_map};
use crate::claims::StatusReference;

/// Tag of an RFC 3339 time.
const TDATE: u64 = 0;

/// What the device key may sign besides the session: nothing unless the issuer said so.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KeyAuthorizations {
    /// Namespaces of which it may sign every element.
    pub namespaces: BTreeSet<String>,
    /// Elements by namespace.
    pub elements: BTreeMap<String, BTreeSet<String>>,
}

impl KeyAuthorizations {
    /// Whether it may sign this element.
    pub fn allow(&self, namespace: &str, element: &str) -> bool {
        self.namespaces.contains(namespace)
            || self.elements.get(namespace).is_some_and(|elements| elements.contains(element))
    }

    fn read(item: &Item<'_>) -> Result<Self, cbor::Error> {
        let map = item.as_map()?;
        let mut read = Self::default();
        if let Some(namespaces) = map.get_text("nameSpaces") {
            read.namespaces = texts(&namespaces)?;
        }
        if let Some(elements) = map.get_text("dataElements") {
            for (namespace, elements) in elements.as_map()? {
                read.elements.insert(namespace.as_text()?.to_owned(), texts(&elements)?);
            }
        }
        Ok(read)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.namespaces.is_empty() && self.elements.is_empty()
    }

    pub(super) fn encode(&self) -> Vec<u8> {
        let list = |texts: &BTreeSet<String>| {
            let mut out = Encoder::new();
            out.array(texts.len());
            for text in texts {
                out.text(text);
            }
            out.finish()
        };
        let mut entries = Vec::new();
        if !self.namespaces.is_empty() {
            entries.push(("nameSpaces", list(&self.namespaces)));
        }
        if !self.elements.is_empty() {
            let elements = self.elements.iter().map(|(name, elements)| (name.as_str(), list(elements)));
            entries.push(("dataElements", text_map(elements.collect())));
        }
        text_map(entries)
    }
}

fn texts(list: &Item<'_>) -> Result<BTreeSet<String>, cbor::Error> {
    list.as_array()?.map(|text| text.as_text().map(str::to_owned)).collect()
}

/// A parsed security object; its signature is checked by the `IssuerSigned` that it stands in.
#[derive(Clone, Debug)]
pub(super) struct Mso<'a> {
    pub(super) doc_type: &'a str,
    digests: Map<'a>,
    pub(super) device_key: PublicKey,
    pub(super) authorizations: KeyAuthorizations,
    pub(super) signed: Timestamp,
    pub(super) valid_from: Timestamp,
    pub(super) valid_until: Timestamp,
    pub(super) status: Option<StatusReference>,
}

impl<'a> Mso<'a> {
    pub(super) fn parse(bytes: &'a [u8]) -> Result<Self, MdocError> {
        let map = Item::parse(bytes, Profile::Interoperable)?.as_map()?;
        let member = |name| map.get_text(name).ok_or(cbor::Error::Record);
        // 1.x only adds members (9.1.2.4).
        if !member("version")?.as_text()?.starts_with("1.") {
            return Err(MdocError::Version);
        }
        if member("digestAlgorithm")?.as_text()? != "SHA-256" {
            return Err(MdocError::Algorithm);
        }
        let key_info = member("deviceKeyInfo")?.as_map()?;
        let authorizations = key_info.get_text("keyAuthorizations");
        let validity = member("validityInfo")?.as_map()?;
        let time = |name| tdate(&validity.get_text(name).ok_or(cbor::Error::Record)?);
        Ok(Self {
            doc_type: member("docType")?.as_text()?,
            digests: member("valueDigests")?.as_map()?,
            device_key: read_key(&key_info.get_text("deviceKey").ok_or(MdocError::DeviceKey)?)?,
            authorizations: authorizations
                .map(|item| KeyAuthorizations::read(&item))
                .transpose()?
                .unwrap_or_default(),
            signed: time("signed")?,
            valid_from: time("validFrom")?,
            valid_until: time("validUntil")?,
            status: map.get_text("status").map(|item| status(&item)).transpose()?.flatten(),
        })
    }

    /// The digests that the issuer signed for a namespace, with their numbers.
    pub(super) fn digests(&self, namespace: &str) -> Result<Vec<(u64, &'a [u8])>, MdocError> {
        let digests = self.digests.get_text(namespace).ok_or(MdocError::Digest)?.as_map()?;
        Ok(digests
            .map(|(number, digest)| Ok((number.as_uint()?, digest.as_bytes()?)))
            .collect::<Result<_, cbor::Error>>()?)
    }
}

/// Other mechanisms than a status list are passed over here; whoever demands a status finds none.
fn status(item: &Item<'_>) -> Result<Option<StatusReference>, MdocError> {
    let Some(list) = item.as_map()?.get_text("status_list") else { return Ok(None) };
    let list = list.as_map()?;
    let uri = list.get_text("uri").and_then(|uri| uri.as_text().ok());
    let index = list.get_text("idx").and_then(|index| index.as_uint().ok());
    match (uri, index) {
        (Some(uri), Some(index)) if (1..=2048).contains(&uri.len()) => {
            Ok(Some(StatusReference { uri: uri.to_owned(), index }))
        }
        _ => Err(MdocError::Status),
    }
}

fn tdate(item: &Item<'_>) -> Result<Timestamp, cbor::Error> {
    match item.as_tag()? {
        (TDATE, text) => Timestamp::parse_rfc3339(text.as_text()?).map_err(|_| cbor::Error::Record),
        _ => Err(cbor::Error::WrongKind),
    }
}

/// A time as `tdate`.
pub(super) fn write_tdate(time: Timestamp) -> Vec<u8> {
    let mut out = Encoder::new();
    out.tag(TDATE).text(&time.to_string());
    out.finish()
}
