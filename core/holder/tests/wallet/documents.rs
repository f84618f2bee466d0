//! Obtaining documents from an issuer that checks each request as the standards say, and that fails in many ways.
use holder::{
    Action, Authorisation, DocumentFormat, DocumentInfo, Error, Event, IssuanceError, Issuers, Renewable,
    Renewed, Silent, Wallet, WalletClient,
};
use trust::time::Timestamp;

use crate::doubles::Phone;
use crate::doubles::document_issuer::{CLIENT, DOCTYPE, DocumentFault, REDIRECT, RunningIssuer};
use crate::doubles::provider::SERVER_TIME;

fn now() -> Timestamp {
    Timestamp::from_unix(SERVER_TIME)
}

fn issuers(running: &RunningIssuer) -> Issuers<'_> {
    Issuers { roots_pem: &running.server.roots_pem, anchors_pem: Some(&running.anchors_pem) }
}

async fn obtain(running: &RunningIssuer, wallet: &Wallet) -> Result<Vec<DocumentInfo>, Error> {
    wallet.obtain_documents(&running.offer(), issuers(running), None, &Silent, now()).await
}

/// An issuer that demands all it can.
async fn strict() -> RunningIssuer {
    let running = RunningIssuer::start().await;
    {
        let mut state = running.state();
        (state.bound, state.batch, state.refresh) = (true, Some(3), true);
    }
    running
}

#[tokio::test]
async fn obtains_a_document_from_an_issuer_below_a_path_without_any_account() {
    let (running, phone) = (RunningIssuer::start().await, Phone::new());
    let wallet = phone.wallet();
    let obtained = obtain(&running, &wallet).await.unwrap();
    let [document] = obtained.as_slice() else { panic!("{obtained:?}") };
    assert_eq!((document.format, document.kind.as_str()), (DocumentFormat::Mdoc, DOCTYPE));
    assert!(document.issuer.contains("Signer of the Test"));
    assert_eq!((document.copies, document.unshown, document.refreshable), (1, 1, false));
    assert_eq!(wallet.documents().unwrap(), obtained);
    assert_eq!(running.state().notified, ["credential_accepted"]);
    assert_eq!(phone.keys.count(), 1);
    let last = wallet.history(None, 1).unwrap();
    assert!(matches!(&last[0].event, Event::CredentialObtained { vct, .. } if vct == DOCTYPE));
}

#[tokio::test]
async fn obtains_an_sd_jwt_vc_as_it_came() {
    let (running, phone) = (strict().await, Phone::new());
    running.state().sd_jwt = true;
    let obtained = obtain(&running, &phone.wallet()).await.unwrap();
    assert_eq!((obtained[0].format, obtained[0].copies), (DocumentFormat::SdJwt, 3));
    assert!(obtained[0].issuer.contains("Signer of the Test"));
    assert_eq!(obtained[0].issued_at, now().plus_seconds(-3600));
    assert_eq!(obtained[0].expires_at, Some(now().plus_seconds(86_400 - 3600)));
}

#[tokio::test]
async fn gives_each_copy_of_a_batch_its_key_whatever_their_order() {
    let (running, phone) = (strict().await, Phone::new());
    running.state().backwards = true;
    let wallet = phone.wallet();
    let obtained = obtain(&running, &wallet).await.unwrap();
    assert_eq!((obtained[0].copies, obtained[0].refreshable), (3, true));
    // Three copies, and the key that the tokens are bound to.
    assert_eq!(phone.keys.count(), 4);
    wallet.delete_document(&obtained[0].id, now()).unwrap();
    assert_eq!((wallet.documents().unwrap().len(), phone.keys.count()), (0, 0));
}

#[tokio::test]
async fn repeats_a_request_once_for_each_server_that_wants_its_nonce() {
    let (running, phone) = (strict().await, Phone::new());
    obtain(&running, &phone.wallet()).await.unwrap();
    let count = |path: &str| running.state().asked.iter().filter(|asked| *asked == path).count();
    assert_eq!((count("/as/token"), count("/tenant/credential")), (2, 2));
}

