//! What comes before the cryptography: the strict CBOR reader; and a code that others designed.
#![allow(clippy::unwrap_used, reason = "a bench stops where its world does not stand")]
#![allow(clippy::indexing_slicing, clippy::cast_possible_truncation, reason = "the floor checks nothing")]
#[path = "../../../core/verifier/tests/world/mod.rs"]
mod world;

use std::hint::black_box;
use std::io::{Read, Write};

use ring::rand::SystemRandom;
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use sen_benches::{begin, time};
use test_key::base45::{self, ALPHABET};
use trust::anchors::{ForeignIssuer, ForeignKey, Trust};
use trust::cbor::{Encoder, Item, Profile, scan};
use trust::cose::{self, Sign1};
use trust::status::StatusStore;
use verifier::{Decision, NoSeenList, Policy, verify};
use world::{NOW, World};

fn main() {
    begin(
        "codes",
        "The strict CBOR reader, and a code that others designed beside another reader of it.",
        &["cbor.scan-and-read.mdoc-response", "cbor.scan", "verdict.claim-169.es256.beside-claim169-core"],
    );
    cbor();
    claim_169();
    claim_169_by_p256();
}

/// The strict pre-scan and typed reading, against a pass over the same bytes by a library that checks neither duplicates
/// nor shortest form nor depth.
fn cbor() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../vectors/qr/iso18013-5/annex-d.json");
    let vectors: serde_json::Value = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    let response = hex::decode(vectors["device_response"].as_str().unwrap()).unwrap();
    let skip = |bytes: &[u8]| minicbor::Decoder::new(black_box(bytes)).skip().unwrap();
    time(
        "cbor.scan.mdoc-response",
        || scan(black_box(&response), Profile::Interoperable).unwrap(),
        || skip(&response),
    );
    let world = World::new();
    let token = world.sd_cwt();
    let claims = Sign1::parse(&token, Profile::Deterministic).unwrap().payload().to_vec();
    time(
        "cbor.scan.clinic-claims",
        || scan(black_box(&claims), Profile::Deterministic).unwrap(),
        || skip(&claims),
    );
    time(
        "cbor.scan-and-read.mdoc-response",
        || assert!(black_box(elements(&response)) > 0),
        || skip(&response),
    );
}

/// Reads the identifiers and values of all elements of a response (ISO/IEC 18013-5, 8.3.2.1.2.2), each of them scanned again
/// as an item of its own, since it travels as a byte string.
fn elements(response: &[u8]) -> usize {
    let response = Item::parse(response, Profile::Interoperable).unwrap().as_map().unwrap();
    assert_eq!(response.get_text("version").unwrap().as_text(), Ok("1.0"));
    let mut read = 0;
    for document in response.get_text("documents").unwrap().as_array().unwrap() {
        let document = document.as_map().unwrap();
        black_box(document.get_text("docType").unwrap().as_text().unwrap());
        let signed = document.get_text("issuerSigned").unwrap().as_map().unwrap();
        for (name, items) in signed.get_text("nameSpaces").unwrap().as_map().unwrap() {
            black_box(name.as_text().unwrap());
            for item in items.as_array().unwrap() {
                let (_, bytes) = item.as_tag().unwrap();
                let item = Item::parse(bytes.as_bytes().unwrap(), Profile::Interoperable).unwrap();
                let (mut digest, mut name, mut value) = (None, None, None);
                for (key, held) in item.as_map().unwrap() {
                    match key.as_text().unwrap() {
                        "digestID" => digest = Some(held.as_uint().unwrap()),
                        "elementIdentifier" => name = Some(held.as_text().unwrap()),
                        "elementValue" => value = Some(held),
                        _ => {}
                    }
                }
                black_box((digest.unwrap(), name.unwrap(), value.unwrap()));
                read += 1;
            }
        }
    }
    read
}

