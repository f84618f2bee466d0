//! The wallet's PIN against the sandbox's server: two sides that share nothing but the protocol.
use holder::Pin;
use http_client::ServerCode;

use crate::doubles::{NUMBER, PHONE, World, now};

fn pin(text: &str) -> Pin {
    Pin::parse(text).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pin_is_set_changed_and_checked_by_the_server_alone() {
    let world = World::at_level_1(NUMBER, PHONE).await;
    let account = world.wallet.account();
    account.set_pin(&pin("159357"), now()).await.unwrap();
    account.check_pin(&pin("159357"), now()).await.unwrap();
    account.change_pin(&pin("159357"), &pin("404071"), now()).await.unwrap();
    account.check_pin(&pin("404071"), now()).await.unwrap();
    let refused = account.check_pin(&pin("159357"), now()).await.unwrap_err();
    assert_eq!((refused.server_code(), refused.attempts_left()), (ServerCode::WrongPin, Some(3)));
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_round_of_wrong_pins_the_wallet_knows_how_long_to_wait() {
    let world = World::at_level_1(NUMBER, PHONE).await;
    let account = world.wallet.account();
    account.set_pin(&pin("159357"), now()).await.unwrap();
    for left in [3, 2, 1, 0] {
        let refused = account.check_pin(&pin("404071"), now()).await.unwrap_err();
        assert_eq!((refused.server_code(), refused.attempts_left()), (ServerCode::WrongPin, Some(left)));
    }
    let refused = account.check_pin(&pin("159357"), now()).await.unwrap_err();
    assert_eq!(refused.server_code(), ServerCode::PinDelayed);
    assert!((1..=60).contains(&refused.retry_after().unwrap()));
}