#[tokio::test]
async fn gives_up_on_a_server_that_takes_no_nonce_at_all() {
    let (running, phone) = (strict().await, Phone::new());
    running.state().fault = DocumentFault::EndlessNonces;
    let refused = obtain(&running, &phone.wallet()).await.unwrap_err();
    assert_eq!(refused.code(), "issuer.use_dpop_nonce");
    assert_eq!(running.state().asked.iter().filter(|asked| *asked == "/as/token").count(), 2);
}

#[tokio::test]
async fn gives_up_on_an_issuer_that_takes_no_nonce_in_key_proofs() {
    let (running, phone) = (RunningIssuer::start().await, Phone::new());
    running.state().fault = DocumentFault::StaleNonces;
    let refused = obtain(&running, &phone.wallet()).await.unwrap_err();
    assert_eq!(refused.code(), "issuer.invalid_nonce");
    assert_eq!(running.state().asked.iter().filter(|asked| *asked == "/tenant/credential").count(), 2);
}

#[tokio::test]
async fn refuses_what_breaks_a_rule_keeps_nothing_of_it_and_says_so_to_the_issuer() {
    use DocumentFault as F;
    let cases = [
        (F::ForeignKey, IssuanceError::WrongKey, true),
        (F::OneKeyForAll, IssuanceError::WrongKey, true),
        (F::OneTooMany, IssuanceError::BadCredential, false),
        (F::NoCopies, IssuanceError::BadCredential, false),
        (F::OtherType, IssuanceError::WrongType, true),
        (F::Expired, IssuanceError::NotValidNow, true),
        (F::OtherRoot, IssuanceError::UnknownIssuer, true),
        (F::Flipped, IssuanceError::IssuerSignature, true),
        (F::BearerToken, IssuanceError::BadToken, false),
        (F::OtherServer, IssuanceError::IssuerMixUp, false),
    ];
    for (sd_jwt, (fault, error, told)) in
        [false, true].into_iter().flat_map(|one| cases.map(|case| (one, case)))
    {
        let (running, phone) = (strict().await, Phone::new());
        (running.state().fault, running.state().sd_jwt) = (fault, sd_jwt);
        let wallet = phone.wallet();
        assert_eq!(obtain(&running, &wallet).await, Err(error.into()), "{fault:?}");
        assert_eq!((wallet.documents().unwrap().len(), phone.keys.count()), (0, 0), "{fault:?}");
        let expected: &[&str] = if told { &["credential_failure"] } else { &[] };
        assert_eq!(running.state().notified, expected, "{fault:?}");
    }
}

#[tokio::test]
async fn takes_a_document_that_begins_a_moment_after_the_wallet_read_its_clock() {
    for (sd_jwt, (later, taken)) in
        [false, true].into_iter().flat_map(|one| [(60, true), (61, false)].map(|case| (one, case)))
    {
        let (running, phone) = (strict().await, Phone::new());
        (running.state().begins, running.state().sd_jwt) = (SERVER_TIME + later, sd_jwt);
        let obtained = obtain(&running, &phone.wallet()).await;
        let expected = if taken { Ok(1) } else { Err(IssuanceError::NotValidNow.into()) };
        assert_eq!(obtained.map(|documents| documents.len()), expected, "{later} {sd_jwt}");
    }
}

#[tokio::test]
async fn refuses_roots_that_are_no_certificates_before_anything_is_sent() {
    let (running, phone) = (RunningIssuer::start().await, Phone::new());
    let issuers = Issuers { anchors_pem: Some("nothing"), ..issuers(&running) };
    let wallet = phone.wallet();
    let refused = wallet.obtain_documents(&running.offer(), issuers, None, &Silent, now()).await;
    assert_eq!(refused.unwrap_err(), IssuanceError::BadAnchors.into());
    assert!(running.state().asked.is_empty());
}

#[tokio::test]
async fn fetches_a_document_anew_without_the_person_and_keeps_the_newest_leave_to() {
    let (running, phone) = (strict().await, Phone::new());
    let wallet = phone.wallet();
    let mut held = obtain(&running, &wallet).await.unwrap().remove(0);
    for _ in 0..2 {
        let next = wallet.refresh_document(&held.id, &Silent, now()).await.unwrap().unwrap();
        assert_ne!(next.id, held.id);
        assert_eq!(wallet.documents().unwrap(), std::slice::from_ref(&next));
        assert_eq!(phone.keys.count(), 4);
        held = next;
    }
    // The issuer's checks are the assertion: the newest token, under the first key.
    running.state().fault = DocumentFault::Flipped;
    let refused = wallet.refresh_document(&held.id, &Silent, now()).await.unwrap_err();
    assert_eq!(refused, IssuanceError::IssuerSignature.into());
    assert_eq!((wallet.documents().unwrap(), phone.keys.count()), (vec![held.clone()], 4));
    running.state().fault = DocumentFault::None;
    wallet.refresh_document(&held.id, &Silent, now()).await.unwrap();
}

