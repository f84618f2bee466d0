//! Where the nation is kept, and what becomes of a change when something goes wrong. The whole of these tests runs on SQLite and,
//! in `tests/run postgres`, on PostgreSQL.
use std::path::{Path, PathBuf};

use postgres::{Client, NoTls};
use sen_sandbox::{DatabaseError, PhoneMakers, Place, RunningSandbox, Sandbox, SandboxConfig, SandboxError};
use serde_json::json;

use crate::device::{Device, Key, encode};
use crate::world::{Clock, Kept, World, clock};

/// A folder for one test.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("sen-database-{name}-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

fn start(
    folder: &Path,
    place: &Place,
    clock: Clock,
    population: u32,
) -> Result<RunningSandbox, SandboxError> {
    let config = SandboxConfig {
        data_dir: folder.to_owned(),
        listen: "127.0.0.1:0".parse().unwrap(),
        csca: card::CscaAnchors::default(),
        phone_makers: PhoneMakers::default(),
        clock: clock.now,
        population,
    };
    Sandbox::start_at(config, place)
}

fn kept_in(folder: &Folder) -> rusqlite::Connection {
    rusqlite::Connection::open(folder.0.join("nation.db")).unwrap()
}

/// Guards the other tests: what is meant to run on PostgreSQL does.
#[test]
fn a_nation_lies_where_it_was_told_to_and_nowhere_else() {
    let world = World::start(clock!());
    assert_eq!(world.address().is_some(), std::env::var("SEN_POSTGRES").is_ok());
    assert_eq!(world.folder.join("nation.db").exists(), world.address().is_none());
    assert_eq!(
        world.kept("SELECT name FROM person WHERE number = '000204067891'"),
        ["Đặng Quốc Ưu".as_bytes()]
    );
}

#[test]
fn the_same_persons_are_made_each_time_and_only_once() {
    let world = World::start(clock!());
    let all = "SELECT number || name || birth || phone || card FROM person JOIN insurance ON person = number ORDER BY number";
    let first = world.kept(all);
    assert_eq!(first.len(), 46);
    let mut other = World::start(clock!());
    assert_eq!(other.kept(all), first);
    other.restart();
    assert_eq!(other.kept(all), first);
}

#[test]
fn a_folder_of_another_version_says_what_to_do() {
    for make in ["CREATE TABLE person (number TEXT)", "CREATE TABLE nation (version INTEGER, root BLOB)"] {
        let folder = Folder::new("old");
        kept_in(&folder).execute_batch(make).unwrap();
        let error = start(&folder.0, &Place::Folder, clock!(), 0).unwrap_err();
        assert!(matches!(&error, SandboxError::OtherVersion(named) if *named == folder.0));
        assert!(error.to_string().contains(&format!("(rm -r {})", folder.0.display())), "{error}");
    }
}

#[test]
fn a_folder_of_a_later_version_is_not_read() {
    let folder = Folder::new("later");
    start(&folder.0, &Place::Folder, clock!(), 0).unwrap().stop();
    kept_in(&folder).execute_batch("UPDATE nation SET version = version + 1").unwrap();
    let error = start(&folder.0, &Place::Folder, clock!(), 0).unwrap_err();
    assert!(matches!(error, SandboxError::OtherVersion(_)), "{error}");
}

/// The keys lie in the folder: with those of another, PINs would not open and nothing would be signed as before.
#[test]
fn a_database_of_another_folders_nation_is_refused() {
    let (one, other) = (Folder::new("one"), Folder::new("other"));
    let place = Kept::new().place();
    start(&one.0, &place, clock!(), 0).unwrap().stop();
    if matches!(place, Place::Folder) {
        std::fs::copy(one.0.join("nation.db"), other.0.join("nation.db")).unwrap();
    }
    let error = start(&other.0, &place, clock!(), 0).unwrap_err();
    assert!(matches!(error, SandboxError::OtherFolder), "{error}");
    start(&one.0, &place, clock!(), 0).unwrap().stop();
}

#[test]
fn a_thousand_more_persons_than_are_written_at_a_time_are_made() {
    let (folder, kept) = (Folder::new("many"), Kept::new());
    start(&folder.0, &kept.place(), clock!(), 11_000).unwrap().stop();
    let count = "SELECT count(*) FROM person JOIN insurance ON person = number";
    let count: i64 = match &kept {
        Kept::Folder => kept_in(&folder).query_row(count, [], |row| row.get(0)).unwrap(),
        Kept::Postgres(address) => {
            Client::connect(address, NoTls).unwrap().query_one(count, &[]).unwrap().get(0)
        }
    };
    assert_eq!(count, 11_006);
}

