//! The answer in words: each field of a decision's JSON, and the portrait of an animated code.
use presentation::animated;
use trust::time::Timestamp;
use verifier::answer::{Answer, Verdict};
use verifier::{MemorySeenList, OpenChallenge, answer_frames, portrait_address};

use crate::world::{INDEX, NOW, World};

fn answer(world: &mut World) -> Answer {
    Answer::new(&world.decide(), world.list.issued, NOW.plus_seconds(5))
}

#[test]
fn an_answer_tells_the_facts_of_what_was_shown() {
    let time = |time: Timestamp| Some(time.to_string());
    let found = answer(&mut World::new());
    assert_eq!((found.verdict, found.format.as_str()), (Verdict::Accepted, "sen-frame"));
    assert_eq!(found.holder_bound, Some(true));
    assert_eq!(found.issued_by.as_deref(), Some("Issuer of the tests"));
    assert_eq!((found.presented_at, found.age_seconds), (time(NOW.minus_seconds(4)), Some(4)));
    assert_eq!((found.status.result.as_str(), found.status.age_seconds), ("valid", Some(305)));
    assert_eq!(found.status.as_of, time(NOW.minus_seconds(300)));
    assert_eq!(Some(found.trust_as_of), time(NOW.minus_seconds(3600)));
    assert_eq!((found.freshness.as_deref(), found.window_seconds), (Some("one_way"), Some(120)));
    assert_eq!((found.replay.as_str(), found.face.as_str()), ("first_seen", "compare_with_card"));
    let level = found.authentication_level.unwrap();
    assert_eq!((level.level, level.basis.as_str()), (1, "claimed"));
    assert_eq!(found.presented_by.as_deref(), Some("holder"));
}

#[test]
fn a_refusal_tells_the_facts_too_and_nothing_of_the_person() {
    let mut world = World::new();
    world.statuses.set(INDEX, 1);
    let found = answer(&mut world);
    assert_eq!((found.verdict, found.reasons), (Verdict::Refused, vec!["revoked".to_owned()]));
    assert_eq!((found.holder_bound, found.status.result.as_str()), (Some(true), "revoked"));
    assert_eq!((found.replay.as_str(), found.face.as_str()), ("not_checked", "not_available"));
    assert!(found.claims.is_none() && found.presented_by.is_none());
}

#[test]
fn each_other_word_has_its_cause() {
    let mut world = World::new();
    world.credential.claims.level_policy = Some(3);
    world.credential.claims.guardian = Some("000180012345".into());
    world.cnonce = Some(vec![7; 16]);
    world.policy.open_challenges = vec![OpenChallenge {
        desk: world.audience.clone(),
        cnonce: vec![7; 16],
        expires_at: NOW.plus_seconds(50),
        asked: Vec::new(),
        minimum_level: None,
    }];
    let first = answer(&mut world);
    assert_eq!(first.freshness.as_deref(), Some("challenged"));
    assert_eq!(first.presented_by.as_deref(), Some("guardian"));
    assert_eq!(first.authentication_level.unwrap().basis, "attested");
    assert_eq!(answer(&mut world).replay, "seen");
}

#[test]
fn the_log_has_the_verdict_and_nothing_of_the_person() {
    let logged = format!("{:?}", answer(&mut World::new()));
    assert!(logged.contains("Accepted") && logged.contains("reasons"), "{logged}");
    assert!(!logged.contains("000199012345") && !logged.contains("Nguyễn"), "{logged}");
}

#[test]
fn an_animated_code_hands_over_the_portrait_that_the_issuer_vouches_for_and_no_other() {
    let portrait = vec![3; 400];
    let hash = ring::digest::digest(&ring::digest::SHA256, &portrait);
    let mut world = World::new();
    world.credential.claims.portrait_hash = hash.as_ref()[..16].try_into().ok();
    let (trust, status, presentation) = (world.trust(), world.status(), world.text());
    let answered = |portrait: Option<&[u8]>| {
        let further = portrait.map(|portrait| animated::split(portrait).unwrap()).unwrap_or_default();
        let texts: Vec<&str> = std::iter::once(&presentation).chain(&further).map(String::as_str).collect();
        let seen = &mut MemorySeenList::default();
        let (answer, portrait) = answer_frames(&texts, (&trust, &status), &world.policy, seen, NOW, NOW);
        assert_eq!(answer.verdict, Verdict::Accepted);
        (answer.face, portrait)
    };
    assert_eq!(answered(Some(&portrait)), ("shown".to_owned(), Some(portrait.clone())));
    assert_eq!(answered(Some(&[4; 400])), ("not_available".to_owned(), None));
    assert_eq!(answered(None), ("compare_with_card".to_owned(), None));
}

#[test]
fn a_portrait_is_handed_to_a_page_as_an_address_of_its_own() {
    assert_eq!(portrait_address(&[0xff, 0xd8, 0xff]), "data:image/jpeg;base64,/9j/");
}
