//! Level 2 on a phone that cannot read the card: another person's phone reads it.
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use card::{AccessKey, Can, Unwatched};
use holder::{
    AccountError, AwaitedReading, CardAtHand, Error, Event, FaceCapture, Kind, Level, Silent, StepUp, Wallet,
};
use sandbox::chip::ChipTransport;
use serde_json::json;

use crate::doubles::{CAN, NUMBER, PHONE, World, now, open_phone, post, provider};

/// The phone without a reader has begun, and shows its code.
async fn begin(world: &World) -> (StepUp, AwaitedReading) {
    let account = world.wallet.account();
    let begun = account.start_step_up(now()).await.unwrap();
    let awaited = account.borrow_reader(&begun, now()).await.unwrap();
    (begun, awaited)
}

/// The other phone, which has no account, reads the card for a code.
async fn lend(world: &World, helper: &Wallet, chip: &mut ChipTransport, code: &str) -> Result<(), Error> {
    let access = AccessKey::Can(Can::parse(CAN).unwrap());
    let request = helper.account().read_reading_request(code, now())?;
    let card = CardAtHand { transport: chip, access: &access, progress: &Unwatched };
    helper.account().lend_reader(Some(&provider(&world.sandbox)), &request, card, now()).await
}

async fn finish(world: &World, begun: &StepUp, awaited: &AwaitedReading) -> Result<Level, Error> {
    let account = world.wallet.account();
    let reading = account.take_reading(begun, awaited, now()).await?.unwrap();
    account.finish_step_up(begun, &reading, FaceCapture(b"a picture"), &Silent, now()).await
}

