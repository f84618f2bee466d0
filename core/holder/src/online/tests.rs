//! A wallet before a verifier of this project, over real TLS.
#![allow(unreachable_pub, dead_code, reason = "stand-ins that the other tests use more of")]

mod approvals;
mod cut_wire;
#[path = "../../tests/doubles/device.rs"]
mod device;
#[path = "../../tests/doubles/numbers.rs"]
mod numbers;
#[path = "../../tests/doubles/server.rs"]
mod server;
mod world;

use presentation::openid4vp::{Method, RefusalCode, RequestError, TransactionError};
use serde_json::json;
use trust::certificates::CertificateAnchors;
use verifier::online::OnlineError as Refusal;

use super::{OnlineError, VerifierWords};
use crate::consent::Recognised;
use crate::history::Action;
use crate::{Error, Event, Kind};
use world::{NOW, World, card_query, cash, identity_query, licence_query};

#[tokio::test]
async fn shows_both_formats_with_what_was_asked_and_nothing_else() {
    let world =
        World::start(json!({"credentials": [card_query(&["name"]), licence_query(&["family_name"])]}), None)
            .await;
    let request = world.read().await.unwrap();
    let kinds: Vec<&str> = request.choices().iter().map(|choice| choice.kind.as_str()).collect();
    assert_eq!(kinds, ["urn:example:card", "org.iso.18013.5.1.mDL"]);
    let consent = request.grant(Recognised::ByBiometrics, None, NOW).unwrap();
    let answered = world.answer(&consent).await.unwrap();
    assert_eq!(answered.redirect_uri.as_deref(), Some("https://portal.example.vn/done#code=7"));
    let answer = world.verdict().unwrap();
    let card = answer.presented("card").unwrap();
    assert_eq!(
        (card.claims()["name"].as_str(), card.level().map(|level| level.level)),
        (Some("Mẫu"), Some(3))
    );
    assert_eq!(card.claims().get("birthdate"), None);
    let licence = answer.presented("licence").unwrap();
    assert_eq!(licence.claims(), &json!({"org.iso.18013.5.1": {"family_name": "Nguyễn"}}));
}

#[tokio::test]
async fn the_use_stands_in_the_history_and_each_copy_is_shown_once() {
    let world = World::start(json!({"credentials": [card_query(&["name", "birthdate"])]}), None).await;
    let request = world.read().await.unwrap();
    let consent = request.grant(Recognised::ByDevice, None, NOW).unwrap();
    world.answer(&consent).await.unwrap();
    let event = world.wallet.history(None, 1).unwrap().remove(0).event;
    let Event::PresentedOnline { by, documents, claims, over_asked, approved, level, .. } = event else {
        panic!()
    };
    assert_eq!((by.as_str(), level, approved), ("CN=Portal,C=VN", 1, None));
    assert_eq!(documents, ["urn:example:card"]);
    assert_eq!(claims, ["urn:example:card: name", "urn:example:card: birthdate"]);
    assert_eq!(over_asked, ["urn:example:card: birthdate"]);
    let [portal] = world.wallet.recipients().unwrap().try_into().unwrap();
    assert_eq!(
        (portal.name.as_str(), portal.vct.as_str(), portal.uses),
        ("CN=Portal,C=VN", "urn:example:card", 1)
    );
    assert_eq!(portal.claims, ["birthdate", "name"]);
    let held = world.wallet.documents().unwrap();
    assert_eq!(held.iter().find(|held| held.kind == "urn:example:card").unwrap().unshown, 1);
}

#[tokio::test]
async fn says_who_asks_why_and_what_goes_beyond_the_registration() {
    let world = World::start(json!({"credentials": [card_query(&["name", "birthdate"])]}), None).await;
    let request = world.read().await.unwrap();
    assert_eq!(request.purpose(), Some("to sign you in"));
    let over: Vec<String> = request.choices()[0].over_asked.iter().map(ToString::to_string).collect();
    assert_eq!(over, ["birthdate"]);
    let without = crate::OnlineTrust { registrars: &CertificateAnchors::default(), ..world.trust() };
    let request = world.wallet.read_request(&world.link(), &without, NOW).await.unwrap();
    assert_eq!((request.purpose(), request.choices()[0].over_asked.len()), (None, 2));
}

