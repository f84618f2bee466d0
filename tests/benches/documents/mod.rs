//! One person's document as mdoc and as SD-JWT VC, with an issuer's certificate as ISO/IEC 18013-5, Annex B wants it, so that other
//! readers take it too; and what no verifier of it can spare.
#![allow(dead_code, reason = "each program uses a part")]
use std::collections::BTreeSet;
use std::hint::black_box;

use credential::mdoc::{DeviceDraft, KeyAuthorizations, MdocDraft, NewElement, SessionTranscript};
use credential::sd_jwt::{ExpectedBinding, KeyBinding, KeyBindingDraft, SdJwtDraft, Step, select};
use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, SHA256, digest};
use serde_json::json;
use test_key::TestKey;
use test_key::rcgen::{
    self, BasicConstraints, CertificateParams, CertifiedIssuer, CrlDistributionPoint, CustomExtension,
    DnType, ExtendedKeyUsagePurpose, IsCa, KeyIdMethod, KeyPair, KeyUsagePurpose, PublicKeyData,
};
use trust::cbor::Encoder;
use trust::certificates::{Certificate, CertificateAnchors};
use trust::p256::PublicKey;
use trust::random::SystemRandom;
use trust::time::Timestamp;

/// Elements of an mdoc, all of them shown.
const ELEMENTS: usize = 12;
/// Octets of the one that is a portrait.
const PORTRAIT: usize = 1536;
/// Claims of an SD-JWT VC, and how many of them are shown.
const CLAIMS: usize = 10;
const SHOWN: usize = 5;
pub(crate) const AUDIENCE: &str = "x509_hash:abc";
pub(crate) const NONCE: &str = "nonce";
pub(crate) const ISSUER: &str = "urn:vn:issuer";
const NAME: &str = "Nguyễn Thị Mẫu";

/// An issuer with one certificate below a root, and a device.
pub(crate) struct World {
    root: Vec<u8>,
    pub(crate) issuer: TestKey,
    pub(crate) device: TestKey,
    chain: Vec<Vec<u8>>,
    pub(crate) now: Timestamp,
}

/// An issued mdoc.
pub(crate) struct Mdoc {
    pub(crate) issued: Vec<u8>,
    /// Octets that its issuer signed.
    signed: usize,
    doc_type: &'static str,
    names: Vec<String>,
    pub(crate) transcript: SessionTranscript,
}

/// An issued SD-JWT VC.
pub(crate) struct Issued {
    text: String,
    /// Octets that its issuer signed.
    signed: usize,
    now: Timestamp,
}

impl World {
    pub(crate) fn new(now: Timestamp) -> Self {
        let (issuer, device) = (TestKey::new(), TestKey::new());
        let key = KeyPair::generate_for(&rcgen::PKCS_ECDSA_P256_SHA256).unwrap();
        let mut params = profiled("root", &key, 20);
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let root = CertifiedIssuer::self_signed(params, key).unwrap();
        let mut params = profiled("issuer", &issuer, 10);
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::Other(vec![1, 0, 18013, 5, 1, 2])];
        params.use_authority_key_identifier_extension = true;
        let identifier = [&[4, 20][..], &key_identifier(&issuer)].concat();
        params.custom_extensions.push(CustomExtension::from_oid_content(&[2, 5, 29, 14], identifier));
        let chain = vec![params.signed_by(&issuer, &root).unwrap().der().to_vec()];
        Self { root: root.as_ref().der().to_vec(), issuer, device, chain, now }
    }

    pub(crate) fn root(&self) -> &[u8] {
        &self.root
    }

    pub(crate) fn anchors(&self) -> CertificateAnchors {
        CertificateAnchors::new(vec![Certificate::parse(&self.root).unwrap()])
    }

    /// The signatures that no verifier can spare, two or with a chain three, and the hashes, over messages of the lengths that they
    /// have here. The root's is checked with the key of another pair, since that takes as long.
    fn floor(
        &self,
        issued: usize,
        presented: usize,
        hashed: Vec<usize>,
        chain: bool,
    ) -> impl FnMut() + use<'_> {
        let messages = [vec![1; issued], vec![2; presented], self.chain.first().unwrap().clone()];
        let signatures = [self.issuer.sign(&messages[0]), self.device.sign(&messages[1])];
        let (leaf, content) = (TestKey::new(), vec![3; hashed.iter().copied().max().unwrap()]);
        let certificate = (leaf.public(), leaf.sign(&messages[2]));
        let check = |key: &PublicKey, message: &[u8], signature: &[u8; 64]| {
            key.verify(message, signature).unwrap();
        };
        let keys = [self.issuer.public(), self.device.public()];
        move || {
            if chain {
                check(&certificate.0, &messages[2], &certificate.1);
            }
            check(&keys[0], &messages[0], &signatures[0]);
            check(&keys[1], &messages[1], &signatures[1]);
            for length in &hashed {
                black_box(digest(&SHA256, content.get(..*length).unwrap()));
            }
        }
    }

    pub(crate) fn mdoc(&self, doc_type: &'static str, namespace: &str) -> Mdoc {
        let element = |number: usize| {
            let mut value = Encoder::new();
            match number {
                0 => value.bytes(&[7; PORTRAIT]),
                _ => value.text(NAME),
            };
            NewElement {
                namespace: namespace.into(),
                identifier: format!("element_{number}"),
                value: value.finish(),
            }
        };
        let draft = MdocDraft {
            doc_type: doc_type.into(),
            elements: (0..ELEMENTS).map(element).collect(),
            device_key: self.device.public(),
            authorizations: KeyAuthorizations::default(),
            signed: self.now,
            valid_from: self.now,
            valid_until: self.now.plus_seconds(86_400),
            status: None,
            chain: self.chain.clone(),
        };
        let unsigned = draft.prepare(&mut SystemRandom::new()).unwrap();
        let to_be_signed = unsigned.to_be_signed();
        Mdoc {
            issued: unsigned.assemble(&self.issuer.sign(&to_be_signed)),
            signed: to_be_signed.len(),
            doc_type,
            names: draft.elements.iter().map(|element| element.identifier.clone()).collect(),
            transcript: SessionTranscript::openid4vp(AUDIENCE, NONCE, None, "https://portal.example"),
        }
    }

    pub(crate) fn sd_jwt(&self) -> Issued {
        let names: Vec<String> = (0..CLAIMS).map(claim).collect();
        let mut claims: serde_json::Map<_, _> =
            names.iter().map(|name| (name.clone(), json!(NAME))).collect();
        claims.insert("iss".to_owned(), json!(ISSUER));
        let draft = SdJwtDraft {
            vct: "urn:vn:citizen:1".into(),
            claims,
            selective: names.into_iter().map(|name| vec![Step::Key(name.into())]).collect::<BTreeSet<_>>(),
            decoys: 0,
            cnf: Some(self.device.public()),
            not_before: None,
            expires: self.now.plus_seconds(86_400),
            status: None,
            chain: self.chain.clone(),
        };
        let unsigned = draft.prepare(&mut SystemRandom::new()).unwrap();
        let to_be_signed = unsigned.to_be_signed();
        Issued {
            text: unsigned.assemble(&self.issuer.sign(to_be_signed)),
            signed: to_be_signed.len(),
            now: self.now,
        }
    }
}

