//! One test for each reason: a good presentation in which one thing is changed, so that one check alone fails.
use credential::claims::{Claims, Vct, key};
use credential::sd_cwt::{Redaction, select};
use presentation::frame;
use test_key::TestKey;
use trust::cbor::{Encoder, Profile};
use trust::cose::{Draft, Sign1};
use verifier::{
    Decision, Face, Freshness, LevelBasis, NoSeenList, PresentedBy, Reason, Seen, SeenList, Shown, Sighting,
    StatusAnswer, verify,
};

use crate::world::{self, INDEX, NOW, World, codes, refused, unsure};

#[test]
fn accepts_a_good_presentation_and_says_what_it_knows() {
    let mut world = World::new();
    let Decision::Accepted(accepted) = world.decide() else { panic!() };
    assert_eq!(*accepted.claims(), Claims::from(world::claims()));
    assert_eq!(accepted.presented_by(), PresentedBy::Holder);
    assert!(accepted.warnings().is_empty());
    let facts = accepted.facts();
    assert_eq!(facts.issued_by(), "Issuer of the tests");
    assert_eq!((facts.presented_at(), facts.age_seconds()), (NOW.minus_seconds(4), 4));
    assert_eq!(facts.status(), StatusAnswer::Valid(NOW.minus_seconds(300)));
    assert_eq!((facts.freshness(), facts.window_seconds()), (Freshness::OneWay, 120));
    assert_eq!(facts.seen(), Seen::First);
    assert_eq!((facts.level().level, facts.level().basis), (1, LevelBasis::Claimed));
}

#[test]
fn shows_a_face_only_where_the_issuer_vouches_for_it() {
    let mut world = World::new();
    let portrait = b"a small picture";
    let hash = ring::digest::digest(&ring::digest::SHA256, portrait);
    let faces = |world: &mut World| {
        let Decision::Accepted(accepted) = world.decide() else { panic!() };
        [None, Some(&portrait[..]), Some(b"another picture")].map(|portrait| accepted.face(portrait))
    };
    assert_eq!(faces(&mut world), [Face::CompareWithCard, Face::NotAvailable, Face::NotAvailable]);
    world.credential.claims.portrait_hash = hash.as_ref()[..16].try_into().ok();
    world.presented_at = NOW.minus_seconds(3);
    assert_eq!(faces(&mut world), [Face::CompareWithCard, Face::Shown, Face::NotAvailable]);
}

#[test]
fn a_lost_digit_is_scan_incomplete() {
    let mut world = World::new();
    let mut text = world.text();
    text.remove(100);
    assert_eq!(refused(&world.decide_on(&text)), ["scan_incomplete"]);
    assert_eq!(refused(&world.decide_on("")), ["scan_incomplete"]);
}

#[test]
fn any_other_text_is_malformed() {
    let mut world = World::new();
    for text in ["hello", "https://example.com/?q=7360"] {
        assert_eq!(refused(&world.decide_on(text)), ["malformed"], "{text}");
    }
    let not_a_token = frame::encode(&[0xa0]);
    assert_eq!(refused(&world.decide_on(&not_a_token)), ["malformed"]);
}

#[test]
fn a_later_frame_is_unsupported_version() {
    let mut world = World::new();
    let text = world.text();
    let later = format!("73602{}", &text[5..text.len() - 6]);
    let check = crc32fast::hash(later.as_bytes()) % 1_000_000;
    let later = format!("{later}{check:06}");
    assert_eq!(refused(&world.decide_on(&later)), ["unsupported_version"]);
}

#[test]
fn an_issuer_that_is_not_listed_is_unknown_issuer() {
    let mut world = World::new();
    world.credential.iss = "vn-other".into();
    assert_eq!(world.refusal(), ["unknown_issuer"]);
    let mut world = World::new();
    world.credential.kid = b"k2".to_vec();
    assert_eq!(world.refusal(), ["unknown_issuer"]);
}

#[test]
fn an_issuer_of_other_credentials_or_other_times_is_unknown_issuer() {
    let mut world = World::new();
    world.list.issuers[0].vcts = vec![Vct::Citizen.urn().into()];
    assert_eq!(world.refusal(), ["unknown_issuer"]);
    let mut world = World::new();
    world.list.issuers[0].not_before = NOW.minus_seconds(86_399);
    assert_eq!(world.refusal(), ["unknown_issuer"]);
    let mut world = World::new();
    world.list.issuers[0].not_after = NOW.minus_seconds(86_401);
    assert_eq!(world.refusal(), ["unknown_issuer"]);
}

