//! Documents that the person agrees to in a browser: its page is driven by plain HTTP, as any browser would.
use reqwest::header::LOCATION;
use reqwest::redirect::Policy;
use serde_json::{Value, json};

use crate::sen::nation::{NUMBER, ask, insure, mailbox, start};
use crate::sen::{Home, Waiting};

/// What the browser got: status, where it is sent, and the page.
type Page = (u16, Option<String>, String);

/// A browser that stops at each redirect, so that the test sees it.
struct Browser {
    client: reqwest::Client,
    runtime: tokio::runtime::Runtime,
    url: String,
}

impl Browser {
    fn of(nation: &Value) -> Self {
        // The first test of this process that needs one installs it.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let roots = std::fs::read(nation["roots"].as_str().unwrap()).unwrap();
        let authority = reqwest::Certificate::from_pem(&roots).unwrap();
        let client =
            reqwest::Client::builder().tls_certs_only([authority]).redirect(Policy::none()).build().unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        Self { client, runtime, url: nation["url"].as_str().unwrap().to_owned() }
    }

    fn send(&self, request: reqwest::RequestBuilder) -> Page {
        self.runtime.block_on(async {
            let response = request.send().await.unwrap();
            let to = response.headers().get(LOCATION).map(|to| to.to_str().unwrap().to_owned());
            (response.status().as_u16(), to, response.text().await.unwrap())
        })
    }

    fn get(&self, address: &str) -> Page {
        self.send(self.client.get(address))
    }

    fn post(&self, fields: &[(&str, &str)]) -> Page {
        let fields: Vec<String> = fields.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = self.client.post(format!("{}/authorize", self.url)).body(fields.join("&"));
        self.send(request.header("content-type", "application/x-www-form-urlencoded"))
    }

    /// Opens the page and types the personal number; gives the visit's name in the form.
    fn log_in(&self, address: &str) -> String {
        let (status, _, page) = self.get(address);
        assert!(status == 200 && page.contains("<b>sen</b>") && page.contains("Residence"), "{page}");
        let visit =
            page.split("name=\"visit\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_owned();
        let (status, _, page) = self.post(&[("visit", &visit), ("number", NUMBER)]);
        assert!(status == 200 && page.contains("one-time-code"), "{page}");
        visit
    }
}

/// A wallet that waits for the browser, and the address for it.
fn begun(home: &Home, nation: &Value, more: &[&str]) -> (Waiting, String) {
    let offer = ask(nation, "/sandbox/offer", &json!({"credential": "residence_sd_jwt", "browser": true}));
    let offer = offer["credential_offer"].as_str().unwrap();
    let mut waiting = home.waiting(&[&["credential", "obtain", offer, "--json"], more].concat());
    let address = waiting.says("  https://").trim().to_owned();
    (waiting, address)
}

#[test]
fn the_person_agrees_in_a_browser_and_the_documents_come() {
    let home = Home::new();
    let (_sandbox, nation) = start(&home);
    insure(&home, &nation);
    let browser = Browser::of(&nation);
    let (waiting, address) = begun(&home, &nation, &[]);
    let visit = browser.log_in(&address);
    let (status, to, page) = browser.post(&[("visit", &visit), ("code", "x"), ("answer", "yes")]);
    assert!(status == 403 && to.is_none() && page.contains("The code is wrong"), "{page}");
    let (status, to, _) = browser.post(&[("visit", &visit), ("code", &mailbox(&nation)), ("answer", "yes")]);
    let to = to.unwrap();
    assert!(status == 303 && to.starts_with("http://127.0.0.1:"), "{to}");
    // Somebody else on this computer, and a browser that looks for an icon.
    let origin = to.split("/returned").next().unwrap();
    for other in [format!("{origin}/favicon.ico"), format!("{origin}/returned?code=x&state=x&iss=x")] {
        assert_eq!(browser.get(&other).0, 404);
    }
    let (status, _, page) = browser.get(&to);
    assert!(status == 200 && page.contains("Go back to the terminal"), "{page}");
    let obtained = waiting.given("").exits(0);
    assert_eq!(obtained["documents"][0]["type"], "urn:vn:residence:1");
    assert_eq!(obtained["documents"][0]["copies"], 4);
}

#[test]
fn a_no_in_the_browser_a_long_wait_and_ctrl_c_obtain_nothing() {
    let home = Home::new();
    let (_sandbox, nation) = start(&home);
    insure(&home, &nation);
    let browser = Browser::of(&nation);
    let (waiting, address) = begun(&home, &nation, &[]);
    let visit = browser.log_in(&address);
    let (_, to, _) = browser.post(&[("visit", &visit), ("answer", "no")]);
    assert_eq!(browser.get(&to.unwrap()).0, 200);
    waiting.given("").fails(1, "issuance.declined");
    let (waiting, _) = begun(&home, &nation, &["--wait", "1"]);
    waiting.given("").fails(1, "issuance.no_answer");
    let (mut waiting, _) = begun(&home, &nation, &[]);
    waiting.says("waiting 300 s");
    waiting.interrupt();
    waiting.given("").fails(1, "cancelled");
    assert_eq!(home.run(&["credential", "list", "--json"]).exits(0)["documents"], json!([]));
}
