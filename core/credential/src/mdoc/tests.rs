use serde_json::{Value, json};
use test_key::{Authority, TestKey};
use trust::cbor::Profile;
use trust::certificates::{Certificate, CertificateAnchors};
use trust::cose::{self, ALG};
use trust::random::SystemRandom;
use trust::time::Timestamp;

use super::*;
use crate::claims::StatusReference;

mod annex_d;
mod mutants;

const NOW: Timestamp = Timestamp::from_unix(1_800_000_000);
const DOC_TYPE: &str = "vn.gov.citizen.1";
const NAMESPACE: &str = "vn.gov.citizen.1";
const PAYMENT: &str = "vn.gov.payment.1";

fn text(text: &str) -> Vec<u8> {
    let mut out = Encoder::new();
    out.text(text);
    out.finish()
}

fn element(namespace: &str, identifier: &str, value: Vec<u8>) -> NewElement {
    NewElement { namespace: namespace.into(), identifier: identifier.into(), value }
}

/// An issuer below a root, and the device that its mdocs are for.
struct World {
    root: Authority,
    issuer: TestKey,
    device: TestKey,
    draft: MdocDraft,
}

impl World {
    fn new() -> Self {
        let (root, issuer, device) = (Authority::root("root"), TestKey::new(), TestKey::new());
        let mut authorizations = KeyAuthorizations::default();
        authorizations.elements.entry(PAYMENT.into()).or_default().insert("amount".into());
        let draft = MdocDraft {
            doc_type: DOC_TYPE.into(),
            elements: vec![
                element(NAMESPACE, "personal_number", text("000190000002")),
                element(NAMESPACE, "family_name", text("Nguyễn")),
                element(NAMESPACE, "birth_year", vec![0x19, 0x07, 0xc6]),
                element("vn.gov.insurance.1", "card", text("DN4010000000001")),
            ],
            device_key: device.public(),
            authorizations,
            signed: NOW,
            valid_from: NOW,
            valid_until: NOW.plus_seconds(86_400),
            status: Some(StatusReference { uri: "https://status.example/1".into(), index: 7 }),
            chain: vec![root.issue("issuer", &issuer)],
        };
        Self { root, issuer, device, draft }
    }

    fn anchors(&self) -> CertificateAnchors {
        CertificateAnchors::new(vec![Certificate::parse(&self.root.der()).unwrap()])
    }

    fn issued(&self) -> Vec<u8> {
        let unsigned = self.draft.prepare(&mut SystemRandom::new()).unwrap();
        unsigned.assemble(&self.issuer.sign(&unsigned.to_be_signed()))
    }

    fn verify(&self, mdoc: &[u8]) -> Result<VerifiedMdoc, MdocError> {
        IssuerSigned::parse(mdoc)?.verify(DOC_TYPE, &self.anchors(), NOW)
    }

    /// What is said of an mdoc of a world that was changed before it was signed.
    fn refusal(change: impl FnOnce(&mut Self)) -> MdocError {
        let mut world = Self::new();
        change(&mut world);
        world.verify(&world.issued()).unwrap_err()
    }

    /// What is said of an mdoc whose security object was changed before it was signed.
    fn mso_refusal(from: &[u8], to: &[u8]) -> MdocError {
        let world = Self::new();
        let (mut mso, namespaces) = world.parts();
        assert_eq!(from.len(), to.len());
        let at = mso.windows(from.len()).position(|part| part == from).expect("there");
        mso[at..at + to.len()].copy_from_slice(to);
        let mdoc = world.signed_as(&[(ALG, -7)], &mso, &namespaces);
        world.verify(&mdoc).unwrap_err()
    }

    /// The security object and the namespaces of an mdoc.
    fn parts(&self) -> (Vec<u8>, Vec<u8>) {
        let mdoc = self.issued();
        let map = Item::parse(&mdoc, Profile::Interoperable).unwrap().as_map().unwrap();
        let auth = Sign1::parse(map.get_text("issuerAuth").unwrap().raw(), Profile::Interoperable).unwrap();
        let mso = embedded(&auth.payload_item().unwrap()).unwrap().to_vec();
        (mso, map.get_text("nameSpaces").unwrap().raw().to_vec())
    }

    /// An mdoc from its parts with these protected headers, signed anew.
    fn signed_as(&self, headers: &[(i64, i64)], mso: &[u8], namespaces: &[u8]) -> Vec<u8> {
        let (mut protected, mut unprotected) = (Encoder::new(), Encoder::new());
        protected.map(headers.len());
        for (label, value) in headers {
            protected.int(*label).int(*value);
        }
        unprotected.map(1).int(X5CHAIN).bytes(&self.draft.chain[0]);
        let auth = cose::Draft::new(protected.finish(), unprotected.finish(), embed(mso));
        let auth = auth.assemble_bare(&self.issuer.sign(&auth.to_be_signed()));
        text_map(vec![("nameSpaces", namespaces.to_vec()), ("issuerAuth", auth)])
    }

