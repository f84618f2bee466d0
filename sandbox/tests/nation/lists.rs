use credential::sd_cwt::SdCwt;
use serde_json::json;
use trust::anchors::{Role, Trust};
use trust::certificates::{ChainError, Purpose};
use trust::p256::PublicKey;
use trust::status::{NationalStatus, Status, StatusList};
use trust::time::Timestamp;

use crate::device::{Device, Key, NUMBER};
use crate::issuance::{CITIZEN, INSURANCE, obtain};
use crate::world::{World, clock};

pub(crate) fn root(world: &World) -> PublicKey {
    let text = String::from_utf8(world.get("/trust/root.pub").body).unwrap();
    PublicKey::from_uncompressed(&hex::decode(text.trim()).unwrap()).unwrap()
}

pub(crate) fn trust(world: &World) -> Trust {
    let list = world.get("/trust/trust-list.cwt");
    assert_eq!(list.headers.get("content-type").unwrap(), "application/cwt");
    Trust::load(&[root(world)], &list.body, 0, Timestamp::from_unix(world.now())).unwrap()
}

/// What the status service says of a credential, served and on disk.
pub(crate) fn status(world: &World, credential: &[u8]) -> Status {
    let trust = trust(world);
    let parsed = SdCwt::parse(credential).unwrap();
    let key = trust.issuer(parsed.issuer(), parsed.key_id()).unwrap().key;
    let reference = parsed.verify(&key).unwrap().status().clone();
    let number = reference.uri.strip_prefix("s:").unwrap().to_owned();
    let served = world.get(&format!("/status/{number}")).body;
    let list = StatusList::verify(&served, trust.status_signers()).unwrap();
    assert_eq!(list.subject(), reference.uri);
    let kept = std::fs::read(world.sandbox().status_folder().join(format!("{number}.cwt"))).unwrap();
    let kept = StatusList::verify(&kept, trust.status_signers()).unwrap();
    assert_eq!(kept.get(reference.index), list.get(reference.index));
    list.get(reference.index).unwrap()
}

#[test]
fn a_lock_suspends_and_an_unlock_restores_at_once() {
    let world = World::start(clock!());
    let mut device = Device::at_level_2(&world);
    let credentials =
        [CITIZEN, INSURANCE].map(|document| obtain(&world, &mut device, document, &Key::generate()));
    let all = || credentials.each_ref().map(|credential| status(&world, credential));
    assert_eq!(all(), [Status::Valid; 2]);
    device.ask(&world, "/account/lock", "lock", &json!({})).done();
    assert_eq!(all(), [Status::Suspended; 2]);
    device.ask(&world, "/account/unlock", "unlock", &json!({})).done();
    assert_eq!(all(), [Status::Valid; 2]);
}

#[test]
fn an_authority_s_lock_suspends_too() {
    let world = World::start(clock!());
    let mut device = Device::at_level_2(&world);
    let credential = obtain(&world, &mut device, CITIZEN, &Key::generate());
    world.post("/sandbox/lock", &json!({"number": NUMBER, "reason": "authority"})).done();
    assert_eq!(status(&world, &credential), Status::Suspended);
    world.post("/sandbox/unlock", &json!({"number": NUMBER})).done();
    assert_eq!(status(&world, &credential), Status::Valid);
}

#[test]
fn death_revokes_for_good() {
    let world = World::start(clock!());
    let mut device = Device::at_level_2(&world);
    let credential = obtain(&world, &mut device, CITIZEN, &Key::generate());
    // Locked before by both, so that there is something to unlock afterwards.
    world.post("/sandbox/lock", &json!({"number": NUMBER, "reason": "authority"})).done();
    device.ask(&world, "/account/lock", "lock", &json!({}));
    world.post("/sandbox/death", &json!({"number": NUMBER})).done();
    assert_eq!(status(&world, &credential), Status::Revoked);
    // Whatever the answers are, neither brings it back, nor does the next day's list.
    device.ask(&world, "/account/unlock", "unlock", &json!({}));
    assert_eq!(status(&world, &credential), Status::Revoked);
    world.post("/sandbox/unlock", &json!({"number": NUMBER}));
    assert_eq!(status(&world, &credential), Status::Revoked);
    world.pass(24 * 3600);
    assert_eq!(status(&world, &credential), Status::Revoked);
}

