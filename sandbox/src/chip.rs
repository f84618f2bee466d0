//! An ICAO 9303 chip from the card's side: file system, access conditions, secure messaging, PACE (generic, integrated
//! and chip authentication mapping, over curves and prime fields), BAC, chip and active authentication, and faults on
//! purpose. It shares with the reader only the curves, so that an error of one side cannot hide in the other.
//!
//! ```no_run
//! use std::sync::atomic::AtomicBool;
//! // To the virtual reader of pcscd, until told to stop:
//! sen_sandbox::chip::vpcd::serve("card".as_ref(), "127.0.0.1:35963", &AtomicBool::new(false))?;
//! # Ok::<(), sen_sandbox::chip::ChipError>(())
//! ```
mod active;
mod agreement;
mod bac;
mod behaviour;
mod chip_auth;
mod cipher;
mod command;
mod dispatch;
mod ecdsa;
mod fault;
mod files;
mod group;
mod hash;
mod integrated;
mod messaging;
pub(crate) mod modp;
pub(crate) mod numbers;
pub(crate) mod objects;
mod pace;
mod passwords;
mod transport;
pub mod vpcd;

use std::fmt;
use std::path::Path;
use std::time::Duration;

use trust::random::{Random, SystemRandom};

pub use behaviour::Behaviour;
pub use cipher::Suite;
pub use command::StatusWord;
pub use fault::{Fault, FaultPlan};
pub use files::{Content, Directory, FileName, Files};
pub use hash::Hash;
pub use pace::Mapping;
pub use transport::ChipTransport;

use active::ActiveKey;
use agreement::AgreementKey;
use command::{Answer, Command, Outcome};
use dispatch::State;
use group::StaticKey;
use objects::encode;
use pace::Offer;
use passwords::Passwords;

/// The chip cannot be made or served.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ChipError {
    /// A file of the card's folder, or the socket to the reader.
    #[error("card folder or reader: {0}")]
    Io(#[from] std::io::Error),
    /// A private key of the card's folder is of a kind that the chip does not have.
    #[error("private key of an unknown kind")]
    Key,
    /// The reader's address names nothing.
    #[error("the reader's address names nothing")]
    NoAddress,
}

/// The chip is no longer in the field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the chip left the field")]
pub struct Lost;

/// One chip: what is on it, how it behaves, and where its conversation stands.
pub struct Chip {
    files: Files,
    offers: Vec<Offer>,
    passwords: Passwords,
    active: Option<ActiveKey>,
    static_key: Option<AgreementKey>,
    behaviour: Behaviour,
    faults: FaultPlan,
    random: Box<dyn Random + Send>,
    state: State,
    commands: usize,
    failed_attempts: usize,
    #[cfg(test)]
    first_protected: Option<usize>,
}

impl fmt::Debug for Chip {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Chip").field("commands", &self.commands).finish_non_exhaustive()
    }
}

impl Chip {
    /// A chip with these files and no keys. Its passwords come from EF.DG1, its PACE protocols from EF.CardAccess.
    pub fn new(files: Files) -> Self {
        Self {
            offers: Offer::all(files.octets(FileName::CARD_ACCESS)),
            passwords: Passwords::from_dg1(files.octets(FileName::data_group(1))),
            files,
            active: None,
            static_key: None,
            behaviour: Behaviour::default(),
            faults: FaultPlan::none(),
            random: Box::new(SystemRandom::new()),
            state: State::default(),
            commands: 0,
            failed_attempts: 0,
            #[cfg(test)]
            first_protected: None,
        }
    }

    /// The card of a folder: `EF_*.bin`, and `keys/aa_pkcs8.der` and `keys/ca_pkcs8.der` where it has them.
    pub fn from_folder(folder: &Path) -> Result<Self, ChipError> {
        let keys = folder.join("keys");
        let key = |name: &str| {
            let path = keys.join(name);
            if path.is_file() { std::fs::read(path).map(Some) } else { Ok(None) }
        };
        let (active, agreement) = (key("aa_pkcs8.der")?, key("ca_pkcs8.der")?);
        Self::new(Files::from_folder(folder)?).with_keys(active.as_deref(), agreement.as_deref())
    }

    /// The same chip with other keys for active and chip authentication, PKCS#8; none for what it cannot do.
    pub fn with_keys(mut self, active: Option<&[u8]>, agreement: Option<&[u8]>) -> Result<Self, ChipError> {
        self.active = active.map(ActiveKey::from_pkcs8).transpose()?;
        self.static_key = agreement.map(AgreementKey::from_pkcs8).transpose()?;
        Ok(self)
    }

    /// The same chip with faults.
    #[must_use]
    pub fn with_faults(mut self, faults: FaultPlan) -> Self {
        self.faults = faults;
        self
    }

    /// The same chip with another behaviour.
    #[must_use]
    pub fn with_behaviour(mut self, behaviour: Behaviour) -> Self {
        self.behaviour = behaviour;
        self
    }

    /// The same chip with another source of randomness, so that a test can replay a run.
    #[must_use]
    pub fn with_random(mut self, random: Box<dyn Random + Send>) -> Self {
        self.random = random;
        self
    }

    /// The same chip with another card access number.
    #[must_use]
    pub fn with_can(mut self, can: &str) -> Self {
        self.passwords.set_can(can);
        self
    }

    /// The same chip with a file put in or replaced, as a forger or a hostile chip would.
    #[must_use]
    pub fn with_file(mut self, name: FileName, content: Content) -> Self {
        self.files.insert(name, content);
        self.offers = Offer::all(self.files.octets(FileName::CARD_ACCESS));
        self
    }

