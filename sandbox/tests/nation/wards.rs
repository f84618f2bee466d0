//! Children, wards and foreigners.
use credential::sd_cwt::SdCwt;
use serde_json::{Value, json};
use trust::status::Status;

use crate::device::{Device, Key, NUMBER, PHONE};
use crate::issuance::{INSURANCE, obtain, obtain_for};
use crate::lists::{status, trust};
use crate::world::{Answer, World, clock};

/// A child of one year, in the care of the person of the test card.
const CHILD: (&str, &str) = ("000224000001", "0900000003");
/// A child of eight, a ward of sixty-five, in the care of another.
const PUPIL: (&str, &str) = ("000316000002", "0900000004");
const WARD: (&str, &str) = ("000060000005", "0900000005");
const FOREIGNER: (&str, &str) = ("000190000006", "0900000006");

impl Device {
    fn for_ward(&mut self, world: &World, op: &str, ward: &str) -> Answer {
        self.ask(world, "/account/wards/act", op, &json!({"ward": ward}))
    }

    fn wards(&mut self, world: &World) -> Vec<Value> {
        let wards = self.ask(world, "/account/wards", "wards", &json!({})).done();
        wards["wards"].as_array().unwrap().clone()
    }

    /// An account at level 2 by a counter.
    pub(crate) fn seen_at_counter(world: &World, (number, phone): (&str, &str)) -> Self {
        let device = Self::active(world, number, phone);
        world.post("/sandbox/level-2", &json!({"number": number})).done();
        device
    }

    fn open_in_care(world: &World, (number, phone): (&str, &str)) -> Self {
        let mut device = Self::new();
        device.open(world, number, phone).done();
        let activated = device.activate(world, &world.code(phone)).done();
        assert_eq!((&activated["state"], &activated["level"]), (&json!("awaiting_consent"), &json!(0)));
        device
    }
}

#[test]
fn a_child_s_account_waits_for_the_guardian_s_consent() {
    let world = World::start(clock!());
    let mut guardian = Device::at_level_2(&world);
    let mut child = Device::open_in_care(&world, CHILD);
    assert!(world.newest_message(PHONE).contains("consent"));
    assert_eq!(child.show(&world)["state"], "awaiting_consent");
    assert_eq!(child.ask(&world, "/account/lock", "lock", &json!({})).refusal(), "account_not_active");
    let wards = guardian.wards(&world);
    assert_eq!((wards.len(), &wards[0]["number"]), (1, &json!(CHILD.0)));
    assert_eq!(wards[0]["account"]["state"], "awaiting_consent");
    guardian.for_ward(&world, "ward_consent", CHILD.0).done();
    let shown = child.show(&world);
    assert_eq!((&shown["state"], &shown["level"]), (&json!("active"), &json!(1)));
    let young = child.ask(&world, "/account/step-up", "step_up_start", &json!({}));
    assert_eq!(young.refusal(), "too_young");
    assert_eq!(world.post("/sandbox/level-2", &json!({"number": CHILD.0})).refusal(), "too_young");
}

/// The person of the test card, whom the register takes for a child of five here.
#[test]
fn a_child_below_six_moves_to_another_phone_and_keeps_the_level() {
    let world = World::start(clock!());
    let mut old = Device::at_level_1(&world);
    world.tamper(&format!("UPDATE person SET birth = '2019-06-02' WHERE number = '{NUMBER}'"));
    let mut new = Device::new();
    new.move_here(&world).done();
    // The child is five still when the new phone takes over, and six the day after.
    world.pass(23 * 3600);
    world.post("/sandbox/counter", &json!({"number": NUMBER})).done();
    let shown = new.show(&world);
    assert_eq!((&shown["state"], &shown["level"]), (&json!("active"), &json!(1)));
    assert_eq!(old.ask(&world, "/account/show", "show", &json!({})).refusal(), "device_replaced");
    let step_up = |device: &mut Device| device.ask(&world, "/account/step-up", "step_up_start", &json!({}));
    assert_eq!(step_up(&mut new).refusal(), "too_young");
    world.pass(3600);
    step_up(&mut new).done();
}

