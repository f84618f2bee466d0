//! Credentials are fetched anew in time, at a moment of their own, and the person is told before something ends.
use holder::{CredentialInfo, CredentialName, Recognised, Renewable, Silent, Wallet, Wanted, Warning};
use presentation::kbt::Kbt;
use trust::time::Timestamp;

use crate::doubles::Phone;
use crate::doubles::provider::{Running, applicant, at, now, provider, server_time};

const CARD: CredentialName = CredentialName::HealthInsurance;
/// The number that the test issuer writes into each credential: here of a minor.
const WARD: &str = "000199012345";
/// Seconds that the test issuer's credentials live.
const LIFE: i64 = 7200;

async fn enrolled() -> (Running, Phone, Wallet) {
    let (running, phone) = (provider().await, Phone::new());
    let wallet = phone.wallet();
    wallet.account().open(&at(&running), &applicant(), now()).await.unwrap();
    wallet.account().activate("123456", now()).await.unwrap();
    obtain(&wallet).await;
    (running, phone, wallet)
}

async fn obtain(wallet: &Wallet) {
    wallet.account().obtain_credential(Wanted::Named(CARD, None), None, &Silent, now()).await.unwrap();
}

/// When the phone's clock, which is an hour slow, shows this time of the provider's.
fn on_the_phone(there: Timestamp) -> Timestamp {
    there.minus_seconds(server_time().seconds_since(now()))
}

fn held(wallet: &Wallet) -> CredentialInfo {
    wallet.credentials().unwrap().remove(0)
}

#[tokio::test]
async fn each_credential_is_due_at_its_own_moment_of_the_middle_of_its_life() {
    let (_running, _phone, wallet) = enrolled().await;
    let mut moments = Vec::new();
    for _ in 0..8 {
        obtain(&wallet).await;
        let info = held(&wallet);
        let moment = info.refresh_at.seconds_since(info.issued_at);
        assert!((LIFE / 2..=LIFE * 3 / 4).contains(&moment), "{moment}");
        moments.push(moment);
    }
    moments.dedup();
    assert!(moments.len() > 1, "eight times the same moment");
}

#[tokio::test]
async fn fetches_what_is_due_and_leaves_the_rest_alone() {
    let (_running, _phone, wallet) = enrolled().await;
    let first = held(&wallet);
    let due = on_the_phone(first.refresh_at);
    let before = due.minus_seconds(1);
    assert!(wallet.due(before).unwrap().is_empty());
    assert!(wallet.account().refresh_due(&Silent, before).await.unwrap().is_empty());
    assert_eq!(held(&wallet), first);
    assert_eq!(wallet.due(due).unwrap(), [Renewable::Credential(first.clone())]);
    let refreshed = wallet.account().refresh_due(&Silent, due).await.unwrap();
    assert_eq!(refreshed.len(), 1);
    assert_ne!(held(&wallet).id, first.id);
}

#[tokio::test]
async fn what_cannot_be_fetched_stays() {
    let (running, _phone, wallet) = enrolled().await;
    let first = held(&wallet);
    running.server.stop();
    wallet.account().refresh_due(&Silent, first.refresh_at).await.unwrap_err();
    assert_eq!(held(&wallet), first);
}

#[tokio::test]
async fn one_that_is_refused_keeps_none_of_the_others_from_being_fetched() {
    let (running, _phone, wallet) = enrolled().await;
    let citizen = Wanted::Named(CredentialName::Citizen, None);
    wallet.account().obtain_credential(citizen, None, &Silent, now()).await.unwrap();
    let before = wallet.credentials().unwrap();
    running.state().refuse = Some(serde_json::json!({"error": "invalid_request"}));
    wallet.account().refresh_due(&Silent, before[0].expires_at).await.unwrap_err();
    let after = wallet.credentials().unwrap();
    let stayed = before.iter().filter(|old| after.iter().any(|new| new.id == old.id)).count();
    assert_eq!((before.len(), after.len(), stayed), (2, 2, 1));
}

#[tokio::test]
async fn a_minors_credential_stands_beside_the_guardians_own_and_each_is_fetched_for_its_person() {
    let (running, phone, wallet) = enrolled().await;
    let wanted = Wanted::Named(CARD, Some(WARD));
    wallet.account().obtain_credential(wanted, None, &Silent, now()).await.unwrap();
    let wards = |wallet: &Wallet| {
        let mut wards: Vec<_> = wallet.credentials().unwrap().into_iter().map(|info| info.ward).collect();
        wards.sort();
        wards
    };
    assert_eq!(wards(&wallet), [None, Some(WARD.to_owned())]);
    let late = held(&wallet).expires_at.minus_seconds(1);
    assert_eq!(wallet.account().refresh_due(&Silent, late).await.unwrap().len(), 2);
    assert_eq!((wards(&wallet), phone.keys.count()), (vec![None, Some(WARD.to_owned())], 3));
    // Own before the minor's, each where it is asked for.
    assert!(!wallet.ask_consent(CARD, None, None, now()).unwrap().needs_guardian());
    let request = wallet.ask_consent(CARD, Some(WARD), None, now()).unwrap();
    assert!(request.needs_guardian() && request.ward() == Some(WARD));
    let consent = request.grant_as_guardian(Recognised::ByDevice, now()).unwrap();
    let shown = wallet.present_qr(&consent, now()).unwrap();
    let issuer = running.state().issuer.public();
    let credential = Kbt::parse(&shown.bytes).unwrap().into_credential().verify(&issuer).unwrap();
    assert!(credential.claims().guardian.is_some());
    let stranger = wallet.ask_consent(CARD, Some("000217000009"), None, now()).unwrap_err();
    assert_eq!(stranger.code(), "present.no_credential");
}

#[tokio::test]
async fn warns_before_it_cannot_be_shown_and_thirty_days_before_the_insurance_ends() {
    let (_running, _phone, wallet) = enrolled().await;
    let info = held(&wallet);
    assert_eq!(info.valid_to.as_deref(), Some("2027-12-31"));
    let warnings = |there| wallet.warnings(&info, on_the_phone(there));
    assert!(warnings(info.refresh_at.minus_seconds(1)).is_empty());
    assert_eq!(warnings(info.refresh_at), [Warning::SoonUnprepared]);
    assert_eq!(warnings(info.expires_at.minus_seconds(1)), [Warning::SoonUnprepared]);
    assert_eq!(warnings(info.expires_at), [Warning::Expired]);
    // As if it lived on: the day alone decides.
    let far = Timestamp::parse_rfc3339("2029-01-01T00:00:00Z").unwrap();
    let lasting = CredentialInfo { expires_at: far, refresh_at: far, ..info.clone() };
    // Days begin in Vietnam, at 17:00 UTC.
    for (time, warnings) in [
        ("2027-11-30T16:59:59Z", vec![]),
        ("2027-11-30T17:00:00Z", vec![Warning::EndsSoon(30)]),
        ("2027-12-31T16:59:59Z", vec![Warning::EndsSoon(0)]),
        ("2027-12-31T17:00:00Z", vec![Warning::Ended]),
    ] {
        let now = on_the_phone(Timestamp::parse_rfc3339(time).unwrap());
        assert_eq!(wallet.warnings(&lasting, now), warnings, "{time}");
    }
}
