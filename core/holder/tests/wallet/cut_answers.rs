//! The connection breaks inside an answer: at each of its first 512 octets and around each token of its JSON, for every call that
//! changes something; and at random places of what goes over the wire. The error says so, nothing is half, and the same call goes
//! through afterwards.
use holder::{
    AccountError, AccountState, CredentialName, Error, Event, FaceCapture, Issuers, Kind, Level, Pin, Silent,
    Wallet, Wanted,
};

use crate::doubles::document_issuer::RunningIssuer;
use crate::doubles::numbers::Numbers;
use crate::doubles::provider::{Running, applicant, at, now, provider, server_time};
use crate::doubles::server::Server;
use crate::doubles::{Phone, agree, reading};

const WIRE_CUTS: u32 = 50;

fn pin() -> Pin {
    Pin::parse("159357").unwrap()
}

async fn obtain(wallet: &Wallet, name: CredentialName) -> Result<(), Error> {
    wallet.account().obtain_credential(Wanted::Named(name, None), None, &Silent, now()).await.map(drop)
}

/// A wallet before its one-time code.
async fn opened() -> (Running, Phone, Wallet) {
    let (running, phone) = (provider().await, Phone::new());
    let wallet = phone.wallet();
    wallet.account().open(&at(&running), &applicant(), now()).await.unwrap();
    (running, phone, wallet)
}

async fn active() -> (Running, Phone, Wallet) {
    let (running, phone, wallet) = opened().await;
    wallet.account().activate("123456", now()).await.unwrap();
    (running, phone, wallet)
}

/// Makes a call again and again, whose answer from this path is cut at another place each time; at last it goes through.
async fn cut_everywhere(
    server: &Server,
    path: &str,
    call: impl AsyncFn() -> Result<(), Error>,
    nothing_is_half: impl Fn(),
) {
    server.line().cut = Some((path.to_owned(), 0));
    let mut cuts = vec![0];
    let mut number = 0;
    while number < cuts.len() {
        let cut = cuts[number];
        server.line().cut = Some((path.to_owned(), cut));
        let error = call().await.unwrap_err();
        assert_eq!((error.code(), error.kind()), ("network.interrupted", Kind::NoNetwork), "{path} at {cut}");
        nothing_is_half();
        if number == 0 {
            cuts = server.line().cuts(path);
        }
        number += 1;
    }
    assert!(cuts.len() > 100, "{path}: {}", cuts.len());
    server.line().cut = None;
    call().await.unwrap_or_else(|error| panic!("{path}: {error}"));
    println!("{path}: cut at {number} places");
}

#[tokio::test]
async fn opening_an_account_survives_an_answer_cut_anywhere() {
    let (running, phone) = (provider().await, Phone::new());
    let wallet = phone.wallet();
    let open = async || wallet.account().open(&at(&running), &applicant(), now()).await.map(drop);
    cut_everywhere(&running.server, "/account/open", open, || {
        assert!(wallet.account().remembered().is_err());
        assert_eq!((phone.keys.count(), wallet.verify_history()), (0, Ok(0)));
    })
    .await;
    assert_eq!(wallet.account().remembered().unwrap().state, AccountState::AwaitingCode);
}

#[tokio::test]
async fn activating_survives_an_answer_cut_anywhere() {
    let (running, phone, wallet) = opened().await;
    let activate = async || wallet.account().activate("123456", now()).await.map(drop);
    cut_everywhere(&running.server, "/account/activate", activate, || {
        assert_eq!(wallet.account().remembered().unwrap().state, AccountState::AwaitingCode);
        assert_eq!((phone.keys.count(), wallet.verify_history()), (1, Ok(1)));
        // Each answer that is cut is one of a code that was taken.
        assert!(std::mem::take(&mut running.state().activated));
    })
    .await;
    assert_eq!(wallet.account().remembered().unwrap().level, Level::One);
}

/// The code was taken, and no answer said so: the same call finds out.
#[tokio::test]
async fn activating_again_after_a_lost_answer_ends_at_what_became_of_the_first() {
    let (running, _phone, wallet) = opened().await;
    running.server.line().cut = Some(("/account/activate".to_owned(), 100));
    let error = wallet.account().activate("123456", now()).await.unwrap_err();
    assert_eq!(error.code(), "network.interrupted");
    running.server.line().cut = None;
    assert!(running.state().activated);
    assert_eq!(wallet.account().activate("123456", now()).await, Ok(Level::Two));
    assert_eq!(running.state().operations, ["open", "activate", "activate", "show"]);
    assert_eq!(wallet.account().remembered().unwrap().level, Level::Two);
}

