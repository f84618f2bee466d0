//! Makes one mdoc and one SD-JWT VC of an invented person, or reads those of others: for the tests in `tests/peers`.
//!
//! ```text
//! exchange issue                                     JSON with certificates, keys, tokens and presentations
//! exchange mdoc ROOT.pem TYPE < issuer-signed        JSON of the elements, or the refusal and status 1
//! exchange sd-jwt ROOT.pem AUDIENCE NONCE < text     JSON of the claims, or the refusal and status 1
//! ```
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test stops where this stops")]
use std::collections::BTreeSet;
use std::io::Read as _;
use std::process::ExitCode;
use std::time::SystemTime;

use sen_credential::jose::Jwk;
use sen_credential::mdoc::{
    DeviceDraft, IssuerSigned, KeyAuthorizations, MdocDraft, NewElement, SessionTranscript,
};
use sen_credential::sd_jwt::{ExpectedBinding, IssuerKey, KeyBinding, SdJwt, SdJwtDraft, Step, select};
use serde_json::{Value, json};
use test_key::{Authority, TestKey};
use trust::cbor::Encoder;
use trust::certificates::CertificateAnchors;
use trust::random::SystemRandom;
use trust::time::Timestamp;

const TYPE: &str = "vn.gov.citizen.1";

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let answer = match words[..] {
        ["issue"] => Ok(issue()),
        ["mdoc", root, doc_type] => read_mdoc(&anchors(root), doc_type),
        ["sd-jwt", root, audience, nonce] => read_sd_jwt(&anchors(root), audience, nonce),
        _ => Err("issue, mdoc or sd-jwt".to_owned()),
    };
    match answer {
        Ok(answer) => {
            println!("{answer}");
            ExitCode::SUCCESS
        }
        Err(refusal) => {
            eprintln!("{refusal}");
            ExitCode::FAILURE
        }
    }
}

fn now() -> Timestamp {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    Timestamp::from_unix(now.as_secs().try_into().unwrap())
}

fn anchors(path: &str) -> CertificateAnchors {
    CertificateAnchors::from_pem(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn input() -> Vec<u8> {
    let mut bytes = Vec::new();
    std::io::stdin().read_to_end(&mut bytes).unwrap();
    bytes
}

fn read_mdoc(anchors: &CertificateAnchors, doc_type: &str) -> Result<Value, String> {
    let bytes = input();
    let mdoc = IssuerSigned::parse(&bytes).map_err(|error| error.to_string())?;
    let verified = mdoc.verify(doc_type, anchors, now()).map_err(|error| error.to_string())?;
    Ok(json!({"claims": verified.to_json(), "device_key": Jwk::new(*verified.device_key()).to_json()}))
}

fn read_sd_jwt(anchors: &CertificateAnchors, audience: &str, nonce: &str) -> Result<Value, String> {
    let text = String::from_utf8(input()).map_err(|error| error.to_string())?;
    let expected = ExpectedBinding { audience, nonce, transaction_data: &[], longest_age: 300 };
    let read = SdJwt::parse(text.trim()).map_err(|error| error.to_string())?;
    let bound = read.verify_bound(IssuerKey::Anchored(anchors), &expected, now());
    bound.map(|bound| json!(bound.sd_jwt().claims())).map_err(|error| error.to_string())
}

fn issue() -> Value {
    let (root, issuer, device) = (Authority::root("root"), TestKey::new(), TestKey::new());
    let chain = vec![root.issue("issuer", &issuer)];
    let mdoc = mdoc(&issuer, &device, &chain);
    let transcript = SessionTranscript::openid4vp("x509_hash:abc", "nonce", None, "https://portal.example");
    let draft = DeviceDraft::new(&mdoc, &[(TYPE, "family_name")], &[], &transcript).unwrap();
    let response = draft.assemble(&device.sign(&draft.to_be_signed()));
    let sd_jwt = sd_jwt(&issuer, &device, &chain);
    let binding = KeyBinding {
        audience: "x509_hash:abc",
        nonce: "nonce",
        issued_at: now(),
        transaction_data: &[],
        names_hash: false,
    };
    let chosen = select(&sd_jwt, &[vec![Step::Key("family_name".into())]]).unwrap();
    let draft = binding.prepare(&chosen).unwrap();
    json!({
        "root": root.pem(),
        "issuer_key": Jwk::new(issuer.public()).to_json(),
        "response": hex::encode(response),
        "transcript": hex::encode(transcript.as_bytes()),
        "device_key": Jwk::new(device.public()).to_json(),
        "sd_jwt": sd_jwt,
        "presentation": draft.assemble(&device.sign(draft.to_be_signed())),
    })
}

fn mdoc(issuer: &TestKey, device: &TestKey, chain: &[Vec<u8>]) -> Vec<u8> {
    let element = |identifier: &str, value: &str| {
        let mut encoded = Encoder::new();
        encoded.text(value);
        NewElement { namespace: TYPE.into(), identifier: identifier.into(), value: encoded.finish() }
    };
    let draft = MdocDraft {
        doc_type: TYPE.into(),
        elements: vec![element("family_name", "Nguyễn"), element("personal_number", "000190000002")],
        device_key: device.public(),
        authorizations: KeyAuthorizations::default(),
        signed: now(),
        valid_from: now(),
        valid_until: now().plus_seconds(86_400),
        status: None,
        chain: chain.to_vec(),
    };
    let unsigned = draft.prepare(&mut SystemRandom::new()).unwrap();
    unsigned.assemble(&issuer.sign(&unsigned.to_be_signed()))
}

fn sd_jwt(issuer: &TestKey, device: &TestKey, chain: &[Vec<u8>]) -> String {
    let claims = json!({
        "iss": "https://issuer.example",
        "family_name": "Nguyễn",
        "address": {"province": "01", "street": "1 Đường Mẫu"},
        "nationalities": ["VN", "XX"],
    });
    let Value::Object(claims) = claims else { return String::new() };
    let step = |name: &str| Step::Key(name.into());
    let draft = SdJwtDraft {
        vct: "urn:vn:citizen:1".into(),
        claims,
        selective: BTreeSet::from([
            vec![step("family_name")],
            vec![step("address")],
            vec![step("address"), step("street")],
            vec![step("nationalities"), Step::Index(1)],
        ]),
        decoys: 2,
        cnf: Some(device.public()),
        not_before: None,
        expires: now().plus_seconds(86_400),
        status: None,
        chain: chain.to_vec(),
    };
    let unsigned = draft.prepare(&mut SystemRandom::new()).unwrap();
    unsigned.assemble(&issuer.sign(unsigned.to_be_signed()))
}