#[test]
fn the_end_of_an_account_revokes() {
    let world = World::start(clock!());
    let mut device = Device::at_level_2(&world);
    let credential = obtain(&world, &mut device, CITIZEN, &Key::generate());
    device.ask(&world, "/account/close", "close", &json!({})).done();
    assert_eq!(status(&world, &credential), Status::Revoked);
}

#[test]
fn the_card_s_last_day_suspends_and_the_account_says_so() {
    let world = World::start(clock!());
    // The test card ends with 2029.
    world.pass(1_893_369_600 - world.now());
    let mut device = Device::at_level_2(&world);
    let credential = obtain(&world, &mut device, CITIZEN, &Key::generate());
    assert_eq!(status(&world, &credential), Status::Valid);
    world.pass(3 * 24 * 3600);
    assert_eq!(status(&world, &credential), Status::Suspended);
    assert_eq!(device.show(&world)["locked_by"], "expiry");
}

#[test]
fn the_status_of_one_person_is_not_that_of_another() {
    let world = World::start(clock!());
    let mut device = Device::at_level_2(&world);
    let credential = obtain(&world, &mut device, CITIZEN, &Key::generate());
    world.post("/sandbox/death", &json!({"number": "000199012345"})).done();
    assert_eq!(status(&world, &credential), Status::Valid);
}

#[test]
fn the_status_outlives_a_restart() {
    let mut world = World::start(clock!());
    let mut device = Device::at_level_2(&world);
    let credential = obtain(&world, &mut device, CITIZEN, &Key::generate());
    device.ask(&world, "/account/lock", "lock", &json!({})).done();
    let root_before = root(&world);
    world.restart();
    assert_eq!(status(&world, &credential), Status::Suspended);
    assert_eq!(root(&world), root_before);
}

#[test]
fn the_trust_list_s_sequence_rises() {
    let mut world = World::start(clock!());
    let first = trust(&world).sequence();
    world.restart();
    let second = trust(&world);
    assert!(second.sequence() > first);
    assert_eq!(second.status_base(), format!("{}/status/", world.url));
}

#[test]
fn the_trust_folder_is_what_is_served() {
    let world = World::start(clock!());
    for file in ["root.pub", "trust-list.cwt"] {
        let kept = std::fs::read(world.sandbox().trust_folder().join(file)).unwrap();
        assert_eq!(world.get(&format!("/trust/{file}")).body, kept);
    }
}

#[test]
fn a_list_is_signed_anew_before_it_grows_old() {
    let world = World::start(clock!());
    let issued = |world: &World| {
        let token = world.get("/status/1").body;
        StatusList::verify(&token, trust(world).status_signers()).unwrap().issued().as_unix()
    };
    assert_eq!(issued(&world), world.now());
    world.pass(3600);
    assert_eq!(issued(&world), world.now());
    world.pass(8 * 24 * 3600);
    assert_eq!(issued(&world), world.now());
    assert!(trust(&world).issued().as_unix() + 24 * 3600 > world.now());
}

#[test]
fn an_unchanged_list_is_not_sent_twice() {
    let world = World::start(clock!());
    let first = world.get("/status/1");
    let tag = first.headers.get("etag").unwrap().to_str().unwrap().to_owned();
    let second = world.get_with("/status/1", "if-none-match", &tag);
    assert_eq!((second.status, second.body.len()), (304, 0));
}

#[test]
fn knows_only_its_own_lists() {
    let world = World::start(clock!());
    assert_eq!(world.get("/status/9").refusal(), "list_unknown");
    assert_eq!(world.get("/status/x").refusal(), "list_unknown");
}

/// Where a credential's status stands.
fn reference(world: &World, credential: &[u8]) -> credential::claims::StatusReference {
    let parsed = SdCwt::parse(credential).unwrap();
    let key = trust(world).issuer(parsed.issuer(), parsed.key_id()).unwrap().key;
    parsed.verify(&key).unwrap().status().clone()
}

