//! The issuer's side: what the holder may choose from, and the security object over it.
use trust::cbor::Encoder;
use trust::cose::{ALG, Draft, ES256};
use trust::p256::PublicKey;
use trust::random::Random;
use trust::time::Timestamp;

use super::mso::write_tdate;
use super::{KeyAuthorizations, MdocError, X5CHAIN, embed, text_map, write_key};
use crate::claims::StatusReference;
use crate::digest::sha256;

/// An element to be issued.
#[derive(Clone, Debug)]
pub struct NewElement {
    /// Its namespace.
    pub namespace: String,
    /// Its name.
    pub identifier: String,
    /// Its value, encoded as one CBOR item.
    pub value: Vec<u8>,
}

/// An mdoc to be signed by its issuer.
#[derive(Clone, Debug)]
pub struct MdocDraft {
    /// The document type.
    pub doc_type: String,
    /// What it says; no element twice.
    pub elements: Vec<NewElement>,
    /// The device key that it is bound to.
    pub device_key: PublicKey,
    /// What that key may sign besides the session.
    pub authorizations: KeyAuthorizations,
    /// When it is signed; not after `valid_from`.
    pub signed: Timestamp,
    /// Its first second.
    pub valid_from: Timestamp,
    /// Its last second.
    pub valid_until: Timestamp,
    /// Where its status will stand.
    pub status: Option<StatusReference>,
    /// The issuer's certificates, DER, leaf first, without the anchor.
    pub chain: Vec<Vec<u8>>,
}

/// An mdoc that waits for its issuer's signature.
#[derive(Clone, Debug)]
pub struct UnsignedMdoc {
    namespaces: Vec<u8>,
    auth: Draft,
}

/// A namespace with its elements, each with the random value that also decides their order.
type Namespace<'a> = (&'a str, Vec<([u8; 32], &'a NewElement)>);

impl MdocDraft {
    /// Draws the random values, hashes the elements and writes the security object.
    pub fn prepare(&self, random: &mut dyn Random) -> Result<UnsignedMdoc, MdocError> {
        if self.signed > self.valid_from || self.valid_from >= self.valid_until {
            return Err(MdocError::Times);
        }
        let (mut items, mut digests) = (Vec::new(), Vec::new());
        for (namespace, elements) in self.namespaces(random)? {
            let (mut list, mut map) = (Encoder::new(), Encoder::new());
            list.array(elements.len());
            map.map(elements.len());
            for (number, (salt, element)) in (0..).zip(elements) {
                let item = embed(&item(number, &salt, element));
                map.uint(number).bytes(&sha256(&item));
                list.raw(&item);
            }
            items.push((namespace, list.finish()));
            digests.push((namespace, map.finish()));
        }
        let mut protected = Encoder::new();
        protected.map(1).int(ALG).int(ES256);
        let payload = embed(&self.security_object(text_map(digests)));
        let auth = Draft::new(protected.finish(), self.unprotected(), payload);
        Ok(UnsignedMdoc { namespaces: text_map(items), auth })
    }

    /// In the order of random values, so that the numbers say nothing of the elements that are kept back.
    fn namespaces(&self, random: &mut dyn Random) -> Result<Vec<Namespace<'_>>, MdocError> {
        let mut namespaces: Vec<Namespace<'_>> = Vec::new();
        for element in &self.elements {
            trust::cbor::scan(&element.value, trust::cbor::Profile::Interoperable)?;
            let mut salt = [0; 32];
            random.fill(&mut salt).map_err(|_| MdocError::NoRandom)?;
            match namespaces.iter_mut().find(|(name, _)| *name == element.namespace) {
                Some((_, elements)) => {
                    if elements.iter().any(|(_, other)| other.identifier == element.identifier) {
                        return Err(MdocError::Twice);
                    }
                    elements.push((salt, element));
                }
                None => namespaces.push((&element.namespace, vec![(salt, element)])),
            }
        }
        for (_, elements) in &mut namespaces {
            elements.sort_by_key(|(salt, _)| *salt);
        }
        Ok(namespaces)
    }

    fn security_object(&self, digests: Vec<u8>) -> Vec<u8> {
        let text = |text: &str| {
            let mut out = Encoder::new();
            out.text(text);
            out.finish()
        };
        let mut key_info = vec![("deviceKey", write_key(&self.device_key))];
        if !self.authorizations.is_empty() {
            key_info.push(("keyAuthorizations", self.authorizations.encode()));
        }
        let validity =
            [("signed", self.signed), ("validFrom", self.valid_from), ("validUntil", self.valid_until)];
        let mut members = vec![
            ("version", text("1.0")),
            ("digestAlgorithm", text("SHA-256")),
            ("valueDigests", digests),
            ("deviceKeyInfo", text_map(key_info)),
            ("docType", text(&self.doc_type)),
            ("validityInfo", text_map(validity.map(|(name, time)| (name, write_tdate(time))).into())),
        ];
        if let Some(status) = &self.status {
            let mut index = Encoder::new();
            index.uint(status.index);
            let list = text_map(vec![("idx", index.finish()), ("uri", text(&status.uri))]);
            members.push(("status", text_map(vec![("status_list", list)])));
        }
        text_map(members)
    }

    fn unprotected(&self) -> Vec<u8> {
        let mut out = Encoder::new();
        out.map(1).int(X5CHAIN);
        match self.chain.as_slice() {
            [one] => {
                out.bytes(one);
            }
            several => {
                out.array(several.len());
                for certificate in several {
                    out.bytes(certificate);
                }
            }
        }
        out.finish()
    }
}

fn item(number: u64, salt: &[u8], element: &NewElement) -> Vec<u8> {
    let mut out = Encoder::new();
    out.map(4).text("random").bytes(salt).text("digestID").uint(number);
    out.text("elementValue").raw(&element.value);
    out.text("elementIdentifier").text(&element.identifier);
    out.finish()
}

impl UnsignedMdoc {
    /// The bytes that the issuer signs.
    pub fn to_be_signed(&self) -> Vec<u8> {
        self.auth.to_be_signed()
    }

    /// The mdoc with its signature and all its elements, an encoded `IssuerSigned`.
    pub fn assemble(&self, signature: &[u8; 64]) -> Vec<u8> {
        let auth = self.auth.assemble_bare(signature);
        text_map(vec![("nameSpaces", self.namespaces.clone()), ("issuerAuth", auth)])
    }
}
