//! The desk on PostgreSQL. `tests/run postgres` starts one of Debian's and names it in `SEN_POSTGRES`.
use std::sync::atomic::{AtomicU32, Ordering};

use postgres::{Client, NoTls};
use sen_clinic::database::Place;
use serde_json::json;

use crate::counter::nation::Nation;
use crate::counter::{Running, verdict};
use crate::suite;

fn server() -> String {
    std::env::var("SEN_POSTGRES").unwrap_or_else(|_| {
        unreachable!(
            "these tests need PostgreSQL: run `tests/run postgres`, or name a server in SEN_POSTGRES"
        )
    })
}

fn administrator() -> Client {
    Client::connect(&format!("{}/postgres", server()), NoTls).unwrap()
}

/// A database of its own for each test.
fn database() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let name = format!("desk_{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
    administrator().batch_execute(&format!("CREATE DATABASE {name}")).unwrap();
    name
}

fn place(_: &Nation) -> Place {
    Place::parse(&format!("{}/{}", server(), database())).unwrap()
}

suite::tests! { #[ignore = "needs PostgreSQL: tests/run postgres"] }

/// A server that was restarted, or a cable: the desk goes on by itself.
#[test]
#[ignore = "needs PostgreSQL: tests/run postgres"]
fn a_lost_connection_is_made_anew() {
    let mut nation = Nation::new();
    let name = database();
    let running = Running::first(&nation, &Place::parse(&format!("{}/{name}", server())).unwrap());
    let (clerk, code) = (running.clerk("Quầy 1"), nation.code_of(1));
    assert_eq!(clerk.verdict(&code), "accepted");
    let cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1";
    assert_eq!(administrator().execute(cut, &[&name]).unwrap(), 1);
    assert_eq!(clerk.verdict(&code), "refused replayed");
    assert_eq!(clerk.verdict(&nation.code_of(2)), "accepted");
}

/// Without the database nothing is accepted, and the desk says so.
#[test]
#[ignore = "needs PostgreSQL: tests/run postgres"]
fn nothing_is_accepted_while_the_database_is_gone() {
    let mut nation = Nation::new();
    let name = database();
    let running = Running::first(&nation, &Place::parse(&format!("{}/{name}", server())).unwrap());
    let (clerk, code) = (running.clerk("Quầy 1"), nation.code_of(1));
    let mut administrator = administrator();
    administrator.batch_execute(&format!("ALTER DATABASE {name} ALLOW_CONNECTIONS false")).unwrap();
    let cut = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1";
    administrator.execute(cut, &[&name]).unwrap();
    let refused = clerk.post("/api/checks", &json!({"text": code}));
    assert_eq!(refused.refusal(), (503, "database".into()));
    administrator.batch_execute(&format!("ALTER DATABASE {name} ALLOW_CONNECTIONS true")).unwrap();
    assert_eq!(verdict(&clerk.check(&code)), "accepted", "it was not noted before");
}

/// A desk that starts needs no lock that writing desks hold: each waiting for the other would end one of them.
#[test]
#[ignore = "needs PostgreSQL: tests/run postgres"]
fn a_desk_starts_while_another_writes() {
    let nation = Nation::new();
    let name = database();
    let place = Place::parse(&format!("{}/{name}", server())).unwrap();
    let first = Running::first(&nation, &place);
    let mut writer = Client::connect(&format!("{}/{name}", server()), NoTls).unwrap();
    let mut writing = writer.transaction().unwrap();
    writing.batch_execute("LOCK TABLE seen, shown, checks, sessions, queue IN ROW EXCLUSIVE MODE").unwrap();
    let second = first.another(&nation, &place);
    writing.rollback().unwrap();
    second.clerk("Quầy 2").get("/api/day").ok();
}