/// Changes that come at the same time may share a transaction: each is whole or not at all, and sees those before it.
#[test]
fn of_changes_at_the_same_time_each_sees_those_before_it() {
    let world = World::start(clock!());
    let desk = |name: String| json!({"name": name, "key": encode(&Key::generate().public().compressed())});
    let same = world.at_once("/sandbox/desk", (0..20).map(|_| desk("Quầy 1".to_owned())).collect());
    let (named, refused): (Vec<_>, Vec<_>) = same.iter().partition(|answer| answer.status == 200);
    assert_eq!((named.len(), refused.len()), (1, 19));
    assert!(refused.iter().all(|answer| answer.refusal() == "name_taken"));
    let mixed = (2..22).map(|number| desk(format!("Quầy {}", if number % 2 == 0 { 1 } else { number })));
    let mixed = world.at_once("/sandbox/desk", mixed.collect());
    assert_eq!(mixed.iter().filter(|answer| answer.status == 200).count(), 10);
    assert_eq!(world.kept("SELECT name FROM desk").len(), 11);
}

/// Of messages at the same time that bear one number, one is taken.
#[test]
fn a_messages_number_counts_once_however_many_come_at_a_time() {
    let world = World::start(clock!());
    let mut device = Device::active(&world, "000199012345", "0900000001");
    let number = device.sequence + 1;
    let messages = (0..12).map(|_| {
        device.sequence = number - 1;
        let message = device.message(&world, "show", &json!({}));
        device.envelope(&message)
    });
    let answers = world.at_once("/account/show", messages.collect());
    let (taken, refused): (Vec<_>, Vec<_>) = answers.iter().partition(|answer| answer.status == 200);
    assert_eq!(taken.len(), 1);
    assert!(refused.iter().all(|answer| answer.refusal() == "sequence_replayed"));
}

/// A server that was restarted, or a cable: the sandbox goes on by itself, and what it was told before is there.
#[test]
fn a_lost_connection_is_made_anew() {
    let world = World::start(clock!());
    let Some(address) = world.address() else { return };
    let mut device = Device::active(&world, "000199012345", "0900000001");
    let (server, name) = address.rsplit_once('/').unwrap();
    let mut administrator = Client::connect(&format!("{server}/postgres"), NoTls).unwrap();
    let mut cut = || {
        let cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1";
        assert_eq!(administrator.execute(cut, &[&name]).unwrap(), 1);
    };
    cut();
    assert_eq!(device.ask(&world, "/account/show", "show", &json!({})).done()["state"], "active");
    cut();
    assert!(world.newest_message("0900000001").starts_with("Mã kích hoạt"), "read outside of a change");
}

/// Without its database the sandbox does nothing. It names no time: what the request came with may be used up.
#[test]
fn nothing_is_done_while_the_database_is_away() {
    let world = World::start(clock!());
    let Some(address) = world.address() else { return };
    let (server, name) = address.rsplit_once('/').unwrap();
    let mut administrator = Client::connect(&format!("{server}/postgres"), NoTls).unwrap();
    administrator.batch_execute(&format!("ALTER DATABASE {name} ALLOW_CONNECTIONS false")).unwrap();
    let cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1";
    administrator.execute(cut, &[&name]).unwrap();
    let answer = world.post("/sandbox/recovery-wait", &json!({"seconds": 5}));
    assert_eq!((answer.status, answer.text("error").as_str()), (503, "database"));
    assert_eq!(answer.headers.get("retry-after"), None);
    administrator.batch_execute(&format!("ALTER DATABASE {name} ALLOW_CONNECTIONS true")).unwrap();
    world.post("/sandbox/recovery-wait", &json!({"seconds": 6})).done();
    assert_eq!(world.kept("SELECT name FROM setting WHERE name = 'recovery-wait' AND value = 6").len(), 1);
}

/// Two that work on one database would each take the other's messages for new.
#[test]
fn a_database_that_another_sandbox_works_on_is_refused() {
    let world = World::start(clock!());
    let Some(address) = world.address() else { return };
    let place = Place::Postgres(Box::new(address.parse().unwrap()));
    let folder = Folder::new("second");
    let error = start(&folder.0, &place, clock!(), 0).unwrap_err();
    assert!(matches!(error, SandboxError::Database(DatabaseError::InUse)), "{error}");
}