#[tokio::test]
async fn a_document_without_leave_is_fetched_anew_only_with_an_offer_which_replaces_it() {
    let (running, phone) = (RunningIssuer::start().await, Phone::new());
    let wallet = phone.wallet();
    let first = obtain(&running, &wallet).await.unwrap().remove(0);
    let refused = wallet.refresh_document(&first.id, &Silent, now()).await.unwrap_err();
    assert_eq!(refused, IssuanceError::NotRefreshable.into());
    let second = obtain(&running, &wallet).await.unwrap();
    assert_eq!((wallet.documents().unwrap(), phone.keys.count()), (second, 1));
    let gone = wallet.refresh_document(&first.id, &Silent, now()).await.unwrap_err();
    assert_eq!(gone, IssuanceError::NotFound.into());
}

#[tokio::test]
async fn what_is_due_is_fetched_in_one_call_but_for_what_needs_an_offer() {
    let (running, other, phone) = (strict().await, RunningIssuer::start().await, Phone::new());
    let wallet = phone.wallet();
    // Of a day's life, so that half of it is over now.
    (running.state().begins, other.state().begins) = (SERVER_TIME - 43_200, SERVER_TIME - 43_200);
    let first = obtain(&running, &wallet).await.unwrap().remove(0);
    let offered = obtain(&other, &wallet).await.unwrap().remove(0);
    let (before, due) = (now().minus_seconds(1), now());
    assert_eq!(wallet.due(before).unwrap(), []);
    assert_eq!(wallet.account().refresh_due(&Silent, before).await.unwrap(), []);

    assert!(wallet.is_due(&Renewable::Document(offered.clone()), due));
    assert_eq!(wallet.due(due).unwrap(), [Renewable::Document(first.clone())]);
    running.state().begins = SERVER_TIME;
    let refreshed = wallet.account().refresh_due(&Silent, due).await.unwrap();
    let [Renewed::Documents(new)] = refreshed.as_slice() else { panic!("{refreshed:?}") };
    let held = wallet.documents().unwrap();
    assert_eq!((held.len(), held.contains(&new[0]), held.contains(&offered)), (2, true, true));
    assert!(!held.contains(&first));
    assert_eq!(wallet.due(due).unwrap(), []);
}

#[tokio::test]
async fn what_is_awaited_comes_with_what_is_due() {
    let (running, phone) = (strict().await, Phone::new());
    running.state().put_off = 2;
    let wallet = phone.wallet();
    obtain(&running, &wallet).await.unwrap();
    let awaited = wallet.awaited().unwrap().remove(0).not_before;
    let refresh = |at| wallet.account().refresh_due(&Silent, at);
    assert_eq!(refresh(awaited.minus_seconds(1)).await.unwrap(), []);
    // Not there yet: no failure, and asked for again in its time.
    assert_eq!(refresh(awaited).await.unwrap(), []);
    assert_eq!(wallet.due(awaited).unwrap(), []);
    let refreshed = refresh(awaited.plus_seconds(60)).await.unwrap();
    assert_eq!(refreshed, [Renewed::Documents(wallet.documents().unwrap())]);
}

