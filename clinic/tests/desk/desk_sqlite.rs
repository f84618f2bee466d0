//! The desk on a SQLite file.
use std::fs;

use sen_clinic::database::{Database, Place, purge};

use crate::counter::nation::Nation;
use crate::counter::nation::world::NOW;
use crate::counter::{Running, TestClock, file, start};
use crate::suite;

fn place(nation: &Nation) -> Place {
    file(nation)
}

suite::tests! {}

#[test]
fn nothing_of_a_forgotten_person_stays_in_the_file() {
    let mut nation = Nation::new();
    let path = nation.folder.join("desk.sqlite");
    let place = Place::File(path.clone());
    let named = || fs::read(&path).unwrap().windows(12).any(|part| part == b"000199012345");
    let closed = || {
        // The journal goes into the file with the last connection.
        let journal = path.with_extension("sqlite-wal");
        for _ in 0..100 {
            if !journal.exists() {
                return;
            }
            std::thread::sleep(std::time::Duration::from_millis(100));
        }
        unreachable!("the file stays open");
    };
    let running = Running::first(&nation, &place);
    running.clerk("Quầy 1").check(&nation.code_of(1));
    running.desk.stop();
    closed();
    assert!(named());
    let database = Database::open(&place).unwrap();
    database.run_blocking(|statements| purge(statements, NOW.plus_seconds(1), NOW)).unwrap();
    drop(database);
    closed();
    assert!(!named());
    start(&nation, &place, &TestClock::new()).stop();
}