    fn transcript() -> SessionTranscript {
        SessionTranscript::openid4vp("x509_hash:abc", "nonce", None, "https://portal.example/response")
    }

    fn response(&self, disclosed: &[(&str, &str)], signed: &[NewElement]) -> Vec<u8> {
        let draft = DeviceDraft::new(&self.issued(), disclosed, signed, &Self::transcript()).unwrap();
        draft.assemble(&self.device.sign(&draft.to_be_signed()))
    }

    fn verify_response(&self, bytes: &[u8]) -> Result<VerifiedDocument, MdocError> {
        let response = DeviceResponse::parse(bytes)?;
        response.documents()[0].verify(DOC_TYPE, &Self::transcript(), &self.anchors(), NOW)
    }
}

#[test]
fn the_verified_mdoc_says_what_was_issued() {
    let world = World::new();
    let verified = world.verify(&world.issued()).unwrap();
    assert_eq!((verified.doc_type(), verified.elements().len()), (DOC_TYPE, 4));
    assert_eq!(verified.element(NAMESPACE, "family_name").unwrap().as_text(), Some("Nguyễn"));
    assert_eq!(*verified.device_key(), world.draft.device_key);
    assert_eq!(verified.authorizations(), &world.draft.authorizations);
    assert_eq!(verified.status(), world.draft.status.as_ref());
    assert_eq!((verified.signed(), verified.valid_until()), (NOW, world.draft.valid_until));
    assert_eq!(verified.issuer().leaf().subject(), "CN=issuer,C=VN");
    let json = json!({
        NAMESPACE: {"personal_number": "000190000002", "family_name": "Nguyễn", "birth_year": 1990},
        "vn.gov.insurance.1": {"card": "DN4010000000001"},
    });
    assert_eq!(verified.to_json(), json);
}

#[test]
fn takes_both_names_of_the_algorithm_and_a_tagged_signature() {
    let world = World::new();
    let (mso, namespaces) = world.parts();
    for algorithm in [-7, -9] {
        world.verify(&world.signed_as(&[(ALG, algorithm)], &mso, &namespaces)).unwrap();
    }
    let mdoc = world.issued();
    let map = Item::parse(&mdoc, Profile::Interoperable).unwrap().as_map().unwrap();
    let tagged = [&[0xd2], map.get_text("issuerAuth").unwrap().raw()].concat();
    let tagged = text_map(vec![("nameSpaces", namespaces), ("issuerAuth", tagged)]);
    // The namespaces are those of another copy: their digests alone do not fit.
    assert_eq!(world.verify(&tagged).unwrap_err(), MdocError::Digest);
    let tagged =
        text_map(vec![("issuerAuth", [&[0xd2], map.get_text("issuerAuth").unwrap().raw()].concat())]);
    world.verify(&tagged).unwrap();
}

#[test]
fn refuses_other_algorithms_and_critical_headers() {
    let world = World::new();
    let (mso, namespaces) = world.parts();
    let refusal =
        |headers: &[(i64, i64)]| world.verify(&world.signed_as(headers, &mso, &namespaces)).unwrap_err();
    assert_eq!(refusal(&[(ALG, -8)]), MdocError::Algorithm);
    assert_eq!(refusal(&[]), MdocError::Algorithm);
    assert_eq!(refusal(&[(ALG, -7), (2, 1)]), MdocError::Critical);
    assert_eq!(World::mso_refusal(b"SHA-256", b"SHA-512"), MdocError::Algorithm);
    assert_eq!(World::mso_refusal(b"\x631.0", b"\x632.0"), MdocError::Version);
}

#[test]
fn refuses_another_document_type_another_root_and_another_issuer() {
    let world = World::new();
    let mdoc = world.issued();
    let parsed = IssuerSigned::parse(&mdoc).unwrap();
    let other = parsed.verify("org.iso.18013.5.1.mDL", &world.anchors(), NOW);
    assert_eq!(other.unwrap_err(), MdocError::DocumentType);
    let stranger = parsed.verify(DOC_TYPE, &World::new().anchors(), NOW).unwrap_err();
    assert!(matches!(stranger, MdocError::Chain(_)));
    let forged = World::refusal(|world| world.issuer = TestKey::new());
    assert_eq!(forged, MdocError::SignatureInvalid);
}