#[tokio::test]
async fn a_document_that_its_issuer_has_anew_later_is_kept_until_then_and_awaited_once() {
    let (running, phone) = (strict().await, Phone::new());
    let wallet = phone.wallet();
    running.state().begins = SERVER_TIME - 43_200;
    let held = obtain(&running, &wallet).await.unwrap().remove(0);
    let entries = wallet.verify_history().unwrap();
    running.state().put_off = 1;
    assert_eq!(wallet.due(now()).unwrap(), [Renewable::Document(held.clone())]);
    assert_eq!(wallet.account().refresh_due(&Silent, now()).await.unwrap(), []);
    // Three keys more, for the copies to come.
    let standing = || (wallet.documents().unwrap(), wallet.awaited().unwrap().len(), phone.keys.count());
    assert_eq!(standing(), (vec![held.clone()], 1, 7));

    // Whoever tries again asks for the same one, and not before its time.
    let asked = running.state().asked.len();
    assert_eq!(wallet.due(now()).unwrap(), []);
    assert_eq!(wallet.refresh_document(&held.id, &Silent, now()).await, Ok(None));
    let renewable = Renewable::Document(held.clone());
    assert_eq!(wallet.account().renew(&renewable, &Silent, now()).await, Ok(Renewed::NotReady));
    assert_eq!((standing(), running.state().asked.len()), ((vec![held.clone()], 1, 7), asked));
    assert_eq!(wallet.verify_history(), Ok(entries));

    let late = now().plus_seconds(60);
    let new = wallet.refresh_document(&held.id, &Silent, late).await.unwrap().unwrap();
    assert_eq!(standing(), (vec![new], 0, 4));
}

#[tokio::test]
async fn gives_up_what_is_awaited_with_its_keys_and_keeps_the_earlier_one() {
    let (running, phone) = (strict().await, Phone::new());
    let wallet = phone.wallet();
    running.state().put_off = 1;
    obtain(&running, &wallet).await.unwrap();
    let awaited = wallet.awaited().unwrap().remove(0);
    assert_eq!(phone.keys.count(), 4);
    wallet.give_up_awaited(&awaited.id, now()).unwrap();
    assert_eq!((wallet.awaited().unwrap().len(), phone.keys.count()), (0, 0));
    let last = wallet.history(None, 1).unwrap().remove(0).event;
    assert_eq!(last, Event::CredentialDeleted { vct: DOCTYPE.to_owned() });
    assert_eq!(wallet.give_up_awaited(&awaited.id, now()), Err(IssuanceError::NotFound.into()));

    let running = strict().await;
    let held = obtain(&running, &wallet).await.unwrap().remove(0);
    running.state().put_off = 1;
    assert_eq!(wallet.refresh_document(&held.id, &Silent, now()).await, Ok(None));
    wallet.give_up_awaited(&wallet.awaited().unwrap()[0].id, now()).unwrap();
    assert_eq!((wallet.documents().unwrap(), phone.keys.count()), (vec![held.clone()], 4));
    assert!(wallet.refresh_document(&held.id, &Silent, now()).await.unwrap().is_some());
}

#[tokio::test]
async fn awaits_a_document_that_comes_later_and_asks_no_earlier_than_the_issuer_said() {
    let (running, phone) = (strict().await, Phone::new());
    running.state().put_off = 2;
    let wallet = phone.wallet();
    assert_eq!(obtain(&running, &wallet).await, Ok(Vec::new()));
    let awaited = wallet.awaited().unwrap().remove(0);
    assert_eq!((awaited.kind.as_str(), awaited.not_before), (DOCTYPE, now().plus_seconds(60)));
    assert_eq!((phone.keys.count(), running.state().notified.len()), (4, 0));

    let ask = |seconds| wallet.fetch_awaited(&awaited.id, &Silent, now().plus_seconds(seconds));
    let count = || running.state().asked.iter().filter(|path| *path == "/tenant/deferred").count();
    assert_eq!((ask(59).await, count()), (Ok(None), 0));
    // Once for the server's nonce, once for the question.
    assert_eq!((ask(60).await, count()), (Ok(None), 2));
    assert_eq!((ask(119).await, count()), (Ok(None), 2));
    let document = ask(120).await.unwrap().unwrap();
    assert_eq!((document.copies, document.refreshable), (3, true));
    assert_eq!((wallet.documents().unwrap(), wallet.awaited().unwrap()), (vec![document], Vec::new()));
    assert_eq!(
        (phone.keys.count(), running.state().notified.clone()),
        (4, vec!["credential_accepted".to_owned()])
    );
    assert_eq!(ask(120).await, Err(IssuanceError::NotFound.into()));
}

