//! The desk's folders kept up to date from a TLS server on this machine.
use std::fs;

use sen_clinic::fetch::{FetchError, Fetched};
use test_key::TestKey;
use trust::anchors::TrustError;
use trust::random::{Random, RandomError};
use trust::status::StatusError;

use crate::nation::national;
use crate::nation::world::NOW;
use crate::provider::Provider;

/// Gives the number that a test wants.
struct Fixed(u64);

impl Random for Fixed {
    fn fill(&mut self, out: &mut [u8]) -> Result<(), RandomError> {
        out.copy_from_slice(&self.0.to_be_bytes());
        Ok(())
    }
}

#[tokio::test]
async fn a_newer_trust_list_is_written_and_an_unchanged_one_costs_a_line() {
    let mut provider = Provider::new().await;
    provider.nation.world.list.sequence = 2;
    provider.put_trust_list(&provider.nation.world.root);
    let trust = provider.data().trust;
    assert_eq!(provider.fetcher.trust_list(&trust, NOW).await.unwrap(), Fetched::New);
    let trust = provider.data().trust;
    assert_eq!(trust.sequence(), 2);
    assert_eq!(provider.fetcher.trust_list(&trust, NOW).await.unwrap(), Fetched::Unchanged);
    assert_eq!(provider.asked(), ["/trust/trust-list.cwt 200", "/trust/trust-list.cwt 304"]);
}

#[tokio::test]
async fn a_folder_with_the_roots_key_alone_gets_a_first_list_of_that_root() {
    let provider = Provider::new().await;
    let list = provider.fetcher.trust.join("trust-list.cwt");
    fs::remove_file(&list).unwrap();
    provider.put_trust_list(&TestKey::new());
    let refused = provider.fetcher.first_trust_list(NOW).await.unwrap_err();
    assert!(matches!(refused, FetchError::Trust(TrustError::SignatureInvalid)));
    assert!(!list.exists());
    provider.put_trust_list(&provider.nation.world.root);
    assert_eq!(provider.fetcher.first_trust_list(NOW).await.unwrap(), Fetched::New);
    assert_eq!(provider.data().trust.sequence(), provider.nation.world.list.sequence);
    // What is there is the desk's own to renew.
    provider.put_trust_list(&TestKey::new());
    assert_eq!(provider.fetcher.first_trust_list(NOW).await.unwrap(), Fetched::Unchanged);
}

#[tokio::test]
async fn an_older_or_foreign_trust_list_leaves_what_was_there() {
    let mut provider = Provider::new().await;
    provider.nation.world.list.sequence = 3;
    provider.nation.publish();
    let trust = provider.data().trust;
    provider.nation.world.list.sequence = 2;
    provider.put_trust_list(&provider.nation.world.root);
    let refused = provider.fetcher.trust_list(&trust, NOW).await.unwrap_err();
    assert!(matches!(refused, FetchError::Trust(TrustError::Rollback { seen: 3, offered: 2 })));
    provider.put_trust_list(&TestKey::new());
    let refused = provider.fetcher.trust_list(&trust, NOW).await.unwrap_err();
    assert!(matches!(refused, FetchError::Trust(TrustError::SignatureInvalid)));
    assert_eq!(provider.data().trust.sequence(), 3);
}

#[tokio::test]
async fn a_list_is_asked_for_when_its_ttl_is_over_and_not_before() {
    let provider = Provider::new().await;
    let trust = provider.data().trust;
    provider.put_list("/status/7", "s:7", NOW, true);
    let fetch =
        async |after| provider.fetcher.status_list(&trust, "s:7", NOW.plus_seconds(after)).await.unwrap();
    assert_eq!(fetch(0).await, Fetched::New);
    assert_eq!(provider.nation.check(&provider.nation.code(), NOW).unwrap().reasons, ["revoked"]);
    assert_eq!(fetch(899).await, Fetched::NotDue);
    assert_eq!(fetch(900).await, Fetched::Unchanged);
    assert_eq!(fetch(1000).await, Fetched::NotDue);
    provider.put_list("/status/7", "s:7", NOW.plus_seconds(1), false);
    assert_eq!(fetch(1800).await, Fetched::New);
    assert_eq!(provider.asked(), ["/status/7 200", "/status/7 304", "/status/7 200"]);
}

#[tokio::test]
async fn a_list_of_another_name_or_signer_or_an_older_one_leaves_what_was_there() {
    let provider = Provider::new().await;
    let trust = provider.data().trust;
    let fetch = async || match provider.fetcher.status_list(&trust, "s:7", NOW).await.unwrap_err() {
        FetchError::Status(reason) => reason,
        other => panic!("{other:?}"),
    };
    provider.put_list("/status/7", "s:8", NOW, false);
    assert_eq!(fetch().await, StatusError::WrongSubject);
    provider.put_list("/status/7", "s:7", NOW.minus_seconds(301), false);
    assert_eq!(fetch().await, StatusError::Rollback);
    provider.put("/status/7", b"no list".to_vec());
    assert!(matches!(fetch().await, StatusError::Malformed(_)));
    assert!(provider.nation.check(&provider.nation.code(), NOW).unwrap().reasons.is_empty());
    for name in ["7", "s:07", "s:-1", "s:", "t:7", "s:7/../8"] {
        let refused = provider.fetcher.status_list(&trust, name, NOW).await.unwrap_err();
        assert!(matches!(refused, FetchError::Name), "{name}");
    }
}