#[test]
fn an_issuer_that_the_list_withdraws_is_issuer_revoked() {
    let mut world = World::new();
    world.list.issuers[0].revoked = true;
    assert_eq!(world.refusal(), ["issuer_revoked"]);
}

#[test]
fn another_issuers_key_is_issuer_signature() {
    let mut world = World::new();
    world.issuer = TestKey::new();
    assert_eq!(world.refusal(), ["issuer_signature"]);
}

#[test]
fn another_device_is_holder_signature() {
    let mut world = World::new();
    world.device = TestKey::new();
    assert_eq!(world.refusal(), ["holder_signature"]);
}

#[test]
fn the_flipped_signature_of_a_good_code_is_holder_signature() {
    let mut world = World::new();
    let mut token = world.token();
    let at = token.len() - 32;
    let flipped = world::order_minus(&token[at..]);
    token[at..].copy_from_slice(&flipped);
    assert_eq!(refused(&world.decide_on(&frame::encode(&token))), ["holder_signature"]);
}

#[test]
fn the_padded_header_of_a_good_code_is_holder_signature() {
    let mut world = World::new();
    let token = world.token();
    let parsed = Sign1::parse(&token, Profile::Deterministic).unwrap();
    let mut padding = Encoder::new();
    padding.map(1).int(99).int(0);
    let padded = Draft::new(parsed.protected().to_vec(), padding.finish(), parsed.payload().to_vec())
        .assemble(parsed.signature().try_into().unwrap());
    assert_eq!(refused(&world.decide_on(&frame::encode(&padded))), ["holder_signature"]);
}

#[test]
fn a_code_for_another_desk_is_wrong_audience() {
    let mut world = World::new();
    world.audience = "vn.bank".into();
    assert_eq!(world.refusal(), ["wrong_audience"]);
}

#[test]
fn a_code_is_stale_after_sixty_seconds_counted_from_the_first_character() {
    for (age, took, fresh) in [(60, 0, true), (61, 0, false), (-60, 0, true), (-61, 0, false), (60, 55, true)]
    {
        let mut world = World::new();
        world.presented_at = NOW.minus_seconds(age);
        world.now = NOW.plus_seconds(took);
        match (world.decide(), fresh) {
            (Decision::Accepted(_), true) => {}
            (decision, false) => assert_eq!(refused(&decision), ["stale"], "{age}"),
            (decision, true) => panic!("{age}: {decision:?}"),
        }
    }
    let mut world = World::new();
    world.now = NOW.plus_seconds(121);
    assert_eq!(world.refusal(), ["stale"]);
}

#[test]
fn a_credential_past_its_time_is_expired() {
    let mut world = World::new();
    world.credential.exp = NOW;
    assert_eq!(world.refusal(), ["expired"]);
    world.credential.exp = NOW.plus_seconds(1);
    assert!(matches!(world.decide(), Decision::Accepted(_)));
}

#[test]
fn a_clock_that_was_set_back_revives_no_credential() {
    let mut world = World::new();
    world.credential.exp = NOW.plus_seconds(10);
    world.policy.newest_signed_time = NOW.plus_seconds(20);
    assert_eq!(world.refusal(), ["expired"]);
}

#[test]
fn a_presentation_from_before_the_credential_is_not_yet_valid() {
    let mut world = World::new();
    world.credential.iat = NOW.minus_seconds(3);
    assert_eq!(world.refusal(), ["not_yet_valid"]);
}

#[test]
fn a_credential_without_insurance_is_missing_claim() {
    let mut world = World::new();
    world.credential.vct = Vct::Citizen;
    world.credential.claims = world::claims().person.into();
    assert_eq!(world.refusal(), ["missing_claim"]);
}

#[test]
fn a_claim_kept_back_is_missing_and_one_shown_is_there() {
    let mut world = World::new();
    world.credential.redaction = Redaction::EachClaim;
    let sd_cwt = world.sd_cwt();
    let needed = world.policy.required.clone();
    let shown = frame::encode(&world.present(&select(&sd_cwt, &needed).unwrap()));
    let Decision::Accepted(accepted) = world.decide_on(&shown) else { panic!() };
    assert_eq!(accepted.claims().keys(), needed);
    let kept_back = frame::encode(&world.present(&select(&sd_cwt, &needed[1..]).unwrap()));
    assert_eq!(refused(&world.decide_on(&kept_back)), ["missing_claim"]);
}

#[test]
fn a_claim_that_the_desk_may_not_ask_for_is_over_disclosed() {
    let mut world = World::new();
    world.policy.permitted.retain(|claim| *claim != key::SEX);
    assert_eq!(world.refusal(), ["over_disclosed"]);
}