impl Mdoc {
    /// What the device is to sign, with all elements shown.
    pub(crate) fn draft(&self, namespace: &str) -> DeviceDraft {
        let shown: Vec<(&str, &str)> = self.names.iter().map(|name| (namespace, name.as_str())).collect();
        DeviceDraft::new(&self.issued, &shown, &[], &self.transcript).unwrap()
    }

    pub(crate) fn doc_type(&self) -> &'static str {
        self.doc_type
    }

    pub(crate) fn floor<'a>(&self, world: &'a World, namespace: &str) -> impl FnMut() + use<'a> {
        // What stands around a value: number, random octets, names.
        let mut hashed = vec![110; ELEMENTS];
        *hashed.first_mut().unwrap() += PORTRAIT;
        world.floor(self.signed, self.draft(namespace).to_be_signed().len(), hashed, true)
    }
}

impl Issued {
    /// What the device is to sign, with some claims shown.
    pub(crate) fn draft(&self) -> KeyBindingDraft {
        let wanted: Vec<Vec<Step>> = (0..SHOWN).map(|number| vec![Step::Key(claim(number).into())]).collect();
        let binding = KeyBinding {
            audience: AUDIENCE,
            nonce: NONCE,
            issued_at: self.now,
            transaction_data: &[],
            names_hash: false,
        };
        binding.prepare(&select(&self.text, &wanted).unwrap()).unwrap()
    }

    /// The hashes are those of the disclosures and the one that the key binding is over.
    pub(crate) fn floor<'a>(&self, world: &'a World, chain: bool) -> impl FnMut() + use<'a> {
        let draft = self.draft();
        let presented = draft.assemble(&world.device.sign(draft.to_be_signed()));
        let bound = presented.rfind('~').unwrap() + 1;
        let disclosures = presented[..bound].split_terminator('~').skip(1).map(str::len);
        let hashed = disclosures.chain([bound]).collect();
        world.floor(self.signed, draft.to_be_signed().len(), hashed, chain)
    }
}

pub(crate) const fn expected() -> ExpectedBinding<'static> {
    ExpectedBinding { audience: AUDIENCE, nonce: NONCE, transaction_data: &[], longest_age: 300 }
}

fn claim(number: usize) -> String {
    format!("claim_{number}")
}

/// What root and issuer have in common.
fn profiled(name: &str, key: &impl PublicKeyData, years: i32) -> CertificateParams {
    let mut params = CertificateParams::default();
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CountryName, "VN");
    params.distinguished_name.push(DnType::CommonName, name);
    params.key_identifier_method = KeyIdMethod::PreSpecified(key_identifier(key));
    params.crl_distribution_points =
        vec![CrlDistributionPoint { uris: vec!["https://issuer.example/crl".into()] }];
    // IssuerAltName with one URI.
    let place = b"https://issuer.example";
    let length = u8::try_from(place.len()).unwrap();
    let names = [&[0x30, length + 2, 0x86, length][..], place].concat();
    params.custom_extensions.push(CustomExtension::from_oid_content(&[2, 5, 29, 18], names));
    params.not_before = rcgen::date_time_ymd(2020, 1, 1);
    params.not_after = rcgen::date_time_ymd(2020 + years, 1, 1);
    params
}

/// RFC 5280, 4.2.1.2, the first method.
fn key_identifier(key: &impl PublicKeyData) -> Vec<u8> {
    digest(&SHA1_FOR_LEGACY_USE_ONLY, key.der_bytes()).as_ref().to_vec()
}
