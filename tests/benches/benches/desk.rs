//! The clinic's desk under load: 250 checks a second over HTTP on loopback, SQLite on disk, from the first byte sent to the
//! answer; against the verification and the durable insert that a check cannot do without, done all the while beside it at a
//! slower pace, so that a machine that is busy with other things slows both.
//!
//! `cargo bench -p sen-benches --bench desk -- --seconds 10` is shorter than the usual minute.
#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "a bench stops where its world does not stand"
)]
#[path = "../../../core/verifier/tests/world/mod.rs"]
mod world;

use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use clinic::database::Place;
use clinic::desk::{Demands, DeskConfig, RunningDesk};
use rusqlite::Connection;
use sen_benches::{Over, begin, count, percentile};
use serde_json::{Value, json};
use verifier::{Decision, MemorySeenList, verify};
use world::{NOW, World};

/// Checks a second.
const RATE: u32 = 250;
/// Floors a second, on a file of their own.
const FLOOR_RATE: u32 = 25;
/// Counters, each with a connection of its own.
const COUNTERS: u32 = 10;
/// One check in so many is of a code that was shown before.
const AGAIN: usize = 10;

fn main() {
    begin(
        "desk",
        "The clinic's desk under load, a minute of 250 checks a second; --seconds 10 is shorter.",
        &["desk.check.p50", "desk.check.p99"],
    );
    let seconds = seconds();
    let folder = std::env::temp_dir().join(format!("sen-bench-desk-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    let mut world = World::new();
    publish(&world, &folder);
    let codes = codes(&mut world, usize::try_from(RATE * seconds).unwrap());
    let desk = start(&folder);
    let cookie = log_in(desk.address(), desk.first_password().unwrap());
    let over = Over::default();
    let (floors, (taken, accepted, replayed)) = std::thread::scope(|scope| {
        let floors = scope.spawn(|| floor(&world, &folder, &codes, &over));
        let answers = over.after(|| storm(desk.address(), &cookie, &codes));
        (floors.join().unwrap(), answers)
    });
    desk.stop();
    let file = Connection::open(folder.join("desk.sqlite")).unwrap();
    let rows = |table: &str| -> usize {
        let count = file.query_row(&format!("SELECT COUNT(*) FROM {table}"), [], |row| row.get::<_, i64>(0));
        usize::try_from(count.unwrap()).unwrap()
    };
    assert_eq!((rows("checks"), rows("seen")), (accepted + replayed, accepted), "nothing is lost");
    count("desk.checks", taken.len(), "checks", None);
    count("desk.floors", floors.len(), "floors", None);
    percentile("desk.check.p50", 50, taken.clone(), floors.clone());
    percentile("desk.check.p99", 99, taken, floors);
    fs::remove_dir_all(folder).unwrap();
}

fn seconds() -> u32 {
    let mut words = std::env::args().skip_while(|word| word != "--seconds").skip(1);
    words.next().map_or(60, |seconds| seconds.parse().unwrap())
}

fn publish(world: &World, folder: &Path) {
    fs::create_dir_all(folder.join("trust")).unwrap();
    fs::create_dir_all(folder.join("status")).unwrap();
    fs::write(folder.join("trust/root.pub"), hex::encode(world.root.public().uncompressed())).unwrap();
    let list = world.list.draft(b"root").unwrap();
    fs::write(folder.join("trust/trust-list.cwt"), list.assemble(&world.root.sign(&list.to_be_signed())))
        .unwrap();
    let status = world.statuses.draft(b"s1").unwrap();
    fs::write(folder.join("status/7.cwt"), status.assemble(&world.signer.sign(&status.to_be_signed())))
        .unwrap();
}

/// Codes of as many holders; every tenth is one that was there two seconds before.
fn codes(world: &mut World, many: usize) -> Vec<String> {
    let mut codes: Vec<String> = Vec::with_capacity(many);
    let earlier = usize::try_from(RATE).unwrap() * 2;
    for at in 0..many {
        let code = if at % AGAIN == 0 && at > earlier {
            // One that was new then.
            codes[at - earlier + 1].clone()
        } else {
            world.credential.sub = format!("b{at:07}");
            world.text()
        };
        codes.push(code);
    }
    codes
}

fn start(folder: &Path) -> RunningDesk {
    let path = |name: &str| -> PathBuf { folder.join(name) };
    RunningDesk::start(DeskConfig {
        listen: "127.0.0.1:0".parse().unwrap(),
        place: Place::File(path("desk.sqlite")),
        trust: path("trust"),
        status: Some(path("status")),
        web: None,
        name: "bench".into(),
        facility: None,
        keep_days: 30,
        identity: None,
        lookup: None,
        fetcher: None,
        demands: Demands::default(),
        clock: Arc::new(|| NOW),
    })
    .unwrap()
}

/// A connection that stays open.
struct Line {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Line {
    fn new(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_nodelay(true).unwrap();
        Self { stream, buffer: Vec::with_capacity(1 << 14) }
    }

    /// Sends a request and gives head and body of the answer.
    fn exchange(&mut self, request: &[u8]) -> (String, Vec<u8>) {
        self.stream.write_all(request).unwrap();
        self.buffer.clear();
        let mut piece = [0; 1 << 14];
        loop {
            let length = self.stream.read(&mut piece).unwrap();
            assert!(length > 0, "the desk hung up");
            self.buffer.extend_from_slice(&piece[..length]);
            let Some(end) = self.buffer.windows(4).position(|four| four == b"\r\n\r\n") else { continue };
            let head = String::from_utf8(self.buffer[..end].to_vec()).unwrap();
            let body = &self.buffer[end + 4..];
            let expected = head.lines().find_map(|line| line.strip_prefix("content-length: "));
            if body.len() >= expected.map_or(0, |length| length.parse().unwrap()) {
                return (head, body.to_vec());
            }
        }
    }
}

fn request(path: &str, cookie: &str, body: &Value) -> Vec<u8> {
    let body = body.to_string();
    format!(
        "POST {path} HTTP/1.1\r\nHost: desk\r\nX-Sen-Desk: 1\r\nContent-Type: application/json\r\nCookie: {cookie}\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .into_bytes()
}

fn log_in(address: SocketAddr, password: &str) -> String {
    let (head, _) = Line::new(address).exchange(&request("/api/session", "", &json!({"password": password})));
    let cookie = head.lines().find_map(|line| line.strip_prefix("set-cookie: ")).unwrap();
    cookie.split(';').next().unwrap().to_owned()
}

/// Every check at its own moment, whether or not those before are answered; each answer is the right one.
fn storm(address: SocketAddr, cookie: &str, codes: &[String]) -> (Vec<Duration>, usize, usize) {
    let began = Instant::now() + Duration::from_millis(200);
    let counter = |counter: u32| {
        let mut line = Line::new(address);
        let (mut taken, mut accepted, mut replayed) = (Vec::new(), 0, 0);
        let turns = (counter..).step_by(usize::try_from(COUNTERS).unwrap());
        for turn in turns.take_while(|turn| usize::try_from(*turn).unwrap() < codes.len()) {
            let at = usize::try_from(turn).unwrap();
            let request = request("/api/checks", cookie, &json!({"text": codes[at]}));
            let due = began + Duration::from_secs(1) * turn / RATE;
            std::thread::sleep(due.saturating_duration_since(Instant::now()));
            let (head, body) = line.exchange(&request);
            taken.push(due.elapsed());
            assert!(head.starts_with("HTTP/1.1 200"), "{head}");
            let answer: Value = serde_json::from_slice(&body).unwrap();
            let again = at % AGAIN == 0 && at > usize::try_from(RATE).unwrap() * 2;
            let expected = if again { "refused" } else { "accepted" };
            assert_eq!(answer["answer"]["verdict"], expected, "{}", answer["answer"]["reasons"]);
            if again { replayed += 1 } else { accepted += 1 }
        }
        (taken, accepted, replayed)
    };
    let all: Vec<_> = std::thread::scope(|scope| {
        let counters: Vec<_> = (0..COUNTERS).map(|number| scope.spawn(move || counter(number))).collect();
        counters.into_iter().map(|counter| counter.join().unwrap()).collect()
    });
    let mut sum = (Vec::new(), 0, 0);
    for (taken, accepted, replayed) in all {
        sum.0.extend(taken);
        sum.1 += accepted;
        sum.2 += replayed;
    }
    sum
}

/// A verification and a durable insert at the slower pace until it is over, each from the moment that it was due.
fn floor(world: &World, folder: &Path, codes: &[String], over: &Over) -> Vec<Duration> {
    let file = Connection::open(folder.join("floor.sqlite")).unwrap();
    file.pragma_update(None, "journal_mode", "WAL").unwrap();
    file.pragma_update(None, "synchronous", "FULL").unwrap();
    file.execute_batch("CREATE TABLE IF NOT EXISTS kept (number INTEGER PRIMARY KEY, answer TEXT NOT NULL)")
        .unwrap();
    let (trust, status, mut seen) = (world.trust(), world.status(), MemorySeenList::default());
    let began = Instant::now();
    let mut taken = Vec::new();
    for (turn, code) in (0..).zip(codes.iter().cycle()) {
        let due = began + Duration::from_secs(1) * turn / FLOOR_RATE;
        std::thread::sleep(due.saturating_duration_since(Instant::now()));
        if over.is_over() {
            break;
        }
        let decision = verify(code, &trust, &status, &world.policy, &mut seen, NOW, NOW);
        assert!(matches!(decision, Decision::Accepted(_) | Decision::Refused(_)));
        file.prepare_cached("INSERT INTO kept (answer) VALUES (?1)")
            .unwrap()
            .execute([&"0".repeat(900)])
            .unwrap();
        taken.push(due.elapsed());
    }
    taken
}