#[tokio::test]
async fn approves_a_withdrawal_with_the_number_of_the_machine() {
    let world = World::start(json!({"credentials": [card_query(&["name"])]}), Some(cash())).await;
    let request = world.read().await.unwrap();
    assert_eq!(request.transaction(), Some(&cash()));
    let grant = |number| request.clone().grant(Recognised::ByBiometrics, number, NOW);
    assert_eq!(grant(None).unwrap_err(), Error::Online(OnlineError::NumberNeeded));
    assert_eq!(grant(Some("7")).unwrap_err(), Error::Online(OnlineError::BadNumber));
    assert_eq!(grant(Some("7x")).unwrap_err(), Error::Online(OnlineError::BadNumber));
    let number = world.number().unwrap();
    world.answer(&grant(Some(&number)).unwrap()).await.unwrap();
    assert!(world.verdict().is_ok());
    let Event::PresentedOnline { approved, .. } = world.wallet.history(None, 1).unwrap().remove(0).event
    else {
        panic!()
    };
    assert_eq!(approved.unwrap(), "cash: 2000000 VND, Ngân hàng Mẫu, 0007, Huế");
}

#[tokio::test]
async fn approves_with_an_mdoc_whose_issuer_lets_its_key() {
    let query = json!({"credentials": [identity_query(&["family_name"])]});
    let world = World::approving(query, cash(), &["identity"]).await;
    let request = world.read().await.unwrap();
    assert!(request.choices()[0].approves);
    let number = world.number().unwrap();
    let consent = request.grant(Recognised::ByBiometrics, Some(&number), NOW).unwrap();
    world.answer(&consent).await.unwrap();
    let answer = world.verdict().unwrap();
    assert_eq!(answer.presented("identity").unwrap().level().map(|level| level.level), Some(3));
}

#[tokio::test]
async fn of_several_one_that_may_approves_and_the_others_sign_nothing() {
    let queries = [licence_query(&["family_name"]), identity_query(&["family_name"]), card_query(&["name"])];
    let ids = ["licence", "identity", "card"];
    let world = World::approving(json!({"credentials": queries}), cash(), &ids).await;
    let request = world.read().await.unwrap();
    let approving: Vec<bool> = request.choices().iter().map(|choice| choice.approves).collect();
    assert_eq!(approving, [false, true, false]);
    let number = world.number().unwrap();
    let consent = request.grant(Recognised::ByDevice, Some(&number), NOW).unwrap();
    world.answer(&consent).await.unwrap();
    let answer = world.verdict().unwrap();
    assert_eq!(answer.presented("identity").unwrap().level().map(|level| level.level), Some(1));
    assert_eq!(answer.presented("licence").unwrap().level(), None);
}

#[tokio::test]
async fn what_approves_is_not_left_out_though_it_is_optional() {
    let sets = json!([{"options": [["card"]]}, {"options": [["identity"]], "required": false}]);
    let queries = [card_query(&["name"]), identity_query(&["family_name"])];
    let query = json!({"credentials": queries, "credential_sets": sets});
    let world = World::approving(query, cash(), &["identity"]).await;
    let request = world.read().await.unwrap().without_optional();
    assert_eq!(request.choices().len(), 2);
}

#[tokio::test]
async fn refuses_a_transaction_that_no_issuer_lets_these_keys_approve() {
    let query = json!({"credentials": [licence_query(&["family_name"])]});
    let world = World::approving(query, cash(), &["licence"]).await;
    let request = world.read().await.unwrap();
    assert!(request.choices().is_empty() && world.posted().is_none());
    let error = OnlineError::Request(RequestError::Transaction(TransactionError::NotAuthorized));
    assert_eq!(
        request.clone().grant(Recognised::ByDevice, Some("11"), NOW).unwrap_err(),
        Error::Online(error)
    );
    world.wallet.decline_request(&request, &world.trust(), NOW).await.unwrap();
    let told = Refusal::Declined(RefusalCode::InvalidTransactionData);
    assert_eq!(world.verdict().unwrap_err(), told);
}

#[tokio::test]
async fn another_number_approves_nothing() {
    let world = World::start(json!({"credentials": [card_query(&["name"])]}), Some(cash())).await;
    let request = world.read().await.unwrap();
    let wrong = if world.number().unwrap() == "11" { "12" } else { "11" };
    world.answer(&request.grant(Recognised::ByBiometrics, Some(wrong), NOW).unwrap()).await.unwrap();
    assert_eq!(world.verdict().unwrap_err(), Refusal::WrongNumber);
}

#[tokio::test]
async fn a_second_wallet_gets_no_withdrawal_to_approve() {
    let world = World::start(json!({"credentials": [card_query(&["name"])]}), Some(cash())).await;
    world.read().await.unwrap();
    assert!(matches!(world.read().await, Err(Error::Network(_))));
}

