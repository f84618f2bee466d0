//! What must not go through, on the same real parts as `whole_path.rs`.
use card::CardTransport;
use clinic::answer::Verdict;
use clinic::check::check_text;
use credential::jose::{Jwk, compact, signing_input};
use holder::{CredentialName, Kind, Level};
use http_client::ServerCode;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use sandbox::RunningSandbox;
use sandbox::chip::FaultPlan;
use serde_json::{Value, json};
use verifier::NoSeenList;

use crate::doubles::{self, CAN, NUMBER, PHONE, World, now, post};

#[tokio::test(flavor = "multi_thread")]
async fn a_screenshot_is_stale_and_a_second_scan_replayed() {
    let world = World::insured().await;
    let shown_at = now();
    let qr = world.show(shown_at);
    let first = world.check(&qr.text, true, shown_at.plus_seconds(2));
    assert_eq!((first.verdict, first.replay.as_str()), (Verdict::Accepted, "first_seen"));
    let second = world.check(&qr.text, true, shown_at.plus_seconds(5));
    assert_eq!((second.verdict, second.reasons), (Verdict::Refused, vec!["replayed".to_owned()]));
    let screenshot = world.check(&qr.text, false, shown_at.plus_seconds(61));
    assert_eq!((screenshot.verdict, screenshot.reasons), (Verdict::Refused, vec!["stale".to_owned()]));
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_network_the_wallet_says_so_and_still_presents() {
    let world = World::insured().await;
    let World { sandbox, wallet, .. } = world;
    sandbox.stop();
    assert_eq!(wallet.account().show(now()).await.unwrap_err().kind(), Kind::NoNetwork);
    assert!(!doubles::show(&wallet, now()).text.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_card_lost_at_any_command_leaves_the_account_at_level_1() {
    let world = World::at_level_1(NUMBER, PHONE).await;
    let mut lost_at = 0;
    loop {
        lost_at += 1;
        let mut chip = world.chip();
        *chip.chip_mut() = world.card.chip().unwrap().with_faults(FaultPlan::lose_tag_at(lost_at));
        let Err(error) = world.step_up(&mut chip, CAN).await else { break };
        assert_eq!((error.kind(), error.code()), (Kind::TryCardAgain, "card.lost"), "command {lost_at}");
        let view = world.wallet.account().remembered().unwrap();
        assert_eq!((view.level, view.verified_at), (Level::One, None));
        assert_eq!(world.wallet.account().show(now()).await.unwrap().level, Level::One);
    }
    println!("the card was lost at each of {} commands", lost_at - 1);
    assert!(lost_at > 10);
    assert!(world.wallet.credentials().unwrap().is_empty());
    assert_eq!(world.wallet.account().show(now()).await.unwrap().level, Level::Two);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_card_access_number_costs_one_attempt() {
    let world = World::at_level_1(NUMBER, PHONE).await;
    let mut chip = world.chip();
    let error = world.step_up(&mut chip, "999999").await.unwrap_err();
    assert_eq!(error.kind(), Kind::WrongAccessKey);
    assert_eq!(chip.chip().failed_attempts(), 1);
    assert!(chip.transceive(&[0x00, 0xA4, 0x02, 0x0C]).is_ok(), "the card is still there");
    assert_eq!(world.wallet.account().remembered().unwrap().level, Level::One);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_digit_can_be_changed_cut_or_doubled() {
    let world = World::insured().await;
    let at = now();
    let text = world.show(at).text;
    let (trust, status) = (world.sandbox.trust_folder(), world.sandbox.status_folder());
    let data = clinic::folder::load(&trust, Some(&status), None).unwrap();
    let answer = |scanned: &str| check_text(scanned, &data, &data.policy(), &mut NoSeenList, at, at);
    assert_eq!(answer(&text).verdict, Verdict::Accepted);
    for place in 0..text.len() {
        let (before, after) = (&text[..place], &text[place + 1..]);
        let digit = text[place..].chars().next().unwrap();
        let other = char::from_digit((digit.to_digit(10).unwrap() + 1) % 10, 10).unwrap();
        let (changed, without) = (format!("{before}{other}{after}"), format!("{before}{after}"));
        let doubled = format!("{before}{digit}{digit}{after}");
        for (change, scanned) in
            [("changed", changed), ("left out", without), ("doubled", doubled), ("cut", before.to_owned())]
        {
            let answer = answer(&scanned);
            assert_eq!(answer.verdict, Verdict::Refused, "{change} at {place}: {:?}", answer.reasons);
            assert!(answer.claims.is_none());
        }
    }
    println!("{} digits, four changes each", text.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lock_suspends_and_a_death_revokes() {
    let world = World::insured().await;
    let code = world.show(now()).text;
    let reasons = || world.check(&code, false, now()).reasons;
    world.wallet.account().lock(now()).await.unwrap();
    assert_eq!(reasons(), ["suspended"]);
    let refused = world.obtain(CredentialName::Citizen).await.unwrap_err();
    assert_eq!(refused.server_code(), ServerCode::AccountLocked);
    world.wallet.account().unlock(now()).await.unwrap();
    assert!(reasons().is_empty());
    post(&world.sandbox, "/sandbox/death", &json!({"number": NUMBER})).await.unwrap();
    assert_eq!(reasons(), ["revoked"]);
    let refused = world.wallet.account().unlock(now()).await.unwrap_err();
    assert_eq!(refused.server_code(), ServerCode::NotHolderLock);
}

#[tokio::test(flavor = "multi_thread")]
async fn level_1_obtains_nothing() {
    let world = World::at_level_1(NUMBER, PHONE).await;
    for name in [CredentialName::Citizen, CredentialName::HealthInsurance] {
        let refused = world.obtain(name).await.unwrap_err();
        assert_eq!(refused.server_code(), ServerCode::LevelRequired);
    }
    assert!(world.wallet.credentials().unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn another_persons_card_does_not_raise_the_account() {
    let world = World::at_level_1("000199012345", "0900000001").await;
    let refused = world.step_up(&mut world.chip(), CAN).await.unwrap_err();
    assert_eq!(refused.server_code(), ServerCode::CardNumberMismatch);
    assert_eq!(world.wallet.account().show(now()).await.unwrap().level, Level::One);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_face_that_does_not_match_does_not_raise_the_account() {
    let world = World::at_level_1(NUMBER, PHONE).await;
    let outcome = json!({"number": NUMBER, "matches": false});
    post(&world.sandbox, "/sandbox/face-outcome", &outcome).await.unwrap();
    let refused = world.step_up(&mut world.chip(), CAN).await.unwrap_err();
    assert_eq!(refused.server_code(), ServerCode::FaceNotMatched);
    assert_eq!(world.wallet.account().show(now()).await.unwrap().level, Level::One);
}

/// A stranger to the wallet's code who signs account messages by the protocol.
struct Device(EcdsaKeyPair);

impl Device {
    fn new() -> Self {
        let random = ring::rand::SystemRandom::new();
        let key = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &random).unwrap();
        Self(EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, key.as_ref(), &random).unwrap())
    }

    async fn message(&self, sandbox: &RunningSandbox, seq: u64, members: &Value) -> Value {
        let fresh = post(sandbox, "/account/challenge", &json!({})).await.unwrap();
        let mut payload = members.clone();
        payload["challenge"] = fresh["challenge"].clone();
        payload["iat"] = fresh["server_time"].clone();
        payload["aud"] = json!(sandbox.url());
        payload["seq"] = json!(seq);
        let public = trust::p256::PublicKey::from_uncompressed(self.0.public_key().as_ref()).unwrap();
        let header = json!({"alg": "ES256", "typ": "sen-account+jwt", "jwk": Jwk::new(public)});
        let input = signing_input(&header, &payload);
        let signature = self.0.sign(&ring::rand::SystemRandom::new(), input.as_bytes()).unwrap();
        json!({"jws": compact(&input, signature.as_ref().try_into().unwrap())})
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_is_taken_once_and_a_number_too() {
    let world = World::new();
    let (sandbox, device) = (&world.sandbox, Device::new());
    let open = json!({"op": "open", "personal_number": NUMBER, "phone": PHONE, "device_name": "d"});
    let message = device.message(sandbox, 1, &open).await;
    let opened = post(sandbox, "/account/open", &message).await.unwrap();
    let again = post(sandbox, "/account/open", &message).await.unwrap_err();
    assert_eq!(again.server_code(), ServerCode::ChallengeUnknown);

    let show = json!({"op": "show", "account": opened["account"]});
    let second = device.message(sandbox, 2, &show).await;
    post(sandbox, "/account/show", &second).await.unwrap();
    let same_number = device.message(sandbox, 2, &show).await;
    let refused = post(sandbox, "/account/show", &same_number).await.unwrap_err();
    assert_eq!(refused.server_code(), ServerCode::SequenceReplayed);
    let elsewhere = device.message(sandbox, 3, &show).await;
    let refused = post(sandbox, "/account/lock", &elsewhere).await.unwrap_err();
    assert_eq!(refused.server_code(), ServerCode::WrongOperation);
    let stranger = Device::new().message(sandbox, 4, &show).await;
    let refused = post(sandbox, "/account/show", &stranger).await.unwrap_err();
    assert_eq!(refused.server_code(), ServerCode::AccountUnknown);
}
