//! A kept check in the forms of hospital software, over HTTP.
use serde_json::json;

use crate::counter::nation::Nation;
use crate::counter::{Clerk, Running, file};

const FORMS: [&str; 3] = ["lines", "row4750", "fhir"];

fn start(nation: &Nation) -> (Running, Clerk) {
    let running = Running::first(nation, &file(nation));
    let clerk = running.clerk("Quầy 1");
    (running, clerk)
}

fn address(clerk: &Clerk, code: &str, form: &str) -> String {
    format!("/api/checks/{}/{form}", clerk.check(code)["id"].as_str().unwrap())
}

#[test]
fn lines_are_plain_text_in_the_fields_asked_for() {
    let mut nation = Nation::new();
    let (_running, clerk) = start(&nation);
    let address = address(&clerk, &nation.code_of(1), "lines");
    let usual = clerk.get(&address);
    assert_eq!(usual.headers["content-type"], "text/plain; charset=utf-8");
    assert_eq!(
        String::from_utf8(usual.body).unwrap(),
        "Nguyễn Thị Phương Thảo\n01/01/1999\nNữ\n000199012345\nGD4000000012345\n79034\n\n31/12/2027"
    );
    let asked = clerk.get(&format!("{address}?fields=insurance_number,name&separator=tab"));
    assert_eq!(String::from_utf8(asked.body).unwrap(), "GD4000000012345\tNguyễn Thị Phương Thảo");
    for wrong in ["?fields=age", "?separator=space", "?column=1"] {
        assert_eq!(clerk.get(&format!("{address}{wrong}")).refusal(), (400, "malformed".into()), "{wrong}");
    }
}

#[test]
fn the_row_names_the_desks_facility_and_the_time_of_the_scan() {
    let mut nation = Nation::new();
    let (_running, clerk) = start(&nation);
    let row = clerk.get(&address(&clerk, &nation.code_of(1), "row4750")).ok();
    let fields = row["fields"].as_array().unwrap();
    assert_eq!(fields.len(), 26);
    assert_eq!(fields[17], json!({"position": 18, "name": "MA_CSKCB", "value": "79034"}));
    assert_eq!(fields[11], json!({"position": 12, "name": "MA_DOITUONG_KCB", "value": "1.1"}));
    assert_eq!(fields[12]["value"].as_str().unwrap().len(), 12);
    assert_eq!(row["missing"], json!(["MA_LK", "MA_BN", "GT_THE_TU", "MA_LOAI_KCB", "NGAY_YL"]));
    assert!(row["csv"].as_str().unwrap().starts_with("MA_LK,STT,MA_BN,"));
}

#[test]
fn the_bundle_is_fhir_json_and_the_same_each_time() {
    let mut nation = Nation::new();
    let (_running, clerk) = start(&nation);
    let address = address(&clerk, &nation.code_of(1), "fhir");
    let answered = clerk.get(&address);
    assert_eq!(answered.headers["content-type"], "application/fhir+json");
    assert_eq!(answered.headers["cache-control"], "no-store");
    let bundle = answered.ok();
    assert_eq!(bundle["entry"][0]["resource"]["name"][0]["text"], "Nguyễn Thị Phương Thảo");
    assert_eq!(bundle["entry"][1]["resource"]["resourceType"], "Coverage");
    assert_eq!(clerk.get(&address).ok(), bundle);
}

#[test]
fn nothing_is_handed_on_of_a_refused_code_of_no_check_or_to_nobody() {
    let mut nation = Nation::new();
    let (running, clerk) = start(&nation);
    let code = nation.code_of(1);
    clerk.check(&code);
    for form in FORMS {
        let replayed = address(&clerk, &code, form);
        assert_eq!(clerk.get(&replayed).refusal(), (409, "nobody_shown".into()), "{form}");
        assert_eq!(
            clerk.get(&format!("/api/checks/x/{form}")).refusal(),
            (404, "not_found".into()),
            "{form}"
        );
        assert_eq!(running.stranger().get(&replayed).refusal(), (401, "no_session".into()), "{form}");
    }
}

#[test]
fn a_desk_without_an_account_at_the_portal_says_so() {
    let mut nation = Nation::new();
    let (running, clerk) = start(&nation);
    let address = address(&clerk, &nation.code_of(1), "entitlement");
    assert_eq!(clerk.get("/api/state").ok()["lookup"], "not_configured");
    assert_eq!(clerk.post(&address, &json!({})).refusal(), (409, "lookup_not_configured".into()));
    assert_eq!(running.stranger().post(&address, &json!({})).refusal(), (401, "no_session".into()));
    let elsewhere = clerk.request(reqwest::Method::POST, &address);
    assert_eq!(clerk.send(elsewhere).refusal(), (403, "header_missing".into()));
}
