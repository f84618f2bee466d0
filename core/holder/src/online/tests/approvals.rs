//! What approves asks the person at each use, and what presents asks nobody.
use presentation::openid4vp::RefusalCode;
use serde_json::json;
use verifier::online::OnlineError as Refusal;
use verifier::{AuthenticationLevel, LevelBasis};

use super::world::{NOW, World, card_query, cash, identity_query, licence_query};
use crate::consent::Recognised;
use crate::online::OnlineError;
use crate::online::answer::{note, pick};
use crate::ports::KeyError;
use crate::store::Table;
use crate::{Error, Event, Kind, OnlineConsent};

/// A machine that pays where the card approves.
async fn machine() -> World {
    World::start(json!({"credentials": [card_query(&["name"])]}), Some(cash())).await
}

async fn agreed(world: &World) -> OnlineConsent {
    let request = world.read().await.unwrap();
    request.grant(Recognised::ByBiometrics, world.number().as_deref(), NOW).unwrap()
}

fn events(world: &World) -> Vec<Event> {
    world.wallet.history(None, 10).unwrap().into_iter().map(|entry| entry.event).collect()
}

#[tokio::test]
async fn an_approval_asks_the_person_once_and_a_presentation_asks_nobody() {
    let query = json!({"credentials": [card_query(&["name"]), licence_query(&["family_name"])]});
    let world = World::start(query, None).await;
    world.answer(&agreed(&world).await).await.unwrap();
    assert_eq!((world.keys.prompts.asked(), world.shown("card")), (0, (1, 0)));
    let world = machine().await;
    for uses in [1, 2] {
        world.answer(&agreed(&world).await).await.unwrap();
        assert!(world.verdict().is_ok());
        // The one copy serves again and again: whoever is asked to approve is named anyway.
        assert_eq!(world.shown("card"), (0, uses));
        assert_eq!(world.keys.prompts.asked(), uses as usize);
        world.begin_again();
    }
}

#[tokio::test]
async fn a_document_without_a_key_that_approves_is_refused_before_anybody_agrees() {
    let world = machine().await;
    world.change_document("card", |record| record.copies.retain(|copy| !copy.approves));
    let request = world.read().await.unwrap();
    assert_eq!((request.choices().len(), request.unanswerable()), (0, Some(OnlineError::NoApprovalKey)));
    let error = request.clone().grant(Recognised::ByBiometrics, Some("11"), NOW).unwrap_err();
    assert_eq!((error.code(), error.kind()), ("online.no_approval_key", Kind::CredentialExpired));
    assert_eq!((world.posted(), world.keys.prompts.asked()), (None, 0));
    world.wallet.decline_request(&request, &world.trust(), NOW).await.unwrap();
    // What the wallet lacks is no matter of the machine's.
    assert_eq!(world.verdict().unwrap_err(), Refusal::Declined(RefusalCode::AccessDenied));
}

#[tokio::test]
async fn of_several_the_newest_that_has_a_key_that_approves_does() {
    let world = machine().await;
    world.hold_another("newer", "CN=Other,C=VN", NOW.minus_seconds(30));
    let request = world.read().await.unwrap();
    assert_eq!((request.choices()[0].document.as_str(), request.choices()[0].approves), ("card", true));
    let picked = request.with("card", "newer").unwrap_err();
    assert_eq!(picked, Error::Online(OnlineError::NotAnAlternative));
}

#[tokio::test]
async fn who_declines_at_the_prompt_has_shown_nothing_and_can_still_approve() {
    let world = machine().await;
    let consent = agreed(&world).await;
    *world.keys.prompts.fail.lock().unwrap() = Some(KeyError::UserCancelled);
    assert_eq!(world.answer(&consent).await.unwrap_err(), Error::Key(KeyError::UserCancelled));
    assert_eq!((world.posted(), world.shown("card")), (None, (0, 0)));
    assert!(matches!(&events(&world)[..], [Event::Refused { code, .. }] if code == "key.cancelled"));
    world.answer(&consent).await.unwrap();
    assert!(world.verdict().is_ok());
    assert_eq!(world.shown("card"), (0, 1));
    assert!(matches!(&events(&world)[..], [Event::PresentedOnline { .. }, Event::Refused { .. }]));
}

#[tokio::test]
async fn a_finger_enrolled_since_ends_the_key_that_approves_and_nothing_is_shown() {
    let world = machine().await;
    let consent = agreed(&world).await;
    world.keys.enrol_another_finger();
    assert_eq!(world.answer(&consent).await.unwrap_err(), Error::Online(OnlineError::NoApprovalKey));
    assert_eq!((world.posted(), world.shown("card")), (None, (0, 0)));
}

#[tokio::test]
async fn a_copy_that_another_answer_took_meanwhile_is_not_shown_twice() {
    let world = World::start(json!({"credentials": [card_query(&["name"])]}), None).await;
    let consent = agreed(&world).await;
    let picked = || pick(&consent, |id| Ok(world.wallet.vault.store().read(Table::Document, id)?)).unwrap();
    let (one, other) = (picked(), picked());
    let noted = |picked| world.wallet.vault.change(|change| note(change, &consent, picked, NOW)).unwrap();
    assert_eq!((noted(&one), noted(&other)), (true, false));
    assert_eq!((world.shown("card"), events(&world).len()), ((1, 0), 1));
    let next = picked();
    assert_ne!(next.copies[0].1.key, one.copies[0].1.key);
    assert!(noted(&next));
}

#[tokio::test]
async fn an_mdoc_tells_the_level_in_every_presentation_that_its_issuer_lets_it() {
    let query = json!({"credentials": [identity_query(&["family_name"]), licence_query(&["family_name"])]});
    for (recognised, level) in [(Recognised::ByDevice, 1), (Recognised::ByBiometrics, 3)] {
        let world = World::start(query.clone(), None).await;
        let request = world.read().await.unwrap();
        world.answer(&request.grant(recognised, None, NOW).unwrap()).await.unwrap();
        let answer = world.verdict().unwrap();
        let told = AuthenticationLevel { level, basis: LevelBasis::Attested };
        assert_eq!(answer.presented("identity").unwrap().level(), Some(told));
        assert_eq!(answer.presented("licence").unwrap().level(), None);
    }
}