#[test]
fn a_guardian_refuses_and_the_child_may_ask_again() {
    let world = World::start(clock!());
    let mut guardian = Device::at_level_2(&world);
    let mut child = Device::open_in_care(&world, CHILD);
    guardian.for_ward(&world, "ward_refuse", CHILD.0).done();
    assert_eq!(child.show(&world)["state"], "closed");
    Device::open_in_care(&world, CHILD);
    guardian.for_ward(&world, "ward_consent", CHILD.0).done();
}

#[test]
fn a_guardian_locks_and_unlocks_and_the_child_cannot() {
    let world = World::start(clock!());
    let mut guardian = Device::at_level_2(&world);
    let mut child = Device::open_in_care(&world, CHILD);
    assert_eq!(guardian.for_ward(&world, "ward_lock", CHILD.0).refusal(), "account_not_active");
    guardian.for_ward(&world, "ward_consent", CHILD.0).done();
    assert_eq!(guardian.for_ward(&world, "ward_lock", CHILD.0).done()["state"], "locked");
    let shown = child.show(&world);
    assert_eq!((&shown["state"], &shown["locked_by"]), (&json!("locked"), &json!("guardian")));
    // Holder and guardian read the same.
    let seen = &guardian.wards(&world)[0]["account"];
    assert_eq!((&seen["state"], &seen["locks"]), (&shown["state"], &json!(["guardian"])));
    assert_eq!(child.ask(&world, "/account/unlock", "unlock", &json!({})).refusal(), "not_holder_lock");
    // Another lock stays when the guardian's goes.
    world.post("/sandbox/lock", &json!({"number": CHILD.0, "reason": "terms"})).done();
    assert_eq!(guardian.for_ward(&world, "ward_unlock", CHILD.0).done()["state"], "locked");
    assert_eq!(guardian.wards(&world)[0]["account"]["locks"], json!(["terms"]));
    world.post("/sandbox/unlock", &json!({"number": CHILD.0})).done();
    assert_eq!(guardian.wards(&world)[0]["account"]["state"], "active");
    assert_eq!(child.show(&world)["state"], "active");
}

#[test]
fn nobody_acts_for_persons_who_are_not_in_their_care() {
    let world = World::start(clock!());
    let mut guardian = Device::at_level_2(&world);
    Device::open_in_care(&world, PUPIL);
    for op in ["ward_consent", "ward_refuse", "ward_lock", "ward_unlock"] {
        assert_eq!(guardian.for_ward(&world, op, PUPIL.0).refusal(), "not_in_care", "{op}");
        assert_eq!(guardian.for_ward(&world, op, NUMBER).refusal(), "not_in_care", "{op}");
    }
    let ask = json!({"credential": "citizen", "for": PUPIL.0});
    assert_eq!(guardian.ask(&world, "/account/offer", "offer", &ask).refusal(), "not_in_care");
    let mut level_1 = Device::active(&world, "000199012345", "0900000001");
    assert_eq!(level_1.for_ward(&world, "ward_consent", PUPIL.0).refusal(), "level_required");
    assert_eq!(level_1.ask(&world, "/account/wards", "wards", &json!({})).refusal(), "level_required");
}

