//! mdoc and SD-JWT VC from the device's signature to the verdict, against the cryptography that they cannot do without.
#![allow(clippy::unwrap_used, reason = "a bench stops where its world does not stand")]
use std::collections::BTreeSet;
use std::hint::black_box;

use credential::jose::jwe::{DecryptionKey, Encryption, Parties, encrypt};
use credential::mdoc::{
    DeviceDraft, DeviceResponse, KeyAuthorizations, MdocDraft, NewElement, SessionTranscript,
};
use credential::sd_jwt::{ExpectedBinding, IssuerKey, KeyBinding, SdJwt, SdJwtDraft, Step, select};
use ring::digest::{SHA256, digest};
use sen_benches::time;
use serde_json::json;
use test_key::{Authority, TestKey};
use trust::cbor::Encoder;
use trust::certificates::{Certificate, CertificateAnchors};
use trust::p256::PublicKey;
use trust::random::SystemRandom;
use trust::time::Timestamp;

const NOW: Timestamp = Timestamp::from_unix(1_800_000_000);
const TYPE: &str = "vn.gov.citizen.1";
const ELEMENTS: usize = 12;
const PORTRAIT: usize = 1536;
const AUDIENCE: &str = "x509_hash:abc";

/// An issuer with one certificate below a root, and a device.
struct World {
    root: Authority,
    issuer: TestKey,
    device: TestKey,
    chain: Vec<Vec<u8>>,
}

fn main() {
    let (root, issuer, device) = (Authority::root("root"), TestKey::new(), TestKey::new());
    let chain = vec![root.issue("issuer", &issuer)];
    let world = World { root, issuer, device, chain };
    mdoc(&world);
    sd_jwt(&world);
    encryption();
}

impl World {
    fn anchors(&self) -> CertificateAnchors {
        CertificateAnchors::new(vec![Certificate::parse(&self.root.der()).unwrap()])
    }

    /// The signatures that no verifier can spare, two or with a chain three, over messages of the lengths that they have here, and as
    /// many hashes of this length as elements are shown. The root's is checked with the key of another pair, since an
    /// authority of the tests does not give its own away; that takes as long.
    fn floor(
        &self,
        issued: usize,
        presented: usize,
        hashes: usize,
        hashed: usize,
        chain: bool,
    ) -> impl FnMut() + '_ {
        let messages = [vec![1; issued], vec![2; presented], self.chain.first().unwrap().clone()];
        let signatures = [self.issuer.sign(&messages[0]), self.device.sign(&messages[1])];
        let (leaf, element) = (TestKey::new(), vec![3; hashed]);
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
            for _ in 0..hashes {
                black_box(digest(&SHA256, &element));
            }
        }
    }
}

fn mdoc(world: &World) {
    let element = |number: usize| {
        let mut value = Encoder::new();
        match number {
            0 => value.bytes(&[7; PORTRAIT]),
            _ => value.text("Nguyễn Thị Mẫu"),
        };
        NewElement { namespace: TYPE.into(), identifier: format!("element_{number}"), value: value.finish() }
    };
    let draft = MdocDraft {
        doc_type: TYPE.into(),
        elements: (0..ELEMENTS).map(element).collect(),
        device_key: world.device.public(),
        authorizations: KeyAuthorizations::default(),
        signed: NOW,
        valid_from: NOW,
        valid_until: NOW.plus_seconds(86_400),
        status: None,
        chain: world.chain.clone(),
    };
    let unsigned = draft.prepare(&mut SystemRandom::new()).unwrap();
    let issued = unsigned.assemble(&world.issuer.sign(&unsigned.to_be_signed()));
    let transcript = SessionTranscript::openid4vp(AUDIENCE, "nonce", None, "https://portal.example");
    let names: Vec<String> = draft.elements.iter().map(|element| element.identifier.clone()).collect();
    let disclosed: Vec<(&str, &str)> = names.iter().map(|name| (TYPE, name.as_str())).collect();
    let present = || {
        let draft = DeviceDraft::new(&issued, &disclosed, &[], &transcript).unwrap();
        draft.assemble(&world.device.sign(&draft.to_be_signed()))
    };
    let response = present();
    let message = DeviceDraft::new(&issued, &disclosed, &[], &transcript).unwrap().to_be_signed();
    let sign = || {
        black_box(world.device.sign(&message));
    };
    time("mdoc.present", || drop(black_box(present())), sign);
    let anchors = world.anchors();
    let verify = || {
        let response = DeviceResponse::parse(&response).unwrap();
        let document = response.documents().first().unwrap();
        black_box(document.verify(TYPE, &transcript, &anchors, NOW).unwrap());
    };
    let hashed = (PORTRAIT + ELEMENTS * 110) / ELEMENTS;
    time(
        "mdoc.verify",
        verify,
        world.floor(unsigned.to_be_signed().len(), message.len(), ELEMENTS, hashed, true),
    );
}