#[tokio::test]
async fn many_lists_are_asked_for_from_a_random_one_on() {
    let provider = Provider::new().await;
    let trust = provider.data().trust;
    let names: Vec<String> = (0..5).map(|number| format!("s:{number}")).collect();
    for name in &names {
        provider.put_list(&format!("/status/{}", &name[2..]), name, NOW, false);
    }
    let fetched = provider.fetcher.status_lists(&trust, &names, &mut Fixed(13), NOW).await;
    assert!(fetched.len() == 5 && fetched.iter().all(|list| matches!(list, Ok(Fetched::New))));
    let order = ["/status/3 200", "/status/4 200", "/status/0 200", "/status/1 200", "/status/2 200"];
    assert_eq!(provider.asked(), order);
}

#[tokio::test]
async fn a_list_that_is_not_believed_keeps_nobody_from_the_next() {
    let mut provider = Provider::new().await;
    let trust = provider.data().trust;
    provider.put("/status/1", b"no list".to_vec());
    provider.put_list("/status/2", "s:2", NOW, false);
    let names = ["s:0", "s:1", "s:2"].map(str::to_owned);
    let fetched = provider.fetcher.status_lists(&trust, &names, &mut Fixed(0), NOW).await;
    assert!(matches!(fetched[0], Err(FetchError::Http(http_client::Error::Status(_)))), "there is none");
    assert!(matches!((&fetched[1], &fetched[2]), (Err(FetchError::Status(_)), Ok(Fetched::New))));
    provider.nation.world.list.status_base = "https://127.0.0.1:1/".into();
    provider.nation.publish();
    let gone = provider.fetcher.status_lists(&provider.data().trust, &names, &mut Fixed(0), NOW).await;
    assert_eq!(gone.len(), 1, "nobody there: the others are not asked for");
}

#[tokio::test]
async fn the_nations_status_is_fetched_once_and_then_followed() {
    let provider = Provider::new().await;
    fs::remove_file(provider.fetcher.status.join("7.cwt")).unwrap();
    let day = |day| provider.put_signed("/status/national/snapshot", &national(day).snapshot(b"s1").unwrap());
    let delta = |from: u64, to: u64| {
        let delta = national(to).delta_since(&national(from), b"s1").unwrap();
        provider.put_signed(&format!("/status/national/since/{from}"), &delta);
    };
    day(1);
    assert_eq!(provider.fetcher.national(&provider.data()).await.unwrap(), Fetched::New);
    assert_eq!(provider.fetcher.national(&provider.data()).await.unwrap(), Fetched::Unchanged);
    delta(1, 2);
    assert_eq!(provider.fetcher.national(&provider.data()).await.unwrap(), Fetched::New);
    delta(2, 3);
    assert_eq!(provider.fetcher.national(&provider.data()).await.unwrap(), Fetched::New);
    assert_eq!(provider.data().status.national().unwrap().sequence(), 3);
    assert_eq!(provider.nation.check(&provider.nation.code(), NOW).unwrap().reasons, ["revoked"]);
    day(9);
    assert_eq!(provider.fetcher.national(&provider.data()).await.unwrap(), Fetched::New);
    let data = provider.data();
    assert_eq!((data.status.national().unwrap().sequence(), data.passed_over.len()), (9, 0));
    day(4);
    let refused = provider.fetcher.national(&data).await.unwrap_err();
    assert!(matches!(refused, FetchError::Status(StatusError::Rollback)));
    let asked = provider.asked();
    let asked: Vec<&str> = asked.iter().map(|path| path.trim_start_matches("/status/national/")).collect();
    let (whole, none) = ("snapshot 200", "since/1 404");
    assert_eq!(asked[..5], [whole, none, whole, "since/1 200", "since/2 200"]);
    assert_eq!(asked[5..], ["since/3 404", whole, "since/9 404", whole]);
}

#[tokio::test]
async fn without_a_network_the_desk_goes_on_with_what_it_has() {
    let mut provider = Provider::new().await;
    provider.fetcher.provider = "https://127.0.0.1:1".into();
    let trust = provider.data().trust;
    let failed = provider.fetcher.trust_list(&trust, NOW).await.unwrap_err();
    assert!(matches!(failed, FetchError::Http(http_client::Error::NoNetwork(_))));
    assert!(provider.nation.check(&provider.nation.code(), NOW).unwrap().reasons.is_empty());
}