#[tokio::test(flavor = "multi_thread")]
async fn another_persons_phone_reads_the_card_and_the_account_reaches_level_2() {
    let world = World::at_level_1(NUMBER, PHONE).await;
    let (helper, keys) = open_phone(world.folder.path(), "helper");
    let (begun, awaited) = begin(&world).await;
    assert!(world.wallet.account().take_reading(&begun, &awaited, now()).await.unwrap().is_none());
    let request = helper.account().read_reading_request(&awaited.text, now()).unwrap();
    assert_eq!((request.name.as_str(), request.purpose.as_str()), ("phone", "level-2"));
    assert_eq!(request.check_digits, awaited.check_digits);
    assert_eq!(request.challenge(), begun.challenge());
    lend(&world, &helper, &mut world.chip(), &awaited.text).await.unwrap();
    assert_eq!(finish(&world, &begun, &awaited).await.unwrap(), Level::Two);
    assert_eq!(world.wallet.account().show(now()).await.unwrap().level, Level::Two);

    // The other phone keeps a line of its history, no key, no account.
    assert_eq!(helper.history(None, 9).unwrap()[0].event, Event::ReaderLent { to: "phone".to_owned() });
    assert_eq!(keys.count(), 0);
    assert_eq!(helper.account().remembered().unwrap_err(), AccountError::NoAccount.into());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_other_phone_may_have_an_account_of_its_own_and_needs_no_provider_then() {
    let world = World::at_level_1(NUMBER, PHONE).await;
    let (begun, awaited) = begin(&world).await;
    let access = AccessKey::Can(Can::parse(CAN).unwrap());
    // The same phone will do as well: it has an account with this provider.
    let helper = world.wallet.account();
    let request = helper.read_reading_request(&awaited.text, now()).unwrap();
    let mut chip = world.chip();
    let card = CardAtHand { transport: &mut chip, access: &access, progress: &Unwatched };
    helper.lend_reader(None, &request, card, now()).await.unwrap();
    assert_eq!(finish(&world, &begun, &awaited).await.unwrap(), Level::Two);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_an_account_the_other_phone_needs_a_provider() {
    let world = World::at_level_1(NUMBER, PHONE).await;
    let (helper, _) = open_phone(world.folder.path(), "helper");
    let (_, awaited) = begin(&world).await;
    let access = AccessKey::Can(Can::parse(CAN).unwrap());
    let request = helper.account().read_reading_request(&awaited.text, now()).unwrap();
    let mut chip = world.chip();
    let card = CardAtHand { transport: &mut chip, access: &access, progress: &Unwatched };
    let refused = helper.account().lend_reader(None, &request, card, now()).await.unwrap_err();
    assert_eq!(refused, AccountError::NoAccount.into());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reading_for_an_earlier_code_is_awaited_no_more() {
    let world = World::at_level_1(NUMBER, PHONE).await;
    let (helper, _) = open_phone(world.folder.path(), "helper");
    let (_, first) = begin(&world).await;
    begin(&world).await;
    let refused = lend(&world, &helper, &mut world.chip(), &first.text).await.unwrap_err();
    assert_eq!((refused.code(), refused.kind()), ("account.no_reading_awaited", Kind::IssuerRefused));
    assert!(helper.history(None, 9).unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_somebody_else_sends_is_not_taken_for_the_reading() {
    let world = World::at_level_1(NUMBER, PHONE).await;
    let (helper, _) = open_phone(world.folder.path(), "helper");
    let (begun, awaited) = begin(&world).await;
    // Who filmed the code knows where to send, and can open and make nothing.
    let parcel_key =
        presentation::borrowed_reader::BorrowedReaderCode::parse(&awaited.text).unwrap().parcel_key;
    let hash = ring::digest::digest(&ring::digest::SHA256, &parcel_key.compressed());
    for sealed in ["?", "", "AAAA", &"A".repeat(400)] {
        let given = json!({"to": URL_SAFE_NO_PAD.encode(hash), "sealed": sealed});
        let given = post(&world.sandbox, "/account/reading/give", &given).await;
        assert_eq!(given.is_ok(), !sealed.is_empty());
        if given.is_ok() {
            let refused = finish(&world, &begun, &awaited).await.unwrap_err();
            assert_eq!(refused.kind(), Kind::NotReady);
            assert_eq!(refused, AccountError::BadReading.into());
        }
    }
    // The right one may still come.
    lend(&world, &helper, &mut world.chip(), &awaited.text).await.unwrap();
    assert_eq!(finish(&world, &begun, &awaited).await.unwrap(), Level::Two);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reading_that_answers_another_challenge_is_not_taken() {
    let world = World::at_level_1(NUMBER, PHONE).await;
    let (helper, _) = open_phone(world.folder.path(), "helper");
    let (begun, awaited) = begin(&world).await;
    lend(&world, &helper, &mut world.chip(), &awaited.text).await.unwrap();
    let other = world.wallet.account().start_step_up(now()).await.unwrap();
    let refused = world.wallet.account().take_reading(&other, &awaited, now()).await.unwrap_err();
    assert_eq!(refused, AccountError::BadReading.into());
    assert!(world.wallet.account().take_reading(&begun, &awaited, now()).await.unwrap().is_some());
}

#[tokio::test(flavor = "multi_thread")]
async fn another_persons_card_read_elsewhere_raises_nothing() {
    let world = World::at_level_1("000199012345", "0900000001").await;
    let (helper, _) = open_phone(world.folder.path(), "helper");
    let (begun, awaited) = begin(&world).await;
    lend(&world, &helper, &mut world.chip(), &awaited.text).await.unwrap();
    let refused = finish(&world, &begun, &awaited).await.unwrap_err();
    assert_eq!(refused.code(), "account.card_number_mismatch");
    assert_eq!(world.wallet.account().show(now()).await.unwrap().level, Level::One);
}

#[tokio::test(flavor = "multi_thread")]
async fn old_codes_and_codes_of_something_else_ask_for_nothing() {
    let world = World::at_level_1(NUMBER, PHONE).await;
    let (helper, _) = open_phone(world.folder.path(), "helper");
    let (_, awaited) = begin(&world).await;
    let read = |text: &str, seconds| {
        helper.account().read_reading_request(text, now().plus_seconds(seconds)).unwrap_err()
    };
    assert_eq!(read(&awaited.text, 301), AccountError::ReaderCodeOld.into());
    assert_eq!(read(&awaited.text, -120), AccountError::ReaderCodeOld.into());
    assert_eq!(read("736310000000", 0), AccountError::BadReaderCode.into());
}