    /// The same chip with EF.ATR/INFO, in which it announces its longest command and response, and with these limits
    /// (ISO/IEC 7816-4, 12.7.1).
    #[must_use]
    pub fn announcing_lengths(mut self, command: u16, response: u16) -> Self {
        let length = |octets: u16| match octets.to_be_bytes() {
            [high, low] if high & 0x80 != 0 => encode(0x02, &[0, high, low]),
            plain => encode(0x02, &plain),
        };
        let lengths = encode(0x7f66, &[length(command), length(response)].concat());
        self.behaviour.longest_command = usize::from(command);
        self.behaviour.longest_response = usize::from(response);
        self.with_file(FileName::ATR_INFO, Content::Octets(lengths))
    }

    /// Changes the faults of a chip that is in use.
    pub fn set_faults(&mut self, faults: FaultPlan) {
        self.faults = faults;
    }

    /// The files on the chip.
    pub const fn files(&self) -> &Files {
        &self.files
    }

    /// Commands received over the chip's whole life.
    pub const fn commands(&self) -> usize {
        self.commands
    }

    /// Times that a wrong password was tried, over the chip's whole life.
    pub const fn failed_attempts(&self) -> usize {
        self.failed_attempts
    }

    /// Power off, power on, or reset: whatever was agreed is gone.
    pub fn reset(&mut self) {
        self.state = State::default();
    }

    /// Answers one command, or leaves the field.
    pub fn respond(&mut self, command: &[u8]) -> Result<Vec<u8>, Lost> {
        self.commands += 1;
        let instruction = command.get(1).copied().unwrap_or_default();
        let faults: Vec<Fault> = self.faults.due(self.commands, instruction).collect();
        let mut most = usize::MAX;
        for fault in &faults {
            match fault {
                Fault::LoseTag => {
                    self.reset();
                    return Err(Lost);
                }
                Fault::Status(word) => return Ok(Answer::octets(Err(*word))),
                Fault::ShortRead(octets) => most = most.min(*octets),
                Fault::Slow(time) => pause(*time),
                Fault::WrongMac | Fault::Truncated(_) => {}
            }
        }
        let mut response = Answer::octets(self.converse(command, most));
        for fault in faults {
            match fault {
                // The checksum object ends before the two octets of the status word.
                Fault::WrongMac => {
                    if let Some(octet) = response.iter_mut().rev().nth(2) {
                        *octet ^= 1;
                    }
                }
                Fault::Truncated(octets) => response.truncate(octets),
                _ => {}
            }
        }
        Ok(response)
    }

    /// Opens, carries out, and protects. `most` caps what READ BINARY gives.
    fn converse(&mut self, octets: &[u8], most: usize) -> Outcome {
        let command = Command::parse(octets)?;
        if octets.len() > self.behaviour.longest_command || (command.extended && !self.behaviour.extended) {
            return Err(StatusWord::WRONG_LENGTH);
        }
        let longest = command.expected.unwrap_or(256).min(self.behaviour.longest_response);
        if !command.is_protected() {
            // A command in the clear ends the session, and with it what the session was good for (9.8.7).
            if self.state.session.take().is_some() {
                self.state.forget_access();
            }
            let outcome = self.carry_out(&command, longest, most);
            self.state.session = self.state.next_session.take();
            return outcome.and_then(|answer| fitting(answer, longest));
        }
        #[cfg(test)]
        self.first_protected.get_or_insert(self.commands);
        let Some(mut session) = self.state.session.take() else {
            return Err(StatusWord::MESSAGING_OBJECTS_WRONG);
        };
        let opened = match session.open(&command) {
            Ok(opened) => opened,
            Err(word) => {
                self.state.forget_access();
                return Err(word);
            }
        };
        let room = session.room(longest);
        let outcome = self.carry_out(&opened, room, most).and_then(|answer| fitting(answer, room));
        let answer = session.protect(opened.instruction, outcome)?;
        self.state.session = Some(self.state.next_session.take().unwrap_or(session));
        Ok(answer)
    }
}

/// A fresh scalar on a curve, for the factory.
pub(crate) fn generate_scalar(curve: &card::curve::Curve, random: &mut dyn Random) -> Option<Vec<u8>> {
    group::curve_scalar(curve, random).ok()
}

/// An ECDSA signature `r || s` over a digest, for the factory.
pub(crate) fn sign_ecdsa(
    curve: &card::curve::Curve,
    scalar: &[u8],
    digest: &[u8],
    random: &mut dyn Random,
) -> Option<Vec<u8>> {
    ecdsa::sign(curve, scalar, digest, random).ok()
}

/// The scalar of a key on that curve in PKCS#8, for the factory.
pub(crate) fn scalar_of_pkcs8(domain: &'static card::curve::Domain, document: &[u8]) -> Option<Vec<u8>> {
    StaticKey::from_pkcs8(document).ok().filter(|key| key.curve_name() == domain.name).map(|key| key.scalar)
}

/// An answer that is longer than the terminal can take is none.
fn fitting(answer: Answer, longest: usize) -> Outcome {
    if answer.data.len() > longest { Err(StatusWord::WRONG_LENGTH) } else { Ok(answer) }
}

fn pause(time: Duration) {
    std::thread::sleep(time);
}

#[cfg(test)]
mod reading_tests;
#[cfg(test)]
mod tests;