#[test]
fn the_national_snapshot_and_its_deltas_say_what_the_lists_say() {
    let world = World::start(clock!());
    let mut device = Device::at_level_2(&world);
    let reference = reference(&world, &obtain(&world, &mut device, CITIZEN, &Key::generate()));
    let signers = trust(&world).status_signers().to_vec();
    let snapshot = world.get("/status/national/snapshot");
    let before = NationalStatus::verify(&snapshot.body, &signers).unwrap();
    assert_eq!(before.get(&reference.uri, reference.index), Some(Status::Valid));
    assert_eq!(world.get(&format!("/status/national/since/{}", before.sequence())).status, 204);
    device.ask(&world, "/account/lock", "lock", &json!({})).done();
    let delta = world.get(&format!("/status/national/since/{}", before.sequence()));
    assert_eq!(delta.status, 200);
    let after = before.apply(&delta.body, &signers).unwrap();
    assert_eq!(after.get(&reference.uri, reference.index), Some(Status::Suspended));
    assert!(after.sequence() > before.sequence());
    println!("snapshot {} bytes, delta {} bytes", snapshot.body.len(), delta.body.len());
}

#[test]
fn the_nation_s_status_is_said_anew_before_it_grows_old() {
    let world = World::start(clock!());
    let signers = trust(&world).status_signers().to_vec();
    let fetch = || NationalStatus::verify(&world.get("/status/national/snapshot").body, &signers).unwrap();
    let first = fetch();
    world.pass(3600);
    let delta = world.get(&format!("/status/national/since/{}", first.sequence())).body;
    assert_eq!(first.apply(&delta, &signers).unwrap().issued().as_unix(), world.now());
    assert_eq!(fetch().issued().as_unix(), world.now());
}

#[test]
fn no_delta_leads_on_from_a_state_that_is_not_known() {
    let mut world = World::start(clock!());
    assert_eq!(world.get("/status/national/since/999").status, 404);
    assert_eq!(world.get("/status/national/since/x").refusal(), "state_unknown");
    let signers = trust(&world).status_signers().to_vec();
    let fetch = |world: &World| {
        NationalStatus::verify(&world.get("/status/national/snapshot").body, &signers).unwrap()
    };
    let before = fetch(&world);
    world.restart();
    assert_eq!(world.get(&format!("/status/national/since/{}", before.sequence())).status, 404);
    assert!(fetch(&world).sequence() > before.sequence());
}

#[test]
fn a_list_filled_by_half_is_followed_by_the_next() {
    let world = World::start(clock!());
    let mut device = Device::at_level_2(&world);
    let first = obtain(&world, &mut device, CITIZEN, &Key::generate());
    world.tamper("UPDATE status_list SET used = 32768");
    let second = obtain(&world, &mut device, CITIZEN, &Key::generate());
    assert_eq!(reference(&world, &first).uri, "s:1");
    assert_eq!(reference(&world, &second).uri, "s:2");
    assert_eq!([&first, &second].map(|credential| status(&world, credential)), [Status::Valid; 2]);
    device.ask(&world, "/account/lock", "lock", &json!({})).done();
    assert_eq!([&first, &second].map(|credential| status(&world, credential)), [Status::Suspended; 2]);
}

#[test]
fn the_trust_list_names_issuers_askers_and_their_register_until_the_operator_withdraws_them() {
    let world = World::start(clock!());
    let leaf =
        |name: &str| std::fs::read(world.folder.join("keys").join(name).with_extension("cer")).unwrap();
    let check = |role, name: &str| {
        let chain = trust(&world).certificate_anchors(role);
        chain.verify(&[leaf(name)], Purpose::Anything, Timestamp::from_unix(world.now())).map(drop)
    };
    for (role, name, who) in [
        (Role::Documents, "documents", "issuer"),
        (Role::Requests, "portal", "portal"),
        (Role::Requests, "bank", "bank"),
        (Role::Registrations, "registrar", "registrar"),
    ] {
        assert_eq!(check(role, name), Ok(()), "{name}");
        world.post("/sandbox/withdrawal", &json!({"who": who, "withdrawn": true})).done();
        let refused = check(role, name).unwrap_err();
        assert!(matches!(refused, ChainError::Withdrawn | ChainError::UnknownAnchor), "{refused}");
        world.post("/sandbox/withdrawal", &json!({"who": who, "withdrawn": false})).done();
        assert_eq!(check(role, name), Ok(()), "{name}");
    }
    // Whoever asks cannot register itself.
    assert_eq!(check(Role::Registrations, "portal"), Err(ChainError::UnknownAnchor));
}
