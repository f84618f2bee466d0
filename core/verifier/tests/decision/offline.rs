//! The bundle that a desk's page takes along.
use test_key::TestKey;
use trust::anchors::TrustError;
use trust::status::StatusError;
use verifier::offline::{OfflineBundle, OfflineError, seen_key, seen_text};
use verifier::{Decision, MemorySeenList, Policy, verify};

use crate::world::{INDEX, NOW, World, refused, unsure};

fn bundle(world: &World) -> OfflineBundle {
    let list = world.list.draft(b"root").unwrap();
    let list = list.assemble(&world.root.sign(&list.to_be_signed()));
    let status = world.statuses.draft(b"s1").unwrap();
    let status = status.assemble(&world.signer.sign(&status.to_be_signed()));
    let tokens = [("7.cwt".to_owned(), status)];
    OfflineBundle::new((&list, &[world.root.public()]), &tokens, &world.policy, &[[7; 32]], "Quầy 1", NOW)
}

fn decide(bundle: &OfflineBundle, text: &str) -> Decision {
    let desk = bundle.open().unwrap();
    verify(text, &desk.trust, &desk.status, &desk.policy, &mut MemorySeenList::default(), NOW, NOW)
}

#[test]
fn a_bundle_decides_as_the_desk_does_after_a_trip_through_json() {
    let mut world = World::new();
    world.policy.newest_signed_time = NOW.minus_seconds(60);
    let json = serde_json::to_string(&bundle(&world)).unwrap();
    let bundle_again: OfflineBundle = serde_json::from_str(&json).unwrap();
    let desk = bundle_again.open().unwrap();
    assert_eq!((&desk.policy, &desk.seen[..]), (&world.policy, &[[7; 32]][..]));
    assert!(desk.passed_over.is_empty());
    assert!(matches!(decide(&bundle_again, &world.text()), Decision::Accepted(_)));
    assert!(world.statuses.set(INDEX, 1));
    assert_eq!(refused(&decide(&bundle(&world), &world.text())), ["revoked"]);
}

#[test]
fn a_bundle_takes_every_demand_of_the_policy_along() {
    let mut world = World::new();
    world.policy = Policy {
        audience: "vn.gate".into(),
        required: vec![4],
        permitted: vec![4, 8],
        max_age: 31,
        open_challenges: Vec::new(),
        challenged_only: true,
        status_max_age: 32,
        trust_max_age: 33,
        minimum_level: 2,
        newest_signed_time: NOW,
        rollback: true,
    };
    assert_eq!(bundle(&world).open().unwrap().policy, world.policy);
}

#[test]
fn a_list_that_no_root_signed_opens_no_desk() {
    let world = World::new();
    let mut other = bundle(&world);
    let key = TestKey::new();
    other.roots = bundle(&World { root: key, ..World::new() }).roots;
    assert_eq!(other.open().unwrap_err(), OfflineError::TrustList(TrustError::SignatureInvalid));
}

#[test]
fn a_status_token_of_another_signer_is_passed_over() {
    let world = World::new();
    let mut mixed = bundle(&world);
    mixed.status = bundle(&World::new()).status;
    let desk = mixed.open().unwrap();
    assert_eq!(desk.passed_over, [("7.cwt".to_owned(), StatusError::SignatureInvalid)]);
    assert_eq!(unsure(&decide(&mixed, &world.text())), ["status_unknown"]);
}

#[test]
fn each_broken_field_has_its_error() {
    let good = bundle(&World::new());
    let broken = |change: fn(&mut OfflineBundle)| {
        let mut bundle = good.clone();
        change(&mut bundle);
        bundle.open().unwrap_err()
    };
    assert_eq!(broken(|bundle| bundle.trust = "?".into()), OfflineError::Base64);
    assert_eq!(broken(|bundle| bundle.roots = vec!["AAAA".into()]), OfflineError::Root);
    assert_eq!(
        broken(|bundle| bundle.roots = Vec::new()),
        OfflineError::TrustList(TrustError::SignatureInvalid)
    );
    assert_eq!(broken(|bundle| bundle.seen_recent = vec!["AAAA".into()]), OfflineError::SeenKey);
    assert_eq!(seen_key(&seen_text(&[3; 32])), Ok([3; 32]));
}