#[tokio::test]
async fn a_number_where_none_is_asked_for_is_a_mistake() {
    let world = World::start(json!({"credentials": [card_query(&["name"])]}), None).await;
    let request = world.read().await.unwrap();
    assert_eq!(world.number(), None);
    let granted = request.grant(Recognised::ByDevice, Some("11"), NOW);
    assert_eq!(granted.unwrap_err(), Error::Online(OnlineError::BadNumber));
}

#[tokio::test]
async fn a_no_of_the_person_and_an_empty_wallet_read_the_same() {
    for claim in ["name", "income"] {
        let world = World::start(json!({"credentials": [card_query(&[claim])]}), None).await;
        let request = world.read().await.unwrap();
        assert_eq!(request.choices().is_empty(), claim == "income");
        assert_eq!(world.posted(), None);
        world.wallet.decline_request(&request, &world.trust(), NOW).await.unwrap();
        let event = world.wallet.history(None, 1).unwrap().remove(0).event;
        assert!(matches!(event, Event::DeclinedOnline { .. }));
        assert_eq!(world.verdict().unwrap_err(), Refusal::Declined(RefusalCode::AccessDenied));
    }
}

#[tokio::test]
async fn the_history_has_what_a_declined_request_asked_for_and_what_of_it_was_too_much() {
    let world = World::start(json!({"credentials": [card_query(&["name", "birthdate"])]}), None).await;
    let request = world.read().await.unwrap();
    world.wallet.decline_request(&request, &world.trust(), NOW).await.unwrap();
    let event = world.wallet.history(None, 1).unwrap().remove(0).event;
    let Event::DeclinedOnline { by, documents, claims, over_asked, .. } = event else { panic!("{event:?}") };
    assert_eq!((by.as_str(), documents), ("CN=Portal,C=VN", vec!["urn:example:card".to_owned()]));
    assert_eq!(claims, ["urn:example:card: name", "urn:example:card: birthdate"]);
    assert_eq!(over_asked, ["urn:example:card: birthdate"]);
}

#[test]
fn reads_a_refusal_that_an_older_wallet_kept() {
    let kept = json!({"declined_online": {"to": "x509_san_dns:a.vn", "by": "CN=Portal"}});
    let event: Event = serde_json::from_value(kept.clone()).unwrap();
    assert_eq!(serde_json::to_value(event).unwrap(), kept);
    let kept = json!({"declined": {"vct": "urn:vn:citizen:1", "to": "vn.clinic", "claims": [1]}});
    let event: Event = serde_json::from_value(kept.clone()).unwrap();
    assert_eq!(serde_json::to_value(event).unwrap(), kept);
}

#[tokio::test]
async fn nothing_to_show_is_nothing_to_agree_to() {
    let world = World::start(json!({"credentials": [card_query(&["income"])]}), None).await;
    let granted = world.read().await.unwrap().grant(Recognised::ByDevice, None, NOW);
    assert_eq!(granted.unwrap_err(), Error::Online(OnlineError::NothingToShow));
}

#[tokio::test]
async fn what_is_optional_can_be_left_out() {
    let sets = json!([{"options": [["card"]]}, {"options": [["licence"]], "required": false}]);
    let query = json!({"credentials": [card_query(&["name"]), licence_query(&["family_name"])], "credential_sets": sets});
    let world = World::start(query, None).await;
    let request = world.read().await.unwrap();
    assert_eq!(request.choices().len(), 2);
    let consent = request.without_optional().grant(Recognised::ByDevice, None, NOW).unwrap();
    world.answer(&consent).await.unwrap();
    let answer = world.verdict().unwrap();
    assert!(answer.presented("card").is_some() && answer.presented("licence").is_none());
}

#[tokio::test]
async fn a_consent_and_a_request_are_good_for_a_while() {
    let world = World::start(json!({"credentials": [card_query(&["name"])]}), None).await;
    let request = world.read().await.unwrap();
    let late = NOW.plus_seconds(301);
    let consent = request.clone().grant(Recognised::ByDevice, None, NOW).unwrap();
    for at in [NOW.plus_seconds(120), NOW.minus_seconds(1)] {
        let answered = world.wallet.answer_request(&consent, &world.trust(), at).await;
        assert_eq!(answered.unwrap_err(), Error::Online(OnlineError::ConsentOver));
    }
    let consent = request.grant(Recognised::ByDevice, None, late).unwrap();
    let answered = world.wallet.answer_request(&consent, &world.trust(), late).await;
    assert_eq!(answered.unwrap_err(), Error::Online(OnlineError::Over));
    assert_eq!(world.posted(), None);
}

