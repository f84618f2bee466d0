//! Ten thousand and more changed copies of each signed format, at every byte of it: none is believed.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a test stops where its world does not stand"
)]
extern crate sen_verifier as verifier;

mod world;

use std::io::Write;

use credential::sd_cwt::{Redaction, SdCwt};
use presentation::frame;
use trust::anchors::{ForeignIssuer, ForeignKey, Trust};
use trust::cbor::Encoder;
use trust::cose::Draft;
use trust::status::{NationalDraft, NationalStatus, Run, StatusList};
use verifier::{Decision, NoSeenList, Shown, verify};
use world::{NOW, World};

/// How many mutants of a format there are at least.
const LEAST: usize = 10_000;

/// Copies that differ from the sound one: each byte replaced by several others, taken out, and doubled.
fn mutants(sound: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    let others = u8::try_from(LEAST / sound.len() + 1).unwrap();
    (0..sound.len()).flat_map(move |at| {
        // An odd factor makes each step another difference, spread over all bits, and never none.
        let replaced = (1..=others).map(move |step| {
            let mut mutant = sound.to_vec();
            mutant[at] ^= step.wrapping_mul(0x9d);
            mutant
        });
        let taken_out = [&sound[..at], &sound[at + 1..]].concat();
        let doubled = [&sound[..=at], &sound[at..]].concat();
        replaced.chain([taken_out, doubled])
    })
}

/// Copies of digits that stay digits, so that they get past the first look: each replaced by the nine others, taken out, and
/// doubled.
fn digit_mutants(sound: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    (0..sound.len()).flat_map(move |at| {
        let replaced = (b'0'..=b'9').filter(move |digit| *digit != sound[at]).map(move |digit| {
            let mut mutant = sound.to_vec();
            mutant[at] = digit;
            mutant
        });
        // Of two equal neighbours either taken out, and either doubled, gives the same.
        let taken_out = [&sound[..at], &sound[at + 1..]].concat();
        let doubled = [&sound[..=at], &sound[at..]].concat();
        replaced.chain([taken_out, doubled])
    })
}

/// Tries mutants of every byte, after the sound one has been believed.
fn none_of(format: &str, sound: &[u8], believed: impl Fn(&[u8]) -> bool) {
    none_among(format, sound, mutants(sound), believed);
}

/// Likewise with these mutants.
fn none_among(
    format: &str,
    sound: &[u8],
    mutants: impl Iterator<Item = Vec<u8>>,
    believed: impl Fn(&[u8]) -> bool,
) {
    assert!(believed(sound), "{format}: the sound one");
    let mut tried = 0;
    for mutant in mutants {
        assert_ne!(mutant, sound);
        assert!(!believed(&mutant), "{format}: believed {}", hex::encode(mutant));
        tried += 1;
    }
    println!("{format}: {tried} mutants of {} bytes, none believed", sound.len());
    assert!(tried >= LEAST, "{format}: {tried}");
}

/// Whether a desk accepts the text of a frame.
fn accepted(world: &World) -> impl Fn(&str) -> bool {
    let (trust, status, policy) = (world.trust(), world.status(), world.policy.clone());
    move |text| {
        let decision = verify(text, &trust, &status, &policy, &mut NoSeenList, NOW, NOW);
        matches!(decision, Decision::Accepted(_) | Decision::Unsure { .. })
    }
}

#[test]
fn no_mutant_of_a_frame_is_accepted() {
    let world = World::new();
    let accepted = accepted(&world);
    let text = world.text();
    let believed = |text: &[u8]| std::str::from_utf8(text).is_ok_and(&accepted);
    none_among("frame", text.as_bytes(), digit_mutants(text.as_bytes()), believed);
    none_of("frame with other characters", text.as_bytes(), believed);
}

#[test]
fn no_mutant_of_a_presented_token_is_accepted() {
    let world = World::new();
    let accepted = accepted(&world);
    none_of("token", &world.token(), |token| accepted(&frame::encode(token)));
}

#[test]
fn no_mutant_of_a_credential_is_believed() {
    for (name, redaction) in [("SD-CWT", Redaction::None), ("redacted SD-CWT", Redaction::EachClaim)] {
        let mut world = World::new();
        world.credential.redaction = redaction;
        let key = world.issuer.public();
        none_of(name, &world.sd_cwt(), |token| {
            SdCwt::parse(token).is_ok_and(|token| token.verify(&key).is_ok())
        });
    }
}

