//! A clinic code from the wallet's signature to the verdict, against the cryptography that it cannot do without.
#![allow(clippy::unwrap_used, reason = "a bench stops where its world does not stand")]
#[path = "../../../core/verifier/tests/world/mod.rs"]
mod world;

use std::hint::black_box;
use std::time::Instant;

use presentation::frame;
use presentation::qr::{self, Level};
use ring::digest::{SHA256, digest};
use sen_benches::{begin, count, rate, time, time_alone, wanted};
use trust::cbor::Profile;
use trust::cose::Sign1;
use trust::p256::PublicKey;
use verifier::{Decision, MemorySeenList, verify};
use world::World;

/// Samples of the work of two threads.
const ROUNDS: usize = 15;

fn main() {
    begin(
        "clinic",
        "A clinic code from the wallet's signature to the verdict; the QR code and its picture.",
        &["verdict.sen-frame", "present.sen-frame", "qr.encode-and-png", "presentation"],
    );
    verdict();
    two_threads();
    present();
    picture();
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

/// The same on two threads at a time, each with a seen-list of its own, against the two signatures alone on two threads.
fn two_threads() {
    const CODES: u32 = 400;
    if !wanted("verdict.sen-frame.two-threads") {
        return;
    }
    let mut world = World::new();
    let sd_cwt = world.sd_cwt();
    let mut tokens = Vec::new();
    for second in 0..u32::try_from(ROUNDS).unwrap().min(60) {
        world.presented_at = world.now.minus_seconds(i64::from(second));
        tokens.push(world.present(&sd_cwt));
    }
    let texts: Vec<String> = tokens.iter().map(|token| frame::encode(token)).collect();
    let (trust, status) = (world.trust(), world.status());
    let signed = |token: &[u8]| {
        let token = Sign1::parse(token, Profile::Deterministic).unwrap();
        (token.to_be_signed(), <[u8; 64]>::try_from(token.signature()).unwrap())
    };
    let (credential, shown) = (signed(&sd_cwt), tokens.iter().map(|token| signed(token)).collect::<Vec<_>>());
    let (issuer, compressed) = (world.issuer.public(), world.device.public().compressed());
    let check = |text: &str, seen: &mut MemorySeenList| {
        let decision = verify(text, &trust, &status, &world.policy, seen, world.received_at, world.now);
        assert!(matches!(decision, Decision::Accepted(_)));
    };
    let floor = |(message, signature): &(Vec<u8>, [u8; 64])| {
        issuer.verify(&credential.0, &credential.1).unwrap();
        PublicKey::from_compressed(&compressed).unwrap().verify(message, signature).unwrap();
        black_box(digest(&SHA256, message));
    };
    let on_both = |work: &(dyn Fn() + Sync)| {
        let began = Instant::now();
        std::thread::scope(|threads| (0..2).for_each(|_| drop(threads.spawn(work))));
        began.elapsed()
    };
    let (mut taken, mut floors) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        taken.push(on_both(&|| {
            let mut seen = MemorySeenList::default();
            for (at, text) in (0..CODES).zip(texts.iter().cycle()) {
                if usize::try_from(at).unwrap() % texts.len() == 0 {
                    seen = MemorySeenList::default();
                }
                check(text, &mut seen);
            }
        }));
        floors.push(on_both(&|| (0..CODES).zip(shown.iter().cycle()).for_each(|(_, shown)| floor(shown))));
    }
    rate("verdict.sen-frame.two-threads", usize::try_from(2 * CODES).unwrap(), taken, floors);
}

/// A code and its picture of about 1000 pixels, with all masks scored as the standard says.
fn picture() {
    let text = frame::encode(&World::new().token());
    time_alone("qr.encode", || drop(black_box(qr::encode(&text).unwrap())));
    time_alone("qr.encode-and-png", || {
        let code = qr::encode(&text).unwrap();
        let module = 1000 / (code.size() + 2 * qr::QUIET_ZONE);
        black_box(clinic::picture::png_at(&code, module).unwrap());
    });
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
