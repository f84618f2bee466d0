//! The authentication level by a provider's statement: one thing of a good statement is changed, and its check alone refuses.
use credential::claims::{Vct, key};
use credential::sd_cwt::{Redaction, select};
use presentation::frame;
use presentation::level_statement::LevelStatementDraft;
use test_key::TestKey;
use trust::time::Timestamp;
use verifier::{Decision, LevelBasis};

use crate::world::{NOW, World};

/// A phone that claims level 4 and brings this statement, at a desk that wants level 4.
fn stated(change: impl FnOnce(&mut LevelStatementDraft<'_>)) -> World {
    let mut world = World::new();
    world.level = Some(4);
    world.stated = Some(world.statement(&world.provider, change));
    world.policy.minimum_level = 4;
    world
}

/// The level and what it rests on; the desk's demand is left out.
fn found(world: &mut World) -> (u8, LevelBasis) {
    world.policy.minimum_level = 0;
    let Decision::Accepted(accepted) = world.decide() else { panic!() };
    let level = accepted.facts().level();
    (level.level, level.basis)
}

/// Refused for its level and nothing else, also where the desk demands none: what is forged is not passed over.
fn is_refused(mut world: World) {
    assert_eq!(world.refusal(), ["authentication_level"]);
    world.policy.minimum_level = 0;
    assert_eq!(world.refusal(), ["authentication_level"]);
}

#[test]
fn a_stated_level_4_meets_a_demand_that_a_claimed_one_does_not() {
    let mut world = stated(|_| ());
    assert!(matches!(world.decide(), Decision::Accepted(_)));
    world.presented_at = NOW;
    assert_eq!(found(&mut world), (4, LevelBasis::ServerStatement));
    let mut world = World { stated: None, ..stated(|_| ()) };
    assert_eq!(world.refusal(), ["authentication_level"]);
    assert_eq!(found(&mut world), (4, LevelBasis::Claimed));
}

#[test]
fn a_statement_of_somebody_whom_the_list_does_not_name_is_refused() {
    is_refused(stated(|draft| draft.iss = "vn-other"));
    is_refused(stated(|draft| draft.kid = b"l2"));
}

#[test]
fn a_statement_of_an_issuer_of_another_type_is_refused() {
    let mut world = stated(|_| ());
    world.list.issuers[1].vcts = vec![Vct::HealthInsurance.urn().into()];
    is_refused(world);
}

#[test]
fn a_statement_signed_outside_the_signers_time_is_refused() {
    let mut world = stated(|_| ());
    world.list.issuers[1].not_after = NOW.minus_seconds(61);
    is_refused(world);
}

#[test]
fn a_statement_of_a_withdrawn_signer_is_refused() {
    let mut world = stated(|_| ());
    world.list.issuers[1].revoked = true;
    is_refused(world);
}

#[test]
fn a_statement_that_another_key_signed_is_refused() {
    let mut world = stated(|_| ());
    world.stated = Some(world.statement(&TestKey::new(), |_| ()));
    is_refused(world);
}

#[test]
fn a_statement_of_another_credentials_key_is_refused() {
    let other = World::new();
    let mut world = stated(|_| ());
    world.stated = Some(other.statement(&world.provider, |_| ()));
    is_refused(world);
}

#[test]
fn a_statement_of_the_future_is_refused_beyond_what_clocks_may_differ() {
    let ahead = |seconds: i64| {
        stated(|draft| {
            draft.issued_at = NOW.plus_seconds(seconds);
            draft.expires_at = NOW.plus_seconds(seconds + 300);
        })
    };
    assert_eq!(found(&mut ahead(60)), (4, LevelBasis::ServerStatement));
    is_refused(ahead(61));
}

#[test]
fn a_statement_older_than_five_minutes_counts_as_none() {
    let issued = |at: Timestamp| {
        stated(|draft| {
            draft.issued_at = at;
            draft.expires_at = at.plus_seconds(300);
        })
    };
    // Five minutes, and one for clocks that differ.
    assert_eq!(found(&mut issued(NOW.minus_seconds(359))), (4, LevelBasis::ServerStatement));
    let mut old = issued(NOW.minus_seconds(360));
    assert_eq!(old.refusal(), ["authentication_level"]);
    assert_eq!(found(&mut old), (4, LevelBasis::Claimed));
}

#[test]
fn a_statement_counts_from_the_first_character_of_the_code() {
    let mut world = stated(|draft| {
        draft.issued_at = NOW.minus_seconds(359);
        draft.expires_at = NOW.minus_seconds(59);
    });
    world.now = NOW.plus_seconds(100);
    assert_eq!(found(&mut world), (4, LevelBasis::ServerStatement));
}

#[test]
fn a_level_is_the_lowest_of_claim_attestation_and_statement() {
    for (claimed, attested, stated_level, level, basis) in [
        (Some(4), None, 2, 2, LevelBasis::ServerStatement),
        (Some(3), None, 4, 3, LevelBasis::ServerStatement),
        // A statement for a level that the phone does not claim here lifts nothing.
        (None, None, 4, 1, LevelBasis::ServerStatement),
        (Some(4), Some(4), 4, 4, LevelBasis::ServerStatement),
        (Some(4), Some(4), 3, 3, LevelBasis::ServerStatement),
        // What the key enforces at this desk is what counts, whatever was stated of the person elsewhere.
        (Some(4), Some(3), 4, 3, LevelBasis::Attested),
        (Some(2), Some(4), 4, 2, LevelBasis::Attested),
    ] {
        let mut world = stated(|draft| draft.level = stated_level);
        (world.level, world.credential.claims.level_policy) = (claimed, attested);
        assert_eq!(found(&mut world), (level, basis), "{claimed:?} {attested:?} {stated_level}");
        world.presented_at = NOW;
        world.policy.minimum_level = level;
        assert!(matches!(world.decide(), Decision::Accepted(_)));
        world.presented_at = NOW.minus_seconds(1);
        world.policy.minimum_level = level + 1;
        assert_eq!(world.refusal(), ["authentication_level"]);
    }
}

/// The provider's statement is about the person; what the key enforces stands in the credential, whatever the phone leaves out.
#[test]
fn a_phone_that_keeps_back_what_it_can_does_not_escape_its_keys_cap() {
    let mut world = stated(|_| ());
    world.credential.redaction = Redaction::EachClaim;
    world.credential.claims.level_policy = Some(2);
    world.policy.minimum_level = 0;
    let least = select(&world.sd_cwt(), &key::CLINIC_SET).unwrap();
    let text = frame::encode(&world.present(&least));
    let Decision::Accepted(accepted) = world.decide_on(&text) else { panic!() };
    let level = accepted.facts().level();
    assert_eq!((level.level, level.basis), (2, LevelBasis::Attested));
}