#[test]
fn a_guardian_holds_the_documents_of_a_child_and_of_a_ward() {
    let world = World::start(clock!());
    let mut guardian = Device::seen_at_counter(&world, ("000199012345", "0900000001"));
    let wards = guardian.wards(&world);
    assert_eq!(wards.iter().map(|ward| &ward["ward"]).collect::<Vec<_>>(), [&json!(true), &json!(false)]);
    for person in [PUPIL, WARD] {
        let bytes = obtain_for(&world, &mut guardian, INSURANCE, &Key::generate(), person.0);
        let parsed = SdCwt::parse(&bytes).unwrap();
        let key = trust(&world).issuer(parsed.issuer(), parsed.key_id()).unwrap().key;
        let claims = parsed.verify(&key).unwrap().claims().clinic().unwrap();
        assert_eq!(claims.person.number, person.0);
        assert_eq!(claims.person.guardian.as_deref(), Some("000199012345"));
        assert_eq!(claims.person.portrait_hash, None);
        assert_eq!(status(&world, &bytes), Status::Valid);
        world.post("/sandbox/death", &json!({"number": person.0})).done();
        assert_eq!(status(&world, &bytes), Status::Revoked);
    }
}

#[test]
fn the_guardian_s_own_lock_suspends_what_is_held_for_others() {
    let world = World::start(clock!());
    let mut guardian = Device::at_level_2(&world);
    let held = obtain_for(&world, &mut guardian, INSURANCE, &Key::generate(), CHILD.0);
    guardian.ask(&world, "/account/lock", "lock", &json!({})).done();
    assert_eq!(status(&world, &held), Status::Suspended);
}

#[test]
fn a_child_that_came_of_age_is_in_nobody_s_care() {
    let world = World::start(clock!());
    // The pupil was born on 2016-09-05.
    world.pass(1_914_710_400 - world.now());
    let mut guardian = Device::seen_at_counter(&world, ("000199012345", "0900000001"));
    let numbers = |guardian: &mut Device| {
        guardian.wards(&world).iter().map(|ward| ward["number"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(numbers(&mut guardian), [json!(WARD.0), json!(PUPIL.0)]);
    world.pass(2 * 24 * 3600);
    assert_eq!(numbers(&mut guardian), [json!(WARD.0)]);
    let grown = Device::active(&world, PUPIL.0, PUPIL.1);
    assert!(grown.account.starts_with("acc_"));
}

#[test]
fn a_counter_raises_the_level_without_a_chip() {
    let world = World::start(clock!());
    let mut device = Device::seen_at_counter(&world, (NUMBER, PHONE));
    let shown = device.show(&world);
    assert_eq!((&shown["level"], &shown["method"]), (&json!(2), &json!("counter")));
    obtain(&world, &mut device, INSURANCE, &Key::generate());
    let nobody = world.post("/sandbox/level-2", &json!({"number": PUPIL.0}));
    assert_eq!(nobody.refusal(), "account_unknown");
}

#[test]
fn a_foreigner_s_account_lasts_as_long_as_the_residence() {
    let world = World::start(clock!());
    let mut device = Device::seen_at_counter(&world, FOREIGNER);
    let held = obtain(&world, &mut device, INSURANCE, &Key::generate());
    assert_eq!(status(&world, &held), Status::Valid);
    // The residence ends with 2027.
    world.pass(1_830_384_000 - world.now());
    assert_eq!(status(&world, &held), Status::Suspended);
    assert_eq!(device.show(&world)["locked_by"], "expiry");
    let day = json!({"number": FOREIGNER.0, "until": "2030-12-31"});
    world.pass(-365 * 24 * 3600);
    assert_eq!(device.show(&world)["locked_by"], "expiry", "the clock going back unlocks nothing");
    world.pass(365 * 24 * 3600);
    world.post("/sandbox/residence", &day).done();
    assert_eq!(device.show(&world)["state"], "active");
    assert_eq!(status(&world, &held), Status::Valid);
    let citizen = json!({"number": NUMBER, "until": "2030-12-31"});
    assert_eq!(world.post("/sandbox/residence", &citizen).refusal(), "not_a_foreigner");
    let wrong = json!({"number": FOREIGNER.0, "until": "tomorrow"});
    assert_eq!(world.post("/sandbox/residence", &wrong).refusal(), "invalid_request");
}