#[test]
fn refuses_an_element_that_is_not_the_issuers() {
    let world = World::new();
    let mut forged = world.issued();
    let at = forged.windows(12).position(|part| part == b"000190000002").unwrap();
    forged[at + 11] = b'3';
    assert_eq!(world.verify(&forged).unwrap_err(), MdocError::Digest);
    let mut unknown = world.issued();
    let at = unknown.windows(9).position(|part| part == b"digestID\x00").unwrap();
    unknown[at + 8] = 23;
    assert_eq!(world.verify(&unknown).unwrap_err(), MdocError::Digest);
}

#[test]
fn hashes_long_heads_as_they_were_received() {
    let world = World::new();
    let (mut mso, namespaces) = world.parts();
    let map = Item::parse(&namespaces, Profile::Interoperable).unwrap().as_map().unwrap();
    let item = map.get_text("vn.gov.insurance.1").unwrap().as_array().unwrap().next().unwrap();
    // A widely used issuer writes the head of a map of four in three bytes.
    let long = embed(&[&[0xb9, 0, 4], &embedded(&item).unwrap()[1..]].concat());
    let (before, after) = (crate::digest::sha256(item.raw()), crate::digest::sha256(&long));
    let at = mso.windows(32).position(|part| part == before).unwrap();
    mso[at..at + 32].copy_from_slice(&after);
    let namespaces = text_map(vec![("vn.gov.insurance.1", [&[0x81], &long[..]].concat())]);
    let mdoc = world.signed_as(&[(ALG, -7)], &mso, &namespaces);
    assert_eq!(world.verify(&mdoc).unwrap().elements().len(), 1);
    // So it stays when the holder selects.
    world.verify(&select(&mdoc, &[("vn.gov.insurance.1", "card")]).unwrap()).unwrap();
}

#[test]
fn refuses_a_member_that_an_mdoc_does_not_have() {
    let world = World::new();
    let mut misspelt = world.issued();
    let at = misspelt.windows(10).position(|part| part == b"nameSpaces").unwrap();
    misspelt[at] = b'm';
    assert_eq!(world.verify(&misspelt).unwrap_err(), MdocError::Malformed(cbor::Error::Record));
}

#[test]
fn refuses_an_element_twice_and_a_short_random_value() {
    let world = World::new();
    let twice = |draft: &mut MdocDraft| draft.elements.push(draft.elements[0].clone());
    let mut draft = world.draft.clone();
    twice(&mut draft);
    assert_eq!(draft.prepare(&mut SystemRandom::new()).unwrap_err(), MdocError::Twice);
    let (mso, namespaces) = world.parts();
    let map = Item::parse(&namespaces, Profile::Interoperable).unwrap().as_map().unwrap();
    let first = map.get_text("vn.gov.insurance.1").unwrap().as_array().unwrap().next().unwrap();
    let with = |items: &[&[u8]]| {
        let mut list = Encoder::new();
        list.array(items.len()).raw(&items.concat());
        let namespaces = text_map(vec![("vn.gov.insurance.1", list.finish())]);
        world.verify(&world.signed_as(&[(ALG, -7)], &mso, &namespaces))
    };
    with(&[first.raw()]).unwrap();
    assert_eq!(with(&[first.raw(), first.raw()]).unwrap_err(), MdocError::Twice);
    let mut short = Encoder::new();
    short.map(4).text("random").bytes(&[1; 15]).text("digestID").uint(0);
    short.text("elementValue").uint(1).text("elementIdentifier").text("card");
    assert_eq!(with(&[&embed(&short.finish())]).unwrap_err(), MdocError::ShortRandom);
}

#[test]
fn refuses_times_that_do_not_fit() {
    let world = World::new();
    let mdoc = world.issued();
    let at = |now| IssuerSigned::parse(&mdoc).unwrap().verify(DOC_TYPE, &world.anchors(), now).map(|_| ());
    assert_eq!(at(NOW.minus_seconds(1)), Err(MdocError::NotYetValid));
    assert_eq!(at(world.draft.valid_until), Ok(()));
    assert_eq!(at(world.draft.valid_until.plus_seconds(1)), Err(MdocError::Expired));
    // In 2023, before the issuer's certificate began.
    let early = World::refusal(|world| world.draft.signed = Timestamp::from_unix(1_690_000_000));
    assert_eq!(early, MdocError::Times);
    for change in [
        |draft: &mut MdocDraft| draft.valid_until = draft.valid_from,
        |draft: &mut MdocDraft| draft.valid_from = draft.signed.minus_seconds(1),
    ] {
        let mut draft = world.draft.clone();
        change(&mut draft);
        assert_eq!(draft.prepare(&mut SystemRandom::new()).unwrap_err(), MdocError::Times);
    }
    // The same written by an issuer that does not look: signed in 2028, valid from 2027; valid until before it begins.
    let signed = World::mso_refusal(b"\x66signed\xc0\x742027", b"\x66signed\xc0\x742028");
    assert_eq!(signed, MdocError::Times);
    let until = World::mso_refusal(b"\x6avalidUntil\xc0\x742027", b"\x6avalidUntil\xc0\x742026");
    assert_eq!(until, MdocError::Times);
}