#[test]
fn a_level_that_is_not_attested_does_not_meet_a_demand() {
    let mut world = World::new();
    world.level = Some(3);
    let Decision::Accepted(accepted) = world.decide() else { panic!() };
    assert_eq!((accepted.facts().level().level, accepted.facts().level().basis), (3, LevelBasis::Claimed));
    world.policy.minimum_level = 3;
    assert_eq!(world.refusal(), ["authentication_level"]);
}

#[test]
fn a_level_is_capped_by_what_was_attested_and_level_4_is_never_attested_offline() {
    for (claimed, cap, level, basis) in [
        (Some(3), 2, 2, LevelBasis::Attested),
        (Some(2), 3, 2, LevelBasis::Attested),
        (Some(3), 3, 3, LevelBasis::Attested),
        // A phone that recognised nobody and says nothing of it.
        (None, 3, 1, LevelBasis::Attested),
        (None, 4, 1, LevelBasis::Attested),
        (Some(4), 4, 4, LevelBasis::Claimed),
        (Some(4), 3, 3, LevelBasis::Attested),
    ] {
        let mut world = World::new();
        world.level = claimed;
        world.credential.claims.level_policy = Some(cap);
        let Decision::Accepted(accepted) = world.decide() else { panic!() };
        let found = accepted.facts().level();
        assert_eq!((found.level, found.basis), (level, basis), "{claimed:?} {cap}");
        world.policy.minimum_level = 4;
        world.presented_at = NOW;
        assert_eq!(world.refusal(), ["authentication_level"]);
    }
}

#[test]
fn a_suspended_credential_is_suspended_and_a_revoked_one_revoked() {
    for (value, code) in [(2, "suspended"), (1, "revoked")] {
        let mut world = World::new();
        world.statuses.set(INDEX, value);
        let Decision::Refused(refusal) = world.decide() else { panic!() };
        assert_eq!(codes(refusal.reasons()), [code]);
        assert_ne!(refusal.facts().unwrap().status(), StatusAnswer::Unknown);
    }
}

#[test]
fn a_list_past_its_time_still_refuses_the_revoked_and_doubts_the_rest() {
    let mut world = World::new();
    world.statuses.expires = NOW;
    assert_eq!(unsure(&world.decide()), ["status_old"]);
    world.statuses.set(INDEX, 1);
    assert_eq!(world.refusal(), ["status_old", "revoked"]);
}

#[test]
fn a_status_that_nobody_tells_is_status_unknown() {
    let mut world = World::new();
    world.credential.status.uri = "s:8".into();
    assert_eq!(unsure(&world.decide()), ["status_unknown"]);
    let mut world = World::new();
    world.credential.status.index = 1000;
    assert_eq!(unsure(&world.decide()), ["status_unknown"]);
    let mut world = World::new();
    world.statuses.set(INDEX, 3);
    assert_eq!(unsure(&world.decide()), ["status_unknown"]);
}

#[test]
fn a_status_of_yesterday_is_status_old() {
    let mut world = World::new();
    world.statuses.issued = NOW.minus_seconds(86_400);
    assert!(matches!(world.decide(), Decision::Accepted(_)));
    world.statuses.issued = NOW.minus_seconds(86_401);
    world.presented_at = NOW;
    let Decision::Unsure { shown: Shown::Presentation(shown), reasons } = world.decide() else { panic!() };
    assert_eq!(codes(&reasons), ["status_old"]);
    assert_eq!(shown.facts().status(), StatusAnswer::Valid(NOW.minus_seconds(86_401)));
    assert!(shown.claims().name.is_some());
}

#[test]
fn a_trust_list_of_last_week_or_past_its_time_is_trust_old() {
    let mut world = World::new();
    world.list.issued = NOW.minus_seconds(7 * 86_400 + 1);
    assert_eq!(unsure(&world.decide()), ["trust_old"]);
    let mut world = World::new();
    world.list.expires = NOW;
    assert_eq!(unsure(&world.decide()), ["trust_old"]);
}

#[test]
fn older_data_than_before_are_rollback() {
    let mut world = World::new();
    world.policy.rollback = true;
    assert_eq!(unsure(&world.decide()), ["rollback"]);
}

#[test]
fn a_clock_behind_a_signed_time_is_clock_suspect() {
    let mut world = World::new();
    world.policy.newest_signed_time = NOW.plus_seconds(60);
    assert!(matches!(world.decide(), Decision::Accepted(_)));
    world.presented_at = NOW;
    world.policy.newest_signed_time = NOW.plus_seconds(61);
    assert_eq!(unsure(&world.decide()), ["clock_suspect"]);
    let mut world = World::new();
    world.statuses.issued = NOW.plus_seconds(61);
    assert_eq!(unsure(&world.decide()), ["clock_suspect"]);
    let mut world = World::new();
    world.list.issued = NOW.plus_seconds(61);
    assert_eq!(unsure(&world.decide()), ["clock_suspect"]);
}

