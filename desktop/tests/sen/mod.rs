//! Runs the built `sen` with a home of its own.
#![allow(dead_code, unreachable_pub, clippy::unwrap_used, clippy::panic)]
pub mod nation;

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::Value;

/// A folder of its own for each test, gone afterwards; `$SEN_HOME` lies in it. Commands may see the session's keyring.
pub struct Home(PathBuf, bool);

/// What a command printed, and its exit status.
#[derive(Debug)]
pub struct Ran {
    pub status: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Ran {
    fn new(output: Output) -> Self {
        Self {
            status: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// The one JSON object on standard output.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// Checks the exit status; gives the JSON.
    #[track_caller]
    pub fn exits(&self, status: i32) -> Value {
        assert_eq!(self.status, status, "{self:?}");
        self.json()
    }

    /// Checks that it failed so, in one line for people and in JSON.
    #[track_caller]
    pub fn fails(&self, status: i32, code: &str) {
        let json = self.exits(status);
        assert_eq!(json.pointer("/error/code").unwrap(), code, "{self:?}");
        let said: Vec<&str> = self.stderr.lines().filter(|line| line.starts_with("sen: ")).collect();
        assert_eq!(said.len(), 1, "{self:?}");
        let message = json.pointer("/error/message").unwrap().as_str().unwrap();
        assert_eq!(said.first().unwrap().strip_prefix("sen: ").unwrap(), message);
        assert!(self.stderr.trim_end().ends_with(message), "nothing follows the error: {self:?}");
    }
}

impl Home {
    pub fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let number = COUNT.fetch_add(1, Ordering::SeqCst);
        let folder = std::env::temp_dir().join(format!("sen-cli-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        Self(folder, false)
    }

    /// The same home with or without the keyring of the session in which the tests run.
    pub fn in_session(&mut self, seen: bool) {
        self.1 = seen;
    }

    pub fn path(&self, name: &str) -> String {
        self.0.join(name).to_str().unwrap().to_owned()
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sen"));
        command.args(arguments).env("SEN_HOME", self.0.join("home"));
        if !self.1 {
            // Without a session bus no keyring of the person who runs the tests is touched.
            command.env_remove("DBUS_SESSION_BUS_ADDRESS").env("XDG_RUNTIME_DIR", &self.0);
        }
        command
    }

    pub fn run(&self, arguments: &[&str]) -> Ran {
        self.run_with_input(arguments, "")
    }

    pub fn run_with_input(&self, arguments: &[&str], input: &str) -> Ran {
        let mut command = self.command(arguments);
        let command = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
        Ran::new(child.wait_with_output().unwrap())
    }

    /// Starts a command that stays, and waits for the first object that it prints.
    pub fn serve(&self, arguments: &[&str]) -> (Running, Value) {
        let mut child = self.command(arguments).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        let running = Running(child);
        let mut text = String::new();
        for line in stdout.lines() {
            text += &line.unwrap();
            if let Ok(object) = serde_json::from_str(&text) {
                return (running, object);
            }
        }
        panic!("it ended: {text}")
    }

    /// Starts a command that waits for its input.
    pub fn waiting(&self, arguments: &[&str]) -> Waiting {
        let mut command = self.command(arguments);
        let command = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        Waiting(command.spawn().unwrap())
    }

    /// Starts a command that stays.
    pub fn start(&self, arguments: &[&str]) -> Running {
        Running(self.command(arguments).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap())
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

/// A command that waits for its input.
pub struct Waiting(Child);

impl Waiting {
    /// Waits for a line on standard error that begins so; gives it.
    pub fn says(&mut self, begin: &str) -> String {
        let mut line = Vec::new();
        let mut octet = [0];
        let said = self.0.stderr.as_mut().unwrap();
        // One at a time: what follows the line is for the end.
        while std::io::Read::read(said, &mut octet).unwrap() == 1 {
            if octet != *b"\n" {
                line.extend_from_slice(&octet);
                continue;
            }
            let text = String::from_utf8(std::mem::take(&mut line)).unwrap();
            if text.starts_with(begin) {
                return text;
            }
        }
        panic!("it ended: {:?}", String::from_utf8_lossy(&line))
    }

    /// The person presses Ctrl-C.
    pub fn interrupt(&self) {
        let done = Command::new("kill").args(["-INT", &self.0.id().to_string()]).status().unwrap();
        assert!(done.success());
    }

    /// Gives it its input, and what it makes of that.
    pub fn given(mut self, input: &str) -> Ran {
        let _ = self.0.stdin.take().unwrap().write_all(input.as_bytes());
        Ran::new(self.0.wait_with_output().unwrap())
    }
}

/// A command that stays until this is dropped.
pub struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// One of the test cards.
pub fn card(name: &str) -> String {
    let cards = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/vectors/emrtd/vn_cccd");
    cards.join(name).to_str().unwrap().to_owned()
}

pub const CARD_A: &str = "a_bp512_explicit_2021";
pub const CARD_B: &str = "b_bp384_named_2024";

/// The country signing certificate of a test card.
pub fn csca(name: &str) -> String {
    card(name) + "/csca.cer"
}
