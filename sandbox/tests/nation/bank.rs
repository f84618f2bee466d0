//! The bank: customers at the counter, and cash that is paid once, in that amount, at that machine.
use presentation::openid4vp::{Transaction, VerifiedRequest};
use serde_json::{Value, json};

use crate::asking::{Bound, Phone, at_level_2, fetch, number, post, state};
use crate::device::{Device, NUMBER};
use crate::world::{Answer, World, clock};

const AMOUNT: u64 = 2_000_000;
/// What a new account holds.
const PRESENT: u64 = 5_000_000;

fn at_counter(world: &World, phone: &Phone) -> Value {
    let begun = world.post("/bank/start", &json!({})).done();
    let request = fetch(world, begun["link"].as_str().unwrap(), true);
    let digits = number(world, &begun);
    phone.answer(world, &request, &Bound::to(&request, Some(&digits))).done();
    state(world, &begun)["result"].clone()
}

fn begin(world: &World, terminal: &str, amount: u64) -> Value {
    world.post("/atm/start", &json!({"terminal": terminal, "amount": amount})).done()
}

/// A machine that a phone has connected to.
fn connected(world: &World, terminal: &str) -> (Value, VerifiedRequest, String) {
    let begun = begin(world, terminal, AMOUNT);
    let request = fetch(world, begun["link"].as_str().unwrap(), true);
    let digits = number(world, &begun);
    (begun, request, digits)
}

/// A customer with an account at the bank.
fn customer(world: &World) -> Phone {
    let phone = Phone::of(world, &mut at_level_2(world));
    assert_eq!(at_counter(world, &phone)["balance"], PRESENT);
    phone
}

fn balance(world: &World, phone: &Phone) -> Value {
    let seen = at_counter(world, phone);
    assert_eq!(seen["is_new"], false);
    seen["balance"].clone()
}

fn refused(world: &World, begun: &Value, answer: &Answer, reason: &str) {
    assert_eq!(answer.refusal(), reason);
    let state = state(world, begun);
    assert_eq!((&state["state"], &state["reason"]), (&json!("refused"), &json!(reason)));
}

#[test]
fn pays_what_the_wallet_has_read_and_approved() {
    let world = World::start(clock!());
    let phone = customer(&world);
    let (begun, request, digits) = connected(&world, "ATM 0007");
    let approved = Transaction::CashWithdrawal {
        bank: "Ngân hàng Mẫu".to_owned(),
        terminal: "ATM 0007".to_owned(),
        place: "Số 1 Đường Mẫu, Huế".to_owned(),
        amount: AMOUNT,
    };
    assert_eq!(request.transaction().unwrap().transaction(), &approved);
    phone.answer(&world, &request, &Bound::to(&request, Some(&digits))).done();
    let paid = state(&world, &begun)["result"].clone();
    assert_eq!((&paid["amount"], &paid["balance"]), (&json!(AMOUNT), &json!(PRESENT - AMOUNT)));
    assert_eq!((&paid["receipt"], &paid["terminal"]), (&json!(1), &json!("ATM 0007")));
    assert_eq!(paid["authentication_level"], json!({"level": 1, "basis": "claimed"}));
}

#[test]
fn what_was_paid_is_still_paid_after_a_restart() {
    let mut world = World::start(clock!());
    let phone = customer(&world);
    let (_, request, digits) = connected(&world, "ATM 0007");
    phone.answer(&world, &request, &Bound::to(&request, Some(&digits))).done();
    world.restart();
    let again = phone.answer(&world, &request, &Bound::to(&request, Some(&digits)));
    assert_eq!(again.refusal(), "request_unknown");
    assert_eq!(balance(&world, &phone), PRESENT - AMOUNT);
}

#[test]
fn an_answer_serves_once() {
    let world = World::start(clock!());
    let phone = customer(&world);
    let (_, request, digits) = connected(&world, "ATM 0007");
    phone.answer(&world, &request, &Bound::to(&request, Some(&digits))).done();
    let again = phone.answer(&world, &request, &Bound::to(&request, Some(&digits)));
    assert_eq!(again.refusal(), "request_answered");
    assert_eq!(balance(&world, &phone), PRESENT - AMOUNT);
}

#[test]
fn wrong_digits_pay_nothing_and_there_is_no_second_try() {
    let world = World::start(clock!());
    let phone = customer(&world);
    for wrong in [None, Some("x")] {
        let (begun, request, digits) = connected(&world, "ATM 0007");
        let wrong = wrong.map(|_| if digits == "00" { "01" } else { "00" });
        let answer = phone.answer(&world, &request, &Bound::to(&request, wrong));
        refused(&world, &begun, &answer, "wrong_number");
        let right = phone.answer(&world, &request, &Bound::to(&request, Some(&digits)));
        assert_eq!(right.refusal(), "request_answered");
    }
    assert_eq!(balance(&world, &phone), PRESENT);
}