#[tokio::test]
async fn what_is_awaited_survives_the_app_and_an_access_token() {
    let (running, phone) = (strict().await, Phone::new());
    running.state().put_off = 1;
    obtain(&running, &phone.wallet()).await.unwrap();
    running.state().token_expired = true;
    let wallet = phone.wallet();
    let awaited = wallet.awaited().unwrap().remove(0);
    let document = wallet.fetch_awaited(&awaited.id, &Silent, now().plus_seconds(60)).await.unwrap().unwrap();
    assert_eq!(running.state().asked.iter().filter(|path| *path == "/as/token").count(), 4);
    wallet.delete_document(&document.id, now()).unwrap();
    assert_eq!(phone.keys.count(), 0);
}

#[tokio::test]
async fn awaits_no_more_what_the_issuer_denies_for_good() {
    for refresh in [true, false] {
        let (running, phone) = (strict().await, Phone::new());
        (running.state().put_off, running.state().refresh) = (1, refresh);
        let wallet = phone.wallet();
        obtain(&running, &wallet).await.unwrap();
        let awaited = wallet.awaited().unwrap().remove(0);
        running.state().fault = DocumentFault::Denied;
        let refused = wallet.fetch_awaited(&awaited.id, &Silent, now().plus_seconds(60)).await.unwrap_err();
        assert_eq!(refused.code(), "issuer.credential_request_denied");
        assert_eq!((wallet.awaited().unwrap().len(), phone.keys.count()), (0, 0));
    }
}

#[tokio::test]
async fn awaits_no_more_what_no_token_can_be_had_for() {
    for (refresh, fault, code) in [
        (false, DocumentFault::None, "issuer.invalid_token"),
        (true, DocumentFault::LeaveOver, "issuer.invalid_grant"),
    ] {
        let (running, phone) = (strict().await, Phone::new());
        (running.state().put_off, running.state().refresh) = (1, refresh);
        let wallet = phone.wallet();
        obtain(&running, &wallet).await.unwrap();
        let awaited = wallet.awaited().unwrap().remove(0);
        (running.state().token_expired, running.state().fault) = (true, fault);
        let refused = wallet.fetch_awaited(&awaited.id, &Silent, now().plus_seconds(60)).await.unwrap_err();
        assert_eq!(refused.code(), code);
        assert_eq!((wallet.awaited().unwrap().len(), phone.keys.count()), (0, 0), "{code}");
    }
}

#[tokio::test]
async fn a_late_copy_for_another_key_is_refused_and_still_awaited() {
    let (running, phone) = (strict().await, Phone::new());
    (running.state().put_off, running.state().refresh) = (1, false);
    let wallet = phone.wallet();
    obtain(&running, &wallet).await.unwrap();
    let awaited = wallet.awaited().unwrap();
    running.state().fault = DocumentFault::ForeignKey;
    let late = now().plus_seconds(60);
    let refused = wallet.fetch_awaited(&awaited[0].id, &Silent, late).await.unwrap_err();
    assert_eq!(refused, IssuanceError::WrongKey.into());
    assert_eq!((wallet.awaited().unwrap(), wallet.documents().unwrap().len()), (awaited, 0));
    assert_eq!(running.state().notified, ["credential_failure"]);
}

#[tokio::test]
async fn encrypts_requests_and_opens_encrypted_answers_also_late_ones() {
    let (running, phone) = (strict().await, Phone::new());
    (running.state().encrypted, running.state().put_off) = (Some(&["A128GCM", "A256GCM"][..]), 1);
    let wallet = phone.wallet();
    assert_eq!(obtain(&running, &wallet).await, Ok(Vec::new()));
    let awaited = wallet.awaited().unwrap().remove(0);
    let document = wallet.fetch_awaited(&awaited.id, &Silent, now().plus_seconds(60)).await.unwrap().unwrap();
    assert_eq!(document.copies, 3);
}

#[tokio::test]
async fn refuses_answers_in_the_clear_or_less_well_encrypted_and_what_it_cannot_encrypt() {
    for fault in [DocumentFault::InTheClear, DocumentFault::Weaker] {
        let (running, phone) = (RunningIssuer::start().await, Phone::new());
        (running.state().encrypted, running.state().fault) = (Some(&["A256GCM"][..]), fault);
        let refused = obtain(&running, &phone.wallet()).await;
        assert_eq!(refused, Err(IssuanceError::BadCredential.into()), "{fault:?}");
    }
    let (running, phone) = (RunningIssuer::start().await, Phone::new());
    running.state().encrypted = Some(&["A128CBC-HS256"][..]);
    let refused = obtain(&running, &phone.wallet()).await;
    assert_eq!(refused, Err(IssuanceError::EncryptionUnsupported.into()));
}

