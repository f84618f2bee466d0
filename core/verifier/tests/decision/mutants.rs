//! Ten thousand and more changed copies of each signed format, at every byte of it: none is believed.
use std::io::Write;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use credential::claims::key;
use credential::jose::{compact, signing_input};
use credential::sd_cwt::{Redaction, SdCwt};
use presentation::animated;
use presentation::challenge::{self, DESK_AUTHORITY, DeskCertificateDraft};
use presentation::encryption::{self, AnswerKey, EncryptedAnswer};
use presentation::frame::{self, Content};
use presentation::level_statement::LevelStatement;
use serde_json::json;
use test_key::{TestKey, base45};
use trust::anchors::{ForeignIssuer, ForeignKey, Issuer, Trust};
use trust::cbor::Encoder;
use trust::cose::Draft;
use trust::random::SystemRandom;
use trust::status::{NationalDraft, NationalStatus, Run, StatusList};
use verifier::{Decision, DeskName, NoSeenList, Questions, Shown, Wanted, verify};

use crate::world::{NOW, World};

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
    for (name, is_stated) in [("token", false), ("token with a level statement", true)] {
        let mut world = World::new();
        if is_stated {
            (world.level, world.stated) = (Some(4), Some(world.statement(&world.provider, |_| ())));
        }
        let accepted = accepted(&world);
        none_of(name, &world.token(), |token| accepted(&frame::encode(token)));
    }
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
fn no_mutant_of_a_level_statement_is_believed() {
    let world = World::new();
    let (trust, key) = (world.trust(), world.device.public());
    let sound = world.statement(&world.provider, |_| ());
    none_of("level statement", sound.bytes(), |token| {
        LevelStatement::parse(token).is_ok_and(|statement| statement.verify(&trust, &key, NOW).is_ok())
    });
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
    base45::encode(&zlib.finish().unwrap())
}

/// A trust list that has the issuer's key for codes of a foreign format too.
fn believing(world: &World, format: &str) -> Trust {
    let registrar = ForeignIssuer {
        format: format.into(),
        kid: Vec::new(),
        key: ForeignKey::P256(world.issuer.public()),
        name: "Registrar".into(),
        uses: Vec::new(),
    };
    let draft = world.list.draft_with(b"root", &[registrar]).unwrap();
    let list = draft.assemble(&world.root.sign(&draft.to_be_signed()));
    Trust::load(&[world.root.public()], &list, 0, NOW).unwrap()
}

/// Whether a desk says of a text who issued it.
fn ascribed(world: &World, trust: Trust) -> impl Fn(&str) -> bool {
    let (status, policy) = (world.status(), world.policy.clone());
    move |text| {
        let decision = verify(text, &trust, &status, &policy, &mut NoSeenList, NOW, NOW);
        match decision {
            Decision::Accepted(_) => true,
            Decision::Unsure { shown: Shown::Unbound(code), .. } => code.issued_by().is_some(),
            _ => false,
        }
    }
}

#[test]
fn no_mutant_of_a_claim_169_code_is_ascribed_to_its_issuer() {
    let world = World::new();
    let trust = believing(&world, "claim-169");
    let mut claims = Encoder::new();
    claims.map(3).int(4).int(NOW.as_unix() + 86_400).int(6).int(NOW.as_unix() - 60).int(169);
    claims.map(3).int(1).text("000199012345").int(4).text("Nguyễn Thị Mẫu").int(8).text("19990101");
    let draft = Draft::new(vec![0xa1, 0x01, 0x26], vec![0xa0], claims.finish());
    let token = draft.assemble(&world.issuer.sign(&draft.to_be_signed()));
    let ascribed = ascribed(&world, trust);
    // Without the tag it is the same token (RFC 9052, 2), and others designed the format.
    let others = mutants(&token).filter(|mutant| *mutant != token[1..]);
    none_among("Claim 169 token", &token, others, |token| ascribed(&packed(token)));
    none_of("Claim 169 text", packed(&token).as_bytes(), |text| {
        std::str::from_utf8(text).is_ok_and(&ascribed)
    });
}

#[test]
fn no_mutant_of_an_eu_certificate_is_ascribed_to_its_issuer() {
    let world = World::new();
    let trust = believing(&world, "eu-dcc");
    let mut claims = Encoder::new();
    claims.map(3).int(4).int(NOW.as_unix() + 86_400).int(6).int(NOW.as_unix() - 60).int(-260).map(1).int(1);
    claims.map(4).text("ver").text("1.3.0").text("dob").text("1990-02-02").text("nam").map(1);
    claims.text("fnt").text("TRAN").text("t").array(1).map(6);
    for field in ["tg", "tt", "tr", "co", "is", "ci"] {
        claims.text(field).text("x");
    }
    let draft = Draft::new(vec![0xa1, 0x01, 0x26], vec![0xa0], claims.finish());
    let token = draft.assemble(&world.issuer.sign(&draft.to_be_signed()));
    let ascribed = ascribed(&world, trust);
    let text = |token: &[u8]| format!("HC1:{}", packed(token));
    // Without the tag it is the same token, as above.
    let others = mutants(&token).filter(|mutant| *mutant != token[1..]);
    none_among("EU certificate", &token, others, |token| ascribed(&text(token)));
    none_of("EU certificate's text", text(&token).as_bytes(), |text| {
        std::str::from_utf8(text).is_ok_and(&ascribed)
    });
}