/// Obtains a credential whose answer from this path is cut.
async fn obtaining(path: &str) {
    let (running, phone, wallet) = active().await;
    let obtain = async || obtain(&wallet, CredentialName::HealthInsurance).await;
    cut_everywhere(&running.server, path, obtain, || {
        assert!(wallet.credentials().unwrap().is_empty());
        assert_eq!((phone.keys.count(), wallet.verify_history()), (1, Ok(2)));
    })
    .await;
    assert_eq!((wallet.credentials().unwrap().len(), phone.keys.count()), (1, 2));
    wallet.present_qr(&agree(&wallet, now()).unwrap(), now()).unwrap();
}

#[tokio::test]
async fn an_offer_survives_an_answer_cut_anywhere() {
    obtaining("/account/offer").await;
}

#[tokio::test]
async fn a_token_survives_an_answer_cut_anywhere() {
    obtaining("/token").await;
}

#[tokio::test]
async fn a_credential_survives_an_answer_cut_anywhere() {
    obtaining("/credential").await;
}

/// Obtains a batch of documents, of which the answer from this path is cut.
async fn obtaining_documents(path: &str) {
    let (running, phone) = (RunningIssuer::start().await, Phone::new());
    running.state().batch = Some(2);
    running.state().sd_jwt = true;
    let wallet = phone.wallet();
    let issuers =
        || Issuers { roots_pem: &running.server.roots_pem, anchors_pem: Some(&running.anchors_pem) };
    let obtain = async || {
        let link = running.offer();
        wallet.obtain_documents(&link, issuers(), None, &Silent, server_time()).await.map(drop)
    };
    cut_everywhere(&running.server, path, obtain, || {
        assert!(wallet.documents().unwrap().is_empty());
        assert_eq!((phone.keys.count(), wallet.verify_history()), (0, Ok(0)));
    })
    .await;
    assert_eq!((wallet.documents().unwrap()[0].copies, phone.keys.count()), (2, 2));
}

#[tokio::test]
async fn a_documents_token_survives_an_answer_cut_anywhere() {
    obtaining_documents("/as/token").await;
}

#[tokio::test]
async fn documents_survive_an_answer_cut_anywhere() {
    obtaining_documents("/tenant/credential").await;
}

#[tokio::test]
async fn handing_over_and_claiming_survive_answers_cut_anywhere() {
    let (running, _old_phone, old) = active().await;
    old.account().set_pin(&pin(), now()).await.unwrap();
    obtain(&old, CredentialName::HealthInsurance).await.unwrap();
    let (new_phone, server) = (Phone::new(), &running.server);
    let new = new_phone.wallet();
    let shown = new.account().receive(&at(&running), "new phone", now()).await.unwrap();
    let code = old.account().read_new_phone(&shown.text, now()).unwrap();
    let handed = || {
        let told = old.history(None, 1_000).unwrap();
        told.iter()
            .filter(|entry| matches!(&entry.event, Event::HandedOver { to } if to == "new phone"))
            .count()
    };
    let tries = std::cell::Cell::new(0);
    let hand_over = async || old.account().hand_over(&code, &pin(), now()).await.map(drop);
    cut_everywhere(server, "/account/hand-over", hand_over, || {
        assert_eq!(old.account().remembered().unwrap().state, AccountState::Active);
        // Each was taken, whatever the phone heard of it.
        tries.set(tries.get() + 1);
        assert_eq!(handed(), tries.get());
    })
    .await;
    assert_eq!(handed(), tries.get() + 1);

    let claim = async || new.account().claim(now()).await.map(drop);
    cut_everywhere(server, "/account/hand-over/claim", claim, || {
        assert_eq!((new.credentials().unwrap().len(), new.verify_history()), (0, Ok(0)));
        assert_eq!(new_phone.keys.count(), 1);
    })
    .await;
    new.account().obtain_carried(&Silent, now()).await.unwrap();
    assert_eq!((new.credentials().unwrap().len(), new_phone.keys.count()), (1, 2));
    assert_eq!(new.account().show(now()).await.unwrap().level, Level::Two);
}

fn last(wallet: &Wallet) -> Event {
    wallet.history(None, 1).unwrap().remove(0).event
}