#[test]
fn another_amount_or_machine_than_was_asked_is_not_approved() {
    let world = World::start(clock!());
    let phone = customer(&world);
    let other = |terminal: &str, amount: u64| Transaction::CashWithdrawal {
        bank: "Ngân hàng Mẫu".to_owned(),
        terminal: terminal.to_owned(),
        place: "Số 1 Đường Mẫu, Huế".to_owned(),
        amount,
    };
    for transaction in [Some(other("ATM 0007", AMOUNT / 2)), Some(other("ATM 0008", AMOUNT)), None] {
        let (begun, request, digits) = connected(&world, "ATM 0007");
        let mut bound = Bound::to(&request, Some(&digits));
        bound.transaction = transaction.map(|transaction| transaction.encode(&["citizen"]));
        let answer = phone.answer(&world, &request, &bound);
        refused(&world, &begun, &answer, "not_approved");
    }
    assert_eq!(balance(&world, &phone), PRESENT);
}

#[test]
fn sixty_seconds_after_the_phone_connected_it_is_too_late() {
    let world = World::start(clock!());
    let phone = customer(&world);
    let (begun, request, digits) = connected(&world, "ATM 0007");
    world.pass(60);
    assert_eq!(state(&world, &begun)["reason"], "too_late");
    let answer = phone.answer(&world, &request, &Bound::to(&request, Some(&digits)));
    refused(&world, &begun, &answer, "too_late");
    let (_, request, digits) = connected(&world, "ATM 0007");
    world.pass(59);
    phone.answer(&world, &request, &Bound::to(&request, Some(&digits))).done();
}

#[test]
fn an_answer_for_one_machine_is_none_at_another() {
    let world = World::start(clock!());
    let phone = customer(&world);
    let (_, here, digits) = connected(&world, "ATM 0007");
    let (there_begun, there, _) = connected(&world, "ATM 0008");
    let mut bound = Bound::to(&here, Some(&digits));
    bound.transaction = here.transaction().map(|data| data.received().to_owned());
    // The sealed answer as it is, carried to the other machine.
    let sealed = phone.sealed(&world, &here, &bound);
    let answer = post(&world, there.reply_to().response_uri(), &sealed.fields);
    refused(&world, &there_begun, &answer, "not_genuine");
    assert_eq!(balance(&world, &phone), PRESENT);
}

#[test]
fn a_nonce_of_before_and_another_audience_are_refused() {
    let world = World::start(clock!());
    let phone = customer(&world);
    let (_, earlier, _) = connected(&world, "ATM 0007");
    for change in [
        |bound: &mut Bound, earlier: &str| bound.nonce = earlier.to_owned(),
        |bound: &mut Bound, _: &str| bound.audience = "x509_hash:another".to_owned(),
    ] {
        let (begun, request, digits) = connected(&world, "ATM 0007");
        let mut bound = Bound::to(&request, Some(&digits));
        change(&mut bound, earlier.nonce());
        let answer = phone.answer(&world, &request, &bound);
        refused(&world, &begun, &answer, "not_genuine");
    }
    assert_eq!(balance(&world, &phone), PRESENT);
}

#[test]
fn a_level_1_account_gets_no_cash_and_no_customer_account() {
    let world = World::start(clock!());
    let phone = Phone::of(&world, &mut Device::at_level_1(&world));
    for path in ["/atm/start", "/bank/start"] {
        let begun = world.post(path, &json!({"terminal": "ATM 0007", "amount": AMOUNT})).done();
        let request = fetch(&world, begun["link"].as_str().unwrap(), true);
        let digits = number(&world, &begun);
        let answer = phone.answer(&world, &request, &Bound::to(&request, Some(&digits)));
        refused(&world, &begun, &answer, "level_too_low");
    }
}

#[test]
fn no_account_and_too_little_money_pay_nothing() {
    let world = World::start(clock!());
    let phone = Phone::of(&world, &mut at_level_2(&world));
    let (begun, request, digits) = connected(&world, "ATM 0007");
    let answer = phone.answer(&world, &request, &Bound::to(&request, Some(&digits)));
    refused(&world, &begun, &answer, "no_bank_account");
    at_counter(&world, &phone);
    let begun = begin(&world, "ATM 0007", 2 * PRESENT);
    let request = fetch(&world, begun["link"].as_str().unwrap(), false);
    let digits = number(&world, &begun);
    let answer = phone.answer(&world, &request, &Bound::to(&request, Some(&digits)));
    refused(&world, &begun, &answer, "balance_too_low");
    assert_eq!(balance(&world, &phone), PRESENT);
}

#[test]
fn a_machine_asks_for_possible_amounts_only() {
    let world = World::start(clock!());
    for amount in [0, 49_999, 50_001, 10_050_000] {
        let answer = world.post("/atm/start", &json!({"terminal": "ATM 0007", "amount": amount}));
        assert_eq!(answer.refusal(), "amount_impossible", "{amount}");
    }
    let unknown = world.post("/atm/start", &json!({"terminal": "ATM 9", "amount": AMOUNT}));
    assert_eq!(unknown.refusal(), "terminal_unknown");
}

#[test]
fn the_counter_knows_whom_the_wallet_proves() {
    let world = World::start(clock!());
    let phone = Phone::of(&world, &mut at_level_2(&world));
    let seen = at_counter(&world, &phone);
    assert_eq!((&seen["number"], &seen["proven_by"]), (&json!(NUMBER), &json!("wallet")));
    assert_eq!((&seen["name"], &seen["is_new"]), (&json!("Đặng Quốc Ưu"), &json!(true)));
}