fn sd_jwt(world: &World) {
    let names: Vec<String> = (0..10).map(|number| format!("claim_{number}")).collect();
    let step = |name: &String| vec![Step::Key(name.clone())];
    let draft = SdJwtDraft {
        vct: "urn:vn:citizen:1".into(),
        claims: names.iter().map(|name| (name.clone(), json!("Nguyễn Thị Mẫu"))).collect(),
        selective: names.iter().map(step).collect::<BTreeSet<_>>(),
        decoys: 0,
        cnf: Some(world.device.public()),
        not_before: None,
        expires: NOW.plus_seconds(86_400),
        status: None,
        chain: world.chain.clone(),
    };
    let unsigned = draft.prepare(&mut SystemRandom::new()).unwrap();
    let issued = unsigned.assemble(&world.issuer.sign(unsigned.to_be_signed()));
    let wanted: Vec<Vec<Step>> = names.iter().take(5).map(step).collect();
    let binding = KeyBinding {
        audience: AUDIENCE,
        nonce: "nonce",
        issued_at: NOW,
        transaction_data: &[],
        names_hash: false,
    };
    let prepare = || binding.prepare(&select(&issued, &wanted).unwrap()).unwrap();
    let present = || {
        let draft = prepare();
        draft.assemble(&world.device.sign(draft.to_be_signed()))
    };
    let presented = present();
    let message = prepare().to_be_signed().to_vec();
    let sign = || {
        black_box(world.device.sign(&message));
    };
    time("sd-jwt.present", || drop(black_box(present())), sign);
    let (anchors, none) = (world.anchors(), []);
    let expected =
        ExpectedBinding { audience: AUDIENCE, nonce: "nonce", transaction_data: &none, longest_age: 300 };
    let verify = || {
        let read = SdJwt::parse(&presented).unwrap();
        black_box(read.verify_bound(IssuerKey::Anchored(&anchors), &expected, NOW).unwrap());
    };
    // The same for a verifier that knows the issuer's key and needs no chain.
    let key = world.issuer.public();
    let known = || {
        let read = SdJwt::parse(&presented).unwrap();
        black_box(read.verify_bound(IssuerKey::Known(&key), &expected, NOW).unwrap());
    };
    // The five disclosures, and what the key binding is over.
    let hashed = 2 * presented.len() / 6;
    let (issued, bound) = (unsigned.to_be_signed().len(), message.len());
    time("sd-jwt.verify", verify, world.floor(issued, bound, 6, hashed, true));
    time("sd-jwt.verify.known-key", known, world.floor(issued, bound, 6, hashed, false));
}

/// A response of four kilobytes, encrypted to a verifier: one key pair and one agreement.
fn encryption() {
    use ring::agreement::{ECDH_P256, EphemeralPrivateKey, UnparsedPublicKey, agree_ephemeral};
    let (key, content) = (DecryptionKey::generate("1").unwrap(), vec![b'a'; 4096]);
    let random = ring::rand::SystemRandom::new();
    let seal = || {
        let parties = Parties::default();
        black_box(encrypt(key.public(), Some("1"), Encryption::A256Gcm, parties, &content).unwrap());
    };
    let to = UnparsedPublicKey::new(&ECDH_P256, key.public().uncompressed());
    let floor = || {
        let own = EphemeralPrivateKey::generate(&ECDH_P256, &random).unwrap();
        black_box(own.compute_public_key().unwrap());
        agree_ephemeral(own, &to, |agreed| black_box(agreed.len())).unwrap();
    };
    time("jwe.encrypt", seal, floor);
}