/// Each cut answer is one of an instruction that was taken; the provider is then as if it had not been.
#[tokio::test]
async fn locking_unlocking_cancelling_and_ending_survive_answers_cut_anywhere() {
    let (running, phone, wallet) = active().await;
    let (server, account) = (&running.server, wallet.account());
    let unchanged = |entries: u64| {
        assert_eq!((phone.keys.count(), wallet.verify_history()), (1, Ok(entries)));
    };
    cut_everywhere(
        server,
        "/account/lock",
        async || account.lock(now()).await,
        || {
            assert_eq!(running.state().locked.take(), Some(true));
            unchanged(2);
        },
    )
    .await;
    assert_eq!(last(&wallet), Event::AccountLocked);
    cut_everywhere(
        server,
        "/account/unlock",
        async || account.unlock(now()).await,
        || {
            assert_eq!(running.state().locked.replace(true), Some(false));
            unchanged(3);
        },
    )
    .await;
    assert_eq!(last(&wallet), Event::AccountUnlocked);
    let code = async || account.new_revocation_code(now()).await.map(drop);
    cut_everywhere(server, "/account/revocation-code", code, || unchanged(4)).await;
    assert_eq!(last(&wallet), Event::RevocationCodeMade);
    account.set_pin(&pin(), now()).await.unwrap();
    running.state().pin_waits = true;
    cut_everywhere(
        server,
        "/account/pending/cancel",
        async || account.cancel_pending(now()).await,
        || {
            assert!(!std::mem::replace(&mut running.state().pin_waits, true));
            unchanged(5);
        },
    )
    .await;
    assert_eq!(last(&wallet), Event::PendingCancelled);
    cut_everywhere(
        server,
        "/account/close",
        async || account.close(now()).await,
        || {
            assert!(std::mem::take(&mut running.state().closed));
            unchanged(6);
        },
    )
    .await;
    assert_eq!((last(&wallet), phone.keys.count()), (Event::AccountClosed, 0));
}

#[tokio::test]
async fn a_new_pin_survives_answers_cut_anywhere() {
    let (running, _phone, wallet) = active().await;
    let account = wallet.account();
    account.set_pin(&pin(), now()).await.unwrap();
    let (before, next) = (running.state().pin.clone(), Pin::parse("404071").unwrap());
    let change = async || account.change_pin(&pin(), &next, now()).await;
    cut_everywhere(&running.server, "/account/pin", change, || running.state().pin = before.clone()).await;
    account.check_pin(&next, now()).await.unwrap();
}

#[tokio::test]
async fn a_proof_survives_an_answer_cut_anywhere() {
    let (running, _phone, wallet) = active().await;
    let account = wallet.account();
    let begun = account.start_step_up(now()).await.unwrap();
    let finish = async || {
        let picture = FaceCapture(b"picture");
        account.finish_step_up(&begun, &reading(&begun), picture, &Silent, now()).await.map(drop)
    };
    cut_everywhere(&running.server, "/account/verify", finish, || {
        assert!(std::mem::take(&mut running.state().nonce_spent));
        assert_eq!(account.remembered().unwrap().level, Level::One);
        assert_eq!(wallet.verify_history(), Ok(2));
    })
    .await;
    assert_eq!(last(&wallet), Event::LevelRaised { level: 2 });
}

#[tokio::test]
async fn a_new_phone_s_proof_survives_an_answer_cut_anywhere() {
    let (running, _old_phone, _old) = active().await;
    let phone = Phone::new();
    let wallet = phone.wallet();
    let account = wallet.account();
    let begun = account.start_new_phone(&at(&running), &applicant(), now()).await.unwrap();
    let finish = async || {
        let picture = FaceCapture(b"picture");
        account.finish_new_phone(&begun, &reading(&begun), picture, &Silent, now()).await.map(drop)
    };
    cut_everywhere(&running.server, "/account/device/verify", finish, || {
        assert!(running.state().phones.cancel());
        running.state().nonce_spent = false;
        assert_eq!(account.remembered().unwrap().state, AccountState::Proving);
        assert_eq!((phone.keys.count(), wallet.verify_history()), (1, Ok(0)));
    })
    .await;
    assert_eq!(account.remembered().unwrap().state, AccountState::Waiting);
}

/// Everything from nothing to two credentials; goes on wherever an earlier run was stopped.
async fn enrol(wallet: &Wallet, running: &Running) -> Result<(), Error> {
    let account = wallet.account();
    if account.remembered().is_err() {
        account.open(&at(running), &applicant(), now()).await?;
    }
    if account.remembered()?.state == AccountState::AwaitingCode {
        account.activate("123456", now()).await?;
    }
    obtain(wallet, CredentialName::Citizen).await?;
    obtain(wallet, CredentialName::HealthInsurance).await
}

