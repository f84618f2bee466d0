//! A clinic code from the wallet's signature to the verdict, against the cryptography that it cannot do without.
#![allow(clippy::unwrap_used, reason = "a bench stops where its world does not stand")]
#[path = "../../../core/verifier/tests/world/mod.rs"]
mod world;

use std::hint::black_box;

use presentation::frame;
use presentation::qr::{self, Level};
use ring::digest::{SHA256, digest};
use sen_benches::{count, time};
use trust::cbor::Profile;
use trust::cose::Sign1;
use trust::p256::PublicKey;
use verifier::{Decision, MemorySeenList, verify};
use world::World;

fn main() {
    verdict();
    present();
    sizes();
}

fn verdict() {
    let mut world = World::new();
    let sd_cwt = world.sd_cwt();
    let mut tokens = Vec::new();
    for second in 0..60 {
        for level in 1..=4 {
            (world.presented_at, world.level) = (world.now.minus_seconds(second), Some(level));
            tokens.push(world.present(&sd_cwt));
        }
    }
    let texts: Vec<String> = tokens.iter().map(|token| frame::encode(token)).collect();
    let (trust, status) = (world.trust(), world.status());
    let (mut next, mut seen) = (0, MemorySeenList::default());
    let check = || {
        if next == texts.len() {
            (next, seen) = (0, MemorySeenList::default());
        }
        let text = texts.get(next).unwrap();
        let decision = verify(text, &trust, &status, &world.policy, &mut seen, world.received_at, world.now);
        assert!(matches!(decision, Decision::Accepted(_)));
        next += 1;
    };
    // The same codes in the same order: a signature seen a moment ago is checked faster than a new one.
    let parsed = |token| Sign1::parse(token, Profile::Deterministic).unwrap();
    let signed = |token: Sign1<'_>| (token.to_be_signed(), token.signature().try_into().unwrap());
    let credential: (Vec<u8>, [u8; 64]) = signed(parsed(&sd_cwt));
    let shown: Vec<(Vec<u8>, [u8; 64])> = tokens.iter().map(|token| signed(parsed(token))).collect();
    let (issuer, compressed) = (world.issuer.public(), world.device.public().compressed());
    let mut shown = shown.iter().cycle();
    let floor = || {
        let (message, signature) = shown.next().unwrap();
        issuer.verify(&credential.0, &credential.1).unwrap();
        PublicKey::from_compressed(&compressed).unwrap().verify(message, signature).unwrap();
        black_box(digest(&SHA256, message));
    };
    time("verdict.sen-frame", check, floor);
}

fn present() {
    let world = World::new();
    let sd_cwt = world.sd_cwt();
    let message = Sign1::parse(&world.token(), Profile::Deterministic).unwrap().to_be_signed();
    time(
        "present.sen-frame",
        || drop(black_box(frame::encode(&world.present(&sd_cwt)))),
        || {
            black_box(world.device.sign(&message));
        },
    );
}

/// A conforming code of the eight claims of a clinic, with and without portrait hash, and two-way.
fn sizes() {
    let mut world = World::new();
    world.level = Some(2);
    size("plain", &world);
    world.credential.claims.portrait_hash = Some([7; 16]);
    size("portrait-hash", &world);
    world.cnonce = Some(vec![7; 8]);
    size("two-way", &world);
}

fn size(name: &str, world: &World) {
    let token = world.token();
    let code = qr::encode_at(&frame::encode(&token), Level::Low, qr::LARGEST_VERSION).unwrap();
    count(&format!("presentation.{name}.bytes"), token.len(), "bytes", None);
    count(&format!("presentation.{name}.qr-version-l"), usize::from(code.version()), "version", None);
}