#[test]
fn the_clerk_of_a_desk_a_day_behind_is_told_first_that_the_clock_is_wrong() {
    let mut world = World::new();
    (world.received_at, world.now) = (NOW.minus_seconds(86_400), NOW.minus_seconds(86_400));
    assert_eq!(world.refusal(), ["clock_suspect", "stale"]);
}

#[test]
fn the_same_code_twice_is_replayed() {
    let mut world = World::new();
    let text = world.text();
    assert!(matches!(world.decide_on(&text), Decision::Accepted(_)));
    assert_eq!(refused(&world.decide_on(&text)), ["replayed"]);
    world.presented_at = NOW;
    assert!(matches!(world.decide(), Decision::Accepted(_)), "the next code of the same credential");
}

#[test]
fn a_code_that_was_doubtful_is_replayed_too_and_a_refused_one_fills_no_list() {
    let mut world = World::new();
    world.credential.status.index = 1000;
    let text = world.text();
    assert_eq!(unsure(&world.decide_on(&text)), ["status_unknown"]);
    assert_eq!(refused(&world.decide_on(&text)), ["status_unknown", "replayed"]);
    let mut world = World::new();
    world.audience = "vn.bank".into();
    let text = world.text();
    assert_eq!(refused(&world.decide_on(&text)), ["wrong_audience"]);
    world.policy.audience = "vn.bank".into();
    assert!(matches!(world.decide_on(&text), Decision::Accepted(_)));
}

#[test]
fn without_a_list_the_answer_says_so() {
    let world = World::new();
    let (trust, status) = (world.trust(), world.status());
    let decision = verify(&world.text(), &trust, &status, &world.policy, &mut NoSeenList, NOW, NOW);
    let Decision::Accepted(accepted) = decision else { panic!() };
    assert_eq!(accepted.facts().seen(), Seen::NotChecked);
}

#[test]
fn the_same_card_at_another_desk_is_a_warning() {
    struct Elsewhere(Option<Sighting>);
    impl SeenList for Elsewhere {
        fn note(&mut self, sighting: &Sighting) -> Seen {
            self.0 = Some(*sighting);
            Seen::FirstHereAfterAnotherDesk
        }
    }
    let world = World::new();
    let (trust, status, mut list) = (world.trust(), world.status(), Elsewhere(None));
    let decision = verify(&world.text(), &trust, &status, &world.policy, &mut list, NOW, NOW);
    let Decision::Accepted(accepted) = decision else { panic!() };
    assert_eq!(accepted.warnings(), [Reason::SeenElsewhere]);
    assert_eq!(list.0.unwrap().keep_until, NOW.plus_seconds(180));
}

#[test]
fn a_guardian_presents_for_a_minor() {
    let mut world = World::new();
    world.credential.claims.guardian = Some("000180012345".into());
    let Decision::Accepted(accepted) = world.decide() else { panic!() };
    assert_eq!(accepted.presented_by(), PresentedBy::Guardian);
}

#[test]
fn the_flipped_signature_used_above_would_verify() {
    let key = TestKey::new();
    let signature = key.sign(b"message");
    let mut flipped = signature;
    flipped[32..].copy_from_slice(&world::order_minus(&signature[32..]));
    key.public().verify(b"message", &flipped).unwrap();
}

#[test]
fn what_was_signed_in_the_credentials_first_second_is_in_its_time() {
    let presented_at_issue = |ahead: i64| {
        let mut world = World::new();
        world.credential.iat = NOW.plus_seconds(ahead);
        world.presented_at = NOW.plus_seconds(ahead);
        world.decide()
    };
    for ahead in [0, 60] {
        assert!(matches!(presented_at_issue(ahead), Decision::Accepted(_)), "{ahead}");
    }
    assert_eq!(refused(&presented_at_issue(61)), ["stale", "not_yet_valid"]);
}

#[test]
fn a_scan_may_take_two_minutes_a_trust_list_a_week_and_a_level_be_the_lowest() {
    let mut world = World::new();
    world.now = NOW.plus_seconds(120);
    assert!(matches!(world.decide(), Decision::Accepted(_)));
    let mut world = World::new();
    world.list.issued = NOW.minus_seconds(604_800);
    assert!(matches!(world.decide(), Decision::Accepted(_)));
    let mut world = World::new();
    world.level = Some(3);
    world.credential.claims.level_policy = Some(3);
    world.policy.minimum_level = 3;
    assert!(matches!(world.decide(), Decision::Accepted(_)));
}