async fn begin<'w>(running: &RunningIssuer, wallet: &'w Wallet) -> Authorisation<'w> {
    let known_as = WalletClient { client_id: CLIENT, redirect_uri: REDIRECT };
    wallet.begin_authorisation(&running.offer(), issuers(running), known_as, now()).await.unwrap()
}

#[tokio::test]
async fn obtains_a_document_after_the_person_agreed_in_a_browser() {
    let (running, phone) = (strict().await, Phone::new());
    let wallet = phone.wallet();
    let begun = begin(&running, &wallet).await;
    let expected = format!(
        "{}/as/authorize?lang=vi&client_id={CLIENT}&request_uri=urn%3Apushed%3A1",
        running.server.url
    );
    assert_eq!(begun.url(), expected);
    let pushed = running.state().pushed.clone();
    let field = |name: &str| pushed.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
    assert_eq!((field("response_type"), field("scope")), (Some("code"), Some("licence")));
    assert_eq!(field("code_challenge_method"), Some("S256"));
    assert_eq!(field("issuer_state"), Some("from-the-offer"));
    assert_eq!(field("resource"), Some(format!("{}/tenant", running.server.url).as_str()));
    assert_eq!(field("authorization_details"), None);
    let obtained = begun.finish(&running.returned(&[]), &Silent, now()).await.unwrap();
    assert_eq!((obtained[0].copies, phone.keys.count()), (3, 4));
    wallet.refresh_document(&obtained[0].id, &Silent, now()).await.unwrap();
}

#[tokio::test]
async fn what_keeps_an_authorisation_from_beginning_stands_in_the_history() {
    let (running, phone) = (strict().await, Phone::new());
    let wallet = phone.wallet();
    running.state().fault = DocumentFault::OtherServer;
    let known_as = WalletClient { client_id: CLIENT, redirect_uri: REDIRECT };
    let begun = wallet.begin_authorisation(&running.offer(), issuers(&running), known_as, now()).await;
    assert_eq!(begun.err(), Some(IssuanceError::IssuerMixUp.into()));
    let last = wallet.history(None, 1).unwrap().remove(0).event;
    let code = "issuance.issuer_mix_up".to_owned();
    assert_eq!(last, Event::Refused { action: Action::Obtain, code });
}

#[tokio::test]
async fn refuses_an_answer_of_another_server_to_another_request_or_at_another_place() {
    let changes: [&[(&str, Option<&str>)]; 6] = [
        &[("iss", Some("https://other.vn"))],
        &[("iss", None)],
        &[("state", Some("of-another-request"))],
        &[("state", None)],
        &[("iss", Some("https://other.vn")), ("error", Some("access_denied"))],
        &[("code", None), ("state", Some("x"))],
    ];
    for change in changes {
        let (running, phone) = (strict().await, Phone::new());
        let wallet = phone.wallet();
        let begun = begin(&running, &wallet).await;
        let refused = begun.finish(&running.returned(change), &Silent, now()).await;
        assert_eq!(refused.unwrap_err(), IssuanceError::IssuerMixUp.into(), "{change:?}");
        assert_eq!(phone.keys.count(), 0);
        assert!(!running.state().asked.iter().any(|path| path == "/as/token"));
    }
    let (running, phone) = (strict().await, Phone::new());
    let wallet = phone.wallet();
    let begun = begin(&running, &wallet).await;
    let elsewhere = running.returned(&[]).replace(REDIRECT, "https://wallet.vn/other");
    assert_eq!(begun.finish(&elsewhere, &Silent, now()).await, Err(IssuanceError::IssuerMixUp.into()));
}

#[tokio::test]
async fn tells_a_person_who_declined_from_a_server_that_refused() {
    for (error, expected) in
        [("access_denied", IssuanceError::Declined), ("server_error", IssuanceError::AuthorisationFailed)]
    {
        let (running, phone) = (strict().await, Phone::new());
        let wallet = phone.wallet();
        let begun = begin(&running, &wallet).await;
        let returned = running.returned(&[("code", None), ("error", Some(error))]);
        assert_eq!(begun.finish(&returned, &Silent, now()).await, Err(expected.into()));
    }
}