/// Base45, inflating and one Ed25519 signature.
fn claim_169() {
    let random = SystemRandom::new();
    let pair = Ed25519KeyPair::from_pkcs8(Ed25519KeyPair::generate_pkcs8(&random).unwrap().as_ref()).unwrap();
    let (protected, payload) = (protected(-8), payload());
    let message = cose::to_be_signed(&protected, &payload);
    let signature = pair.sign(&message);
    let token = cose::assemble(&protected, &[0xa0], &payload, signature.as_ref());
    let mut zlib = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
    zlib.write_all(&token).unwrap();
    let packed = zlib.finish().unwrap();
    let text = base45::encode(&packed);
    let issuer = ForeignIssuer {
        format: "claim-169".into(),
        kid: Vec::new(),
        key: ForeignKey::Ed25519(pair.public_key().as_ref().try_into().unwrap()),
        name: "Registrar".into(),
        uses: Vec::new(),
    };
    let world = World::new();
    let draft = world.list.draft_with(b"root", &[issuer]).unwrap();
    let list = draft.assemble(&world.root.sign(&draft.to_be_signed()));
    let trust = Trust::load(&[world.root.public()], &list, 0, NOW).unwrap();
    let (status, policy) = (StatusStore::new(), Policy::clinic());
    let check = || {
        let decision = verify(&text, &trust, &status, &policy, &mut NoSeenList, NOW, NOW);
        assert!(matches!(decision, Decision::Unsure { reasons, .. } if reasons.len() == 1));
    };
    let floor = || {
        black_box(base45_floor(&text));
        let mut token = Vec::with_capacity(1024);
        flate2::read::ZlibDecoder::new(&packed[..]).read_to_end(&mut token).unwrap();
        black_box(&token);
        UnparsedPublicKey::new(&ED25519, pair.public_key()).verify(&message, signature.as_ref()).unwrap();
    };
    assert!(Sign1::parse(&token, Profile::Interoperable).is_ok());
    time("verdict.claim-169", check, floor);
    // A peer's time as the floor: a ratio of one third is three times as fast.
    let public: [u8; 32] = pair.public_key().as_ref().try_into().unwrap();
    let peer = || {
        let decoder = claim169_core::Decoder::new(text.as_str()).verify_with_ed25519(&public).unwrap();
        drop(black_box(decoder.without_timestamp_validation().decode().unwrap()));
    };
    time("verdict.claim-169.beside-claim169-core", check, peer);
}

/// The same code signed with ES256, beside the same peer: its Ed25519 is fast and its P-256 is not, so one figure would not tell
/// what comes of the reading and what of the curve.
fn claim_169_by_p256() {
    let world = World::new();
    let draft = cose::Draft::new(protected(cose::ES256), vec![0xa0], payload());
    let token = draft.assemble(&world.issuer.sign(&draft.to_be_signed()));
    let mut zlib = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
    zlib.write_all(&token).unwrap();
    let text = base45::encode(&zlib.finish().unwrap());
    let public = world.issuer.public();
    let issuer = ForeignIssuer {
        format: "claim-169".into(),
        kid: Vec::new(),
        key: ForeignKey::P256(public),
        name: "Registrar".into(),
        uses: Vec::new(),
    };
    let draft = world.list.draft_with(b"root", &[issuer]).unwrap();
    let list = draft.assemble(&world.root.sign(&draft.to_be_signed()));
    let trust = Trust::load(&[world.root.public()], &list, 0, NOW).unwrap();
    let (status, policy) = (StatusStore::new(), Policy::clinic());
    let check = || {
        let decision = verify(&text, &trust, &status, &policy, &mut NoSeenList, NOW, NOW);
        assert!(matches!(decision, Decision::Unsure { reasons, .. } if reasons.len() == 1));
    };
    let peer = || {
        let decoder = claim169_core::Decoder::new(text.as_str());
        let decoder = decoder.verify_with_ecdsa_p256(public.uncompressed()).unwrap();
        drop(black_box(decoder.without_timestamp_validation().decode().unwrap()));
    };
    time("verdict.claim-169.es256.beside-claim169-core", check, peer);
}

fn protected(algorithm: i64) -> Vec<u8> {
    let mut out = Encoder::new();
    out.map(1).int(cose::ALG).int(algorithm);
    out.finish()
}

fn payload() -> Vec<u8> {
    let mut out = Encoder::new();
    out.map(4).int(1).text("https://issuer.example.org").int(4).int(NOW.as_unix() + 9);
    out.int(6).int(NOW.as_unix() - 9).int(169).map(8);
    out.int(1).text("000199012345").int(4).text("Nguyễn Thị Phương Thảo").int(8).text("19990101");
    out.int(9).int(2).int(10).text("Số 1 Đường Mẫu, Phường Mẫu, Hà Nội").int(13).text("VNM");
    out.int(75).text("GD4000000012345").int(78).text("79034");
    out.finish()
}

/// Base45 through a table and without a check: what decoding costs at least.
fn base45_floor(text: &str) -> Vec<u8> {
    const TABLE: [u8; 256] = {
        let mut table = [0; 256];
        let mut at = 0;
        while at < 45 {
            table[ALPHABET[at] as usize] = at as u8;
            at += 1;
        }
        table
    };
    let value = |character: u8| u32::from(*TABLE.get(usize::from(character)).unwrap());
    let mut bytes = Vec::with_capacity(text.len());
    for group in text.as_bytes().chunks(3) {
        let number = group.iter().rev().fold(0, |number, character| number * 45 + value(*character));
        bytes.extend_from_slice(number.to_be_bytes().get(5 - group.len()..).unwrap());
    }
    bytes
}