#[test]
fn refuses_a_device_key_and_a_status_that_are_none() {
    assert_eq!(World::mso_refusal(b"\xa4\x01\x02\x20\x01", b"\xa4\x01\x02\x20\x02"), MdocError::DeviceKey);
    assert_eq!(World::mso_refusal(b"\x63uri", b"\x63url"), MdocError::Status);
    assert_eq!(World::mso_refusal(b"\x63idx\x07", b"\x63idx\x27"), MdocError::Status);
}

#[test]
fn the_holder_discloses_the_chosen_elements_and_no_others() {
    let world = World::new();
    let mdoc = world.issued();
    let chosen = select(&mdoc, &[(NAMESPACE, "birth_year")]).unwrap();
    let verified = world.verify(&chosen).unwrap();
    assert_eq!(verified.elements().len(), 1);
    assert!(verified.element(NAMESPACE, "birth_year").is_some());
    assert!(!chosen.windows(12).any(|part| part == b"000190000002"));
    assert!(world.verify(&select(&mdoc, &[]).unwrap()).unwrap().elements().is_empty());
    for missing in [(NAMESPACE, "card"), ("vn.gov.insurance.1", "birth_year")] {
        assert_eq!(select(&mdoc, &[missing]).unwrap_err(), MdocError::NoSuchElement);
    }
}

#[test]
fn the_numbers_of_the_digests_do_not_follow_the_order_of_the_elements() {
    let first =
        |world: &World| IssuerSigned::parse(&world.issued()).unwrap().elements()[0].identifier().to_owned();
    let world = World::new();
    let seen: std::collections::BTreeSet<_> = (0..40).map(|_| first(&world)).collect();
    assert!(seen.len() > 1, "{seen:?}");
}

#[test]
fn the_verified_response_says_what_issuer_and_device_signed() {
    let world = World::new();
    let paid = element(PAYMENT, "amount", vec![0x18, 0x64]);
    let response = world.response(&[(NAMESPACE, "family_name")], &[paid]);
    let verified = world.verify_response(&response).unwrap();
    assert_eq!(verified.mdoc().elements().len(), 1);
    let signed = &verified.device_signed()[0];
    assert_eq!(
        (signed.namespace(), signed.identifier(), signed.value()),
        (PAYMENT, "amount", &[0x18, 0x64][..])
    );
}

#[test]
fn refuses_a_response_for_another_session_by_another_device_or_of_another_type() {
    let world = World::new();
    let response = world.response(&[], &[]);
    let parsed = DeviceResponse::parse(&response).unwrap();
    let with = |doc_type, transcript: SessionTranscript| {
        parsed.documents()[0].verify(doc_type, &transcript, &world.anchors(), NOW).unwrap_err()
    };
    for other in [
        SessionTranscript::openid4vp("x509_hash:abd", "nonce", None, "https://portal.example/response"),
        SessionTranscript::openid4vp("x509_hash:abc", "nonce2", None, "https://portal.example/response"),
        SessionTranscript::openid4vp(
            "x509_hash:abc",
            "nonce",
            Some(&[0; 32]),
            "https://portal.example/response",
        ),
        SessionTranscript::openid4vp("x509_hash:abc", "nonce", None, "https://other.example/response"),
        SessionTranscript::openid4vp_dc_api("https://portal.example", "nonce", None),
    ] {
        assert_eq!(with(DOC_TYPE, other), MdocError::DeviceSignature);
    }
    assert_eq!(with("org.iso.18013.5.1.mDL", World::transcript()), MdocError::DocumentType);
    let mut stolen = World::new();
    stolen.device = TestKey::new();
    assert_eq!(stolen.verify_response(&stolen.response(&[], &[])).unwrap_err(), MdocError::DeviceSignature);
}