#[tokio::test]
async fn a_request_that_cannot_be_answered_is_told_so_and_recorded() {
    let world = World::start_with(json!({"credentials": [card_query(&["name"])]}), |payload| {
        payload["transaction_data"] = json!(["eyJ0eXBlIjoicGF5bWVudCJ9"]);
    })
    .await;
    let refused = RequestError::Transaction(TransactionError::Type);
    assert_eq!(world.read().await.unwrap_err(), Error::Online(OnlineError::Request(refused)));
    let posted = world.posted().unwrap();
    assert!(posted.starts_with("error=invalid_transaction_data&state="), "{posted}");
    let Event::Refused { code, .. } = world.wallet.history(None, 1).unwrap().remove(0).event else {
        panic!()
    };
    assert_eq!(code, "online.transaction_unknown");
}

#[tokio::test]
async fn an_old_request_that_comes_again_is_refused() {
    let world = World::start_with(json!({"credentials": [card_query(&["name"])]}), |payload| {
        payload["wallet_nonce"] = json!("an-earlier-one");
    })
    .await;
    let refused = OnlineError::Request(RequestError::WalletNonce);
    assert_eq!(world.read().await.unwrap_err(), Error::Online(refused));
}

#[tokio::test]
async fn no_redirect_is_followed_for_the_request_or_with_the_answer() {
    let world = World::start(json!({"credentials": [card_query(&["name"])]}), None).await;
    let request = world.read().await.unwrap();
    world.redirect();
    assert!(matches!(world.read().await, Err(Error::Network(_))));
    let consent = request.grant(Recognised::ByDevice, None, NOW).unwrap();
    assert!(matches!(world.answer(&consent).await, Err(Error::Network(_))));
    assert_eq!(world.posted(), None);
}

#[tokio::test]
async fn a_person_goes_on_at_a_page_over_https_alone() {
    for address in
        ["http://portal.example.vn/", "javascript:alert(1)", "file:///etc/passwd", "other-app://x", "", "/x"]
    {
        let world = World::start(json!({"credentials": [card_query(&["name"])]}), None).await;
        let consent = world.read().await.unwrap().grant(Recognised::ByDevice, None, NOW).unwrap();
        world.go_on_at(address);
        let refused = Error::Online(OnlineError::BadAnswer);
        assert_eq!(world.answer(&consent).await.unwrap_err(), refused, "{address}");
    }
}

#[tokio::test]
async fn a_stranger_is_told_nothing() {
    let world = World::start(json!({"credentials": [card_query(&["name"])]}), None).await;
    let without = crate::OnlineTrust { verifiers: &CertificateAnchors::default(), ..world.trust() };
    let read = world.wallet.read_request(&world.link(), &without, NOW).await;
    assert!(matches!(read, Err(Error::Online(OnlineError::Request(RequestError::Certificate(_))))));
    assert_eq!(world.posted(), None);
}

#[tokio::test]
async fn reads_a_request_by_get_too() {
    let world = World::start(json!({"credentials": [card_query(&["name"])]}), None).await;
    let request = world.wallet.read_request(&world.link_by(Method::Get), &world.trust(), NOW).await.unwrap();
    let consent = request.grant(Recognised::ByDevice, None, NOW).unwrap();
    world.answer(&consent).await.unwrap();
    assert!(world.verdict().is_ok());
}

/// The person agreed, and the answer reached the verifier; what it says to that breaks off.
#[tokio::test]
async fn an_answer_that_is_cut_anywhere_is_an_interruption_and_the_use_stands_in_the_history() {
    let query = || json!({"credentials": [card_query(&["name"])]});
    let (mut cuts, mut number) = (vec![0], 0);
    while number < cuts.len() {
        let cut = cuts[number];
        let world = World::start(query(), None).await;
        let consent = world.read().await.unwrap().grant(Recognised::ByDevice, None, NOW).unwrap();
        world.line().cut = Some(("/answer".to_owned(), cut));
        let error = world.answer(&consent).await.unwrap_err();
        assert_eq!(error.code(), "network.interrupted", "octet {cut}");
        assert!(world.verdict().is_ok(), "octet {cut}");
        let history = world.wallet.history(None, 10).unwrap();
        assert!(
            matches!(history[0].event, Event::PresentedOnline { .. }),
            "octet {cut}: {:?}",
            history[0].event
        );
        assert_eq!((history.len(), world.wallet.verify_history()), (1, Ok(1)), "octet {cut}");
        if number == 0 {
            cuts = world.line().cuts("/answer");
        }
        // Once more: the verifier takes no answer twice, and its refusal is told as one.
        world.line().cut = None;
        assert_eq!(world.answer(&consent).await.unwrap_err().kind(), Kind::IssuerRefused, "octet {cut}");
        number += 1;
    }
    assert!(number > 100, "{number}");
}

