//! The clinic desk as a process: killed in the middle of its work, and never heard to name anybody.
use std::fs::File;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};
use trust::time::Timestamp;

use crate::counter::nation::Nation;
use crate::counter::{Clerk, verdict};

/// A nation of today: the process has the computer's clock.
fn nation_of_today() -> Nation {
    let mut nation = Nation::new();
    let seconds = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let now = Timestamp::from_unix(i64::try_from(seconds).unwrap());
    let world = &mut nation.world;
    (world.list.issued, world.list.expires) = (now.minus_seconds(3600), now.plus_seconds(86_400));
    let issuer = &mut world.list.issuers[0];
    (issuer.not_before, issuer.not_after) = (now.minus_seconds(90 * 86_400), now.plus_seconds(86_400));
    (world.statuses.issued, world.statuses.expires) = (now.minus_seconds(300), now.plus_seconds(86_400));
    (world.credential.iat, world.credential.exp) = (now.minus_seconds(86_400), now.plus_seconds(86_400));
    world.presented_at = now;
    nation.publish();
    nation
}

/// `sen clinic serve`, everything that it says in files.
struct Served {
    child: Child,
    clerk: Clerk,
    password: Option<String>,
}

impl Drop for Served {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Starts it and waits until it has said where it is.
fn serve(nation: &Nation) -> Served {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let folder = &nation.folder;
    let out = folder.join(format!("said-{}", COUNT.fetch_add(1, Ordering::Relaxed)));
    let path = |name: &str| folder.join(name).to_str().unwrap().to_owned();
    let child = Command::new(env!("CARGO_BIN_EXE_sen"))
        .args(["clinic", "serve", "--json", "--listen", "127.0.0.1:0", "--data", &path("desk")])
        .args(["--trust", &path("trust"), "--status", &path("status")])
        .env("SEN_HOME", folder.join("home"))
        .env("RUST_LOG", "trace")
        .stdin(Stdio::null())
        .stdout(File::create(&out).unwrap())
        .stderr(File::create(out.with_extension("errors")).unwrap())
        .spawn()
        .unwrap();
    let mut served = Served { child, clerk: Clerk::new(String::new()), password: None };
    let until = Instant::now() + Duration::from_mins(1);
    loop {
        assert!(Instant::now() < until, "the desk says nothing");
        let said = std::fs::read_to_string(&out).unwrap();
        if let Ok(said) = serde_json::from_str::<Value>(&said) {
            served.clerk = Clerk::new(said["url"].as_str().unwrap().to_owned());
            served.password = said["password"].as_str().map(str::to_owned);
            return served;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Checks codes until the desk is gone; gives those that were accepted.
fn storm(clerk: &Clerk, codes: &[String], accepted: &AtomicU32) -> Vec<String> {
    let mut done = Vec::new();
    for code in codes {
        let request = clerk.post_request("/api/checks", &json!({"text": code}));
        let Ok(answered) = clerk.try_send(request) else { break };
        assert_eq!(verdict(&answered.ok()), "accepted");
        done.push(code.clone());
        accepted.fetch_add(1, Ordering::SeqCst);
    }
    done
}

#[test]
fn a_desk_killed_in_a_storm_of_checks_remembers_every_code_that_it_accepted() {
    let mut nation = nation_of_today();
    let codes: Vec<String> = (0..2000).map(|holder| nation.code_of(holder)).collect();
    let mut left: Vec<&[String]> = codes.chunks(250).collect();
    let (mut cookie, mut all) = (None, Vec::new());
    for _ in 0..2 {
        let mut served = serve(&nation);
        match &served.password {
            Some(password) => served.clerk.log_in(password, None, None),
            // The session outlives the desk, too.
            None => served.clerk.cookie.clone_from(&cookie),
        }
        cookie.clone_from(&served.clerk.cookie);
        let accepted = AtomicU32::new(0);
        let mine: Vec<&[String]> = left.drain(..4).collect();
        let done: Vec<Vec<String>> = std::thread::scope(|scope| {
            let clerks = mine.iter().map(|codes| {
                let (clerk, accepted) = (served.clerk.another(), &accepted);
                scope.spawn(move || storm(&clerk, codes, accepted))
            });
            let clerks: Vec<_> = clerks.collect();
            while accepted.load(Ordering::SeqCst) < 60 {
                std::thread::sleep(Duration::from_millis(1));
            }
            // SIGKILL: nothing is flushed or closed.
            served.child.kill().unwrap();
            served.child.wait().unwrap();
            clerks.into_iter().map(|clerk| clerk.join().unwrap()).collect()
        });
        assert!(
            done.iter().zip(&mine).any(|(done, codes)| done.len() < codes.len()),
            "it was killed too late"
        );
        all.extend(done.into_iter().flatten());
    }
    let mut served = serve(&nation);
    served.clerk.cookie = cookie;
    assert!(all.len() >= 120);
    for code in &all {
        assert_eq!(served.clerk.verdict(code), "refused replayed");
    }
    let day = served.clerk.get("/api/day").ok();
    let accepted = day["checks"].as_array().unwrap().iter().filter(|check| check["verdict"] == "accepted");
    assert!(accepted.count() >= all.len(), "each is in the day, too");
}

#[test]
fn nothing_that_a_desk_says_names_a_person_or_holds_a_secret() {
    let mut nation = nation_of_today();
    let mut served = serve(&nation);
    let password = served.password.clone().unwrap();
    let wrong = served.clerk.post("/api/session", &json!({"password": "wrong-password"}));
    assert_eq!(wrong.status, 401);
    served.clerk.log_in(&password, Some("Lan Clerk"), Some("Quầy 1"));
    let clerk = &served.clerk;
    let (code, other) = (nation.code_of(1), nation.code_of(2));
    let check = clerk.check(&code);
    assert_eq!(verdict(&check), "accepted");
    let paper = "000190000002||Trần Thị B|02021990|Nữ|Thôn Mẫu, Xã Mẫu, Nghệ An|02022022";
    for text in [&code, &other[..other.len() - 1], &format!("{other}0"), paper, "Nguyễn Thị Phương Thảo"]
    {
        clerk.check(text);
    }
    clerk.post("/api/queue", &json!({"check": check["id"]})).ok();
    clerk.post("/api/queue", &json!({"check": "Nguyễn Thị Phương Thảo"}));
    clerk.post("/api/checks", &json!({"texts": "000199012345"}));
    for path in ["/api/day", "/api/queue", "/api/offline", "/api/day?date=000199012345", "/api/000199012345"]
    {
        clerk.get(path);
    }
    // A table that is gone: even an inner error says nothing.
    let file = nation.folder.join("desk/desk.sqlite");
    rusqlite::Connection::open(file).unwrap().execute_batch("DROP TABLE checks").unwrap();
    let broken = clerk.post("/api/checks", &json!({"text": other}));
    assert_eq!(broken.refusal(), (503, "database".into()));
    let token = clerk.cookie.clone().unwrap().split_once('=').unwrap().1.to_owned();
    drop(served);
    let said: Vec<String> = std::fs::read_dir(&nation.folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.file_name().unwrap().to_str().unwrap().starts_with("said-"))
        .map(|path| std::fs::read_to_string(path).unwrap())
        .collect();
    assert_eq!(said.len(), 2);
    // The first password is told once, where the desk was started; that is the only place.
    let said = said.concat().replacen(&password, "", 1);
    let secrets =
        ["Phương", "Lan Clerk", "000199012345", "GD4000000012345", "Trần", "000190000002", &password, &token];
    for secret in secrets.into_iter().chain([&code[..40], &other[..40]]) {
        assert!(!said.contains(secret), "a secret of {} characters was said", secret.len());
    }
}
