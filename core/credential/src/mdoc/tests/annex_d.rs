//! The examples of ISO/IEC 18013-5, Annex D.
use std::path::PathBuf;

use super::*;

fn vector(name: &str) -> Value {
    let root = std::env::var_os("SEN_VECTORS")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/vectors"), PathBuf::from);
    let bytes = std::fs::read(root.join("qr/iso18013-5").join(name)).unwrap();
    serde_json::from_slice(&bytes).unwrap()
}

fn bytes(value: &Value) -> Vec<u8> {
    hex::decode(value.as_str().unwrap()).unwrap()
}

/// The response carries a MAC, which needs the reader's key; its issuer's part is checked by itself.
fn issuer_signed(response: &[u8]) -> Vec<u8> {
    let map = Item::parse(response, Profile::Interoperable).unwrap().as_map().unwrap();
    let document = map.get_text("documents").unwrap().as_array().unwrap().next().unwrap();
    document.as_map().unwrap().get_text("issuerSigned").unwrap().raw().to_vec()
}

#[test]
fn vectors_of_annex_d_verify_under_their_pinned_signer() {
    let annex = vector("annex-d.json");
    let response = bytes(&annex["device_response"]);
    assert_eq!(DeviceResponse::parse(&response).unwrap_err(), MdocError::DeviceMac);
    let mdoc = issuer_signed(&response);
    let anchors = CertificateAnchors::new(vec![Certificate::parse(&bytes(&annex["ds_cert"])).unwrap()]);
    let now = Timestamp::parse_rfc3339("2021-01-01T00:00:00Z").unwrap();
    let parsed = IssuerSigned::parse(&mdoc).unwrap();
    let verified = parsed.verify("org.iso.18013.5.1.mDL", &anchors, now).unwrap();
    assert_eq!(verified.elements().len(), 6);
    let name = verified.element("org.iso.18013.5.1", "family_name").unwrap();
    assert_eq!(name.as_text(), Some("Doe"));
    assert_eq!(verified.device_key().x(), bytes(&annex["static_device_key_x"]));
    let portrait = verified.element("org.iso.18013.5.1", "portrait").unwrap();
    let portrait = Item::parse(portrait.value(), Profile::Interoperable).unwrap().as_bytes().unwrap();
    assert_eq!(portrait, bytes(&annex["device_response_portrait_data"]));
    let later = Timestamp::parse_rfc3339("2026-01-01T00:00:00Z").unwrap();
    let late = parsed.verify("org.iso.18013.5.1.mDL", &anchors, later).unwrap_err();
    assert!(matches!(late, MdocError::Chain(_)));
}

#[test]
fn vectors_of_the_security_object_say_the_same() {
    let expected = vector("annex-d-mso.json");
    let response = bytes(&vector("annex-d.json")["device_response"]);
    let mdoc = issuer_signed(&response);
    let map = Item::parse(&mdoc, Profile::Interoperable).unwrap().as_map().unwrap();
    let auth = Sign1::from_item(map.get_text("issuerAuth").unwrap(), Profile::Interoperable).unwrap();
    assert_eq!(auth.protected(), bytes(&expected["protected_hex"]));
    assert_eq!(auth.signature(), bytes(&expected["signature_hex"]));
    assert_eq!(auth.payload(), bytes(&expected["issuer_auth_payload_hex"]));
    let payload = auth.payload_item().unwrap();
    let mso = mso::Mso::parse(embedded(&payload).unwrap()).unwrap();
    assert_eq!(mso.doc_type, expected["docType"]);
    let time =
        |name: &str| Timestamp::parse_rfc3339(expected["validityInfo"][name].as_str().unwrap()).unwrap();
    assert_eq!(
        (mso.signed, mso.valid_from, mso.valid_until),
        (time("signed"), time("validFrom"), time("validUntil"))
    );
    for (namespace, digests) in expected["valueDigests"].as_object().unwrap() {
        for (number, digest) in digests.as_object().unwrap() {
            let signed = mso.digests(namespace).unwrap();
            assert!(signed.contains(&(number.parse().unwrap(), &bytes(digest)[..])));
        }
    }
}
