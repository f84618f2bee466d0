//! At the desk: a code is scanned and accepted, then the national portal is asked. Who someone is and whether the insurance
//! pays are shown beside each other, and neither changes the other.
use std::sync::Arc;

use clinic::database::Place;
use clinic::desk::{Demands, DeskConfig, RunningDesk};
use clinic::lookup::{Account, Lookup, SecretsIn};
use serde_json::{Value, json};
use trust::secret::Secret;

use crate::doubles::{NUMBER, World, now, post, show};

/// A clerk who has logged in.
struct Clerk {
    url: String,
    client: reqwest::Client,
    cookie: String,
}

impl Clerk {
    async fn log_in(desk: &RunningDesk) -> Self {
        let (url, client) = (format!("http://{}", desk.address()), reqwest::Client::builder().no_proxy());
        let mut clerk = Self { url, client: client.build().unwrap(), cookie: String::new() };
        let body = json!({"password": desk.first_password().unwrap()});
        let answered = clerk.post("/api/session", &body).await;
        let cookie = answered.headers().get("set-cookie").unwrap().to_str().unwrap();
        cookie.split(';').next().unwrap().clone_into(&mut clerk.cookie);
        clerk
    }

    async fn post(&self, path: &str, body: &Value) -> reqwest::Response {
        let request =
            self.client.post(format!("{}{path}", self.url)).json(body).header("cookie", &self.cookie);
        request.header("x-sen-desk", "1").send().await.unwrap()
    }

    async fn get(&self, path: &str) -> Value {
        let request = self.client.get(format!("{}{path}", self.url)).header("cookie", &self.cookie);
        request.send().await.unwrap().json().await.unwrap()
    }

    /// What the portal said, as the desk tells it now.
    async fn look_up(&self, check: &str) -> Value {
        self.post(&format!("/api/checks/{check}/entitlement"), &json!({})).await.json().await.unwrap()
    }
}

fn start_desk(world: &World) -> RunningDesk {
    let account = Account::new(
        "00000_BV",
        &Secret::new("cong-tra-cuu-mau".to_owned()),
        "Nguyễn Thị Mẫu",
        "000199012345",
    );
    let roots = world.sandbox.ca_pem().unwrap();
    RunningDesk::start(DeskConfig {
        listen: "127.0.0.1:0".parse().unwrap(),
        place: Place::File(world.folder.path().join("desk.sqlite")),
        trust: world.sandbox.trust_folder(),
        status: Some(world.sandbox.status_folder()),
        web: None,
        name: "Quầy 1".to_owned(),
        facility: None,
        keep_days: 30,
        fetcher: None,
        lookup: Some(Lookup::new(world.sandbox.url(), &roots, account, SecretsIn::Address).unwrap()),
        identity: None,
        demands: Demands::default(),
        clock: Arc::new(now),
    })
    .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_portal_is_asked_beside_the_check() {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let world = World::insured().await;
    // It waits for its database, as a desk of its own process may.
    let desk = tokio::task::block_in_place(|| start_desk(&world));
    let clerk = Clerk::log_in(&desk).await;
    assert_eq!(clerk.get("/api/state").await["lookup"], "configured");

    let text = show(&world.wallet, now()).text;
    let check: Value = clerk.post("/api/checks", &json!({"text": text})).await.json().await.unwrap();
    assert_eq!(check["answer"]["verdict"], "accepted");
    assert_eq!(check["answer"]["entitlement"], "not_looked_up");
    let id = check["id"].as_str().unwrap();
    assert!(clerk.get(&format!("/api/checks/{id}")).await["entitlement"].is_null());
    assert_eq!(clerk.get("/api/day").await["checks"][0]["entitlement"], "not_looked_up");

    let good = clerk.look_up(id).await;
    assert_eq!((&good["result"], &good["code"]), (&json!("entitled"), &json!("000")));
    assert_eq!(good["details"]["number"], check["answer"]["claims"]["insurance"]["number"]);
    assert_eq!(clerk.get("/api/day").await["checks"][0]["entitlement"], "entitled");

    // That nobody answers later does not take the answer's place; another answer does, and the verdict stays.
    post(&world.sandbox, "/sandbox/insurance-fault", &json!({"fault": "broken"})).await.unwrap();
    assert_eq!(clerk.look_up(id).await["result"], "ask_again");
    assert_eq!(clerk.get(&format!("/api/checks/{id}")).await["entitlement"], good);
    post(&world.sandbox, "/sandbox/insurance-fault", &json!({"fault": "none"})).await.unwrap();
    let ended = json!({"number": NUMBER, "code": "124"});
    post(&world.sandbox, "/sandbox/insurance-answer", &ended).await.unwrap();
    assert_eq!(clerk.look_up(id).await["result"], "not_entitled");
    let kept = clerk.get(&format!("/api/checks/{id}")).await;
    assert_eq!(kept["entitlement"]["words"]["vi"], "Thẻ đã báo giảm, ngừng tham gia");
    assert_eq!(kept["answer"], check["answer"]);
}