#[test]
fn the_device_signs_nothing_that_the_issuer_did_not_authorize() {
    let mut world = World::new();
    let other = element(PAYMENT, "payee", text("x"));
    let refused = DeviceDraft::new(&world.issued(), &[], std::slice::from_ref(&other), &World::transcript());
    assert_eq!(refused.unwrap_err(), MdocError::NotAuthorized);
    // A wallet that does not ask: it works with an mdoc that allows more, and shows the one that does not.
    let mdoc = world.issued();
    world.draft.authorizations.namespaces.insert(PAYMENT.into());
    let generous = DeviceDraft::new(&world.issued(), &[], &[other], &World::transcript()).unwrap();
    let response = generous.assemble(&world.device.sign(&generous.to_be_signed()));
    assert_eq!(world.verify_response(&response).unwrap().device_signed().len(), 1);
    let generous_auth = select(&mdoc, &[]).unwrap();
    let map = |bytes| Item::parse(bytes, Profile::Interoperable).unwrap().as_map().unwrap();
    let document = map(&response).get_text("documents").unwrap().as_array().unwrap().next().unwrap();
    let document = document.as_map().unwrap();
    let swapped = text_map(vec![
        ("docType", document.get_text("docType").unwrap().raw().to_vec()),
        ("deviceSigned", document.get_text("deviceSigned").unwrap().raw().to_vec()),
        ("issuerSigned", generous_auth),
    ]);
    let swapped = text_map(vec![
        ("version", text("1.0")),
        ("status", vec![0]),
        ("documents", [&[0x81], &swapped[..]].concat()),
    ]);
    assert_eq!(world.verify_response(&swapped).unwrap_err(), MdocError::NotAuthorized);
}

#[test]
fn refuses_responses_without_document_with_an_error_or_of_another_version() {
    let refusal = |entries| DeviceResponse::parse(&text_map(entries)).unwrap_err();
    let version = || ("version", text("1.0"));
    assert_eq!(refusal(vec![version(), ("status", vec![0])]), MdocError::NoDocument);
    assert_eq!(
        refusal(vec![version(), ("status", vec![0]), ("documents", vec![0x80])]),
        MdocError::NoDocument
    );
    assert_eq!(refusal(vec![version(), ("status", vec![10])]), MdocError::NoDocument);
    assert_eq!(refusal(vec![("version", text("2.0")), ("status", vec![0])]), MdocError::Version);
    assert_eq!(DeviceResponse::parse(&vec![0; LARGEST + 1]).unwrap_err(), MdocError::TooLarge);
    assert_eq!(IssuerSigned::parse(&vec![0; LARGEST + 1]).unwrap_err(), MdocError::TooLarge);
}

#[test]
fn the_transcripts_are_those_printed_in_openid4vp() {
    let key: Value = json!({
        "kty": "EC", "crv": "P-256",
        "x": "DxiH5Q4Yx3UrukE2lWCErq8N8bqC9CHLLrAwLz5BmE0",
        "y": "XtLM4-3h5o3HUH0MHVJV0kyq0iBlrBwlh8qEDMZ4-Pc",
    });
    let thumbprint = crate::jose::Jwk::from_json(&key).unwrap().thumbprint();
    assert_eq!(hex::encode(thumbprint), "4283ec927ae0f208daaa2d026a814f2b22dca52cf85ffa8f3f8626c6bd669047");
    let nonce = "exc7gBkxjx1rdc9udRrveKvSsJIq80avlXeLHhGwqtA";
    let redirect = SessionTranscript::openid4vp(
        "x509_san_dns:example.com",
        nonce,
        Some(&thumbprint),
        "https://example.com/response",
    );
    let browser = SessionTranscript::openid4vp_dc_api("https://example.com", nonce, Some(&thumbprint));
    for (transcript, name, hash) in [
        (redirect, "OpenID4VPHandover", "048bc053c00442af9b8eed494cefdd9d95240d254b046b11b68013722aad38ac"),
        (
            browser,
            "OpenID4VPDCAPIHandover",
            "fbece366f4212f9762c74cfdbf83b8c69e371d5d68cea09cb4c48ca6daab761a",
        ),
    ] {
        let parts: Vec<_> =
            Item::parse(transcript.as_bytes(), Profile::Deterministic).unwrap().as_array().unwrap().collect();
        assert!(parts[0].is_null() && parts[1].is_null());
        let handover: Vec<_> = parts[2].as_array().unwrap().collect();
        assert_eq!((handover.len(), handover[0].as_text(), parts.len()), (2, Ok(name), 3));
        assert_eq!(hex::encode(handover[1].as_bytes().unwrap()), hash);
        assert_eq!(SessionTranscript::from_bytes(transcript.as_bytes()).unwrap(), transcript);
    }
    assert!(SessionTranscript::from_bytes(&[0x82, 0xf6, 0xf6]).is_err());
}