#[tokio::test]
async fn a_request_that_is_cut_anywhere_is_no_request_and_is_fetched_again() {
    let world = World::start(json!({"credentials": [card_query(&["name"])]}), None).await;
    world.line().cut = Some(("/request".to_owned(), 0));
    world.read().await.unwrap_err();
    let cuts = world.line().cuts("/request");
    for cut in cuts {
        let world = World::start(json!({"credentials": [card_query(&["name"])]}), None).await;
        world.line().cut = Some(("/request".to_owned(), cut));
        let error = world.read().await.unwrap_err();
        assert_eq!(
            (error.code(), world.wallet.verify_history()),
            ("network.interrupted", Ok(0)),
            "octet {cut}"
        );
        world.line().cut = None;
        let request = world.read().await.unwrap();
        assert_eq!(request.choices().len(), 1, "octet {cut}");
    }
}

#[tokio::test]
async fn takes_no_answer_of_a_verifier_with_a_member_twice() {
    let world = World::start(json!({"credentials": [card_query(&["name"])]}), None).await;
    let consent = world.read().await.unwrap().grant(Recognised::ByDevice, None, NOW).unwrap();
    world.line().doubled = Some("/answer".to_owned());
    assert_eq!(world.answer(&consent).await.unwrap_err().code(), "network.malformed");
}

#[tokio::test]
async fn a_refusal_comes_with_the_verifiers_own_words_and_the_history_has_the_refusal_alone() {
    let world = World::start(json!({"credentials": [card_query(&["name"])]}), None).await;
    for (reason, words, code) in [
        (
            json!({"error": "access_denied", "error_description": "Mẫu is\n\u{1b}[7mtoo young"}),
            Some("access_denied: Mẫu is [7mtoo young"),
            "issuer.access_denied",
        ),
        (json!({"error": "closed_today"}), Some("closed_today"), "server.other"),
        (json!({}), None, "server.refused"),
    ] {
        world.begin_again();
        let consent = world.read().await.unwrap().grant(Recognised::ByDevice, None, NOW).unwrap();
        world.refuse_with(reason);
        let error = world.answer(&consent).await.unwrap_err();
        assert_eq!(error.verifier_words().map(VerifierWords::as_str), words);
        assert_eq!((error.code(), error.kind()), (code, Kind::IssuerRefused));
        assert!(!format!("{error} {error:?}").contains("young"));
        let noted = world.wallet.history(None, 1).unwrap().remove(0).event;
        assert_eq!(noted, Event::Refused { action: Action::Present, code: code.to_owned() });
    }
}

#[tokio::test]
async fn of_several_that_would_do_the_person_picks_one() {
    let world = World::start(json!({"credentials": [card_query(&["name"])]}), None).await;
    world.hold_another("newer", "CN=Other,C=VN", NOW.minus_seconds(30));
    world.hold_another("older", "CN=Old,C=VN", NOW.minus_seconds(3600));
    let request = world.read().await.unwrap();
    // The newest unless the person says otherwise.
    assert_eq!(request.choices().len(), 1);
    assert_eq!(
        (request.choices()[0].document.as_str(), request.choices()[0].query.as_str()),
        ("newer", "card")
    );
    let others: Vec<&str> = request.alternatives("card").map(|other| other.document.as_str()).collect();
    assert_eq!(others, ["card", "older"]);
    assert_eq!(request.alternatives("another").count(), 0);
    let picked = request.clone().with("card", "older").unwrap();
    assert_eq!((picked.choices().len(), picked.choices()[0].issuer.as_str()), (1, "CN=Old,C=VN"));
    assert_eq!(request.clone().with("card", "newer").unwrap(), request);
    for (query, document) in [("card", "licence"), ("another", "older")] {
        let refused = request.clone().with(query, document).unwrap_err();
        assert_eq!(refused, Error::Online(OnlineError::NotAnAlternative));
    }
    world.answer(&picked.grant(Recognised::ByDevice, None, NOW).unwrap()).await.unwrap();
    assert!(world.verdict().is_ok());
    let shown =
        |id: &str| world.wallet.documents().unwrap().iter().any(|held| held.id == id && held.unshown == 0);
    assert!(shown("older") && !shown("newer"));
}
