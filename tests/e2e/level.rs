//! The authentication level by the provider's statement, from the phone over the sandbox to a desk that demands level 4.
use clinic::answer::{Answer, Verdict};
use clinic::check::{Folders, check_text, decide};
use holder::{CredentialName, FaceCapture, Pin, QrFrame, Recognised};
use http_client::ServerCode;
use serde_json::json;
use trust::time::Timestamp;
use verifier::Policy;

use crate::doubles::{NUMBER, World, now, post};

const CARD: CredentialName = CredentialName::HealthInsurance;
const FACE: FaceCapture<'_> = FaceCapture(b"a picture");

fn pin() -> Pin {
    Pin::parse("159357").unwrap()
}

/// The person with the insurance card and a PIN.
async fn insured() -> World {
    let world = World::insured().await;
    world.wallet.account().set_pin(&pin(), now()).await.unwrap();
    world
}

/// A desk that takes level 4 and nothing below, with the lists as they lie on disk.
fn demands_level_4(world: &World, text: &str, at: Timestamp) -> Answer {
    let (trust, status) = (world.sandbox.trust_folder(), world.sandbox.status_folder());
    let folders = Folders { trust: &trust, status: Some(&status), seen: None, desk: "" };
    let decided = decide(&folders, |data, seen| {
        let policy = Policy { minimum_level: 4, ..data.policy() };
        check_text(text, data, &policy, seen, at, at)
    });
    decided.unwrap()
}

fn show_at_level_4(world: &World, at: Timestamp) -> QrFrame {
    let request = world.wallet.ask_consent(CARD, None, None, at).unwrap();
    let request = world.wallet.at_stated_level(request, 4, at).unwrap();
    world.wallet.present_qr(&request.grant(Recognised::ByDevice, at).unwrap(), at).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_desk_that_demands_level_4_refuses_before_the_provider_states_it_and_accepts_after() {
    let world = insured().await;
    let claimed = world.wallet.ask_consent(CARD, None, None, now()).unwrap();
    let claimed = claimed.grant(Recognised::ByBoth, now()).unwrap();
    let claimed = world.wallet.present_qr(&claimed, now()).unwrap();
    let before = demands_level_4(&world, &claimed.text, now());
    assert_eq!((before.verdict, before.reasons), (Verdict::Refused, vec!["authentication_level".to_owned()]));

    let account = world.wallet.account();
    let stated = account.obtain_level_statement(CARD, None, &pin(), Some(FACE), now()).await.unwrap();
    assert_eq!(stated.level, 4);
    let shown = show_at_level_4(&world, now());
    let after = demands_level_4(&world, &shown.text, now());
    assert_eq!((after.verdict, after.reasons), (Verdict::Accepted, vec![]));
    let level = after.authentication_level.unwrap();
    assert_eq!((level.level, level.basis.as_str()), (4, "server_statement"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stated_level_ends_with_the_account_that_it_was_stated_of() {
    let world = insured().await;
    let account = world.wallet.account();
    account.obtain_level_statement(CARD, None, &pin(), Some(FACE), now()).await.unwrap();
    let shown = show_at_level_4(&world, now());
    account.lock(now()).await.unwrap();
    let locked = demands_level_4(&world, &shown.text, now());
    assert_eq!((locked.verdict, locked.reasons), (Verdict::Refused, vec!["suspended".to_owned()]));
    let refused = account.obtain_level_statement(CARD, None, &pin(), Some(FACE), now()).await.unwrap_err();
    assert_eq!(refused.server_code(), ServerCode::AccountLocked);
}

#[tokio::test(flavor = "multi_thread")]
async fn another_persons_face_states_nothing() {
    let world = insured().await;
    post(&world.sandbox, "/sandbox/face-outcome", &json!({"number": NUMBER, "matches": false}))
        .await
        .unwrap();
    let account = world.wallet.account();
    let refused = account.obtain_level_statement(CARD, None, &pin(), Some(FACE), now()).await.unwrap_err();
    assert_eq!(refused.server_code(), ServerCode::FaceNotMatched);
    // The PIN is right, and says no more than a PIN says.
    assert_eq!(account.obtain_level_statement(CARD, None, &pin(), None, now()).await.unwrap().level, 2);
}