#[test]
fn no_mutant_of_a_challenge_is_answered() {
    let (mut world, authority, desk) = (World::new(), TestKey::new(), TestKey::new());
    world.list.issuers.push(Issuer {
        iss: "vn-desks".into(),
        kid: b"d1".to_vec(),
        key: authority.public(),
        name: "Register of clinics of the tests".into(),
        vcts: vec![DESK_AUTHORITY.into()],
        not_before: NOW.minus_seconds(86_400),
        not_after: NOW.plus_seconds(86_400),
        revoked: false,
    });
    let draft = DeskCertificateDraft {
        iss: "vn-desks",
        kid: b"d1",
        name: "79034 · Quầy 1",
        key: &desk.public(),
        issued_at: NOW.minus_seconds(3600),
        expires_at: NOW.plus_seconds(3600),
        may_ask: &key::CLINIC_SET,
    }
    .prepare()
    .unwrap();
    let certificate = draft.assemble(&authority.sign(&draft.to_be_signed()));
    let name = DeskName { name: "79034 · Quầy 1".into(), certificate };
    let wanted = Wanted { encrypted: true, purpose: "khám bệnh".into(), ..Wanted::default() };
    let asked = Questions::new().ask(&name, &wanted, &mut SystemRandom::new(), NOW.minus_seconds(10));
    let draft = asked.unwrap().draft;
    let (token, trust) = (draft.assemble(&desk.sign(&draft.to_be_signed())), world.trust());
    let answered = |scanned: &str| challenge::verify(scanned, &trust, NOW).is_ok();
    none_of("challenge", &token, |token| answered(&challenge::encode(token)));
    let screen = challenge::encode(&token).into_bytes();
    none_among("challenge on a screen", &screen, digit_mutants(&screen).chain(mutants(&screen)), |text| {
        std::str::from_utf8(text).is_ok_and(answered)
    });
}

#[test]
fn no_mutant_of_an_encrypted_answer_is_read() {
    let (token, cnonce) = (World::new().token(), [7; 16]);
    // A key opens once, so each mutant is made from an answer of its own.
    let answer = || {
        let key = AnswerKey::generate().unwrap();
        let sealed = encryption::encrypt(&token, key.public(), &cnonce).unwrap();
        (key, sealed)
    };
    let read = |key: AnswerKey, sealed: &[u8]| key.open(&EncryptedAnswer::parse(sealed).ok()?).ok();
    let (key, sound) = answer();
    assert_eq!(read(key, &sound).as_ref(), Some(&token));
    let others = u8::try_from(LEAST / sound.len() + 1).unwrap();
    let mut tried = 0;
    for (at, step) in (0..sound.len()).flat_map(|at| (1..=others).map(move |step| (at, step))) {
        let (key, mut sealed) = answer();
        sealed[at] ^= step.wrapping_mul(0x9d);
        assert_eq!(read(key, &sealed), None, "byte {at}");
        tried += 1;
    }
    println!("encrypted answer: {tried} mutants of {} bytes, none read", sound.len());
    assert!(tried >= LEAST);
}

#[test]
fn no_mutant_of_an_animated_codes_frame_gives_a_portrait() {
    let portrait: Vec<u8> = (0..400_u32).map(|at| u8::try_from(at * at % 251).unwrap()).collect();
    let hash = ring::digest::digest(&ring::digest::SHA256, &portrait).as_ref()[..16].try_into().unwrap();
    let (presentation, further) = (World::new().text(), animated::split(&portrait).unwrap());
    let given = |first: &str| {
        let collected = animated::collect(&[&presentation, first, &further[1]]);
        let portrait = collected.ok().and_then(|collected| collected.portrait);
        portrait.is_some_and(|portrait| animated::is_portrait_of(&portrait, &hash))
    };
    let part = frame::decode_as(Content::Animated, &further[0]).unwrap();
    none_of("part of a portrait", &part, |part| given(&frame::encode_as(Content::Animated, part)));
    let frame = further[0].as_bytes();
    none_among("frame of a portrait", frame, digit_mutants(frame).chain(mutants(frame)), |text| {
        std::str::from_utf8(text).is_ok_and(given)
    });
}

#[test]
fn no_mutant_of_a_status_list_jwt_is_believed() {
    let world = World::new();
    let mut zlib = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::best());
    zlib.write_all(&[0x5a; 250]).unwrap();
    let list = URL_SAFE_NO_PAD.encode(zlib.finish().unwrap());
    let header = json!({"alg": "ES256", "kid": "s1", "typ": "statuslist+jwt"});
    let claims = json!({
        "sub": "s:7", "iat": NOW.as_unix(), "exp": NOW.as_unix() + 86_400, "ttl": 900,
        "status_list": {"bits": 2, "lst": list},
    });
    let input = signing_input(&header, &claims);
    let token = compact(&input, &world.signer.sign(input.as_bytes()));
    none_of("status list JWT", token.as_bytes(), |token| {
        let token = std::str::from_utf8(token);
        token.is_ok_and(|token| StatusList::verify_jwt(token, &world.list.status_signers).is_ok())
    });
}
