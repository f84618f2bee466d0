//! Documents verified here and by others: each the same presentation in the same run, in which the other's time stands where the floor
//! does, so that a ratio of one fifth is five times as fast.
//!
//! `tests/benches/peers/run` prints a row a figure, with `--json` an object a line.
#![allow(clippy::unwrap_used, reason = "a bench stops where its world does not stand")]
#[path = "../../documents/mod.rs"]
mod documents;

use std::hint::black_box;
use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use credential::mdoc::DeviceResponse;
use credential::sd_jwt::{IssuerKey, SdJwt};
use documents::{AUDIENCE, NONCE, World, expected};
use isomdl::definitions::session::SessionTranscript;
use isomdl::definitions::x509::trust_anchor::{PemTrustAnchor, TrustAnchorRegistry, TrustPurpose};
use isomdl::presentation::authentication::AuthenticationStatus;
use isomdl::presentation::{reader, reader_utils::validate_response};
use jsonwebtoken::DecodingKey;
use sd_jwt_rs::{SDJWTSerializationFormat, SDJWTVerifier};
use sen_benches::time;
use serde::{Deserialize, Serialize};
use trust::time::Timestamp;

/// The type and the namespace that the peer looks for.
const TYPE: &str = "org.iso.18013.5.1.mDL";
const NAMESPACE: &str = "org.iso.18013.5.1";

fn main() {
    // The peers read the clock.
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let world = World::new(Timestamp::from_unix(i64::try_from(seconds).unwrap()));
    mdoc(&world);
    sd_jwt(&world);
}

/// The transcript of an online presentation, which the peer takes as any value.
#[derive(Clone, Serialize, Deserialize)]
#[serde(transparent)]
struct Transcript(ciborium::Value);

impl SessionTranscript for Transcript {}

/// The peer compares neither digests nor the times of the mdoc, so that it does less.
fn mdoc(world: &World) {
    let issued = world.mdoc(TYPE, NAMESPACE);
    let draft = issued.draft(NAMESPACE);
    let response = draft.assemble(&world.device.sign(&draft.to_be_signed()));
    let anchors = world.anchors();
    let verify = || {
        let response = DeviceResponse::parse(&response).unwrap();
        let document = response.documents().first().unwrap();
        black_box(document.verify(TYPE, &issued.transcript, &anchors, world.now).unwrap());
    };
    let transcript: Transcript = isomdl::cbor::from_slice(issued.transcript.as_bytes()).unwrap();
    let body = STANDARD.encode(world.root());
    let root = PemTrustAnchor {
        certificate_pem: format!(
            "-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n",
            lines(&body)
        ),
        purpose: TrustPurpose::Iaca,
    };
    let registry = TrustAnchorRegistry::from_pem_certificates(vec![root]).unwrap();
    let peer = || {
        let response: isomdl::definitions::DeviceResponse = isomdl::cbor::from_slice(&response).unwrap();
        let (document, chain, elements) = reader::parse(&response).unwrap();
        let said = validate_response(transcript.clone(), registry.clone(), chain, document.clone(), elements);
        let valid = AuthenticationStatus::Valid;
        assert_eq!(
            (said.issuer_authentication, said.device_authentication),
            (valid, valid),
            "{:?}",
            said.errors
        );
        black_box(said);
    };
    time("mdoc.verify", verify, issued.floor(world, NAMESPACE));
    time("mdoc.verify.beside-isomdl", verify, peer);
}

fn sd_jwt(world: &World) {
    let issued = world.sd_jwt();
    let draft = issued.draft();
    let presented = draft.assemble(&world.device.sign(draft.to_be_signed()));
    let key = world.issuer.public();
    let known = || {
        let read = SdJwt::parse(&presented).unwrap();
        black_box(read.verify_bound(IssuerKey::Known(&key), &expected(), world.now).unwrap());
    };
    let anchors = world.anchors();
    let anchored = || {
        let read = SdJwt::parse(&presented).unwrap();
        black_box(read.verify_bound(IssuerKey::Anchored(&anchors), &expected(), world.now).unwrap());
    };
    let peer = || {
        let key = DecodingKey::from_ec_der(key.uncompressed());
        let read = SDJWTVerifier::new(
            presented.clone(),
            Box::new(move |_, _| key.clone()),
            Some(AUDIENCE.to_owned()),
            Some(NONCE.to_owned()),
            SDJWTSerializationFormat::Compact,
        );
        black_box(read.unwrap().verified_claims);
    };
    time("sd-jwt.verify", anchored, issued.floor(world, true));
    time("sd-jwt.verify.known-key", known, issued.floor(world, false));
    time("sd-jwt.verify.known-key.beside-sd-jwt-rs", known, peer);
}

/// Base64 as PEM wants it.
fn lines(text: &str) -> String {
    text.as_bytes().chunks(64).map(|line| str::from_utf8(line).unwrap()).collect::<Vec<_>>().join("\n")
}
