//! Faults on purpose: a chip that leaves the field, lies, stutters or dawdles at a chosen command.
use std::time::Duration;

use super::command::StatusWord;

/// One thing that goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The chip leaves the field before it answers.
    LoseTag,
    /// One bit of the response's last checksum octet is wrong.
    WrongMac,
    /// This status word, in the clear and without data, whatever was asked; the session stays.
    Status(StatusWord),
    /// READ BINARY gives at most so many octets, with status 9000.
    ShortRead(usize),
    /// The answer is cut after so many octets.
    Truncated(usize),
    /// The answer takes so much longer.
    Slow(Duration),
}

/// When a fault strikes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum When {
    /// At the command of that number, the first being 1.
    Command(usize),
    /// From the command of that number on.
    From(usize),
    /// At every command with that instruction.
    Instruction(u8),
}

/// Which faults strike when; commands are counted over the chip's whole life, not from the last power-up.
#[derive(Clone, Debug, Default)]
pub struct FaultPlan(Vec<(When, Fault)>);

impl FaultPlan {
    /// A chip that behaves.
    pub fn none() -> Self {
        Self::default()
    }

    /// A chip that leaves the field at the `number`th command, the first being 1.
    pub fn lose_tag_at(number: usize) -> Self {
        Self::none().at(number, Fault::LoseTag)
    }

    /// Adds a fault at the `number`th command.
    #[must_use]
    pub fn at(mut self, number: usize, fault: Fault) -> Self {
        self.0.push((When::Command(number), fault));
        self
    }

    /// Adds a fault at every command from the `number`th on.
    #[must_use]
    pub fn starting_at(mut self, number: usize, fault: Fault) -> Self {
        self.0.push((When::From(number), fault));
        self
    }

    /// Adds a fault at every command with that instruction.
    #[must_use]
    pub fn on_instruction(mut self, instruction: u8, fault: Fault) -> Self {
        self.0.push((When::Instruction(instruction), fault));
        self
    }

    /// The faults of one command.
    pub(super) fn due(&self, number: usize, instruction: u8) -> impl Iterator<Item = Fault> {
        self.0.iter().filter_map(move |(when, fault)| {
            let due = match *when {
                When::Command(at) => at == number,
                When::From(from) => number >= from,
                When::Instruction(at) => at == instruction,
            };
            due.then_some(*fault)
        })
    }
}