#[test]
fn no_mutant_of_a_trust_list_is_believed() {
    let world = World::new();
    let draft = world.list.draft(b"root").unwrap();
    let list = draft.assemble(&world.root.sign(&draft.to_be_signed()));
    let root = [world.root.public()];
    none_of("trust list", &list, |list| Trust::load(&root, list, 0, NOW).is_ok());
}

#[test]
fn no_mutant_of_a_status_list_is_believed() {
    let world = World::new();
    let signers = world.list.status_signers.clone();
    let draft = world.statuses.draft(b"s1").unwrap();
    let token = draft.assemble(&world.signer.sign(&draft.to_be_signed()));
    none_of("status list", &token, |token| StatusList::verify(token, &signers).is_ok());
    let run = Run { prefix: "s:".into(), first: 0, count: 4, entries: 1000 };
    let mut national = NationalDraft::new(1, NOW, NOW.plus_seconds(60), 2, vec![run]).unwrap();
    assert!(national.set("s:3", 7, 1));
    let draft = national.snapshot(b"s1").unwrap();
    let token = draft.assemble(&world.signer.sign(&draft.to_be_signed()));
    none_of("national snapshot", &token, |token| NationalStatus::verify(token, &signers).is_ok());
    let today = NationalStatus::verify(&token, &signers).unwrap();
    let mut tomorrow = national.clone();
    tomorrow.sequence = 2;
    assert!(tomorrow.set("s:2", 5, 1));
    let draft = tomorrow.delta_since(&national, b"s1").unwrap();
    let token = draft.assemble(&world.signer.sign(&draft.to_be_signed()));
    none_of("national delta", &token, |token| today.apply(token, &signers).is_ok());
}

/// Base45 (RFC 9285) of zlib (RFC 1950).
fn packed(token: &[u8]) -> String {
    let mut zlib = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::default());
    zlib.write_all(token).unwrap();
    let mut text = String::new();
    for pair in zlib.finish().unwrap().chunks(2) {
        let mut number = pair.iter().fold(0_usize, |number, byte| number << 8 | usize::from(*byte));
        for _ in 0..=pair.len() {
            text.push(char::from(b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"[number % 45]));
            number /= 45;
        }
    }
    text
}

#[test]
fn no_mutant_of_a_claim_169_code_is_ascribed_to_its_issuer() {
    let world = World::new();
    let registrar = ForeignIssuer {
        format: "claim-169".into(),
        kid: Vec::new(),
        key: ForeignKey::P256(world.issuer.public()),
        name: "Registrar".into(),
        uses: Vec::new(),
    };
    let draft = world.list.draft_with(b"root", &[registrar]).unwrap();
    let list = draft.assemble(&world.root.sign(&draft.to_be_signed()));
    let trust = Trust::load(&[world.root.public()], &list, 0, NOW).unwrap();
    let mut claims = Encoder::new();
    claims.map(3).int(4).int(NOW.as_unix() + 86_400).int(6).int(NOW.as_unix() - 60).int(169);
    claims.map(3).int(1).text("000199012345").int(4).text("Nguyễn Thị Mẫu").int(8).text("19990101");
    let draft = Draft::new(vec![0xa1, 0x01, 0x26], vec![0xa0], claims.finish());
    let token = draft.assemble(&world.issuer.sign(&draft.to_be_signed()));
    let status = world.status();
    let ascribed = |text: &str| {
        let decision = verify(text, &trust, &status, &world.policy, &mut NoSeenList, NOW, NOW);
        match decision {
            Decision::Accepted(_) => true,
            Decision::Unsure { shown: Shown::Unbound(code), .. } => code.issued_by().is_some(),
            _ => false,
        }
    };
    // Without the tag it is the same token (RFC 9052, 2), and others designed the format.
    let others = mutants(&token).filter(|mutant| *mutant != token[1..]);
    none_among("Claim 169 token", &token, others, |token| ascribed(&packed(token)));
    none_of("Claim 169 text", packed(&token).as_bytes(), |text| {
        std::str::from_utf8(text).is_ok_and(ascribed)
    });
}