#[tokio::test]
async fn enrolment_survives_a_wire_cut_at_random_places() {
    let (running, phone) = (provider().await, Phone::new());
    enrol(&phone.wallet(), &running).await.unwrap();
    let connections = running.server.line().connections;
    let (mut numbers, mut felt) = (Numbers::new(), 0);
    for _ in 0..WIRE_CUTS {
        let (running, phone) = (provider().await, Phone::new());
        let cut = (numbers.below(connections), numbers.below(2_500));
        running.server.line().cut_wire = Some(cut);
        let wallet = phone.wallet();
        // What only asks is asked again by itself.
        if let Err(error) = enrol(&wallet, &running).await {
            assert_eq!(error.kind(), Kind::NoNetwork, "{cut:?}: {error}");
            felt += 1;
        }
        let owned = usize::from(wallet.account().remembered().is_ok()) + wallet.credentials().unwrap().len();
        assert_eq!(phone.keys.count(), owned, "{cut:?}");
        enrol(&wallet, &running).await.unwrap_or_else(|error| panic!("{cut:?}: {error}"));
        assert_eq!((wallet.credentials().unwrap().len(), phone.keys.count()), (2, 3), "{cut:?}");
        wallet.verify_history().unwrap();
    }
    assert!(felt > 0, "no cut was felt");
}

/// The move from phone to phone and what is obtained anew; goes on wherever an earlier run was stopped.
async fn move_account(old: &Wallet, new: &Wallet, running: &Running) -> Result<(), Error> {
    let account = new.account();
    if account.remembered().is_ok_and(|known| known.state == AccountState::Active) {
        return account.obtain_carried(&Silent, now()).await.map(drop);
    }
    let shown = account.receive(&at(running), "new phone", now()).await?;
    // The new phone asks first: what was handed over and claimed is not handed over again.
    match account.claim(now()).await {
        Err(Error::Account(AccountError::NotHandedOver)) => {
            let read = old.account().read_new_phone(&shown.text, now())?;
            old.account().hand_over(&read, &pin(), now()).await?;
            account.claim(now()).await?;
        }
        claimed => drop(claimed?),
    }
    account.obtain_carried(&Silent, now()).await.map(drop)
}

#[tokio::test]
async fn a_move_from_phone_to_phone_survives_a_wire_cut_at_random_places() {
    let before_the_move = async || {
        let (running, phone, old) = active().await;
        old.account().set_pin(&pin(), now()).await.unwrap();
        obtain(&old, CredentialName::HealthInsurance).await.unwrap();
        (running, phone, old)
    };
    let (running, _phone, old) = before_the_move().await;
    let earlier = running.server.line().connections;
    move_account(&old, &Phone::new().wallet(), &running).await.unwrap();
    let connections = running.server.line().connections - earlier;
    let (mut numbers, mut felt) = (Numbers::new(), 0);
    for _ in 0..WIRE_CUTS {
        let (running, old_phone, old) = before_the_move().await;
        let new_phone = Phone::new();
        let new = new_phone.wallet();
        let cut = (numbers.below(connections), numbers.below(2_500));
        running.server.line().cut_wire = Some(cut);
        if let Err(error) = move_account(&old, &new, &running).await {
            assert_eq!(error.kind(), Kind::NoNetwork, "{cut:?}: {error}");
            felt += 1;
        }
        // Neither phone lost or doubled anything, and only one of them has what was taken.
        let owned = usize::from(new.account().remembered().is_ok()) + new.credentials().unwrap().len();
        assert_eq!((new_phone.keys.count(), old_phone.keys.count()), (owned, 2), "{cut:?}");
        assert_eq!(old.credentials().unwrap().len(), 1, "{cut:?}");
        move_account(&old, &new, &running).await.unwrap_or_else(|error| panic!("{cut:?}: {error}"));
        assert_eq!((new.credentials().unwrap().len(), new_phone.keys.count()), (1, 2), "{cut:?}");
        assert_eq!(old.account().show(now()).await.unwrap_err(), AccountError::Replaced.into(), "{cut:?}");
        assert_eq!((old.credentials().unwrap().len(), old_phone.keys.count()), (0, 0), "{cut:?}");
        for wallet in [&old, &new] {
            wallet.verify_history().unwrap();
        }
        let taken = |event: &Event| *event == Event::PhoneTaken;
        let history = new.history(None, 100).unwrap();
        assert_eq!(history.iter().filter(|entry| taken(&entry.event)).count(), 1, "{cut:?}");
    }
    assert!(felt > 0, "no cut was felt");
}
