//! The insurance portal's stand-in, asked as hospital programs ask the real one.
use serde_json::{Value, json};

use crate::world::{World, clock};

/// MD5 of `sandbox`.
const PASSWORD: &str = "c96577cf3c149303c46832ab7951bb74";
const NUMBER: &str = "000199012345";

fn login(world: &World) -> Value {
    let account = json!({"username": "00000_BV", "password": PASSWORD});
    world.post("/api/token/take", &account).done()
}

fn question() -> Value {
    json!({"maThe": NUMBER, "hoTen": "NGUYỄN THỊ  MẪU", "ngaySinh": "01/01/1999",
           "hoTenCb": "Đặng Quốc Ưu", "cccdCb": "000204067891"})
}

fn address(key: &Value) -> String {
    let mut query = url::form_urlencoded::Serializer::new("/api/egw/KQNhanLichSuKCB2024?".to_owned());
    for name in ["access_token", "id_token"] {
        query.append_pair(name.trim_start_matches("access_"), key[name].as_str().unwrap());
    }
    query.append_pair("username", "00000_BV").append_pair("password", PASSWORD).finish()
}

fn ask(world: &World, question: &Value) -> Value {
    let address = address(&login(world)["APIKey"]);
    world.post(&address, question).done()
}

fn code(world: &World, question: &Value) -> String {
    ask(world, question)["maKetQua"].as_str().unwrap().to_owned()
}

fn but(name: &str, value: &str) -> Value {
    let mut question = question();
    question[name] = json!(value);
    question
}

#[test]
fn answers_from_the_register() {
    let world = World::start(clock!());
    let answer = ask(&world, &question());
    assert_eq!(answer["maKetQua"], "000");
    assert_eq!((&answer["hoTen"], &answer["ngaySinh"]), (&json!("Nguyễn Thị Mẫu"), &json!("01/01/1999")));
    assert_eq!((&answer["gtTheTu"], &answer["gtTheDen"]), (&json!("01/01/2024"), &json!("31/12/2029")));
    let card = answer["maThe"].as_str().unwrap();
    assert_eq!(answer["maSoBHXH"], card[5..]);
    // The three numbers of one person lead to one card.
    for number in [card, &card[5..]] {
        assert_eq!(ask(&world, &but("maThe", number))["hoTen"], "Nguyễn Thị Mẫu");
    }
    assert_eq!(code(&world, &but("ngaySinh", "1999")), "000");
}

#[test]
fn says_what_does_not_fit_with_the_portals_codes() {
    let world = World::start(clock!());
    for (name, value, expected) in [
        ("maThe", "DN4009999999999", "050"),
        ("maThe", "DN400", "051"),
        ("maThe", "dn4000000000001", "051"),
        ("maThe", "DN4XX0000000001", "052"),
        ("maThe", "DN9000000000001", "053"),
        ("cccdCb", "000000000000", "054"),
        ("hoTenCb", "Ai Đó", "055"),
        ("hoTen", "Trần Văn Khác", "060"),
        ("hoTen", "Nguyễn Thu Mận", "061"),
        ("ngaySinh", "02/01/1999", "070"),
        ("ngaySinh", "1998", "070"),
    ] {
        assert_eq!(code(&world, &but(name, value)), expected, "{name} {value}");
    }
    assert_eq!(code(&world, &json!({"maThe": NUMBER})), "205");
}

#[test]
fn lets_nobody_in_without_account_and_tokens() {
    let world = World::start(clock!());
    let wrong = json!({"username": "00000_BV", "password": "c96577cf3c149303c46832ab7951bb75"});
    assert_eq!(
        world.post("/api/token/take", &wrong).done(),
        json!({"maKetQua": "401", "ghiChu": "Kết quả thử nghiệm 401"})
    );
    let answer = world.post("/api/egw/KQNhanLichSuKCB2024", &question()).done();
    assert_eq!(answer["maKetQua"], "401");
    let address = address(&login(&world)["APIKey"]);
    for part in ["token=", "id_token=", "username=", "password="] {
        let changed = address.replace(part, &format!("{part}x"));
        assert_eq!(world.post(&changed, &question()).done()["maKetQua"], "401", "{part}");
    }
    world.pass(3600);
    assert_eq!(world.post(&address, &question()).done()["maKetQua"], "401");
}

#[test]
fn takes_account_and_tokens_in_the_body_too() {
    let world = World::start(clock!());
    let key = login(&world)["APIKey"].clone();
    let mut question = question();
    for (name, value) in [
        ("username", &json!("00000_BV")),
        ("password", &json!(PASSWORD)),
        ("token", &key["access_token"]),
        ("id_token", &key["id_token"]),
    ] {
        question[name] = value.clone();
    }
    assert_eq!(world.post("/api/egw/KQNhanLichSuKCB2024", &question).done()["maKetQua"], "000");
}

#[test]
fn a_dead_persons_card_and_an_expired_one_are_no_longer_good() {
    let world = World::start(clock!());
    world.pass(5 * 366 * 86_400);
    assert_eq!(code(&world, &question()), "010");
    world.post("/sandbox/death", &json!({"number": NUMBER})).done();
    assert_eq!(code(&world, &question()), "120");
}

#[test]
fn answers_what_the_operator_set_until_it_is_lifted() {
    let world = World::start(clock!());
    let set = |code: Value| world.post("/sandbox/insurance-answer", &json!({"number": NUMBER, "code": code}));
    for expected in ["110", "090", "777"] {
        set(json!(expected)).done();
        assert_eq!(code(&world, &question()), expected);
    }
    set(json!("003")).done();
    let answer = ask(&world, &question());
    assert_eq!((&answer["gtTheTuMoi"], &answer["gtTheDenMoi"]), (&json!("01/01/2030"), &json!("31/12/2030")));
    assert_ne!(answer["maTheMoi"], answer["maTheCu"]);
    set(Value::Null).done();
    assert_eq!(code(&world, &question()), "000");
    assert_eq!(set(json!("x")).refusal(), "invalid_request");
    let nobody = json!({"number": "000999999999", "code": "010"});
    assert_eq!(world.post("/sandbox/insurance-answer", &nobody).refusal(), "unknown_person");
}

#[test]
fn goes_wrong_in_the_ways_that_the_operator_sets() {
    let world = World::start(clock!());
    let fault = |fault: Value| world.post("/sandbox/insurance-fault", &fault).done();
    let (address, account) =
        (address(&login(&world)["APIKey"]), json!({"username": "00000_BV", "password": PASSWORD}));
    fault(json!({"fault": "broken"}));
    assert_eq!(world.post(&address, &question()).status, 500);
    fault(json!({"fault": "bad_json"}));
    let answer = world.post("/api/token/take", &account);
    assert!(answer.status == 200 && serde_json::from_slice::<Value>(&answer.body).is_err());
    fault(json!({"fault": "forgets_tokens"}));
    assert_eq!(code(&world, &question()), "401");
    fault(json!({"fault": "slow", "milliseconds": 300}));
    let start = std::time::Instant::now();
    login(&world);
    assert!(start.elapsed().as_millis() >= 300);
    fault(json!({"fault": "none"}));
    assert_eq!(code(&world, &question()), "000");
    assert_eq!(
        world.post("/sandbox/insurance-fault", &json!({"fault": "rain"})).refusal(),
        "invalid_request"
    );
}
