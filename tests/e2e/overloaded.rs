//! A nation that has too much to do, as wallets meet it: they wait as long as it says and tell so, everybody ends with an account and a
//! credential, and who is told to come back much later is told that instead of being kept waiting.
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use card::CscaAnchors;
use holder::{AccountError, AccountState, Applicant, Error, Kind, Provider, Silent, Wallet};
use http_client::{Client, Limits, Request, WaitListener};
use sandbox::{Capacity, PhoneMakers, Place, RunningSandbox, Sandbox, SandboxConfig};
use serde_json::Value;

use crate::doubles::{Folder, make_card, now, open_wallet, open_with, provider};

/// Wallets that all come at the same moment, for one place.
const CROWD: usize = 10;

/// What a person is told of waiting.
#[derive(Debug, Default)]
struct Told(Mutex<Vec<Duration>>);

impl WaitListener for Told {
    fn waits(&self, pause: Duration) {
        self.0.lock().unwrap().push(pause);
    }
}

fn busy_sandbox(folder: &Path, capacity: Capacity) -> RunningSandbox {
    let config = SandboxConfig {
        data_dir: folder.join("nation"),
        listen: "127.0.0.1:0".parse().unwrap(),
        csca: CscaAnchors::from_der(make_card().csca_certificate()).unwrap(),
        phone_makers: PhoneMakers::default(),
        clock: now,
        population: 160,
    };
    Sandbox::start_with(config, &Place::Folder, capacity).unwrap()
}

/// An invented person who acts alone: the first of the register were born before 2000.
fn person(at: usize) -> Applicant {
    Applicant {
        personal_number: format!("000{}{:02}500000", at % 2, 40 + at / 2),
        phone: format!("09{:08}", 10_000 + at),
        device_name: "phone".to_owned(),
    }
}

/// Whoever was told to come back does so then, as a person would.
async fn when_told<T>(mut work: impl AsyncFnMut() -> Result<T, Error>) -> T {
    for _ in 0..60 {
        match work().await {
            Ok(done) => return done,
            Err(error) => {
                assert_eq!(error.kind(), Kind::NoNetwork, "{error:?}");
                let seconds = error.retry_after().unwrap_or_else(|| panic!("{error:?}"));
                tokio::time::sleep(Duration::from_secs(seconds.into())).await;
            }
        }
    }
    panic!("never let in");
}

async fn code(provider: &Provider, phone: &str) -> Result<String, Error> {
    let request = Request::get(&format!("{}/mailbox?phone={phone}", provider.url)).unwrap();
    let request = request.header("accept", "application/json").unwrap();
    let client = Client::new(&provider.roots_pem, Limits::default()).unwrap();
    let mailbox: Value = client.fetch(request).await?.json()?;
    let text = mailbox.pointer("/messages/0/text").unwrap().as_str().unwrap();
    Ok(text.rsplit(' ').next().unwrap().to_owned())
}

/// From nothing to an account with the identity credential, which level 1 is enough for; an attempt that was sent away is made anew.
async fn enrol(wallet: &Wallet, provider: &Provider, who: &Applicant) {
    let account = wallet.account();
    when_told(async || account.open(provider, who, now()).await).await;
    let code = when_told(async || code(provider, &who.phone).await).await;
    when_told(async || account.activate(&code, now()).await).await;
    when_told(async || account.obtain_document("citizen_sd_jwt", None, &Silent, now()).await).await;
}

/// What the provider says of an account that is active and has its one credential.
async fn looked_over(wallet: &Wallet) -> String {
    let account = wallet.account().remembered().unwrap();
    assert_eq!(account.state, AccountState::Active);
    let held = wallet.documents().unwrap();
    assert_eq!(held.iter().map(|held| held.kind.as_str()).collect::<Vec<_>>(), ["urn:vn:citizen:1"]);
    wallet.verify_history().unwrap();
    let shown = when_told(async || wallet.account().show(now()).await).await;
    assert_eq!((&shown.account, shown.state), (&account.account, AccountState::Active));
    account.account
}

#[test]
fn every_wallet_of_a_crowd_waits_as_it_is_told_and_comes_to_its_account_and_credential() {
    let folder = Folder::new();
    let sandbox = busy_sandbox(folder.path(), Capacity { calls: 1, come_back_after: 1 });
    let (provider, told) = (provider(&sandbox), Arc::<Told>::default());
    let wallets: Vec<Wallet> = (0..CROWD)
        .map(|at| open_with(folder.path(), &format!("wallet {at}"), Arc::default(), Arc::default()))
        .map(|wallet| wallet.telling_waits(told.clone()))
        .collect();
    let accounts: BTreeSet<String> = std::thread::scope(|scope| {
        let each = wallets.iter().enumerate().map(|(at, wallet)| {
            let provider = &provider;
            scope.spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
                runtime.block_on(async {
                    enrol(wallet, provider, &person(at)).await;
                    looked_over(wallet).await
                })
            })
        });
        let each: Vec<_> = each.collect();
        each.into_iter().map(|wallet| wallet.join().unwrap()).collect()
    });
    assert_eq!(accounts.len(), CROWD);
    let told = told.0.lock().unwrap();
    assert!(!told.is_empty(), "nobody had to wait: the crowd is too small");
    assert!(told.iter().all(|pause| *pause == Duration::from_secs(1)), "{told:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wallet_that_is_told_to_come_back_in_an_hour_says_so_at_once_and_is_as_it_was() {
    let folder = Folder::new();
    let sandbox = busy_sandbox(folder.path(), Capacity { calls: 0, come_back_after: 3600 });
    let told = Arc::<Told>::default();
    let wallet = open_wallet(folder.path()).telling_waits(told.clone());
    let account = wallet.account();
    let open = async || account.open(&provider(&sandbox), &person(0), now()).await.unwrap_err();
    let refused = tokio::time::timeout(Duration::from_mins(1), open()).await.unwrap();
    assert_eq!((refused.kind(), refused.retry_after()), (Kind::NoNetwork, Some(3600)));
    assert!(told.0.lock().unwrap().is_empty(), "nobody waits for an hour");
    assert_eq!(account.remembered().unwrap_err(), AccountError::NoAccount.into());
    assert_eq!(wallet.verify_history(), Ok(0));
}
